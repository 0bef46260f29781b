//! One step of a run: requests, messages, faults, the passing of time. Each draws from dice of its own.

use crate::books::Told;
use crate::gateway::Mood;
use crate::intent::{Answer, Intent, digest};
use crate::run::check;
use crate::sim::Sim;
use crate::trouble::Odds;
use crate::view;
use crate::workload::{self, Desk, Request};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use waybill_domain::command::Command;
use waybill_domain::ids::OrderId;
use waybill_engine::Engine;
use waybill_fault_vfs::{Cut, CutKind, Dice};
use waybill_store::Store;

/// What a step asks of the life it is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Taken,
    /// The process is to stop in order.
    Stop,
}

const MINUTE: i64 = 60_000_000;

/// Takes the step with this number.
pub async fn take(sim: &Arc<Sim>, engine: &Engine, store: &dyn Store, number: u32) -> Step {
    let mut dice = Dice::of(sim.seed, 0x1_0000 + u64::from(number));
    sim.note(format!("step {number}"));
    match dice.below(100) {
        0..64 => burst(sim, engine, store, &mut dice).await,
        64..70 => again(sim, engine, &mut dice),
        70..76 => time(sim, &mut dice),
        76..80 => weather(sim, &mut dice),
        80..83 => mood(sim, &mut dice),
        83..89 => cut(sim, &mut dice),
        89..91 => return Step::Stop,
        91..94 => disk(sim, &mut dice),
        _ if sim.disk.is_none() => {
            // On a server the gateway moves on while the store is read: compared when all is quiet.
            sim.calm();
            if sim.settled(engine).await {
                glance(sim, store).await;
            }
        }
        _ => {
            let whole = dice.chance(30);
            check(sim, engine, store, whole).await;
        }
    }
    let pause = if sim.disk.is_some() { dice.below(400) } else { dice.below(40) };
    if sim.disk.is_some() {
        // On a server, where time is real, this would be what most of it is spent with.
        glance(sim, store).await;
    }
    tokio::time::sleep(Duration::from_millis(pause)).await;
    Step::Taken
}

/// Compares what holds at every moment, whatever is under way.
async fn glance(sim: &Sim, store: &dyn Store) {
    let told = Told::of(&sim.books());
    // A store that is away just now is looked at again after the next step.
    for why in told.wrong(store).await.unwrap_or_default() {
        sim.fail(why);
    }
}

/// A few requests at once, now and then a rush on what everybody wants.
async fn burst(sim: &Arc<Sim>, engine: &Engine, store: &dyn Store, dice: &mut Dice) {
    let rush = dice.chance(4);
    let count = if rush { 15 + dice.below(15) } else { 1 + dice.below(6) };
    for _ in 0..count {
        let kind = if rush { 55 } else { dice.below(100) };
        let kind = if rush { kind } else { sim.theme.turn(kind, dice) };
        let view = if kind < 52 { order(sim, store, dice).await } else { None };
        let Some(intent) = request(sim, engine, dice, kind, view.as_ref()) else { continue };
        sim.send(engine, &intent);
        let brings_ids = matches!(intent.command, Command::AuthorizePayment(_) | Command::AddNote(_));
        if view.is_some() && !brings_ids && dice.chance(12) {
            // Somebody else has the same idea; each means it.
            let number = sim.books().number();
            let request = Request {
                command: intent.command.clone(),
                location: intent.location,
                expected_version: intent.expected_version,
                happened_at: intent.happened_at,
            };
            sim.coverage.fault("asked for by two people");
            sim.send(engine, &sim.intent(number, request, intent.actor.clone()));
        }
        if dice.chance(3) {
            // The same request from an impatient client, while the first is under way.
            sim.coverage.fault("request repeated");
            sim.send(engine, &intent);
        }
    }
}

/// An order to do something about, rather a young one.
async fn order(sim: &Sim, store: &dyn Store, dice: &mut Dice) -> Option<view::View> {
    let id: OrderId = {
        let books = sim.books();
        let ids: Vec<OrderId> = books.orders.keys().copied().collect();
        let young = ids.len().saturating_sub(if dice.chance(70) { sim.theme.young() } else { usize::MAX });
        dice.pick(&ids[young..]).copied()?
    };
    view::read(store, id).await.ok().flatten()
}

fn request(
    sim: &Arc<Sim>,
    engine: &Engine,
    dice: &mut Dice,
    kind: u64,
    view: Option<&view::View>,
) -> Option<Arc<Intent>> {
    let number = sim.books().number();
    let known = if kind >= 96 { sim.gateway.known() } else { Vec::new() };
    let (mut request, actors) = {
        let books = sim.books();
        let ids = engine.ids();
        let mut desk = Desk { dice, books: &books, theme: sim.theme, number, now: sim.now(), ids };
        let request = match (kind, view) {
            (0..52, Some(view)) => Some(workload::about(&mut desk, view)),
            (0..68, _) => Some(workload::place(&mut desk).into()),
            (68..86, _) => Some(workload::stock(&mut desk).into()),
            (86..91, _) => Some(workload::upkeep(&mut desk).into()),
            (91..92, _) => Some(workload::webhooks(&mut desk).into()),
            (92..93, _) => Some(workload::users(&mut desk).into()),
            (93..96, _) => carrier(sim, &mut desk),
            _ => workload::blind(&mut desk, &known).inspect(|_| sim.coverage.fault("gateway message repeated")),
        };
        (request?, workload::actors(&books))
    };
    if request.expected_version.is_none() && request.command.has_version() {
        request.expected_version = sim.theme.version(dice);
    }
    let actor = match dice.below(100) {
        0..60 => 0,
        60..86 => 1,
        86..92 => 2,
        _ => 3,
    };
    Some(sim.intent(number, request, actors[actor].clone()))
}

/// A carrier's message that came before, as a message of its own.
fn carrier(sim: &Sim, desk: &mut Desk<'_>) -> Option<Request> {
    let told = desk.books.answers.values().filter_map(|(intent, answer, _)| match (&intent.command, answer) {
        (Command::RecordTracking(message), Answer::Done(_)) => Some(message.clone()),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    let message = desk.dice.pick(&told)?.clone();
    sim.coverage.fault("carrier message repeated");
    Some(message.into())
}

/// A request that was answered before is sent again, or another body under its key.
fn again(sim: &Arc<Sim>, engine: &Engine, dice: &mut Dice) {
    for _ in 0..1 + dice.below(4) {
        // Keys are remembered for fourteen days at least.
        let since = sim.now().plus_seconds(-13 * 86_400);
        let earlier: Vec<Arc<Intent>> = {
            let books = sim.books();
            let young = books.answers.values().filter(|(_, _, at)| *at >= since);
            young.map(|(intent, _, _)| intent.clone()).collect()
        };
        let Some(intent) = dice.pick(&earlier).cloned() else { return };
        if dice.chance(70) {
            sim.coverage.fault("request repeated");
            sim.send(engine, &intent);
            continue;
        }
        let number = sim.books().number();
        let mut command = intent.command.clone();
        match &mut command {
            Command::PlaceOrder(order) => order.po_number = Some(format!("n{number}")),
            Command::ReceiveStock(receipt) => receipt.reference = Some(format!("n{number}")),
            Command::AdjustStock(adjustment) => adjustment.reference = Some(format!("n{number}")),
            // Bodies that say the same are the same.
            _ => continue,
        }
        sim.coverage.fault("key used for another body");
        let body_hash = digest(&command);
        let other = Intent { number, command, body_hash, ..(*intent).clone() };
        sim.send(engine, &Arc::new(other));
    }
}

fn time(sim: &Sim, dice: &mut Dice) {
    match dice.below(8) {
        0 => {
            sim.coverage.fault("clock jumped back");
            sim.clock.jump(-dice.between(1_000, 5_000_000));
        }
        1 => {
            sim.coverage.fault("clock drifted");
            sim.clock.drift(dice.between(-50_000, 50_000));
        }
        2 => ahead(sim, dice.between(60 * MINUTE, 26 * 60 * MINUTE)),
        _ => ahead(sim, dice.between(MINUTE / 60, 25 * MINUTE)),
    }
}

fn ahead(sim: &Sim, by: i64) {
    sim.coverage.fault("clock jumped ahead");
    sim.clock.jump(by);
}

/// How the store and the lines to clients behave from here on.
fn weather(sim: &Sim, dice: &mut Dice) {
    let mut percent = |most| if dice.chance(50) { dice.below(most) } else { 0 };
    let odds = Odds {
        lost_after: percent(15),
        lost_before: percent(15),
        race: percent(25),
        unreachable: percent(6),
        latency_ms: percent(40),
    };
    sim.replies_lost.store(percent(30), Ordering::Relaxed);
    sim.trouble.set(odds);
    sim.note(format!("{odds:?}"));
}

fn mood(sim: &Sim, dice: &mut Dice) {
    let mut percent = |most| if dice.chance(60) { dice.below(most) } else { 0 };
    // Time is real where the store is a server, and nobody waits for half a minute of it.
    let slow = if sim.disk.is_some() { 15 } else { 0 };
    let mood = Mood { declines: percent(30), silent: percent(40), deaf: percent(25), slow: percent(slow) };
    sim.gateway.set_mood(mood);
    sim.note(format!("{mood:?}"));
}

/// An end, now or within the next changes.
fn cut(sim: &Sim, dice: &mut Dice) {
    let Some(disk) = &sim.disk else { return };
    let kind = if dice.chance(60) { CutKind::Power } else { CutKind::Process };
    if dice.chance(20) {
        disk.cut(kind);
        return;
    }
    let changes = if dice.chance(50) { dice.below(12) } else { dice.below(200) };
    disk.plan(Cut { kind, changes: changes as u32 + 1, after: dice.chance(40) });
}

/// The disk fills up, fails to sync, or is slow.
fn disk(sim: &Arc<Sim>, dice: &mut Dice) {
    let Some(disk) = sim.disk.clone() else { return };
    match dice.below(3) {
        0 => {
            disk.limit(Some(disk.used() + dice.below(60_000) as usize));
            let space = Duration::from_millis(dice.below(3_000));
            tokio::spawn(async move {
                tokio::time::sleep(space).await;
                disk.limit(None);
            });
        }
        1 => disk.fail_syncs(1 + dice.below(4) as u32, dice.chance(50)),
        _ => sim.slow_sync_us.store(dice.between(1_000, 2_000_000), Ordering::Relaxed),
    }
}

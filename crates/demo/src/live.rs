//! Keeps a made-up shop going: orders come, many in the first minute and then as its history would have it, and those on their way
//! take a step.

use crate::DemoError;
use crate::fate::{Fate, Paying};
use crate::history::low;
use crate::pace::Pace;
use crate::place::order;
use crate::random::Random;
use crate::shop::{Hand, Shop};
use crate::step::{Setting, next};
use crate::view::View;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BinaryHeap;
use std::time::Duration;
use waybill_domain::attempt::Origin;
use waybill_domain::ids::{Id, OrderId};
use waybill_domain::time::Timestamp;
use waybill_engine::{Engine, SubmitError};

/// How much faster than in a real shop things happen: an hour is a second.
const FASTER: i64 = 3_600;
/// Whoever looks round finds holds and declined cards for ten minutes.
const DESK_S: i64 = 600;
const TICK: Duration = Duration::from_millis(1_000);
/// Goods arrive this often, in ticks.
const RESTOCK_EVERY: u64 = 120;
/// Orders found on their way when it begins, at most.
const FOUND_MAX: i64 = 2_000;
/// Orders that take a step in one tick, at most.
const STEPS_MAX: usize = 4;

/// Orders and when they are looked at again.
#[derive(Default)]
struct Watched {
    due: BinaryHeap<Reverse<(i64, OrderId)>>,
    fates: BTreeMap<OrderId, Fate>,
}

impl Watched {
    fn add(&mut self, order: OrderId, fate: Fate, at: Timestamp) {
        self.due.push(Reverse((at.0, order)));
        self.fates.insert(order, fate);
    }

    fn take(&mut self, now: Timestamp) -> Option<(OrderId, Fate)> {
        let Reverse((at, order)) = *self.due.peek()?;
        if at > now.0 {
            return None;
        }
        self.due.pop();
        self.fates.remove(&order).map(|fate| (order, fate))
    }
}

/// Runs until it is dropped or the engine stops. Gateways are called for the new orders, as for any other.
///
/// # Errors
/// When the store cannot be read or the engine does not write any more.
pub async fn keep_going(engine: &Engine, shop: &Shop) -> Result<(), DemoError> {
    let hand = Hand::new(engine);
    let mut random = Random::new(engine.now().0 as u64);
    let mut watched = found(engine, &mut random).await?;
    let pace = Pace::read(&**engine.store()).await?;
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for tick in 0u64.. {
        ticks.tick().await;
        let now = engine.now();
        if random.range(0, 999_999) < pace.per_million(tick) as i64 {
            let ids = engine.ids();
            let mut own = Random::new(random.next());
            let reference = format!("L{:012x}", own.next() & 0xffff_ffff_ffff);
            let (mut command, fate) = order(shop, &mut own, reference, now, ids);
            if fate.paying == Paying::Card {
                let token = if fate.declined {
                    "sim_decline"
                } else if fate.answer_lost {
                    "sim_late"
                } else {
                    "sim_ok"
                };
                command
                    .payments
                    .iter_mut()
                    .filter_map(|one| one.token.as_mut())
                    .for_each(|one| one.value = token.into());
            }
            if go_on(hand.live(command, ids).await)? {
                watched.add(ids.nth(0), fate, now.plus_seconds(3));
            }
        }
        for _ in 0..STEPS_MAX {
            let Some((id, mut fate)) = watched.take(now) else { break };
            let Some(view) = View::read(&**engine.store(), id).await? else {
                continue;
            };
            if view.is_in_hand() {
                // Somebody who looks round does this themselves.
                watched.add(id, fate, now.plus_seconds(DESK_S));
                continue;
            }
            let rehearsal = view.head.origin != Origin::Live;
            let ids = engine.ids();
            let Some(next) = next(&view, &mut fate, Setting { now, pace: FASTER, desk_s: DESK_S, rehearsal }, ids)
            else {
                continue;
            };
            if let Some(command) = next.command {
                let answer =
                    if rehearsal { hand.rehearse(command, ids, now).await } else { hand.live(command, ids).await };
                go_on(answer)?;
            }
            watched.add(id, fate, now.plus_seconds((next.wait / FASTER).max(2)));
        }
        if tick % RESTOCK_EVERY == RESTOCK_EVERY - 1 {
            for command in low(&hand, shop).await? {
                go_on(hand.live(command, engine.ids()).await)?;
            }
        }
    }
    Ok(())
}

/// A refusal is part of the play; whether the command was carried out.
fn go_on<T>(answer: Result<T, SubmitError>) -> Result<bool, DemoError> {
    match answer {
        Ok(_) => Ok(true),
        Err(
            SubmitError::Refused { .. }
            | SubmitError::Overloaded { .. }
            | SubmitError::Unavailable(_)
            | SubmitError::OutcomeUnknown,
        ) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Orders that were on their way before, spread over the next minutes.
async fn found(engine: &Engine, random: &mut Random) -> Result<Watched, DemoError> {
    let sql = "SELECT id FROM orders WHERE lifecycle IN ('placed', 'confirmed') ORDER BY id DESC LIMIT $1";
    let mut watched = Watched::default();
    for mut row in engine.store().read(sql, &[FOUND_MAX.into()]).await? {
        let id = OrderId(row.take::<Id>()?);
        let mut fate = Fate::draw(Random::new(id.0.0 as u64), false);
        // Their fate was drawn elsewhere; what is left of it is to arrive.
        (fate.held, fate.cancelled, fate.line_cancelled, fate.lost) = (false, false, false, false);
        watched.add(id, fate, engine.now().plus_seconds(random.range(2, 1_800)));
    }
    Ok(watched)
}

/// Places `count` orders at once, as a busy minute would.
///
/// # Errors
/// As [`keep_going`].
pub async fn some_orders(engine: &Engine, seed: u64, count: u64) -> Result<u64, DemoError> {
    let Some(shop) = Shop::read(engine).await? else {
        return Ok(0);
    };
    let hand = Hand::new(engine);
    let placing = (0..count).map(|n| {
        let (ids, mut random) = (engine.ids(), Random::branch(seed, 20, n));
        let reference = format!("S{seed:08x}-{n:04x}");
        let (command, _) = order(&shop, &mut random, reference, engine.now(), ids);
        hand.live(command, ids)
    });
    let mut placed = 0;
    for answer in futures_util::future::join_all(placing).await {
        placed += u64::from(go_on(answer)?);
    }
    Ok(placed)
}

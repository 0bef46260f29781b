//! Three real processes on one PostgreSQL database: what each of them promises holds for all of them together.

use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use waybill_crash::callers::Callers;
use waybill_crash::feed::Event;
use waybill_crash::fleet::Fleet;
use waybill_crash::place::has_postgres;
use waybill_crash::{Outcome, check, session, shop};

const PROCESSES: usize = 3;
const CALLERS: usize = 18;
/// A channel that is closed and opened while orders come in from it.
const FLASH: &str = "flash";

fn run(test: impl AsyncFnOnce() -> Outcome) {
    if !has_postgres() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    if let Err(wrong) = runtime.block_on(test()) {
        panic!("{wrong}");
    }
}

async fn fleet(with_standby: bool) -> Outcome<Fleet> {
    Fleet::start(Path::new(env!("CARGO_BIN_EXE_waybill")), PROCESSES, with_standby).await
}

fn callers(fleet: &Fleet, channels: &'static [&'static str]) -> Callers {
    Callers::start(CALLERS, channels, 0x5eed, &fleet.client, &fleet.addresses.subscribe(), &fleet.journal)
}

/// Orders that were placed from a channel while it was closed, in the order of the log.
fn placed_while_closed(log: &[Event]) -> Vec<String> {
    let mut open: BTreeMap<&str, bool> = BTreeMap::new();
    let mut wrong = Vec::new();
    for event in log {
        match event.kind.as_str() {
            "channel.created" | "channel.changed" => drop(open.insert(&event.subject_id, true)),
            "channel.archived" => drop(open.insert(&event.subject_id, false)),
            "order.placed" => {
                let channel = event.payload["channel"].as_str().unwrap_or_default();
                if open.get(channel) != Some(&true) {
                    wrong.push(format!("at position {} an order came from the closed {channel}", event.position));
                }
            }
            _ => {}
        }
    }
    wrong
}

/// Hot items, cancels against picks, receipts against backorders, from three processes at once: nothing is oversold, no
/// fault reaches a caller, nothing is decided on a setting that is over, and each consumer sees each event once.
#[test]
fn three_processes_promise_together_what_one_promises() {
    run(async || {
        let mut fleet = fleet(false).await?;
        let at_work = callers(&fleet, &[shop::CHANNEL, FLASH]);
        let (client, addresses) = (fleet.client.clone(), fleet.addresses.borrow().clone());
        let path = format!("/api/v1/channels/{FLASH}");
        let mut changes = 0;
        for turn in 0..30 {
            // From another process each time.
            let (server, method) = (&addresses[turn % PROCESSES], if turn % 2 == 0 { "PUT" } else { "DELETE" });
            let body = if turn % 2 == 0 { json!({"name": "Flash sales"}) } else { json!({}) };
            shop::expect(&client, server, method, &path, &body).await?;
            changes += 1;
            fleet.answers(CALLERS).await?;
        }
        at_work.finish().await;
        let log = fleet.compare().await?;
        check::none(placed_while_closed(&log))?;
        assert_eq!(log.iter().filter(|event| event.kind == "channel.archived").count(), changes / 2);
        assert_eq!(fleet.journal.not_now(), 0, "nobody was told to come back later");
        Ok(())
    });
}

/// Sessions are cut, then the database server dies and its synchronous standby takes over: nothing acknowledged is lost,
/// and all processes go on by themselves.
#[test]
fn a_failover_to_a_synchronous_standby_loses_nothing() {
    run(async || {
        let mut fleet = fleet(true).await?;
        let at_work = callers(&fleet, &[shop::CHANNEL]);
        fleet.answers(CALLERS * 10).await?;
        let primary = fleet.place.server.as_ref().expect("a server").url_of("shop");
        let ended = session::terminate(&primary).await?;
        assert!(ended >= PROCESSES as u64, "only {ended} sessions were there to end");
        fleet.answers(CALLERS * 10).await?;
        let (server, standby) = (fleet.place.server.as_mut().expect("a server"), fleet.standby.as_ref());
        tokio::task::block_in_place(|| server.crash().and_then(|()| standby.expect("a standby").promote()))?;
        fleet.answers(CALLERS * 20).await?;
        at_work.finish().await;
        fleet.compare().await?;
        assert!(fleet.journal.again() + fleet.journal.not_now() > 0, "the failover was noticed");
        // Nothing runs on the old server any more: what was compared is what the standby has.
        tokio::time::timeout(Duration::from_secs(30), session::connect(&primary))
            .await
            .map_or(Ok(()), |connected| connected.map_or(Ok(()), |_| Err("the old server still answers".to_owned())))
    });
}

//! What must hold at the end, judged from the outside: the callers' journal against the log.

use crate::client::Client;
use crate::feed::Event;
use crate::journal::{Deed, End, Entry};
use futures_util::StreamExt;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Requests sent again at once.
const AT_ONCE: usize = 32;
/// So many sentences are enough to see what is wrong.
const SHOWN: usize = 20;

/// Fails with the first of many sentences.
///
/// # Errors
/// Where there is one.
pub fn none(wrong: Vec<String>) -> Result<(), String> {
    if wrong.is_empty() {
        return Ok(());
    }
    let more = wrong.len().saturating_sub(SHOWN);
    let shown = wrong.into_iter().take(SHOWN).collect::<Vec<_>>().join("\n");
    Err(if more > 0 { format!("{shown}\n... and {more} more") } else { shown })
}

/// What an event leaves as the trace of a deed, by which it is found again.
fn trace(event: &Event) -> Option<(&str, &str)> {
    let about = match event.kind.as_str() {
        "order.placed" => event.payload["external_ref"].as_str()?,
        "stock.received" => event.payload["reference"].as_str()?,
        _ => &event.subject_id,
    };
    Some((&event.kind, about))
}

/// Every acknowledged command is in the log exactly once, every other at most once, and nothing is there that nobody
/// asked for. Numbers and positions are given once.
pub fn compare(entries: &[Entry], log: &[Event]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut traces: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for found in log.iter().filter_map(trace) {
        *traces.entry(found).or_default() += 1;
    }
    let (mut numbers, mut positions) = (BTreeSet::new(), BTreeSet::new());
    let (mut reserved_at_least, mut reserved_at_most) = (0, 0);
    for Entry { ask, end } in entries {
        let count = |about: &str| traces.get(&(ask.deed.event(), about)).copied().unwrap_or_default();
        match end {
            End::Done { receipt, .. } => {
                // A reservation repeats no reference; its id is known from the receipt alone.
                let made = receipt["id"].as_str().unwrap_or_default();
                let about = if ask.deed == Deed::Reserve { made } else { &ask.about };
                if count(about) != 1 {
                    wrong.push(format!("{} was acknowledged and is there {} times: {receipt}", ask.key, count(about)));
                }
                let position = receipt["position"].as_i64().unwrap_or_default();
                if !(1..=log.len() as i64).contains(&position) || !positions.insert(position) {
                    wrong.push(format!("{} has a position that is not its own: {receipt}", ask.key));
                }
                if ask.deed == Deed::Place && !receipt["number"].as_str().is_some_and(|number| numbers.insert(number)) {
                    wrong.push(format!("{} has a number that is not its own: {receipt}", ask.key));
                }
            }
            End::Abandoned if count(&ask.about) > 1 => {
                wrong.push(format!("{} was not acknowledged and is there {} times", ask.key, count(&ask.about)));
            }
            End::Refused { .. } if ask.deed == Deed::Place && count(&ask.about) > 0 => {
                wrong.push(format!("{} was refused and is there", ask.key));
            }
            // What a caller made is there for it, whatever broke since.
            End::Refused { code, .. } if code.starts_with("request.") => {
                wrong.push(format!("{} {}: {code}", ask.key, ask.path));
            }
            End::Abandoned | End::Refused { .. } => {}
        }
        if ask.deed == Deed::Reserve {
            reserved_at_least += usize::from(matches!(end, End::Done { .. }));
            reserved_at_most += usize::from(!matches!(end, End::Refused { .. }));
        }
    }
    let asked: BTreeSet<(&str, &str)> =
        entries.iter().map(|entry| (entry.ask.deed.event(), entry.ask.about.as_str())).collect();
    for found in traces.keys().filter(|(kind, _)| matches!(*kind, "order.placed" | "stock.received")) {
        if !asked.contains(found) {
            wrong.push(format!("{found:?} is there, and nobody asked for it"));
        }
    }
    let reserved = log.iter().filter(|event| event.kind == Deed::Reserve.event()).count();
    if !(reserved_at_least..=reserved_at_most).contains(&reserved) {
        wrong.push(format!("{reserved} reservations, not {reserved_at_least} to {reserved_at_most}"));
    }
    wrong
}

/// Positions begin with 1 and have no gap; ids are given once.
pub fn gapless(log: &[Event]) -> Vec<String> {
    let mut ids = BTreeSet::new();
    let odd = log.iter().zip(1..).filter(|(event, position)| event.position != *position || !ids.insert(&event.id));
    odd.map(|(event, position)| format!("at position {position} there is {event:?}")).collect()
}

/// What a consumer saw on the way is what the log says at the end.
pub fn same(seen: &[Event], log: &[Event]) -> Vec<String> {
    let mut wrong: Vec<String> = seen
        .iter()
        .zip(log)
        .filter(|(seen, logged)| seen != logged)
        .map(|(seen, logged)| format!("a consumer saw {seen:?}, the log says {logged:?}"))
        .collect();
    if seen.len() != log.len() {
        wrong.push(format!("a consumer saw {} events of {}", seen.len(), log.len()));
    }
    wrong
}

/// Asks for everything that was carried out once more, under the same keys: the receipts must be the same.
pub async fn repeat(entries: &[Entry], client: &Client, server: &str) -> Vec<String> {
    let done = entries.iter().filter_map(|entry| match &entry.end {
        End::Done { status, receipt } => Some((entry, *status, receipt)),
        End::Refused { .. } | End::Abandoned => None,
    });
    let again = done.map(async |(Entry { ask, .. }, status, receipt): (&Entry, u16, &Value)| {
        match client.send(server, "POST", &ask.path, Some(&ask.key), Some(&ask.body)).await {
            Ok(answer) if answer.replayed && answer.status == status && answer.body == *receipt => None,
            Ok(answer) => Some(format!("{}: {status} {receipt} became {answer:?}", ask.key)),
            Err(error) => Some(format!("{}: {error}", ask.key)),
        }
    });
    futures_util::stream::iter(again).buffer_unordered(AT_ONCE).filter_map(async |wrong| wrong).collect().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Ask;
    use serde_json::json;

    fn placed(position: i64, reference: &str) -> Event {
        let payload = json!({"external_ref": reference});
        let (id, subject_id) = (format!("evt_{position}"), format!("ord_{reference}"));
        Event { position, id, kind: "order.placed".into(), subject_id, payload }
    }

    fn entry(key: &str, end: End) -> Entry {
        let (path, body) = (String::new(), Value::Null);
        Entry { ask: Ask { key: key.into(), deed: Deed::Place, about: key.into(), path, body }, end }
    }

    fn done(position: i64, number: &str) -> End {
        End::Done { status: 201, receipt: json!({"id": "ord_x", "number": number, "position": position}) }
    }

    /// A judge that finds nothing proves nothing.
    #[test]
    fn what_is_lost_doubled_or_not_asked_for_is_found() {
        let entries = [
            entry("a", done(1, "W-1")),
            entry("b", done(2, "W-2")),
            entry("c", End::Abandoned),
            entry("d", End::Abandoned),
        ];
        let log = [placed(1, "a"), placed(2, "b"), placed(3, "c")];
        assert_eq!(compare(&entries, &log), Vec::<String>::new());
        assert_eq!(gapless(&log), Vec::<String>::new());
        let lost = compare(&entries, &[placed(1, "a"), placed(2, "c")]);
        assert!(lost[0].contains("b was acknowledged and is there 0 times"), "{lost:?}");
        let doubled = compare(&entries, &[placed(1, "a"), placed(2, "b"), placed(3, "c"), placed(4, "c")]);
        assert!(doubled[0].contains("c was not acknowledged and is there 2 times"), "{doubled:?}");
        let strange = compare(&entries, &[placed(1, "a"), placed(2, "b"), placed(3, "e")]);
        assert!(strange[0].contains("nobody asked"), "{strange:?}");
        let twice = [entry("a", done(1, "W-1")), entry("b", done(2, "W-1"))];
        assert!(compare(&twice, &log[..2])[0].contains("number that is not its own"));
        assert_eq!(gapless(&[placed(1, "a"), placed(3, "b")]).len(), 1);
        assert_eq!(same(&log[..2], &log).len(), 1);
        assert_eq!(same(&[placed(1, "b")], &log[..1]).len(), 1);
    }
}

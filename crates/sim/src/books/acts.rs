//! What clients held, released, cancelled and gave back, in the order of their receipts, against what is there.

use super::Books;
use crate::intent::Answer;
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::command::Command;
use waybill_domain::ids::OrderId;
use waybill_domain::order::Step;
use waybill_domain::order::hold::ApplyHold;
use waybill_store::{Row, StoreError};

/// Holds that no payment ends, units of lines that are still wanted (an order of charges alone has none), and refunds by order.
pub const STATEMENTS: [&str; 3] = [
    "SELECT order_id, number, kind, line, reason, state FROM holds WHERE payment = 0 ORDER BY order_id, number",
    "SELECT o.id, o.lifecycle, COALESCE(l.number, 0), COALESCE(l.ordered - l.cancelled - l.shipped, 0) FROM orders o \
     LEFT JOIN order_lines l ON l.order_id = o.id",
    "SELECT order_id, CAST(SUM(amount) AS BIGINT) FROM refunds GROUP BY order_id",
];

/// What was done to one order, by the positions of the receipts.
#[derive(Default)]
struct Acts<'a> {
    applied: Vec<(i64, &'a ApplyHold)>,
    /// By hold: when, and whether it was rejected.
    ended: BTreeMap<u32, Vec<(i64, bool)>>,
    /// Steps of the work, of whatever line.
    stepped: Vec<(i64, Step)>,
    /// Cancelled whole, all that had not left: a line, or the order.
    cancelled: Vec<Option<u32>>,
    refunded: i64,
}

fn acts(books: &Books) -> BTreeMap<OrderId, Acts<'_>> {
    let mut acts: BTreeMap<OrderId, Acts<'_>> = BTreeMap::new();
    let done = books.answers.values().filter_map(|(intent, answer, _)| match answer {
        // A request that was told again has the position of the first.
        Answer::Done(receipt) if receipt.subject.is_some() => Some((receipt.position, &intent.command)),
        Answer::Done(_) | Answer::Refused(_) | Answer::Reused => None,
    });
    for (position, command) in done.collect::<BTreeMap<_, _>>() {
        let Some(id) = command.order() else { continue };
        let of = acts.entry(id).or_default();
        match command {
            Command::ApplyHold(hold) => of.applied.push((position, hold)),
            Command::ReleaseHold(hold) => of.ended.entry(hold.hold_id.number).or_default().push((position, false)),
            Command::RejectHold(hold) => of.ended.entry(hold.hold_id.number).or_default().push((position, true)),
            Command::Pick(_) => of.stepped.push((position, Step::Pick)),
            Command::Pack(_) => of.stepped.push((position, Step::Pack)),
            Command::Ship(_) => of.stepped.push((position, Step::Ship)),
            Command::CancelOrder(_) => of.cancelled.push(None),
            Command::CancelLine(cancel) if cancel.quantity.is_none() => of.cancelled.push(Some(cancel.line_id.number)),
            Command::GrantRefund(refund) => of.refunded += refund.amount.0,
            _ => {}
        }
    }
    acts
}

/// A hold as it was read.
struct Found {
    number: u32,
    /// Its kind, line and reason.
    what: (String, u32, String),
    state: String,
}

/// What is not as clients were told, one sentence for each. All requests must have their answers.
///
/// # Errors
/// Where a row does not read.
pub fn wrong(books: &Books, holds: Vec<Row>, lines: Vec<Row>, refunds: Vec<Row>) -> Result<Vec<String>, StoreError> {
    let acts = acts(books);
    let mut found: BTreeMap<OrderId, Vec<Found>> = BTreeMap::new();
    for mut row in holds {
        let (id, number): (OrderId, u32) = (row.take()?, row.take()?);
        let what = (row.take()?, row.take()?, row.take()?);
        found.entry(id).or_default().push(Found { number, what, state: row.take()? });
    }
    let mut wrong = Vec::new();
    let mut ended: BTreeMap<OrderId, bool> = BTreeMap::new();
    for mut row in lines {
        let (id, lifecycle): (OrderId, String) = (row.take()?, row.take()?);
        let (number, left): (u32, i64) = (row.take()?, row.take()?);
        ended.insert(id, lifecycle == "cancelled");
        let given_up =
            acts.get(&id).is_some_and(|of| of.cancelled.iter().any(|one| one.is_none_or(|one| one == number)));
        if left != 0 && (given_up || lifecycle == "cancelled") {
            wrong.push(format!("line {number} of {id} was cancelled whole and {left} units are wanted"));
        }
    }
    for (id, of) in &acts {
        let found = found.remove(id).unwrap_or_default();
        held(of, &found, ended.get(id).copied().unwrap_or_default(), &mut |why| wrong.push(format!("{id}: {why}")));
    }
    wrong.extend(found.keys().map(|id| format!("{id} is held and nobody asked for it")));
    let mut granted: BTreeMap<OrderId, i64> = BTreeMap::new();
    for mut row in refunds {
        granted.insert(row.take()?, row.take()?);
    }
    for (id, of) in acts.iter().filter(|(_, of)| of.refunded > 0) {
        let granted = granted.get(id).copied().unwrap_or_default();
        if granted < of.refunded {
            wrong.push(format!("{id}: refunds of {} were acknowledged, {granted} are there", of.refunded));
        }
    }
    Ok(wrong)
}

/// Every hold that was acknowledged is there, ended as clients were told, and was kept while it lasted.
fn held(of: &Acts<'_>, found: &[Found], is_cancelled: bool, wrong: &mut dyn FnMut(String)) {
    if of.applied.len() != found.len() {
        wrong(format!("{} holds were acknowledged, {} are there", of.applied.len(), found.len()));
        return;
    }
    for ((applied_at, told), hold) in of.applied.iter().zip(found) {
        let number = hold.number;
        let what = (told.kind.code().to_owned(), told.line.unwrap_or(0), told.reason.clone());
        if what != hold.what {
            wrong(format!("hold {number} is {:?}, acknowledged as {what:?}", hold.what));
        }
        let ends = of.ended.get(&number).map(Vec::as_slice).unwrap_or_default();
        let expected = match ends {
            [] if is_cancelled => "released",
            [] => "active",
            [(_, true)] => "rejected",
            [(_, false)] => "released",
            [..] => "ended once",
        };
        if hold.state != expected {
            wrong(format!("hold {number} is {}, clients were told {expected}", hold.state));
        }
        let ended_at = ends.first().map_or(i64::MAX, |(at, _)| *at);
        let meanwhile = |(at, step): &&(i64, Step)| (*applied_at..ended_at).contains(at) && told.steps.contains(step);
        if let (None, Some((at, step))) = (told.line, of.stepped.iter().find(meanwhile)) {
            wrong(format!("{} at {at} while hold {number} was to keep it", step.code()));
        }
    }
}

//! One command against the World: permit, decide, seal, fold.

use super::entry::Entry;
use super::kept::Numbers;
use crate::receipt::{Receipt, Verdict, made};
use crate::submission::Submission;
use waybill_domain::Code;
use waybill_domain::attempt::Origin;
use waybill_domain::chain::{Sealed, seal};
use waybill_domain::command::{Command, Stop};
use waybill_domain::event::Event;
use waybill_domain::footprint::Footprint;
use waybill_domain::ids::{EventId, OrderId, TextId, TransactionId};
use waybill_domain::ledger::{MoneyPosting, StockPosting};
use waybill_domain::money::Currency;
use waybill_domain::world::World;
use waybill_store::tables::{AddressRow, EventRecord, PartyRow, TextRow};

/// Event ids of an attempt begin here; doors use the numbers below.
const EVENT_IDS: u32 = 0x4000;

/// Everything a batch makes beside the World before it is written.
#[derive(Default)]
pub(super) struct Made {
    pub(super) events: Vec<Pending>,
    pub(super) parties: Vec<PartyRow>,
    pub(super) addresses: Vec<AddressRow>,
    pub(super) texts: Vec<TextRow>,
    /// Calls to gateways that begin once the batch is durable.
    pub(super) intents: Vec<(TransactionId, Option<TextId>)>,
}

/// A sealed event that has no position yet.
pub(super) struct Pending {
    pub(super) record: EventRecord,
    pub(super) postings: Vec<StockPosting>,
    pub(super) money: Vec<(MoneyPosting, Currency)>,
}

/// Permits, decides and applies one command. The error names what it needs beside what was loaded.
pub(super) fn decide(
    world: &mut World,
    entry: &mut Entry,
    numbers: &mut Numbers,
    out: &mut Made,
) -> Result<Verdict, Box<Footprint>> {
    let submission: &Submission = &entry.waiting.submission;
    let command = &submission.command;
    let number = match command {
        Command::PlaceOrder(_) => numbers.take(),
        _ => None,
    };
    entry.attempt.order_number = number;
    let decided = command.permit(world, &entry.attempt.actor).and_then(|()| command.decide(world, &entry.attempt));
    let events = match decided {
        Ok(events) => events,
        Err(stop) => {
            number.into_iter().for_each(|number| numbers.give_back(number));
            return match stop {
                Stop::Refused(refusal) => Ok(Verdict::Refused(refusal)),
                Stop::Needs(footprint) => Err(footprint),
            };
        }
    };
    let postings: Vec<Vec<StockPosting>> = events.iter().map(Event::postings).collect();
    let unread = postings.iter().flatten().map(|posting| posting.key.item_id).filter(|item| !world.has_levels(*item));
    let levels: Vec<_> = unread.collect();
    if !levels.is_empty() {
        number.into_iter().for_each(|number| numbers.give_back(number));
        return Err(Box::new(Footprint { levels, ..Footprint::default() }));
    }
    // From here on the command succeeds.
    let mut receipt = Receipt {
        subject: events.first().map(|event| event.aggregate().into()),
        number: None,
        version: 0,
        position: 0,
        made: Vec::new(),
        awaits_gateway: false,
        replayed: false,
    };
    for ((n, event), postings) in events.iter().enumerate().zip(postings) {
        receipt.version = fold(world, entry, event, postings, n as u32, out);
        made(event, &mut receipt.made);
        match event {
            Event::OrderPlaced(placed) | Event::OrderDrafted(placed) => receipt.number = Some(placed.number),
            Event::PaymentRequested(requested) if is_live(world, entry, requested.order) => {
                receipt.awaits_gateway = true;
                let token = world
                    .order(requested.order)
                    .and_then(|order| order.payment(requested.payment))
                    .and_then(|payment| payment.token);
                let id = TransactionId::new(requested.order, requested.transaction);
                out.intents.push((id, token));
            }
            _ => {}
        }
    }
    world.settle();
    if !events.is_empty() {
        let personal = command.personal();
        out.parties.extend(personal.parties.into_iter().map(PartyRow));
        out.addresses.extend(personal.addresses.into_iter().map(AddressRow));
        out.texts.extend(personal.texts.into_iter().map(TextRow));
    }
    Ok(Verdict::Done(receipt))
}

/// Gateways are called for live orders alone, whoever asks.
fn is_live(world: &World, entry: &Entry, order: OrderId) -> bool {
    entry.attempt.origin == Origin::Live && world.order(order).is_some_and(|order| order.head.origin == Origin::Live)
}

/// Seals an event, folds it into the World and keeps it for the log. Returns its sequence in the aggregate.
fn fold(world: &mut World, entry: &Entry, event: &Event, postings: Vec<StockPosting>, n: u32, out: &mut Made) -> i64 {
    let aggregate = event.aggregate();
    let payload = event.encode();
    let attempt = &entry.attempt;
    let id: EventId = attempt.ids.nth(EVENT_IDS + n);
    let chain = seal(
        &world.chain(aggregate),
        &Sealed {
            event_id: id.0,
            aggregate_kind: aggregate.kind.code(),
            aggregate_id: aggregate.id,
            kind: event.kind(),
            version: event.version(),
            actor: &entry.actor,
            origin: attempt.origin.code(),
            cause: attempt.cause,
            happened_at: attempt.now.0,
            recorded_at: attempt.recorded_at.0,
            payload: &payload,
        },
    );
    world.apply(event, &postings, chain, attempt.origin);
    let money = event
        .money_postings()
        .into_iter()
        .filter_map(|posting| {
            let currency = world.order(posting.order_id)?.head.currency;
            Some((posting, currency))
        })
        .collect();
    out.events.push(Pending {
        record: EventRecord {
            position: 0,
            id,
            aggregate_kind: aggregate.kind,
            aggregate_id: aggregate.id,
            sequence: chain.sequence,
            kind: event.kind().to_owned(),
            version: event.version(),
            actor: entry.actor.clone(),
            origin: attempt.origin,
            cause: attempt.cause,
            happened_at: attempt.now,
            recorded_at: attempt.recorded_at,
            payload,
            hash: chain.hash,
        },
        postings,
        money,
    });
    chain.sequence
}

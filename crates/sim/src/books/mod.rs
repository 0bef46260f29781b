//! The auditor's own books: kept from what clients asked for and were told, without any of the rules.

mod acts;
mod check;
mod drained;
mod expected;
mod floor;
mod glance;
mod orders;
mod users;
mod works;

pub use check::check;
pub use drained::undone;
pub use glance::Told;
pub use orders::{OrderBook, line_total};

use crate::intent::{Answer, Intent};
use std::collections::BTreeMap;
use std::sync::Arc;
use waybill_domain::catalog::item::Supply;
use waybill_domain::command::Command;
use waybill_domain::fulfillment::events::ShortReason;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::payment::PaymentMethod;
use waybill_domain::time::Timestamp;
use waybill_engine::Receipt;

/// What is known of an item.
#[derive(Clone, Debug)]
pub struct ItemBook {
    pub id: ItemId,
    pub supply: Supply,
    pub precision: u32,
}

/// What was sent from one location to another.
#[derive(Clone, Debug)]
pub struct TransferBook {
    pub to: LocationId,
    /// SKU and units not yet accounted for.
    pub lines: Vec<(String, i64)>,
}

/// Everything clients know.
#[derive(Debug, Default)]
pub struct Books {
    next: u64,
    /// Sent, and not answered yet.
    pub open: BTreeMap<u64, Arc<Intent>>,
    pub answers: BTreeMap<u64, (Arc<Intent>, Answer, Timestamp)>,
    /// Which intents share a scoped key.
    by_key: BTreeMap<(String, &'static str, String), Vec<u64>>,
    /// Which intent made a thing.
    made_by: BTreeMap<(&'static str, Id), u64>,
    /// Which intents were carried out, rather than told again.
    executed: BTreeMap<u64, u32>,
    pub orders: BTreeMap<OrderId, OrderBook>,
    pub items: BTreeMap<String, ItemBook>,
    pub locations: BTreeMap<String, LocationId>,
    pub channels: BTreeMap<String, ChannelId>,
    pub reservations: Vec<(ReservationId, String)>,
    pub transfers: BTreeMap<TransferId, TransferBook>,
    pub api_keys: Vec<ApiKeyId>,
    pub webhook_endpoints: Vec<WebhookEndpointId>,
    pub users: Vec<UserId>,
    /// Whose the work of the locations is.
    works: works::WorkBooks,
    /// Units that must be on hand if nothing had shipped.
    on_hand: BTreeMap<(LocationId, ItemId), i64>,
    in_transit: BTreeMap<(LocationId, ItemId), i64>,
    /// Acknowledged stock documents, by their reference.
    documents: BTreeMap<String, u64>,
    /// Money recorded by hand, in minor units.
    pub recorded: i64,
    pub failures: Vec<String>,
}

impl Books {
    pub fn fail(&mut self, why: impl Into<String>) {
        self.failures.push(why.into());
    }

    /// The number of the next intent; tags what it makes.
    pub fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// A request is about to be sent.
    pub fn send(&mut self, intent: &Arc<Intent>) {
        self.open.insert(intent.number, intent.clone());
        let sharing = self.by_key.entry(intent.scope()).or_default();
        if !sharing.contains(&intent.number) {
            sharing.push(intent.number);
        }
    }

    /// Every reply counts, also one that its client never heard.
    pub fn hear(&mut self, intent: &Intent, answer: &Answer) {
        if let Answer::Done(Receipt { replayed: false, .. }) = answer {
            let times = self.executed.entry(intent.number).or_default();
            *times += 1;
            let times = *times;
            if times > 1 {
                self.fail(format!("#{} was carried out {times} times", intent.number));
            }
        }
    }

    /// A client has its answer; `at` is when.
    pub fn settle(&mut self, intent: &Arc<Intent>, answer: Answer, at: Timestamp) {
        self.open.remove(&intent.number);
        if let Some((_, before, _)) = self.answers.get(&intent.number) {
            if told(before) != told(&answer) {
                let why = format!("#{} was told {before}, then {answer}", intent.number);
                self.fail(why);
            }
            return;
        }
        match &answer {
            Answer::Done(receipt) => self.done(intent, receipt),
            Answer::Refused(_) => {}
            Answer::Reused => {
                let sharing = self.by_key.get(&intent.scope()).map_or(0, Vec::len);
                if sharing < 2 {
                    self.fail(format!("#{} was told that its key was used, and nobody else used it", intent.number));
                }
            }
        }
        if answer != Answer::Reused {
            self.one_body(intent);
        }
        self.answers.insert(intent.number, (intent.clone(), answer, at));
    }

    /// Of several bodies under one key only one gets an answer of its own.
    fn one_body(&mut self, intent: &Intent) {
        let sharing = self.by_key.get(&intent.scope()).into_iter().flatten();
        let rivals = sharing.filter(|number| **number != intent.number).filter_map(|number| self.answers.get(number));
        let served = rivals.filter(|(_, answer, _)| *answer != Answer::Reused).map(|(rival, _, _)| rival.number);
        if let Some(rival) = served.min() {
            self.fail(format!("#{} and #{rival} were both served under one key", intent.number));
        }
    }

    fn done(&mut self, intent: &Arc<Intent>, receipt: &Receipt) {
        let subject = receipt.subject.map_or(Id::NIL, |subject| subject.id);
        if makes_something(&intent.command) && receipt.subject.is_some() {
            let kind = intent.command.operation();
            if let Some(other) = self.made_by.insert((kind, subject), intent.number) {
                self.fail(format!("#{} and #{other} were told that they made the same thing", intent.number));
            }
        }
        match &intent.command {
            Command::PutItem(put) if receipt.subject.is_some() => {
                let (supply, precision) = (put.facts.supply, put.facts.precision);
                self.items.insert(put.facts.sku.clone(), ItemBook { id: ItemId(subject), supply, precision });
            }
            Command::PutLocation(put) if receipt.subject.is_some() => {
                self.locations.insert(put.facts.code.clone(), LocationId(subject));
            }
            Command::PutChannel(put) if receipt.subject.is_some() => {
                self.channels.insert(put.facts.code.clone(), ChannelId(subject));
            }
            Command::CreateApiKey(_) => self.api_keys.push(ApiKeyId(subject)),
            Command::InviteUser(_) => self.users.push(UserId(subject)),
            Command::CreateWebhookEndpoint(_) => self.webhook_endpoints.push(WebhookEndpointId(subject)),
            Command::ReceiveStock(received) => {
                self.documents.extend(received.reference.clone().map(|reference| (reference, intent.number)));
                for line in &received.lines {
                    self.bring(received.location_id, &line.sku, line.quantity.0);
                }
            }
            Command::AdjustStock(adjusted) => {
                self.documents.extend(adjusted.reference.clone().map(|reference| (reference, intent.number)));
                for line in adjusted.lines.iter().filter(|line| line.to.is_none()) {
                    self.bring(adjusted.location_id, &line.sku, line.delta);
                }
            }
            Command::SendTransfer(sent) => {
                let mut lines = Vec::new();
                for line in &sent.lines {
                    self.bring(sent.from_location_id, &line.sku, -line.quantity.0);
                    self.ride(sent.to_location_id, &line.sku, line.quantity.0);
                    lines.push((line.sku.clone(), line.quantity.0));
                }
                self.transfers.insert(TransferId(subject), TransferBook { to: sent.to_location_id, lines });
            }
            Command::ReceiveTransfer(received) => {
                let Some(mut transfer) = self.transfers.remove(&received.transfer_id) else { return };
                for line in &received.lines {
                    let Some((sku, left)) = transfer.lines.get_mut(line.line as usize - 1) else { continue };
                    *left -= line.received.0 + line.lost.0;
                    let sku = sku.clone();
                    self.bring(transfer.to, &sku, line.received.0);
                    self.ride(transfer.to, &sku, -line.received.0 - line.lost.0);
                }
                self.transfers.insert(received.transfer_id, transfer);
            }
            Command::ReserveStock(reserved) => {
                self.reservations.push((ReservationId(subject), reserved.sku.clone()));
            }
            Command::PlaceOrder(placed) => {
                let book = OrderBook::new(placed, receipt, &self.items);
                self.orders.insert(OrderId(subject), book);
            }
            Command::Pick(pick) => {
                let order = self.orders.get(&pick.fulfillment_order_id.order_id);
                let missing = pick.shorts.iter().filter(|short| short.reason == ShortReason::Missing);
                let gone: Vec<(String, i64)> =
                    missing.filter_map(|short| Some((order?.sku(short.line)?.to_owned(), short.quantity.0))).collect();
                if let Some(location) = intent.location {
                    for (sku, quantity) in gone {
                        self.bring(location, &sku, -quantity);
                    }
                }
            }
            Command::HandOverFulfillmentOrder(handed) if receipt.subject.is_some() => {
                let (from, to) = (handed.from.clone(), handed.assignee.clone());
                self.works.handed_over(handed.fulfillment_order_id, receipt.version, from, to);
            }
            Command::ReceiveReturn(returned) => {
                let Some(order) = self.orders.get_mut(&returned.order_id) else { return };
                let mut back = Vec::new();
                for line in &returned.lines {
                    order.returned(line.line, line.quantity.0);
                    if line.state != StockAccount::Loss {
                        back.extend(order.sku(line.line).map(|sku| (sku.to_owned(), line.quantity.0)));
                    }
                }
                for (sku, quantity) in back {
                    self.bring(returned.location_id, &sku, quantity);
                }
            }
            Command::RecordPayment(payment) => {
                self.recorded += payment.amount.0;
                if let Some(order) = self.orders.get_mut(&payment.order_id) {
                    order.recorded += payment.amount.0;
                    debug_assert!(matches!(payment.method, PaymentMethod::Cash | PaymentMethod::Transfer));
                }
            }
            Command::CancelLine(cancel) => {
                if let Some(order) = self.orders.get_mut(&cancel.line_id.order_id) {
                    order.cancelled(cancel.line_id.number, cancel.quantity.map_or(1, |quantity| quantity.0));
                }
            }
            Command::AddCharge(charge) => {
                if let Some(order) = self.orders.get_mut(&charge.order_id) {
                    order.charges += charge.amount.0 + charge.tax.0;
                }
            }
            Command::RecordTracking(message) => {
                if let Some(order) = self.orders.get_mut(&message.parcel_id.order_id) {
                    let fact = (message.status, message.occurred_at, message.carrier_event.clone());
                    order.tracking.entry(message.parcel_id.number).or_default().push(fact);
                }
            }
            _ => {}
        }
        if let Some(order) = intent.command.order().and_then(|id| self.orders.get_mut(&id))
            && receipt.subject.is_some()
        {
            order.version = order.version.max(receipt.version);
        }
    }

    /// Units come to (or leave) a location, where the item is counted.
    fn bring(&mut self, location: LocationId, sku: &str, units: i64) {
        if let Some(item) = self.items.get(sku).filter(|item| item.supply == Supply::Stock) {
            *self.on_hand.entry((location, item.id)).or_default() += units;
        }
    }

    fn ride(&mut self, location: LocationId, sku: &str, units: i64) {
        if let Some(item) = self.items.get(sku) {
            *self.in_transit.entry((location, item.id)).or_default() += units;
        }
    }
}

/// An answer without what may differ when it is told again.
fn told(answer: &Answer) -> Answer {
    match answer {
        Answer::Done(receipt) => Answer::Done(Receipt { replayed: false, ..receipt.clone() }),
        Answer::Refused(_) | Answer::Reused => answer.clone(),
    }
}

/// Whether every success of the command makes a thing of its own.
const fn makes_something(command: &Command) -> bool {
    matches!(
        command,
        Command::PlaceOrder(_)
            | Command::ReceiveStock(_)
            | Command::AdjustStock(_)
            | Command::SendTransfer(_)
            | Command::ReserveStock(_)
            | Command::CreateApiKey(_)
            | Command::CreateWebhookEndpoint(_)
            | Command::InviteUser(_)
    )
}

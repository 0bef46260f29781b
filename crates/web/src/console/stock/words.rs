//! Postings and stock documents in plain words.

use super::super::people::People;
use super::super::status;
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::event::{AggregateKind, Event};
use waybill_domain::ids::{OrderId, StockDocumentId, TransferId};
use waybill_domain::order::OrderNumber;
use waybill_store::read::documents::DocumentRow;
use waybill_store::read::postings::PostingRow;

/// What is known of the things that postings are about.
#[derive(Debug, Default)]
pub struct Known {
    pub orders: BTreeMap<OrderId, OrderNumber>,
    pub documents: BTreeMap<StockDocumentId, DocumentRow>,
    pub people: People,
}

/// What a posting belongs to: a name, its page, and what else there is to say.
#[derive(Debug)]
pub struct Cause {
    pub name: String,
    pub href: Option<String>,
    pub beside: String,
}

/// An account as a word: `quality control`.
pub fn account(account: waybill_domain::ledger::StockAccount) -> String {
    account.code().replace('_', " ")
}

/// A document's kind, its reason and its paper: `Adjustment`, `count, sheet 12`.
pub fn document(row: &DocumentRow) -> (String, String) {
    let reason = match &row.event {
        Some(Event::StockAdjusted(adjusted)) => Some(adjusted.reason.code().replace('_', " ")),
        _ => None,
    };
    let parts = [reason, row.document.reference.clone()];
    (status::words(row.document.kind.code()), parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

pub fn cause(row: &PostingRow, known: &Known) -> Cause {
    let line = row.posting.line.filter(|line| *line > 0).map(|line| format!(", line {line}")).unwrap_or_default();
    let plain = |name: &str| Cause { name: name.to_owned(), href: None, beside: String::new() };
    match row.aggregate_kind {
        AggregateKind::Order => {
            let number = known.orders.get(&OrderId(row.aggregate_id));
            Cause {
                name: number.map_or_else(|| "An order of another channel".to_owned(), ToString::to_string),
                href: number.map(|number| format!("/orders/{number}")),
                beside: format!("{line}, {}", said(&row.event)),
            }
        }
        AggregateKind::StockDocument => {
            let id = StockDocumentId(row.aggregate_id);
            let (name, beside) = known.documents.get(&id).map(document).unwrap_or_default();
            let name = if name.is_empty() { "Stock document".to_owned() } else { name };
            let beside = if beside.is_empty() { beside } else { format!(", {beside}") };
            Cause { name, href: Some(format!("/receipts/{id}")), beside }
        }
        AggregateKind::Transfer => Cause {
            name: "Transfer".to_owned(),
            href: Some(format!("/transfers/{}", TransferId(row.aggregate_id))),
            beside: format!(", {}", said(&row.event)),
        },
        AggregateKind::Reservation => Cause { beside: format!(", {}", said(&row.event)), ..plain("Reservation") },
        _ => plain(&status::words(&row.event.replace('.', " "))),
    }
}

/// The verb of an event: `allocation.made` is "allocated".
fn said(event: &str) -> String {
    match event {
        "allocation.made" | "allocation.hardened" => "allocated".to_owned(),
        "allocation.released" => "given back".to_owned(),
        "pick.completed" => "picked".to_owned(),
        "pick.short" => "picked short".to_owned(),
        "parcel.packed" => "packed".to_owned(),
        "parcel.unpacked" => "unpacked".to_owned(),
        "shipment.shipped" => "shipped".to_owned(),
        "return.received" => "came back".to_owned(),
        other => other.rsplit('.').next().unwrap_or(other).replace('_', " "),
    }
}

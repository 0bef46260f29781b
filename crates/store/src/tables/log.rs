//! The log, and the two ledgers that follow from it.

use crate::record;
use waybill_domain::attempt::Origin;
use waybill_domain::event::AggregateKind;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Currency, Minor};
use waybill_domain::quantity::Quantity;

/// One event of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// Global, gapless, in commit order; the first is 1.
    pub position: i64,
    pub id: EventId,
    pub aggregate_kind: AggregateKind,
    pub aggregate_id: Id,
    /// Within the aggregate; the first is 1.
    pub sequence: i64,
    pub kind: String,
    pub version: i64,
    pub actor: String,
    pub origin: Origin,
    /// The event that made it necessary.
    pub cause: Option<Id>,
    pub happened_at: waybill_domain::time::Timestamp,
    pub recorded_at: waybill_domain::time::Timestamp,
    pub payload: String,
    pub hash: [u8; 32],
}

record!(
    EventRecord, "events", key: ["position"], append_only: true,
    indexes: [
        { "events_aggregate", ["aggregate_id", "sequence"], unique: true },
        // What people did, for the audit trail. Programs and workers, who do most, pay nothing for it.
        { "events_of_users", ["actor", "position"], unique: false, only: "actor >= 'usr_' AND actor < 'usr`'" }
    ],
    fixed: {
        position, id, aggregate_kind, aggregate_id, sequence, kind, version, actor, origin, cause, happened_at,
        recorded_at, payload, hash
    },
    fields: { }
);

/// One posting of the stock ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockPostingRecord {
    /// The event's position.
    pub position: i64,
    /// Within the event, from 0.
    pub number: i64,
    pub item_id: ItemId,
    pub location_id: LocationId,
    pub lot_id: LotId,
    pub from_account: StockAccount,
    pub to_account: StockAccount,
    pub quantity: Quantity,
    /// The order or reservation whose units they are.
    pub holder_id: Option<Id>,
    pub line: Option<i64>,
    /// The posting before this one on the same key; 0 for the first.
    pub previous_position: i64,
    pub previous_number: i64,
}

record!(
    StockPostingRecord, "stock_postings", key: ["position", "number"], append_only: true,
    checks: [("stock_postings_quantity", "quantity > 0")],
    fixed: {
        position, number, item_id, location_id, lot_id, from_account, to_account, quantity, holder_id, line,
        previous_position, previous_number
    },
    fields: { }
);

/// One posting of the money ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyPostingRecord {
    pub position: i64,
    pub number: i64,
    pub currency: Currency,
    pub debit: String,
    pub credit: String,
    pub amount: Minor,
    pub order_id: OrderId,
    pub payment: u32,
}

record!(
    MoneyPostingRecord, "money_postings", key: ["position", "number"], append_only: true,
    checks: [("money_postings_amount", "amount > 0")],
    fixed: { position, number, currency, debit, credit, amount, order_id, payment },
    fields: { }
);

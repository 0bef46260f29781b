//! What each worker looks for, and the command it submits for what it finds.

use super::{carry_out, receipts};
use crate::core::Shared;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use waybill_domain::actor::Actor;
use waybill_domain::command::Command;
use waybill_domain::ids::{OrderId, PaymentId, ReservationId};
use waybill_domain::order::allocate::AllocateOrder;
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::hold::ReleaseHeldStock;
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::reservation::ExpireOrderReservation;
use waybill_domain::payment::authorization::{ExpireAuthorization, RenewAuthorization};
use waybill_domain::payment::capture::CaptureDue;
use waybill_domain::stock::reservation::ExpireReservation;
use waybill_store::StoreError;
use waybill_store::value::{Row, Value};

/// Candidates looked at in one round.
pub(super) const BATCH: usize = 200;
/// Pages of candidates looked at in one round.
const PAGES_MAX: usize = 50;

/// A worker that finds candidates with a read and submits a command for each. Queries propose, decisions dispose.
pub(super) struct Desk {
    pub(super) name: &'static str,
    kind: Kind,
}

enum Kind {
    /// A query with the present moment as `$1` (microseconds), the limit as `$2` and the offset as `$3`.
    Query { sql: &'static str, command: fn(&mut Row, i64) -> Result<Command, StoreError> },
    /// Asks gateways about calls without an outcome.
    Janitor,
    /// Drops idempotency keys that are old enough.
    Receipts,
}

pub(super) const EXPIRED_RESERVATIONS: &str =
    "SELECT id FROM reservations WHERE state = 'active' AND expires_at <= $1 ORDER BY expires_at LIMIT $2 OFFSET $3";

pub(super) const EXPIRED_ORDERS: &str = "SELECT id FROM orders WHERE reserved_until IS NOT NULL \
     AND reserved_until <= $1 AND lifecycle = 'placed' ORDER BY reserved_until LIMIT $2 OFFSET $3";

/// Unpaid orders whose reservation ended before their payment was declined, and whose hold is overdue.
pub(super) const ABANDONED_ORDERS: &str = "SELECT id FROM orders WHERE holds_active > 0 AND hold_due_at <= $1 \
     AND lifecycle = 'placed' AND reserved_until IS NULL AND payment_status IN ('failed', 'none') \
     ORDER BY hold_due_at LIMIT $2 OFFSET $3";

/// Orders with money due that is authorized and not captured. Orders from history have no authorization a gateway knows.
pub(super) const CAPTURABLE: &str = "SELECT id FROM orders WHERE to_capture AND origin = 'live' \
     AND CAST($1 AS BIGINT) > 0 ORDER BY id LIMIT $2 OFFSET $3";

/// Authorizations to renew, or that have ended.
pub(super) const ENDING_AUTHORIZATIONS: &str = "SELECT p.order_id, p.number, p.expires_at FROM orders o \
     JOIN payments p ON p.order_id = o.id WHERE o.authorization_due_at IS NOT NULL AND o.authorization_due_at <= $1 \
     AND o.origin = 'live' AND p.authorized > p.received AND (p.renew_at <= $1 OR p.expires_at <= $1) \
     ORDER BY o.authorization_due_at LIMIT $2 OFFSET $3";

/// Orders that wait for stock that is there now: by priority, then by how long they have waited.
///
/// The offsets keep PostgreSQL from turning "is there a line" into a join that begins with all lines of all orders.
pub(super) const FILLABLE_BACKORDERS: &str = "SELECT o.id FROM orders o WHERE o.to_fill AND CAST($1 AS BIGINT) > 0 \
     AND EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND (l.backordered > 0 OR l.open > 0) \
     AND (l.supply = 'untracked' OR (l.supply = 'stock' AND EXISTS (SELECT 1 FROM stock_levels s \
     JOIN locations w ON w.id = s.location_id WHERE s.item_id = l.item_id AND s.available > 0 AND NOT w.archived \
     LIMIT 1 OFFSET 0))) LIMIT 1 OFFSET 0) \
     ORDER BY o.priority DESC, o.id LIMIT $2 OFFSET $3";

/// Orders of channels that release by themselves. The cross join makes SQLite begin with the channels: where people
/// release, all their orders wait.
pub(super) const RELEASABLE: &str = "SELECT o.id FROM channels c CROSS JOIN orders o \
     WHERE o.channel_id = c.id AND c.auto_release AND o.to_release AND CAST($1 AS BIGINT) > 0 ORDER BY o.priority DESC, o.id LIMIT $2 OFFSET $3";

/// Orders with nothing left to do.
pub(super) const FINISHED: &str = "SELECT id FROM orders WHERE to_complete AND CAST($1 AS BIGINT) > 0 \
     ORDER BY id LIMIT $2 OFFSET $3";

/// Held orders whose hold is overdue and that still keep stock from others.
pub(super) const OVERDUE_HOLDS: &str = "SELECT o.id FROM orders o WHERE o.holds_active > 0 AND o.hold_due_at <= $1 \
     AND o.lifecycle = 'confirmed' AND EXISTS (SELECT 1 FROM allocations a WHERE a.order_id = o.id \
     AND a.fulfillment_order = 0 AND a.allocated > 0) ORDER BY o.hold_due_at LIMIT $2 OFFSET $3";

fn order(row: &mut Row) -> Result<OrderId, StoreError> {
    row.take()
}

pub(super) static ALL: [&Desk; 11] = [
    &Desk {
        name: "expire_reservations",
        kind: Kind::Query {
            sql: EXPIRED_RESERVATIONS,
            command: |row, _| {
                let reservation_id: ReservationId = row.take()?;
                Ok(ExpireReservation { reservation_id }.into())
            },
        },
    },
    &Desk {
        name: "expire_orders",
        kind: Kind::Query {
            sql: EXPIRED_ORDERS,
            command: |row, _| Ok(ExpireOrderReservation { order_id: order(row)? }.into()),
        },
    },
    &Desk {
        name: "abandoned_orders",
        kind: Kind::Query {
            sql: ABANDONED_ORDERS,
            command: |row, _| Ok(ExpireOrderReservation { order_id: order(row)? }.into()),
        },
    },
    &Desk {
        name: "capture",
        kind: Kind::Query { sql: CAPTURABLE, command: |row, _| Ok(CaptureDue { order_id: order(row)? }.into()) },
    },
    &Desk {
        name: "renew_authorizations",
        kind: Kind::Query {
            sql: ENDING_AUTHORIZATIONS,
            command: |row, now| {
                let payment_id = PaymentId::new(row.take()?, row.take()?);
                let expires_at: i64 = row.take()?;
                Ok(if expires_at <= now {
                    ExpireAuthorization { payment_id }.into()
                } else {
                    RenewAuthorization { payment_id }.into()
                })
            },
        },
    },
    &Desk {
        name: "fill_backorders",
        kind: Kind::Query {
            sql: FILLABLE_BACKORDERS,
            command: |row, _| Ok(AllocateOrder { order_id: order(row)? }.into()),
        },
    },
    &Desk {
        name: "release",
        kind: Kind::Query { sql: RELEASABLE, command: |row, _| Ok(ReleaseOrder { order_id: order(row)? }.into()) },
    },
    &Desk {
        name: "complete",
        kind: Kind::Query { sql: FINISHED, command: |row, _| Ok(CompleteOrder { order_id: order(row)? }.into()) },
    },
    &Desk {
        name: "overdue_holds",
        kind: Kind::Query {
            sql: OVERDUE_HOLDS,
            command: |row, _| Ok(ReleaseHeldStock { order_id: order(row)? }.into()),
        },
    },
    &Desk { name: "payment_janitor", kind: Kind::Janitor },
    &Desk { name: "receipts", kind: Kind::Receipts },
];

impl Desk {
    /// What the worker reads, for the test of their plans.
    #[cfg(test)]
    pub(super) fn reads(&self) -> Vec<&'static str> {
        match &self.kind {
            Kind::Query { sql, .. } => vec![sql],
            Kind::Janitor => vec![super::gateway::OPEN_CALLS, super::gateway::CALL],
            Kind::Receipts => vec![receipts::DROP_0, receipts::DROP_1, receipts::TURN],
        }
    }

    /// Looks once, and does what is to be done. Returns how long the looking took.
    pub(super) async fn round(&self, shared: &Arc<Shared>, actor: &Arc<Actor>) -> Result<Duration, StoreError> {
        let mut looked = Duration::ZERO;
        match &self.kind {
            Kind::Query { sql, command } => {
                // Candidates that are refused stay at the head of the list, so that the next page begins behind them.
                let mut refused = 0;
                for _ in 0..PAGES_MAX {
                    let now = shared.ports.clock.now().0;
                    let params = [Value::Int(now), Value::Int(BATCH as i64), Value::Int(refused as i64)];
                    let began = Instant::now();
                    let mut rows = shared.store.read(sql, &params).await?;
                    looked += began.elapsed();
                    let commands: Result<Vec<Command>, StoreError> =
                        rows.iter_mut().map(|row| command(row, now)).collect();
                    let commands = commands?;
                    let found = commands.len();
                    refused += found - carry_out(shared, actor, commands, None).await;
                    if found < BATCH || shared.is_stopping() {
                        break;
                    }
                }
            }
            Kind::Janitor => super::gateway::janitor(shared, actor).await?,
            Kind::Receipts => receipts::rotate(shared).await?,
        }
        Ok(looked)
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn the_map_of_the_code_names_every_worker() {
        let map = include_str!("../../../../docs/ARCHITECTURE.md");
        let missing: Vec<_> =
            ALL.iter().filter(|desk| !map.contains(&format!("`{}`", desk.name))).map(|desk| desk.name).collect();
        assert_eq!(missing, Vec::<&str>::new(), "docs/ARCHITECTURE.md, Workers");
    }
}

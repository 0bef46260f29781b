//! What must be empty when faults have stopped and time has passed.

use waybill_domain::ids::Id;
use waybill_store::{Store, StoreError, Value};

/// Work that the system does by itself; each finds what is left at the present moment (`$1`). They go by lines, holds, parcels
/// and payments, not by the columns that tell the workers where to look: work that those forget is found here.
const JOBS: &[(&str, &str)] = &[
    (
        "payments without an outcome",
        "SELECT o.id FROM payment_transactions t JOIN orders o ON o.id = t.order_id \
         WHERE t.state IN ('pending', 'unknown') AND o.origin = 'live' AND CAST($1 AS BIGINT) > 0",
    ),
    ("reservations past their end", "SELECT id FROM reservations WHERE state = 'active' AND expires_at <= $1"),
    (
        "orders that keep stock past their time",
        "SELECT id FROM orders WHERE reserved_until <= $1 AND lifecycle = 'placed'",
    ),
    (
        "unpaid orders nobody gave up",
        "SELECT id FROM orders WHERE holds_active > 0 AND hold_due_at <= $1 AND lifecycle = 'placed' \
         AND reserved_until IS NULL AND payment_status IN ('failed', 'none')",
    ),
    (
        "captures to be asked for",
        "SELECT o.id FROM orders o WHERE o.lifecycle = 'confirmed' AND o.origin = 'live' AND CAST($1 AS BIGINT) > 0 \
         AND o.recognized > o.received - o.refunded - o.charged_back \
         AND EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.state = 'authorized' AND p.authorized > p.received) \
         AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.order_id = o.id AND h.state = 'active') \
         AND NOT EXISTS (SELECT 1 FROM payment_transactions t WHERE t.order_id = o.id AND t.state IN ('pending', 'unknown'))",
    ),
    (
        "authorizations to renew or let end",
        "SELECT o.id FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.authorization_due_at <= $1 \
         AND o.origin = 'live' AND p.authorized > p.received AND (p.renew_at <= $1 OR p.expires_at <= $1)",
    ),
    (
        "orders to release by themselves",
        "SELECT o.id FROM orders o JOIN channels c ON c.id = o.channel_id \
         WHERE c.auto_release AND o.lifecycle = 'confirmed' AND CAST($1 AS BIGINT) > 0 \
         AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.order_id = o.id AND h.state = 'active') \
         AND EXISTS (SELECT 1 FROM allocations a WHERE a.order_id = o.id AND a.fulfillment_order = 0 AND a.allocated > 0)",
    ),
    (
        "orders to complete",
        "SELECT o.id FROM orders o WHERE o.lifecycle = 'confirmed' AND o.origin = 'live' AND CAST($1 AS BIGINT) > 0 \
         AND o.goods + o.tax + o.charges > 0 AND o.refunded = 0 AND o.charged_back = 0 \
         AND o.received = o.goods + o.tax + o.charges \
         AND NOT EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND (l.ordered <> l.cancelled + l.shipped \
         OR l.delivered <> l.shipped OR l.returned > 0)) \
         AND EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND l.shipped > 0) \
         AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.authorized > p.received) \
         AND NOT EXISTS (SELECT 1 FROM parcels p WHERE p.order_id = o.id AND p.state NOT IN ('delivered', 'void')) \
         AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.order_id = o.id AND h.state = 'active')",
    ),
    (
        "backorders that stock is there for",
        "SELECT o.id FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.lifecycle = 'confirmed' \
         AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.order_id = o.id AND h.state = 'active') AND (l.backordered > 0 OR l.open > 0) AND CAST($1 AS BIGINT) > 0 AND (l.supply = 'untracked' \
         OR (l.supply = 'stock' AND EXISTS (SELECT 1 FROM stock_levels s JOIN locations w ON w.id = s.location_id \
         WHERE s.item_id = l.item_id AND s.available > 0 AND NOT w.archived)))",
    ),
    (
        "orders without a word to be found by",
        "SELECT o.id FROM orders o WHERE CAST($1 AS BIGINT) > 0 \
         AND EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id) \
         AND NOT EXISTS (SELECT 1 FROM order_words w WHERE w.order_id = o.id)",
    ),
    (
        "customers whose names are not what they are found by",
        "SELECT c.id FROM customers c JOIN parties p ON p.id = c.party_id WHERE p.name IS NOT NULL \
         AND CAST($1 AS BIGINT) > 0 AND NOT EXISTS \
         (SELECT 1 FROM customer_words w WHERE w.customer_id = c.id AND w.word = lower(p.name))",
    ),
    (
        "held orders that keep stock past their time",
        "SELECT o.id FROM orders o WHERE o.holds_active > 0 AND o.hold_due_at <= $1 AND o.lifecycle = 'confirmed' \
         AND EXISTS (SELECT 1 FROM allocations a WHERE a.order_id = o.id AND a.fulfillment_order = 0 AND a.allocated > 0)",
    ),
];

/// What is left to do, in words.
///
/// # Errors
/// Where the store cannot be read.
pub async fn undone(store: &dyn Store, now: i64) -> Result<Vec<String>, StoreError> {
    let mut left = Vec::new();
    for (what, sql) in JOBS {
        let rows = store.read(sql, &[Value::Int(now)]).await?;
        let count = rows.len();
        let ids: Result<Vec<Id>, StoreError> = rows.into_iter().take(3).map(|mut row| row.take()).collect();
        if count > 0 {
            left.push(format!("{count} {what}, such as {:?}", ids?));
        }
    }
    Ok(left)
}

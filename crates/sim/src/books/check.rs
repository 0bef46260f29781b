//! Compares the store, read plainly, with the auditor's books.

use super::floor::{self, Units};
use super::{Books, acts, expected};
use crate::coverage::{Coverage, Kind};
use crate::gateway::{Moved, NAME};
use crate::intent::Answer;
use std::collections::{BTreeMap, BTreeSet};
use waybill_domain::command::Command;
use waybill_domain::ids::*;
use waybill_store::{Row, Store, StoreError, Value};

const STATEMENTS: [&str; 21] = [
    "SELECT item_id, location_id, CAST(SUM(available + reserved + allocated + picked + packed + quality_control + \
     damaged + quarantined) AS BIGINT), CAST(SUM(in_transit) AS BIGINT), CAST(SUM(reserved) AS BIGINT), \
     CAST(SUM(allocated) AS BIGINT), CAST(SUM(picked) AS BIGINT), CAST(SUM(packed) AS BIGINT), \
     CAST(MIN(available) AS BIGINT) FROM stock_levels GROUP BY item_id, location_id",
    // What left is that of the parcels, which are held against what clients were told.
    "SELECT x.item_id, x.location_id, CAST(SUM(x.reserved) AS BIGINT), CAST(SUM(x.allocated) AS BIGINT), \
     CAST(SUM(x.picked) AS BIGINT), CAST(SUM(x.packed) AS BIGINT), CAST(SUM(x.sent) AS BIGINT) FROM (\
     SELECT a.item_id, a.location_id, a.reserved, a.allocated, a.picked, a.packed, 0 AS sent FROM allocations a \
     JOIN order_lines l ON l.order_id = a.order_id AND l.number = a.line WHERE l.supply = 'stock' UNION ALL \
     SELECT l.item_id, p.location_id, 0, 0, 0, 0, l.quantity FROM parcel_lines l \
     JOIN parcels p ON p.order_id = l.order_id AND p.number = l.parcel \
     JOIN order_lines o ON o.order_id = l.order_id AND o.number = l.line \
     WHERE o.supply = 'stock' AND p.state NOT IN ('packed', 'void')) x GROUP BY x.item_id, x.location_id",
    "SELECT item_id, location_id, CAST(SUM(quantity) AS BIGINT) FROM reservations WHERE state = 'active' \
     GROUP BY item_id, location_id",
    "SELECT id, number, po_number, lifecycle, payment_status, fulfillment_status, delivery_status, return_status, \
     sequence, goods + tax, charges, recognized, received, refunded, charged_back, applied, deposit, \
     (SELECT CAST(COALESCE(SUM(r.credit), 0) AS BIGINT) FROM returns r WHERE r.order_id = orders.id), \
     (SELECT COUNT(*) FROM refunds f WHERE f.order_id = orders.id AND f.state = 'failed') \
     FROM orders ORDER BY id",
    "SELECT order_id, number, ordered, cancelled, open + backordered + at_supplier, \
     reserved + allocated + picked + packed, shipped, delivered + lost, returned, served \
     FROM order_lines ORDER BY order_id, number",
    "SELECT aggregate_id, CAST(COUNT(*) AS BIGINT), CAST(MAX(sequence) AS BIGINT) FROM events GROUP BY aggregate_id",
    "SELECT (SELECT position FROM log_head), (SELECT COUNT(*) FROM events), (SELECT COUNT(*) FROM reservations), \
     (SELECT COUNT(*) FROM transfers), (SELECT COUNT(*) FROM api_keys), (SELECT COUNT(*) FROM webhook_endpoints), \
     (SELECT COUNT(*) FROM users)",
    "SELECT order_id, CAST(SUM(CASE WHEN method = 'card' THEN received ELSE 0 END) AS BIGINT), \
     CAST(SUM(CASE WHEN method <> 'card' THEN received ELSE 0 END) AS BIGINT), \
     CAST(SUM(CASE WHEN method = 'card' THEN refunded ELSE 0 END) AS BIGINT), \
     CAST(SUM(CASE WHEN method <> 'card' THEN refunded ELSE 0 END) AS BIGINT) FROM payments GROUP BY order_id",
    "SELECT account, CAST(SUM(amount) AS BIGINT) FROM (SELECT debit AS account, amount FROM money_postings UNION ALL \
     SELECT credit AS account, -amount FROM money_postings) AS both_sides GROUP BY account",
    "SELECT order_id, parcel, COUNT(*) FROM tracking_events GROUP BY order_id, parcel",
    "SELECT reference, COUNT(*) FROM stock_documents WHERE reference IS NOT NULL GROUP BY reference",
    "SELECT p.order_id, l.line, CAST(SUM(l.quantity) AS BIGINT) FROM parcel_lines l JOIN parcels p \
     ON p.order_id = l.order_id AND p.number = l.parcel WHERE p.state NOT IN ('packed', 'void') GROUP BY p.order_id, l.line",
    "SELECT id FROM parties UNION ALL SELECT id FROM addresses UNION ALL SELECT id FROM texts",
    "SELECT DISTINCT order_id FROM payment_transactions WHERE state IN ('pending', 'unknown')",
    "SELECT what, COUNT(*) FROM (SELECT 'event' AS axis, kind AS what FROM events UNION ALL \
     SELECT 'parcel', 'parcel ' || state FROM parcels UNION ALL \
     SELECT 'worker', actor || ' ' || kind FROM events WHERE actor LIKE 'system:%' UNION ALL \
     SELECT 'transaction', 'transaction ' || state FROM payment_transactions) AS reached GROUP BY what",
    "SELECT aggregate_id, kind, payload FROM events WHERE aggregate_kind = 'user' ORDER BY position",
    "SELECT id, role, state FROM users",
    "SELECT order_id, number, assignee FROM fulfillment_orders WHERE assignee IS NOT NULL",
    acts::STATEMENTS[0],
    acts::STATEMENTS[1],
    acts::STATEMENTS[2],
];

/// One order as it was read.
struct Found {
    tag: Option<String>,
    sequence: i64,
    /// By axis.
    statuses: BTreeMap<&'static str, String>,
    /// Sums over its lines.
    wanted: i64,
    shipped: i64,
    returned: i64,
}

/// What is compared with what.
struct Check<'a> {
    books: &'a mut Books,
    moved: &'a BTreeMap<OrderId, Moved>,
    coverage: &'a Coverage,
    /// Orders with calls to the gateway under way.
    busy: BTreeSet<OrderId>,
}

/// Compares everything. All requests must have their answers; the gateway's books are those of the same moment.
///
/// # Errors
/// Where the store cannot be read. What is read and wrong is a failure in the books.
pub async fn check(
    store: &dyn Store,
    books: &mut Books,
    moved: &BTreeMap<OrderId, Moved>,
    coverage: &Coverage,
) -> Result<(), StoreError> {
    let statements = STATEMENTS.map(|sql| (sql, &[] as &[Value]));
    let results = store.read_together(&statements).await?;
    let Ok(
        [
            levels,
            allocations,
            reservations,
            orders,
            lines,
            events,
            counts,
            payments,
            accounts,
            tracking,
            documents,
            parcels,
            personal,
            open,
            reached,
            user_events,
            users,
            works,
            holds,
            wanted,
            refunds,
        ],
    ) = <[Vec<Row>; 21]>::try_from(results)
    else {
        return Ok(());
    };
    let busy = open.into_iter().map(|mut row| row.take()).collect::<Result<_, _>>()?;
    let sent = floor::sent(books);
    let mut check = Check { books, moved, coverage, busy };
    check.stock(levels, allocations, reservations)?;
    let mut found = check.orders(orders)?;
    check.lines(lines, parcels, &sent, &mut found)?;
    check.progress(&found);
    check.histories(events, &found)?;
    check.counts(counts)?;
    let by_hand = check.payments(payments)?;
    check.accounts(accounts, by_hand)?;
    check.tracking(tracking)?;
    check.documents(documents)?;
    check.personal(personal)?;
    super::users::wrong(user_events, users)?.into_iter().for_each(|why| check.books.fail(why));
    check.books.works.wrong(works)?.into_iter().for_each(|why| check.books.fail(why));
    acts::wrong(check.books, holds, wanted, refunds)?.into_iter().for_each(|why| check.books.fail(why));
    check.reached(reached)
}

impl Check<'_> {
    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: impl Fn() -> String, expected: T, found: T) {
        if expected != found {
            self.books.fail(format!("{}: expected {expected:?}, found {found:?}", what()));
        }
    }

    /// Nothing appears, nothing vanishes, and what is promised is there, per item and location.
    fn stock(&mut self, levels: Vec<Row>, allocations: Vec<Row>, reservations: Vec<Row>) -> Result<(), StoreError> {
        type Key = (LocationId, ItemId);
        let mut promised: BTreeMap<Key, [i64; 5]> = BTreeMap::new();
        for mut row in allocations {
            let (item, location) = (row.take()?, row.take()?);
            promised.insert((location, item), [row.take()?, row.take()?, row.take()?, row.take()?, row.take()?]);
        }
        for mut row in reservations {
            let (item, location) = (row.take()?, row.take()?);
            promised.entry((location, item)).or_default()[0] += row.take::<i64>()?;
        }
        let mut found: BTreeMap<Key, [i64; 7]> = BTreeMap::new();
        for mut row in levels {
            let (item, location) = (row.take()?, row.take()?);
            let mut next = || row.take::<i64>();
            found.insert((location, item), [next()?, next()?, next()?, next()?, next()?, next()?, next()?]);
        }
        let known = self.books.on_hand.keys().chain(self.books.in_transit.keys());
        let keys: BTreeSet<Key> = known.chain(found.keys()).chain(promised.keys()).copied().collect();
        for key in keys {
            let level = found.get(&key).copied().unwrap_or_default();
            let promised = promised.get(&key).copied().unwrap_or_default();
            let on_hand = self.books.on_hand.get(&key).copied().unwrap_or_default() - promised[4];
            let in_transit = self.books.in_transit.get(&key).copied().unwrap_or_default();
            let what = |part: &'static str| move || format!("{part} of {} at {}", key.1, key.0);
            self.equal(what("units on hand"), on_hand, level[0]);
            self.equal(what("units in transit"), in_transit, level[1]);
            self.equal(what("units promised"), promised[..4].to_vec(), level[2..6].to_vec());
            if on_hand < 0 || level[6] < 0 {
                self.books.fail(format!("{}: more was sold than there was", what("units")()));
            }
        }
        Ok(())
    }

    /// Every acknowledged order is there once, every other not, and its money adds up.
    fn orders(&mut self, rows: Vec<Row>) -> Result<BTreeMap<OrderId, Found>, StoreError> {
        let mut found = BTreeMap::new();
        for mut row in rows {
            let id: OrderId = row.take()?;
            let number: i64 = row.take()?;
            let tag: Option<String> = row.take()?;
            let mut statuses = BTreeMap::new();
            for axis in ["lifecycle", "payment", "fulfillment", "delivery", "return"] {
                let status: String = row.take()?;
                self.coverage.add(Kind::Status, &format!("{axis} {status}"), 1);
                statuses.insert(axis, status);
            }
            let cancelled = statuses["lifecycle"] == "cancelled";
            let sequence: i64 = row.take()?;
            let mut next = || row.take::<i64>();
            let (cost, charges, _recognized) = (next()?, next()?, next()?);
            let (received, refunded, charged_back, applied, deposit) = (next()?, next()?, next()?, next()?, next()?);
            let (credited, stuck) = (next()?, next()?);
            self.equal(|| format!("money of {id}"), received - refunded - charged_back, applied + deposit);
            if refunded > received {
                self.books.fail(format!("{id} gave back {refunded} of {received}"));
            }
            match self.books.orders.get(&id).cloned() {
                None => self.books.fail(format!("nobody was told of {id}")),
                Some(book) => {
                    self.equal(|| format!("number of {id}"), book.number.map(|number| number.0), Some(number));
                    // Without its goods an order owes no charges.
                    let owed = if cancelled && !book.lines.is_empty() { 0 } else { book.charges };
                    self.equal(|| format!("charges of {id}"), owed, charges);
                    if cost > book.goods_and_tax {
                        self.books.fail(format!("{id} costs {cost}, ordered for {}", book.goods_and_tax));
                    }
                    if sequence < book.version {
                        self.books.fail(format!("{id} is at {sequence}, a client was told {}", book.version));
                    }
                }
            }
            // Goodwill stands credited while its refund is on its way, and the order is busy, or has failed: then it is owed.
            let paid = expected::payment(received, refunded + charged_back, cost + charges - credited);
            if let Some(paid) = paid.filter(|_| !self.busy.contains(&id) && stuck == 0) {
                self.equal(|| format!("payment status of {id}"), paid, statuses["payment"].as_str());
            }
            found.insert(id, Found { tag, sequence, statuses, wanted: 0, shipped: 0, returned: 0 });
        }
        let missing: Vec<_> = self.books.orders.keys().filter(|id| !found.contains_key(id)).copied().collect();
        missing.into_iter().for_each(|id| self.books.fail(format!("{id} was acknowledged and is not there")));
        self.tags(&found);
        Ok(found)
    }

    /// Each placing carries its number: one order for each that succeeded, none for each that was refused.
    fn tags(&mut self, found: &BTreeMap<OrderId, Found>) {
        let mut by_tag: BTreeMap<&str, usize> = BTreeMap::new();
        for order in found.values() {
            *by_tag.entry(order.tag.as_deref().unwrap_or_default()).or_default() += 1;
        }
        let mut wrong = Vec::new();
        for (intent, answer, _) in self.books.answers.values() {
            let Command::PlaceOrder(order) = &intent.command else { continue };
            let count = by_tag.get(order.po_number.as_deref().unwrap_or_default()).copied().unwrap_or_default();
            let wanted = usize::from(matches!(answer, Answer::Done(_)));
            if count != wanted {
                wrong.push(format!("#{} was told {answer} and there are {count} orders of it", intent.number));
            }
        }
        wrong.into_iter().for_each(|why| self.books.fail(why));
    }

    fn lines(
        &mut self,
        rows: Vec<Row>,
        parcels: Vec<Row>,
        told: &BTreeMap<OrderId, Units>,
        found: &mut BTreeMap<OrderId, Found>,
    ) -> Result<(), StoreError> {
        let mut sent: BTreeMap<(OrderId, i64), i64> = BTreeMap::new();
        for mut row in parcels {
            sent.insert((row.take()?, row.take()?), row.take()?);
        }
        for mut row in rows {
            let (id, number): (OrderId, i64) = (row.take()?, row.take()?);
            let mut next = || row.take::<i64>();
            let (ordered, cancelled, waiting, promised) = (next()?, next()?, next()?, next()?);
            let (shipped, arrived, returned, served) = (next()?, next()?, next()?, next()?);
            if let Some(order) = found.get_mut(&id) {
                order.wanted += ordered - cancelled;
                order.shipped += shipped;
                order.returned += returned;
            }
            let what = |part: &'static str| move || format!("{part} of line {number} of {id}");
            self.equal(what("sum"), ordered, cancelled + waiting + promised + shipped);
            let in_parcels = sent.get(&(id, number)).copied().unwrap_or_default();
            self.equal(what("units in parcels that left"), shipped - served, in_parcels);
            if let Some(sent) = told.get(&id) {
                let sent = sent.get(&(number as u32)).copied().unwrap_or_default();
                self.coverage.add(Kind::Status, "line sent as clients were told", 1);
                self.equal(what("units that clients were told were sent"), sent, in_parcels);
            }
            if arrived > shipped {
                self.books.fail(format!("{}: {arrived} of {shipped}", what("units that arrived")()));
            }
            let Some(line) = self.books.orders.get_mut(&id).and_then(|book| book.lines.get_mut(number as usize - 1))
            else {
                self.books.fail(format!("nobody ordered line {number} of {id}"));
                continue;
            };
            let (before, told) = (line.shipped, line.clone());
            line.shipped = shipped;
            self.equal(what("units ordered"), told.ordered, ordered);
            self.equal(what("units returned"), told.returned, returned);
            if cancelled < told.cancelled || shipped < before {
                let why = format!("cancelled {cancelled} (told {}), shipped {shipped} (read {before})", told.cancelled);
                self.books.fail(format!("{}: {why}", what("units")()));
            }
        }
        Ok(())
    }

    /// The statuses say what the quantities say.
    fn progress(&mut self, found: &BTreeMap<OrderId, Found>) {
        for (id, order) in found {
            let (now, said) =
                (expected::fulfillment(order.wanted, order.shipped), order.statuses["fulfillment"].as_str());
            match now {
                Some(now) => self.equal(|| format!("fulfillment status of {id}"), now, said),
                None if matches!(said, "fulfilled" | "partially_fulfilled") => {
                    self.books.fail(format!("{id} is {said} and nothing has shipped"));
                }
                None => {}
            }
            let back = expected::returned(order.shipped, order.returned);
            self.equal(|| format!("return status of {id}"), back, order.statuses["return"].as_str());
        }
    }

    /// Histories are whole, and every receipt points into them.
    fn histories(&mut self, rows: Vec<Row>, found: &BTreeMap<OrderId, Found>) -> Result<(), StoreError> {
        let mut histories: BTreeMap<Id, (i64, i64)> = BTreeMap::new();
        for mut row in rows {
            histories.insert(row.take()?, (row.take()?, row.take()?));
        }
        for (id, order) in found {
            let history = histories.get(&id.0).copied().unwrap_or_default();
            self.equal(|| format!("events of {id}"), (order.sequence, order.sequence), history);
        }
        let mut wrong = Vec::new();
        for (intent, answer, _) in self.books.answers.values() {
            let Answer::Done(receipt) = answer else { continue };
            let Some(subject) = receipt.subject else { continue };
            let length = histories.get(&subject.id).map_or(0, |(_, last)| *last);
            if length == 0 {
                wrong.push(format!("#{} was told of {subject}, which has no history", intent.number));
            }
        }
        wrong.into_iter().for_each(|why| self.books.fail(why));
        Ok(())
    }

    fn counts(&mut self, rows: Vec<Row>) -> Result<(), StoreError> {
        let Some(mut row) = rows.into_iter().next() else { return Ok(()) };
        let (head, events): (i64, i64) = (row.take()?, row.take()?);
        self.equal(|| "length of the log".to_owned(), head, events);
        let (reservations, transfers, keys, endpoints) = (row.take()?, row.take()?, row.take()?, row.take()?);
        let users = row.take()?;
        self.equal(|| "users made".to_owned(), self.books.users.len() as i64, users);
        self.equal(|| "reservations made".to_owned(), self.books.reservations.len() as i64, reservations);
        self.equal(|| "transfers sent".to_owned(), self.books.transfers.len() as i64, transfers);
        self.equal(|| "keys made".to_owned(), self.books.api_keys.len() as i64, keys);
        self.equal(|| "webhook endpoints made".to_owned(), self.books.webhook_endpoints.len() as i64, endpoints);
        let latest = |answer: &Answer| if let Answer::Done(receipt) = answer { receipt.position } else { 0 };
        let told = self.books.answers.values().map(|(_, answer, _)| latest(answer)).max().unwrap_or_default();
        if told > head {
            self.books.fail(format!("a client was told position {told}, the log ends at {head}"));
        }
        Ok(())
    }

    /// Money in and out, against what clients recorded and the gateway moved. Returns what came in and went out by hand.
    fn payments(&mut self, rows: Vec<Row>) -> Result<(i64, i64), StoreError> {
        let mut by_hand = (0, 0);
        let mut seen = BTreeSet::new();
        for mut row in rows {
            let id: OrderId = row.take()?;
            let mut next = || row.take::<i64>();
            let (card_in, hand_in, card_out, hand_out) = (next()?, next()?, next()?, next()?);
            by_hand = (by_hand.0 + hand_in, by_hand.1 + hand_out);
            seen.insert(id);
            let recorded = self.books.orders.get(&id).map_or(0, |book| book.recorded);
            self.equal(|| format!("money recorded for {id}"), recorded, hand_in);
            let moved = self.moved.get(&id).copied().unwrap_or_default();
            let told = Moved { captured: card_in, refunded: card_out };
            if self.busy.contains(&id) {
                if card_in > moved.captured || card_out > moved.refunded {
                    self.books.fail(format!("{id} books {told:?}, the gateway moved {moved:?}"));
                }
            } else {
                self.equal(|| format!("money the gateway moved for {id}"), moved, told);
            }
        }
        let unseen: Vec<_> = self.moved.iter().filter(|(id, _)| !seen.contains(id)).map(|(id, _)| *id).collect();
        unseen
            .into_iter()
            .for_each(|id| self.books.fail(format!("the gateway moved money for {id}, which has no payment")));
        Ok(by_hand)
    }

    /// The ledger's accounts that face the world hold what came from the world.
    fn accounts(&mut self, rows: Vec<Row>, (hand_in, hand_out): (i64, i64)) -> Result<(), StoreError> {
        let mut balances: BTreeMap<String, i64> = BTreeMap::new();
        for mut row in rows {
            balances.insert(row.take()?, row.take()?);
        }
        let balance = |account: &str| balances.get(account).copied().unwrap_or_default();
        self.equal(|| "sum of all accounts".to_owned(), 0, balances.values().sum::<i64>());
        self.equal(|| "bank and cash".to_owned(), hand_in - hand_out, balance("bank") + balance("cash"));
        self.equal(|| "money recorded".to_owned(), self.books.recorded, hand_in);
        if self.busy.is_empty() {
            let moved: i64 = self.moved.values().map(|moved| moved.captured - moved.refunded).sum();
            self.equal(|| "the gateway's clearing account".to_owned(), moved, balance(&format!("clearing:{NAME}")));
        }
        Ok(())
    }

    fn tracking(&mut self, rows: Vec<Row>) -> Result<(), StoreError> {
        let mut found: BTreeMap<(OrderId, u32), i64> = BTreeMap::new();
        for mut row in rows {
            let (id, parcel): (OrderId, i64) = (row.take()?, row.take()?);
            found.insert((id, parcel as u32), row.take()?);
        }
        let told = self
            .books
            .orders
            .iter()
            .flat_map(|(id, book)| book.tracking.keys().map(|parcel| ((*id, *parcel), book.facts(*parcel) as i64)));
        let told: BTreeMap<(OrderId, u32), i64> = told.collect();
        self.equal(|| "carrier's facts by parcel".to_owned(), told, found);
        Ok(())
    }

    fn documents(&mut self, rows: Vec<Row>) -> Result<(), StoreError> {
        let mut found: BTreeMap<String, i64> = BTreeMap::new();
        for mut row in rows {
            found.insert(row.take()?, row.take()?);
        }
        let told = self.books.documents.keys().map(|reference| (reference.clone(), 1)).collect();
        self.equal(|| "stock documents by reference".to_owned(), told, found);
        Ok(())
    }

    /// Of what a refused request said about people nothing is kept.
    fn personal(&mut self, rows: Vec<Row>) -> Result<(), StoreError> {
        let found: BTreeSet<Id> = rows.into_iter().map(|mut row| row.take()).collect::<Result<_, _>>()?;
        let kept = self.books.answers.values().filter_map(|(intent, answer, _)| match answer {
            Answer::Done(receipt) if receipt.subject.is_some() => Some(expected::personal_ids(&intent.command)),
            Answer::Done(_) | Answer::Refused(_) | Answer::Reused => None,
        });
        let told: BTreeSet<Id> = kept.flatten().collect();
        let differs: Vec<Id> = told.symmetric_difference(&found).copied().collect();
        self.equal(|| "personal data that is missing or should be".to_owned(), Vec::new(), differs);
        Ok(())
    }

    fn reached(&mut self, rows: Vec<Row>) -> Result<(), StoreError> {
        for mut row in rows {
            let (what, count): (String, i64) = (row.take()?, row.take()?);
            if let Some(work) = what.strip_prefix("system:") {
                if let Some(operation) = expected::operation_of(work) {
                    self.coverage.add(Kind::Operation, operation, count as u64);
                }
                continue;
            }
            let kind = if what.contains(' ') { Kind::Status } else { Kind::Event };
            self.coverage.add(kind, &what, count as u64);
        }
        Ok(())
    }
}

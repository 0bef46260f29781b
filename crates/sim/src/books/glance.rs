//! What holds at every moment, also while requests are under way: looked at after every step.

use super::Books;
use std::collections::{BTreeMap, BTreeSet};
use waybill_domain::command::Command;
use waybill_domain::ids::*;
use waybill_store::{Row, Store, StoreError, Value};

const STATEMENTS: [&str; 4] = [
    "SELECT item_id, location_id, CAST(SUM(reserved) AS BIGINT), CAST(SUM(allocated) AS BIGINT), \
     CAST(SUM(picked) AS BIGINT), CAST(SUM(packed) AS BIGINT), CAST(MIN(available) AS BIGINT) \
     FROM stock_levels GROUP BY item_id, location_id",
    "SELECT x.item_id, x.location_id, CAST(SUM(x.reserved) AS BIGINT), CAST(SUM(x.allocated) AS BIGINT), \
     CAST(SUM(x.picked) AS BIGINT), CAST(SUM(x.packed) AS BIGINT) FROM (\
     SELECT a.item_id, a.location_id, a.reserved, a.allocated, a.picked, a.packed FROM allocations a \
     JOIN order_lines l ON l.order_id = a.order_id AND l.number = a.line WHERE l.supply = 'stock' UNION ALL \
     SELECT item_id, location_id, quantity, 0, 0, 0 FROM reservations WHERE state = 'active') x \
     GROUP BY x.item_id, x.location_id",
    "SELECT id, po_number FROM orders",
    "SELECT (SELECT position FROM log_head), (SELECT COUNT(*) FROM events)",
];

/// What clients had been told before the store was looked at, and what they had asked for.
#[derive(Debug)]
pub struct Told {
    orders: BTreeSet<OrderId>,
    /// The numbers that placings carry, of all that were sent.
    asked: BTreeSet<String>,
}

impl Told {
    pub fn of(books: &Books) -> Self {
        let sent = books.open.values().chain(books.answers.values().map(|(intent, ..)| intent));
        let number = |command: &Command| match command {
            Command::PlaceOrder(order) => order.po_number.clone(),
            _ => None,
        };
        let asked = sent.filter_map(|intent| number(&intent.command)).collect();
        Self { orders: books.orders.keys().copied().collect(), asked }
    }

    /// Everything that is not as it must be, in words.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn wrong(&self, store: &dyn Store) -> Result<Vec<String>, StoreError> {
        let statements = STATEMENTS.map(|sql| (sql, &[] as &[Value]));
        let mut found = store.read_together(&statements).await?.into_iter();
        let mut next = || found.next().unwrap_or_default();
        let (levels, promised, orders, counts) = (next(), next(), next(), next());
        let mut wrong = Vec::new();
        promises(levels, promised, &mut wrong)?;
        self.orders(orders, &mut wrong)?;
        for mut row in counts {
            let (head, events): (i64, i64) = (row.take()?, row.take()?);
            if head != events {
                wrong.push(format!("the log is at {head} and has {events} events"));
            }
        }
        Ok(wrong)
    }

    /// Who was told of an order finds it, and there is none that nobody asked for, or twice.
    fn orders(&self, rows: Vec<Row>, wrong: &mut Vec<String>) -> Result<(), StoreError> {
        let (mut there, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        for mut row in rows {
            let (id, number): (OrderId, Option<String>) = (row.take()?, row.take()?);
            there.insert(id);
            let Some(number) = number else { continue };
            if !self.asked.contains(&number) {
                wrong.push(format!("nobody asked for {id}, which says that it is {number}"));
            }
            if !numbers.insert(number.clone()) {
                wrong.push(format!("{number} was placed twice"));
            }
        }
        let missing = self.orders.difference(&there);
        wrong.extend(missing.map(|id| format!("{id} was acknowledged and is not there")));
        Ok(())
    }
}

/// What orders and reservations hold of an item is what its levels say, and never more than there is.
fn promises(levels: Vec<Row>, promised: Vec<Row>, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    let mut holders: BTreeMap<(ItemId, LocationId), [i64; 4]> = BTreeMap::new();
    for mut row in promised {
        let key = (row.take()?, row.take()?);
        holders.insert(key, [row.take()?, row.take()?, row.take()?, row.take()?]);
    }
    for mut row in levels {
        let (item, location): (ItemId, LocationId) = (row.take()?, row.take()?);
        let level: [i64; 4] = [row.take()?, row.take()?, row.take()?, row.take()?];
        let available: i64 = row.take()?;
        let held = holders.remove(&(item, location)).unwrap_or_default();
        if held != level || available < 0 {
            wrong.push(format!("{item} at {location}: levels say {level:?}, holders {held:?}, available {available}"));
        }
    }
    holders.retain(|_, held| *held != [0; 4]);
    wrong.extend(
        holders.into_iter().map(|((item, location), held)| {
            format!("{item} at {location}: holders have {held:?} and there is no level")
        }),
    );
    Ok(())
}

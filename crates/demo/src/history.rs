//! Plays the last weeks of the shop: orders come, and each takes its steps, in the order of their times.

use crate::DemoError;
use crate::fate::{Fate, Paying};
use crate::place::order;
use crate::random::Random;
use crate::shop::{AT_ONCE, Hand, Shop, found, is_scarce};
use crate::step::{DAY, HOUR, Setting, next};
use crate::view::View;
use futures_util::{StreamExt, stream};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use waybill_domain::ids::{LocationId, LotId, OrderId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::adjust::{AdjustLine, AdjustReason, AdjustStock};
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_domain::stock::transfer::{ReceiveTransfer, ReceiveTransferLine, SendLine, SendTransfer};
use waybill_domain::time::Timestamp;
use waybill_engine::{Engine, SubmitError};
use waybill_store::{StoreError, Value};

/// What is played.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub seed: u64,
    pub orders: u32,
    /// How long the history is, in days.
    pub days: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, orders: 3_000, days: 60 }
    }
}

/// What was played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Played {
    pub orders: u32,
    pub commands: u64,
    /// Commands that the rules refused, as they do in any shop.
    pub refused: u64,
}

/// Something that is due.
#[derive(Debug)]
enum Due {
    /// The n-th order comes in.
    Place(u32),
    /// An order is looked at.
    Look(OrderId, Box<Fate>),
    /// Goods arrive where they run low.
    Restock,
    /// Somebody counts, moves and finds goods.
    Warehouse,
}

/// Due things, the earliest first.
struct Agenda {
    heap: BinaryHeap<Reverse<(i64, u64)>>,
    due: std::collections::HashMap<u64, Due>,
    next: u64,
}

impl Agenda {
    fn add(&mut self, at: Timestamp, due: Due) {
        self.heap.push(Reverse((at.0, self.next)));
        self.due.insert(self.next, due);
        self.next += 1;
    }

    /// Everything due within a few hours of the earliest, at most [`AT_ONCE`]. An order is never in it twice.
    fn take(&mut self, end: Timestamp) -> Vec<(Timestamp, Due)> {
        let mut taken = Vec::new();
        let until = self.heap.peek().map_or(0, |Reverse((at, _))| *at) + 3 * HOUR * 1_000_000;
        while let Some(Reverse((at, number))) = self.heap.peek().copied() {
            if at > until || at > end.0 || taken.len() == AT_ONCE {
                break;
            }
            self.heap.pop();
            taken.extend(self.due.remove(&number).map(|due| (Timestamp(at), due)));
        }
        taken
    }
}

/// Founds a shop in an empty store and plays its history up to now. `progress` hears how many orders have come.
///
/// # Errors
/// When the store or the engine fails; refusals are part of the play.
pub async fn play(
    engine: &Engine,
    options: Options,
    progress: &mut (dyn FnMut(u32, u32) + Send),
) -> Result<Played, DemoError> {
    let hand = Hand::new(engine);
    let end = engine.now();
    let begin = end.plus_seconds(-options.days * DAY);
    let shop = found(&hand, options.seed, begin).await?;
    let mut agenda = agenda(options, begin, end);
    let mut played = Played::default();
    loop {
        let due = agenda.take(end);
        if due.is_empty() {
            return Ok(played);
        }
        let steps = due.into_iter().map(|(at, due)| step(&hand, &shop, options, at, due));
        let mut steps = stream::iter(steps).buffered(AT_ONCE);
        while let Some(done) = steps.next().await {
            let done = done?;
            played.orders += u32::from(done.placed);
            played.commands += u64::from(done.commands);
            played.refused += u64::from(done.refused);
            if let Some((at, order, fate)) = done.look {
                agenda.add(at, Due::Look(order, fate));
            }
        }
        progress(played.orders, options.orders);
    }
}

/// When everything begins.
fn agenda(options: Options, begin: Timestamp, end: Timestamp) -> Agenda {
    let mut agenda = Agenda { heap: BinaryHeap::new(), due: Default::default(), next: 0 };
    let mut random = Random::branch(options.seed, 10, 0);
    let seconds = end.seconds_since(begin) - 2 * HOUR;
    for n in 0..options.orders {
        // More orders in the evening, and a few more each week.
        let day = random.popular(options.days.max(1) as usize) as i64;
        let day = if random.chance(250) { options.days - 1 - day } else { random.range(0, options.days - 1) };
        let hour = (random.range(6, 23) + random.range(8, 23)) / 2;
        let at = (day * DAY + hour * HOUR + random.range(0, HOUR - 1)).clamp(HOUR, seconds);
        agenda.add(begin.plus_seconds(at), Due::Place(n));
    }
    for day in 1..options.days {
        if day % 6 == 0 {
            agenda.add(begin.plus_seconds(day * DAY + 7 * HOUR), Due::Restock);
        }
        agenda.add(begin.plus_seconds(day * DAY + 18 * HOUR), Due::Warehouse);
    }
    agenda
}

/// What a step did.
#[derive(Default)]
struct Done {
    placed: bool,
    commands: u32,
    refused: u32,
    look: Option<(Timestamp, OrderId, Box<Fate>)>,
}

impl Done {
    /// Counts a command; `None` where it was refused.
    fn count<T>(&mut self, answer: Result<T, SubmitError>) -> Result<Option<T>, DemoError> {
        self.commands += 1;
        match answer {
            Ok(receipt) => Ok(Some(receipt)),
            Err(SubmitError::Refused { refusal, .. }) => {
                tracing::debug!(%refusal, "refused");
                self.refused += 1;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

async fn step(hand: &Hand, shop: &Shop, options: Options, at: Timestamp, due: Due) -> Result<Done, DemoError> {
    let mut done = Done::default();
    match due {
        Due::Place(n) => {
            let ids = hand.engine.ids();
            let mut random = Random::branch(options.seed, 11, u64::from(n));
            let (command, mut fate) = order(shop, &mut random, format!("H{:06}", n + 1), at, ids);
            let placed = done.count(hand.rehearse(command, ids, at).await)?;
            done.placed = true;
            if placed.is_some() {
                let wait = if fate.paying == Paying::Card { 20 } else { fate.random.range(HOUR, 12 * HOUR) };
                done.look = Some((at.plus_seconds(wait), ids.nth(0), Box::new(fate)));
            }
        }
        Due::Look(id, mut fate) => {
            let Some(view) = View::read(&**hand.engine.store(), id).await? else {
                return Ok(done);
            };
            let ids = hand.engine.ids();
            let Some(next) = next(&view, &mut fate, Setting { now: at, pace: 1, desk_s: 0, rehearsal: true }, ids)
            else {
                return Ok(done);
            };
            if let Some(command) = next.command {
                done.count(hand.rehearse(command, ids, at).await)?;
            }
            done.look = Some((at.plus_seconds(next.wait.max(60)), id, fate));
        }
        Due::Restock => {
            for command in low(hand, shop).await? {
                done.count(hand.rehearse(command, hand.engine.ids(), at).await)?;
            }
        }
        Due::Warehouse => {
            let mut random = Random::branch(options.seed, 12, at.0 as u64);
            warehouse(hand, shop, &mut random, at, &mut done).await?;
        }
    }
    Ok(done)
}

/// Receipts for what runs low: a delivery for each location.
pub async fn low(hand: &Hand, shop: &Shop) -> Result<Vec<ReceiveStock>, StoreError> {
    let sql = "SELECT i.sku FROM stock_levels s JOIN items i ON i.id = s.item_id WHERE s.location_id = $1 \
               AND s.available < 12 AND i.supply = 'stock' ORDER BY s.available, i.id LIMIT 60";
    let mut commands = Vec::new();
    for location in &shop.locations {
        let mut lines = Vec::new();
        for mut row in hand.engine.store().read(sql, &[Value::Id(location.0)]).await? {
            let sku: String = row.take()?;
            let quantity = Quantity(if is_scarce(&sku) { 4 } else { 60 });
            lines.push(ReceiveLine { sku, lot_id: LotId::NIL, quantity });
        }
        if !lines.is_empty() {
            commands.push(ReceiveStock {
                location_id: *location,
                state: StockAccount::Available,
                reference: Some("replenishment".to_owned()),
                lines,
            });
        }
    }
    Ok(commands)
}

/// A day in the warehouses: something is counted, something moves to another location.
async fn warehouse(
    hand: &Hand,
    shop: &Shop,
    random: &mut Random,
    at: Timestamp,
    done: &mut Done,
) -> Result<(), DemoError> {
    let (from, to) =
        (random.range(0, 2) as usize % shop.locations.len(), random.range(0, 2) as usize % shop.locations.len());
    let adjust = AdjustStock {
        location_id: shop.locations[from],
        reason: *random.pick(&[AdjustReason::Count, AdjustReason::Found, AdjustReason::Damaged]),
        reference: None,
        lines: vec![AdjustLine {
            sku: random.pick(&shop.skus).clone(),
            lot_id: LotId::NIL,
            state: StockAccount::Available,
            to: None,
            delta: *random.pick(&[-1, 1, 2]),
        }],
    };
    done.count(hand.rehearse(adjust, hand.engine.ids(), at).await)?;
    if from != to && random.chance(300) {
        transfer(hand, shop, (shop.locations[from], shop.locations[to]), random, at, done).await?;
    }
    Ok(())
}

async fn transfer(
    hand: &Hand,
    shop: &Shop,
    (from_location_id, to_location_id): (LocationId, LocationId),
    random: &mut Random,
    at: Timestamp,
    done: &mut Done,
) -> Result<(), DemoError> {
    let sku = shop.skus[random.popular(shop.skus.len())].clone();
    let lines = vec![SendLine { sku, lot_id: LotId::NIL, quantity: Quantity(5) }];
    let ids = hand.engine.ids();
    let send = SendTransfer { from_location_id, to_location_id, lines };
    if done.count(hand.rehearse(send, ids, at).await)?.is_some() {
        let lost = Quantity(i64::from(random.chance(200)));
        let lines = vec![ReceiveTransferLine { line: 1, received: Quantity(5) - lost, lost }];
        let receive = ReceiveTransfer { transfer_id: ids.nth(0), lines };
        done.count(hand.rehearse(receive, hand.engine.ids(), at.plus_seconds(2 * DAY)).await)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_comes_in_the_order_of_time_and_never_after_the_end() {
        let options = Options { seed: 3, orders: 50, days: 4 };
        let (begin, end) = (Timestamp(0), Timestamp(0).plus_seconds(4 * DAY));
        let mut agenda = agenda(options, begin, end);
        let mut last = Timestamp(i64::MIN);
        let mut orders = 0;
        loop {
            let due = agenda.take(end);
            let Some((first, _)) = due.first() else { break };
            assert!(*first >= last);
            last = *first;
            orders += due.iter().filter(|(_, due)| matches!(due, Due::Place(_))).count();
        }
        assert_eq!(orders, 50);
        assert!(last < end);
    }
}

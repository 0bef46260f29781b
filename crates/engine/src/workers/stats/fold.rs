//! What each event adds to the sums.

use super::facts::{Facts, OrderFacts};
use super::sums::Sums;
use jiff::tz::TimeZone;
use waybill_domain::Code;
use waybill_domain::event::Event;
use waybill_domain::fulfillment::events::ShortReason;
use waybill_domain::ids::{Id, LocationId, OrderId};
use waybill_domain::ledger::{MoneyAccount, StockAccount};
use waybill_domain::money::Minor;
use waybill_domain::order::events::{BackorderOpened, LineCancelled, LineQuantity, LinesCancelled, OrderPlaced};
use waybill_domain::order::money::goods_share;
use waybill_domain::quantity::Quantity;
use waybill_domain::shipping::events::ShipmentTracked;
use waybill_domain::time::{Date, Timestamp};
use waybill_store::tables::OpenPromise;

/// Characters of a reason that tell it from others.
const REASON_MAX: usize = 60;
const NOWHERE: LocationId = LocationId(Id::NIL);

/// One event of an order that happened.
pub(super) struct Happened<'a> {
    pub position: i64,
    pub at: Timestamp,
    pub order: OrderId,
    pub event: &'a Event,
}

/// Adds the events of a slice, in their order, and its stock.
pub(super) fn fold<'a>(events: impl Iterator<Item = Happened<'a>>, facts: &mut Facts) -> Sums {
    let mut sums = Sums::default();
    for one in events {
        // A draft that was never placed is an order too, so the row is there whatever happened.
        if let Some(order) = facts.orders.get(&one.order).copied() {
            Slice { sums: &mut sums, facts }.add(&one, &order);
        }
    }
    for moved in &facts.stock {
        for (account, sign) in [(moved.from, -1), (moved.to, 1)] {
            if StockAccount::STATES.contains(&account) {
                let quantity = Quantity(moved.quantity.0 * sign);
                sums.stock(moved.location, moved.precision, account, quantity);
            }
        }
    }
    sums
}

struct Slice<'a> {
    sums: &'a mut Sums,
    facts: &'a mut Facts,
}

impl Slice<'_> {
    fn add(&mut self, one: &Happened<'_>, order: &OrderFacts) {
        let (at, channel) = (one.at, order.channel);
        self.bill(one, order);
        match one.event {
            Event::OrderPlaced(placed) => self.placed(placed, placed.at, cost(placed), order),
            Event::OrderSubmitted(submitted) => {
                let story = self.story(one.position);
                let drafted = story.iter().find_map(|event| match event {
                    Event::OrderDrafted(drafted) => Some(drafted),
                    _ => None,
                });
                if let Some(drafted) = drafted {
                    self.placed(drafted, submitted.at, story_cost(&story), order);
                }
            }
            Event::ChargeAdded(charge) if is_placed(&self.story(one.position)) => {
                let amount = charge.amount + charge.tax;
                self.sums.sell(order.placed_at, channel, order.currency, |sales| sales.ordered += amount);
            }
            Event::OrderConfirmed(_) => self.sums.time("confirmed", order.placed_at, at, (channel, NOWHERE)),
            Event::OrderCancelled(cancelled) => {
                let story = self.story(one.position);
                if is_placed(&story) {
                    let amount = story_cost(&story);
                    self.sums.sell(order.placed_at, channel, order.currency, |sales| {
                        sales.cancelled += 1;
                        sales.cancelled_amount += amount;
                    });
                    let reason: String = cancelled.reason.chars().take(REASON_MAX).collect();
                    self.sums.count(order.placed_at, channel, &format!("cancelled.{reason}"), 1);
                }
                if let Some(open) = self.open(one.order) {
                    self.sums.promise(open.due_on, channel).cancelled += 1;
                    self.sums.open.insert(one.order, None);
                    self.facts.open.remove(&one.order);
                }
            }
            Event::LinesCancelled(cut) => {
                self.cut(cut, &self.story(one.position), order);
                self.settle(one.order, cut.lines.iter().map(|line| units(line).0).sum(), None);
            }
            Event::BackorderOpened(opened) => {
                let short = fresh(opened, &self.story(one.position));
                self.sums.sell(order.placed_at, channel, order.currency, |sales| sales.short_lines += short);
            }
            Event::HoldApplied(hold) => self.sums.count(at, channel, &format!("hold.applied.{}", hold.kind.code()), 1),
            Event::HoldReleased(end) => self.hold_ended("released", end.hold, one, order),
            Event::HoldRejected(end) => self.hold_ended("rejected", end.hold, one, order),
            Event::FulfillmentReleased(released) => {
                for work in &released.work {
                    let since = order.confirmed_at.unwrap_or(order.placed_at);
                    self.sums.time("released", since, at, (channel, work.location));
                }
                self.served(one.order, &released.served, at);
            }
            Event::SupplierShipped(shipped) => self.served(one.order, &shipped.lines, at),
            Event::PickCompleted(pick) => {
                if let Some(since) = self.facts.works.get(&(one.order, pick.fulfillment_order)) {
                    self.sums.time("picked", *since, at, (channel, pick.location));
                }
            }
            Event::PickShort(short) => {
                let why = match short.reason {
                    ShortReason::Missing => "short.missing",
                    ShortReason::Damaged => "short.damaged",
                    ShortReason::Skipped => "short.skipped",
                };
                self.sums.count(at, channel, why, 1);
            }
            Event::ParcelPacked(parcel) => {
                if let Some(since) = self.facts.picks.get(&one.position) {
                    self.sums.time("packed", *since, at, (channel, parcel.location));
                }
            }
            Event::ShipmentShipped(shipped) => {
                for sent in &shipped.parcels {
                    if let Some(parcel) = self.facts.parcels.get(&(one.order, sent.parcel)) {
                        self.sums.time("shipped", parcel.packed_at, at, (channel, shipped.location));
                    }
                }
            }
            Event::ShipmentDelivered(delivered) => self.delivered(delivered, order),
            Event::ShipmentException(_) => self.sums.count(at, channel, "exception", 1),
            Event::ShipmentLost(_) => self.sums.count(at, channel, "lost", 1),
            // Everything else is counted by what it bills, if at all.
            _ => {}
        }
    }

    fn story(&self, position: i64) -> Vec<Event> {
        self.facts.stories.get(&position).cloned().unwrap_or_default()
    }

    /// What the event bills or credits, without tax.
    fn bill(&mut self, one: &Happened<'_>, order: &OrderFacts) {
        use MoneyAccount::{Discounts, Fees, Revenue, Shipping};
        let counts = |account: &MoneyAccount| matches!(account, Revenue | Discounts | Shipping | Fees);
        let mut revenue = Minor::ZERO;
        for posting in one.event.money_postings() {
            revenue += if counts(&posting.credit) { posting.amount } else { Minor::ZERO };
            revenue -= if counts(&posting.debit) { posting.amount } else { Minor::ZERO };
        }
        if revenue != Minor::ZERO {
            self.sums.sell(one.at, order.channel, order.currency, |sales| sales.revenue += revenue);
        }
    }

    fn placed(&mut self, placed: &OrderPlaced, at: Timestamp, amount: Minor, order: &OrderFacts) {
        let lines = i64::try_from(placed.lines.len()).unwrap_or(i64::MAX);
        self.sums.sell(at, order.channel, order.currency, |sales| {
            sales.orders += 1;
            sales.ordered += amount;
            sales.lines += lines;
        });
        for line in &placed.lines {
            self.sums.item(at, line.item, order.channel, order.currency, |items| {
                items.lines += 1;
                items.units += line.quantity;
                items.amount += line.total;
            });
        }
        let outstanding = placed.lines.iter().map(|line| line.quantity.0).sum();
        if let Some(due_on) = placed.requested_by.filter(|_| outstanding > 0) {
            self.sums.promise(due_on, order.channel).due += 1;
            let (order_id, channel_id) = (placed.order, order.channel);
            self.remember(OpenPromise {
                order_id,
                channel_id,
                due_on,
                outstanding,
                delivered: 0,
                is_cut: false,
                is_late: false,
            });
        }
    }

    /// Takes cancelled units out of what was ordered of their items, on the day they were ordered.
    fn cut(&mut self, cut: &LinesCancelled, story: &[Event], order: &OrderFacts) {
        if !is_placed(story) {
            return;
        }
        for one in &cut.lines {
            let placed = story.iter().find_map(|event| match event {
                Event::OrderPlaced(placed) | Event::OrderDrafted(placed) => {
                    placed.lines.iter().find(|line| line.line == one.line)
                }
                _ => None,
            });
            let Some(line) = placed else { continue };
            let earlier = story.iter().map(|event| match event {
                Event::LinesCancelled(cut) => cut.lines.iter().filter(|cut| cut.line == one.line).map(units).sum(),
                _ => Quantity::ZERO,
            });
            let before = line.quantity - earlier.sum::<Quantity>();
            let after = before - units(one);
            // What is left costs what a bill for it would, so that several cuts add up.
            let cost = |left| goods_share(line.total, line.discount, line.quantity, left).total();
            let (amount, ends) = (cost(before) - cost(after), i64::from(after.is_zero() && !before.is_zero()));
            self.sums.item(order.placed_at, line.item, order.channel, order.currency, |items| {
                items.lines -= ends;
                items.units -= units(one);
                items.amount -= amount;
            });
        }
    }

    fn hold_ended(&mut self, how: &str, number: u32, one: &Happened<'_>, order: &OrderFacts) {
        if let Some((kind, since)) = self.facts.holds.get(&(one.order, number)) {
            let kind = kind.code();
            self.sums.count(one.at, order.channel, &format!("hold.{how}.{kind}"), 1);
            self.sums.time(&format!("hold.{kind}"), *since, one.at, (order.channel, NOWHERE));
        }
    }

    fn delivered(&mut self, delivered: &ShipmentTracked, order: &OrderFacts) {
        let at = delivered.occurred_at;
        let Some(parcel) = self.facts.parcels.get(&(delivered.order, delivered.parcel)).cloned() else { return };
        if let Some(shipped_at) = parcel.shipped_at {
            self.sums.time("delivered", shipped_at, at, (order.channel, parcel.location));
        }
        self.sums.count(at, order.channel, "delivered", 1);
        // A promise is a date where the customer lives; the zone of the place it left from is the nearest that is known.
        let day = day(at, &parcel.zone);
        if self.open(delivered.order).is_some_and(|open| day > open.due_on) {
            self.sums.count(at, order.channel, "delivered.late", 1);
        }
        self.settle(delivered.order, delivered.lines.iter().map(|line| line.quantity.0).sum(), Some(day));
    }

    /// Services count as delivered when they are done, what a supplier sends when it leaves.
    fn served(&mut self, order: OrderId, served: &[LineQuantity], at: Timestamp) {
        if !served.is_empty() {
            self.settle(order, served.iter().map(|line| line.quantity.0).sum(), Some(day(at, "UTC")));
        }
    }

    fn open(&self, order: OrderId) -> Option<&OpenPromise> {
        self.facts.open.get(&order)
    }

    fn remember(&mut self, open: OpenPromise) {
        self.facts.open.insert(open.order_id, open.clone());
        self.sums.open.insert(open.order_id, Some(open));
    }

    /// Units were delivered on a day, or cancelled. The promise is settled with the last of them.
    fn settle(&mut self, order: OrderId, units: i64, delivered_on: Option<Date>) {
        let Some(mut open) = self.open(order).cloned() else { return };
        open.outstanding -= units;
        match delivered_on {
            Some(day) => {
                open.delivered += units;
                open.is_late |= day > open.due_on;
            }
            None => open.is_cut = true,
        }
        // Where nothing was delivered the order is cancelled as a whole, which is told apart.
        if open.outstanding > 0 || open.delivered == 0 {
            return self.remember(open);
        }
        let (on_time, in_full) = (!open.is_late, !open.is_cut);
        let promises = self.sums.promise(open.due_on, open.channel_id);
        promises.on_time += i64::from(on_time);
        promises.in_full += i64::from(in_full);
        promises.kept += i64::from(on_time && in_full);
        self.facts.open.remove(&order);
        self.sums.open.insert(order, None);
    }
}

/// Units of a line that were cancelled, wherever they stood.
fn units(cut: &LineCancelled) -> Quantity {
    cut.open + cut.backordered + cut.at_supplier
}

fn day(at: Timestamp, zone: &str) -> Date {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    jiff::Timestamp::from_microsecond(at.0).unwrap_or_default().to_zoned(zone).date()
}

/// What an order costs as placed.
fn cost(placed: &OrderPlaced) -> Minor {
    let lines: Minor = placed.lines.iter().map(|line| line.total + line.tax).sum();
    lines + placed.charges.iter().map(|charge| charge.amount + charge.tax).sum()
}

fn story_cost(story: &[Event]) -> Minor {
    let costs = story.iter().map(|event| match event {
        Event::OrderPlaced(placed) | Event::OrderDrafted(placed) => cost(placed),
        Event::ChargeAdded(charge) => charge.amount + charge.tax,
        _ => Minor::ZERO,
    });
    costs.sum()
}

fn is_placed(story: &[Event]) -> bool {
    story.iter().any(|event| matches!(event, Event::OrderPlaced(_) | Event::OrderSubmitted(_)))
}

/// Lines that were never backordered before.
fn fresh(opened: &BackorderOpened, story: &[Event]) -> i64 {
    let known = |line: u32| {
        story.iter().any(|event| match event {
            Event::BackorderOpened(before) => before.lines.iter().any(|one| one.line == line),
            _ => false,
        })
    };
    let fresh = opened.lines.iter().filter(|one| !known(one.line)).count();
    i64::try_from(fresh).unwrap_or(i64::MAX)
}

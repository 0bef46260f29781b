//! What an act changes, as a table: thing, now, after. From the decision the engine will run.

use super::super::look;
use super::super::owners::Owners;
use super::super::status;
use super::call;
use super::lines::places_in_words;
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::ids::ItemId;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::Minor;
use waybill_domain::order::{HoldState, Order, OrderLine};
use waybill_engine::Preview;

/// One thing that an act changes, or that somebody would ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    pub thing: String,
    pub now: String,
    pub after: String,
}

impl Effect {
    pub fn is_same(&self) -> bool {
        self.now == self.after
    }
}

const DASH: &str = "–";

fn authorized(order: &Order) -> Minor {
    order.payments.iter().map(|payment| payment.open_authorization()).fold(Minor::ZERO, |sum, open| sum + open)
}

/// The rows of a preview: everything that changes, and what is owed whether it changes or not.
pub fn effects(preview: &Preview, names: &dyn Fn(&OrderLine) -> String, owners: &Owners) -> Vec<Effect> {
    let (Some(before), Some(after)) = (&preview.before, &preview.after) else {
        return Vec::new();
    };
    let mut table = Table(Vec::new());
    let money = |amount| look::money(amount, after.head.currency);
    let (then, now) = (&*after.head, &*before.head);
    let (will, owed) = (after.owed(), before.owed());
    // Whoever ends a hold asks what becomes of the order, also where that is nothing: a declined card stays declined.
    let is_freed = ends_hold(before, after);
    for (thing, from, to, is_asked) in [
        ("Lifecycle", now.lifecycle.code(), then.lifecycle.code(), is_freed),
        ("Payment", now.payment_status.code(), then.payment_status.code(), is_freed),
        ("Fulfillment", now.fulfillment_status.code(), then.fulfillment_status.code(), is_freed),
        ("Delivery", now.delivery_status.code(), then.delivery_status.code(), false),
        ("Returns", now.return_status.code(), then.return_status.code(), false),
    ] {
        match is_asked {
            true => table.always(thing, status::words(from), status::words(to)),
            false => table.changed(thing, status::words(from), status::words(to)),
        }
    }
    holds(before, after, owners, &mut table);
    for line in after.lines.iter() {
        if let Some(old) = before.line(line.number) {
            let thing = format!("Line {}, {}", line.number, names(line));
            table.changed(&thing, places_in_words(old), places_in_words(line));
        }
    }
    work(before, after, preview, &mut table);
    stock(preview, &skus(after), &mut table);
    for (thing, from, to) in [
        ("Items", now.goods, then.goods),
        ("Charges with their tax", now.charges, then.charges),
        ("Tax on items", now.tax, then.tax),
        ("Credited", owed.credited, will.credited),
        ("Received", now.received, then.received),
        ("Refunded", now.refunded, then.refunded),
        ("Authorized, not captured", authorized(before), authorized(after)),
    ] {
        table.changed(thing, money(from), money(to));
    }
    for refund in after.refunds.iter().skip(before.refunds.len()) {
        table.changed("Refund", DASH.to_owned(), format!("{}, {}", money(refund.amount), refund.state));
    }
    for asked in after.transactions.iter().skip(before.transactions.len()) {
        table.changed(
            "Asked of the gateway",
            DASH.to_owned(),
            format!("{} of {}", call(asked.kind), money(asked.amount)),
        );
    }
    table.always("Total", money(now.total()), money(then.total()));
    let gives_back = owed.left.0.min(will.left.0) < 0 && owed.left.0.max(will.left.0) <= 0;
    let (thing, sign) = if gives_back { ("To give back", -1) } else { ("Left to receive", 1) };
    table.always(thing, money(Minor(sign * owed.left.0)), money(Minor(sign * will.left.0)));
    table.0
}

struct Table(Vec<Effect>);

impl Table {
    fn changed(&mut self, thing: &str, now: String, after: String) {
        if now != after {
            self.always(thing, now, after);
        }
    }

    fn always(&mut self, thing: &str, now: String, after: String) {
        self.0.push(Effect { thing: thing.to_owned(), now, after });
    }
}

fn ends_hold(before: &Order, after: &Order) -> bool {
    let active = |order: &Order| order.holds.iter().filter(|hold| hold.state == HoldState::Active).count();
    active(after) < active(before)
}

fn holds(before: &Order, after: &Order, owners: &Owners, table: &mut Table) {
    for hold in after.holds.iter() {
        let old = before.holds.iter().find(|old| old.number == hold.number);
        let thing = format!("Hold, {}", status::hold_words(hold.kind).to_lowercase());
        let state = |state: HoldState| state.code().to_owned();
        table.changed(&thing, old.map_or_else(|| DASH.to_owned(), |old| state(old.state)), state(hold.state));
        if let Some(old) = old {
            table.changed("Looked at by", owners.name(old.owner.as_deref()), owners.name(hold.owner.as_deref()));
        }
    }
}

/// Work for locations, and parcels.
fn work(before: &Order, after: &Order, preview: &Preview, table: &mut Table) {
    let place = |id| preview.locations.get(id).cloned().unwrap_or_else(|| "its supplier".to_owned());
    for work in after.fulfillment_orders.iter() {
        let old = before.fulfillment_order(work.number).map_or(DASH, |old| old.state.code());
        let thing = format!("Work for {}", place(&work.location_id));
        table.changed(&thing, old.replace('_', " "), work.state.code().replace('_', " "));
    }
    for parcel in after.parcels.iter() {
        let old = before.parcel(parcel.number).map_or(DASH, |old| old.state.code());
        table.changed(
            &format!("Parcel P-{}", parcel.number),
            old.replace('_', " "),
            parcel.state.code().replace('_', " "),
        );
    }
}

fn skus(order: &Order) -> BTreeMap<ItemId, (&str, u32)> {
    order.lines.iter().map(|line| (line.item_id, (line.sku.as_str(), line.precision))).collect()
}

fn stock(preview: &Preview, skus: &BTreeMap<ItemId, (&str, u32)>, table: &mut Table) {
    for change in &preview.levels {
        let key = change.after.key;
        let (sku, precision) = skus.get(&key.item_id).copied().unwrap_or(("an item", 0));
        let place = preview.locations.get(&key.location_id).map_or("a location", String::as_str);
        for state in StockAccount::ALL {
            if state.state_index().is_none() {
                continue;
            }
            let units = |quantity| look::quantity(quantity, precision);
            let thing = format!("{sku} at {place}, {}", state.code().replace('_', " "));
            table.changed(&thing, units(change.before.balance(*state)), units(change.after.balance(*state)));
        }
    }
}

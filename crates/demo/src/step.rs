//! The next step of an order: read off what is true now and what its fate is.

use crate::fate::{Fate, Paying};
use crate::view::View;
use crate::words;
use waybill_domain::command::Command;
use waybill_domain::fulfillment::FulfillmentState;
use waybill_domain::fulfillment::events::ShortReason;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::{LinePicked, LineShort, Pick};
use waybill_domain::fulfillment::ship::{Ship, ShipParcel};
use waybill_domain::ids::{HoldId, IdSource, LineId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::order::allocate::AllocateOrder;
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::hold::{ApplyHold, RejectHold, ReleaseHold};
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::{HoldKind, Lifecycle, Step};
use waybill_domain::payment::authorization::AuthorizePayment;
use waybill_domain::payment::outcome::{GatewayOutcome, RecordOutcome};
use waybill_domain::payment::receive::RecordPayment;
use waybill_domain::payment::{PaymentMethod, TransactionKind, TransactionState};
use waybill_domain::personal::Personal;
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};
use waybill_domain::shipping::track::RecordTracking;
use waybill_domain::shipping::{ParcelState, TrackingStatus};
use waybill_domain::time::Timestamp;

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// What to do, and how long to wait before looking at the order again, in seconds.
#[derive(Debug)]
pub struct Next {
    pub command: Option<Command>,
    pub wait: i64,
}

/// Now, and how people and partners behave.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub now: Timestamp,
    /// How much faster than in a real shop time passes.
    pub pace: i64,
    /// For how long at least people find what waits for them to decide before made-up ones do, in seconds of the clock.
    pub desk_s: i64,
    /// No gateway is asked, so outcomes are recorded here.
    pub rehearsal: bool,
}

impl Setting {
    /// Seconds of the shop's time since `moment`.
    const fn since(self, moment: Timestamp) -> i64 {
        self.now.seconds_since(moment).saturating_mul(self.pace)
    }

    /// Seconds of the shop's time until somebody decides what has waited since `moment` and takes `usual` of that time.
    fn until_decided(self, moment: Timestamp, usual: i64) -> i64 {
        usual.max(self.desk_s.saturating_mul(self.pace)) - self.since(moment)
    }
}

/// The next step; `None` when nothing is left to do. `ids` mints ids of personal data.
pub fn next(view: &View, fate: &mut Fate, setting: Setting, ids: IdSource) -> Option<Next> {
    let now = setting.now;
    let then = |command: Command, wait: i64| Some(Next { command: Some(command), wait });
    if let Some(open) = view.open_transaction() {
        if !setting.rehearsal {
            return Some(Next { command: None, wait: 10 * MINUTE });
        }
        let outcome = outcome(fate, open.kind, open.state, now);
        let wait = fate.random.range(2, 20) * MINUTE;
        return then(RecordOutcome { transaction_id: open.id(), outcome }.into(), wait);
    }
    match view.head.lifecycle {
        Lifecycle::Draft | Lifecycle::Cancelled => None,
        Lifecycle::Placed => placed(view, fate, setting, ids),
        Lifecycle::Confirmed => confirmed(view, fate, setting, ids),
        Lifecycle::Completed if fate.returned && view.lines.iter().all(|line| line.returned.is_zero()) => {
            let command = take_back(view, fate)?;
            Some(Next { command: Some(command), wait: HOUR })
        }
        Lifecycle::Completed => None,
    }
}

fn outcome(fate: &mut Fate, kind: TransactionKind, state: TransactionState, now: Timestamp) -> GatewayOutcome {
    let first = kind == TransactionKind::Authorize;
    if first && fate.answer_lost && state == TransactionState::Pending {
        return GatewayOutcome::Unknown;
    }
    if first && fate.declined {
        fate.declined = false;
        return GatewayOutcome::Failed { code: "card_declined".to_owned() };
    }
    GatewayOutcome::Succeeded {
        reference: Some(format!("sim-{:08x}", fate.random.range(0, i64::from(u32::MAX)))),
        expires_at: first.then(|| now.plus_seconds(30 * DAY)),
    }
}

/// Waits for money, or for somebody to decide.
fn placed(view: &View, fate: &mut Fate, setting: Setting, ids: IdSource) -> Option<Next> {
    let order_id = view.head.id;
    let cancel = |reason: &str| -> Command { CancelOrder { order_id, reason: reason.to_owned() }.into() };
    let then = |command: Command, wait: i64| Some(Next { command: Some(command), wait });
    let waited = setting.since(view.head.placed_at);
    match fate.paying {
        Paying::Card if fate.tries_again => {
            fate.tries_again = false;
            let token = Personal { id: ids.nth(1), value: "sim_ok".to_owned() };
            then(AuthorizePayment { order_id, gateway: "simulator".to_owned(), token, amount: None }.into(), MINUTE)
        }
        Paying::Card => match setting.until_decided(view.head.placed_at, DAY) {
            wait @ 1.. => Some(Next { command: None, wait }),
            _ => then(cancel("payment_failed"), 0),
        },
        Paying::Transfer | Paying::Cash | Paying::Terms if fate.forgets && waited < 6 * DAY => {
            Some(Next { command: None, wait: 6 * DAY - waited })
        }
        Paying::Transfer | Paying::Cash | Paying::Terms if fate.forgets => then(cancel("unpaid"), 0),
        Paying::Transfer | Paying::Cash | Paying::Terms if waited < 10 * HOUR => {
            Some(Next { command: None, wait: fate.random.range(10, 70) * HOUR })
        }
        Paying::Transfer | Paying::Cash | Paying::Terms => {
            let amount = view.head.total() - view.head.kept();
            let reference = Some(format!("BT-{}", view.head.number.0));
            let command = RecordPayment { order_id, method: PaymentMethod::Transfer, amount, reference };
            then(command.into(), fate.random.range(1, 5) * HOUR)
        }
    }
}

fn confirmed(view: &View, fate: &mut Fate, setting: Setting, ids: IdSource) -> Option<Next> {
    let now = setting.now;
    let order_id = view.head.id;
    let then = |command: Command, wait: i64| Some(Next { command: Some(command), wait });
    let untouched = view.work.is_empty();
    if let Some(hold) = view.active_hold() {
        let hold_id = HoldId::new(order_id, hold.number);
        let wait = setting.until_decided(hold.applied_at, 4 * HOUR);
        if wait > 0 {
            return Some(Next { command: None, wait: wait + fate.random.range(0, 56) * HOUR });
        }
        let command = if fate.hold_rejected && untouched {
            RejectHold { hold_id, reason: Some("looks_wrong".to_owned()) }.into()
        } else {
            ReleaseHold { hold_id, reason: Some("checked".to_owned()) }.into()
        };
        return then(command, HOUR);
    }
    if fate.held && untouched {
        fate.held = false;
        let (kind, reason) = *fate.random.pick(&[
            (HoldKind::Address, "address_not_found"),
            (HoldKind::Fraud, "score_above_limit"),
            (HoldKind::Manual, "asked_by_customer"),
        ]);
        let due_at = Some(now.plus_seconds(3 * DAY));
        let (steps, reason, owner) = (vec![Step::Release], reason.to_owned(), Some("customer_service".to_owned()));
        // What scores fraud says so itself: a hold keeps no more of it than a reason and a note.
        let said = format!("{} of 100 points. Orders are held from 60.", 60 + view.head.number.0 % 35);
        let note = (kind == HoldKind::Fraud).then(|| Personal { id: ids.nth(1), value: said });
        let hold = ApplyHold { order_id, kind, steps, line: None, reason, note, owner, due_at };
        return then(hold.into(), 5 * HOUR);
    }
    if fate.cancelled && untouched {
        let reason = "changed_mind".to_owned();
        return then(CancelOrder { order_id, reason }.into(), HOUR);
    }
    if fate.line_cancelled && view.lines.len() > 1 && view.is_untouched_after_release() {
        fate.line_cancelled = false;
        let reason = "changed_mind".to_owned();
        let command = CancelLine { line_id: LineId::new(order_id, 1), quantity: None, reason, refund: true };
        return then(command.into(), HOUR);
    }
    warehouse(view, fate).or_else(|| on_the_way(view, fate, now)).or_else(|| ending(view, fate))
}

/// Release, pick, pack, ship.
fn warehouse(view: &View, fate: &mut Fate) -> Option<Next> {
    let order_id = view.head.id;
    let then = |command: Command, wait: i64| Some(Next { command: Some(command), wait });
    for work in &view.work {
        let of_work = || view.allocations.iter().filter(|one| one.fulfillment_order == work.number);
        if matches!(work.state, FulfillmentState::Closed | FulfillmentState::Cancelled) {
            continue;
        }
        if let Some(one) = of_work().find(|one| !one.allocated.is_zero()) {
            let (mut picks, mut shorts) = (Vec::new(), Vec::new());
            if fate.short_pick {
                fate.short_pick = false;
                shorts.push(LineShort { line: one.line, quantity: Quantity(1), reason: ShortReason::Missing });
                picks.extend(of_work().filter(|one| !one.allocated.is_zero()).filter_map(|other| {
                    let quantity = other.allocated - Quantity(i64::from(other.number == one.number));
                    (!quantity.is_zero()).then_some(LinePicked { line: other.line, lot_id: None, quantity })
                }));
            }
            let command = Pick { fulfillment_order_id: work.id(), picks, shorts };
            return then(command.into(), fate.random.range(10, 90) * MINUTE);
        }
        if let Some(one) = of_work().find(|one| !one.picked.is_zero()) {
            let mut lines = Vec::new();
            if fate.two_boxes {
                fate.two_boxes = false;
                lines.push(LinePicked { line: one.line, lot_id: None, quantity: one.picked });
            }
            let command =
                Pack { fulfillment_order_id: work.id(), lines, weight_g: Some(fate.random.range(2, 80) * 100) };
            return then(command.into(), fate.random.range(5, 40) * MINUTE);
        }
        let packed =
            view.parcels.iter().filter(|one| one.state == ParcelState::Packed && one.fulfillment_order == work.number);
        let parcels: Vec<ShipParcel> = packed
            .map(|parcel| ShipParcel {
                parcel: parcel.number,
                tracking_number: Some(format!("WB{:012}", fate.random.range(1, 999_999_999_999))),
            })
            .collect();
        if !parcels.is_empty() {
            let carrier = Some((*fate.random.pick(&["Northline", "Parcelway", "Quickpost"])).to_owned());
            let command =
                Ship { fulfillment_order_id: work.id(), carrier, service: Some("standard".to_owned()), parcels };
            return then(command.into(), fate.random.range(4, 20) * HOUR);
        }
    }
    if view.allocations.iter().any(|one| one.fulfillment_order == 0 && !one.allocated.is_zero()) {
        return then(ReleaseOrder { order_id }.into(), fate.random.range(1, 20) * HOUR);
    }
    None
}

/// What carriers say.
fn on_the_way(view: &View, fate: &mut Fate, now: Timestamp) -> Option<Next> {
    let then = |parcel_id, status, wait: i64| {
        let command = RecordTracking { parcel_id, status, occurred_at: now, carrier_event: None, raw: None };
        Some(Next { command: Some(command.into()), wait })
    };
    for parcel in &view.parcels {
        let id = parcel.id();
        match parcel.state {
            ParcelState::Packed | ParcelState::Void | ParcelState::Delivered | ParcelState::Lost => {}
            ParcelState::Shipped => {
                let days = if fate.slow { fate.random.range(6, 12) } else { fate.random.range(1, 3) };
                return then(id, TrackingStatus::InTransit, days * DAY);
            }
            ParcelState::InTransit | ParcelState::ReturnedToSender if fate.lost => {
                return then(id, TrackingStatus::Lost, 2 * DAY);
            }
            ParcelState::InTransit | ParcelState::ReturnedToSender if fate.exception => {
                fate.exception = false;
                return then(id, TrackingStatus::Exception, DAY);
            }
            ParcelState::InTransit | ParcelState::ReturnedToSender | ParcelState::Exception => {
                return then(id, TrackingStatus::OutForDelivery, fate.random.range(2, 9) * HOUR);
            }
            ParcelState::OutForDelivery => return then(id, TrackingStatus::Delivered, fate.random.range(1, 12) * HOUR),
        }
    }
    None
}

/// Waits for stock, for money, and then closes.
fn ending(view: &View, fate: &mut Fate) -> Option<Next> {
    let order_id = view.head.id;
    if view.lines.iter().any(|line| !line.backordered.is_zero() || !line.open.is_zero()) {
        return Some(Next { command: Some(AllocateOrder { order_id }.into()), wait: DAY });
    }
    if !view.is_shipped() {
        return None;
    }
    let owed = view.head.recognized - view.head.kept();
    if owed.0 > 0 {
        let method = if fate.paying == Paying::Cash { PaymentMethod::Cash } else { PaymentMethod::Transfer };
        let reference = Some(format!("INV-{}", view.head.number.0));
        let command = RecordPayment { order_id, method, amount: owed, reference };
        return Some(Next { command: Some(command.into()), wait: HOUR });
    }
    let wait = if fate.returned { fate.random.range(4, 16) * DAY } else { HOUR };
    Some(Next { command: Some(CompleteOrder { order_id }.into()), wait })
}

fn take_back(view: &View, fate: &mut Fate) -> Option<Command> {
    let line = view.lines.iter().find(|line| !line.delivered.is_zero())?;
    let location_id = view.allocations.iter().find(|one| one.line == line.number)?.location_id;
    let state = *fate.random.pick(&[
        StockAccount::Available,
        StockAccount::Available,
        StockAccount::QualityControl,
        StockAccount::Damaged,
    ]);
    let reason = (*fate.random.pick(words::RETURN_REASONS)).to_owned();
    let quantity = Quantity(fate.random.range(1, line.delivered.0.min(line.shipped.0)));
    let lines = vec![ReturnInput { line: line.number, quantity, state, reason }];
    Some(ReceiveReturn { order_id: view.head.id, location_id, lines, credit: None, refund: true }.into())
}

impl View {
    /// Released, and nothing was picked yet.
    fn is_untouched_after_release(&self) -> bool {
        !self.work.is_empty()
            && self.allocations.iter().all(|one| one.picked.is_zero() && one.packed.is_zero() && one.shipped.is_zero())
    }
}

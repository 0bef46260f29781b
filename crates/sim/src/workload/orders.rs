//! What is asked of an order that is there.

use super::{Desk, Request};
use crate::gateway::NAME;
use crate::theme::Theme;
use crate::view::{ParcelView, View};
use waybill_domain::Code;
use waybill_domain::catalog::item::Supply;
use waybill_domain::command::Command;
use waybill_domain::fulfillment::events::ShortReason;
use waybill_domain::fulfillment::hand_over::HandOverFulfillmentOrder;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::{LinePicked, LineShort, Pick};
use waybill_domain::fulfillment::ship::{Ship, ShipParcel};
use waybill_domain::fulfillment::supplier::ShipFromSupplier;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::Minor;
use waybill_domain::order::allocate::AllocateOrder;
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::charge::AddCharge;
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::confirm::ConfirmOrder;
use waybill_domain::order::hold::{ApplyHold, HandOverHold, RejectHold, ReleaseHeldStock, ReleaseHold};
use waybill_domain::order::note::AddNote;
use waybill_domain::order::place::SubmitOrder;
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::reservation::ExpireOrderReservation;
use waybill_domain::order::{ChargeKind, HoldKind, Lifecycle, Step};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::payment::authorization::{AuthorizePayment, ExpireAuthorization, RenewAuthorization, VoidPayment};
use waybill_domain::payment::capture::{CaptureDue, CapturePayment};
use waybill_domain::payment::outcome::{GatewayOutcome, RecordOutcome};
use waybill_domain::payment::receive::RecordPayment;
use waybill_domain::payment::refund::GrantRefund;
use waybill_domain::personal::Personal;
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};
use waybill_domain::shipping::track::RecordTracking;
use waybill_domain::shipping::{ParcelState, TrackingStatus};

/// The next sensible thing most of the time, anything otherwise.
pub fn about(desk: &mut Desk<'_>, view: &View) -> Request {
    let sensible = desk.dice.chance(70);
    let mut request = if sensible { next(desk, view) } else { None }.unwrap_or_else(|| anything(desk, view));
    if desk.dice.chance(8) {
        let stale = desk.dice.chance(30);
        request.expected_version = Some(if stale { view.version - 1 } else { view.version });
    }
    if desk.dice.chance(2) && imports(&request.command) {
        request.happened_at = Some(desk.now.plus_seconds(-desk.dice.between(0, 30 * 86_400)));
    }
    request
}

/// What history may say without a gateway or stock.
const fn imports(command: &Command) -> bool {
    matches!(command, Command::RecordPayment(_) | Command::ApplyHold(_) | Command::ReleaseHold(_))
}

fn next(desk: &mut Desk<'_>, view: &View) -> Option<Request> {
    let order_id = view.id;
    match view.lifecycle {
        Lifecycle::Draft => Some(SubmitOrder { order_id }.into()),
        Lifecycle::Placed => {
            let missing = view.total - view.kept;
            let cards = view.payments.iter().any(|payment| payment.method == PaymentMethod::Card);
            if let Some((hold, _)) = view.holds.iter().find(|(_, active)| *active)
                && desk.dice.chance(40)
            {
                return Some(ReleaseHold { hold_id: HoldId::new(order_id, *hold), reason: None }.into());
            }
            match desk.dice.below(4) {
                0 if missing > 0 => Some(money(desk, order_id, missing)),
                1 if cards => Some(authorize(desk, order_id, None)),
                2 => Some(ConfirmOrder { order_id }.into()),
                _ => None,
            }
        }
        Lifecycle::Confirmed => work(desk, view),
        Lifecycle::Completed => returned(desk, view),
        Lifecycle::Cancelled => None,
    }
}

/// Toward the door: release, pick, pack, ship, deliver, return.
fn work(desk: &mut Desk<'_>, view: &View) -> Option<Request> {
    if desk.theme == Theme::Doubt && desk.dice.chance(20) {
        let step = desk.dice.pick(&[Step::Pick, Step::Pack, Step::Ship]).copied();
        return Some(ApplyHold { steps: step.into_iter().collect(), line: None, ..hold(desk, view.id) }.into());
    }
    if let Some((hold, _)) = view.holds.iter().find(|(_, active)| *active)
        && desk.dice.chance(50)
    {
        return Some(ReleaseHold { hold_id: HoldId::new(view.id, *hold), reason: None }.into());
    }
    let under_way: Vec<&ParcelView> = view.parcels.iter().filter(|parcel| is_under_way(parcel.state)).collect();
    if let Some(parcel) = desk.dice.pick(&under_way).copied()
        && desk.dice.chance(60)
    {
        return Some(track(desk, view.id, parcel.number, 40));
    }
    if let Some(packed) = view.parcels.iter().find(|parcel| parcel.state == ParcelState::Packed)
        && desk.dice.chance(70)
    {
        return Some(ship(desk, view, packed.work));
    }
    if let Some(line) = view.work_lines.iter().find(|line| line.work != 0 && line.picked > 0) {
        return Some(pack(desk, view, line.work));
    }
    if let Some(line) = view.work_lines.iter().find(|line| line.work != 0 && line.allocated > 0) {
        if desk.dice.chance(25) {
            return Some(hand_over(desk, view, line.work));
        }
        return Some(pick(desk, view, line.work));
    }
    if let Some(line) = view.lines.iter().find(|line| line.at_supplier > 0) {
        let lines = vec![(line.number, Quantity(desk.dice.between(1, line.at_supplier)))];
        return Some(ShipFromSupplier { order_id: view.id, lines }.into());
    }
    let unreleased = view.work_lines.iter().any(|line| line.work == 0 && line.allocated > 0);
    let waits = view.lines.iter().any(|line| line.supply != Supply::Stock && line.unshipped > 0);
    if unreleased || waits {
        return Some(ReleaseOrder { order_id: view.id }.into());
    }
    if view.total > view.kept && desk.dice.chance(60) {
        return Some(money(desk, view.id, view.total - view.kept));
    }
    returned(desk, view)
}

const fn is_under_way(state: ParcelState) -> bool {
    use ParcelState::{Exception, InTransit, OutForDelivery, Shipped};
    matches!(state, Shipped | InTransit | OutForDelivery | Exception)
}

fn money(desk: &mut Desk<'_>, order_id: OrderId, missing: i64) -> Request {
    let method = if desk.dice.chance(70) { PaymentMethod::Transfer } else { PaymentMethod::Cash };
    let method = if desk.dice.chance(3) { PaymentMethod::Terms } else { method };
    let amount = match desk.dice.below(10) {
        0 => desk.dice.between(0, missing.max(1) * 2),
        1..4 => desk.dice.between(1, missing.max(1)),
        _ => missing.max(1),
    };
    RecordPayment { order_id, method, amount: Minor(amount), reference: Some(desk.tag()) }.into()
}

fn authorize(desk: &mut Desk<'_>, order_id: OrderId, amount: Option<i64>) -> Request {
    let token = Personal { id: desk.ids.nth(1), value: "tok".to_owned() };
    AuthorizePayment { order_id, gateway: NAME.into(), token, amount: amount.map(Minor) }.into()
}

/// Mostly taken from whoever has it; others were faster, or the page is old.
fn hand_over(desk: &mut Desk<'_>, view: &View, work: u32) -> Request {
    let somebody = |desk: &mut Desk<'_>| {
        let names = ["ada", "ben", "cy", "Not a word"];
        let words = if desk.dice.chance(5) { 4 } else { 3 };
        names[desk.dice.below(words) as usize].to_owned()
    };
    let now = view.works.iter().find(|one| one.number == work).and_then(|one| one.assignee.clone());
    let from = if desk.dice.chance(85) { now } else { desk.dice.chance(70).then(|| somebody(desk)) };
    let assignee = desk.dice.chance(80).then(|| somebody(desk));
    let fulfillment_order_id = FulfillmentOrderId::new(view.id, work);
    HandOverFulfillmentOrder { fulfillment_order_id, from, assignee }.into()
}

fn pick(desk: &mut Desk<'_>, view: &View, work: u32) -> Request {
    let fulfillment_order_id = FulfillmentOrderId::new(view.id, work);
    let location = view.works.iter().find(|one| one.number == work).map(|one| one.location);
    let (mut picks, mut shorts) = (Vec::new(), Vec::new());
    if desk.dice.chance(40) {
        for line in view.work_lines.iter().filter(|line| line.work == work && line.allocated > 0) {
            let too_many = i64::from(desk.dice.chance(4));
            let quantity = desk.dice.between(1, line.allocated + too_many);
            if desk.dice.chance(25) {
                let reason = *desk.dice.pick(<ShortReason as Code>::ALL).unwrap_or(&ShortReason::Missing);
                shorts.push(LineShort { line: line.line, quantity: Quantity(quantity), reason });
            } else {
                picks.push(LinePicked { line: line.line, lot_id: None, quantity: Quantity(quantity) });
            }
        }
    }
    Request { location, ..Pick { fulfillment_order_id, picks, shorts }.into() }
}

fn pack(desk: &mut Desk<'_>, view: &View, work: u32) -> Request {
    let mut lines = Vec::new();
    if desk.dice.chance(40) {
        for line in view.work_lines.iter().filter(|line| line.work == work && line.picked > 0) {
            let too_many = i64::from(desk.dice.chance(4));
            let quantity = Quantity(desk.dice.between(1, line.picked + too_many));
            lines.push(LinePicked { line: line.line, lot_id: None, quantity });
        }
    }
    let weight_g = if desk.dice.chance(3) { -1 } else { 500 };
    Pack { fulfillment_order_id: FulfillmentOrderId::new(view.id, work), lines, weight_g: Some(weight_g) }.into()
}

fn ship(desk: &mut Desk<'_>, view: &View, work: u32) -> Request {
    let mut parcels = Vec::new();
    if desk.dice.chance(50) {
        let packed = view.parcels.iter().filter(|one| one.work == work && one.state == ParcelState::Packed);
        for parcel in packed {
            let tracking_number = match desk.dice.below(20) {
                0 => Some(String::new()),
                1..12 => Some(format!("T{}-{}", desk.number, parcel.number)),
                _ => None,
            };
            parcels.push(ShipParcel { parcel: parcel.number, tracking_number });
        }
        if desk.dice.chance(5) {
            parcels.push(ShipParcel { parcel: 1 + desk.dice.below(3) as u32, tracking_number: None });
        }
    }
    let fulfillment_order_id = FulfillmentOrderId::new(view.id, work);
    Ship { fulfillment_order_id, carrier: Some("post".into()), service: None, parcels }.into()
}

/// A carrier's message; they come late, twice and in any order.
fn track(desk: &mut Desk<'_>, order: OrderId, parcel: u32, delivered_percent: u64) -> Request {
    let status = if desk.dice.chance(delivered_percent) {
        TrackingStatus::Delivered
    } else {
        *desk.dice.pick(<TrackingStatus as Code>::ALL).unwrap_or(&TrackingStatus::InTransit)
    };
    let late = if desk.dice.chance(3) { -3 * 86_400 } else { desk.dice.between(0, 7_200) };
    RecordTracking {
        parcel_id: ParcelId::new(order, parcel),
        status,
        occurred_at: desk.now.plus_seconds(-late),
        carrier_event: desk.dice.chance(80).then(|| format!("e{}", desk.number)),
        raw: None,
    }
    .into()
}

fn returned(desk: &mut Desk<'_>, view: &View) -> Option<Request> {
    let back: Vec<_> = view.lines.iter().filter(|line| line.returnable > 0).collect();
    let line = *desk.dice.pick(&back)?;
    Some(give_back(desk, view.id, line.number, line.returnable))
}

fn give_back(desk: &mut Desk<'_>, order_id: OrderId, line: u32, most: i64) -> Request {
    use StockAccount::{Available, Damaged, Loss, Packed, QualityControl, Quarantined};
    let states = [Available, Available, Available, QualityControl, Damaged, Quarantined, Loss];
    let state = if desk.dice.chance(3) { Packed } else { *desk.dice.pick(&states).unwrap_or(&Available) };
    let (least, too_many) = (i64::from(!desk.dice.chance(4)), i64::from(desk.dice.chance(5)));
    let quantity = Quantity(desk.dice.between(least, most + too_many));
    let input = ReturnInput { line, quantity, state, reason: "unwanted".into() };
    let lines = if desk.dice.chance(3) { Vec::new() } else { vec![input] };
    let credit = desk.dice.chance(15).then(|| Minor(desk.dice.between(0, 3_000)));
    let location_id = desk.location();
    ReceiveReturn { order_id, location_id, lines, credit, refund: desk.dice.chance(60) }.into()
}

/// Any command that is about an order, whether or not it makes sense.
fn anything(desk: &mut Desk<'_>, view: &View) -> Request {
    let order_id = if desk.dice.chance(2) { OrderId(Id(3)) } else { view.id };
    let small = |desk: &mut Desk<'_>| if desk.dice.chance(4) { 9 } else { 1 + desk.dice.below(3) as u32 };
    let work = |desk: &mut Desk<'_>| FulfillmentOrderId::new(order_id, small(desk));
    match desk.dice.below(37) {
        0 => SubmitOrder { order_id }.into(),
        1 => ConfirmOrder { order_id }.into(),
        2 => AllocateOrder { order_id }.into(),
        3 => ReleaseOrder { order_id }.into(),
        4..7 => {
            let line = view.lines.get(desk.dice.below(view.lines.len() as u64) as usize);
            let (number, open) = line.map_or((1, 1), |line| (line.number, line.unshipped));
            let number = if desk.dice.chance(3) { 9 } else { number };
            let most = open.max(1) + i64::from(desk.dice.chance(10));
            let least = i64::from(!desk.dice.chance(4));
            let quantity = desk.dice.chance(60).then(|| Quantity(desk.dice.between(least, most)));
            let line_id = LineId::new(order_id, number);
            CancelLine { line_id, quantity, reason: "unwanted".into(), refund: desk.dice.chance(60) }.into()
        }
        7 => CancelOrder { order_id, reason: "unwanted".into() }.into(),
        8..10 => {
            let kind = *desk.dice.pick(<ChargeKind as Code>::ALL).unwrap_or(&ChargeKind::Fee);
            let amount = if desk.dice.chance(5) { 0 } else { desk.dice.between(1, 300) };
            let sign = if (kind == ChargeKind::Discount) == desk.dice.chance(5) { 1 } else { -1 };
            let amount = if desk.dice.chance(4) { amount * 1_000 } else { amount };
            let tax = Minor(0);
            AddCharge { order_id, kind, amount: Minor(sign * amount), tax, label: Some("WISH".into()) }.into()
        }
        10 => CompleteOrder { order_id }.into(),
        11 => ExpireOrderReservation { order_id }.into(),
        12..14 => hold(desk, order_id).into(),
        14 => ReleaseHold { hold_id: HoldId::new(order_id, small(desk)), reason: None }.into(),
        15 => RejectHold { hold_id: HoldId::new(order_id, small(desk)), reason: None }.into(),
        16 => ReleaseHeldStock { order_id }.into(),
        17 => {
            let amount = desk.dice.between(0, 2_000);
            authorize(desk, order_id, Some(amount))
        }
        18 => RenewAuthorization { payment_id: PaymentId::new(order_id, small(desk)) }.into(),
        19 => VoidPayment { payment_id: PaymentId::new(order_id, small(desk)) }.into(),
        20 => ExpireAuthorization { payment_id: PaymentId::new(order_id, small(desk)) }.into(),
        21..23 => {
            let card = view.payments.iter().find(|payment| payment.open > 0);
            let amount = card.map_or(100, |card| card.open) + i64::from(desk.dice.chance(15));
            let least = i64::from(!desk.dice.chance(10));
            let amount = desk.dice.chance(60).then(|| Minor(desk.dice.between(least, amount)));
            let number = card.map_or(1, |card| card.number);
            let number = if desk.dice.chance(10) { small(desk) } else { number };
            CapturePayment { payment_id: PaymentId::new(order_id, number), amount }.into()
        }
        23 => CaptureDue { order_id }.into(),
        24 => money(desk, order_id, view.total - view.kept),
        25 => {
            let transaction_id = TransactionId::new(order_id, 40 + small(desk));
            RecordOutcome { transaction_id, outcome: GatewayOutcome::Unknown }.into()
        }
        26 => {
            let amount = desk.dice.between(0, view.kept.max(100));
            GrantRefund { order_id, amount: Minor(amount), reason: "goodwill".into() }.into()
        }
        27 => {
            // Without naming a location: a short pick that is refused moves nothing.
            Pick { fulfillment_order_id: work(desk), picks: Vec::new(), shorts: Vec::new() }.into()
        }
        28 => Pack { fulfillment_order_id: work(desk), lines: Vec::new(), weight_g: None }.into(),
        29 => Ship { fulfillment_order_id: work(desk), carrier: None, service: None, parcels: Vec::new() }.into(),
        30 => {
            let lines = vec![(small(desk), Quantity(desk.dice.between(0, 3)))];
            let lines = if desk.dice.chance(10) { Vec::new() } else { lines };
            ShipFromSupplier { order_id, lines }.into()
        }
        31 => {
            let parcel = small(desk);
            track(desk, order_id, parcel, 10)
        }
        32 => {
            let line = small(desk);
            give_back(desk, order_id, line, 2)
        }
        33 => {
            let owner = desk.dice.chance(70).then(|| "review".to_owned());
            HandOverHold { hold_id: HoldId::new(order_id, small(desk)), owner }.into()
        }
        34 => {
            let number = small(desk);
            hand_over(desk, view, number)
        }
        35 => {
            let note = Personal { id: desk.ids.nth(1), value: "call back".to_owned() };
            AddNote { order_id, note, mentions: desk.books.users.last().copied().into_iter().collect() }.into()
        }
        _ => {
            let lines =
                vec![LinePicked { line: small(desk), lot_id: None, quantity: Quantity(desk.dice.between(0, 2)) }];
            let fulfillment_order_id = work(desk);
            if desk.dice.chance(50) {
                Pack { fulfillment_order_id, lines, weight_g: None }.into()
            } else {
                Pick { fulfillment_order_id, picks: lines, shorts: Vec::new() }.into()
            }
        }
    }
}

fn hold(desk: &mut Desk<'_>, order_id: OrderId) -> ApplyHold {
    let all = <Step as Code>::ALL;
    let count = desk.dice.below(4);
    ApplyHold {
        order_id,
        kind: *desk.dice.pick(&[HoldKind::Manual, HoldKind::Fraud, HoldKind::Address]).unwrap_or(&HoldKind::Manual),
        steps: (0..count).filter_map(|_| desk.dice.pick(all).copied()).collect(),
        line: desk.dice.chance(25).then(|| 1 + desk.dice.below(3) as u32),
        reason: "look".into(),
        note: None,
        owner: Some("desk".into()),
        due_at: desk.dice.chance(50).then(|| desk.now.plus_seconds(desk.dice.between(1, 86_400))),
    }
}

/// A message of the gateway or a carrier about something that is long known.
pub fn blind(desk: &mut Desk<'_>, known: &[(TransactionId, GatewayOutcome)]) -> Option<Request> {
    let (transaction_id, outcome) = desk.dice.pick(known)?.clone();
    Some(RecordOutcome { transaction_id, outcome }.into())
}

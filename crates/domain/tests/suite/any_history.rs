//! Any history of commands, sensible or not, keeps every law.

use crate::shop::{SKUS, Shop, blank_order};
use proptest::prelude::*;
use waybill_domain::Code;
use waybill_domain::command::Command;
use waybill_domain::fulfillment::events::ShortReason;
use waybill_domain::fulfillment::hand_over::HandOverFulfillmentOrder;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::{LinePicked, LineShort, Pick};
use waybill_domain::fulfillment::ship::{Ship, ShipParcel};
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Minor, UnitPrice};
use waybill_domain::order::allocate::AllocateOrder;
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::charge::AddCharge;
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::confirm::ConfirmOrder;
use waybill_domain::order::hold::{ApplyHold, HandOverHold, RejectHold, ReleaseHeldStock, ReleaseHold};
use waybill_domain::order::note::AddNote;
use waybill_domain::order::place::{ChargeInput, LineInput, PaymentInput, PlaceOrder, SubmitOrder};
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::reservation::ExpireOrderReservation;
use waybill_domain::order::{ChargeKind, Destination, HoldKind, Step};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::payment::authorization::{AuthorizePayment, ExpireAuthorization, RenewAuthorization, VoidPayment};
use waybill_domain::payment::capture::CapturePayment;
use waybill_domain::payment::outcome::{GatewayOutcome, RecordOutcome};
use waybill_domain::payment::receive::RecordPayment;
use waybill_domain::payment::refund::GrantRefund;
use waybill_domain::personal::PersonalText;
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};
use waybill_domain::shipping::TrackingStatus;
use waybill_domain::shipping::track::RecordTracking;
use waybill_domain::stock::adjust::{AdjustLine, AdjustReason, AdjustStock};
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_domain::stock::reservation::{ExpireReservation, ReleaseReservation, ReserveStock};
use waybill_domain::stock::transfer::{ReceiveTransfer, ReceiveTransferLine, SendLine, SendTransfer};

/// What a step is made from; each command reads as many of the numbers as it needs.
type Dice = (u8, u8, u8, u8, u8);

fn sku(n: u8) -> String {
    SKUS[usize::from(n) % SKUS.len()].to_owned()
}

fn pick_one<T: Copy>(from: &[T], n: u8) -> T {
    from[usize::from(n) % from.len()]
}

fn place(shop: &mut Shop, (a, b, c, d, e): Dice) -> Command {
    let lines = (0..=a % 3)
        .map(|n| LineInput {
            sku: sku(b.wrapping_add(n)),
            quantity: Quantity(i64::from(c % 6) + 1),
            unit_price: UnitPrice(i64::from(d) * 12_345),
            discount: Minor(i64::from(e % 3)),
            tax: Minor(i64::from(d % 7)),
            note: None,
        })
        .collect();
    let charge = |kind, amount, tax| ChargeInput { kind, amount: Minor(amount), tax: Minor(tax), label: None };
    let charges = match e % 4 {
        0 => vec![],
        1 => vec![charge(ChargeKind::Shipping, 499, 95)],
        2 => vec![charge(ChargeKind::Shipping, 333, 0), charge(ChargeKind::Fee, 7, 1)],
        _ => vec![charge(ChargeKind::Discount, -5, -1)],
    };
    let token = PersonalText { id: shop.ids().nth(1), value: "t".into() };
    let method = pick_one(PaymentMethod::ALL, b / 4);
    let payment = PaymentInput { method, gateway: Some("sim".into()), token: Some(token), amount: None };
    // Of the latest few, whatever became of them; their item is among the lines or not.
    let reservations = if d % 3 == 0 { vec![] } else { shop.reservations(usize::from(d % 3)) };
    PlaceOrder {
        reservations,
        draft: e % 9 == 0,
        destination: Destination { country: Some("FR".into()), latitude_e1: Some(488), longitude_e1: Some(23) },
        lines,
        charges,
        payments: if a % 5 == 4 { vec![] } else { vec![payment] },
        ..blank_order()
    }
    .into()
}

/// The next sensible step of an order, so that histories get to its end.
fn advance(shop: &Shop, order_id: OrderId, (_, _, c, d, e): Dice) -> Option<Command> {
    let order = shop.world.order(order_id)?;
    if let Some(open) = order.transactions.iter().find(|one| one.is_open()) {
        let expires_at = Some(shop.now.plus_seconds(1_000));
        let outcome = GatewayOutcome::Succeeded { reference: None, expires_at };
        return Some(RecordOutcome { transaction_id: open.id(), outcome }.into());
    }
    if order.allocations.iter().any(|one| one.fulfillment_order == 0 && !one.allocated.is_zero()) {
        return Some(ReleaseOrder { order_id }.into());
    }
    let held = |state| order.allocations.iter().find(move |one| !one.quantity(state).is_zero());
    let work = |number| FulfillmentOrderId::new(order_id, number);
    if let Some(one) = held(StockAccount::Packed).filter(|_| e % 4 > 0) {
        let fulfillment_order_id = work(one.fulfillment_order);
        return Some(Ship { fulfillment_order_id, carrier: None, service: None, parcels: vec![] }.into());
    }
    if let Some(one) = held(StockAccount::Picked) {
        let fulfillment_order_id = work(one.fulfillment_order);
        return Some(Pack { fulfillment_order_id, lines: vec![], weight_g: None }.into());
    }
    if let Some(one) = held(StockAccount::Allocated) {
        let fulfillment_order_id = work(one.fulfillment_order);
        return Some(Pick { fulfillment_order_id, picks: vec![], shorts: vec![] }.into());
    }
    let shipped = order.parcels.iter().find(|parcel| parcel.shipment != 0 && parcel.ended_at.is_none());
    if let Some(parcel) = shipped {
        let status = pick_one(TrackingStatus::ALL, d);
        let occurred_at = shop.now.plus_seconds(i64::from(c) - 100);
        return Some(
            RecordTracking { parcel_id: parcel.id(), status, occurred_at, carrier_event: None, raw: None }.into(),
        );
    }
    (e % 2 == 0).then_some(CompleteOrder { order_id }.into())
}

/// A command that fits the shop as it is, more or less.
fn command(shop: &mut Shop, kind: u8, dice: Dice) -> Command {
    let (a, b, c, d, e) = dice;
    let location_id = pick_one(&shop.locations, a);
    let quantity = Quantity(i64::from(c % 5) + 1);
    // One of the latest few, so that some orders get far.
    let recent = &shop.orders[shop.orders.len().saturating_sub(3)..];
    let order_id = if recent.is_empty() { OrderId::NIL } else { pick_one(recent, b) };
    let fulfillment_order_id = FulfillmentOrderId::new(order_id, u32::from(a % 4 == 0) + 1);
    let payment_id = PaymentId::new(order_id, u32::from(a % 2) + 1);
    let hold_id = HoldId::new(order_id, u32::from(a % 2) + 1);
    let line = u32::from(d % 3) + 1;
    let reason = "any".to_owned();
    if kind >= 136
        && let Some(next) = advance(shop, order_id, dice)
    {
        return next;
    }
    match kind % 35 {
        0..=2 => place(shop, dice),
        3 | 4 => {
            let lines = vec![ReceiveLine { sku: sku(b), lot_id: LotId::NIL, quantity: Quantity(i64::from(c)) }];
            ReceiveStock { location_id, state: StockAccount::Available, reference: None, lines }.into()
        }
        5 => {
            let line = AdjustLine {
                sku: sku(b),
                lot_id: LotId::NIL,
                state: pick_one(&StockAccount::STATES[..1], c),
                to: (e % 2 == 0).then_some(StockAccount::Damaged),
                delta: i64::from(d) - 100,
            };
            AdjustStock { location_id, reason: AdjustReason::Count, reference: None, lines: vec![line] }.into()
        }
        6 => {
            let lines = vec![SendLine { sku: sku(b), lot_id: LotId::NIL, quantity }];
            SendTransfer { from_location_id: location_id, to_location_id: pick_one(&shop.locations, d), lines }.into()
        }
        7 => {
            let transfer_id = shop.world.transfers().next().map_or(TransferId::NIL, |transfer| transfer.head.id);
            let lines = vec![ReceiveTransferLine { line: 1, received: quantity, lost: Quantity(i64::from(e % 2)) }];
            ReceiveTransfer { transfer_id, lines }.into()
        }
        8 => {
            let (sku, lot_id) = (sku(b), LotId::NIL);
            ReserveStock { channel_id: None, sku, location_id, lot_id, quantity, seconds: 60 }.into()
        }
        9 => {
            let reservation_id = shop.world.reservations().last().map_or(ReservationId::NIL, |one| one.id);
            if e % 2 == 0 {
                ReleaseReservation { reservation_id }.into()
            } else {
                ExpireReservation { reservation_id }.into()
            }
        }
        10 => SubmitOrder { order_id }.into(),
        11 => ConfirmOrder { order_id }.into(),
        12 => AllocateOrder { order_id }.into(),
        13 | 14 => ReleaseOrder { order_id }.into(),
        15 => CancelLine {
            line_id: LineId::new(order_id, line),
            quantity: (e % 3 != 0).then_some(quantity),
            reason,
            refund: true,
        }
        .into(),
        16 => CancelOrder { order_id, reason }.into(),
        17 => CompleteOrder { order_id }.into(),
        18 => ExpireOrderReservation { order_id }.into(),
        19 => ApplyHold {
            order_id,
            kind: HoldKind::Manual,
            steps: vec![pick_one(Step::ALL, c)],
            line: (e % 2 == 0).then_some(line),
            reason,
            note: None,
            owner: None,
            due_at: Some(shop.now.plus_seconds(100)),
        }
        .into(),
        20 => match e % 6 {
            0 => RejectHold { hold_id, reason: None }.into(),
            1 => ReleaseHeldStock { order_id }.into(),
            2 => HandOverHold { hold_id, owner: (c % 2 == 0).then(|| "review".into()) }.into(),
            3 => HandOverFulfillmentOrder {
                fulfillment_order_id,
                from: (d % 2 == 0).then(|| "review".into()),
                assignee: (c % 3 > 0).then(|| "review".into()),
            }
            .into(),
            4 => AddNote {
                order_id,
                note: PersonalText { id: shop.ids().nth(1), value: "n".into() },
                mentions: Vec::new(),
            }
            .into(),
            _ => ReleaseHold { hold_id, reason: None }.into(),
        },
        21 => {
            let token = PersonalText { id: shop.ids().nth(1), value: "t".into() };
            AuthorizePayment { order_id, gateway: "sim".into(), token, amount: None }.into()
        }
        22 => match e % 3 {
            0 => RenewAuthorization { payment_id }.into(),
            1 => VoidPayment { payment_id }.into(),
            _ => ExpireAuthorization { payment_id }.into(),
        },
        23 => CapturePayment { payment_id, amount: (e % 2 == 0).then_some(Minor(i64::from(d))) }.into(),
        24 => {
            let method = if e % 2 == 0 { PaymentMethod::Transfer } else { PaymentMethod::Cash };
            RecordPayment { order_id, method, amount: Minor(i64::from(d) * 10 + 1), reference: None }.into()
        }
        25..=27 => {
            let open = shop.world.order(order_id).and_then(|order| order.transactions.iter().find(|one| one.is_open()));
            let transaction_id = open.map_or(TransactionId::new(order_id, 1), |open| open.id());
            let outcome = match e % 6 {
                0 => GatewayOutcome::Failed { code: "card_declined".into() },
                1 => GatewayOutcome::Unknown,
                _ => GatewayOutcome::Succeeded {
                    reference: Some("r".into()),
                    expires_at: Some(shop.now.plus_seconds(1_000)),
                },
            };
            RecordOutcome { transaction_id, outcome }.into()
        }
        28 => GrantRefund { order_id, amount: Minor(i64::from(d) + 1), reason }.into(),
        29 => {
            let picks = vec![LinePicked { line, lot_id: None, quantity }];
            let why = pick_one(ShortReason::ALL, c);
            let shorts = vec![LineShort { line, quantity: Quantity(1), reason: why }];
            match e % 4 {
                0 | 1 => Pick { fulfillment_order_id, picks: vec![], shorts: vec![] }.into(),
                2 => Pick { fulfillment_order_id, picks, shorts: vec![] }.into(),
                _ => Pick { fulfillment_order_id, picks: vec![], shorts }.into(),
            }
        }
        30 => {
            let lines = if e % 2 == 0 { vec![] } else { vec![LinePicked { line, lot_id: None, quantity }] };
            Pack { fulfillment_order_id, lines, weight_g: None }.into()
        }
        31 => {
            let one = ShipParcel { parcel: u32::from(c % 3) + 1, tracking_number: Some("T1".into()) };
            let parcels = if e % 3 == 0 { vec![one] } else { vec![] };
            Ship { fulfillment_order_id, carrier: None, service: None, parcels }.into()
        }
        32 => RecordTracking {
            parcel_id: ParcelId::new(order_id, u32::from(c % 3) + 1),
            status: pick_one(TrackingStatus::ALL, d),
            occurred_at: shop.now.plus_seconds(i64::from(e) - 100),
            carrier_event: None,
            raw: None,
        }
        .into(),
        33 => {
            let kind = pick_one(ChargeKind::ALL, c);
            let sign = if kind == ChargeKind::Discount { -1 } else { 1 };
            let (amount, tax) = (Minor(sign * i64::from(d)), Minor(sign * i64::from(e % 3)));
            AddCharge { order_id, kind, amount, tax, label: None }.into()
        }
        _ => {
            let state = pick_one(&[StockAccount::Available, StockAccount::Damaged, StockAccount::Loss], c);
            let lines = vec![ReturnInput { line, quantity, state, reason: "unwanted".into() }];
            let credit = (e % 4 == 0).then_some(Minor(i64::from(d)));
            ReceiveReturn { order_id, location_id, lines, credit, refund: e % 2 == 0 }.into()
        }
    }
}

proptest! {
    #[test]
    fn any_history_keeps_the_laws(steps in prop::collection::vec((any::<u8>(), any::<Dice>()), 1..120)) {
        let mut shop = Shop::open();
        for (kind, dice) in steps {
            let next = command(&mut shop, kind, dice);
            let _ = shop.run(next);
            shop.now = shop.now.plus_seconds(i64::from(dice.4));
            shop.check();
        }
    }
}

/// A few long histories reach the states that short ones do not.
#[test]
fn long_histories_reach_every_kind_of_event() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..60u64 {
        let mut shop = Shop::open();
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut roll = || {
            // xorshift64*: the same histories every time.
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56) as u8
        };
        for _ in 0..800 {
            let (kind, dice) = (roll(), (roll(), roll(), roll(), roll(), roll()));
            let next = command(&mut shop, kind, dice);
            let _ = shop.run(next);
            shop.now = shop.now.plus_seconds(i64::from(dice.4));
            shop.check();
        }
        seen.extend(shop.events.iter().map(|event| event.kind()));
    }
    let elsewhere = [
        "item.changed",
        "item.archived",
        "location.changed",
        "location.archived",
        "channel.changed",
        "channel.archived",
        "customer.created",
        "customer.changed",
        "customer.archived",
        "customer.note_added",
        "api_key.created",
        "api_key.revoked",
        "settings.changed",
        "webhook_endpoint.created",
        "webhook_endpoint.changed",
        "webhook_endpoint.secret_rotated",
        "webhook_endpoint.enabled",
        "webhook_endpoint.disabled",
        "webhook_endpoint.archived",
        "webhook_endpoint.replay_requested",
        "user.invited",
        "user.joined",
        "user.changed",
        "user.archived",
        "user.password_set",
        "user.totp_enrolled",
        "user.totp_confirmed",
        "user.totp_removed",
        "user.identity_bound",
        "user.identity_removed",
        "user.sessions_ended",
        "user.link_offered",
        "supplier.shipped",
    ];
    let missed: Vec<&str> = waybill_domain::event::Event::KINDS
        .iter()
        .map(|(kind, _)| *kind)
        .filter(|kind| !seen.contains(kind) && !elsewhere.contains(kind))
        .collect();
    assert_eq!(missed, Vec::<&str>::new(), "kinds of event that no history reached");
}

//! Place an order, or keep it as a draft.

use super::charge::{check_sign, check_total};
use super::confirm::promise;
use super::events::{OrderPlaced, OrderSubmitted, PlacedCharge, PlacedLine, PlacedPayment};
use super::priority::priority;
use super::records::{ChargeKind, Destination, Lifecycle, Order};
use super::{OrderNumber, OrderRefusal};
use crate::attempt::{Attempt, Origin};
use crate::command::{Outcome, Stop};
use crate::customer::Tier;
use crate::event::Event;
use crate::ids::{ChannelId, OrderId, ReservationId};
use crate::money::{Currency, Minor, UnitPrice, line_total};
use crate::payment::PaymentMethod;
use crate::personal::{PersonalAddress, PersonalParty, PersonalText};
use crate::quantity::Quantity;
use crate::refusal::{Problem, Refusals};
use crate::stock::reservation::{Reservation, ReservationState};
use crate::time::Date;
use crate::world::World;
use std::collections::BTreeSet;

/// An order from any channel. Placing verifies it, promises stock and starts the payment; a draft only keeps it.
#[derive(Clone, Debug)]
pub struct PlaceOrder {
    pub draft: bool,
    /// The channel's code.
    pub channel: String,
    /// The channel's own number of the order; unique within the channel.
    pub external_ref: Option<String>,
    pub currency: Currency,
    /// The code of a known customer.
    pub customer: Option<String>,
    pub party: Option<PersonalParty>,
    pub ship_to: Option<PersonalAddress>,
    pub destination: Destination,
    pub instructions: Option<PersonalText>,
    pub po_number: Option<String>,
    /// The day the customer wants it, at the destination.
    pub requested_by: Option<Date>,
    pub lines: Vec<LineInput>,
    pub charges: Vec<ChargeInput>,
    pub payments: Vec<PaymentInput>,
    /// Active reservations of its cart, whose units go to the order's lines before anything else does; what the lines do
    /// not want goes back. A draft takes none.
    pub reservations: Vec<ReservationId>,
}

#[derive(Clone, Debug)]
pub struct LineInput {
    pub sku: String,
    pub quantity: Quantity,
    pub unit_price: UnitPrice,
    /// Off the whole line; not below zero.
    pub discount: Minor,
    /// On top of the whole line.
    pub tax: Minor,
    pub note: Option<PersonalText>,
}

#[derive(Clone, Debug)]
pub struct ChargeInput {
    pub kind: ChargeKind,
    /// 0 or less for a discount, 0 or more for every other kind; history may have these below zero too.
    pub amount: Minor,
    pub tax: Minor,
    pub label: Option<String>,
}

#[derive(Clone, Debug)]
pub struct PaymentInput {
    pub method: PaymentMethod,
    /// Needed for cards.
    pub gateway: Option<String>,
    pub token: Option<PersonalText>,
    /// None for everything not paid by the others.
    pub amount: Option<Minor>,
}

/// Turns a draft into a placed order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitOrder {
    pub order_id: OrderId,
}

pub const LINES_MAX: usize = 5_000;

/// Every problem at once, each with its path in the order.
pub fn place_order(world: &World, command: &PlaceOrder, attempt: &Attempt) -> Outcome {
    let mut problems = Vec::new();
    let channel = world.catalog.channel_by_code(&command.channel).filter(|channel| !channel.archived);
    if channel.is_none() {
        problems.push(Problem::new(
            "channel",
            "unknown_channel",
            format!("no channel has the code {}", command.channel),
        ));
    }
    let customer = command
        .customer
        .as_ref()
        .map(|code| (code, world.customer_by_code(code).filter(|customer| !customer.archived)));
    if let Some((code, None)) = customer {
        problems.push(Problem::new("customer.code", "unknown_customer", format!("no customer has the code {code}")));
    }
    let customer = customer.and_then(|(_, customer)| customer);
    if command.lines.is_empty() && command.charges.is_empty() {
        problems.push(Problem::new("lines", "empty", "an order needs at least one line or charge"));
    }
    if command.lines.len() > LINES_MAX {
        problems.push(Problem::new("lines", "too_many", format!("an order has at most {LINES_MAX} lines")));
    }
    let lines = check_lines(world, command, &mut problems);
    let charges = check_charges(command, &mut problems);
    let total: i128 = lines.iter().map(|line| i128::from(line.total.0) + i128::from(line.tax.0)).sum::<i128>()
        + charges.iter().map(|charge| i128::from(charge.amount.0) + i128::from(charge.tax.0)).sum::<i128>();
    let total = i64::try_from(total).map(Minor).ok().filter(|total| total.is_valid());
    if total.is_none() {
        problems.push(Problem::new("totals", "out_of_range", "the order's total is larger than can be accounted for"));
    }
    let payments = check_payments(command, total.unwrap_or_default(), attempt.origin, &mut problems);
    check_named(command, &mut problems);
    let mut refused = Refusals::default();
    for (n, charge) in charges.iter().enumerate() {
        let (amount, tax) = (charge.amount.of(command.currency), charge.tax.of(command.currency));
        if let Err(refusal) = check_sign(charge.kind, amount, tax, attempt.origin) {
            refused.add(format!("charges[{n}].amount_minor"), refusal);
        }
    }
    if problems.is_empty() {
        // Only now is the total that of every line.
        if let Some(Err(refusal)) = total.map(|total| check_total(total.of(command.currency), attempt.origin)) {
            refused.add("totals", refusal);
        }
        refused.none()?;
    } else {
        problems.extend(refused.into_problems());
    }
    let (Some(channel), true) = (channel, problems.is_empty()) else {
        return Err(OrderRefusal::Invalid { problems }.into());
    };
    if let Some(external_ref) = &command.external_ref
        && let Some(order_id) = world.order_by_external_ref(channel.id, external_ref)
    {
        return Err(OrderRefusal::DuplicateExternalRef { external_ref: external_ref.clone(), order_id }.into());
    }
    let reservations = reserved(world, command, channel.id, &lines, attempt)?;

    // From here on the command succeeds.
    let total = total.unwrap_or_default();
    let tier = customer.map_or(Tier::Standard, |customer| customer.tier);
    let placed = OrderPlaced {
        order: attempt.ids.nth(0),
        number: attempt.order_number.unwrap_or(OrderNumber(0)),
        channel: channel.id,
        external_ref: command.external_ref.clone(),
        customer: customer.map(|customer| customer.id),
        party: command.party.as_ref().map(|party| party.id).or(customer.and_then(|customer| customer.party_id)),
        ship_to: command.ship_to.as_ref().map(|address| address.id),
        country: command.destination.country.clone(),
        latitude_e1: command.destination.latitude_e1,
        longitude_e1: command.destination.longitude_e1,
        instructions: command.instructions.as_ref().map(|text| text.id),
        po_number: command.po_number.clone(),
        currency: command.currency,
        requested_by: command.requested_by,
        at: attempt.now,
        priority: priority(attempt.now, command.requested_by, tier, total, command.currency.exponent()),
        lines,
        charges,
        payments,
        reservations: command.reservations.clone(),
    };
    if command.draft {
        return Ok(vec![Event::OrderDrafted(placed)]);
    }
    let order = Order::from_placed(&placed, Lifecycle::Placed, attempt.origin);
    let mut events = Vec::with_capacity(4);
    events.push(Event::OrderPlaced(placed));
    promise(world, &order, &reservations, attempt, &mut events);
    Ok(events)
}

fn check_named(command: &PlaceOrder, problems: &mut Vec<Problem>) {
    let named = &command.reservations;
    if command.draft && !named.is_empty() {
        problems.push(Problem::new("reservations", "draft", "a draft keeps no stock, so it takes no reservations"));
    }
    if named.len() > LINES_MAX {
        let message = format!("an order takes at most {LINES_MAX} reservations");
        problems.push(Problem::new("reservations", "too_many", message));
        return;
    }
    let mut seen = BTreeSet::new();
    for (n, id) in named.iter().enumerate().filter(|(_, id)| !seen.insert(**id)) {
        problems.push(Problem::new(format!("reservations[{n}]"), "repeated", format!("{id} is named before")));
    }
}

/// The reservations named, where each can become the order's.
fn reserved<'a>(
    world: &'a World,
    command: &PlaceOrder,
    channel: ChannelId,
    lines: &[PlacedLine],
    attempt: &Attempt,
) -> Result<Vec<&'a Reservation>, Stop> {
    let mut refused = Refusals::default();
    let mut reservations = Vec::with_capacity(command.reservations.len());
    for (n, id) in command.reservations.iter().enumerate() {
        let obstacle = match world.reservation(*id) {
            // Kept for another channel's carts: unknown to this one.
            Some(one) if one.channel_id.is_none_or(|kept_for| kept_for == channel) => match one.state_at(attempt.now) {
                ReservationState::Active if lines.iter().any(|line| line.item == one.item_id) => {
                    reservations.push(one);
                    continue;
                }
                ReservationState::Active => OrderRefusal::ReservationNotWanted { reservation_id: *id },
                state @ (ReservationState::Converted | ReservationState::Released | ReservationState::Expired) => {
                    OrderRefusal::ReservationEnded { reservation_id: *id, state }
                }
            },
            Some(_) | None => OrderRefusal::UnknownReservation { reservation_id: *id },
        };
        refused.add(format!("reservations[{n}]"), obstacle);
    }
    refused.none()?;
    Ok(reservations)
}

fn check_lines(world: &World, command: &PlaceOrder, problems: &mut Vec<Problem>) -> Vec<PlacedLine> {
    let mut lines = Vec::with_capacity(command.lines.len());
    for (n, line) in command.lines.iter().enumerate() {
        let path = |field: &str| format!("lines[{n}].{field}");
        let before = problems.len();
        let item = world.catalog.item_by_sku(&line.sku).filter(|item| !item.archived);
        if item.is_none() {
            problems.push(Problem::new(path("sku"), "unknown_sku", format!("no item has the SKU {}", line.sku)));
        }
        if !line.quantity.is_valid_demand() {
            problems.push(Problem::new(path("quantity"), "out_of_range", "must be 1 to 1,000,000,000,000"));
        }
        if !(0..=UnitPrice::MAX.0).contains(&line.unit_price.0) {
            problems.push(Problem::new(path("unit_price"), "out_of_range", "must be 0 to 10,000,000,000"));
        }
        if line.discount.0 < 0 || !line.discount.is_valid() {
            problems.push(Problem::new(path("discount_minor"), "out_of_range", "must be 0 to 10,000,000,000,000"));
        }
        if line.tax.0 < 0 || !line.tax.is_valid() {
            problems.push(Problem::new(path("tax_minor"), "out_of_range", "must be 0 to 10,000,000,000,000"));
        }
        let (Some(item), true) = (item, problems.len() == before) else {
            continue;
        };
        match line_total(line.unit_price, line.quantity, item.precision, line.discount, command.currency) {
            Some(total) if total.0 >= 0 => lines.push(PlacedLine {
                line: n as u32 + 1,
                item: item.id,
                sku: line.sku.clone(),
                supply: item.supply,
                precision: item.precision,
                quantity: line.quantity,
                unit_price: line.unit_price,
                discount: line.discount,
                tax: line.tax,
                total,
                note: line.note.as_ref().map(|note| note.id),
            }),
            Some(_) => problems.push(Problem::new(
                path("discount_minor"),
                "exceeds_line",
                "the discount is larger than the line it is taken off",
            )),
            None => problems.push(Problem::new(
                path("unit_price"),
                "out_of_range",
                "price times quantity is larger than can be accounted for",
            )),
        }
    }
    lines
}

fn check_charges(command: &PlaceOrder, problems: &mut Vec<Problem>) -> Vec<PlacedCharge> {
    let mut charges = Vec::with_capacity(command.charges.len());
    if command.charges.len() > LINES_MAX {
        problems.push(Problem::new("charges", "too_many", format!("an order has at most {LINES_MAX} charges")));
    }
    for (n, charge) in command.charges.iter().enumerate() {
        if !charge.amount.is_valid() || !charge.tax.is_valid() {
            let range = "must be within 10,000,000,000,000 either way";
            problems.push(Problem::new(format!("charges[{n}].amount_minor"), "out_of_range", range));
        }
        charges.push(PlacedCharge {
            kind: charge.kind,
            amount: charge.amount,
            tax: charge.tax,
            label: charge.label.clone(),
        });
    }
    charges
}

/// Payments with their amounts; at most one may leave its amount open.
fn check_payments(
    command: &PlaceOrder,
    total: Minor,
    origin: Origin,
    problems: &mut Vec<Problem>,
) -> Vec<PlacedPayment> {
    let given: i128 =
        command.payments.iter().filter_map(|payment| payment.amount).map(|amount| i128::from(amount.0)).sum();
    let rest = i64::try_from(i128::from(total.0) - given).map_or(Minor::ZERO, Minor);
    let mut open = 0;
    let mut payments = Vec::with_capacity(command.payments.len());
    for (n, payment) in command.payments.iter().enumerate() {
        let path = |field: &str| format!("payments[{n}].{field}");
        if payment.amount.is_some_and(|amount| !(1..=Minor::MAX.0).contains(&amount.0)) {
            problems.push(Problem::new(path("amount_minor"), "out_of_range", "must be 1 to 10,000,000,000,000"));
        }
        open += usize::from(payment.amount.is_none());
        if payment.method == PaymentMethod::Card && (payment.token.is_none() || payment.gateway.is_none()) {
            problems.push(Problem::new(path("token"), "missing", "a card payment needs the gateway's token"));
        }
        let amount = payment.amount.unwrap_or(rest);
        if payment.method == PaymentMethod::Card && amount.0 <= 0 && problems.is_empty() {
            // Nothing to authorize: a free order needs no card.
            continue;
        }
        payments.push(PlacedPayment {
            method: payment.method,
            amount,
            gateway: payment.gateway.clone().filter(|_| payment.method == PaymentMethod::Card),
            token: payment.token.as_ref().map(|token| token.id),
        });
    }
    // What history says was paid was paid. Where something else is wrong the total is not known.
    if origin != Origin::Import
        && problems.is_empty()
        && given > i128::from(total.0.max(0))
        && let Some(last) = command.payments.iter().rposition(|payment| payment.amount.is_some())
    {
        let path = format!("payments[{last}].amount_minor");
        problems.push(Problem::new(path, "exceeds_total", "the payments come to more than the order"));
    }
    if open > 1 {
        problems.push(Problem::new("payments", "ambiguous", "only one payment may leave its amount open"));
    }
    payments
}

/// Stock and payment are decided on what is true now; prices stay as drafted.
pub fn submit_order(world: &World, command: &SubmitOrder, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    if order.head.lifecycle != Lifecycle::Draft {
        return Err(world.wrong_lifecycle(order, "a draft").into());
    }
    let mut events = vec![Event::OrderSubmitted(OrderSubmitted { order: command.order_id, at: attempt.now })];
    promise(world, order, &[], attempt, &mut events);
    Ok(events)
}

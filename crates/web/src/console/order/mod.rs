//! One order: what is true now, what blocks it, who owes what, and everything that happened.

pub mod act;
pub mod ask;
pub mod dialog;
mod effect;
mod lines;
mod money;
mod obstacle;
mod parcels;
pub mod timeline;
mod wording;

use super::form;
use super::frame::{Frame, ORDERS};
use super::html::Html;
use super::look::{self, Look};
use super::people::People;
use super::{page, status};
use crate::api::orders::order_id;
use crate::ask::InPath;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use act::{Act, Offer};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
pub use effect::Effect;
use lines::Line;
pub use lines::amount_of;
use money::Money;
pub use money::costs;
use parcels::ParcelRow;
use timeline::Day;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::fulfillment::{FulfillmentOrder, FulfillmentState};
use waybill_domain::order::{Hold, HoldState, Lifecycle};
use waybill_domain::payment::{PaymentTransaction, TransactionKind, TransactionState};
use waybill_domain::personal::{Address, Party};
use waybill_domain::shipping::{Parcel, ParcelState};
use waybill_store::read::order::{self, OrderDetail, OrderKey};
use waybill_store::read::queue::Stage;
use waybill_store::read::{Viewer, catalog, timeline as events, why};

/// One box of the row at the top: a label, a status, and what stands behind it.
#[derive(Debug)]
pub struct Axis {
    pub name: &'static str,
    pub value: Html,
    pub beside: String,
}

/// An active hold.
#[derive(Debug)]
pub struct HoldCard {
    /// What can be done to it.
    pub offers: Vec<Offer>,
    /// The keys are for this one.
    pub is_first: bool,
    pub name: &'static str,
    pub blocks: String,
    pub about: String,
    pub since: Html,
    pub due: Option<Html>,
    pub owner: Option<String>,
    pub reason: String,
    /// What the gateway was asked, and what it said, where that is what the hold is about.
    pub call: Option<(Html, Html)>,
    pub note: Option<String>,
}

/// The primary act of the page.
#[derive(Debug)]
struct NextStep {
    words: String,
    path: String,
    /// It begins with a dialog; the work at a location has a page of its own.
    asks: bool,
}

#[derive(Template)]
#[template(path = "order/order.html")]
struct OrderPage {
    frame: Frame,
    id: String,
    number: String,
    channel: String,
    who: String,
    placed: Html,
    total: String,
    axes: Vec<Axis>,
    holds: Vec<HoldCard>,
    /// The step that comes next, where no hold is in its way.
    next: Option<NextStep>,
    refund: Option<Offer>,
    /// Everything that can be done to the order as a whole, what is forbidden now with its reason.
    offers: Vec<Offer>,
    /// Where a note is sent, for those who may write one, and the key it is sent with.
    note: Option<(String, String)>,
    lines: Vec<Line>,
    summary: String,
    parcels: Vec<ParcelRow>,
    money: Money,
    days: Vec<Day>,
    reasons: Vec<(Html, Html)>,
    customer: Option<String>,
    party: Option<Party>,
    ship_to: Vec<String>,
    external_ref: Option<String>,
    po_number: Option<String>,
    instructions: Option<String>,
    origin: String,
    customer_page: String,
}

/// `GET /orders/{id}`: by id or number.
pub async fn order(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    InPath(text): InPath<String>,
) -> Result<Response, Problem> {
    let viewer = caller.viewer();
    let id = order_id(&state, &caller, &text).await?;
    let found = order::order(state.store(), &viewer, OrderKey::Id(id)).await?;
    let detail = found.ok_or_else(|| Problem::not_found("such order"))?;
    let items: Vec<_> = detail.lines.iter().map(|(line, _)| line.item_id).collect();
    let names = catalog::item_names(state.store(), &items).await?;
    let history = events::of_order(state.store(), &viewer, id, 0).await?;
    let notes = events::notes(state.store(), &viewer, id).await?;
    let reasons = why::of_order(state.store(), &viewer, id).await?;
    let offers = act::offers(&state, &caller, &detail).await?;
    let owners = detail.holds.iter().filter_map(|(hold, _)| hold.owner.as_deref());
    let handed = timeline::handed_over_to(&history);
    let named = history.iter().map(|event| event.actor.as_str()).chain(owners);
    let named = named.chain(handed.iter().map(String::as_str));
    let people = People::around(&state, &caller, notes.iter(), named).await?;
    let head = &detail.head;
    let mut frame = Frame::new(&state, &caller, ORDERS, head.number.to_string()).await?;
    frame.position = detail.position;
    let lines: Vec<Line> =
        detail.lines.iter().map(|(line, note)| Line::new(line, note, &names, &detail, &offers)).collect();
    let holds = hold_cards(&detail, &offers, &people, &look);
    let next = if holds.is_empty() { next_step(&offers, &detail, &viewer) } else { None };
    let write_note = offers.iter().find(|offer| offer.act == Act::Note);

    Ok(page(&OrderPage {
        id: head.id.to_string(),
        number: head.number.to_string(),
        channel: detail.channel.clone(),
        who: who(&detail),
        placed: look.ago(head.placed_at),
        total: look::money(head.total(), head.currency),
        axes: axes(&detail, &look),
        note: write_note.map(|offer| (offer.path.clone(), form::key(&state))),
        refund: offers.iter().find(|offer| offer.act == Act::Refund && offer.obstacle.is_none()).cloned(),
        next,
        holds,
        summary: lines::summary(&detail),
        lines,
        parcels: parcels::rows(&detail, &look),
        money: Money::of(&detail, &offers),
        days: timeline::days(&history, &notes, &reasons, &detail, &people, &look),
        reasons: reasons.iter().map(|one| (look.moment(one.happened_at), look.told(&one.sentence))).collect(),
        customer: detail.customer.clone(),
        ship_to: detail.ship_to.as_ref().map(address).unwrap_or_default(),
        external_ref: head.external_ref.clone(),
        po_number: head.po_number.clone(),
        instructions: detail.instructions.clone(),
        origin: status::words(waybill_domain::Code::code(head.origin)),
        customer_page: crate::portal::link_path(&state, id).await?,
        party: detail.party,
        offers: offers.into_iter().filter(|offer| offer.act.is_about_all()).collect(),
        frame,
    }))
}

/// The name of who ordered, or the customer's code where the name was erased or never given.
pub fn who(detail: &OrderDetail) -> String {
    let party = detail.party.as_ref();
    let named = party.and_then(|party| party.name.clone().or_else(|| party.company.clone()));
    named.or_else(|| detail.customer.clone()).unwrap_or_else(|| "No name".to_owned())
}

pub fn address(address: &Address) -> Vec<String> {
    let city = [Some(&address.postal_code), Some(&address.city), Some(&address.region)];
    let city: Vec<&str> = city.into_iter().flatten().filter_map(|part| part.as_deref()).collect();
    let lines = [
        address.name.clone(),
        address.company.clone(),
        address.line1.clone(),
        address.line2.clone(),
        Some(city.join(" ")),
        Some(address.country.clone()),
        address.phone.clone(),
    ];
    lines.into_iter().flatten().filter(|line| !line.is_empty()).collect()
}

pub fn axes(detail: &OrderDetail, look: &Look) -> Vec<Axis> {
    let head = &detail.head;
    let money = |amount| look::money(amount, head.currency);
    let units = |of: fn(&waybill_domain::order::OrderLine) -> waybill_domain::quantity::Quantity| -> i64 {
        detail.lines.iter().map(|(line, _)| of(line).0 / 10_i64.pow(line.precision.min(9))).sum()
    };
    let (wanted, shipped) = (units(|line| line.wanted()), units(|line| line.shipped));
    let (delivered, returned) = (units(|line| line.delivered), units(|line| line.returned));
    let since = match head.lifecycle {
        Lifecycle::Draft | Lifecycle::Placed => Some(head.placed_at),
        Lifecycle::Confirmed => head.confirmed_at,
        Lifecycle::Completed | Lifecycle::Cancelled => head.ended_at,
    };
    let promise = head.requested_by.map_or_else(
        || (Html::of("<span class=\"st none\">–</span>"), "no day was asked for".to_owned()),
        |day| (Html::text(&look.day(day)), "the day it is wanted".to_owned()),
    );
    vec![
        Axis {
            name: "Lifecycle",
            value: status::lifecycle(head.lifecycle),
            beside: since.map(|at| format!("since {}", look.short(at))).unwrap_or_default(),
        },
        Axis {
            name: "Payment",
            value: status::payment(head.payment_status),
            beside: format!("{} of {}", money(head.kept()), money(head.total() - detail.owed().credited)),
        },
        Axis {
            name: "Fulfillment",
            value: status::fulfillment(head.fulfillment_status),
            beside: format!("{} of {}", look::number(shipped), look::plural(wanted, "unit")),
        },
        Axis {
            name: "Delivery",
            value: status::delivery(head.delivery_status),
            beside: format!("{} of {}", look::number(delivered), look::plural(wanted, "unit")),
        },
        Axis {
            name: "Returns",
            value: status::returns(head.return_status),
            beside: if returned == 0 { "nothing came back".to_owned() } else { look::plural(returned, "unit") },
        },
        Axis { name: "Wanted by", value: promise.0, beside: promise.1 },
    ]
}

/// What one would do next: an act that the rules allow, or the work that waits at a location.
fn next_step(offers: &[Offer], detail: &OrderDetail, viewer: &Viewer) -> Option<NextStep> {
    let possible = |act: Act| offers.iter().find(|offer| offer.act == act && offer.obstacle.is_none());
    let step = |acts: &[Act]| {
        let offer = acts.iter().find_map(|act| possible(*act))?;
        Some(NextStep { words: offer.words.to_owned(), path: offer.path.clone(), asks: true })
    };
    step(&[Act::Submit, Act::Confirm, Act::Release])
        .or_else(|| work(detail, viewer))
        .or_else(|| step(&[Act::ShipFromSupplier, Act::Allocate, Act::Complete]))
}

/// The first work that waits at a location, for those who may do it there.
fn work(detail: &OrderDetail, viewer: &Viewer) -> Option<NextStep> {
    if !viewer.may(Permission::FulfillmentWrite) {
        return None;
    }
    let is_open = |work: &&FulfillmentOrder| {
        matches!(work.state, FulfillmentState::Open | FulfillmentState::InProgress)
            && viewer.actor().locations.contains(&work.location_id)
    };
    let open = detail.fulfillment_orders.iter().filter(is_open);
    let waits: Vec<_> = open.filter_map(|work| Some((work, stage(detail, work)?))).collect();
    let (first, stage) = waits.first()?;
    let (id, place) = (first.id(), detail.locations.get(&first.location_id).filter(|_| waits.len() > 1));
    let (verb, path) = match stage {
        Stage::Pick => ("Pick", format!("/pick/{id}")),
        Stage::Pack => ("Pack", format!("/pack/{id}")),
        Stage::Ship => ("Ship", format!("/ship?work={id}")),
    };
    let words = place.map_or_else(|| verb.to_owned(), |place| format!("{verb} at {place}"));
    Some(NextStep { words, path, asks: false })
}

/// What is to be done next for some work; None where it only waits.
fn stage(detail: &OrderDetail, work: &FulfillmentOrder) -> Option<Stage> {
    let mut units = detail.allocations.iter().filter(|one| one.fulfillment_order == work.number);
    let is_packed = |parcel: &Parcel| parcel.fulfillment_order == work.number && parcel.state == ParcelState::Packed;
    if units.clone().any(|one| !one.allocated.is_zero()) {
        Some(Stage::Pick)
    } else if units.any(|one| !one.picked.is_zero()) {
        Some(Stage::Pack)
    } else {
        detail.parcels.iter().any(is_packed).then_some(Stage::Ship)
    }
}

fn hold_cards(detail: &OrderDetail, offers: &[Offer], people: &People, look: &Look) -> Vec<HoldCard> {
    let active = detail.holds.iter().filter(|(hold, _)| hold.state == HoldState::Active);
    let mut cards: Vec<HoldCard> =
        active.map(|(hold, note)| card(hold, note.clone(), detail, offers, people, look)).collect();
    if let Some(first) = cards.first_mut() {
        first.is_first = true;
    }
    cards
}

/// `3 lines · 4 units ordered`.
pub fn summary_of(detail: &OrderDetail) -> String {
    lines::summary(detail)
}

/// The call to a gateway that a hold is about: the last one before it was put on, and how that ended.
fn call_behind(hold: &Hold, detail: &OrderDetail, look: &Look) -> Option<(Html, Html)> {
    let of_payment = |one: &&PaymentTransaction| hold.payment != 0 && one.payment == hold.payment;
    let before = detail.transactions.iter().filter(of_payment).filter(|one| one.requested_at <= hold.applied_at);
    let one = before.max_by_key(|one| one.number)?;
    let amount = Html::text(&look::money(one.amount, detail.head.currency));
    let asked = Html::of(format!("{} of {amount}, {}", look::capital(call(one.kind)), look.moment(one.requested_at)));
    let answer = match (one.state, &one.code) {
        (TransactionState::Failed, Some(code)) => Html::text(&status::words(code)),
        (state, _) => Html::text(&status::words(state.code())),
    };
    Some((asked, answer))
}

/// A hold as a page shows it.
pub fn card(
    hold: &Hold,
    note: Option<String>,
    detail: &OrderDetail,
    offers: &[Offer],
    people: &People,
    look: &Look,
) -> HoldCard {
    let about = [Act::ReleaseHold(hold.number), Act::RejectHold(hold.number), Act::HandOver(hold.number)];
    HoldCard {
        offers: offers.iter().filter(|offer| about.contains(&offer.act)).cloned().collect(),
        is_first: false,
        name: status::hold_words(hold.kind),
        blocks: status::steps(&hold.steps.list()),
        about: if hold.line == 0 { "the whole order".to_owned() } else { format!("line {}", hold.line) },
        since: look.ago(hold.applied_at),
        due: hold.due_at.map(|at| look.moment(at)),
        owner: hold.owner.as_deref().map(|owner| people.owner(owner)),
        reason: status::words(&hold.reason),
        call: call_behind(hold, detail, look),
        note,
    }
}

/// What a call to a gateway was for.
fn call(kind: TransactionKind) -> &'static str {
    match kind {
        TransactionKind::Authorize => "authorization",
        TransactionKind::Capture => "capture",
        TransactionKind::Void => "void",
        TransactionKind::Refund => "refund",
    }
}

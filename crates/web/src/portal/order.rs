//! One order as its customer sees it.

use super::is_customers;
use super::language::Language;
use super::link;
use super::message::Letter;
use crate::ask::{self, InPath};
use crate::console::{Html, ShownBrand, look, page, shape, tracking};
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use waybill_domain::actor::{Actor, Door, Permission, Principal};
use waybill_domain::ids::OrderId;
use waybill_domain::money::Minor;
use waybill_domain::order::cancel::CancelOrder;
use waybill_domain::order::{ChargeKind, DeliveryStatus, Lifecycle, OrderLine, PaymentStatus};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::quantity::Quantity;
use waybill_domain::shipping::ParcelState;
use waybill_domain::time::Date;
use waybill_engine::{Submission, SubmitError};
use waybill_store::read::Viewer;
use waybill_store::read::catalog;
use waybill_store::read::order::{self, OrderDetail, OrderKey};
use waybill_store::read::timeline::{self, Note};

/// The sentence for an order that a hold keeps.
const HELD: &str = "now-held";

/// A step of the way, with a shape that says how far it is.
#[derive(Debug)]
struct Step {
    tone: &'static str,
    shape: Html,
    name: String,
    beside: String,
}

/// Something that is on its way, or waited for.
#[derive(Debug)]
struct Part {
    shape: Html,
    name: String,
    when: String,
    contents: String,
    tracking: Option<Tracking>,
}

/// Under which number a carrier has a parcel.
#[derive(Debug)]
struct Tracking {
    carrier: String,
    number: String,
    /// Where the carrier tells more.
    href: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "order.html")]
pub struct OrderPage {
    brand: Arc<ShownBrand>,
    language: &'static Language,
    others: Vec<&'static Language>,
    path: String,
    title: String,
    whose: String,
    now: String,
    /// Whether it is held and the headline says something else.
    is_held: bool,
    steps: Vec<Step>,
    parts: Vec<Part>,
    /// Label, amount, and the class of the row.
    costs: Vec<(String, String, &'static str)>,
    can_cancel: bool,
    cancel_hint: String,
    has_ended: bool,
    said: Option<String>,
    /// Where the customer is asked once more before the order is cancelled.
    cancel: Option<Cancel>,
    letter: Letter,
}

#[derive(Debug)]
struct Cancel {
    title: String,
    effect: String,
    key: String,
}

#[derive(Template)]
#[template(path = "gone.html")]
struct GonePage {
    brand: Arc<ShownBrand>,
    language: &'static Language,
}

/// What a page is made of.
pub struct Seen {
    brand: Arc<ShownBrand>,
    pub path: String,
    pub detail: OrderDetail,
    /// What the customer wrote so far.
    pub messages: Vec<Note>,
    names: std::collections::BTreeMap<waybill_domain::ids::ItemId, String>,
    pub language: &'static Language,
    pub today: Date,
}

/// Who acts here: whoever has the link of one order. What they may do is what these pages offer.
pub fn customer() -> Arc<Actor> {
    let may = [Permission::OrdersRead, Permission::OrdersWrite];
    Arc::new(Actor::new(Principal::CUSTOMER, Door::Portal, &may))
}

/// What a page shows; None where the link is none.
///
/// # Errors
/// Where the store does not answer.
pub async fn seen(state: &WebState, token: &str, language: &'static Language) -> Result<Option<Seen>, Problem> {
    let Some(id) = link::order(state, token).await? else { return Ok(None) };
    let Some(detail) = order::order(state.store(), &Viewer::from(customer()), OrderKey::Id(id)).await? else {
        return Ok(None);
    };
    let mut messages = timeline::notes(state.store(), &Viewer::from(customer()), id).await?;
    messages.retain(|note| is_customers(&note.actor));
    let items: Vec<_> = detail.lines.iter().map(|(line, _)| line.item_id).collect();
    let names = catalog::item_names(state.store(), &items).await?;
    // Days of a parcel are told in UTC: where the customer is, the page does not know.
    let today = look::Look::new(jiff::tz::TimeZone::UTC, state.engine().now()).today();
    Ok(Some(Seen {
        brand: state.brand().await?,
        path: format!("{}{token}", super::PREFIX),
        detail,
        messages,
        names,
        language,
        today,
    }))
}

pub async fn gone(state: &WebState, language: &'static Language) -> Result<Response, Problem> {
    let page = page(&GonePage { brand: state.brand().await?, language });
    Ok((StatusCode::NOT_FOUND, page).into_response())
}

pub fn language(headers: &HeaderMap, params: &mut Params) -> &'static Language {
    let chosen = params.text("lang").and_then(|code| Language::named(&code));
    chosen.unwrap_or_else(|| Language::of_browser(headers))
}

/// `GET /o/{token}`.
pub async fn show(
    State(state): State<WebState>,
    InPath(token): InPath<String>,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let language = language(&headers, &mut params);
    let said = params.text("said").filter(|said| ["cancelled-now", "written"].contains(&said.as_str()));
    params.close()?;
    match seen(&state, &token, language).await? {
        Some(seen) => Ok(page(&seen.page(&state, said.map(|said| language.say(&said)), None))),
        None => gone(&state, language).await,
    }
}

/// `GET /o/{token}/cancel`: what cancelling would mean.
pub async fn ask_cancel(
    State(state): State<WebState>,
    InPath(token): InPath<String>,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let language = language(&headers, &mut params);
    params.close()?;
    let Some(seen) = seen(&state, &token, language).await? else {
        return gone(&state, language).await;
    };
    let head = &seen.detail.head;
    let cancel = Cancel {
        title: language.say_with("cancel-title", &[("number", head.number.to_string().into())]),
        effect: language.say_with(
            if head.kept().0 > 0 { "cancel-effect-paid" } else { "cancel-effect" },
            &[
                ("units", seen.units(|line| line.wanted()).into()),
                ("amount", language.money(head.kept(), head.currency).into()),
            ],
        ),
        key: state.engine().ids().nth::<OrderId>(0).to_string(),
    };
    Ok(page(&seen.page(&state, None, Some(cancel))))
}

/// `POST /o/{token}/cancel`.
pub async fn cancel(
    State(state): State<WebState>,
    InPath(token): InPath<String>,
    headers: HeaderMap,
    mut params: Params,
    body: Bytes,
) -> Result<Response, Problem> {
    let language = language(&headers, &mut params);
    params.close()?;
    let Some(seen) = seen(&state, &token, language).await? else {
        return gone(&state, language).await;
    };
    if body.len() > 1_000 {
        return Err(ask::too_large(1_000));
    }
    let text = std::str::from_utf8(&body).unwrap_or_default();
    let key = text.split('&').find_map(|pair| pair.strip_prefix("key=")).filter(|key| ask::is_key(key));
    let order_id = seen.detail.head.id;
    let command = CancelOrder { order_id, reason: "customer_request".to_owned() };
    let mut submission = Submission::new(command, customer(), state.engine().ids());
    submission.key = key.map(|key| format!("{order_id}.{key}"));
    match state.engine().submit(submission).await {
        Ok(_) => {
            let to = format!("{}?said=cancelled-now&lang={}", seen.path, language.code);
            Ok(axum::response::Redirect::to(&to).into_response())
        }
        Err(SubmitError::Refused { .. }) => {
            let page = page(&seen.page(&state, Some(language.say("not-cancelled")), None));
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

impl Seen {
    fn units(&self, of: impl Fn(&OrderLine) -> Quantity) -> i64 {
        self.detail.lines.iter().map(|(line, _)| of(line).0 / 10_i64.pow(line.precision.min(9))).sum()
    }

    pub fn say(&self, id: &str) -> String {
        self.language.say(id)
    }

    fn money(&self, amount: Minor) -> String {
        self.language.money(amount, self.detail.head.currency)
    }

    fn page(&self, state: &WebState, said: Option<String>, cancel: Option<Cancel>) -> OrderPage {
        OrderPage { said, cancel, ..self.with_letter(Letter::blank(state, self)) }
    }

    /// The page with a letter that is being written.
    pub fn with_letter(&self, letter: Letter) -> OrderPage {
        let head = &self.detail.head;
        let name = self.detail.party.as_ref().and_then(|party| party.name.clone());
        let number = || ("number", head.number.to_string().into());
        let is_open = matches!(head.lifecycle, Lifecycle::Placed | Lifecycle::Confirmed);
        OrderPage {
            brand: self.brand.clone(),
            language: self.language,
            others: Language::all().iter().filter(|other| other.code != self.language.code).collect(),
            path: self.path.clone(),
            title: self.language.say_with("order-alone", &[number()]),
            whose: match name {
                Some(name) => self.language.say_with("order-of", &[number(), ("name", name.into())]),
                None => self.language.say_with("order-alone", &[number()]),
            },
            now: self.say(self.now()),
            is_held: head.holds_active > 0 && is_open && self.now() != HELD,
            steps: self.steps(),
            parts: self.parts(),
            costs: self.costs(),
            cancel_hint: self.say(if head.kept().0 > 0 { "cancel-hint-paid" } else { "cancel-hint" }),
            can_cancel: is_open && self.units(|line| line.shipped) == 0,
            has_ended: !is_open,
            said: None,
            cancel: None,
            letter,
        }
    }

    /// Whether an invoice follows.
    fn is_on_terms(&self) -> bool {
        self.detail.payments.iter().any(|payment| payment.method == PaymentMethod::Terms)
    }

    /// The sentence that says where the order stands.
    fn now(&self) -> &'static str {
        let head = &self.detail.head;
        let (wanted, shipped) = (self.units(|line| line.wanted()), self.units(|line| line.shipped));
        let delivered = self.units(|line| line.delivered);
        match (head.lifecycle, head.delivery_status) {
            (Lifecycle::Draft, _) => "now-draft",
            (Lifecycle::Cancelled, _) => "now-cancelled",
            (_, DeliveryStatus::Exception) => "now-exception",
            _ if delivered > 0 && delivered >= wanted => "now-delivered",
            _ if delivered > 0 => "now-part-delivered",
            _ if shipped > 0 && shipped >= wanted => "now-shipped",
            _ if shipped > 0 => "now-part-shipped",
            _ if head.holds_active > 0 => HELD,
            (Lifecycle::Placed, _) if head.payment_status == PaymentStatus::Pending && !self.is_on_terms() => {
                "now-payment"
            }
            (Lifecycle::Placed, _) => "now-placed",
            _ if self.units(|line| line.backordered) > 0 => "now-backordered",
            _ => "now-confirmed",
        }
    }

    fn steps(&self) -> Vec<Step> {
        let head = &self.detail.head;
        let (wanted, shipped) = (self.units(|line| line.wanted()), self.units(|line| line.shipped));
        let delivered = self.units(|line| line.delivered);
        let far = |done: bool, begun: bool| match (done, begun) {
            (true, _) => ("done", shape("done")),
            (false, true) => ("now", shape("half")),
            (false, false) => ("", shape("ring")),
        };
        let step = |(tone, shape), name: &str, beside: String| Step { tone, shape, name: self.say(name), beside };
        let count = |id: &str, name: &'static str, count: i64| {
            self.language.say_with(id, &[(name, count.into()), ("units", wanted.into())])
        };
        let (paid, is_paid) = match head.payment_status {
            PaymentStatus::None | PaymentStatus::Pending if self.is_on_terms() => (self.say("paid-terms"), false),
            PaymentStatus::None => (self.say("paid-none"), false),
            PaymentStatus::Pending | PaymentStatus::Unknown => (self.say("paid-pending"), false),
            PaymentStatus::Authorized | PaymentStatus::PartiallyAuthorized => (self.say("paid-authorized"), true),
            PaymentStatus::PartiallyPaid => {
                (self.language.say_with("paid-part", &[("amount", self.money(head.kept()).into())]), true)
            }
            PaymentStatus::Paid | PaymentStatus::Overpaid => (self.say("paid-all"), true),
            PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded => {
                (self.language.say_with("paid-refunded", &[("amount", self.money(head.refunded).into())]), true)
            }
            PaymentStatus::Failed => (self.say("paid-failed"), false),
        };
        let placed = look::Look::new(jiff::tz::TimeZone::UTC, head.placed_at).today();
        let is_placed = head.lifecycle != Lifecycle::Draft;
        if head.lifecycle == Lifecycle::Cancelled {
            // Nothing follows; what is left to say of the money is what went back.
            let back = (!head.refunded.is_zero()).then_some(paid);
            return vec![
                step(far(true, true), "step-placed", self.language.day(placed, self.today)),
                step(("off", shape("off")), "step-cancelled", back.unwrap_or_default()),
            ];
        }
        vec![
            step(far(is_placed, true), "step-placed", self.language.day(placed, self.today)),
            step(far(is_paid, false), if is_paid { "step-paid" } else { "step-payment" }, paid),
            step(
                far(shipped > 0 && shipped >= wanted, shipped > 0),
                "step-shipping",
                count("shipped-count", "shipped", shipped),
            ),
            step(
                far(delivered > 0 && delivered >= wanted, delivered > 0),
                "step-delivered",
                count("delivered-count", "delivered", delivered),
            ),
        ]
    }

    fn thing(&self, line: u32, quantity: Quantity) -> Option<String> {
        let (line, _) = self.detail.lines.iter().find(|(one, _)| one.number == line)?;
        let name = self.names.get(&line.item_id).unwrap_or(&line.sku);
        Some(format!("{} × {name}", look::quantity(quantity, line.precision)))
    }

    fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        for parcel in self.detail.parcels.iter().filter(|parcel| parcel.state != ParcelState::Void) {
            let (name, drawn) = match parcel.state {
                ParcelState::Packed => ("parcel-packed", "quarter"),
                ParcelState::Void => ("parcel-void", "off"),
                ParcelState::Shipped | ParcelState::InTransit => ("parcel-moving", "half"),
                ParcelState::OutForDelivery => ("parcel-out", "half"),
                ParcelState::Exception => ("parcel-exception", "warn"),
                ParcelState::ReturnedToSender => ("parcel-returned", "back"),
                ParcelState::Delivered => ("parcel-delivered", "done"),
                ParcelState::Lost => ("parcel-lost", "warn"),
            };
            let inside = self.detail.parcel_lines.iter().filter(|line| line.parcel == parcel.number);
            let contents: Vec<String> = inside.filter_map(|line| self.thing(line.line, line.quantity)).collect();
            let carrier = self.detail.shipments.iter().find(|one| one.number == parcel.shipment);
            let carrier = carrier.and_then(|shipment| shipment.carrier.clone()).unwrap_or_default();
            let at = parcel.tracked_at.unwrap_or(parcel.packed_at);
            let day = look::Look::new(jiff::tz::TimeZone::UTC, at).today();
            parts.push(Part {
                shape: shape(drawn),
                name: self.say(name),
                when: self.language.day(day, self.today),
                contents: contents.join(", "),
                tracking: parcel.tracking_number.clone().map(|number| Tracking {
                    href: tracking::page(&carrier, &number),
                    carrier,
                    number,
                }),
            });
        }
        for (line, _) in &self.detail.lines {
            if line.backordered.0 > 0 {
                let when = match line.expected_on {
                    Some(day) => {
                        let day = self.language.day(day, self.today);
                        self.language.say_with("waits-stock-until", &[("day", day.into())])
                    }
                    None => self.say("waits-stock-open"),
                };
                parts.push(Part {
                    shape: shape("wait"),
                    name: self.say("waits-stock"),
                    when,
                    contents: self.thing(line.number, line.backordered).unwrap_or_default(),
                    tracking: None,
                });
            }
        }
        let waiting = self.detail.lines.iter().filter_map(|(line, _)| {
            let units = line.open + line.reserved + line.allocated + line.picked + line.at_supplier;
            (units.0 > 0).then(|| self.thing(line.number, units)).flatten()
        });
        let waiting: Vec<String> = waiting.collect();
        if !waiting.is_empty() {
            parts.push(Part {
                shape: shape("ring"),
                name: self.say("waits"),
                when: String::new(),
                contents: waiting.join(", "),
                tracking: None,
            });
        }
        let gone = self.detail.lines.iter().filter(|(line, _)| line.cancelled.0 > 0);
        let gone: Vec<String> = gone.filter_map(|(line, _)| self.thing(line.number, line.cancelled)).collect();
        if !gone.is_empty() {
            parts.push(Part {
                shape: shape("off"),
                name: self.say("cancelled-units"),
                when: String::new(),
                contents: gone.join(", "),
                tracking: None,
            });
        }
        parts
    }

    fn costs(&self) -> Vec<(String, String, &'static str)> {
        let head = &self.detail.head;
        let (parts, owed) = (self.detail.costs(), self.detail.owed());
        let units = self.units(|line| line.wanted());
        let items = self.language.say_with("cost-items", &[("units", units.into())]);
        let mut rows = vec![(items, self.money(parts.goods), "")];
        for (kind, _, amount) in parts.charges {
            let name = match kind {
                ChargeKind::Shipping => "cost-shipping",
                ChargeKind::Fee => "cost-fee",
                ChargeKind::Surcharge => "cost-surcharge",
                ChargeKind::Discount => "cost-discount",
            };
            rows.push((self.say(name), self.money(amount), ""));
        }
        if !parts.tax.is_zero() {
            rows.push((self.say("cost-tax"), self.money(parts.tax), ""));
        }
        rows.push((self.say("cost-total"), self.money(head.total()), "total"));
        let (left, back) = (Minor(owed.left.0.max(0)), Minor((-owed.left.0).max(0)));
        let moved = [
            ("cost-credited", -owed.credited),
            ("cost-received", head.received),
            ("cost-refunded", head.refunded),
            ("cost-charged-back", head.charged_back),
            ("cost-left", left),
            ("cost-back", back),
        ];
        let moved = moved.into_iter().filter(|(_, amount)| !amount.is_zero());
        rows.extend(moved.map(|(name, amount)| (self.say(name), self.money(amount), "sub")));
        rows
    }
}

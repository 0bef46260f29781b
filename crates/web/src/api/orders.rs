//! Orders: place, read, and the steps that are not work on a floor.

use super::List;
use super::order_view::OrderView;
use super::place::{ChargeBody, PlaceOrderBody};
use crate::ask::{Ask, Context, InPath, answer, answer_receipt, id};
use crate::auth::Caller;
use crate::json::{Nothing, Word, body};
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::command::Command;
use waybill_domain::ids::{LineId, OrderId};
use waybill_domain::money::Minor;
use waybill_domain::order::OrderNumber;
use waybill_domain::order::allocate::AllocateOrder;
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::charge::AddCharge;
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::confirm::ConfirmOrder;
use waybill_domain::order::place::SubmitOrder;
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::quantity::Quantity;
use waybill_engine::{Placed, Receipt};
use waybill_store::read::order::{OrderDetail, OrderKey};
use waybill_store::read::orders::{OrderFilter, OrderRow};
use waybill_store::read::{order, orders};
use waybill_store::search::Search;

/// An order as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderSummary)]
pub struct OrderRowView {
    pub id: String,
    pub number: String,
    pub channel: String,
    pub external_ref: Option<String>,
    /// The customer's code.
    pub customer: Option<String>,
    pub name: Option<String>,
    pub country: Option<String>,
    pub currency: String,
    pub total_minor: i64,
    pub lifecycle: String,
    pub payment_status: String,
    pub fulfillment_status: String,
    pub delivery_status: String,
    pub return_status: String,
    /// How many holds are active.
    pub holds_active: i64,
    pub priority: i64,
    pub placed_at: String,
    pub requested_by: Option<String>,
    pub version: i64,
}

impl From<OrderRow> for OrderRowView {
    fn from(row: OrderRow) -> Self {
        Self {
            id: row.id.to_string(),
            number: row.number.to_string(),
            channel: row.channel,
            external_ref: row.external_ref,
            customer: row.customer,
            name: row.name,
            country: row.country,
            currency: row.currency.to_string(),
            total_minor: row.total.0,
            lifecycle: row.lifecycle.to_string(),
            payment_status: row.payment_status.to_string(),
            fulfillment_status: row.fulfillment_status.to_string(),
            delivery_status: row.delivery_status.to_string(),
            return_status: row.return_status.to_string(),
            holds_active: row.holds_active,
            priority: row.priority,
            placed_at: row.placed_at.to_string(),
            requested_by: row.requested_by.map(|day| day.to_string()),
            version: row.version,
        }
    }
}

body! {
    /// Why an order is given up.
    pub struct CancelBody {
        /// Machine-readable; `customer_request` when not said.
        reason: Option<Word>,
    }

    /// How much of a line is given up.
    pub struct CancelLineBody {
        /// All that has not shipped when not said.
        quantity: Option<i64>,
        /// Machine-readable; `customer_request` when not said.
        reason: Option<Word>,
    }
}

fn key(text: &str) -> Result<OrderKey, Problem> {
    match text.parse::<OrderNumber>() {
        Ok(number) => Ok(OrderKey::Number(number)),
        Err(_) => Ok(OrderKey::Id(id("order", text)?)),
    }
}

/// The id of an order named by id or number.
pub async fn order_id(state: &WebState, caller: &Caller, text: &str) -> Result<OrderId, Problem> {
    match key(text)? {
        OrderKey::Id(id) => Ok(id),
        number @ OrderKey::Number(_) => {
            order::find(state.store(), &caller.viewer(), number).await?.ok_or_else(|| Problem::not_found("such order"))
        }
    }
}

pub(super) fn with_etag(mut response: Response, version: i64) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Answers a change of an order with the order as it is now; with the receipt where that is preferred or the caller may
/// not read orders. Waits for a gateway that is being asked.
pub async fn answer_order(
    state: &WebState,
    context: &Context,
    status: StatusCode,
    order_id: OrderId,
    receipt: &Receipt,
) -> Result<Response, Problem> {
    let viewer = context.caller.viewer();
    if context.minimal {
        return Ok(answer_receipt(status, receipt));
    }
    if receipt.awaits_gateway {
        state.engine().settled(order_id, state.options().settle).await;
    }
    if !context.may_see_orders() {
        return Ok(answer_receipt(status, receipt));
    }
    let detail = order::order(state.store(), &viewer, OrderKey::Id(order_id)).await?;
    Ok(order_response(status, receipt, &detail.ok_or_else(|| Problem::not_found("such order"))?))
}

fn order_response(status: StatusCode, receipt: &Receipt, detail: &OrderDetail) -> Response {
    let view = OrderView::new(detail);
    with_etag(answer(status, receipt, &view), view.version)
}

/// Submits a command about an order and answers with the order.
pub async fn change(
    state: &WebState,
    context: &Context,
    order_id: OrderId,
    command: impl Into<Command>,
) -> Result<Response, Problem> {
    let receipt = context.submit(state, command, state.engine().ids()).await?;
    answer_order(state, context, StatusCode::OK, order_id, &receipt).await
}

/// Orders, newest first.
///
/// With `search` those that match it: the order of that number or id first, then those of that external reference, then
/// those with a parcel of that tracking number, then those in which every word typed (six at most) is the beginning of a
/// word of the party's name, company or email, of what is behind the email's `@`, or of a SKU; four digits or more are
/// also compared with the end of the telephone number. Newest first within each. It combines with every other filter. A
/// page may be short of its limit, or empty, while `next` says that there is more: of words that are common only the
/// newest orders are looked at for one page. Words of an order are found about a second after it was placed.
#[utoipa::path(get, path = "/orders", tag = "orders", params(
    ("search" = Option<String>, Query, description = "A number, a reference, or words; combines with the other filters"),
    ("lifecycle" = Option<String>, Query, description = "One, or several separated by commas"), ("payment_status" = Option<String>, Query),
    ("fulfillment_status" = Option<String>, Query), ("delivery_status" = Option<String>, Query),
    ("return_status" = Option<String>, Query), ("channel" = Option<String>, Query, description = "The channel's code"),
    ("customer" = Option<String>, Query, description = "The customer's code"), ("external_ref" = Option<String>, Query),
    ("number" = Option<String>, Query), ("held" = Option<bool>, Query, description = "With an active hold, or without"),
    ("origin" = Option<String>, Query), ("placed_from" = Option<String>, Query),
    ("placed_to" = Option<String>, Query, description = "Before this moment"),
    ("delivered_from" = Option<String>, Query, description = "With a parcel that arrived at this moment or later"),
    ("delivered_to" = Option<String>, Query, description = "With a parcel that arrived before this moment"),
    ("limit" = Option<u32>, Query), ("after" = Option<String>, Query),
), responses((status = 200, body = List<OrderRowView>)))]
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<OrderRowView>>, Problem> {
    let standing = filter(&mut params);
    let filter = OrderFilter {
        origin: params.code("origin"),
        placed_from: params.written("placed_from"),
        placed_to: params.written("placed_to"),
        delivered_from: params.written("delivered_from"),
        delivered_to: params.written("delivered_to"),
        search: params.text("search").map(|text| Search::new(&text)),
        ..standing
    };
    let page = params.page();
    params.close()?;
    Ok(List::of(orders::orders(state.store(), &caller.viewer(), &filter, &page).await?, OrderRowView::from))
}

/// What both the API's list and the console's take alike: how an order stands and who it is of.
pub fn filter(params: &mut Params) -> OrderFilter {
    OrderFilter {
        lifecycles: params.code_list("lifecycle"),
        payment_status: params.code("payment_status"),
        fulfillment_status: params.code("fulfillment_status"),
        delivery_status: params.code("delivery_status"),
        return_status: params.code("return_status"),
        channel: params.text("channel"),
        customer: params.text("customer"),
        external_ref: params.text("external_ref"),
        number: params.parsed("number"),
        held: params.bool("held"),
        ..OrderFilter::default()
    }
}

/// Places an order, or keeps it as a draft. Waits for its gateway.
#[utoipa::path(post, path = "/orders", tag = "orders",
    request_body(content = PlaceOrderBody, example = json!({
        "channel": "web", "currency": "EUR",
        "customer": {"name": "Ada Example", "email": "ada@example.org"},
        "ship_to": {"name": "Ada Example", "line1": "1 Main Street", "city": "Dublin", "country": "IE"},
        "lines": [{"sku": "MUG-1", "quantity": 2, "unit_price_minor": 1999}],
        "charges": [{"kind": "shipping", "amount_minor": 499}],
        "payment": {"method": "card", "token": "sim_ok"}})),
    responses((status = 201, body = OrderView)))]
pub async fn place(State(state): State<WebState>, ask: Ask<PlaceOrderBody>) -> Result<Response, Problem> {
    let ids = state.engine().ids();
    let one = ask.body.payment.is_some();
    let command = ask.body.into_command(ids, |name| state.has_gateway(name))?;
    let (receipt, placed) = ask.context.place(&state, command, ids).await.map_err(|problem| as_sent(problem, one))?;
    let Some(order_id) = receipt.subject.and_then(|subject| subject.order_id()) else {
        return Ok(answer_receipt(StatusCode::CREATED, &receipt));
    };
    let mut response = match placed.filter(|_| ask.context.may_see_orders()) {
        Some(placed) => {
            let Placed { order, command, locations } = *placed;
            let detail = OrderDetail::of_placed(order, command, receipt.position, locations);
            order_response(StatusCode::CREATED, &receipt, &detail)
        }
        None => answer_order(&state, &ask.context, StatusCode::CREATED, order_id, &receipt).await?,
    };
    if let Ok(location) = HeaderValue::from_str(&format!("{}/orders/{order_id}", super::PREFIX)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Paths as in the body sent: the rules know payments as a list.
pub fn as_sent(mut problem: Problem, one_payment: bool) -> Problem {
    for one in problem.problems.iter_mut().filter(|_| one_payment) {
        if let Some(rest) = one.path.strip_prefix("payments[0]") {
            one.path = format!("payment{rest}");
        }
    }
    problem
}

/// One order by id or number.
#[utoipa::path(get, path = "/orders/{id}", tag = "orders", params(("id" = String, Path, description = "Id or number")),
    responses((status = 200, body = OrderView, headers(("ETag" = String, description = "The version")))))]
pub async fn get(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
) -> Result<Response, Problem> {
    let detail = order::order(state.store(), &caller.viewer(), key(&text)?).await?;
    let view = OrderView::new(&detail.ok_or_else(|| Problem::not_found("such order"))?);
    let version = view.version;
    Ok(with_etag(Json(view).into_response(), version))
}

/// Places a draft.
#[utoipa::path(post, path = "/orders/{id}/submit", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = OrderView)))]
pub async fn submit(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    change(&state, &ask.context, order_id, SubmitOrder { order_id }).await
}

/// Confirms a placed order whose payment is secured.
#[utoipa::path(post, path = "/orders/{id}/confirm", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = OrderView)))]
pub async fn confirm(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    change(&state, &ask.context, order_id, ConfirmOrder { order_id }).await
}

/// Allocates what waits for stock, as far as there is some.
#[utoipa::path(post, path = "/orders/{id}/allocate", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = OrderView)))]
pub async fn allocate(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    change(&state, &ask.context, order_id, AllocateOrder { order_id }).await
}

/// Hands allocated stock to its locations to be picked.
#[utoipa::path(post, path = "/orders/{id}/release", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = OrderView)))]
pub async fn release(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    change(&state, &ask.context, order_id, ReleaseOrder { order_id }).await
}

fn reason(reason: Option<Word>) -> String {
    reason.map_or_else(|| "customer_request".to_owned(), |reason| reason.0)
}

/// Cancels an order of which nothing has shipped.
#[utoipa::path(post, path = "/orders/{id}/cancel", tag = "orders", request_body = CancelBody,
    params(("id" = String, Path)), responses((status = 200, body = OrderView)))]
pub async fn cancel(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<CancelBody>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let command = CancelOrder { order_id, reason: reason(ask.body.reason) };
    change(&state, &ask.context, order_id, command).await
}

/// Cancels units of a line that have not shipped.
#[utoipa::path(post, path = "/orders/{id}/lines/{number}/cancel", tag = "orders", request_body = CancelLineBody,
    params(("id" = String, Path), ("number" = u32, Path)), responses((status = 200, body = OrderView)))]
pub async fn cancel_line(
    State(state): State<WebState>,
    InPath((text, number)): InPath<(String, u32)>,
    ask: Ask<CancelLineBody>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let command = CancelLine {
        line_id: LineId::new(order_id, number),
        quantity: ask.body.quantity.map(Quantity),
        reason: reason(ask.body.reason),
        refund: true,
    };
    change(&state, &ask.context, order_id, command).await
}

/// Adds a charge, or money off, to an order that has not ended.
#[utoipa::path(post, path = "/orders/{id}/charges", tag = "orders", request_body = ChargeBody,
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The version it is meant for")),
    responses((status = 200, body = OrderView)))]
pub async fn add_charge(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<ChargeBody>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let command = AddCharge {
        order_id,
        kind: ask.body.kind.0,
        amount: Minor(ask.body.amount_minor),
        tax: Minor(ask.body.tax_minor.unwrap_or(0)),
        label: ask.body.label.map(|label| label.0),
    };
    change(&state, &ask.context, order_id, command).await
}

/// Closes an order with nothing left to do.
#[utoipa::path(post, path = "/orders/{id}/complete", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = OrderView)))]
pub async fn complete(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    change(&state, &ask.context, order_id, CompleteOrder { order_id }).await
}

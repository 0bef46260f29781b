//! Payments of an order: money in, captures, voids, refunds.

use super::order_view::OrderView;
use super::orders::{answer_order, change, order_id};
use super::place::GATEWAY_DEFAULT;
use crate::ask::{Ask, InPath, id};
use crate::json::{Name, OneOf, Short, Word, body};
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use waybill_domain::ids::{OrderId, PaymentId};
use waybill_domain::money::Minor;
use waybill_domain::payment::PaymentMethod;
use waybill_domain::payment::authorization::{AuthorizePayment, VoidPayment};
use waybill_domain::payment::capture::CapturePayment;
use waybill_domain::payment::receive::RecordPayment;
use waybill_domain::payment::refund::GrantRefund;
use waybill_domain::personal::Personal;
use waybill_domain::refusal;

type Method = OneOf<PaymentMethod>;

body! {
    /// Money that came in by transfer or in cash, or another card for (the rest of) the order.
    pub struct AddPaymentBody {
        method: Method,
        /// Required for money that came in; a card pays what is not secured when not said.
        amount_minor: Option<i64>,
        /// The bank's reference, of a transfer.
        reference: Option<Name>,
        /// The gateway's token, of a card.
        token: Option<Name>,
        /// Which gateway moves a card; `simulator` when not said.
        gateway: Option<Short>,
    }

    /// How much is captured.
    pub struct CaptureBody {
        /// Everything authorized when not said.
        amount_minor: Option<i64>,
    }

    /// Money given back.
    pub struct RefundBody {
        amount_minor: i64,
        /// Machine-readable, such as `goodwill`.
        reason: Word,
    }
}

/// Records money received, or authorizes another card.
#[utoipa::path(post, path = "/orders/{id}/payments", tag = "payments", request_body = AddPaymentBody,
    params(("id" = String, Path)), responses((status = 200, body = OrderView)))]
pub async fn add(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<AddPaymentBody>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let ids = state.engine().ids();
    let body = ask.body;
    let missing = |path: &str, message: &str| Problem::invalid(vec![refusal::Problem::new(path, "missing", message)]);
    let receipt = match body.method.0 {
        PaymentMethod::Card => {
            let gateway = body.gateway.map_or_else(|| GATEWAY_DEFAULT.to_owned(), |name| name.0);
            if !state.has_gateway(&gateway) {
                let message = "is not a gateway of this server";
                let problem = refusal::Problem::new("gateway", "unknown_gateway", message);
                return Err(Problem::invalid(vec![problem]));
            }
            let token = body.token.ok_or_else(|| missing("token", "a card payment needs the gateway's token"))?;
            let token = Personal { id: ids.nth(1), value: token.0 };
            let amount = body.amount_minor.map(Minor);
            ask.context.submit(&state, AuthorizePayment { order_id, gateway, token, amount }, ids).await?
        }
        method @ (PaymentMethod::Transfer | PaymentMethod::Cash | PaymentMethod::Terms) => {
            let amount = body.amount_minor.ok_or_else(|| missing("amount_minor", "is required for money received"))?;
            let reference = body.reference.map(|text| text.0);
            let command = RecordPayment { order_id, method, amount: Minor(amount), reference };
            ask.context.submit(&state, command, ids).await?
        }
    };
    answer_order(&state, &ask.context, StatusCode::OK, order_id, &receipt).await
}

fn payment_id(order: OrderId, text: &str) -> Result<PaymentId, Problem> {
    let payment: PaymentId = id("payment", text)?;
    if payment.order_id == order { Ok(payment) } else { Err(Problem::not_found("such payment of this order")) }
}

/// Takes authorized money ahead of shipping.
#[utoipa::path(post, path = "/orders/{id}/payments/{payment_id}/capture", tag = "payments", request_body = CaptureBody,
    params(("id" = String, Path), ("payment_id" = String, Path)), responses((status = 200, body = OrderView)))]
pub async fn capture(
    State(state): State<WebState>,
    InPath((text, payment)): InPath<(String, String)>,
    ask: Ask<CaptureBody>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let payment_id = payment_id(order_id, &payment)?;
    let amount = ask.body.amount_minor.map(Minor);
    change(&state, &ask.context, order_id, CapturePayment { payment_id, amount }).await
}

/// Lets go what is authorized and not captured.
#[utoipa::path(post, path = "/orders/{id}/payments/{payment_id}/void", tag = "payments",
    params(("id" = String, Path), ("payment_id" = String, Path)), responses((status = 200, body = OrderView)))]
pub async fn void(
    State(state): State<WebState>,
    InPath((text, payment)): InPath<(String, String)>,
    ask: Ask<crate::json::Nothing>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let payment_id = payment_id(order_id, &payment)?;
    change(&state, &ask.context, order_id, VoidPayment { payment_id }).await
}

/// Gives money back.
#[utoipa::path(post, path = "/orders/{id}/refunds", tag = "payments", request_body = RefundBody,
    params(("id" = String, Path)), responses((status = 200, body = OrderView)))]
pub async fn refund(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<RefundBody>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let command = GrantRefund { order_id, amount: Minor(ask.body.amount_minor), reason: ask.body.reason.0 };
    change(&state, &ask.context, order_id, command).await
}

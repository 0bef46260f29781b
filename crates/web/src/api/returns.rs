//! Goods that come back.

use super::locations::location_id;
use super::order_view::OrderView;
use super::orders::{change, order_id};
use crate::ask::{Ask, InPath};
use crate::json::{OneOf, Short, Word, body};
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::Minor;
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};

type Disposition = OneOf<StockAccount>;

body! {
    /// Units of shipped lines that came back.
    pub struct ReturnBody {
        /// Code or id of the location that took them in.
        location: Short,
        lines: Vec<ReturnedLineBody>,
        /// What is credited; each line's share of its price and tax when not said.
        credit_minor: Option<i64>,
        /// Whether money that was paid goes back at once; true when not said.
        refund: Option<bool>,
    }

    /// Units of one line.
    pub struct ReturnedLineBody {
        line: u32,
        quantity: i64,
        /// Where they go: available, quality_control, damaged, quarantined or loss.
        state: Disposition,
        /// Machine-readable, such as `too_small`.
        reason: Word,
    }
}

/// Takes shipped units back.
#[utoipa::path(post, path = "/orders/{id}/returns", tag = "returns", request_body = ReturnBody,
    params(("id" = String, Path)), responses((status = 200, body = OrderView)))]
pub async fn receive(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<ReturnBody>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let lines = ask.body.lines.into_iter().map(|line| ReturnInput {
        line: line.line,
        quantity: Quantity(line.quantity),
        state: line.state.0,
        reason: line.reason.0,
    });
    let command = ReceiveReturn {
        order_id,
        location_id: location_id(&state, "location", &ask.body.location.0).await?,
        lines: lines.collect(),
        credit: ask.body.credit_minor.map(Minor),
        refund: ask.body.refund.unwrap_or(true),
    };
    change(&state, &ask.context, order_id, command).await
}

//! Transfers between locations.

use super::List;
use super::locations::location_ids;
use super::order_view::lot;
use super::stock::Lot;
use crate::ask::{Ask, Context, InPath, answer, answer_receipt, id};
use crate::auth::Caller;
use crate::json::{Short, body};
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::ids::{LotId, TransferId};
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::transfer::{ReceiveTransfer, ReceiveTransferLine, SendLine, SendTransfer};
use waybill_engine::Receipt;
use waybill_store::read::transfers::{self, TransferFilter, TransferRow};

/// Stock on its way from one location to another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transfer)]
pub struct TransferView {
    pub id: String,
    pub from: String,
    pub to: String,
    pub state: String,
    pub sent_at: String,
    pub lines: Vec<TransferLineView>,
    pub version: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TransferLine)]
pub struct TransferLineView {
    pub line: u32,
    pub sku: String,
    pub lot_id: Option<String>,
    pub sent: i64,
    pub received: i64,
    pub lost: i64,
    pub in_transit: i64,
}

impl From<TransferRow> for TransferView {
    fn from(row: TransferRow) -> Self {
        let lines = row.lines.into_iter().map(|(line, sku)| TransferLineView {
            line: line.number,
            sku,
            lot_id: lot(line.lot_id),
            sent: line.sent.0,
            received: line.received.0,
            lost: line.lost.0,
            in_transit: line.in_transit().0,
        });
        Self {
            id: row.head.id.to_string(),
            from: row.from,
            to: row.to,
            state: row.head.state.to_string(),
            sent_at: row.head.sent_at.to_string(),
            lines: lines.collect(),
            version: row.head.chain.sequence,
        }
    }
}

body! {
    /// Stock to send.
    pub struct TransferBody {
        /// Codes or ids of the locations.
        from: Short,
        to: Short,
        lines: Vec<SentLineBody>,
    }

    /// A quantity of one item.
    pub struct SentLineBody {
        sku: Short,
        lot_id: Option<Lot>,
        quantity: i64,
    }

    /// What arrived, and what is known to be lost.
    pub struct TransferReceiptBody {
        lines: Vec<ArrivedLineBody>,
    }

    /// Units of one line.
    pub struct ArrivedLineBody {
        line: u32,
        received: Option<i64>,
        lost: Option<i64>,
    }
}

async fn answer_transfer(
    state: &WebState,
    context: &Context,
    status: StatusCode,
    transfer_id: Option<TransferId>,
    receipt: &Receipt,
) -> Result<Response, Problem> {
    let Some(transfer_id) = transfer_id.filter(|_| !context.minimal) else {
        return Ok(answer_receipt(status, receipt));
    };
    match transfers::transfer(state.store(), &context.caller.viewer(), transfer_id).await {
        Ok(Some(row)) => Ok(answer(status, receipt, &TransferView::from(row))),
        _ => Ok(answer_receipt(status, receipt)),
    }
}

/// Transfers, newest first.
#[utoipa::path(get, path = "/stock/transfers", tag = "stock", params(("state" = Option<String>, Query),
    ("location" = Option<String>, Query, description = "Code of the location it leaves or reaches"),
    ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = List<TransferView>)))]
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<TransferView>>, Problem> {
    let filter = TransferFilter { state: params.code("state"), location: params.text("location") };
    let page = params.page();
    params.close()?;
    Ok(List::of(transfers::transfers(state.store(), &caller.viewer(), &filter, &page).await?, TransferView::from))
}

/// One transfer.
#[utoipa::path(get, path = "/stock/transfers/{id}", tag = "stock", params(("id" = String, Path)),
    responses((status = 200, body = TransferView)))]
pub async fn get(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
) -> Result<Json<TransferView>, Problem> {
    let found = transfers::transfer(state.store(), &caller.viewer(), id("transfer", &text)?).await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("such transfer"))?.into()))
}

/// Sends available stock to another location.
#[utoipa::path(post, path = "/stock/transfers", tag = "stock", request_body = TransferBody,
    responses((status = 201, body = TransferView)))]
pub async fn send(State(state): State<WebState>, ask: Ask<TransferBody>) -> Result<Response, Problem> {
    let lines = ask.body.lines.into_iter().map(|line| SendLine {
        sku: line.sku.0,
        lot_id: line.lot_id.map_or(LotId::NIL, |lot| lot.0),
        quantity: Quantity(line.quantity),
    });
    let named = [("from", ask.body.from.0.as_str()), ("to", ask.body.to.0.as_str())];
    let [from_location_id, to_location_id] = location_ids(&state, named).await?;
    let command = SendTransfer { from_location_id, to_location_id, lines: lines.collect() };
    let receipt = ask.context.submit(&state, command, state.engine().ids()).await?;
    let transfer_id = receipt.subject.map(|subject| TransferId(subject.id));
    answer_transfer(&state, &ask.context, StatusCode::CREATED, transfer_id, &receipt).await
}

/// Books what arrived of a transfer.
#[utoipa::path(post, path = "/stock/transfers/{id}/receive", tag = "stock", request_body = TransferReceiptBody,
    params(("id" = String, Path)), responses((status = 200, body = TransferView)))]
pub async fn receive(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<TransferReceiptBody>,
) -> Result<Response, Problem> {
    let transfer_id = id("transfer", &text)?;
    let lines = ask.body.lines.into_iter().map(|line| ReceiveTransferLine {
        line: line.line,
        received: Quantity(line.received.unwrap_or(0)),
        lost: Quantity(line.lost.unwrap_or(0)),
    });
    let command = ReceiveTransfer { transfer_id, lines: lines.collect() };
    let receipt = ask.context.submit(&state, command, state.engine().ids()).await?;
    answer_transfer(&state, &ask.context, StatusCode::OK, Some(transfer_id), &receipt).await
}

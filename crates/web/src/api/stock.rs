//! Stock: levels, receipts, adjustments, postings.

use super::List;
use super::locations::location_id;
use super::order_view::lot;
use crate::ask::{Ask, ReceiptView, answer_receipt};
use crate::auth::Caller;
use crate::forms::Written;
use crate::json::{Name, OneOf, Short, body};
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::ids::LotId;
use waybill_domain::ledger::StockAccount;
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::adjust::{AdjustLine, AdjustReason, AdjustStock};
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_store::read::events::subject;
use waybill_store::read::postings::{self, PostingFilter, PostingRow};
use waybill_store::read::stock::{self, LevelFilter, LevelRow};

/// What one item has at one location, per state, in base units.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StockLevel)]
pub struct LevelView {
    pub sku: String,
    pub name: String,
    pub location: String,
    pub lot_id: Option<String>,
    pub unit: String,
    pub precision: u32,
    /// Everything physically there: the sum of the states but `in_transit`.
    pub on_hand: i64,
    pub available: i64,
    pub reserved: i64,
    pub allocated: i64,
    pub picked: i64,
    pub packed: i64,
    pub quality_control: i64,
    pub damaged: i64,
    pub quarantined: i64,
    /// On its way to this location.
    pub in_transit: i64,
    /// Log position of the latest posting.
    pub position: i64,
}

impl From<LevelRow> for LevelView {
    fn from(row: LevelRow) -> Self {
        let balance = |state| row.level.balance(state).0;
        Self {
            lot_id: lot(row.level.key.lot_id),
            unit: row.unit,
            precision: row.precision,
            on_hand: row.level.on_hand().0,
            available: balance(StockAccount::Available),
            reserved: balance(StockAccount::Reserved),
            allocated: balance(StockAccount::Allocated),
            picked: balance(StockAccount::Picked),
            packed: balance(StockAccount::Packed),
            quality_control: balance(StockAccount::QualityControl),
            damaged: balance(StockAccount::Damaged),
            quarantined: balance(StockAccount::Quarantined),
            in_transit: balance(StockAccount::InTransit),
            position: row.level.last_position,
            sku: row.sku,
            name: row.name,
            location: row.location,
        }
    }
}

/// One movement of stock.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StockPosting)]
pub struct PostingView {
    pub position: i64,
    /// Within the event.
    pub number: i64,
    pub from: String,
    pub to: String,
    pub quantity: i64,
    /// The line of the order whose units they are.
    pub line: Option<i64>,
    /// The event that made it, and what that is about.
    pub event: String,
    pub subject_id: String,
    pub happened_at: String,
    pub actor: String,
}

impl From<PostingRow> for PostingView {
    fn from(row: PostingRow) -> Self {
        Self {
            position: row.posting.position,
            number: row.posting.number,
            from: row.posting.from_account.to_string(),
            to: row.posting.to_account.to_string(),
            quantity: row.posting.quantity.0,
            line: row.posting.line,
            event: row.event,
            subject_id: subject(row.aggregate_kind, row.aggregate_id),
            happened_at: row.happened_at.to_string(),
            actor: row.actor,
        }
    }
}

type Reason = OneOf<AdjustReason>;
type Account = OneOf<StockAccount>;
pub type Lot = Written<LotId>;

body! {
    /// Goods that came in.
    pub struct ReceiptBody {
        /// Code or id of the location.
        location: Short,
        /// `available` (when not said), `quality_control`, `damaged` or `quarantined`.
        state: Option<Account>,
        /// The delivery note.
        reference: Option<Name>,
        lines: Vec<ReceivedLineBody>,
    }

    /// A quantity of one item.
    pub struct ReceivedLineBody {
        sku: Short,
        lot_id: Option<Lot>,
        quantity: i64,
    }

    /// Corrections of the books, each with the same reason.
    pub struct AdjustmentBody {
        /// Code or id of the location.
        location: Short,
        reason: Reason,
        /// The count sheet.
        reference: Option<Name>,
        lines: Vec<AdjustedLineBody>,
    }

    /// One correction: units found or written off, or moved between two states.
    pub struct AdjustedLineBody {
        sku: Short,
        lot_id: Option<Lot>,
        /// `available` when not said.
        state: Option<Account>,
        /// Moves units from `state` to this one.
        to: Option<Account>,
        /// Above zero found, below zero written off; above zero with `to`.
        delta: i64,
    }
}

fn state_of(named: Option<Account>) -> StockAccount {
    named.map_or(StockAccount::Available, |state| state.0)
}

/// What is where, in which state.
#[utoipa::path(get, path = "/stock/levels", tag = "stock", params(("sku" = Option<String>, Query),
    ("location" = Option<String>, Query, description = "The location's code"),
    ("available" = Option<bool>, Query, description = "Only with something available, or only without"),
    ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = List<LevelView>)))]
pub async fn levels(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<LevelView>>, Problem> {
    let filter =
        LevelFilter { sku: params.text("sku"), location: params.text("location"), available: params.bool("available") };
    let page = params.page();
    params.close()?;
    Ok(List::of(stock::levels(state.store(), &caller.viewer(), &filter, &page).await?, LevelView::from))
}

/// The history of one item at one location, newest first.
#[utoipa::path(get, path = "/stock/postings", tag = "stock", params(("sku" = String, Query),
    ("location" = String, Query, description = "The location's code"), ("lot_id" = Option<String>, Query),
    ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = List<PostingView>)))]
pub async fn postings(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<PostingView>>, Problem> {
    let filter = PostingFilter {
        sku: params.required("sku"),
        location: params.required("location"),
        lot_id: params.written("lot_id").unwrap_or(LotId::NIL),
    };
    let page = params.page();
    params.close()?;
    Ok(List::of(postings::postings(state.store(), &caller.viewer(), &filter, &page).await?, PostingView::from))
}

/// Books goods into a location.
#[utoipa::path(post, path = "/stock/receipts", tag = "stock",
    request_body(content = ReceiptBody, example = json!({"location": "DUB", "lines": [{"sku": "MUG-1", "quantity": 100}]})),
    responses((status = 201, body = ReceiptView)))]
pub async fn receive(State(state): State<WebState>, ask: Ask<ReceiptBody>) -> Result<Response, Problem> {
    let lines = ask.body.lines.into_iter().map(|line| ReceiveLine {
        sku: line.sku.0,
        lot_id: line.lot_id.map_or(LotId::NIL, |lot| lot.0),
        quantity: Quantity(line.quantity),
    });
    let command = ReceiveStock {
        location_id: location_id(&state, "location", &ask.body.location.0).await?,
        state: state_of(ask.body.state),
        reference: ask.body.reference.map(|text| text.0),
        lines: lines.collect(),
    };
    let receipt = ask.context.submit(&state, command, state.engine().ids()).await?;
    Ok(answer_receipt(StatusCode::CREATED, &receipt))
}

/// Corrects the books of a location.
#[utoipa::path(post, path = "/stock/adjustments", tag = "stock",
    request_body(content = AdjustmentBody, example = json!({
        "location": "DUB", "reason": "count", "lines": [{"sku": "MUG-1", "delta": -1}]})),
    responses((status = 201, body = ReceiptView)))]
pub async fn adjust(State(state): State<WebState>, ask: Ask<AdjustmentBody>) -> Result<Response, Problem> {
    let lines = ask.body.lines.into_iter().map(|line| AdjustLine {
        sku: line.sku.0,
        lot_id: line.lot_id.map_or(LotId::NIL, |lot| lot.0),
        state: state_of(line.state),
        to: line.to.map(|to| to.0),
        delta: line.delta,
    });
    let command = AdjustStock {
        location_id: location_id(&state, "location", &ask.body.location.0).await?,
        reason: ask.body.reason.0,
        reference: ask.body.reference.map(|text| text.0),
        lines: lines.collect(),
    };
    let receipt = ask.context.submit(&state, command, state.engine().ids()).await?;
    Ok(answer_receipt(StatusCode::CREATED, &receipt))
}

//! Notes that people write on an order, or about a customer.

use super::List;
use super::customers::{CustomerView, answer_customer};
use super::order_view::OrderView;
use super::orders::{answer_order, order_id};
use crate::ask::{Ask, InPath};
use crate::auth::Caller;
use crate::json::{Long, body};
use crate::mentions;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::customer::note::{AddCustomerNote, NOTES_MAX};
use waybill_domain::order::note::AddNote;
use waybill_domain::personal::Personal;
use waybill_store::read::{customers, timeline};

body! {
    /// A note for colleagues.
    pub struct NoteBody {
        /// Free text. `@` with the name of a colleague, or with a first name that only one has, tells them of it.
        text: Long,
    }
}

/// A note on an order or about a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Note)]
pub struct NoteView {
    /// The log position of its event.
    pub position: i64,
    pub happened_at: String,
    /// Who wrote it.
    pub actor: String,
    /// Null where it was erased.
    pub text: Option<String>,
    /// Users whom it names.
    pub mentions: Vec<String>,
}

impl From<timeline::Note> for NoteView {
    fn from(note: timeline::Note) -> Self {
        let mentions = note.mentions.iter().map(ToString::to_string).collect();
        let (position, happened_at) = (note.position, note.happened_at.to_string());
        Self { position, happened_at, actor: note.actor, text: note.text, mentions }
    }
}

/// Writes a note on an order.
#[utoipa::path(post, path = "/orders/{id}/notes", tag = "orders",
    request_body(content = NoteBody, example = json!({"text": "@mei she may call about the mugs"})),
    params(("id" = String, Path)), responses((status = 200, body = OrderView)))]
pub async fn add(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<NoteBody>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let ids = state.engine().ids();
    let mentions = mentions::named_in(&state, &ask.context.caller, &ask.body.text.0).await?.ids;
    let note = Personal { id: ids.nth(1), value: ask.body.text.0 };
    let receipt = ask.context.submit(&state, AddNote { order_id, note, mentions }, ids).await?;
    answer_order(&state, &ask.context, StatusCode::OK, order_id, &receipt).await
}

/// The notes on an order, the oldest first.
#[utoipa::path(get, path = "/orders/{id}/notes", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = List<NoteView>)))]
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
) -> Result<Json<List<NoteView>>, Problem> {
    let order_id = order_id(&state, &caller, &text).await?;
    let notes = timeline::notes(state.store(), &caller.viewer(), order_id).await?;
    Ok(Json(List { data: notes.into_iter().map(NoteView::from).collect(), next: None }))
}

/// Writes a note about a customer; at most 500 are kept of one.
#[utoipa::path(post, path = "/customers/{code}/notes", tag = "customers",
    request_body(content = NoteBody, example = json!({"text": "Pays late; ask for a deposit"})),
    params(("code" = String, Path)), responses((status = 200, body = CustomerView)))]
pub async fn add_about(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    ask: Ask<NoteBody>,
) -> Result<Response, Problem> {
    let ids = state.engine().ids();
    let mentions = mentions::named_in(&state, &ask.context.caller, &ask.body.text.0).await?.ids;
    let note = Personal { id: ids.nth(1), value: ask.body.text.0 };
    let receipt = ask.context.submit(&state, AddCustomerNote { code: code.clone(), note, mentions }, ids).await?;
    Ok(answer_customer(&state, &ask.context, &code, &receipt).await)
}

/// The notes about a customer, the newest first.
#[utoipa::path(get, path = "/customers/{code}/notes", tag = "customers", params(("code" = String, Path)),
    responses((status = 200, body = List<NoteView>)))]
pub async fn list_about(
    State(state): State<WebState>,
    caller: Caller,
    InPath(code): InPath<String>,
) -> Result<Json<List<NoteView>>, Problem> {
    let viewer = caller.viewer();
    let found = customers::customer(state.store(), &viewer, &code).await?;
    let customer_id = found.ok_or_else(|| Problem::not_found("such customer"))?.customer.id;
    let most = usize::try_from(NOTES_MAX).unwrap_or(usize::MAX);
    let notes = timeline::notes_about(state.store(), &viewer, customer_id, most).await?;
    Ok(Json(List { data: notes.into_iter().map(NoteView::from).collect(), next: None }))
}

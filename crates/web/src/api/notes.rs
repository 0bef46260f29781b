//! Notes that people write on an order.

use super::List;
use super::order_view::OrderView;
use super::orders::{answer_order, order_id};
use crate::ask::{Ask, InPath};
use crate::auth::Caller;
use crate::json::{Long, body};
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::order::note::AddNote;
use waybill_domain::personal::Personal;
use waybill_store::read::timeline;

body! {
    /// A note for colleagues.
    pub struct NoteBody {
        /// Free text; `@name` means a colleague.
        text: Long,
    }
}

/// A note on an order.
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
    let note = Personal { id: ids.nth(1), value: ask.body.text.0 };
    let receipt = ask.context.submit(&state, AddNote { order_id, note }, ids).await?;
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
    let data = notes.into_iter().map(|note| NoteView {
        position: note.position,
        happened_at: note.happened_at.to_string(),
        actor: note.actor,
        text: note.text,
    });
    Ok(Json(List { data: data.collect(), next: None }))
}

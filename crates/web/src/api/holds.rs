//! Holds of an order.

use super::order_view::OrderView;
use super::orders::{change, order_id};
use crate::ask::{Ask, InPath, id};
use crate::forms::Written;
use crate::json::{Long, OneOf, Word, body};
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::ids::HoldId;
use waybill_domain::order::hold::{ApplyHold, HandOverHold, RejectHold, ReleaseHold};
use waybill_domain::order::{HoldKind, Step};
use waybill_domain::personal::Personal;
use waybill_domain::time::Timestamp;

type Kind = OneOf<HoldKind>;
type Blocked = OneOf<Step>;
type Moment = Written<Timestamp>;

body! {
    /// Holds an order, or one line of it, before some steps.
    pub struct HoldBody {
        /// `manual` when not said.
        kind: Option<Kind>,
        /// The steps it blocks; `release` when not said.
        steps: Option<Vec<Blocked>>,
        /// The line it is about; the whole order when not said.
        line: Option<u32>,
        /// Short and machine-readable.
        reason: Word,
        /// Free text for people.
        note: Option<Long>,
        /// The role or queue that looks at it.
        owner: Option<Word>,
        due_at: Option<Moment>,
    }

    /// Who is to look at a hold.
    pub struct HandOverBody {
        /// A role, a queue or the id of a principal; nobody in particular when not said.
        owner: Option<Word>,
    }

    /// Why a hold ends.
    pub struct EndHoldBody {
        reason: Option<Word>,
    }
}

/// Holds the order.
#[utoipa::path(post, path = "/orders/{id}/holds", tag = "holds",
    request_body(content = HoldBody, example = json!({"kind": "fraud", "steps": ["release"], "reason": "velocity"})),
    params(("id" = String, Path)), responses((status = 200, body = OrderView)))]
pub async fn apply(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<HoldBody>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let ids = state.engine().ids();
    let body = ask.body;
    let steps = body.steps.map(|steps| steps.into_iter().map(|step| step.0).collect());
    let command = ApplyHold {
        order_id,
        kind: body.kind.map_or(HoldKind::Manual, |kind| kind.0),
        steps: steps.unwrap_or_else(|| vec![Step::Release]),
        line: body.line,
        reason: body.reason.0,
        note: body.note.map(|note| Personal { id: ids.nth(1), value: note.0 }),
        owner: body.owner.map(|owner| owner.0),
        due_at: body.due_at.map(|at| at.0),
    };
    let receipt = ask.context.submit(&state, command, ids).await?;
    super::orders::answer_order(&state, &ask.context, axum::http::StatusCode::OK, order_id, &receipt).await
}

fn hold_id(order: waybill_domain::ids::OrderId, text: &str) -> Result<HoldId, Problem> {
    let hold: HoldId = id("hold", text)?;
    if hold.order_id == order { Ok(hold) } else { Err(Problem::not_found("such hold of this order")) }
}

/// Ends a hold: the order goes on.
#[utoipa::path(post, path = "/orders/{id}/holds/{hold_id}/release", tag = "holds", request_body = EndHoldBody,
    params(("id" = String, Path), ("hold_id" = String, Path)), responses((status = 200, body = OrderView)))]
pub async fn release(
    State(state): State<WebState>,
    InPath((text, hold)): InPath<(String, String)>,
    ask: Ask<EndHoldBody>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let hold_id = hold_id(order_id, &hold)?;
    let reason = ask.body.reason.map(|reason| reason.0);
    change(&state, &ask.context, order_id, ReleaseHold { hold_id, reason }).await
}

/// Ends a hold by giving up what it is about.
#[utoipa::path(post, path = "/orders/{id}/holds/{hold_id}/reject", tag = "holds", request_body = EndHoldBody,
    params(("id" = String, Path), ("hold_id" = String, Path)), responses((status = 200, body = OrderView)))]
pub async fn reject(
    State(state): State<WebState>,
    InPath((text, hold)): InPath<(String, String)>,
    ask: Ask<EndHoldBody>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let hold_id = hold_id(order_id, &hold)?;
    let reason = ask.body.reason.map(|reason| reason.0);
    change(&state, &ask.context, order_id, RejectHold { hold_id, reason }).await
}

/// Says who is to look at a hold.
#[utoipa::path(post, path = "/orders/{id}/holds/{hold_id}/hand-over", tag = "holds", request_body = HandOverBody,
    params(("id" = String, Path), ("hold_id" = String, Path)), responses((status = 200, body = OrderView)))]
pub async fn hand_over(
    State(state): State<WebState>,
    InPath((text, hold)): InPath<(String, String)>,
    ask: Ask<HandOverBody>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let hold_id = hold_id(order_id, &hold)?;
    let owner = ask.body.owner.map(|owner| owner.0);
    change(&state, &ask.context, order_id, HandOverHold { hold_id, owner }).await
}

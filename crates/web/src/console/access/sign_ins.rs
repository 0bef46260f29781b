//! Who signed in, how, from where, and until when: the sessions, also those that are over.

use crate::auth::{Caller, holds};
use crate::console::account::how;
use crate::console::frame::{Frame, SETTINGS};
use crate::console::html::Html;
use crate::console::look::Look;
use crate::console::orders::percent;
use crate::console::page;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::ids::UserId;
use waybill_store::read::PageRequest;
use waybill_store::read::sign_in::{self, SessionOf};

#[derive(Debug)]
struct Row {
    at: Html,
    who: String,
    href: String,
    how: String,
    address: String,
    seen: Html,
    /// When somebody ended it; None where nobody did.
    ended: Option<Html>,
    is_open: bool,
}

#[derive(Template)]
#[template(path = "access/sign_ins.html")]
struct SignInsPage {
    frame: Frame,
    /// Whether it is one user's.
    is_one: bool,
    rows: Vec<Row>,
    next: Option<String>,
}

/// `GET /audit/sign-ins`.
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let (user, after) = (params.text("user"), params.text("after"));
    params.close()?;
    let user_id = user.as_deref().and_then(|text| text.parse::<UserId>().ok());
    let request = PageRequest { limit: Some(50), after };
    let found = sign_in::sign_ins(state.store(), &caller.viewer(), user_id, &request).await?;
    let idle_s = state.options().session_idle_s;
    let row = |found: SessionOf| {
        let is_open = holds(&found, look.now(), idle_s);
        let SessionOf { session, user, name } = found;
        Row {
            is_open,
            at: look.moment(session.created_at),
            who: name.unwrap_or_else(|| user.id.to_string()),
            href: format!("/settings/users/{}", user.id),
            how: how(&session),
            seen: look.ago(session.seen_at),
            ended: session.ended_at.map(|at| look.moment(at)),
            address: session.address.unwrap_or_default(),
        }
    };
    let next = found.next.map(|next| {
        let user = user_id.map(|id| format!("user={id}&")).unwrap_or_default();
        format!("/audit/sign-ins?{user}after={}", percent(&next))
    });
    Ok(page(&SignInsPage {
        frame: Frame::new(&state, &caller, SETTINGS, "Sign-ins").await?,
        is_one: user_id.is_some(),
        rows: found.rows.into_iter().map(row).collect(),
        next,
    }))
}

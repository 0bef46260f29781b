//! Lists that a viewer keeps under a name of their own, beside those that everybody has.

use super::super::form::Form;
use super::super::frame::{self, Frame, ORDERS};
use super::super::look::Look;
use super::super::page;
use super::{Asked, filtered};
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use waybill_store::read::preferences;

/// How the preferences that are views begin; the view's name follows.
const PREFIX: &str = "orders.view.";
/// Characters of a name at most.
const NAME_MAX: usize = 40;
/// Bytes of what a view asks for at most.
const QUERY_MAX: usize = 1_000;
/// Views of one viewer at most.
const VIEWS_MAX: usize = 20;

/// Name and address of a viewer's own views, by name.
pub fn own(preferences: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, String)> {
    let views = preferences.iter().filter_map(|(name, query)| Some((name.strip_prefix(PREFIX)?, query)));
    views.map(|(name, query)| (name, format!("/orders?{query}")))
}

#[derive(Template)]
#[template(path = "orders/view.html")]
struct ViewPage {
    frame: Frame,
    /// What the view asks for, in words.
    filters: Vec<(String, String)>,
    query: String,
    back: String,
    name: String,
    problem: Option<String>,
}

async fn asked_for(
    state: &WebState,
    caller: &Caller,
    asked: &Asked,
    look: &Look,
    name: &str,
    problem: Option<String>,
) -> Result<Response, Problem> {
    let back = asked.href(None, None);
    let query = back.split_once('?').map_or("", |(_, query)| query).to_owned();
    let frame = Frame::new(state, caller, ORDERS, "Keep this view").await?;
    let filters = asked.chips(look);
    Ok(page(&ViewPage { frame, filters, query, back, name: name.to_owned(), problem }))
}

/// `GET /orders/view?lifecycle=placed`: under which name that list is to be kept.
pub async fn ask(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let (_, asked) = filtered(&mut params, &look);
    params.close()?;
    asked_for(&state, &caller, &asked, &look, "", None).await
}

/// `POST /orders/view`: keeps it; a view of that name is another one from now on.
pub async fn keep(State(state): State<WebState>, look: Look, mut form: Form) -> Result<Response, Problem> {
    // What is kept is what the list itself makes of it.
    let mut params = Params::of(form.typed("query").unwrap_or_default())?;
    let (_, asked) = filtered(&mut params, &look);
    params.close()?;
    let address = asked.href(None, None);
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let caller = form.context.caller.clone();
    let principal = caller.actor.principal.to_string();
    let kept = preferences::of_one(state.store(), &principal).await?;
    let name = form.required("name", NAME_MAX);
    let is_new = name.as_ref().is_some_and(|name| !kept.contains_key(&format!("{PREFIX}{name}")));
    let problem = match form.problems().first() {
        Some(problem) => Some(problem.message.clone()),
        None if query.is_empty() => Some("Filter the list first: a view keeps its filters.".to_owned()),
        None if query.len() > QUERY_MAX => Some("The filters are too long to be kept.".to_owned()),
        None if is_new && own(&kept).count() >= VIEWS_MAX => {
            Some(format!("You have {VIEWS_MAX} views, which is all there is room for. Forget one first."))
        }
        None => None,
    };
    if problem.is_some() {
        let typed = form.typed("name").unwrap_or_default();
        let again = asked_for(&state, &caller, &asked, &look, typed, problem).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
    }
    let name = name.unwrap_or_default();
    preferences::set(state.store(), &principal, &format!("{PREFIX}{name}"), Some(query)).await?;
    Ok(frame::done(&address, "View kept."))
}

/// `POST /orders/view/forget`.
pub async fn forget(State(state): State<WebState>, form: Form) -> Result<Response, Problem> {
    let principal = form.context.caller.actor.principal.to_string();
    let name = format!("{PREFIX}{}", form.typed("name").unwrap_or_default());
    preferences::set(state.store(), &principal, &name, None).await?;
    Ok(frame::done("/orders", "View forgotten."))
}

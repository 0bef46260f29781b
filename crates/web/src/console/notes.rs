//! Notes that name somebody: who can be named while one writes, and what one has not read.

use super::form::Form;
use super::frame;
use super::html::Html;
use super::look::Look;
use super::order::timeline::marked;
use super::orders::percent;
use super::page;
use super::people::People;
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::actor::Principal;
use waybill_domain::ids::UserId;
use waybill_store::read::mentions::{self, About};
use waybill_store::read::users;

/// Offered at once.
const OFFERED: usize = 6;

#[derive(Template)]
#[template(
    source = "{% for name in names %}<li role=\"option\" data-name=\"{{ name }}\">{{ name }}</li>{% endfor %}",
    ext = "html"
)]
struct Colleagues {
    names: Vec<String>,
}

/// `GET /colleagues?q=`: those of whose name a word begins so.
pub async fn colleagues(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Response, Problem> {
    let typed = params.text("q").unwrap_or_default().to_lowercase();
    params.close()?;
    let all = users::colleagues(state.store(), &caller.viewer()).await?;
    let others = all.into_iter().filter(|(id, _)| Some(*id) != user(&caller)).map(|(_, name)| name);
    let begins = |name: &String| {
        let name = name.to_lowercase();
        name.starts_with(&typed) || name.split_whitespace().any(|word| word.starts_with(&typed))
    };
    let mut names: Vec<String> = others.filter(begins).collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(OFFERED);
    Ok(page(&Colleagues { names }))
}

fn user(caller: &Caller) -> Option<UserId> {
    match caller.actor.principal {
        Principal::User(id) => Some(id),
        _ => None,
    }
}

/// A note that names whoever looks.
#[derive(Debug)]
pub struct Mention {
    pub position: i64,
    pub about: String,
    pub href: String,
    pub by: String,
    pub text: Html,
    pub at: Html,
}

/// What the caller has not read, the latest first.
///
/// # Errors
/// Where the store does not answer.
pub async fn unread(state: &WebState, caller: &Caller, look: &Look) -> Result<Vec<Mention>, Problem> {
    let found = mentions::unread(state.store(), &caller.viewer()).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let people = People::around(state, caller, found.iter().map(|one| &one.note), std::iter::empty()).await?;
    let shown = found.into_iter().map(|one| {
        let (about, href) = match one.about {
            About::Order(number) => (number.clone(), format!("/orders/{number}")),
            About::Customer(code) => (code.clone(), format!("/customers/{}", percent(&code))),
        };
        let (by, text) = (people.hands(&one.note.actor), marked(&one.note, &people));
        Mention { position: one.note.position, about, href, by, text, at: look.moment(one.note.happened_at) }
    });
    Ok(shown.collect())
}

/// `POST /notes/read`: takes a note off the caller's list, or all up to it.
pub async fn read(State(state): State<WebState>, form: Form) -> Result<Response, Problem> {
    let position = form.typed("position").and_then(|text| text.parse().ok());
    let position: i64 = position.ok_or_else(|| Problem::not_found("such note"))?;
    if let Some(user_id) = user(&form.context.caller) {
        mentions::read(state.store(), user_id, position, form.ticked("all")).await?;
    }
    Ok(frame::done("/", "Taken off your list."))
}

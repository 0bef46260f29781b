//! What a customer writes to the shop: kept on the order as a note, for whoever looks after it.

use super::order::{Seen, customer, gone, language, seen};
use crate::ask::{self, InPath};
use crate::console::look::Look;
use crate::console::page;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use waybill_domain::chain::hex;
use waybill_domain::ids::EventId;
use waybill_domain::order::note::AddNote;
use waybill_domain::personal::Personal;
use waybill_domain::text::is_storable;
use waybill_engine::Submission;

/// Characters of a message at most.
const LENGTH_MAX: usize = 2_000;
/// Messages on one order at most: the link is all that is asked for, and it may be in wrong hands.
const MESSAGES_MAX: usize = 50;
/// Bytes of the form: each character may be written with four, each byte with three.
pub const FORM_MAX: usize = 12 * LENGTH_MAX + 1_000;

/// A message that is being written, under those that were.
#[derive(Debug)]
pub struct Letter {
    pub key: String,
    pub text: String,
    /// What is wrong with it, as the customer is told.
    pub problem: Option<String>,
    /// The day and the text of each message, the first one first.
    pub sent: Vec<(String, String)>,
    pub is_full: bool,
    pub length_max: usize,
}

impl Letter {
    /// Nothing is written yet.
    pub fn blank(state: &WebState, seen: &Seen) -> Self {
        let sent = seen.messages.iter().filter_map(|message| {
            let day = Look::new(jiff::tz::TimeZone::UTC, message.happened_at).today();
            Some((seen.language.day(day, seen.today), message.text.clone()?))
        });
        Self {
            key: state.engine().ids().nth::<EventId>(0).to_string(),
            text: String::new(),
            problem: None,
            sent: sent.collect(),
            is_full: seen.messages.len() >= MESSAGES_MAX,
            length_max: LENGTH_MAX,
        }
    }
}

/// The form as it is posted.
#[derive(Debug, Deserialize)]
pub struct Posted {
    key: String,
    text: String,
}

/// `POST /o/{token}/message`.
pub async fn send(
    State(state): State<WebState>,
    InPath(token): InPath<String>,
    headers: HeaderMap,
    mut params: Params,
    form: Result<Form<Posted>, FormRejection>,
) -> Result<Response, Problem> {
    let language = language(&headers, &mut params);
    params.close()?;
    let Some(seen) = seen(&state, &token, language).await? else {
        return gone(&state, language).await;
    };
    let Posted { key, text } = match form {
        Ok(Form(posted)) => posted,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => return Err(ask::too_large(FORM_MAX)),
        Err(_) => return Err(Problem::malformed("The form cannot be read.")),
    };
    let again = |problem: &str, text: String| {
        let letter = Letter { problem: Some(seen.say(problem)), text, ..Letter::blank(&state, &seen) };
        (StatusCode::UNPROCESSABLE_ENTITY, page(&seen.with_letter(letter))).into_response()
    };
    // A browser writes the end of a line with two characters.
    let text = text.replace("\r\n", "\n");
    let message = text.trim();
    if message.is_empty() || !ask::is_key(&key) {
        return Ok(again("write-nothing", text));
    }
    if message.chars().count() > LENGTH_MAX || !is_storable(message) {
        return Ok(again("write-long", text));
    }
    if seen.messages.len() >= MESSAGES_MAX {
        return Ok(again("write-full", text));
    }
    let order_id = seen.detail.head.id;
    let ids = state.engine().ids();
    let note = Personal { id: ids.nth(1), value: message.to_owned() };
    let mut submission = Submission::new(AddNote { order_id, note, mentions: Vec::new() }, customer(), ids);
    // Whoever goes back and writes something else writes a second message; the same text sent twice is one.
    let said = hex(&ask::body_hash("POST", &seen.path, message.as_bytes()));
    submission.key = Some(format!("{order_id}.{key}.{said}"));
    state.engine().submit(submission).await?;
    let to = format!("{}?said=written&lang={}", seen.path, language.code);
    Ok(Redirect::to(&to).into_response())
}

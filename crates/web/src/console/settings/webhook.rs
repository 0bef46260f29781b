//! One webhook endpoint: how its deliveries go, what was tried, and what can be done about it.

use super::webhooks::{behind, found, kinds, secret_page, shown};
use crate::ask::InPath;
use crate::auth::Caller;
use crate::console::form::{self, Form};
use crate::console::frame::{Frame, SETTINGS, done};
use crate::console::html::{Html, shape};
use crate::console::look::{self, Look};
use crate::console::orders::percent;
use crate::console::page;
use crate::console::sheet::{Field, Kind, Sheet};
use crate::console::status;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::command::Command;
use waybill_domain::webhook::manage::{ArchiveWebhookEndpoint, DisableWebhookEndpoint, EnableWebhookEndpoint};
use waybill_domain::webhook::replay::ReplayWebhook;
use waybill_domain::webhook::secret::RotateWebhookSecret;
use waybill_domain::webhook::{DisabledReason, EndpointState};
use waybill_engine::signing;
use waybill_store::read::webhooks::{self, EndpointRow};
use waybill_store::read::{PageRequest, overview};
use waybill_store::tables::WebhookAttempt;

#[derive(Debug)]
struct Tried {
    at: Html,
    position: i64,
    number: i64,
    outcome: Html,
    answer: String,
    latency: String,
    again: Option<Html>,
}

#[derive(Template)]
#[template(path = "settings/webhook.html")]
struct WebhookPage {
    frame: Frame,
    id: String,
    name: String,
    state: Html,
    why: Option<String>,
    facts: Vec<(&'static str, String)>,
    boxes: Vec<(&'static str, String, String)>,
    attempts: Vec<Tried>,
    next: Option<String>,
    acts: Vec<(&'static str, &'static str, bool)>,
}

/// `GET /settings/webhooks/{id}`.
pub async fn one(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    InPath(text): InPath<String>,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let request = PageRequest { limit: Some(50), after: params.text("after") };
    params.close()?;
    let viewer = caller.viewer();
    let row = found(&state, &caller, &text).await?;
    let tried = webhooks::attempts(state.store(), &viewer, row.id, &request).await?;
    let origins = row.origins.iter().map(|origin| origin.code()).collect::<Vec<_>>().join(", ");
    let why = row.disabled_because.map(|why| match why {
        DisabledReason::Requested => "It was disabled by hand.".to_owned(),
        other => format!("It was disabled: {}.", other.code().replace('_', " ")),
    });
    let since = row.failing_since.map(|at| format!("since {}", look.exact(at)));
    let mut facts = vec![
        ("Address", row.url.0.clone()),
        ("Told of", kinds(&row)),
        ("That came from", origins),
        ("Order", if row.ordered { "as in the log".to_owned() } else { "any, each as soon as it can".to_owned() }),
        ("Created", look.exact(row.created_at)),
    ];
    if let Some(until) = row.previous_until.filter(|until| *until > look.now()) {
        facts.push(("Old secret", format!("signs too until {}", look.exact(until))));
    }
    Ok(page(&WebhookPage {
        frame: Frame::new(&state, &caller, SETTINGS, row.name.clone()).await?,
        id: row.id.to_string(),
        state: shown(&row),
        why,
        boxes: vec![
            ("In the log", look::number(row.position), format!("{} of {}", behind(&row), look::number(row.head))),
            ("Tried again", look::number(row.retries), since.unwrap_or_else(|| "nothing fails".to_owned())),
            (
                "Last delivery",
                row.delivered_at.map_or_else(|| "none yet".to_owned(), |at| look.age(at)),
                row.delivered_at.map_or_else(String::new, |at| look.exact(at)),
            ),
        ],
        attempts: tried.rows.iter().map(|attempt| shown_attempt(attempt, &look)).collect(),
        next: tried.next.map(|next| format!("/settings/webhooks/{}?after={}#attempts", row.id, percent(&next))),
        acts: if viewer.may(Permission::WebhooksWrite) { acts(row.state) } else { Vec::new() },
        name: row.name,
        facts,
    }))
}

/// Part of the path, what the button says, whether it takes something away.
fn acts(state: EndpointState) -> Vec<(&'static str, &'static str, bool)> {
    match state {
        EndpointState::Archived => Vec::new(),
        EndpointState::Enabled => vec![
            ("change", "Change", false),
            ("replay", "Send again…", false),
            ("rotate", "Rotate secret…", false),
            ("disable", "Disable…", false),
            ("archive", "Archive…", true),
        ],
        EndpointState::Disabled => vec![
            ("enable", "Enable…", false),
            ("change", "Change", false),
            ("replay", "Send again…", false),
            ("rotate", "Rotate secret…", false),
            ("archive", "Archive…", true),
        ],
    }
}

fn shown_attempt(attempt: &WebhookAttempt, look: &Look) -> Tried {
    let is_done = attempt.outcome.code() == "delivered";
    let (name, tone) = if is_done { ("done", "done") } else { ("warn", "bad") };
    let words = status::words(attempt.outcome.code());
    let status = attempt.status.map(|status| format!(" {status}")).unwrap_or_default();
    Tried {
        at: look.moment(attempt.began_at),
        position: attempt.position,
        number: attempt.number,
        outcome: Html::of(format!("<span class=\"st {tone}\">{}{words}{status}</span>", shape(name))),
        answer: attempt.answer.clone().unwrap_or_default(),
        latency: look::number(attempt.latency_ms),
        again: attempt.again_at.map(|at| look.moment(at)),
    }
}

/// What can be done to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Enable,
    Disable,
    Rotate,
    Replay,
    Archive,
}

fn act_of(text: &str) -> Result<Act, Problem> {
    Ok(match text {
        "enable" => Act::Enable,
        "disable" => Act::Disable,
        "rotate" => Act::Rotate,
        "replay" => Act::Replay,
        "archive" => Act::Archive,
        _ => return Err(Problem::not_found("such path")),
    })
}

async fn sheet(state: &WebState, caller: &Caller, row: &EndpointRow, act: Act) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::WebhooksWrite])?;
    let name = &row.name;
    let (path, title, lead, submit) = match act {
        Act::Enable => (
            "enable",
            format!("Enable {name}?"),
            format!("It is sent on from position {} at once; failures of before are forgotten.", row.position),
            "Enable",
        ),
        Act::Disable => (
            "disable",
            format!("Disable {name}?"),
            "Nothing is sent until it is enabled again. The log keeps what waits.".to_owned(),
            "Disable",
        ),
        Act::Rotate => (
            "rotate",
            format!("Rotate the secret of {name}?"),
            "It gets another secret, which is shown once. Requests are signed with the old one, too, for as long as you say."
                .to_owned(),
            "Rotate the secret",
        ),
        Act::Replay => (
            "replay",
            format!("Send to {name} again?"),
            format!("It has come to position {} of {}.", look::number(row.position), look::number(row.head)),
            "Send again",
        ),
        Act::Archive => (
            "archive",
            format!("Archive {name}?"),
            "It ends for good: its address and secrets are forgotten, its history stays.".to_owned(),
            "Archive",
        ),
    };
    let back = format!("/settings/webhooks/{}", row.id);
    let frame = Frame::new(state, caller, SETTINGS, title).await?;
    let mut sheet = Sheet::new(frame, form::key(state), (name, &back), format!("{back}/{path}"));
    sheet.lead = Some(lead);
    sheet.submit = submit.to_owned();
    sheet.is_danger = act == Act::Archive;
    match act {
        Act::Rotate => {
            let hours = [("0", "not at all"), ("1", "1 hour"), ("24", "1 day"), ("168", "7 days"), ("720", "30 days")];
            let choices = hours.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
            sheet.fields.push(Field::new("hours", "The old secret signs", Kind::Choice(choices)).value("24"));
        }
        Act::Replay => {
            let what = [("one", "One event"), ("onward", "Everything from there on")];
            let choices = what.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
            sheet.fields.push(Field::new("what", "What", Kind::Choice(choices)).value("one").paired());
            sheet.fields.push(Field::number("position", "Position in the log").paired());
        }
        Act::Enable | Act::Disable | Act::Archive => {}
    }
    Ok(sheet)
}

/// `GET /settings/webhooks/{id}/{act}`.
pub async fn ask(
    State(state): State<WebState>,
    caller: Caller,
    InPath((text, act)): InPath<(String, String)>,
) -> Result<Response, Problem> {
    let act = act_of(&act)?;
    let row = found(&state, &caller, &text).await?;
    let mut sheet = sheet(&state, &caller, &row, act).await?;
    if act == Act::Replay
        && let Some(field) = sheet.fields.last_mut()
    {
        field.value = row.position.to_string();
    }
    Ok(sheet.answer())
}

/// `POST /settings/webhooks/{id}/{act}`.
pub async fn act(
    State(state): State<WebState>,
    InPath((text, act)): InPath<(String, String)>,
    mut form: Form,
) -> Result<Response, Problem> {
    let act = act_of(&act)?;
    let caller = form.context.caller.clone();
    let row = found(&state, &caller, &text).await?;
    let mut sheet = sheet(&state, &caller, &row, act).await?;
    let endpoint_id = row.id;
    let secret = state.engine().signing_secret();
    let (command, said): (Command, String) = match act {
        Act::Enable => (EnableWebhookEndpoint { endpoint_id }.into(), format!("{} enabled", row.name)),
        Act::Disable => {
            let command = DisableWebhookEndpoint { endpoint_id, reason: DisabledReason::Requested };
            (command.into(), format!("{} disabled", row.name))
        }
        Act::Archive => (ArchiveWebhookEndpoint { endpoint_id }.into(), format!("{} archived", row.name)),
        Act::Rotate => {
            let overlap_s = form.int("hours", 0..=720).unwrap_or(24) * 3_600;
            (RotateWebhookSecret { endpoint_id, secret: secret.clone(), overlap_s }.into(), String::new())
        }
        Act::Replay => {
            if form.typed("position").is_none() {
                form.problem("position", "missing", "This is needed.");
            }
            let position = form.int("position", 1..=i64::MAX).unwrap_or_default();
            let onward = form.typed("what") == Some("onward");
            let head = overview::position(state.store()).await?;
            let said = format!("Position {} is sent again", look::number(position));
            (ReplayWebhook { endpoint_id, position, onward, head }.into(), said)
        }
    };
    sheet.typed(&form);
    if !form.is_sound() {
        return Ok(sheet.answer());
    }
    match form.context.submit(&state, command, state.engine().ids()).await {
        Ok(receipt) if act == Act::Rotate => {
            let secret = (!receipt.replayed).then(|| signing::written(&secret));
            secret_page(&state, &caller, endpoint_id, &row.name, secret).await
        }
        Ok(_) if act == Act::Archive => Ok(done("/settings/webhooks", &said)),
        Ok(_) => Ok(done(&sheet.crumb.1, &said)),
        Err(problem) => sheet.refusal(problem),
    }
}

//! The audit trail: who did what to what, when and from where.

use super::Choice;
use crate::auth::Caller;
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
use waybill_domain::actor::Permission;
use waybill_domain::event::Event;
use waybill_domain::ids::{Id, UserId};
use waybill_domain::time::{Date, Timestamp};
use waybill_store::read::trail::{self, TrailEntry, TrailFilter};
use waybill_store::read::{PageRequest, users};

#[derive(Debug)]
struct Row {
    at: Html,
    actor: String,
    who: String,
    who_href: Option<String>,
    what: String,
    subject: String,
    id: String,
    href: Option<String>,
    address: String,
    position: i64,
}

/// What the filter is set to.
#[derive(Debug)]
struct Asked {
    is_all: bool,
    /// A number, a SKU or a code.
    subject: String,
    /// The first and the last day.
    from: String,
    to: String,
    /// What of it there is not, or cannot be read.
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "access/audit.html")]
struct AuditPage {
    frame: Frame,
    asked: Asked,
    people: Vec<Choice>,
    kinds: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
}

/// `user.password_set` as `user password set`.
fn words(kind: &str) -> String {
    kind.replace(['.', '_'], " ")
}

/// Who acted, where no name is known: a worker, the command line.
fn nameless(actor: &str) -> String {
    match actor.strip_prefix("system:") {
        Some("owner") => "Owner of this machine".to_owned(),
        Some("command_line") => "Command line".to_owned(),
        Some(worker) => format!("Waybill ({})", words(worker)),
        None => actor.to_owned(),
    }
}

/// Where the page of a subject is.
fn page_of(kind: &str, id: &str, name: Option<&str>) -> Option<String> {
    let coded = |path: &str| name.map(|code| format!("{path}/{}", percent(code)));
    match kind {
        "order" => Some(format!("/orders/{id}")),
        "user" => Some(format!("/settings/users/{id}")),
        "api_key" => Some("/settings/keys".to_owned()),
        "customer" => coded("/customers"),
        "item" => coded("/items"),
        "location" => coded("/settings/locations"),
        "channel" => coded("/settings/channels"),
        "webhook_endpoint" => Some(format!("/settings/webhooks/{id}")),
        "transfer" => Some(format!("/transfers/{id}")),
        "stock_document" => Some(format!("/receipts/{id}")),
        _ => None,
    }
}

fn row(look: &Look, entry: TrailEntry) -> Row {
    let TrailEntry { event, name, subject, addresses } = entry;
    let who_href = event.actor.starts_with("usr_").then(|| format!("/settings/users/{}", event.actor));
    let at = Timestamp::from_rfc3339(&event.recorded_at).unwrap_or_default();
    Row {
        at: look.moment(at),
        who: name.unwrap_or_else(|| nameless(&event.actor)),
        who_href,
        what: words(&event.kind),
        href: page_of(&event.subject_kind, &event.subject_id, subject.as_deref()),
        subject: match subject {
            Some(name) => format!("{} {name}", words(&event.subject_kind)),
            None => words(&event.subject_kind),
        },
        id: event.subject_id,
        address: addresses.join(" or "),
        actor: event.actor,
        position: event.position,
    }
}

/// Stretches of the log without a person that are passed at most, for one page.
const STRETCHES_MORE: usize = 10;

/// `GET /audit`.
pub async fn trail(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let user = params.text("user");
    let kind = params.text("kind");
    let before = params.int("before", 1..=i64::MAX);
    let subject = params.text("subject");
    let (from, to): (Option<Date>, Option<Date>) = (params.written("from"), params.written("to"));
    params.close()?;
    let is_all = user.as_deref() == Some("all");
    let viewer = caller.viewer();
    let (store, mut wrong) = (state.store(), None);
    let about = match &subject {
        Some(text) => trail::called(store, &viewer, text.trim()).await?,
        None => None,
    };
    if let Some(text) = subject.as_ref().filter(|_| about.is_none()) {
        wrong = Some(format!("Nothing is called {text}. Give an order’s number, a SKU, or the code of a customer."));
    }
    let after = match from {
        Some(day) => Some(trail::position_before(store, &viewer, look.start_of(day)).await?),
        None => None,
    };
    let before = match (before, to) {
        (None, Some(day)) => {
            let end = look.start_of(day.tomorrow().unwrap_or(day));
            Some(trail::position_before(store, &viewer, end).await? + 1)
        }
        (before, _) => before,
    };
    let filter = TrailFilter {
        user: user.as_deref().and_then(|text| text.parse::<UserId>().ok()),
        people: !is_all,
        kind: kind.clone(),
        // An id of nobody finds nothing.
        subject: about.or_else(|| subject.as_ref().map(|_| Id::NIL)),
        after,
        before,
        limit: None,
    };
    let mut found = trail::trail(store, &viewer, &filter).await?;
    // What people did is found by itself, and the log is mostly what programs did: a stretch without a person is passed.
    for _ in 0..if is_all { 0 } else { STRETCHES_MORE } {
        let before = found.next_before.filter(|_| found.entries.is_empty());
        let Some(before) = before else { break };
        found = trail::trail(state.store(), &viewer, &TrailFilter { before: Some(before), ..filter.clone() }).await?;
    }
    let mut people = Vec::new();
    if viewer.may(Permission::UsersRead) {
        let all = PageRequest { limit: Some(PageRequest::LIMIT_MAX), after: None };
        for row in users::users(state.store(), &viewer, None, &all).await?.rows {
            let name = row.party.and_then(|party| party.name).unwrap_or_else(|| row.id.to_string());
            people.push(Choice::new(row.id, name, filter.user == Some(row.id)));
        }
    }
    let mut kinds: Vec<&str> = Event::KINDS.iter().map(|(kind, _)| *kind).collect();
    kinds.sort_unstable();
    let kinds = kinds.into_iter().map(|one| Choice::new(one, words(one), kind.as_deref() == Some(one))).collect();
    let next = found.next_before.map(|before| {
        let days = [from, to].map(|day| day.map(|day| day.to_string()));
        let kept = [
            ("user", user.as_deref()),
            ("kind", kind.as_deref()),
            ("subject", subject.as_deref()),
            ("from", days[0].as_deref()),
            ("to", days[1].as_deref()),
        ];
        let kept = kept.into_iter().filter_map(|(name, value)| Some(format!("{name}={}&", percent(value?))));
        format!("/audit?{}before={before}", kept.collect::<String>())
    });
    Ok(page(&AuditPage {
        frame: Frame::new(&state, &caller, SETTINGS, "Audit trail").await?,
        asked: Asked {
            is_all,
            subject: subject.unwrap_or_default(),
            from: from.map(|day| day.to_string()).unwrap_or_default(),
            to: to.map(|day| day.to_string()).unwrap_or_default(),
            wrong,
        },
        people,
        kinds,
        rows: found.entries.into_iter().map(|entry| row(&look, entry)).collect(),
        next,
    }))
}

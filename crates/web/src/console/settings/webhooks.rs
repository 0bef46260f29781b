//! Webhook endpoints: the list, and the form of one.

use crate::ask::{InPath, id};
use crate::auth::Caller;
use crate::console::form::{self, Form};
use crate::console::frame::{Frame, SETTINGS};
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
use std::collections::BTreeSet;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::attempt::Origin;
use waybill_domain::event::Event;
use waybill_domain::ids::WebhookEndpointId;
use waybill_domain::webhook::kinds::EventKinds;
use waybill_domain::webhook::manage::{ChangeWebhookEndpoint, CreateWebhookEndpoint};
use waybill_domain::webhook::url::EndpointUrl;
use waybill_domain::webhook::{EndpointFacts, EndpointState};
use waybill_engine::signing;
use waybill_store::read::webhooks::{self, EndpointRow};
use waybill_store::read::{PageRequest, overview};

#[derive(Debug)]
struct Row {
    id: String,
    name: String,
    state: Html,
    kinds: String,
    behind: String,
    delivered: Option<Html>,
}

#[derive(Template)]
#[template(path = "settings/webhooks.html")]
struct WebhooksPage {
    frame: Frame,
    rows: Vec<Row>,
    next: Option<String>,
    may_change: bool,
}

/// How an endpoint stands, as a status.
pub fn shown(row: &EndpointRow) -> Html {
    let (name, tone, words) = match row.state {
        EndpointState::Enabled if row.failing_since.is_some() => ("warn", "bad ask", "Failing"),
        EndpointState::Enabled => ("done", "done", "Enabled"),
        EndpointState::Disabled => match row.disabled_because {
            Some(why) if why.code() != "requested" => ("warn", "bad ask", "Disabled"),
            _ => ("off", "off", "Disabled"),
        },
        EndpointState::Archived => ("off", "off", "Archived"),
    };
    Html::of(format!("<span class=\"st {tone}\">{}{words}</span>", shape(name)))
}

/// The kinds of events an endpoint is told of.
pub fn kinds(row: &EndpointRow) -> String {
    if row.kinds.is_all() { "every event".to_owned() } else { row.kinds.0.join(", ") }
}

/// How many positions of the log an endpoint has not come past; what is not for it is among them.
pub fn behind(row: &EndpointRow) -> String {
    match row.head - row.position {
        ..=0 => "up to date".to_owned(),
        behind => format!("{} behind", look::number(behind)),
    }
}

/// `GET /settings/webhooks`.
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let request = PageRequest { limit: Some(100), after: params.text("after") };
    params.close()?;
    let viewer = caller.viewer();
    let found = webhooks::endpoints(state.store(), &viewer, None, &request).await?;
    let rows = found.rows.iter().map(|row| Row {
        id: row.id.to_string(),
        name: row.name.clone(),
        state: shown(row),
        kinds: kinds(row),
        behind: behind(row),
        delivered: row.delivered_at.map(|at| look.ago(at)),
    });
    Ok(page(&WebhooksPage {
        rows: rows.collect(),
        next: found.next.map(|next| format!("/settings/webhooks?after={}", percent(&next))),
        may_change: viewer.may(Permission::WebhooksWrite),
        frame: Frame::new(&state, &caller, SETTINGS, "Webhooks").await?,
    }))
}

/// An endpoint by the id in the path.
pub async fn found(state: &WebState, caller: &Caller, text: &str) -> Result<EndpointRow, Problem> {
    let endpoint: WebhookEndpointId = id("such webhook endpoint", text)?;
    let row = webhooks::endpoint(state.store(), &caller.viewer(), endpoint).await?;
    row.ok_or_else(|| Problem::not_found("such webhook endpoint"))
}

async fn sheet(state: &WebState, caller: &Caller, row: Option<&EndpointRow>) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::WebhooksWrite])?;
    let title = row.map_or_else(|| "New webhook".to_owned(), |row| format!("Change {}", row.name));
    let frame = Frame::new(state, caller, SETTINGS, title).await?;
    let back = row.map_or_else(|| "/settings/webhooks".to_owned(), |row| format!("/settings/webhooks/{}", row.id));
    let action = if row.is_some() { format!("{back}/change") } else { format!("{back}/new") };
    let above = row.map_or("Webhooks", |row| &row.name);
    let mut sheet = Sheet::new(frame, form::key(state), (above, &back), action);
    let chosen: BTreeSet<&str> = row.iter().flat_map(|row| row.kinds.0.iter().map(String::as_str)).collect();
    let nouns: BTreeSet<&str> = Event::KINDS.iter().filter_map(|(kind, _)| Some(kind.split_once('.')?.0)).collect();
    let choices = nouns.into_iter().map(|noun| {
        let code = format!("{noun}.*");
        let is_chosen = chosen.contains(code.as_str());
        (code, status::words(noun), is_chosen)
    });
    let single: Vec<&str> = chosen.iter().copied().filter(|kind| !kind.ends_with(".*")).collect();
    let origins = Origin::ALL.iter().map(|origin| {
        let is_chosen = row.map_or(*origin == Origin::Live, |row| row.origins.contains(origin));
        (origin.code().to_owned(), status::words(origin.code()), is_chosen)
    });
    sheet.fields = vec![
        Field::text("name", "Name").value(row.map(|row| row.name.clone()).unwrap_or_default()),
        Field::new("url", "Address", Kind::Input("url"))
            .value(row.map(|row| row.url.0.clone()).unwrap_or_default())
            .hint("Events are sent there by POST, signed with the endpoint's secret."),
        Field::new("kinds", "Told of", Kind::Choices(choices.collect())).optional().hint("None ticked: every event."),
        Field::text("more", "And of these kinds")
            .value(single.join(", "))
            .optional()
            .hint("Single kinds such as order.placed, separated by commas."),
        Field::new("origins", "That came from", Kind::Choices(origins.collect())),
        Field::new("ordered", "In the order of the log; one that fails keeps those behind it waiting", Kind::Box)
            .value(if row.is_some_and(|row| row.ordered) { "yes" } else { "" }),
    ];
    sheet.submit = if row.is_some() { "Save".to_owned() } else { "Create webhook".to_owned() };
    Ok(sheet)
}

/// `GET /settings/webhooks/new`.
pub async fn ask_new(State(state): State<WebState>, caller: Caller) -> Result<Response, Problem> {
    Ok(sheet(&state, &caller, None).await?.answer())
}

/// `GET /settings/webhooks/{id}/change`.
pub async fn ask_change(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
) -> Result<Response, Problem> {
    let row = found(&state, &caller, &text).await?;
    Ok(sheet(&state, &caller, Some(&row)).await?.answer())
}

fn read(state: &WebState, form: &mut Form) -> Option<(EndpointFacts, EndpointUrl)> {
    let name = form.required("name", 200);
    let url = form.required("url", 2_000).map(EndpointUrl);
    if let Some(why) = url.as_ref().and_then(|url| state.engine().webhook_objection(url)) {
        form.problem("url", "forbidden", why);
    }
    let mut kinds: Vec<String> = form.all("kinds").map(str::to_owned).collect();
    let more = form.text("more", 2_000).unwrap_or_default();
    kinds.extend(more.split([',', ' ']).filter(|kind| !kind.is_empty()).map(str::to_owned));
    let kinds = EventKinds(kinds);
    if let Some((_, kind)) = kinds.pointless().next() {
        let message = format!("“{kind}” is no kind of event.");
        form.problem("more", "unknown_value", message);
    }
    let origins: Vec<Origin> = form.all("origins").filter_map(Origin::from_code).collect();
    if origins.is_empty() {
        form.problem("origins", "missing", "Tick at least one.");
    }
    let ordered = form.ticked("ordered");
    let (name, url) = name.zip(url).filter(|_| form.is_sound())?;
    Some((EndpointFacts { name, kinds, origins, ordered }, url))
}

/// `POST /settings/webhooks/new`. The secret is shown this once: a repeat of the form does not show it again.
pub async fn create(State(state): State<WebState>, mut form: Form) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let mut sheet = sheet(&state, &caller, None).await?;
    let wanted = read(&state, &mut form);
    sheet.typed(&form);
    let Some((facts, url)) = wanted else { return Ok(sheet.answer()) };
    let secret = state.engine().signing_secret();
    let head = overview::position(state.store()).await?;
    let name = facts.name.clone();
    let command = CreateWebhookEndpoint { facts, url, secret: secret.clone(), head };
    match form.context.submit(&state, command, state.engine().ids()).await {
        Ok(receipt) => {
            let id = receipt.subject.map(|subject| WebhookEndpointId(subject.id)).unwrap_or(WebhookEndpointId::NIL);
            let secret = (!receipt.replayed).then(|| signing::written(&secret));
            secret_page(&state, &caller, id, &name, secret).await
        }
        Err(problem) => sheet.refusal(problem),
    }
}

#[derive(Template)]
#[template(path = "settings/secret.html")]
struct SecretPage {
    frame: Frame,
    id: String,
    name: String,
    secret: Option<String>,
}

/// The page that shows an endpoint's secret, this once.
pub async fn secret_page(
    state: &WebState,
    caller: &Caller,
    id: WebhookEndpointId,
    name: &str,
    secret: Option<String>,
) -> Result<Response, Problem> {
    let frame = Frame::new(state, caller, SETTINGS, format!("Secret of {name}")).await?;
    Ok(page(&SecretPage { frame, id: id.to_string(), name: name.to_owned(), secret }))
}

/// `POST /settings/webhooks/{id}/change`.
pub async fn change(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    mut form: Form,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let row = found(&state, &caller, &text).await?;
    let mut sheet = sheet(&state, &caller, Some(&row)).await?;
    let wanted = read(&state, &mut form);
    sheet.typed(&form);
    let Some((facts, url)) = wanted else { return Ok(sheet.answer()) };
    let said = format!("{} saved", facts.name);
    // What is shown of an address may leave a password out; the same text changes nothing.
    let url = Some(url).filter(|url| *url != row.url);
    let command = ChangeWebhookEndpoint { endpoint_id: row.id, facts, url };
    let result = form.context.submit(&state, command, state.engine().ids()).await;
    let place = sheet.crumb.1.clone();
    sheet.concluded(result, &place, &said)
}

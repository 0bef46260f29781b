//! Settings: channels, locations, webhooks, appearance; people and keys are in `access`.

mod appearance;
mod channels;
mod locations;
mod reasons;
mod webhook;
mod webhooks;

use super::frame::{Frame, SETTINGS};
use super::page;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use waybill_domain::actor::Permission;

/// Every page of the settings.
pub fn router() -> Router<WebState> {
    Router::new()
        .route("/settings", get(overview))
        .route("/settings/appearance", get(appearance::ask).post(appearance::save))
        .route("/settings/channels", get(channels::list))
        .route("/settings/channels/new", get(channels::ask_new).post(channels::create))
        .route("/settings/channels/{code}", get(channels::edit).post(channels::save))
        .route("/settings/channels/{code}/archive", get(channels::ask_archive).post(channels::archive))
        .route("/settings/locations", get(locations::list))
        .route("/settings/locations/new", get(locations::ask_new).post(locations::create))
        .route("/settings/locations/{code}", get(locations::edit).post(locations::save))
        .route("/settings/locations/{code}/archive", get(locations::ask_archive).post(locations::archive))
        .route("/settings/reasons", get(reasons::ask).post(reasons::save))
        .route("/settings/webhooks", get(webhooks::list))
        .route("/settings/webhooks/new", get(webhooks::ask_new).post(webhooks::create))
        .route("/settings/webhooks/{id}", get(webhook::one))
        .route("/settings/webhooks/{id}/change", get(webhooks::ask_change).post(webhooks::change))
        .route("/settings/webhooks/{id}/{act}", get(webhook::ask).post(webhook::act))
}

#[derive(Debug)]
struct Entry {
    name: &'static str,
    href: &'static str,
    says: &'static str,
    needs: &'static [Permission],
}

const ENTRIES: &[Entry] = &[
    Entry {
        name: "Appearance",
        href: "/settings/appearance",
        says: "The shop's name, its color and its logo.",
        needs: &[Permission::SettingsWrite],
    },
    Entry {
        name: "Channels",
        href: "/settings/channels",
        says: "Where orders come from, and what happens to them by itself.",
        needs: &[Permission::CatalogRead],
    },
    Entry {
        name: "Locations",
        href: "/settings/locations",
        says: "Sites that hold stock and ship, with their time zones.",
        needs: &[Permission::CatalogRead],
    },
    Entry {
        name: "Reasons",
        href: "/settings/reasons",
        says: "What people choose from when they cancel, hold, refund or take back.",
        needs: &[Permission::SettingsWrite],
    },
    Entry {
        name: "Webhooks",
        href: "/settings/webhooks",
        says: "Programs that are told of events, how that goes, and what was tried.",
        needs: &[Permission::WebhooksRead, Permission::WebhooksWrite],
    },
    Entry {
        name: "Users",
        href: "/settings/users",
        says: "People who sign in here, and what they may do.",
        needs: &[Permission::UsersRead, Permission::UsersWrite],
    },
    Entry {
        name: "API keys",
        href: "/settings/keys",
        says: "With which programs use the API.",
        needs: &[Permission::KeysWrite],
    },
    Entry {
        name: "Audit trail",
        href: "/audit",
        says: "Who did what to what, and when.",
        needs: &[Permission::AuditRead],
    },
];

#[derive(Template)]
#[template(path = "settings/settings.html")]
struct SettingsPage {
    frame: Frame,
    entries: Vec<&'static Entry>,
}

/// `GET /settings`.
async fn overview(State(state): State<WebState>, caller: Caller) -> Result<Response, Problem> {
    let viewer = caller.viewer();
    let any: Vec<Permission> = ENTRIES.iter().flat_map(|entry| entry.needs).copied().collect();
    viewer.must(&any)?;
    let entries = ENTRIES.iter().filter(|entry| entry.needs.iter().any(|needed| viewer.may(*needed))).collect();
    let frame = Frame::new(&state, &caller, SETTINGS, "Settings").await?;
    Ok(page(&SettingsPage { frame, entries }))
}

/// One row of a list of settings.
#[derive(Debug)]
struct Row {
    code: String,
    href: String,
    name: String,
    says: String,
    is_archived: bool,
}

/// A list of channels or locations.
#[derive(Template)]
#[template(path = "settings/rows.html")]
struct RowsPage {
    frame: Frame,
    says: &'static str,
    create: Option<(&'static str, &'static str)>,
    rows: Vec<Row>,
    next: Option<String>,
}

//! Channels: where orders come from.

use super::{Row, RowsPage};
use crate::ask::InPath;
use crate::auth::Caller;
use crate::console::form::{self, Form};
use crate::console::frame::{Frame, SETTINGS};
use crate::console::orders::percent;
use crate::console::page;
use crate::console::sheet::{Field, Kind, Sheet};
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::channel::{ArchiveChannel, Channel, ChannelFacts, PutChannel};
use waybill_store::read::PageRequest;
use waybill_store::read::catalog::{self, CatalogFilter};

fn says(channel: &Channel) -> String {
    let release = match channel.auto_release {
        true => "Confirmed orders are released by themselves",
        false => "Orders are released by hand",
    };
    let ship = match channel.ship_on_pending {
        true => "parcels may leave while a capture is pending",
        false => "parcels wait for their capture",
    };
    format!("{release}; {ship}")
}

/// `GET /settings/channels`.
pub async fn list(State(state): State<WebState>, caller: Caller, params: Params) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let request = PageRequest { limit: Some(100), after: params.text("after") };
    params.close()?;
    let viewer = caller.viewer();
    let found = catalog::channels(state.store(), &viewer, &CatalogFilter::default(), &request).await?;
    let rows = found.rows.into_iter().map(|channel| Row {
        href: format!("/settings/channels/{}", percent(&channel.code)),
        says: says(&channel),
        code: channel.code,
        name: channel.name,
        is_archived: channel.archived,
    });
    let may = viewer.may(Permission::CatalogWrite);
    Ok(page(&RowsPage {
        rows: rows.collect(),
        frame: Frame::new(&state, &caller, SETTINGS, "Channels").await?,
        says: "Where orders come from, and what happens to them by itself.",
        create: may.then_some(("/settings/channels/new", "New channel")),
        next: found.next.map(|next| format!("/settings/channels?after={}", percent(&next))),
    }))
}

async fn found(state: &WebState, caller: &Caller, code: &str) -> Result<Channel, Problem> {
    let found = catalog::channel(state.store(), &caller.viewer(), code).await?;
    found.ok_or_else(|| Problem::not_found("such channel"))
}

async fn sheet(state: &WebState, caller: &Caller, channel: Option<&Channel>) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::CatalogWrite])?;
    let title = channel.map_or_else(|| "New channel".to_owned(), |channel| channel.name.clone());
    let place = channel.map_or_else(|| "new".to_owned(), |channel| percent(&channel.code));
    let frame = Frame::new(state, caller, SETTINGS, title).await?;
    let path = format!("/settings/channels/{place}");
    let mut sheet = Sheet::new(frame, form::key(state), ("Channels", "/settings/channels"), path.clone());
    let ticked = |set: bool| if set { "yes" } else { "" };
    sheet.fields = vec![
        match channel {
            Some(channel) => Field::new("code", "Code", Kind::Fixed).value(channel.code.clone()),
            None => Field::text("code", "Code").hint("Short, such as web or shop. Cannot be changed later."),
        },
        Field::text("name", "Name").value(channel.map(|channel| channel.name.clone()).unwrap_or_default()),
        Field::new("auto_release", "Release confirmed orders to their locations by themselves", Kind::Box)
            .value(ticked(channel.is_some_and(|channel| channel.auto_release))),
        Field::new("ship_on_pending", "Let parcels leave while their capture is still pending", Kind::Box)
            .value(ticked(channel.is_some_and(|channel| channel.ship_on_pending))),
    ];
    match channel {
        None => sheet.submit = "Create channel".to_owned(),
        Some(channel) if channel.archived => {
            sheet.lead = Some("This channel is archived. Saving it takes it up again.".to_owned());
        }
        Some(_) => sheet.other = Some((format!("{path}/archive"), "Archive…".to_owned())),
    }
    Ok(sheet)
}

/// `GET /settings/channels/new`.
pub async fn ask_new(State(state): State<WebState>, caller: Caller) -> Result<Response, Problem> {
    Ok(sheet(&state, &caller, None).await?.answer())
}

/// `GET /settings/channels/{code}`.
pub async fn edit(
    State(state): State<WebState>,
    caller: Caller,
    InPath(code): InPath<String>,
) -> Result<Response, Problem> {
    let channel = found(&state, &caller, &code).await?;
    Ok(sheet(&state, &caller, Some(&channel)).await?.answer())
}

async fn put(state: &WebState, mut form: Form, code: Option<String>, mut sheet: Sheet) -> Result<Response, Problem> {
    let name = form.required("name", 200);
    sheet.typed(&form);
    let Some((code, name)) = code.zip(name).filter(|_| form.is_sound()) else { return Ok(sheet.answer()) };
    let said = format!("Channel {name} saved");
    let (ship_on_pending, auto_release) = (form.ticked("ship_on_pending"), form.ticked("auto_release"));
    let facts = ChannelFacts { code, name, ship_on_pending, auto_release };
    let result = form.context.submit(state, PutChannel { facts }, state.engine().ids()).await;
    sheet.concluded(result, "/settings/channels", &said)
}

/// `POST /settings/channels/new`.
pub async fn create(State(state): State<WebState>, mut form: Form) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let sheet = sheet(&state, &caller, None).await?;
    let code = form.required("code", 64);
    if let Some(code) = &code
        && catalog::channel(state.store(), &caller.viewer(), code).await?.is_some()
    {
        form.problem("code", "exists", "There is a channel with this code already.");
    }
    put(&state, form, code, sheet).await
}

/// `POST /settings/channels/{code}`.
pub async fn save(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    form: Form,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let channel = found(&state, &caller, &code).await?;
    let sheet = sheet(&state, &caller, Some(&channel)).await?;
    put(&state, form, Some(code), sheet).await
}

async fn archive_sheet(state: &WebState, caller: &Caller, channel: &Channel) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::CatalogWrite])?;
    let back = format!("/settings/channels/{}", percent(&channel.code));
    let frame = Frame::new(state, caller, SETTINGS, format!("Archive {}?", channel.name)).await?;
    let mut sheet = Sheet::new(frame, form::key(state), (&channel.name, &back), format!("{back}/archive"));
    sheet.lead = Some("No order can come from it any more. Its orders and history stay.".to_owned());
    sheet.submit = format!("Archive {}", channel.code);
    sheet.keep = "Keep it";
    sheet.is_danger = true;
    Ok(sheet)
}

/// `GET /settings/channels/{code}/archive`.
pub async fn ask_archive(
    State(state): State<WebState>,
    caller: Caller,
    InPath(code): InPath<String>,
) -> Result<Response, Problem> {
    let channel = found(&state, &caller, &code).await?;
    Ok(archive_sheet(&state, &caller, &channel).await?.answer())
}

/// `POST /settings/channels/{code}/archive`.
pub async fn archive(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    form: Form,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let channel = found(&state, &caller, &code).await?;
    let sheet = archive_sheet(&state, &caller, &channel).await?;
    let result = form.context.submit(&state, ArchiveChannel { code }, state.engine().ids()).await;
    sheet.concluded(result, "/settings/channels", &format!("Channel {} archived", channel.name))
}

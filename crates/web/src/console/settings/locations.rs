//! Locations: sites that hold stock and ship.

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
use waybill_domain::catalog::location::{ArchiveLocation, Location, LocationFacts, PutLocation};
use waybill_store::read::PageRequest;
use waybill_store::read::catalog::{self, CatalogFilter};

/// Beyond any coordinate there is, so that the rule about its range still sees it.
const DEGREES_MAX: f64 = 1_000.0;

fn says(location: &Location) -> String {
    let degrees = |value: i64| format!("{:.4}", value as f64 / 10_000.0);
    let at = location.latitude_e4.zip(location.longitude_e4);
    let at = at.map(|(latitude, longitude)| format!(", at {} {}", degrees(latitude), degrees(longitude)));
    format!("{}, {}{}, preference {}", location.country, location.zone, at.unwrap_or_default(), location.preference)
}

/// `GET /settings/locations`.
pub async fn list(State(state): State<WebState>, caller: Caller, params: Params) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let request = PageRequest { limit: Some(100), after: params.text("after") };
    params.close()?;
    let viewer = caller.viewer();
    let found = catalog::locations(state.store(), &viewer, &CatalogFilter::default(), &request).await?;
    let rows = found.rows.into_iter().map(|location| Row {
        href: format!("/settings/locations/{}", percent(&location.code)),
        says: says(&location),
        code: location.code,
        name: location.name,
        is_archived: location.archived,
    });
    let may = viewer.may(Permission::CatalogWrite);
    Ok(page(&RowsPage {
        rows: rows.collect(),
        frame: Frame::new(&state, &caller, SETTINGS, "Locations").await?,
        says: "Sites that hold stock and ship. Where everything else is equal, the lowest preference wins.",
        create: may.then_some(("/settings/locations/new", "New location")),
        next: found.next.map(|next| format!("/settings/locations?after={}", percent(&next))),
    }))
}

async fn found(state: &WebState, caller: &Caller, code: &str) -> Result<Location, Problem> {
    let found = catalog::location(state.store(), &caller.viewer(), code).await?;
    found.ok_or_else(|| Problem::not_found("such location"))
}

async fn sheet(state: &WebState, caller: &Caller, location: Option<&Location>) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::CatalogWrite])?;
    let title = location.map_or_else(|| "New location".to_owned(), |location| location.name.clone());
    let place = location.map_or_else(|| "new".to_owned(), |location| percent(&location.code));
    let frame = Frame::new(state, caller, SETTINGS, title).await?;
    let path = format!("/settings/locations/{place}");
    let mut sheet = Sheet::new(frame, form::key(state), ("Locations", "/settings/locations"), path.clone());
    let text = |of: fn(&Location) -> String| location.map(of).unwrap_or_default();
    let degrees = |value: Option<i64>| value.map(|value| (value as f64 / 10_000.0).to_string()).unwrap_or_default();
    let zones = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
    sheet.fields = vec![
        match location {
            Some(location) => Field::new("code", "Code", Kind::Fixed).value(location.code.clone()),
            None => Field::text("code", "Code").hint("Short, such as DUB. Cannot be changed later."),
        },
        Field::text("name", "Name").value(text(|location| location.name.clone())),
        Field::text("country", "Country")
            .value(text(|location| location.country.clone()))
            .hint("Two capital letters, such as IE.")
            .paired(),
        Field::new("zone", "Time zone", Kind::Suggested(zones))
            .value(text(|location| location.zone.clone()))
            .hint("Such as Europe/Dublin.")
            .paired(),
        Field::number("latitude", "Latitude")
            .value(degrees(location.and_then(|location| location.latitude_e4)))
            .optional()
            .hint("Degrees, kept to 11 m.")
            .paired(),
        Field::number("longitude", "Longitude")
            .value(degrees(location.and_then(|location| location.longitude_e4)))
            .optional()
            .hint("Degrees, kept to 11 m.")
            .paired(),
        Field::number("preference", "Preference")
            .value(location.map_or(0, |location| location.preference).to_string())
            .hint("Where everything else is equal, the lowest wins."),
    ];
    match location {
        None => sheet.submit = "Create location".to_owned(),
        Some(location) if location.archived => {
            sheet.lead = Some("This location is archived. Saving it takes it up again.".to_owned());
        }
        Some(_) => sheet.other = Some((format!("{path}/archive"), "Archive…".to_owned())),
    }
    Ok(sheet)
}

/// `GET /settings/locations/new`.
pub async fn ask_new(State(state): State<WebState>, caller: Caller) -> Result<Response, Problem> {
    Ok(sheet(&state, &caller, None).await?.answer())
}

/// `GET /settings/locations/{code}`.
pub async fn edit(
    State(state): State<WebState>,
    caller: Caller,
    InPath(code): InPath<String>,
) -> Result<Response, Problem> {
    let location = found(&state, &caller, &code).await?;
    Ok(sheet(&state, &caller, Some(&location)).await?.answer())
}

/// Degrees as they are written, in ten-thousandths.
fn degrees(form: &mut Form, name: &str) -> Option<i64> {
    let value = form.typed(name)?.replace('−', "-").parse::<f64>().ok().filter(|value| value.is_finite());
    if value.is_none() {
        form.problem(name, "malformed", "This must be degrees such as 53.3498.");
    }
    value.map(|value| (value.clamp(-DEGREES_MAX, DEGREES_MAX) * 10_000.0).round() as i64)
}

async fn put(state: &WebState, mut form: Form, code: Option<String>, mut sheet: Sheet) -> Result<Response, Problem> {
    let (name, country) = (form.required("name", 200), form.required("country", 2));
    let zone = form.required("zone", 100);
    let (latitude_e4, longitude_e4) = (degrees(&mut form, "latitude"), degrees(&mut form, "longitude"));
    let preference = form.int("preference", -1_000_000..=1_000_000).unwrap_or(0);
    sheet.typed(&form);
    let given = name.zip(country).zip(zone).zip(code).filter(|_| form.is_sound());
    let Some((((name, country), zone), code)) = given else { return Ok(sheet.answer()) };
    let said = format!("Location {name} saved");
    let facts = LocationFacts { code, name, country, zone, latitude_e4, longitude_e4, preference };
    let result = form.context.submit(state, PutLocation { facts }, state.engine().ids()).await;
    sheet.concluded(result, "/settings/locations", &said)
}

/// `POST /settings/locations/new`.
pub async fn create(State(state): State<WebState>, mut form: Form) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let sheet = sheet(&state, &caller, None).await?;
    let code = form.required("code", 64);
    if let Some(code) = &code
        && catalog::location(state.store(), &caller.viewer(), code).await?.is_some()
    {
        form.problem("code", "exists", "There is a location with this code already.");
    }
    put(&state, form, code, sheet).await
}

/// `POST /settings/locations/{code}`.
pub async fn save(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    form: Form,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let location = found(&state, &caller, &code).await?;
    let sheet = sheet(&state, &caller, Some(&location)).await?;
    put(&state, form, Some(code), sheet).await
}

async fn archive_sheet(state: &WebState, caller: &Caller, location: &Location) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::CatalogWrite])?;
    let back = format!("/settings/locations/{}", percent(&location.code));
    let frame = Frame::new(state, caller, SETTINGS, format!("Archive {}?", location.name)).await?;
    let mut sheet = Sheet::new(frame, form::key(state), (&location.name, &back), format!("{back}/archive"));
    sheet.lead = Some("It can no longer be chosen. Its stock, orders and history stay.".to_owned());
    sheet.submit = format!("Archive {}", location.code);
    sheet.keep = "Keep it";
    sheet.is_danger = true;
    Ok(sheet)
}

/// `GET /settings/locations/{code}/archive`.
pub async fn ask_archive(
    State(state): State<WebState>,
    caller: Caller,
    InPath(code): InPath<String>,
) -> Result<Response, Problem> {
    let location = found(&state, &caller, &code).await?;
    Ok(archive_sheet(&state, &caller, &location).await?.answer())
}

/// `POST /settings/locations/{code}/archive`.
pub async fn archive(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    form: Form,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let location = found(&state, &caller, &code).await?;
    let sheet = archive_sheet(&state, &caller, &location).await?;
    let result = form.context.submit(&state, ArchiveLocation { code }, state.engine().ids()).await;
    sheet.concluded(result, "/settings/locations", &format!("Location {} archived", location.name))
}

//! What surrounds every page: where one can go, how much waits there, and what was just done.

use super::assets;
use super::brand::ShownBrand;
use super::html::{Html, icon, shape};
use super::look;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::cell::Cell;
use std::sync::Arc;
use waybill_domain::actor::Permission;
use waybill_store::read::Viewer;
use waybill_store::read::overview::{self, Badges};

/// A place in the navigation.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub name: &'static str,
    pub path: &'static str,
    icon: &'static str,
    /// Pressed after `g`.
    pub key: Option<&'static str>,
    /// Whoever holds one of these sees it.
    needs: &'static [Permission],
    badge: Option<fn(&Badges) -> i64>,
}

impl Place {
    const fn new(name: &'static str, path: &'static str, icon: &'static str, needs: &'static [Permission]) -> Self {
        Self { name, path, icon, key: None, needs, badge: None }
    }

    const fn key(self, key: &'static str) -> Self {
        Self { key: Some(key), ..self }
    }

    const fn badge(self, badge: fn(&Badges) -> i64) -> Self {
        Self { badge: Some(badge), ..self }
    }
}

const READ: &[Permission] = &[Permission::OrdersRead];

pub const TODAY: Place = Place::new("Today", "/", "sun", READ).key("t").badge(|badges| badges.mentions);
pub const REPORTS: Place = Place::new("Reports", "/reports", "chart-line", READ).key("r");
pub const ORDERS: Place = Place::new("Orders", "/orders", "list", READ).key("o");
pub const HOLDS: Place = Place::new("Holds", "/holds", "octagon-pause", READ).key("h").badge(|badges| badges.held);

/// Whoever works on a floor, or looks at it.
const FLOOR: &[Permission] = &[Permission::FulfillmentWrite, Permission::OrdersRead];
pub const PICK: Place = Place::new("Pick", "/pick", "scan-barcode", FLOOR).key("p").badge(|badges| badges.to_pick);
pub const PACK: Place = Place::new("Pack", "/pack", "package", FLOOR);
pub const SHIP: Place = Place::new("Ship", "/ship", "truck", FLOOR);
pub const BACKORDERS: Place = Place::new("Backorders", "/backorders", "hourglass", READ);
pub const BOARD: Place = Place::new("Board", "/board", "columns-3", READ).key("b");
/// Picking, as the bar of a phone calls it.
const SCAN: Place = Place { name: "Scan", ..PICK };
const STOCKED: &[Permission] = &[Permission::StockRead];

pub const STOCK: Place = Place::new("Items", "/stock", "boxes", STOCKED).key("i");
pub const RECEIPTS: Place = Place::new("Receipts", "/receipts", "package-plus", STOCKED);
pub const TRANSFERS: Place = Place::new("Transfers", "/transfers", "arrow-left-right", STOCKED);
pub const CATALOG: Place = Place::new("Catalog", "/items", "file-text", &[Permission::CatalogRead]);
pub const CUSTOMERS: Place = Place::new("Customers", "/customers", "users", &[Permission::CustomersRead]);
pub const SETTINGS: Place = Place::new("Settings", "/settings", "settings", SET_UP).key("s");
/// Reached from the person at the foot of the rail.
pub const ACCOUNT: Place = Place::new("Account", "/account", "circle-user", &[]);

/// Reached from the foot of the rail, too.
pub const ABOUT: Place = Place::new("About", "/about", "info", &[]);

/// Where a page belongs that is in no place of the rail.
pub const NOWHERE: Place = Place::new("", "", "info", &[]);

/// Whoever may see one of the pages behind the overview.
const SET_UP: &[Permission] = &[
    Permission::CatalogRead,
    Permission::SettingsWrite,
    Permission::WebhooksRead,
    Permission::WebhooksWrite,
    Permission::UsersRead,
    Permission::UsersWrite,
    Permission::KeysWrite,
    Permission::AuditRead,
];

/// Everything one can go to, in groups.
const GROUPS: &[(&str, &[Place])] = &[
    ("", &[TODAY, ORDERS, HOLDS, BOARD]),
    ("Fulfillment", &[PICK, PACK, SHIP, BACKORDERS]),
    ("Stock", &[STOCK, RECEIPTS, TRANSFERS, CATALOG]),
    ("After the sale", &[CUSTOMERS]),
    ("Insight", &[REPORTS]),
    ("The shop", &[SETTINGS]),
];

/// What a phone's bar has room for.
const TABS: &[Place] = &[TODAY, ORDERS, SCAN, HOLDS];

/// Where somebody begins who may not see the orders: the first place that they may see. None where there is none.
pub fn first_place(viewer: &Viewer) -> Option<&'static str> {
    let places = GROUPS.iter().flat_map(|(_, places)| places.iter());
    let mut seen = places.filter(|place| place.needs.iter().any(|needed| viewer.may(*needed)));
    seen.next().map(|place| place.path)
}

/// A place as one viewer sees it.
#[derive(Debug)]
pub struct Shown {
    pub place: Place,
    pub is_here: bool,
    pub icon: Html,
    /// How much waits there; None where nothing does.
    pub waits: Option<String>,
}

/// What every template's `frame` is.
#[derive(Debug)]
pub struct Frame {
    pub brand: Arc<ShownBrand>,
    pub title: String,
    /// Who looks.
    pub person: String,
    /// The same as no two people are called.
    pub who: String,
    pub groups: Vec<(&'static str, Vec<Shown>)>,
    pub tabs: Vec<Shown>,
    pub may_place: bool,
    /// The log position that the page shows; what comes later makes it stale.
    pub position: i64,
    /// What was just done, said once.
    pub said: Option<String>,
}

impl Frame {
    /// # Errors
    /// Where the store does not answer.
    pub async fn new(
        state: &WebState,
        caller: &Caller,
        here: Place,
        title: impl Into<String>,
    ) -> Result<Self, Problem> {
        let viewer = caller.viewer();
        let badges = overview::badges(state.store(), &viewer).await?;
        let shown = |place: &Place| {
            let may = place.needs.is_empty() || place.needs.iter().any(|needed| viewer.may(*needed));
            may.then(|| Shown {
                place: *place,
                is_here: place.path == here.path,
                icon: icon(place.icon, ""),
                waits: place.badge.map(|badge| badge(&badges)).filter(|count| *count > 0).map(look::count),
            })
        };
        let groups = GROUPS.iter().map(|(name, places)| (*name, places.iter().filter_map(shown).collect()));
        Ok(Self {
            brand: state.brand().await?,
            title: title.into(),
            person: caller.name.as_deref().unwrap_or("Owner of this machine").to_owned(),
            who: caller.actor.principal.to_string(),
            groups: groups.filter(|(_, places): &(_, Vec<Shown>)| !places.is_empty()).collect(),
            tabs: TABS.iter().filter_map(shown).collect(),
            may_place: viewer.may(Permission::OrdersWrite),
            position: badges.position,
            said: SAID.try_with(Cell::take).ok().flatten(),
        })
    }

    pub fn icon(&self, name: &str) -> Html {
        icon(name, "")
    }

    /// A small icon, beside text.
    pub fn small(&self, name: &str) -> Html {
        icon(name, "s")
    }

    pub fn shape(&self, name: &str) -> Html {
        shape(name)
    }

    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }
}

tokio::task_local! {
    /// What the request's browser was told to say; whichever page is made takes it.
    static SAID: Cell<Option<String>>;
}

/// The cookie in which a page that follows an act learns what was done. It says nothing about people.
const SAID_COOKIE: &str = "said";
/// Characters of it at most.
const SAID_MAX: usize = 300;
/// Sent by the script for a piece of a page, or for the page that is open already.
const PART: &str = "x-part";
const LIVE: &str = "x-live";

/// Answers an act: the browser goes to `path`, where `said` is shown once.
pub fn done(path: &str, said: &str) -> Response {
    let said: String = said.chars().take(SAID_MAX).collect();
    let cookie = format!("{SAID_COOKIE}={}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax", super::orders::percent(&said));
    let mut response = Redirect::to(path).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// A layer over every page: gives it what is to be said, and tells the browser to forget that once it is on a page. A form
/// that a script sent from a dialog hears where to go instead of being sent there, so that what is said is not spent.
pub async fn once(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let (is_part, is_live) = (headers.contains_key(PART), headers.contains_key(LIVE));
    let said = if is_part || is_live { None } else { to_say(headers) };
    let cell = Cell::new(said.clone());
    let (mut response, unsaid) = SAID.scope(cell, async { (next.run(request).await, SAID.with(Cell::take)) }).await;
    if said.is_some() && unsaid.is_none() {
        let gone = HeaderValue::from_static("said=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    if is_part
        && response.status() == StatusCode::SEE_OTHER
        && let Some(place) = response.headers_mut().remove(header::LOCATION)
    {
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().insert("x-go", place);
    }
    response
}

fn to_say(headers: &HeaderMap) -> Option<String> {
    let written = look::cookie(headers, SAID_COOKIE)?;
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let coded = (*first == b'%').then(|| std::str::from_utf8(after.get(..2)?).ok()).flatten();
        match coded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    let said = String::from_utf8(bytes).ok()?;
    (!said.is_empty() && said.chars().count() <= SAID_MAX).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_cookie_says_nothing_or_something_short(
            line in prop_oneof![prop::collection::vec(any::<u8>(), 0..80), "said=[%0-9a-fA-F+é-]{0,40}".prop_map(String::into_bytes)],
        ) {
            let Ok(value) = HeaderValue::from_bytes(&line) else { return Ok(()) };
            let said = to_say(&HeaderMap::from_iter([(header::COOKIE, value)]));
            prop_assert!(said.is_none_or(|said| (1..=SAID_MAX).contains(&said.chars().count())));
        }

        #[test]
        fn anything_that_was_done_comes_back_as_it_was_said(said in "\\PC{1,300}|.{1,20}") {
            let response = done("/", &said);
            let cookie = response.headers()[header::SET_COOKIE].to_str().expect("text").split(';').next().unwrap_or_default();
            let value = HeaderValue::from_str(&format!("x={}; {cookie}", "%".repeat(3))).expect("a header");
            let read = to_say(&HeaderMap::from_iter([(header::COOKIE, value)]));
            prop_assert_eq!(read, Some(said));
        }
    }

    #[test]
    fn what_was_done_comes_back_as_it_was_said() {
        let said = "Cancelled 2 units of W-100001; 50% off, “kept”";
        let response = done("/orders/W-100001", said);
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("zone=UTC; {cookie}").parse().unwrap());
        assert_eq!(to_say(&headers).as_deref(), Some(said));
    }
}

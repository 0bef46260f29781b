//! What surrounds every page: where one can go, how much waits there, and what was just done.

use super::assets;
use super::html::{Html, icon, shape};
use super::look;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use waybill_domain::actor::Permission;
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

pub const ORDERS: Place = Place::new("Orders", "/orders", "list", READ).key("o");

/// Everything one can go to, in groups.
const GROUPS: &[(&str, &[Place])] = &[("", &[ORDERS])];

/// What a phone's bar has room for.
const TABS: &[Place] = &[ORDERS];

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
    pub shop: String,
    pub title: String,
    /// Who looks.
    pub person: String,
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
            shop: state.options().store_name.clone(),
            title: title.into(),
            person: caller.name.as_deref().unwrap_or("Owner of this machine").to_owned(),
            groups: groups.filter(|(_, places): &(_, Vec<Shown>)| !places.is_empty()).collect(),
            tabs: TABS.iter().filter_map(shown).collect(),
            may_place: viewer.may(Permission::OrdersWrite),
            position: badges.position,
            said: None,
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

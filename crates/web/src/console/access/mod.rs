//! Who and what may get in, and what they did: users, API keys, the audit trail. Reached from the settings.

mod audit;
pub mod failed;
mod keys;
mod sign_ins;
mod users;
pub mod words;

use super::form::Form;
use crate::state::WebState;
use axum::routing::{get, post};
use waybill_domain::actor::Scope;
use waybill_domain::ids::{ChannelId, Id, LocationId};
use waybill_store::read::{ReadError, catalog};

pub fn router() -> axum::Router<WebState> {
    axum::Router::new()
        .route("/settings/users", get(users::list).post(users::invite))
        .route("/settings/users/{id}", get(users::user).post(users::change))
        .route("/settings/users/{id}/link", post(users::offer_link))
        .route("/settings/users/{id}/end-sessions", post(users::end_sessions))
        .route("/settings/users/{id}/remove-totp", post(users::remove_totp))
        .route("/settings/users/{id}/remove-identity", post(users::remove_identity))
        .route("/settings/users/{id}/archive", post(users::archive))
        .route("/settings/keys", get(keys::list).post(keys::create))
        .route("/settings/keys/{id}/revoke", post(keys::revoke))
        .route("/audit", get(audit::trail))
        .route("/audit/sign-ins", get(sign_ins::list))
        .route("/audit/failed-sign-ins", get(failed::list))
}

/// Something to choose.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub name: String,
    pub is_set: bool,
}

impl Choice {
    fn new(value: impl ToString, name: impl Into<String>, is_set: bool) -> Self {
        Self { value: value.to_string(), name: name.into(), is_set }
    }
}

/// What somebody or something can be kept to.
#[derive(Debug, Default)]
pub struct Scopes {
    pub channels: Vec<Choice>,
    pub locations: Vec<Choice>,
}

impl Scopes {
    async fn of(
        state: &WebState,
        channels: &Scope<ChannelId>,
        locations: &Scope<LocationId>,
    ) -> Result<Self, ReadError> {
        let all_channels = catalog::channel_codes(state.store()).await?;
        let all_locations = catalog::location_codes(state.store()).await?;
        let is_in = |scope: Option<bool>| scope.unwrap_or(false);
        Ok(Self {
            channels: all_channels
                .into_iter()
                .map(|one| Choice::new(one.id, one.name, is_in(channels.only().map(|some| some.contains(&one.id)))))
                .collect(),
            locations: all_locations
                .into_iter()
                .map(|one| Choice::new(one.id, one.name, is_in(locations.only().map(|some| some.contains(&one.id)))))
                .collect(),
        })
    }
}

/// What was ticked; everything where nothing was.
fn ticked<T: From<Id> + std::str::FromStr + PartialEq>(form: &Form, name: &str) -> Scope<T> {
    let ids: Vec<T> = form.all(name).filter_map(|text| text.parse().ok()).collect();
    if ids.is_empty() { Scope::ALL } else { Scope::Only(ids) }
}

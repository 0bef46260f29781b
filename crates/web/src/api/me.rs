//! What the caller is.

use crate::auth::Caller;
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::Code;
use waybill_domain::actor::Permission;

/// Whoever asks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
pub struct MeView {
    /// As events show it.
    pub principal: String,
    /// The user's or the key's name; null for the owner of this machine.
    pub name: Option<String>,
    pub permissions: Vec<String>,
    /// Ids of the channels it is for; null for all.
    pub channels: Option<Vec<String>>,
    /// Ids of the locations it is for; null for all.
    pub locations: Option<Vec<String>>,
}

/// Who the caller is and what it may do.
#[utoipa::path(get, path = "/me", tag = "keys", responses((status = 200, body = MeView)))]
pub async fn me(caller: Caller) -> Json<MeView> {
    let actor = &caller.actor;
    let permissions = Permission::ALL.iter().filter(|permission| actor.may(**permission));
    Json(MeView {
        principal: actor.principal.to_string(),
        name: caller.name.as_deref().map(str::to_owned),
        permissions: permissions.map(ToString::to_string).collect(),
        channels: actor.channels.only().map(|some| some.iter().map(ToString::to_string).collect()),
        locations: actor.locations.only().map(|some| some.iter().map(ToString::to_string).collect()),
    })
}

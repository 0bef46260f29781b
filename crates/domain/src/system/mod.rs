//! The store's own affairs: API keys and settings.

pub mod appearance;
pub mod logo;
pub mod reasons;

use crate::actor::{Permission, Scope};
use crate::attempt::Attempt;
use crate::chain::Chain;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{ApiKeyId, ChannelId, Id, LocationId};
use crate::refusal::Problem;
use crate::settings::Settings;
use crate::time::Timestamp;
use crate::world::World;
use serde::{Deserialize, Serialize};

refusals! {
    /// Why a change of the store's own affairs was not carried out.
    pub enum SystemRefusal in "system" {
        Invalid { problems: Vec<Problem> } => "invalid", Never, "The request has problems.", "Correct every problem listed and send it again.";
        BeforeLatestEvent { aggregate: String, happened_at: Timestamp, latest: Timestamp } => "before_latest_event", Never, "{aggregate} has an event of {latest}; this happened at {happened_at}.", "Bring history in by the time at which it happened.";
        UnknownKey { key_id: ApiKeyId } => "unknown_key", Never, "There is no API key {key_id}.", "List the keys and use one of them.";
        NotPermitted { permission: Permission } => "not_permitted", AfterChange, "This needs the permission {permission}.", "Ask an owner for a role or a key that has it.";
    }
}

/// What a program may do, and how it proves to be that program. The secret itself is never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    /// SHA-256 of the secret.
    pub secret_hash: [u8; 32],
    pub permissions: Vec<Permission>,
    pub channels: Scope<ChannelId>,
    pub locations: Scope<LocationId>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub chain: Chain,
}

/// The secret's hash is not in the event's text, so that the log is of no use to whoever copies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateApiKey {
    pub name: String,
    pub secret_hash: [u8; 32],
    pub permissions: Vec<Permission>,
    pub channels: Scope<ChannelId>,
    pub locations: Scope<LocationId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeApiKey {
    pub key_id: ApiKeyId,
}

/// Replaces the settings of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSettings {
    pub settings: Settings,
}

/// `api_key.created`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyCreated {
    pub key: ApiKeyId,
    pub name: String,
    /// SHA-256 of the secret's SHA-256, enough to see that nothing was exchanged.
    pub proof: String,
    #[serde(skip)]
    pub secret_hash: [u8; 32],
    pub permissions: Vec<Permission>,
    pub channels: Scope<ChannelId>,
    pub locations: Scope<LocationId>,
    pub at: Timestamp,
}

/// `api_key.revoked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyRevoked {
    pub key: ApiKeyId,
    pub at: Timestamp,
}

/// `settings.changed`. The aggregate is the one settings record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsChanged {
    pub settings: Settings,
}

/// The one settings record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsRecord {
    pub id: Id,
    /// [`Settings`] as JSON.
    pub settings: String,
    pub chain: Chain,
}

impl SettingsRecord {
    pub const ID: Id = Id(1);
}

pub fn create_api_key(_: &World, command: &CreateApiKey, attempt: &Attempt) -> Outcome {
    let mut problems = Vec::new();
    if command.name.trim().is_empty() || command.name.len() > 100 {
        problems.push(Problem::new("name", "length", "must be 1 to 100 bytes, not blank"));
    }
    if command.permissions.is_empty() {
        problems.push(Problem::new("permissions", "empty", "a key needs at least one permission"));
    }
    if !problems.is_empty() {
        return Err(SystemRefusal::Invalid { problems }.into());
    }
    let proof = crate::chain::hex(&crate::chain::digest(&command.secret_hash));
    Ok(vec![Event::ApiKeyCreated(ApiKeyCreated {
        key: attempt.ids.nth(0),
        name: command.name.clone(),
        proof,
        secret_hash: command.secret_hash,
        permissions: command.permissions.clone(),
        channels: command.channels.clone(),
        locations: command.locations.clone(),
        at: attempt.now,
    })])
}

pub fn revoke_api_key(world: &World, command: &RevokeApiKey, attempt: &Attempt) -> Outcome {
    let key = world.api_key(command.key_id).ok_or(SystemRefusal::UnknownKey { key_id: command.key_id })?;
    if key.revoked_at.is_some() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::ApiKeyRevoked(ApiKeyRevoked { key: key.id, at: attempt.now })])
}

pub fn change_settings(world: &World, command: &ChangeSettings) -> Outcome {
    let problems = command.settings.problems();
    if !problems.is_empty() {
        return Err(SystemRefusal::Invalid { problems }.into());
    }
    if world.settings == command.settings {
        return Ok(Vec::new());
    }
    Ok(vec![Event::SettingsChanged(SettingsChanged { settings: command.settings.clone() })])
}

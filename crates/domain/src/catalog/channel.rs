//! Channels: where orders come from, and what differs between them.

use super::CatalogRefusal;
use crate::attempt::Attempt;
use crate::chain::Chain;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::ChannelId;
use crate::refusal::Problem;
use crate::world::World;
use serde::{Deserialize, Serialize};

/// What can be said about a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelFacts {
    pub code: String,
    pub name: String,
    /// Parcels may leave while their capture is still pending.
    #[serde(default)]
    pub ship_on_pending: bool,
    /// Confirmed orders go to their locations without anybody asking.
    #[serde(default)]
    pub auto_release: bool,
}

/// A way by which orders arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub id: ChannelId,
    pub code: String,
    pub name: String,
    pub ship_on_pending: bool,
    pub auto_release: bool,
    pub archived: bool,
    pub chain: Chain,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutChannel {
    pub facts: ChannelFacts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveChannel {
    pub code: String,
}

/// `channel.created` and `channel.changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelSet {
    pub channel: ChannelId,
    #[serde(flatten)]
    pub facts: ChannelFacts,
}

/// `channel.archived`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelArchived {
    pub channel: ChannelId,
}

impl Channel {
    pub(crate) fn from_set(set: &ChannelSet) -> Self {
        let facts = set.facts.clone();
        Self {
            id: set.channel,
            code: facts.code,
            name: facts.name,
            ship_on_pending: facts.ship_on_pending,
            auto_release: facts.auto_release,
            archived: false,
            chain: Chain::default(),
        }
    }

    pub fn facts(&self) -> ChannelFacts {
        ChannelFacts {
            code: self.code.clone(),
            name: self.name.clone(),
            ship_on_pending: self.ship_on_pending,
            auto_release: self.auto_release,
        }
    }
}

pub fn put_channel(world: &World, command: &PutChannel, attempt: &Attempt) -> Outcome {
    let facts = &command.facts;
    let mut problems = Vec::new();
    if facts.code.trim().is_empty() || facts.code.len() > 64 {
        problems.push(Problem::new("code", "length", "must be 1 to 64 bytes, not blank"));
    }
    if facts.name.trim().is_empty() || facts.name.len() > 200 {
        problems.push(Problem::new("name", "length", "must be 1 to 200 bytes, not blank"));
    }
    if !problems.is_empty() {
        return Err(CatalogRefusal::Invalid { problems }.into());
    }
    match world.catalog.channel_by_code(&facts.code) {
        None => {
            let set = ChannelSet { channel: attempt.ids.nth(0), facts: facts.clone() };
            Ok(vec![Event::ChannelCreated(set)])
        }
        Some(channel) if !channel.archived && channel.facts() == *facts => Ok(Vec::new()),
        Some(channel) => {
            let set = ChannelSet { channel: channel.id, facts: facts.clone() };
            Ok(vec![Event::ChannelChanged(set)])
        }
    }
}

pub fn archive_channel(world: &World, command: &ArchiveChannel) -> Outcome {
    let channel = world
        .catalog
        .channel_by_code(&command.code)
        .ok_or_else(|| CatalogRefusal::Unknown { kind: "channel".into(), code: command.code.clone() })?;
    if channel.archived {
        return Ok(Vec::new());
    }
    Ok(vec![Event::ChannelArchived(ChannelArchived { channel: channel.id })])
}

//! Locations: sites that hold stock.

use super::CatalogRefusal;
use crate::attempt::Attempt;
use crate::chain::Chain;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::LocationId;
use crate::refusal::Problem;
use crate::world::World;
use serde::{Deserialize, Serialize};

/// What can be said about a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationFacts {
    pub code: String,
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// IANA name such as `Europe/Dublin`; promises and cut-offs are dates in this zone.
    pub zone: String,
    /// Degrees times 10,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude_e4: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude_e4: Option<i64>,
    /// Lower is preferred where everything else is equal.
    pub preference: i64,
}

/// A site that holds stock and ships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    pub id: LocationId,
    pub code: String,
    pub name: String,
    pub country: String,
    pub zone: String,
    pub latitude_e4: Option<i64>,
    pub longitude_e4: Option<i64>,
    pub preference: i64,
    pub archived: bool,
    pub chain: Chain,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutLocation {
    pub facts: LocationFacts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveLocation {
    pub code: String,
}

/// `location.created` and `location.changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationSet {
    pub location: LocationId,
    #[serde(flatten)]
    pub facts: LocationFacts,
}

/// `location.archived`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationArchived {
    pub location: LocationId,
}

impl Location {
    pub(crate) fn from_set(set: &LocationSet) -> Self {
        let facts = set.facts.clone();
        Self {
            id: set.location,
            code: facts.code,
            name: facts.name,
            country: facts.country,
            zone: facts.zone,
            latitude_e4: facts.latitude_e4,
            longitude_e4: facts.longitude_e4,
            preference: facts.preference,
            archived: false,
            chain: Chain::default(),
        }
    }

    pub fn facts(&self) -> LocationFacts {
        LocationFacts {
            code: self.code.clone(),
            name: self.name.clone(),
            country: self.country.clone(),
            zone: self.zone.clone(),
            latitude_e4: self.latitude_e4,
            longitude_e4: self.longitude_e4,
            preference: self.preference,
        }
    }
}

/// Two upper-case letters; whether the country exists is for the address rules to say.
pub fn is_country_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn problems(facts: &LocationFacts) -> Vec<Problem> {
    let mut problems = Vec::new();
    if facts.code.trim().is_empty() || facts.code.len() > 64 {
        problems.push(Problem::new("code", "length", "must be 1 to 64 bytes, not blank"));
    }
    if facts.name.trim().is_empty() || facts.name.len() > 200 {
        problems.push(Problem::new("name", "length", "must be 1 to 200 bytes, not blank"));
    }
    if !is_country_code(&facts.country) {
        problems.push(Problem::new("country", "country", "must be two capital letters (ISO 3166-1), such as IE"));
    }
    if jiff::tz::TimeZone::get(&facts.zone).is_err() {
        problems.push(Problem::new("zone", "unknown_zone", "must be an IANA time zone, such as Europe/Dublin"));
    }
    if facts.latitude_e4.is_some_and(|latitude| latitude.abs() > 900_000) {
        problems.push(Problem::new("latitude", "out_of_range", "must be -90 to 90 degrees"));
    }
    if facts.longitude_e4.is_some_and(|longitude| longitude.abs() > 1_800_000) {
        problems.push(Problem::new("longitude", "out_of_range", "must be -180 to 180 degrees"));
    }
    if facts.latitude_e4.is_some() != facts.longitude_e4.is_some() {
        problems.push(Problem::new("longitude", "incomplete", "latitude and longitude go together"));
    }
    problems
}

pub fn put_location(world: &World, command: &PutLocation, attempt: &Attempt) -> Outcome {
    let facts = &command.facts;
    let problems = problems(facts);
    if !problems.is_empty() {
        return Err(CatalogRefusal::Invalid { problems }.into());
    }
    match world.catalog.location_by_code(&facts.code) {
        None => {
            let set = LocationSet { location: attempt.ids.nth(0), facts: facts.clone() };
            Ok(vec![Event::LocationCreated(set)])
        }
        Some(location) if !location.archived && location.facts() == *facts => Ok(Vec::new()),
        Some(location) => {
            let set = LocationSet { location: location.id, facts: facts.clone() };
            Ok(vec![Event::LocationChanged(set)])
        }
    }
}

pub fn archive_location(world: &World, command: &ArchiveLocation) -> Outcome {
    let location = world
        .catalog
        .location_by_code(&command.code)
        .ok_or_else(|| CatalogRefusal::Unknown { kind: "location".into(), code: command.code.clone() })?;
    if location.archived {
        return Ok(Vec::new());
    }
    Ok(vec![Event::LocationArchived(LocationArchived { location: location.id })])
}

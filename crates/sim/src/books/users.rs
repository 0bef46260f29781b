//! Who works here, as the auditor reads it from the log.

use std::collections::BTreeMap;
use waybill_domain::ids::UserId;
use waybill_store::{Row, StoreError};

/// Role and state, as words.
type Standing = (String, String);

/// What is wrong with users: the log against their rows, and the owners that there have to be.
pub fn wrong(log: Vec<Row>, rows: Vec<Row>) -> Result<Vec<String>, StoreError> {
    let mut wrong = Vec::new();
    let mut people: BTreeMap<UserId, Standing> = BTreeMap::new();
    let owners = |people: &BTreeMap<UserId, Standing>| {
        people.values().filter(|(role, state)| role == "owner" && state == "active").count()
    };
    for mut row in log {
        let (id, kind, payload): (UserId, String, String) = (row.take()?, row.take()?, row.take()?);
        let role = serde_json::from_str::<serde_json::Value>(&payload)
            .ok()
            .and_then(|payload| payload["role"].as_str().map(str::to_owned));
        let before = owners(&people);
        let (now, state) = people.entry(id).or_insert_with(|| (String::new(), "invited".to_owned()));
        *now = role.unwrap_or_else(|| now.clone());
        match kind.as_str() {
            "user.joined" => "active".clone_into(state),
            "user.archived" => "archived".clone_into(state),
            _ => {}
        }
        if before > 0 && owners(&people) == 0 {
            wrong.push(format!("{kind} of {id} left no active owner"));
        }
    }
    let mut found: BTreeMap<UserId, Standing> = BTreeMap::new();
    for mut row in rows {
        found.insert(row.take()?, (row.take()?, row.take()?));
    }
    if people != found {
        wrong.push(format!("users: the log says {people:?}, their rows {found:?}"));
    }
    Ok(wrong)
}

//! Colleagues by name, where the log and the holds have their ids.

use super::look;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use std::collections::{BTreeMap, BTreeSet};
use waybill_domain::ids::UserId;
use waybill_store::read::timeline::Note;
use waybill_store::read::users;

/// The names of those who occur on a page.
#[derive(Debug, Default)]
pub struct People(BTreeMap<String, String>);

impl People {
    /// Whoever of these is a user. Other words (a queue, a key) are left as they are.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn among<'a>(
        state: &WebState,
        caller: &Caller,
        named: impl Iterator<Item = &'a str>,
    ) -> Result<Self, Problem> {
        let ids: BTreeSet<UserId> = named.filter_map(|one| one.parse().ok()).collect();
        let ids: Vec<UserId> = ids.into_iter().collect();
        let names = users::names(state.store(), &caller.viewer(), &ids).await?;
        Ok(Self(names.into_iter().map(|(id, name)| (id.to_string(), name)).collect()))
    }

    /// Whoever wrote some notes or is named in them, and the others who occur on a page with them.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn around<'a>(
        state: &WebState,
        caller: &Caller,
        notes: impl Iterator<Item = &'a Note>,
        others: impl Iterator<Item = &'a str>,
    ) -> Result<Self, Problem> {
        let mut named: Vec<String> = others.map(str::to_owned).collect();
        for note in notes {
            named.push(note.actor.clone());
            named.extend(note.mentions.iter().map(ToString::to_string));
        }
        Self::among(state, caller, named.iter().map(String::as_str)).await
    }

    /// The name, or what was given where nobody is known by it.
    pub fn name<'a>(&'a self, one: &'a str) -> &'a str {
        self.0.get(one).map_or(one, String::as_str)
    }

    /// Whoever did something: a colleague by name, or as far as the log tells.
    pub fn hands(&self, actor: &str) -> String {
        look::hands(self.name(actor))
    }

    /// Whoever owns a hold: a name, or the words of a role or a queue such as `customer_service`.
    pub fn owner(&self, one: &str) -> String {
        self.0.get(one).cloned().unwrap_or_else(|| one.replace('_', " "))
    }
}

impl FromIterator<(String, String)> for People {
    /// Of ids and names.
    fn from_iter<T: IntoIterator<Item = (String, String)>>(named: T) -> Self {
        Self(named.into_iter().collect())
    }
}

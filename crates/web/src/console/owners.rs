//! Who can have a hold or the work of a location: colleagues by name, roles as queues, and whoever has it now.

use super::people::People;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use waybill_domain::Code;
use waybill_domain::access::UserState;
use waybill_domain::access::role::Role;
use waybill_domain::actor::Permission;
use waybill_store::read::{PageRequest, users};

/// Who somebody is as an owner or an assignee: a word that names the principal.
pub fn word_of(caller: &Caller) -> String {
    let named = caller.actor.principal.to_string();
    named.rsplit(':').next().unwrap_or_default().to_owned()
}

/// Everybody to whom something can be handed in a dialog. Through the API, any word is one.
#[derive(Debug, Default)]
pub struct Owners {
    /// What is kept, and what is shown.
    all: Vec<(String, String)>,
    people: People,
}

impl Owners {
    /// The caller first, then colleagues as far as the caller may know them, then roles, then who has it `now`.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn of(state: &WebState, caller: &Caller, now: &[&str]) -> Result<Self, Problem> {
        let viewer = caller.viewer();
        let mine = word_of(caller);
        let people = People::among(state, caller, now.iter().copied().chain([mine.as_str()])).await?;
        let mut all = vec![(String::new(), "nobody in particular".to_owned())];
        all.push((mine.clone(), format!("{} (you)", people.owner(&mine))));
        if viewer.may(Permission::UsersRead) {
            let page = PageRequest { limit: Some(PageRequest::LIMIT_MAX), after: None };
            let active = users::users(state.store(), &viewer, Some(UserState::Active), &page).await?;
            for user in active.rows {
                all.extend(user.party.and_then(|party| party.name).map(|name| (user.id.to_string(), name)));
            }
        }
        all.extend(Role::ALL.iter().map(|role| (role.code().to_owned(), people.owner(role.code()))));
        all.extend(now.iter().map(|owner| ((*owner).to_owned(), people.owner(owner))));
        let mut known = std::collections::BTreeSet::new();
        all.retain(|(code, _)| known.insert(code.clone()));
        Ok(Self { all, people })
    }

    /// What a dialog offers, with what was chosen among it.
    pub fn choices(&self, chosen: &str) -> Vec<(String, String)> {
        let is_known = chosen.is_empty() || self.all.iter().any(|(code, _)| code == chosen);
        let unknown = (!is_known).then(|| (chosen.to_owned(), chosen.to_owned()));
        self.all.iter().cloned().chain(unknown).collect()
    }

    pub fn name(&self, owner: Option<&str>) -> String {
        let Some(owner) = owner else { return "nobody".to_owned() };
        self.all
            .iter()
            .find(|(code, _)| code == owner)
            .map_or_else(|| self.people.owner(owner), |(_, name)| name.clone())
    }
}

//! Customers: people and organizations that order.

pub mod note;

use crate::attempt::Attempt;
use crate::catalog::CatalogRefusal;
use crate::chain::Chain;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{CustomerId, PartyId};
use crate::personal::PersonalParty;
use crate::refusal::Problem;
use crate::world::World;
use serde::{Deserialize, Serialize};

codes! {
    /// How much a customer's waiting weighs.
    pub enum Tier {
        Standard = "standard",
        Silver = "silver",
        Gold = "gold",
    }
}

/// A known customer; names and contacts are in the party row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub id: CustomerId,
    /// The business's own customer number.
    pub code: String,
    pub party_id: Option<PartyId>,
    pub tier: Tier,
    pub archived: bool,
    /// How many notes were written about the customer so far.
    pub notes: i64,
    pub chain: Chain,
}

/// Creates the customer with this code, or changes the one there is. Without `party` the stored one stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutCustomer {
    pub code: String,
    pub party: Option<PersonalParty>,
    pub tier: Tier,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveCustomer {
    pub code: String,
}

/// `customer.created` and `customer.changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerSet {
    pub customer: CustomerId,
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    pub tier: Tier,
}

/// `customer.archived`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerArchived {
    pub customer: CustomerId,
}

impl Customer {
    pub(crate) fn from_set(set: &CustomerSet) -> Self {
        Self {
            id: set.customer,
            code: set.code.clone(),
            party_id: set.party,
            tier: set.tier,
            archived: false,
            notes: 0,
            chain: Chain::default(),
        }
    }
}

pub fn put_customer(world: &World, command: &PutCustomer, attempt: &Attempt) -> Outcome {
    if command.code.trim().is_empty() || command.code.len() > 64 {
        let problems = vec![Problem::new("code", "length", "must be 1 to 64 bytes, not blank")];
        return Err(CatalogRefusal::Invalid { problems }.into());
    }
    let party = command.party.as_ref().map(|party| party.id);
    let set = |customer, party| CustomerSet { customer, code: command.code.clone(), party, tier: command.tier };
    match world.customer_by_code(&command.code) {
        None => Ok(vec![Event::CustomerCreated(set(attempt.ids.nth(0), party))]),
        Some(customer) => Ok(vec![Event::CustomerChanged(set(customer.id, party.or(customer.party_id)))]),
    }
}

pub fn archive_customer(world: &World, command: &ArchiveCustomer) -> Outcome {
    let customer = world
        .customer_by_code(&command.code)
        .ok_or_else(|| CatalogRefusal::Unknown { kind: "customer".into(), code: command.code.clone() })?;
    if customer.archived {
        return Ok(Vec::new());
    }
    Ok(vec![Event::CustomerArchived(CustomerArchived { customer: customer.id })])
}

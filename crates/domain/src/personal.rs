//! Personal data and free text: kept in their own immutable rows, named by id everywhere else.
//!
//! [`Personal`] has no `Serialize`, so an event, a posting, a reason or a receipt cannot carry its value.

use crate::ids::{AddressId, PartyId, TextId};
use std::fmt;

/// A value about a person, and the id under which events and records name it.
#[derive(Clone, PartialEq, Eq)]
pub struct Personal<I, T> {
    pub id: I,
    pub value: T,
}

impl<I: fmt::Display, T> fmt::Debug for Personal<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Personal({})", self.id)
    }
}

/// Names and contacts of a person or organization; one version, never changed, erased in place when the law asks.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Party {
    pub name: Option<String>,
    pub company: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

/// A postal address; one version.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Address {
    pub name: Option<String>,
    pub company: Option<String>,
    pub line1: Option<String>,
    pub line2: Option<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub phone: Option<String>,
}

/// Says nothing about anybody: what is logged by accident is not personal data.
impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Party(..)")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}

pub type PersonalParty = Personal<PartyId, Party>;
pub type PersonalAddress = Personal<AddressId, Address>;
pub type PersonalText = Personal<TextId, String>;

/// The rows of personal data that a command brings; written when, and only when, the command succeeds.
#[derive(Clone, Debug, Default)]
pub struct PersonalRows {
    pub parties: Vec<PersonalParty>,
    pub addresses: Vec<PersonalAddress>,
    pub texts: Vec<PersonalText>,
}

impl PersonalRows {
    pub fn party(&mut self, party: Option<&PersonalParty>) {
        self.parties.extend(party.cloned());
    }

    pub fn address(&mut self, address: Option<&PersonalAddress>) {
        self.addresses.extend(address.cloned());
    }

    pub fn text(&mut self, text: Option<&PersonalText>) {
        self.texts.extend(text.cloned());
    }
}

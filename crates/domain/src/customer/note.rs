//! Notes that people write about a customer, for each other.

use crate::access::mention;
use crate::attempt::Attempt;
use crate::catalog::CatalogRefusal;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{CustomerId, TextId, UserId};
use crate::personal::PersonalText;
use crate::refusal::Problem;
use crate::time::Timestamp;
use crate::world::World;
use serde::{Deserialize, Serialize};

/// Notes kept of one customer at most.
pub const NOTES_MAX: i64 = 500;
/// Characters of a note at most.
pub const NOTE_LENGTH_MAX: usize = 2_000;

/// Writes a note about a customer, archived or not. What it says is free text and stays out of the log; whom it names
/// with `@name` does not, so that they hear of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCustomerNote {
    pub code: String,
    /// 1 to [`NOTE_LENGTH_MAX`] characters, not blank.
    pub note: PersonalText,
    /// Colleagues whom it names, as many as the text has room for.
    pub mentions: Vec<UserId>,
}

/// `customer.note_added`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerNoteAdded {
    pub customer: CustomerId,
    pub note: TextId,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    pub at: Timestamp,
}

pub fn add_note(world: &World, command: &AddCustomerNote, attempt: &Attempt) -> Outcome {
    let customer = world
        .customer_by_code(&command.code)
        .ok_or_else(|| CatalogRefusal::Unknown { kind: "customer".into(), code: command.code.clone() })?;
    let note = &command.note;
    if note.value.trim().is_empty() || note.value.chars().count() > NOTE_LENGTH_MAX {
        let message = format!("must be 1 to {NOTE_LENGTH_MAX} characters, not blank");
        return Err(CatalogRefusal::Invalid { problems: vec![Problem::new("text", "length", message)] }.into());
    }
    if customer.notes >= NOTES_MAX {
        return Err(CatalogRefusal::TooManyNotes { code: command.code.clone(), most: NOTES_MAX }.into());
    }
    let mentions = mention::named(world, &command.mentions)?;
    let note = CustomerNoteAdded { customer: customer.id, note: note.id, mentions, at: attempt.now };
    Ok(vec![Event::CustomerNoteAdded(note)])
}

//! Notes that people write on an order, for each other.

use super::events::NoteAdded;
use crate::access::mention;
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{OrderId, UserId};
use crate::personal::PersonalText;
use crate::world::World;

/// Writes a note on an order, whatever its state. What it says is free text and stays out of the log; whom it names with
/// `@name` does not, so that they hear of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddNote {
    pub order_id: OrderId,
    pub note: PersonalText,
    /// Colleagues whom it names, as many as the text has room for.
    pub mentions: Vec<UserId>,
}

pub fn add_note(world: &World, command: &AddNote, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    let mentions = mention::named(world, &command.mentions)?;
    let note = NoteAdded { order: order.head.id, note: command.note.id, mentions, at: attempt.now };
    Ok(vec![Event::NoteAdded(note)])
}

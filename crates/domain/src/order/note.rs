//! Notes that people write on an order, for each other.

use super::events::NoteAdded;
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::OrderId;
use crate::personal::PersonalText;
use crate::world::World;

/// Writes a note on an order, whatever its state. What it says is free text and stays out of the log; `@name` in it means
/// a colleague.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddNote {
    pub order_id: OrderId,
    pub note: PersonalText,
}

pub fn add_note(world: &World, command: &AddNote, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    Ok(vec![Event::NoteAdded(NoteAdded { order: order.head.id, note: command.note.id, at: attempt.now })])
}

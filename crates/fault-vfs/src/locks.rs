//! The locks of one file: SQLite's five levels on the file itself, and the eight slots of its shared memory.

use rusqlite::ffi;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_int;

/// Who holds a lock: the number of an open handle.
pub(crate) type Holder = u64;

#[derive(Debug, Default)]
pub(crate) struct Locks {
    levels: BTreeMap<Holder, c_int>,
    slots: [Slot; ffi::SQLITE_SHM_NLOCK as usize],
}

#[derive(Debug, Default)]
struct Slot {
    exclusive: Option<Holder>,
    shared: BTreeSet<Holder>,
}

impl Locks {
    /// Raises a handle's lock; false where others are in the way.
    pub(crate) fn raise(&mut self, holder: Holder, level: c_int) -> bool {
        let own = self.levels.get(&holder).copied().unwrap_or_default();
        let others = self.levels.iter().filter(|(other, _)| **other != holder).map(|(_, level)| *level);
        let highest = others.max().unwrap_or_default();
        if own >= level {
            return true;
        }
        let (free, instead) = match level {
            ffi::SQLITE_LOCK_SHARED => (highest < ffi::SQLITE_LOCK_PENDING, own),
            ffi::SQLITE_LOCK_RESERVED => (highest < ffi::SQLITE_LOCK_RESERVED, own),
            // While readers are there, none may join them.
            _ if highest < ffi::SQLITE_LOCK_RESERVED => (highest == ffi::SQLITE_LOCK_NONE, ffi::SQLITE_LOCK_PENDING),
            _ => (false, own),
        };
        self.levels.insert(holder, if free { level } else { instead });
        free
    }

    pub(crate) fn lower(&mut self, holder: Holder, level: c_int) {
        if level == ffi::SQLITE_LOCK_NONE {
            self.levels.remove(&holder);
        } else {
            self.levels.insert(holder, level);
        }
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.levels.values().any(|level| *level >= ffi::SQLITE_LOCK_RESERVED)
    }

    /// Takes slots of the shared memory; false where others are in the way.
    pub(crate) fn take_slots(&mut self, holder: Holder, slots: std::ops::Range<usize>, exclusive: bool) -> bool {
        let Some(slots) = self.slots.get_mut(slots) else { return false };
        let foreign = |other: &Holder| *other != holder;
        let busy = |slot: &Slot| {
            slot.exclusive.as_ref().is_some_and(foreign) || (exclusive && slot.shared.iter().any(foreign))
        };
        if slots.iter().any(busy) {
            return false;
        }
        for slot in slots {
            if exclusive {
                slot.exclusive = Some(holder);
            } else {
                slot.shared.insert(holder);
            }
        }
        true
    }

    pub(crate) fn give_slots(&mut self, holder: Holder, slots: std::ops::Range<usize>) {
        for slot in self.slots.get_mut(slots).into_iter().flatten() {
            slot.shared.remove(&holder);
            if slot.exclusive == Some(holder) {
                slot.exclusive = None;
            }
        }
    }

    /// The handle is closed.
    pub(crate) fn forget(&mut self, holder: Holder) {
        self.levels.remove(&holder);
        self.give_slots(holder, 0..self.slots.len());
    }
}

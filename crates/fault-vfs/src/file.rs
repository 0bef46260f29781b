//! One file: what programs see, what the disk has for certain, and what lies between.

use crate::dice::Dice;

/// Disks write whole sectors; a write that is cut off ends at the border of one.
const SECTOR: usize = 512;

#[derive(Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate(usize),
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => put(to, *offset, bytes),
            Self::Truncate(length) => to.truncate(*length),
        }
    }
}

fn put(to: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if to.len() < offset + bytes.len() {
        to.resize(offset + bytes.len(), 0);
    }
    to[offset..offset + bytes.len()].copy_from_slice(bytes);
}

#[derive(Debug, Default)]
pub(crate) struct File {
    /// What programs read.
    pub(crate) data: Vec<u8>,
    /// What survives a power cut for certain; None for a file that was never synced.
    durable: Option<Vec<u8>>,
    /// What may or may not survive, oldest first.
    pending: Vec<Change>,
}

impl File {
    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        put(&mut self.data, offset, bytes);
        self.pending.push(Change::Write { offset, bytes: bytes.to_vec() });
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        self.data.truncate(length);
        self.pending.push(Change::Truncate(length));
    }

    pub(crate) fn sync(&mut self) {
        let durable = self.durable.get_or_insert_default();
        for change in self.pending.drain(..) {
            change.apply(durable);
        }
    }

    /// A failed sync after which the system takes the pages for clean: programs still read them, and no later sync
    /// writes them.
    pub(crate) fn forget_pending(&mut self) {
        self.pending.clear();
    }

    /// What is left after a power cut; None where not even the name is.
    pub(crate) fn after_power_cut(mut self, dice: &mut Dice) -> Option<Self> {
        let known = self.durable.is_some();
        let mut left = self.durable.take().unwrap_or_default();
        let mut survived = false;
        match dice.below(4) {
            0 => {}
            1 => {
                // In order up to a point, the last one torn.
                let count = dice.below(self.pending.len() as u64 + 1) as usize;
                for (place, change) in self.pending.iter().take(count).enumerate() {
                    survived = true;
                    match change {
                        Change::Write { offset, bytes } if place + 1 == count => {
                            let sectors = dice.below((bytes.len() / SECTOR + 1) as u64) as usize;
                            put(&mut left, *offset, &bytes[..(sectors * SECTOR).min(bytes.len())]);
                        }
                        change => change.apply(&mut left),
                    }
                }
            }
            2 => {
                // Whatever sectors the disk got to, in whatever order it liked.
                for change in &self.pending {
                    match change {
                        Change::Write { offset, bytes } => {
                            for (n, sector) in bytes.chunks(SECTOR).enumerate() {
                                if dice.chance(50) {
                                    survived = true;
                                    put(&mut left, offset + n * SECTOR, sector);
                                }
                            }
                        }
                        Change::Truncate(length) if dice.chance(50) => left.truncate(*length),
                        Change::Truncate(_) => {}
                    }
                }
            }
            _ => {
                survived = true;
                self.pending.iter().for_each(|change| change.apply(&mut left));
            }
        }
        (known || survived).then(|| Self { data: left.clone(), durable: Some(left), pending: Vec::new() })
    }
}

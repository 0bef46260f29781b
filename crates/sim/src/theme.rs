//! What a run's clients mostly do. Some things are so rare beside trade that a run of 120 steps would hardly come to them.

use waybill_fault_vfs::Dice;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Orders and stock, with a little of everything else.
    Trade,
    /// People, webhook endpoints and the catalog, with a little trade.
    Office,
    /// Trade, where orders are held again and again while they are worked on.
    Doubt,
}

/// One seed of so many, and which of them.
const ONE_IN: u64 = 16;
const OFFICE: u64 = 9;
const DOUBT: u64 = 10;

impl Theme {
    pub const fn of(seed: u64) -> Self {
        match seed % ONE_IN {
            OFFICE => Self::Office,
            DOUBT => Self::Doubt,
            _ => Self::Trade,
        }
    }

    /// What kind of request is next, where trade alone would draw `kind`.
    pub fn turn(self, kind: u64, dice: &mut Dice) -> u64 {
        match self {
            Self::Office if dice.chance(60) => dice.pick(&[86, 91, 92, 92]).copied().unwrap_or(kind),
            _ => kind,
        }
    }

    /// How many of the latest orders something is mostly done about.
    pub const fn young(self) -> usize {
        match self {
            Self::Trade | Self::Office => 8,
            Self::Doubt => 2,
        }
    }

    /// A version that is right now and then, where somebody of the office names one.
    pub fn version(self, dice: &mut Dice) -> Option<i64> {
        (self == Self::Office && dice.chance(15)).then(|| dice.between(1, 5))
    }
}

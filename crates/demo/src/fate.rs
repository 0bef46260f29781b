//! What will become of an order: drawn once, so that its steps agree with each other.

use crate::random::Random;

/// How an order is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paying {
    Card,
    Transfer,
    Cash,
    Terms,
}

/// What happens to an order on its way.
#[derive(Clone, Debug)]
pub struct Fate {
    pub paying: Paying,
    /// The first card is declined.
    pub declined: bool,
    /// And another one is tried.
    pub tries_again: bool,
    /// The gateway's first answer is lost.
    pub answer_lost: bool,
    /// The customer never pays.
    pub forgets: bool,
    /// Somebody looks at the order before it may go on.
    pub held: bool,
    pub hold_rejected: bool,
    pub cancelled: bool,
    pub line_cancelled: bool,
    pub short_pick: bool,
    /// Packed into two boxes where it can be.
    pub two_boxes: bool,
    pub lost: bool,
    pub exception: bool,
    /// The carrier takes days longer.
    pub slow: bool,
    pub returned: bool,
    /// For waiting times.
    pub random: Random,
}

impl Fate {
    pub fn draw(mut random: Random, is_trade: bool) -> Self {
        let paying = match (is_trade, random.range(1, 100)) {
            (true, 1..=80) => Paying::Terms,
            (true, _) => Paying::Transfer,
            (false, 1..=78) => Paying::Card,
            (false, 79..=90) => Paying::Transfer,
            (false, 91..=96) => Paying::Cash,
            (false, _) => Paying::Terms,
        };
        Self {
            paying,
            declined: random.chance(60),
            tries_again: random.chance(500),
            answer_lost: random.chance(15),
            forgets: random.chance(90),
            held: random.chance(45),
            hold_rejected: random.chance(150),
            cancelled: random.chance(30),
            line_cancelled: random.chance(25),
            short_pick: random.chance(20),
            two_boxes: random.chance(70),
            lost: random.chance(8),
            exception: random.chance(25),
            slow: random.chance(60),
            returned: random.chance(65),
            random,
        }
    }
}

//! A small generator of numbers that look random and are the same for the same seed (SplitMix64).

/// Never for anything secret.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator of its own for the n-th thing of a kind, so that one thing more does not change the others.
    pub const fn branch(seed: u64, kind: u64, n: u64) -> Self {
        let mut mixed = Self(seed ^ kind.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ n.wrapping_mul(0xd1b5_4a32_d192_ed03));
        let first = mixed.next();
        Self(first)
    }

    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// From `low` to `high`, both included.
    pub const fn range(&mut self, low: i64, high: i64) -> i64 {
        let span = (high - low) as u64 + 1;
        low + (self.next() % span) as i64
    }

    /// True in `permille` of a thousand cases.
    pub const fn chance(&mut self, permille: u64) -> bool {
        self.next() % 1_000 < permille
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[(self.next() % list.len() as u64) as usize]
    }

    /// An index below `count`; low ones far more often than high ones.
    pub const fn popular(&mut self, count: usize) -> usize {
        let (one, other) = (self.next() % count as u64, self.next() % count as u64);
        (one * other / count as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_within_their_bounds() {
        let draw = || {
            let mut random = Random::branch(7, 1, 2);
            (0..1_000).map(|_| (random.range(-3, 3), random.popular(10), random.chance(500))).collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
        assert!(draw().iter().all(|(number, place, _)| (-3..=3).contains(number) && *place < 10));
        assert!(draw().iter().any(|(number, ..)| *number == 3) && draw().iter().any(|(number, ..)| *number == -3));
    }
}

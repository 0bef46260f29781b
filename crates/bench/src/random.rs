//! Random keys, references and choices: cheap, and seeded by the operating system.

/// SplitMix64. Good enough for load, never for secrets.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that no other caller shares.
    pub fn fresh() -> Self {
        let mut seed = [0; 8];
        // Without randomness the callers' numbers would still differ by their addresses.
        if getrandom::fill(&mut seed).is_err() {
            seed = (std::ptr::from_ref(&seed) as u64).to_ne_bytes();
        }
        Self(u64::from_ne_bytes(seed))
    }

    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub const fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    pub fn bytes(&mut self) -> [u8; 16] {
        let (high, low) = (self.next(), self.next());
        (u128::from(high) << 64 | u128::from(low)).to_ne_bytes()
    }

    /// A UUID of version 4, as callers send keys and references.
    pub fn uuid(&mut self) -> String {
        let bits = u128::from_ne_bytes(self.bytes());
        let bits = bits & !(0xf << 76) & !(0b11 << 62) | 0x4 << 76 | 0b10 << 62;
        let hex = format!("{bits:032x}");
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_says_that_it_is_random() {
        let uuid = Random::fresh().uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4', "{uuid}");
        assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{uuid}");
    }
}

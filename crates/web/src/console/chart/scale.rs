//! Where values stand between round numbers.

const GRID_LINES: i64 = 4;

/// The lowest value of a plot, its highest, and the distance of its grid lines: zero is among them, the distance is a
/// round number of `base`, and there are at most four lines beside zero.
pub fn scale(low: i64, high: i64, base: i64) -> (i64, i64, i64) {
    let (low, high) = (low.min(0), high.max(0));
    let mut magnitude = base.max(1);
    loop {
        for tenths in [10, 20, 25, 30, 40, 50] {
            let is_whole = tenths != 25 || magnitude > base;
            let step = magnitude.saturating_mul(tenths) / 10;
            let above = high.saturating_add(step - 1) / step;
            let below = low.saturating_neg().saturating_add(step - 1) / step;
            let is_last = magnitude > i64::MAX / 100;
            if is_last || (is_whole && above.saturating_add(below) <= GRID_LINES) {
                let above = if below == 0 { above.max(1) } else { above };
                return (below.saturating_mul(-step), above.saturating_mul(step), step);
            }
        }
        magnitude = magnitude.saturating_mul(10);
    }
}

/// What is needed to place a value.
pub struct Frame {
    pub low: i64,
    pub high: i64,
    /// How many columns there are.
    pub count: usize,
    /// Whether a column is a slot with a width, as bars have it, or a point.
    pub slots: bool,
}

impl Frame {
    /// From the left, in percent.
    pub fn x(&self, column: usize) -> f64 {
        match (self.slots, self.count) {
            (true, count) => (column as f64 + 0.5) / count.max(1) as f64 * 100.0,
            (false, 0 | 1) => 100.0,
            (false, count) => column as f64 / (count - 1) as f64 * 100.0,
        }
    }

    /// From the top, in percent.
    pub fn y(&self, value: i64) -> f64 {
        (self.high as f64 - value as f64) / (self.high as f64 - self.low as f64) * 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_lines_are_round_and_at_most_four() {
        for (low, high, base, expected) in [
            (0, 118, 1, (0, 120, 30)),
            (0, 0, 1, (0, 1, 1)),
            (0, 3, 1, (0, 3, 1)),
            (0, 5, 1, (0, 6, 2)),
            (0, 9_001, 1, (0, 10_000, 2_500)),
            (-40, 90, 1, (-40, 120, 40)),
            (-7, 0, 1, (-8, 0, 2)),
            (0, 30_000, 3_600, (0, 32_400, 10_800)),
        ] {
            assert_eq!(scale(low, high, base), expected, "{low} to {high}");
        }
        let (low, high, step) = scale(i64::MIN, i64::MAX, 1);
        assert!(low < 0 && high > 0 && step > 0);
    }
}

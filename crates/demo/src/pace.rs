//! How fast orders come in while somebody looks: lively at first, then as the history would have it.

use crate::DemoError;
use waybill_store::Store;

const DAY_S: f64 = 86_400.0;
/// Of the newest orders, so many tell what a usual day is.
const LOOKED_AT: i64 = 20_000;
/// Where nobody made a history up.
const USUAL: f64 = 50.0;
/// Within a second or two the first has come.
const LIVELY_PER_S: f64 = 0.6;
/// After the lively start another half of a usual day comes, ever more slowly, within about eight hours.
const SETTLES_S: f64 = 60.0;
const SETTLED_S: f64 = 8.0 * 3_600.0;

/// The pace of one shop.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Orders a day.
    usual: f64,
    /// Orders of the lively start.
    lively: f64,
}

impl Pace {
    fn of(usual: f64) -> Self {
        Self { usual, lively: (usual / 2.0).clamp(5.0, 36.0) }
    }

    /// What a usual day of the store's made-up history is, however much came in since.
    ///
    /// # Errors
    /// As the store says.
    pub async fn read(store: &dyn Store) -> Result<Self, DemoError> {
        let sql = "SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(MAX(n.placed_at) - MIN(n.placed_at), 0) AS BIGINT) \
                   FROM (SELECT o.placed_at, o.origin FROM orders o ORDER BY o.id DESC LIMIT $1) n \
                   WHERE n.origin = 'simulation'";
        let mut rows = store.read(sql, &[LOOKED_AT.into()]).await?;
        let Some(row) = rows.first_mut() else { return Ok(Self::of(USUAL)) };
        let (orders, span_us): (i64, i64) = (row.take()?, row.take()?);
        let days = (span_us as f64 / 1e6 / DAY_S).max(1.0);
        Ok(Self::of(if orders > 0 { orders as f64 / days } else { USUAL }))
    }

    /// How likely an order comes in one second, in millionths, so long after the beginning.
    pub fn per_million(&self, second: u64) -> u64 {
        let lively_s = self.lively / LIVELY_PER_S;
        let since = second as f64 - lively_s;
        let per_s = if since < 0.0 {
            LIVELY_PER_S
        } else {
            let settling = self.usual / 2.0 / (1.0 + SETTLED_S / SETTLES_S).ln() / (SETTLES_S + since);
            settling.max(self.usual / DAY_S).min(LIVELY_PER_S)
        };
        (per_s * 1e6).round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orders that come in these seconds, on average.
    fn comes(usual: f64, from: u64, to: u64) -> f64 {
        let pace = Pace::of(usual);
        (from..to).map(|second| pace.per_million(second) as f64 / 1e6).sum()
    }

    #[test]
    fn a_shop_is_lively_at_first_and_stays_in_proportion_to_its_history() {
        // 300, 400, 3,000 and 60,000 orders of 60 days.
        for (usual, first_minute) in [(5.0, 5.0), (6.7, 5.0), (50.0, 25.0), (1_000.0, 36.0)] {
            let minute = comes(usual, 0, 60);
            assert!(minute >= first_minute - 0.5 && minute <= 36.1, "{minute} of {usual}");
            // With what the history has of today already, at most all of a usual day.
            let day = comes(usual, 0, 8 * 3_600);
            assert!(day <= 1.3 * usual + 5.0, "{day} of {usual}");
            assert!(day >= usual / 2.0, "{day} of {usual}");
            let next = comes(usual, 10 * 86_400, 11 * 86_400);
            assert!((0.99..1.01).contains(&(next / usual)), "{next} of {usual}");
        }
        assert_eq!(Pace::of(1e9).per_million(1_000_000), 600_000, "never more than one is placed a tick");
    }
}

//! The days a report is about, as its address says them, and those before.

use super::super::look::Look;
use crate::params::Params;
use jiff::Span;
use waybill_domain::time::Date;

/// Days of a range at most.
const DAYS_MAX: i64 = 731;
const DAYS_USUAL: i64 = 30;
/// Up to so many days each is a column of its own; from then on weeks are.
const DAYS_AS_COLUMNS: i64 = 62;

const PRESETS: [(&str, i64); 4] = [("7 days", 7), ("30 days", 30), ("90 days", 90), ("12 months", 365)];

/// Days where whoever looks is, both included.
#[derive(Clone, Debug)]
pub struct Range {
    pub from: Date,
    pub to: Date,
    /// The first of as many days just before.
    pub before_from: Date,
}

/// The days between two, the first not included.
fn distance(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

fn later(day: Date, days: i64) -> Date {
    day.saturating_add(Span::new().days(days.clamp(-100_000, 100_000)))
}

impl Range {
    /// `from` and `to`, or the usual days up to today. A range that ends before it begins is turned round.
    pub fn read(params: &mut Params, look: &Look) -> Self {
        let (from, to): (Option<Date>, Option<Date>) = (params.written("from"), params.written("to"));
        let to = to.unwrap_or_else(|| look.today());
        let from = from.unwrap_or_else(|| later(to, 1 - DAYS_USUAL));
        Self::of(from.min(to), from.max(to))
    }

    fn of(from: Date, to: Date) -> Self {
        let from = from.max(later(to, 1 - DAYS_MAX));
        let days = distance(from, to) + 1;
        Self { from, to, before_from: later(from, -days) }
    }

    pub fn days(&self) -> i64 {
        distance(self.from, self.to) + 1
    }

    pub fn before_to(&self) -> Date {
        later(self.from, -1)
    }

    pub fn query(&self) -> String {
        format!("from={}&to={}", self.from, self.to)
    }

    /// Names and addresses of usual ranges, and which of them this one is.
    pub fn presets(&self, look: &Look) -> Vec<(&'static str, String, bool)> {
        let today = look.today();
        let preset = |(name, days): (&'static str, i64)| {
            let range = Self::of(later(today, 1 - days), today);
            (name, range.query(), range.from == self.from && range.to == self.to)
        };
        PRESETS.into_iter().map(preset).collect()
    }

    /// Days that one column of a chart holds.
    fn width(&self) -> i64 {
        if self.days() <= DAYS_AS_COLUMNS { 1 } else { 7 }
    }

    /// What a column is called in a table.
    pub fn head(&self) -> &'static str {
        if self.width() == 1 { "Day" } else { "Week from" }
    }

    /// What a column is.
    pub fn unit(&self) -> &'static str {
        if self.width() == 1 { "day" } else { "week" }
    }

    /// The first day of each column.
    pub fn columns(&self) -> Vec<Date> {
        let width = self.width();
        let count = (self.days() + width - 1) / width;
        (0..count).map(|column| later(self.from, column * width)).collect()
    }

    /// The last day of the column that begins with a day.
    pub fn end_of(&self, column: Date) -> Date {
        later(column, self.width() - 1).min(self.to)
    }

    /// The column of a day.
    pub fn column(&self, day: Date) -> Option<usize> {
        let at = distance(self.from, day);
        (at >= 0 && day <= self.to).then(|| usize::try_from(at / self.width()).unwrap_or_default())
    }

    /// The days before, with the same columns.
    pub fn before(&self) -> Self {
        Self { from: self.before_from, to: self.before_to(), before_from: self.before_from }
    }

    /// `Nov 1 – Nov 18, 2026`.
    pub fn words(&self, look: &Look) -> String {
        if self.from == self.to {
            look.day(self.from)
        } else {
            format!("{} – {}", look.day(self.from), look.day(self.to))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn before_is_as_long_and_ends_where_the_range_begins() {
        let range = Range::of(date(2026, 11, 1), date(2026, 11, 18));
        assert_eq!((range.days(), range.before_from, range.before_to()), (18, date(2026, 10, 14), date(2026, 10, 31)));
        assert_eq!(range.columns().len(), 18);
        assert_eq!((range.column(date(2026, 11, 18)), range.column(date(2026, 11, 19))), (Some(17), None));
    }

    #[test]
    fn long_ranges_are_shown_by_week_and_are_bounded() {
        let range = Range::of(date(2025, 11, 20), date(2026, 11, 19));
        assert_eq!((range.days(), range.columns().len()), (365, 53));
        assert_eq!(range.column(date(2026, 11, 19)), Some(52));
        assert_eq!(Range::of(date(1970, 1, 1), date(2026, 11, 19)).days(), DAYS_MAX);
        assert_eq!(distance(date(2024, 2, 1), date(2024, 3, 1)), 29);
    }
}

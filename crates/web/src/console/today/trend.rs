//! Today against the same weekday before, at the same time of day.

use super::super::chart::{Chart, Form, Series};
use super::super::html::Html;
use super::super::look::{self, Look};
use super::super::span;
use std::collections::BTreeMap;
use waybill_domain::money::{Currency, Minor};
use waybill_domain::time::Date;
use waybill_store::Store;
use waybill_store::read::stats::{self, SalesRow, Step};
use waybill_store::read::{ReadError, Viewer};

const HOURS: usize = 24;

/// A figure and what it was before.
#[derive(Debug)]
pub struct Figure {
    pub name: &'static str,
    pub value: String,
    /// To the minor digit, where the value is rounded.
    pub exact: String,
    pub before: String,
    pub change: Html,
    pub href: String,
}

#[derive(Debug)]
pub struct Trend {
    /// The time up to which the day before is counted.
    pub by: String,
    pub weekday: String,
    pub figures: Vec<Figure>,
    pub chart: Html,
}

/// What a day had until a second of it, orders left out that were cancelled as a whole.
#[derive(Clone, Copy, Default)]
struct Day {
    orders: i64,
    ordered: i64,
    revenue: i64,
}

pub async fn trend(store: &dyn Store, viewer: &Viewer, look: &Look) -> Result<Trend, ReadError> {
    let today = look.today();
    let before = today.saturating_sub(jiff::Span::new().days(7));
    let now = stats::sales(store, viewer, &span::days(look, today, today), Step::Quarter).await?;
    let then = stats::sales(store, viewer, &span::days(look, before, before), Step::Quarter).await?;
    let (_, second) = span::local(look.local_seconds());
    // The running quarter of an hour counts on both days, so the clock is put to its end.
    let until = (second / 900 + 1) * 900;
    let currency = main_currency(now.iter().chain(&then)).unwrap_or(Currency::EUR);
    let (is, was) = (up_to(&now, currency, until), up_to(&then, currency, until));
    let money = |amount| look::money(Minor(amount), currency);
    let whole = |amount| look::money_whole(Minor(amount), currency);
    let list = format!("/orders?placed_from={today}&placed_to={today}&lifecycle=placed,confirmed,completed");
    let report = format!("/reports?from={today}&to={today}&currency={currency}");
    let figure = |name, value: String, exact: String, before, change, href: &str| Figure {
        name,
        value,
        exact,
        before,
        change,
        href: href.to_owned(),
    };
    let figures = vec![
        figure(
            "Orders",
            look::number(is.orders),
            String::new(),
            look::number(was.orders),
            change(is.orders, was.orders),
            &list,
        ),
        figure(
            "Ordered",
            whole(is.ordered),
            money(is.ordered),
            whole(was.ordered),
            change(is.ordered, was.ordered),
            &report,
        ),
        figure(
            "Revenue",
            whole(is.revenue),
            money(is.revenue),
            whole(was.revenue),
            change(is.revenue, was.revenue),
            &report,
        ),
    ];
    let hour = (until - 1) / 3_600;
    let chart = chart(&now, &then, currency, hour, before, look, &money);
    let by = format!("{}:{:02}", until / 3_600, until % 3_600 / 60);
    Ok(Trend { by, weekday: before.strftime("%A").to_string(), figures, chart })
}

/// The currency of most orders.
fn main_currency<'a>(rows: impl Iterator<Item = &'a SalesRow>) -> Option<Currency> {
    let mut orders: BTreeMap<Currency, i64> = BTreeMap::new();
    rows.for_each(|row| *orders.entry(row.currency).or_default() += row.orders);
    orders.into_iter().max_by_key(|(_, count)| *count).map(|(currency, _)| currency)
}

fn up_to(rows: &[SalesRow], currency: Currency, until: i64) -> Day {
    let mut day = Day::default();
    for row in rows.iter().filter(|row| span::local(row.began_local_s).1 < until) {
        day.orders += row.orders - row.cancelled;
        if row.currency == currency {
            day.ordered += (row.ordered - row.cancelled_amount).0;
            day.revenue += row.revenue.0;
        }
    }
    day
}

/// What has changed in tenths of a percent; None where there was nothing.
pub fn change_tenths(is: i64, was: i64) -> Option<i64> {
    (was > 0).then(|| ((is - was) as f64 / was as f64 * 1_000.0).round() as i64)
}

/// `+14.1 %` of something of which more is better: green or red beside its sign.
pub fn change(is: i64, was: i64) -> Html {
    changed(is, was, "tone-good", "tone-bad")
}

/// As [`change`], of something of which less is better.
pub fn change_of_bad(is: i64, was: i64) -> Html {
    changed(is, was, "tone-bad", "tone-good")
}

fn changed(is: i64, was: i64, more: &str, less: &str) -> Html {
    let Some(tenths) = change_tenths(is, was) else {
        return Html::of("<span class=\"quiet\">–</span>");
    };
    let tone = match tenths {
        0 => "quiet",
        1.. => more,
        _ => less,
    };
    Html::of(format!("<b class=\"{tone}\">{}</b>", look::signed_percent(tenths)))
}

#[allow(clippy::too_many_arguments)]
fn chart(
    now: &[SalesRow],
    then: &[SalesRow],
    currency: Currency,
    hour: i64,
    before: Date,
    look: &Look,
    money: &dyn Fn(i64) -> String,
) -> Html {
    let so_far = |rows: &[SalesRow]| -> Vec<i64> {
        let mut sums = [0_i64; HOURS];
        for row in rows.iter().filter(|row| row.currency == currency) {
            let (_, second) = span::local(row.began_local_s);
            sums[usize::try_from(second / 3_600).unwrap_or_default().min(HOURS - 1)] +=
                (row.ordered - row.cancelled_amount).0;
        }
        sums.iter()
            .scan(0, |sum, hour| {
                *sum += hour;
                Some(*sum)
            })
            .collect()
    };
    let (is, was) = (so_far(now), so_far(then));
    let last = usize::try_from(hour).unwrap_or_default().min(HOURS - 1);
    let at_last = |sums: &[i64]| sums.get(last).copied().unwrap_or_default();
    let today = is.iter().enumerate().map(|(at, sum)| (at <= last).then_some(*sum));
    let day = look.day(before);
    Chart {
        form: Form::Line,
        says: format!(
            "Ordered so far today, {}; a week ago by the end of this hour, {}",
            money(at_last(&is)),
            money(at_last(&was))
        ),
        head: "By",
        columns: (1..=HOURS).map(|hour| format!("{hour}:00")).collect(),
        series: vec![
            Series::new("Today", today),
            Series::before(format!("{}, {day}", before.strftime("%A")), was.iter().map(|sum| Some(*sum))),
        ],
        written: &|amount| look::money_whole(Minor(amount), currency),
        base: 10_i64.pow(currency.exponent()),
        adds_up: false,
        note: None,
    }
    .html()
}

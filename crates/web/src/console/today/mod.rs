//! Today: where the orders are, what needs a person, whether promises are kept.

mod news;
pub mod trend;

use super::frame::{Frame, TODAY, first_place};
use super::html::{Html, shape};
use super::look::{self, Look};
use super::notes::{self, Mention};
use super::{form, page, status};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use news::Entry;
use trend::{Figure, Trend};
use waybill_domain::actor::Permission;
use waybill_domain::time::{Date, Timestamp};
use waybill_store::read::stats::{self, Promises, StageTimes};
use waybill_store::read::today::{self, Limits, Needs, Pipeline, SetUp, Waiting};

const HOUR: i64 = 3_600;
/// Inside the house, and with a carrier.
const INSIDE: Limits = Limits { ageing_s: 4 * HOUR, late_s: 24 * HOUR };
const OUTSIDE: Limits = Limits { ageing_s: 72 * HOUR, late_s: 168 * HOUR };

/// One box of the pipeline.
#[derive(Debug)]
struct Stage {
    name: &'static str,
    href: String,
    count: String,
    is_zero: bool,
    /// The parts of the bar in percent, as they stand from the left.
    bar: Vec<(&'static str, f64, f64)>,
    says: String,
    late: Option<String>,
    beside: String,
}

/// One row of what needs a person.
#[derive(Debug)]
struct Need {
    shape: Html,
    tone: &'static str,
    name: String,
    href: String,
    count: String,
    oldest: String,
    due: Option<Html>,
    owner: Option<String>,
}

/// How long a stage took.
#[derive(Debug)]
struct Cycle {
    name: &'static str,
    half: String,
    most: String,
    /// In percent of the longest.
    from: f64,
    to: f64,
}

#[derive(Template)]
#[template(path = "today/today.html")]
struct TodayPage {
    frame: Frame,
    title: String,
    says: String,
    is_new: bool,
    stages: Vec<Stage>,
    needs: Vec<Need>,
    /// How many holds there are.
    held: String,
    trend: Trend,
    kept: Figure,
    cycles: Vec<Cycle>,
    /// The report behind them.
    times: String,
    news: Vec<Entry>,
    mentions: Vec<Mention>,
    /// Of what is done here to those.
    key: String,
    steps: Vec<SetUpStep>,
    behind: Option<String>,
}

/// A step until the first order.
#[derive(Debug)]
struct SetUpStep {
    name: &'static str,
    about: &'static str,
    act: (&'static str, &'static str),
    command: &'static str,
    is_done: bool,
    is_next: bool,
}

/// `GET /`.
pub async fn today(State(state): State<WebState>, caller: Caller, look: Look) -> Result<Response, Problem> {
    let (store, viewer) = (state.store(), caller.viewer());
    if !viewer.may(Permission::OrdersRead)
        && let Some(place) = first_place(&viewer)
    {
        return Ok(Redirect::to(place).into_response());
    }
    let day = look.today();
    let setup = today::set_up(store).await?;
    let pipeline = today::pipeline(store, &viewer, look.now(), (INSIDE, OUTSIDE)).await?;
    let needs = today::needs(store, &viewer, day).await?;
    let counts = stats::counts(store, &viewer, &super::span::days(&look, day, day)).await?;
    let late = counts.get("delivered.late").copied().unwrap_or_default();
    let end = look.start_of(day.tomorrow().unwrap_or(day));
    let delivered = (today::delivered(store, &viewer, (look.start_of(day), end)).await?, late);
    let days = |back: i64| day.saturating_sub(jiff::Span::new().days(back));
    let promises = stats::promises(store, &viewer, days(14), days(1)).await?;
    // Stages belong to days of UTC, of which one may run ahead of the viewer's.
    let (since, until) = stage_days(&look);
    let times = stats::times(store, &viewer, since, until).await?;
    let progress = stats::progress(store).await?;
    let trend = trend::trend(store, &viewer, &look).await?;
    let news = news::entries(store, &viewer, &look).await?;
    let mentions = notes::unread(&state, &caller, &look).await?;
    let title = if setup.orders { Look::long_day(day) } else { "Nothing has arrived yet".to_owned() };
    let frame = Frame::new(&state, &caller, TODAY, "Today").await?;
    let rows = rows(&needs, &look);
    let held: i64 = needs.held.iter().map(|row| row.count).sum();
    Ok(page(&TodayPage {
        title,
        says: says(&needs, &setup),
        is_new: !setup.orders,
        stages: stages(&pipeline, delivered, day, &look),
        held: if held > 0 { look::count(held) } else { String::new() },
        needs: rows,
        kept: kept(&promises, days(7), days(1)),
        cycles: cycles(&times),
        times: format!("/reports/times?from={since}&to={until}"),
        steps: if setup.orders { Vec::new() } else { steps(&setup) },
        behind: (progress.head - progress.position > BEHIND)
            .then(|| look::plural(progress.head - progress.position, "event")),
        trend,
        news,
        mentions,
        key: form::key(&state),
        frame,
    }))
}

/// From so many events on a page says that its sums are not complete.
const BEHIND: i64 = 5_000;

fn says(needs: &Needs, setup: &SetUp) -> String {
    if !setup.orders {
        return "This is where a day’s orders pass, left to right. A few steps until the first one does.".to_owned();
    }
    match (needs.missed.0, needs.at_risk.0) {
        (0, 0) => "Nothing is past the day it is wanted by.".to_owned(),
        (0, soon) => format!("{} wanted today or tomorrow, not sent yet.", orders(soon, "is", "are")),
        (late, 0) => format!("{} past the day wanted by and not sent.", orders(late, "is", "are")),
        (late, soon) => format!(
            "{} past the day wanted by and not sent; {} more wanted today or tomorrow.",
            orders(late, "is", "are"),
            look::count(soon)
        ),
    }
}

fn orders(count: i64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 order {one}") } else { format!("{} orders {many}", look::count(count)) }
}

/// Of today's deliveries the orders, and the parcels that came after the day they were wanted by.
fn stages(pipeline: &Pipeline, (delivered, late): (i64, i64), day: Date, look: &Look) -> Vec<Stage> {
    let stage = |name, href: &str, waiting: &Waiting, empty: &'static str| {
        let long = if name == "In transit" { "over a week" } else { "over a day" };
        let fresh = waiting.count - waiting.ageing - waiting.late;
        let all = waiting.count.max(1) as f64;
        let mut left = 0.0;
        let parts = [("a1", fresh), ("a2", waiting.ageing), ("a3", waiting.late)];
        let bar = parts.into_iter().filter(|(_, count)| *count > 0).map(|(class, count)| {
            let width = count as f64 / all * 100.0;
            let place = (class, left, width);
            left += width;
            place
        });
        Stage {
            name,
            href: href.to_owned(),
            count: look::count(waiting.count),
            is_zero: waiting.count == 0,
            bar: bar.collect(),
            // Late is what is past the day it was promised for; this is only how long it stands here.
            says: format!("{fresh} fresh, {} ageing, {} {long}", waiting.ageing, waiting.late),
            late: (waiting.late > 0).then(|| format!("{} {long}", look::count(waiting.late))),
            beside: waiting.oldest.map_or_else(|| empty.to_owned(), |since| format!("oldest {}", look.age(since))),
        }
    };
    let mut stages = vec![
        stage("Placed", "/orders?lifecycle=placed", &pipeline.placed, "arrive from a channel"),
        stage(
            "Confirmed",
            "/orders?lifecycle=confirmed&fulfillment_status=unfulfilled",
            &pipeline.confirmed,
            "checks passed",
        ),
        stage("Released", "/pick?stage=released", &pipeline.released, "sent to a location"),
        stage("Picking", "/pick?stage=picking", &pipeline.picking, "in somebody’s hands"),
        stage("Packed", "/ship?stage=packed", &pipeline.packed, "waiting for the carrier"),
        stage("In transit", "/orders?delivery_status=in_transit", &pipeline.in_transit, "with the carrier"),
    ];
    stages.push(Stage {
        name: "Delivered",
        href: format!("/orders?delivered_from={day}&delivered_to={day}"),
        count: look::number(delivered),
        is_zero: delivered == 0,
        bar: if delivered == 0 { Vec::new() } else { vec![("a1", 0.0, 100.0)] },
        says: format!("orders of which something arrived on {}", look.day(day)),
        late: (late > 0).then(|| format!("{} after the day", look::number(late))),
        beside: "today".to_owned(),
    });
    stages
}

fn rows(needs: &Needs, look: &Look) -> Vec<Need> {
    let mut rows: Vec<Need> = needs
        .held
        .iter()
        .map(|held| Need {
            shape: shape("stop"),
            tone: "held",
            name: status::hold_words(held.kind).to_owned(),
            href: format!("/holds?kind={}", held.kind),
            count: look::count(held.count),
            oldest: look.age(held.oldest),
            due: held.due.map(|due| look.moment(due)),
            owner: held.owner.as_deref().map(|owner| owner.replace('_', " ")),
        })
        .collect();
    let today = look.today();
    let yesterday = today.yesterday().unwrap_or(today);
    let tomorrow = today.tomorrow().unwrap_or(today);
    let mut add = |(count, oldest): (i64, Option<String>), (tone, name): (&'static str, &str), mark, href: String| {
        if count > 0 {
            let (oldest, due) = (oldest.unwrap_or_default(), None);
            let name = name.to_owned();
            rows.push(Need {
                shape: shape(mark),
                tone,
                name,
                href,
                count: look::count(count),
                oldest,
                due,
                owner: None,
            });
        }
    };
    let day = |(count, since): (i64, Option<Date>)| (count, since.map(|day| look.day(day)));
    let age = |(count, since): (i64, Option<Timestamp>)| (count, since.map(|at| look.age(at)));
    // Of orders that are not over: what went astray or was not paid of the others waits for nobody.
    let not_over = |filter: &str| format!("/orders?{filter}&lifecycle=placed,confirmed");
    let unsent = format!("/orders?unsent_by={yesterday}");
    let soon = format!("/orders?unsent_from={today}&unsent_by={tomorrow}");
    add(day(needs.missed), ("bad", "Past the day wanted by, not sent"), "warn", unsent);
    add(day(needs.at_risk), ("wait", "Wanted today or tomorrow, not sent"), "wait", soon);
    add(age(needs.exceptions), ("bad", "Delivery exceptions"), "warn", not_over("delivery_status=exception"));
    let failed = not_over("payment_status=failed&held=false");
    add(age(needs.payment_failed), ("bad", "Payment failed, not held"), "warn", failed);
    add(age(needs.payment_unknown), ("wait", "Payment unknown"), "ask", not_over("payment_status=unknown"));
    add(age(needs.waiting_for_stock), ("wait", "Lines waiting for stock"), "wait", "/backorders".to_owned());
    add(age(needs.messages), ("wait", "Customers’ messages"), "ask", "/orders?messages=unanswered".to_owned());
    add(age(needs.webhooks_off), ("bad", "Webhooks switched off"), "warn", "/settings/webhooks".to_owned());
    rows
}

/// The last seven days of UTC.
fn stage_days(look: &Look) -> (Date, Date) {
    let now = jiff::Timestamp::from_microsecond(look.now().0).unwrap_or_default();
    let until = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    (until.saturating_sub(jiff::Span::new().days(6)), until)
}

/// The share of promises kept in the seven full days from `middle` to `last`, against the seven before.
fn kept(promises: &std::collections::BTreeMap<Date, Promises>, middle: Date, last: Date) -> Figure {
    let sum = |of: &dyn Fn(&Date) -> bool| {
        let mut all = Promises::default();
        promises.iter().filter(|(day, _)| of(day)).for_each(|(_, one)| all.add(one));
        all
    };
    let (is, was) = (sum(&|day| *day >= middle), sum(&|day| *day < middle));
    let share = |one: &Promises| (one.counted() > 0).then(|| one.kept as f64 / one.counted() as f64 * 1_000.0);
    let change = match (share(&is), share(&was)) {
        (Some(is), Some(was)) => {
            let points = (is - was).round() as i64;
            let tone = match points {
                0 => "quiet",
                1.. => "tone-good",
                _ => "tone-bad",
            };
            Html::of(format!("<b class=\"{tone}\">{}</b>", look::signed_tenths(points)))
        }
        _ => Html::of("<span class=\"quiet\">–</span>"),
    };
    Figure {
        name: "Promise kept, 7 days",
        value: share(&is).map_or("–".to_owned(), |share| look::percent(share.round() as i64)),
        exact: String::new(),
        before: format!("{} of {}", look::number(is.kept), look::number(is.counted())),
        change,
        href: format!("/reports/promises?from={middle}&to={last}"),
    }
}

/// The stages in their order, with what ends them.
pub const STAGES: [(&str, &str); 6] = [
    ("confirmed", "Placed → Confirmed"),
    ("released", "Confirmed → Released"),
    ("picked", "Released → Picked"),
    ("packed", "Picked → Packed"),
    ("shipped", "Packed → Shipped"),
    ("delivered", "Shipped → Delivered"),
];

/// What each stage took, drawn against the longest.
fn cycles(times: &std::collections::BTreeMap<String, StageTimes>) -> Vec<Cycle> {
    let found = STAGES.iter().filter_map(|(stage, name)| {
        let times = times.get(*stage)?;
        Some((*name, times.buckets.percentile(50)?, times.buckets.percentile(90)?))
    });
    let found: Vec<_> = found.collect();
    // Minutes and days side by side: the length grows with the logarithm, as the buckets do.
    let length = |seconds: i64| ((seconds.max(60) as f64) / 60.0).ln();
    let longest = found.iter().map(|(_, _, most)| length(*most)).fold(1.0, f64::max);
    let cycle = |(name, half, most): (&'static str, i64, i64)| Cycle {
        name,
        half: look::duration(half),
        most: look::duration(most),
        from: length(half) / longest * 98.0 + 1.0,
        to: length(most) / longest * 98.0 + 1.0,
    };
    found.into_iter().map(cycle).collect()
}

fn steps(setup: &SetUp) -> Vec<SetUpStep> {
    let all = [
        (
            "A channel",
            "Where orders come from: a web shop, a till, or orders by hand",
            ("Add a channel", "/settings/channels/new"),
            "PUT /api/v1/channels/web",
            setup.channels,
        ),
        (
            "A location",
            "Where goods are kept and shipped from",
            ("Add a location", "/settings/locations/new"),
            "PUT /api/v1/locations/DUB",
            setup.locations,
        ),
        (
            "Items",
            "What can be ordered: one by one, or a CSV with a preview",
            ("Import items", "/items/import"),
            "PUT /api/v1/items/MUG-1",
            setup.items,
        ),
        (
            "Stock",
            "How many of each are there",
            ("Receive stock", "/stock"),
            "POST /api/v1/stock/receipts",
            setup.stock,
        ),
        (
            "First order",
            "It walks through every stage above",
            ("New order", "/orders/new"),
            "POST /api/v1/orders",
            setup.orders,
        ),
    ];
    let next = all.iter().position(|(.., is_done)| !is_done);
    let step = |(place, (name, about, act, command, is_done)): (usize, _)| SetUpStep {
        name,
        about,
        act,
        command,
        is_done,
        is_next: Some(place) == next,
    };
    all.into_iter().enumerate().map(step).collect()
}

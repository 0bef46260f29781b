//! Reports: figures of a range of days against the days before, each with a chart, its table and the table as CSV.

mod holds;
mod items;
mod promises;
mod range;
mod sales;
mod table;
mod times;

use super::frame::{Frame, REPORTS};
use super::html::Html;
use super::look::{self, Look};
use super::page;
use super::today::trend;
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use range::Range;
use table::Table;
use waybill_store::Store;
use waybill_store::read::stats;
use waybill_store::read::{ReadError, Viewer};

/// A headline figure.
#[derive(Debug)]
pub struct Figure {
    pub name: &'static str,
    pub value: String,
    /// To the minor digit, where the value is rounded.
    pub exact: String,
    /// What it was before, or what it is made of.
    pub beside: Html,
}

/// A chart with its table, or a table alone.
#[derive(Debug)]
pub struct Part {
    /// In the address of its CSV.
    pub code: &'static str,
    pub title: String,
    pub beside: &'static str,
    pub chart: Option<Html>,
    pub table: Table,
    /// Whether the table stands open, rather than behind the chart.
    pub is_open: bool,
}

/// What a report says about a range.
#[derive(Debug)]
pub struct Report {
    pub title: &'static str,
    pub says: String,
    pub figures: Vec<Figure>,
    pub parts: Vec<Part>,
    /// How it was counted.
    pub notes: Vec<&'static str>,
}

/// What a report is made with.
pub struct Asked<'a> {
    pub store: &'a dyn Store,
    pub viewer: Viewer,
    pub look: Look,
    pub range: Range,
    /// The one that was asked for; None for that of most orders.
    pub currency: Option<waybill_domain::money::Currency>,
}

/// A tab of the reports.
const TABS: [(&str, &str); 5] = [
    ("/reports", "Orders and revenue"),
    ("/reports/times", "Time in each stage"),
    ("/reports/promises", "Promises"),
    ("/reports/holds", "Holds and cancellations"),
    ("/reports/items", "Items and stock"),
];

#[derive(Template)]
#[template(path = "reports/report.html")]
struct ReportPage {
    frame: Frame,
    tabs: Vec<(&'static str, String, bool)>,
    presets: Vec<(&'static str, String, bool)>,
    path: &'static str,
    range: Range,
    report: Report,
    query: String,
    against: String,
    zone: String,
    as_of: Html,
    behind: Option<String>,
}

/// From so many events on a page says that its sums are not complete.
const BEHIND: i64 = 5_000;

macro_rules! report {
    ($name:ident, $path:literal, $module:ident) => {
        #[doc = concat!("`GET ", $path, "`.")]
        pub async fn $name(
            State(state): State<WebState>,
            caller: Caller,
            look: Look,
            params: Params,
        ) -> Result<Response, Problem> {
            let (asked, csv) = asked(&state, &caller, look, params)?;
            let report = $module::report(&asked).await?;
            answer(&state, &caller, $path, asked, csv, report).await
        }
    };
}

report!(sales, "/reports", sales);
report!(times, "/reports/times", times);
report!(promises, "/reports/promises", promises);
report!(holds, "/reports/holds", holds);
report!(items, "/reports/items", items);

fn asked<'a>(
    state: &'a WebState,
    caller: &Caller,
    look: Look,
    params: Params,
) -> Result<(Asked<'a>, Option<String>), Problem> {
    let mut params = params.of_form();
    let range = Range::read(&mut params, &look);
    let currency = params.text("currency").and_then(|code| code.parse().ok());
    let csv = params.text("csv");
    params.close()?;
    let asked = Asked { store: state.store(), viewer: caller.viewer(), look, range, currency };
    Ok((asked, csv))
}

async fn answer(
    state: &WebState,
    caller: &Caller,
    path: &'static str,
    asked: Asked<'_>,
    csv: Option<String>,
    report: Report,
) -> Result<Response, Problem> {
    let Asked { look, range, .. } = &asked;
    if let Some(code) = csv {
        let part =
            report.parts.iter().find(|part| part.code == code).ok_or_else(|| Problem::not_found("such table"))?;
        return Ok(download(&format!("{code}-{}-{}.csv", range.from, range.to), part.table.csv()));
    }
    let progress = stats::progress(asked.store).await?;
    let query = range.query();
    let behind = progress.head - progress.position;
    Ok(page(&ReportPage {
        frame: Frame::new(state, caller, REPORTS, report.title).await?,
        tabs: TABS.iter().map(|(to, name)| (*name, format!("{to}?{query}"), *to == path)).collect(),
        presets: range.presets(look),
        against: format!("{} – {}", look.day(range.before_from), look.day(range.before_to())),
        zone: look.zone_name(),
        as_of: look.moment(look.now()),
        behind: (behind > BEHIND).then(|| look::plural(behind, "event")),
        range: range.clone(),
        path,
        report,
        query,
    }))
}

fn download(name: &str, text: String) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], text)
        .into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// `+11.9 % from 1,128`, of something of which more is better.
fn against(is: i64, was: i64, written: &str) -> Html {
    Html::of(format!("{} from {}", trend::change(is, was), Html::text(written)))
}

/// The same of something of which less is better.
fn against_bad(is: i64, was: i64, written: &str) -> Html {
    Html::of(format!("{} from {}", trend::change_of_bad(is, was), Html::text(written)))
}

/// Tenths of a percent; None of nothing.
fn share(part: i64, of: i64) -> Option<i64> {
    (of > 0).then(|| (part as f64 / of as f64 * 1_000.0).round() as i64)
}

fn share_words(part: i64, of: i64) -> String {
    share(part, of).map_or("–".to_owned(), look::percent)
}

type Made = Result<Report, ReadError>;

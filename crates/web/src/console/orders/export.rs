//! The filtered list of orders as a file: CSV, written as it is read, or a spreadsheet.

use super::super::frame::{Frame, ORDERS};
use super::super::look::Look;
use super::super::page;
use super::{Asked, filtered};
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::io;
use waybill_domain::actor::Permission;
use waybill_store::read::orders::{self, OrderFilter, OrderRow};
use waybill_store::read::{PageRequest, ReadError, Viewer};

/// Rows of a spreadsheet at most: it is put together before it is sent. CSV has no bound.
const SHEET_ROWS_MAX: u32 = 250_000;
const SHEET_KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const COLUMNS: [&str; 16] = [
    "Order",
    "Placed (UTC)",
    "Channel",
    "Their number",
    "Customer",
    "Name",
    "Country",
    "Currency",
    "Total",
    "Lifecycle",
    "Payment",
    "Fulfillment",
    "Delivery",
    "Returns",
    "Active holds",
    "Wanted by",
];
/// Which of them hold numbers.
const TOTAL: usize = 8;
const HOLDS: usize = 14;

#[derive(Template)]
#[template(path = "orders/export.html")]
struct ExportPage {
    frame: Frame,
    filters: Vec<(String, String)>,
    fields: Vec<(String, String)>,
    back: String,
    token: String,
}

/// Text as a spreadsheet may open it: what would be taken for a formula gets an apostrophe before it.
fn harmless(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        Some(_) | None => text.to_owned(),
    }
}

fn total(row: &OrderRow) -> String {
    let digits = row.currency.exponent();
    let scale = 10_u64.pow(digits);
    let (sign, units) = (if row.total.0 < 0 { "-" } else { "" }, row.total.0.unsigned_abs());
    match digits {
        0 => format!("{sign}{units}"),
        digits => format!("{sign}{}.{:0>width$}", units / scale, units % scale, width = digits as usize),
    }
}

fn cells(row: &OrderRow) -> [String; 16] {
    let text = |text: &Option<String>| harmless(text.as_deref().unwrap_or_default());
    [
        row.number.to_string(),
        row.placed_at.to_rfc3339(),
        harmless(&row.channel),
        text(&row.external_ref),
        text(&row.customer),
        text(&row.name),
        text(&row.country),
        row.currency.to_string(),
        total(row),
        row.lifecycle.to_string(),
        row.payment_status.to_string(),
        row.fulfillment_status.to_string(),
        row.delivery_status.to_string(),
        row.return_status.to_string(),
        row.holds_active.to_string(),
        row.requested_by.map(|day| day.to_string()).unwrap_or_default(),
    ]
}

/// `GET /orders/export`: with a format the file, without one a page that asks for it.
pub async fn export(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let format = params.text("format");
    let token = params.text("token").filter(|token| token.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let (filter, asked) = filtered(&mut params, &look);
    params.close()?;
    let viewer = caller.viewer();
    viewer.must(&[Permission::OrdersRead])?;
    match format.as_deref() {
        None => ask(&state, &caller, &asked, &look).await,
        Some("csv") => Ok(file(csv(state, viewer, filter), "text/csv; charset=utf-8", "csv", token, None)),
        Some("xlsx") => {
            let (bytes, rows) = sheet(&state, &viewer, &filter).await?;
            Ok(file(Body::from(bytes), SHEET_KIND, "xlsx", token, Some(rows)))
        }
        Some(_) => Err(Problem::malformed("The format is csv or xlsx.")),
    }
}

async fn ask(state: &WebState, caller: &Caller, asked: &Asked, look: &Look) -> Result<Response, Problem> {
    Ok(page(&ExportPage {
        frame: Frame::new(state, caller, ORDERS, "Export orders").await?,
        filters: asked.chips(look),
        fields: asked.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        back: asked.href(None, None),
        token: format!("{:x}", look.now().0),
    }))
}

/// The file, and a cookie that tells the page that it is there, and how many rows it has where that is known.
fn file(body: Body, kind: &'static str, ending: &str, token: Option<String>, rows: Option<u32>) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"orders.{ending}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    let rows = rows.map(|rows| rows.to_string()).unwrap_or_default();
    if let Some(token) = token
        && let Ok(cookie) = HeaderValue::from_str(&format!("exported={token}.{rows}; Path=/; Max-Age=60; SameSite=Lax"))
    {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

/// Where the walk through the pages is.
enum Walk {
    Begin,
    After(String),
    End,
}

/// The next page of a walk.
async fn next(
    state: &WebState,
    viewer: &Viewer,
    filter: &OrderFilter,
    walk: &mut Walk,
) -> Result<Vec<OrderRow>, ReadError> {
    let after = match std::mem::replace(walk, Walk::End) {
        Walk::Begin => None,
        Walk::After(after) => Some(after),
        Walk::End => return Ok(Vec::new()),
    };
    let request = PageRequest { limit: Some(PageRequest::LIMIT_MAX), after };
    let found = orders::orders(state.store(), viewer, filter, &request).await?;
    if let Some(after) = found.next {
        *walk = Walk::After(after);
    }
    Ok(found.rows)
}

/// CSV as RFC 4180 has it, a page of orders at a time.
fn csv(state: WebState, viewer: Viewer, filter: OrderFilter) -> Body {
    let walk = (Walk::Begin, true);
    let stream = futures_util::stream::unfold((state, viewer, filter, walk), async |(state, viewer, filter, walk)| {
        let (mut walk, is_first) = walk;
        if matches!(walk, Walk::End) {
            return None;
        }
        let piece = match next(&state, &viewer, &filter, &mut walk).await {
            Ok(rows) => written(&rows, is_first),
            Err(error) => {
                tracing::error!(%error, "an export broke off");
                walk = Walk::End;
                Err(io::Error::other("the export broke off"))
            }
        };
        Some((piece, (state, viewer, filter, (walk, false))))
    });
    // Whoever packs it asks once more after the end.
    Body::from_stream(stream.fuse())
}

fn written(rows: &[OrderRow], with_head: bool) -> io::Result<Bytes> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if with_head {
        writer.write_record(COLUMNS)?;
    }
    for row in rows {
        writer.write_record(cells(row))?;
    }
    Ok(writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?.into())
}

/// The spreadsheet and how many orders it has. Rows go to a temporary file as they come; only the packed file is held.
async fn sheet(state: &WebState, viewer: &Viewer, filter: &OrderFilter) -> Result<(Vec<u8>, u32), Problem> {
    let failed = |error: XlsxError| {
        tracing::error!(%error, "a spreadsheet could not be made");
        Problem::edge(crate::problem::FAULT, "The spreadsheet could not be made; it was logged.")
    };
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
    sheet.set_name("Orders").map_err(failed)?;
    sheet.set_freeze_panes(1, 0).map_err(failed)?;
    let bold = Format::new().set_bold();
    for (column, name) in (0_u16..).zip(COLUMNS) {
        sheet.write_string_with_format(0, column, name, &bold).map_err(failed)?;
    }
    let (mut walk, mut count) = (Walk::Begin, 0_u32);
    while !matches!(walk, Walk::End) {
        for row in next(state, viewer, filter, &mut walk).await? {
            count += 1;
            if count > SHEET_ROWS_MAX {
                let detail = format!("A spreadsheet holds {SHEET_ROWS_MAX} orders at most, and there are more.");
                return Err(Problem::malformed(format!("{detail} Filter the list further, or take CSV.")));
            }
            for (column, (place, text)) in (0_u16..).zip(cells(&row).into_iter().enumerate()) {
                let number = matches!(place, TOTAL | HOLDS).then(|| text.parse::<f64>().ok()).flatten();
                match number {
                    Some(number) => sheet.write_number(count, column, number),
                    None => sheet.write_string(count, column, text),
                }
                .map_err(failed)?;
            }
        }
    }
    let packed = tokio::task::spawn_blocking(move || workbook.save_to_buffer()).await;
    let packed = packed.map_err(|_| Problem::edge(crate::problem::FAULT, "The spreadsheet could not be made."))?;
    Ok((packed.map_err(failed)?, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_a_formula_is_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        for text in ["", "Ada", "a=b", "1-1", "'=1"] {
            assert_eq!(harmless(text), text);
        }
    }
}

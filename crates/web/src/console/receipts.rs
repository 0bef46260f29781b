//! Receipts and adjustments: what was booked into and out of stock by hand.

use super::frame::{Frame, RECEIPTS};
use super::html::Html;
use super::look::{self, Look};
use super::orders::percent;
use super::page;
use super::people::People;
use super::stock::words;
use crate::ask::{InPath, id};
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::collections::BTreeMap;
use waybill_domain::actor::Permission;
use waybill_domain::event::Event;
use waybill_domain::ids::{ItemId, StockDocumentId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::document::StockDocumentKind;
use waybill_store::read::documents::{self, DocumentFilter, DocumentRow};
use waybill_store::read::{PageRequest, catalog};

#[derive(Debug)]
struct Row {
    href: String,
    kind: String,
    beside: String,
    location: String,
    contents: String,
    at: Html,
    by: String,
}

#[derive(Template)]
#[template(path = "receipts.html")]
struct ReceiptsPage {
    frame: Frame,
    kind: &'static str,
    rows: Vec<Row>,
    next: Option<String>,
    may_book: bool,
}

#[derive(Debug)]
struct Line {
    sku: String,
    name: String,
    from: String,
    to: String,
    units: String,
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptPage {
    frame: Frame,
    kind: String,
    beside: String,
    location: String,
    at: String,
    by: String,
    lines: Vec<Line>,
}

/// A line of a document: item, accounts, units.
type Booked = (ItemId, StockAccount, StockAccount, Quantity);

fn booked(row: &DocumentRow) -> Vec<Booked> {
    match &row.event {
        Some(Event::StockReceived(one)) => {
            let line =
                |line: &waybill_domain::stock::StockLine| (line.item, StockAccount::Supplier, one.state, line.quantity);
            one.lines.iter().map(line).collect()
        }
        Some(Event::StockAdjusted(one)) => {
            one.lines.iter().map(|line| (line.item, line.from, line.to, line.quantity)).collect()
        }
        _ => Vec::new(),
    }
}

/// `GET /receipts`.
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let kind: Option<StockDocumentKind> = params.code("kind");
    let after = params.text("after");
    params.close()?;
    let viewer = caller.viewer();
    let request = PageRequest { limit: Some(50), after };
    let found = documents::documents(state.store(), &viewer, &DocumentFilter { kind }, &request).await?;
    let mut items: Vec<ItemId> = found.rows.iter().filter_map(|row| Some(booked(row).first()?.0)).collect();
    items.sort_unstable();
    items.dedup();
    let names = catalog::item_names(state.store(), &items).await?;
    let code = kind.map_or("", waybill_domain::Code::code);
    let next = found.next.map(|next| {
        let kind = if code.is_empty() { String::new() } else { format!("kind={code}&") };
        format!("/receipts?{kind}after={}", percent(&next))
    });
    let people = People::among(&state, &caller, found.rows.iter().map(|row| row.actor.as_str())).await?;
    let rows = found.rows.iter().map(|row| {
        let (kind, beside) = words::document(row);
        Row {
            href: format!("/receipts/{}", row.document.id),
            kind,
            beside,
            location: row.location.clone(),
            contents: contents(&booked(row), &names),
            at: look.moment(row.document.booked_at),
            by: people.hands(&row.actor),
        }
    });
    Ok(page(&ReceiptsPage {
        rows: rows.collect(),
        kind: code,
        next,
        may_book: viewer.may(Permission::StockWrite),
        frame: Frame::new(&state, &caller, RECEIPTS, "Receipts").await?,
    }))
}

fn contents(lines: &[Booked], names: &BTreeMap<ItemId, String>) -> String {
    let Some((item, ..)) = lines.first() else { return String::new() };
    let name = names.get(item).cloned().unwrap_or_default();
    match lines.len() {
        1 => name,
        count => format!("{name} and {} more", look::plural(i64::try_from(count - 1).unwrap_or_default(), "line")),
    }
}

/// `GET /receipts/{id}`.
pub async fn one(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    InPath(text): InPath<String>,
) -> Result<Response, Problem> {
    let document: StockDocumentId = id("stock document", &text)?;
    let found = documents::some(state.store(), &caller.viewer(), &[document]).await?;
    let row = found.into_iter().next().ok_or_else(|| Problem::not_found("stock document"))?;
    let booked = booked(&row);
    let ids: Vec<ItemId> = booked.iter().map(|(item, ..)| *item).collect();
    let items = catalog::items_by_id(state.store(), &ids).await?;
    let lines = booked.iter().map(|(item, from, to, quantity)| {
        let item = items.get(item);
        Line {
            sku: item.map(|item| item.sku.clone()).unwrap_or_default(),
            name: item.map(|item| item.name.clone()).unwrap_or_default(),
            from: words::account(*from),
            to: words::account(*to),
            units: look::quantity(*quantity, item.map_or(0, |item| item.precision)),
        }
    });
    let (kind, beside) = words::document(&row);
    let people = People::among(&state, &caller, std::iter::once(row.actor.as_str())).await?;
    let mut frame = Frame::new(&state, &caller, RECEIPTS, kind.clone()).await?;
    frame.title = format!("{kind} at {}", row.location);
    Ok(page(&ReceiptPage {
        lines: lines.collect(),
        kind,
        beside,
        location: row.location,
        at: look.exact(row.document.booked_at),
        by: people.hands(&row.actor),
        frame,
    }))
}

//! Transfers between locations: what is on its way, and what arrived of it.

use super::form::{self, Form};
use super::frame::{Frame, TRANSFERS, done};
use super::html::{Html, shape};
use super::look::{self, Look};
use super::orders::percent;
use super::page;
use super::sheet::{Effect, Field, Sheet};
use super::stock::places;
use crate::ask::{InPath, id};
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::item::Item;
use waybill_domain::ids::{ItemId, TransferId};
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::transfer::{ReceiveTransfer, ReceiveTransferLine, TransferLine, TransferState};
use waybill_store::read::transfers::{self, TransferFilter, TransferRow};
use waybill_store::read::{PageRequest, Viewer, catalog};

const VIEWS: [(&str, Option<TransferState>); 4] = [
    ("All", None),
    ("Open", Some(TransferState::Open)),
    ("Partly here", Some(TransferState::Partial)),
    ("Done", Some(TransferState::Done)),
];

#[derive(Debug)]
struct Row {
    id: String,
    from: String,
    to: String,
    state: Html,
    sent_at: Html,
    contents: String,
}

#[derive(Template)]
#[template(path = "transfers.html")]
struct TransfersPage {
    frame: Frame,
    views: Vec<(&'static str, String, bool)>,
    rows: Vec<Row>,
    next: Option<String>,
    may_send: bool,
}

#[derive(Debug)]
struct Line {
    number: u32,
    sku: String,
    name: String,
    sent: String,
    received: String,
    lost: String,
    left: String,
}

#[derive(Template)]
#[template(path = "transfer.html")]
struct TransferPage {
    frame: Frame,
    id: String,
    from: String,
    to: String,
    state: Html,
    sent_at: Html,
    lines: Vec<Line>,
    may_receive: bool,
}

fn shown(state: TransferState) -> Html {
    let (name, tone, words) = match state {
        TransferState::Open => ("half", "moving", "On its way"),
        TransferState::Partial => ("quarter", "wait", "Partly here"),
        TransferState::Done => ("done", "done", "Done"),
    };
    Html::of(format!("<span class=\"st {tone}\">{}{words}</span>", shape(name)))
}

/// `GET /transfers`.
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let wanted: Option<TransferState> = params.code("state");
    let after = params.text("after");
    params.close()?;
    let filter = TransferFilter { state: wanted, location: None };
    let request = PageRequest { limit: Some(50), after };
    let viewer = caller.viewer();
    let found = transfers::transfers(state.store(), &viewer, &filter, &request).await?;
    let href = |state: Option<TransferState>, after: Option<&str>| {
        let pairs =
            [state.map(|state| format!("state={}", state.code())), after.map(|one| format!("after={}", percent(one)))];
        let query = pairs.into_iter().flatten().collect::<Vec<_>>().join("&");
        if query.is_empty() { "/transfers".to_owned() } else { format!("/transfers?{query}") }
    };
    let rows = found.rows.iter().map(|row| Row {
        id: row.head.id.to_string(),
        from: row.from.clone(),
        to: row.to.clone(),
        state: shown(row.head.state),
        sent_at: look.moment(row.head.sent_at),
        contents: contents(row),
    });
    Ok(page(&TransfersPage {
        views: VIEWS.iter().map(|(name, state)| (*name, href(*state, None), *state == wanted)).collect(),
        rows: rows.collect(),
        next: found.next.as_deref().map(|next| href(wanted, Some(next))),
        may_send: viewer.may(Permission::StockWrite) && places(&state, &viewer).await?.len() > 1,
        frame: Frame::new(&state, &caller, TRANSFERS, "Transfers").await?,
    }))
}

fn contents(row: &TransferRow) -> String {
    let skus: Vec<&str> = row.lines.iter().take(3).map(|(_, sku)| sku.as_str()).collect();
    let more = row.lines.len().saturating_sub(3);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", skus.join(", "))
}

/// A transfer with the items of its lines.
async fn found(
    state: &WebState,
    viewer: &Viewer,
    text: &str,
) -> Result<(TransferRow, BTreeMap<ItemId, Item>), Problem> {
    let transfer: TransferId = id("transfer", text)?;
    let row = transfers::transfer(state.store(), viewer, transfer).await?;
    let row = row.ok_or_else(|| Problem::not_found("such transfer"))?;
    let ids: Vec<ItemId> = row.lines.iter().map(|(line, _)| line.item_id).collect();
    let items = catalog::items_by_id(state.store(), &ids).await?;
    Ok((row, items))
}

/// `GET /transfers/{id}`.
pub async fn one(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    InPath(text): InPath<String>,
) -> Result<Response, Problem> {
    let viewer = caller.viewer();
    let (row, items) = found(&state, &viewer, &text).await?;
    let lines = row.lines.iter().map(|(line, sku)| {
        let item = items.get(&line.item_id);
        let units = |quantity| look::quantity(quantity, item.map_or(0, |item| item.precision));
        Line {
            number: line.number,
            sku: sku.clone(),
            name: item.map(|item| item.name.clone()).unwrap_or_default(),
            sent: units(line.sent),
            received: units(line.received),
            lost: units(line.lost),
            left: units(line.in_transit()),
        }
    });
    let can = viewer.may(Permission::StockWrite) && viewer.actor().locations.contains(&row.head.to_location_id);
    let title = format!("{} to {}", row.from, row.to);
    Ok(page(&TransferPage {
        frame: Frame::new(&state, &caller, TRANSFERS, title).await?,
        id: row.head.id.to_string(),
        lines: lines.collect(),
        state: shown(row.head.state),
        sent_at: look.ago(row.head.sent_at),
        may_receive: can && row.head.state != TransferState::Done,
        from: row.from,
        to: row.to,
    }))
}

fn open(row: &TransferRow) -> impl Iterator<Item = &(TransferLine, String)> {
    row.lines.iter().filter(|(line, _)| !line.in_transit().is_zero())
}

fn precision(items: &BTreeMap<ItemId, Item>, line: &TransferLine) -> u32 {
    items.get(&line.item_id).map_or(0, |item| item.precision)
}

async fn sheet(
    state: &WebState,
    caller: &Caller,
    row: &TransferRow,
    items: &BTreeMap<ItemId, Item>,
) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::StockWrite])?;
    let back = format!("/transfers/{}", row.head.id);
    let title = format!("Receive what {} sent to {}?", row.from, row.to);
    let frame = Frame::new(state, caller, TRANSFERS, title).await?;
    let above = format!("{} to {}", row.from, row.to);
    let mut sheet = Sheet::new(frame, form::key(state), (&above, &back), format!("{back}/receive"));
    sheet.submit = "Receive".to_owned();
    sheet.lead = Some("What is neither here nor lost stays on its way.".to_owned());
    for (line, sku) in open(row) {
        let left = look::quantity(line.in_transit(), precision(items, line)).replace(',', "");
        sheet
            .fields
            .push(Field::number(format!("received-{}", line.number), format!("{sku}: here")).value(left).paired());
        sheet.fields.push(Field::number(format!("lost-{}", line.number), format!("{sku}: lost")).value("0").paired());
    }
    Ok(sheet)
}

/// `GET /transfers/{id}/receive`.
pub async fn ask_receive(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
) -> Result<Response, Problem> {
    let (row, items) = found(&state, &caller.viewer(), &text).await?;
    Ok(sheet(&state, &caller, &row, &items).await?.answer())
}

/// `POST /transfers/{id}/receive`: shows what would be booked, and books it when that was seen.
pub async fn receive(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    mut form: Form,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let (row, items) = found(&state, &caller.viewer(), &text).await?;
    let mut sheet = sheet(&state, &caller, &row, &items).await?;
    let mut lines = Vec::new();
    for (line, sku) in open(&row) {
        let precision = precision(&items, line);
        let mut read = |name: String| match form.typed(&name) {
            None | Some("0") => Quantity::ZERO,
            Some(_) => form.quantity(&name, precision).unwrap_or_default(),
        };
        let (received, lost) = (read(format!("received-{}", line.number)), read(format!("lost-{}", line.number)));
        if received.is_zero() && lost.is_zero() {
            continue;
        }
        let units = |quantity| look::quantity(quantity, precision);
        let left = line.in_transit().less(received + lost);
        for (what, now, after) in [
            (format!("{sku}: on its way"), line.in_transit(), left),
            (format!("{sku}: received"), line.received, line.received + received),
            (format!("{sku}: lost"), line.lost, line.lost + lost),
        ] {
            sheet.effects.push(Effect { what, now: units(now), after: units(after) });
        }
        lines.push(ReceiveTransferLine { line: line.number, received, lost });
    }
    if lines.is_empty() && form.is_sound() {
        form.problem("", "nothing", "Say of at least one line what is here or lost.");
    }
    sheet.typed(&form);
    if !form.is_sound() {
        sheet.effects.clear();
        return Ok(sheet.answer());
    }
    let seen = sheet.seen();
    let command = ReceiveTransfer { transfer_id: row.head.id, lines };
    if form.all("seen").any(|one| one == seen) {
        match form.context.submit(&state, command, state.engine().ids()).await {
            Ok(_) => return Ok(done(&sheet.crumb.1, &format!("Received at {}", row.to))),
            Err(problem) => sheet.refused(problem)?,
        }
        sheet.effects.clear();
        return Ok(sheet.answer());
    }
    match state.engine().preview(form.context.submission(command.into(), state.engine().ids())).await {
        Ok(_) => {
            sheet.caption = "What changes".to_owned();
            sheet.hidden.push(("seen", seen));
            sheet.submit = format!("Receive at {}", row.to);
        }
        Err(error) => {
            sheet.effects.clear();
            sheet.refused(error.into())?;
        }
    }
    Ok(sheet.answer())
}

//! Picking one fulfillment order: a stop at a time, scanned or counted by hand.

use super::*;
use crate::ask::InPath;
use crate::console::form;
use crate::console::page as rendered;
use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use waybill_domain::Code;
use waybill_domain::fulfillment::events::ShortReason;
use waybill_domain::fulfillment::pick::{LinePicked, LineShort, Pick};

/// Units of one line to fetch.
#[derive(Debug)]
struct Stop {
    /// Names it within the page.
    name: String,
    line: u32,
    lot: String,
    sku: String,
    item: String,
    gtin: Option<String>,
    unit: String,
    precision: u32,
    /// Base units still to pick, and all of the stop.
    left: i64,
    whole: i64,
    left_said: String,
    whole_said: String,
    /// A shape of the sprite and a style class.
    tick: (&'static str, &'static str),
    is_now: bool,
    holds: Option<Html>,
    /// Names one booking of this stop.
    key: String,
    /// What was typed and refused.
    typed: Option<String>,
}

#[derive(Template)]
#[template(path = "floor/pick.html")]
struct PickPage {
    sheet: Sheet,
    id: String,
    order_id: String,
    number: String,
    location: String,
    key: String,
    stops: Vec<Stop>,
    holds: Option<Html>,
    /// Where the current stop stands, from 1; None where nothing is left.
    now: Option<usize>,
    done: usize,
    units_left: i64,
    reasons: Vec<(&'static str, String, &'static str)>,
}

/// What a reason for a short pick does to the units.
const fn consequence(reason: ShortReason) -> &'static str {
    match reason {
        ShortReason::Missing => "Not here. Taken off the books, to be counted.",
        ShortReason::Damaged => "Here, not fit to send. Set aside as damaged.",
        ShortReason::Skipped => "Here, but not picked. Back to available.",
    }
}

/// What stands on the page beside the work itself.
#[derive(Debug, Default)]
struct Shown<'a> {
    /// The stop that is asked for, by its name.
    at: Option<String>,
    problem: Option<&'a Problem>,
    typed: Option<String>,
}

async fn show(
    state: &WebState,
    caller: &Caller,
    look: &Look,
    found: &Work,
    shown: Shown<'_>,
) -> Result<Response, Problem> {
    let sheet = Sheet::new(state, caller, found, Step::Pick, look, shown.problem).await?;
    let mut stops: Vec<Stop> = found.lines.iter().map(|line| stop(found, line, form::key(state))).collect();
    let asked = shown.at.and_then(|at| stops.iter().position(|stop| stop.name == at));
    let now = asked.or_else(|| stops.iter().position(|stop| stop.left > 0)).filter(|_| {
        // With nothing left there is no stop to stand at.
        stops.iter().any(|stop| stop.left > 0)
    });
    if let Some(stop) = now.and_then(|now| stops.get_mut(now)) {
        stop.is_now = true;
        stop.typed = shown.typed;
    }
    let units_left = found.lines.iter().map(|line| units(line.allocated, line.precision)).sum();
    let mut response = rendered(&PickPage {
        sheet,
        id: found.fulfillment_order.id().to_string(),
        order_id: found.fulfillment_order.order_id.to_string(),
        number: found.order_number.to_string(),
        location: found.location.clone(),
        key: form::key(state),
        holds: holds(found, Step::Pick),
        now: now.map(|now| now + 1),
        done: stops.iter().filter(|stop| stop.left == 0).count(),
        stops,
        units_left,
        reasons: ShortReason::ALL
            .iter()
            .map(|reason| (reason.code(), status::words(reason.code()), consequence(*reason)))
            .collect(),
    });
    if let Some(problem) = shown.problem {
        *response.status_mut() = problem.status;
    }
    Ok(response)
}

fn stop(work: &Work, line: &WorkLine, key: String) -> Stop {
    let whole = line.allocated + line.picked + line.packed + line.shipped;
    let lot = lot_of(line);
    let about = work.holds.iter().filter(|hold| hold.line == line.line && hold.steps.contains(Step::Pick));
    Stop {
        name: if lot.is_empty() { line.line.to_string() } else { format!("{}-{lot}", line.line) },
        line: line.line,
        lot,
        sku: line.sku.clone(),
        item: line.name.clone(),
        gtin: line.gtin.clone(),
        unit: line.unit.clone(),
        precision: line.precision,
        left: line.allocated.0,
        whole: whole.0,
        left_said: look::quantity(line.allocated, line.precision),
        whole_said: counted(whole, line),
        tick: match (line.allocated.0, whole.0) {
            (_, 0) => ("off", "off"),
            (0, _) => ("done", "done"),
            (left, whole) if left < whole => ("half", "begun"),
            _ => ("ring", ""),
        },
        is_now: false,
        holds: about.map(|hold| status::hold(hold.kind, 0)).next(),
        key,
        typed: None,
    }
}

/// `GET /pick/{id}`.
pub async fn page(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    InPath(text): InPath<String>,
    params: crate::params::Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let at = params.text("at");
    params.close()?;
    let found = found(&state, &caller, &text).await?;
    show(&state, &caller, &look, &found, Shown { at, ..Shown::default() }).await
}

/// Books a command, and answers with what was done or with the page and what was wrong.
async fn book(
    state: &WebState,
    look: &Look,
    headers: &HeaderMap,
    form: &Form,
    work: &Work,
    command: Result<(Pick, String), Problem>,
) -> Result<Response, Problem> {
    let id = work.fulfillment_order.id();
    let booked = match command {
        Ok((command, said)) => submit(state, &form.context, id.order_id, command).await.map(|_| said),
        Err(problem) => Err(problem),
    };
    match booked {
        Ok(said) => Ok(super::booked(headers, &format!("/pick/{id}"), &said)),
        Err(problem) if is_script(headers) => Err(problem),
        Err(problem) => {
            let at = form.typed("line").map(|line| match form.typed("lot") {
                Some(lot) => format!("{line}-{lot}"),
                None => line.to_owned(),
            });
            let typed = form.typed("quantity").map(str::to_owned);
            let caller = &form.context.caller;
            let now = found(state, caller, &id.to_string()).await?;
            show(state, caller, look, &now, Shown { at, problem: Some(&problem), typed }).await
        }
    }
}

/// `POST /pick/{id}`: units of one line were picked.
pub async fn pick(
    State(state): State<WebState>,
    look: Look,
    InPath(text): InPath<String>,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response, Problem> {
    let work = found(&state, &form.context.caller, &text).await?;
    let command = match line(&work, &mut form) {
        Some(line) => {
            let quantity = form.required("quantity", 40).and_then(|_| form.quantity("quantity", line.precision));
            quantity.map(|quantity| {
                let picks = vec![LinePicked { line: line.line, lot_id: Some(line.lot_id), quantity }];
                let said = format!("{} of {} picked", counted(quantity, line), line.sku);
                (Pick { fulfillment_order_id: work.fulfillment_order.id(), picks, shorts: Vec::new() }, said)
            })
        }
        None => None,
    };
    let command = command.ok_or_else(|| unsound(&form));
    book(&state, &look, &headers, &form, &work, command).await
}

/// `POST /pick/{id}/short`: units of one line could not be picked; others of it, `picked`, were.
pub async fn short(
    State(state): State<WebState>,
    look: Look,
    InPath(text): InPath<String>,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response, Problem> {
    let work = found(&state, &form.context.caller, &text).await?;
    let reason = form.one_of::<ShortReason>("reason");
    let command = match (line(&work, &mut form), reason) {
        (Some(line), Some(reason)) => {
            let picked = match form.typed("picked") {
                Some("0") | None => None,
                Some(_) => form.quantity("picked", line.precision),
            };
            let quantity = form.required("quantity", 40).and_then(|_| form.quantity("quantity", line.precision));
            quantity.filter(|_| form.is_sound()).map(|quantity| {
                let picks = picked.map(|quantity| LinePicked { line: line.line, lot_id: Some(line.lot_id), quantity });
                let said = format!("{} of {} {}", counted(quantity, line), line.sku, reason.code());
                let shorts = vec![LineShort { line: line.line, quantity, reason }];
                let fulfillment_order_id = work.fulfillment_order.id();
                (Pick { fulfillment_order_id, picks: picks.into_iter().collect(), shorts }, said)
            })
        }
        _ => None,
    };
    let command = command.ok_or_else(|| unsound(&form));
    book(&state, &look, &headers, &form, &work, command).await
}

/// `POST /pick/{id}/all`: everything that is left was picked.
pub async fn all(
    State(state): State<WebState>,
    look: Look,
    InPath(text): InPath<String>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let work = found(&state, &form.context.caller, &text).await?;
    let fulfillment_order_id = work.fulfillment_order.id();
    let command = Pick { fulfillment_order_id, picks: Vec::new(), shorts: Vec::new() };
    book(&state, &look, &headers, &form, &work, Ok((command, "Everything picked".to_owned()))).await
}

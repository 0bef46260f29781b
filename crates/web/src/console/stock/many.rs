//! What is booked of many items in one go: a delivery that came in, a transfer. Lines are scanned, typed or pasted; what
//! would become of the balances is shown first, and all of it is booked as one command.

use super::book::{Act, balances, command, fields, said};
use super::places;
use crate::auth::Caller;
use crate::console::form::{self, Form};
use crate::console::frame::{Frame, STOCK, TRANSFERS, done};
use crate::console::lines::{Lines, of_rows};
use crate::console::look;
use crate::console::sheet::Sheet;
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::location::Location;
use waybill_domain::ids::{StockDocumentId, TransferId};
use waybill_engine::Receipt;

async fn sheet(state: &WebState, caller: &Caller, act: Act, places: &[Location]) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::StockWrite])?;
    let (place, title, action) = match act {
        Act::Transfer => (TRANSFERS, "Send a transfer", "/transfers/new"),
        Act::Receive | Act::Adjust => (STOCK, "Receive a delivery", "/receipts/new"),
    };
    let frame = Frame::new(state, caller, place, title).await?;
    let mut sheet = Sheet::new(frame, form::key(state), (place.name, place.path), action);
    sheet.submit = "Show what changes".to_owned();
    sheet.fields = fields(act, places, None);
    sheet.lines = Some(Lines::default());
    Ok(sheet)
}

/// Where what was booked is seen.
fn booked(act: Act, receipt: &Receipt) -> Option<String> {
    let id = receipt.subject?.id;
    Some(match act {
        Act::Transfer => format!("/transfers/{}", TransferId(id)),
        Act::Receive | Act::Adjust => format!("/receipts/{}", StockDocumentId(id)),
    })
}

async fn ask(state: WebState, caller: Caller, act: Act) -> Result<Response, Problem> {
    let places = places(&state, &caller.viewer()).await?;
    Ok(sheet(&state, &caller, act, &places).await?.answer())
}

/// Adds lines, shows what would change, or books it when that was seen for exactly what is asked. Everything wrong is said
/// at once: what cannot be read, and what the rules have to say of the rest.
async fn book(state: WebState, mut form: Form, act: Act) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let places = places(&state, &caller.viewer()).await?;
    let mut sheet = sheet(&state, &caller, act, &places).await?;
    let lines = Lines::read(&state, &mut form).await?;
    let is_adding = form.ticked("add");
    if lines.rows.is_empty() && !is_adding {
        form.problem("", "nothing", "Scan, type or paste what it is about.");
    }
    let (rows, sound): (Vec<usize>, Vec<_>) = lines.sound().into_iter().unzip();
    let items = look::plural(i64::try_from(sound.len()).unwrap_or_default(), "item");
    let is_empty = sound.is_empty();
    let wanted = command(&mut form, act, &places, sound, &items);
    sheet.lines = Some(lines);
    sheet.typed(&form);
    let Some((command, verb)) = wanted.filter(|_| !is_adding && !is_empty) else {
        return Ok(sheet.answer());
    };
    let (seen, ids) = (sheet.seen(), state.engine().ids());
    let refused = if form.is_sound() && form.all("seen").any(|one| one == seen) {
        match form.context.submit(&state, command, ids).await {
            Ok(receipt) => {
                let place = booked(act, &receipt).unwrap_or_else(|| sheet.crumb.1.clone());
                return Ok(done(&place, &said(&verb)));
            }
            Err(problem) => Some(problem),
        }
    } else {
        match state.engine().preview(form.context.submission(command, ids)).await {
            Ok(preview) if form.is_sound() => {
                sheet.lines.iter_mut().for_each(|lines| lines.foresee(&balances(&preview)));
                sheet.hidden.push(("seen", seen));
                sheet.submit = verb;
                None
            }
            Ok(_) => None,
            Err(error) => Some(Problem::from(error)),
        }
    };
    if let Some(mut problem) = refused {
        of_rows(&mut problem.problems, &rows);
        sheet.refused(problem)?;
    }
    Ok(sheet.answer())
}

macro_rules! acts {
    ($($(#[$meta:meta])* $ask:ident, $do:ident, $act:ident;)+) => {$(
        $(#[$meta])*
        pub async fn $ask(State(state): State<WebState>, caller: Caller) -> Result<Response, Problem> {
            ask(state, caller, Act::$act).await
        }

        pub async fn $do(State(state): State<WebState>, form: Form) -> Result<Response, Problem> {
            book(state, form, Act::$act).await
        }
    )+};
}

acts! {
    /// `GET` and `POST /receipts/new`.
    ask_delivery, deliver, Receive;
    /// `GET` and `POST /transfers/new`.
    ask_send, send, Transfer;
}

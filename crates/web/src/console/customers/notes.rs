//! What people write about a customer, and on a customer's orders.

use super::super::form::{self, Form};
use super::super::frame::{CUSTOMERS, Frame};
use super::super::html::Html;
use super::super::look::Look;
use super::super::order::timeline::marked;
use super::super::orders::percent;
use super::super::people::People;
use super::super::sheet::{Field, Kind, Sheet};
use super::{found, name_of};
use crate::ask::InPath;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use crate::{mentions, portal};
use axum::extract::State;
use axum::response::Response;
use waybill_domain::actor::Permission;
use waybill_domain::customer::note::{AddCustomerNote, NOTE_LENGTH_MAX};
use waybill_domain::ids::CustomerId;
use waybill_domain::personal::Personal;
use waybill_store::read::customers::CustomerRow;
use waybill_store::read::orders::OrderRow;
use waybill_store::read::timeline;

/// Something that was written.
#[derive(Debug)]
pub struct Note {
    /// The order that it is on, where it is on one.
    pub number: Option<String>,
    pub at: Html,
    pub by: String,
    pub text: Html,
}

/// Notes of orders shown at most, the latest.
const ORDER_NOTES_MAX: usize = 10;

/// The latest notes about a customer, the newest first.
///
/// # Errors
/// Where the store does not answer, or the caller may not read customers.
pub async fn shown(
    state: &WebState,
    caller: &Caller,
    look: &Look,
    customer_id: CustomerId,
    most: usize,
) -> Result<Vec<Note>, Problem> {
    let notes = timeline::notes_about(state.store(), &caller.viewer(), customer_id, most).await?;
    said(state, caller, look, notes, |_| None).await
}

/// The latest notes on these orders, the newest first.
pub(super) async fn on_orders(
    state: &WebState,
    caller: &Caller,
    look: &Look,
    orders: &[OrderRow],
) -> Result<Vec<Note>, Problem> {
    let ids: Vec<_> = orders.iter().map(|order| order.id).collect();
    let mut notes = timeline::notes_on(state.store(), &caller.viewer(), &ids).await?;
    notes.sort_unstable_by_key(|note| std::cmp::Reverse(note.position));
    notes.truncate(ORDER_NOTES_MAX);
    let number = |note: &timeline::Note| {
        orders.iter().find(|order| order.id.0 == note.about).map(|order| order.number.to_string())
    };
    said(state, caller, look, notes, number).await
}

async fn said(
    state: &WebState,
    caller: &Caller,
    look: &Look,
    notes: Vec<timeline::Note>,
    number: impl Fn(&timeline::Note) -> Option<String>,
) -> Result<Vec<Note>, Problem> {
    let people = People::around(state, caller, notes.iter(), std::iter::empty()).await?;
    let shown = notes.into_iter().map(|note| Note {
        number: number(&note),
        at: look.moment(note.happened_at),
        by: if portal::is_customers(&note.actor) { "the customer".to_owned() } else { people.hands(&note.actor) },
        text: marked(&note, &people),
    });
    Ok(shown.collect())
}

async fn sheet(state: &WebState, caller: &Caller, row: &CustomerRow) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::CustomersWrite])?;
    let back = format!("/customers/{}", percent(&row.customer.code));
    let frame = Frame::new(state, caller, CUSTOMERS, format!("Note about {}", name_of(row))).await?;
    let mut sheet = Sheet::new(frame, form::key(state), (&name_of(row), &back), format!("{back}/note"));
    let hint = "For colleagues; whoever takes this customer’s next order sees it. The customer does not. @ names a colleague, who is told.";
    sheet.fields = vec![Field::new("text", "Note", Kind::Note).hint(hint)];
    sheet.submit = "Add note".to_owned();
    Ok(sheet)
}

/// `GET /customers/{code}/note`.
pub async fn ask_note(
    State(state): State<WebState>,
    caller: Caller,
    InPath(code): InPath<String>,
) -> Result<Response, Problem> {
    let row = found(&state, &caller, &code).await?;
    Ok(sheet(&state, &caller, &row).await?.answer())
}

/// `POST /customers/{code}/note`.
pub async fn add_note(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    mut form: Form,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let row = found(&state, &caller, &code).await?;
    let mut sheet = sheet(&state, &caller, &row).await?;
    let text = form.required("text", NOTE_LENGTH_MAX);
    sheet.typed(&form);
    let Some(value) = text.filter(|_| form.is_sound()) else { return Ok(sheet.answer()) };
    let ids = state.engine().ids();
    let named = mentions::named_in(&state, &caller, &value).await?;
    let said = named.said("Note added");
    let note = Personal { id: ids.nth(1), value };
    let path = format!("/customers/{}", percent(&code));
    let result = form.context.submit(&state, AddCustomerNote { code, note, mentions: named.ids }, ids).await;
    sheet.concluded(result, &path, &said)
}

//! Making, changing and archiving a customer.

use super::super::form::{self, Form};
use super::super::frame::{CUSTOMERS, Frame};
use super::super::orders::percent;
use super::super::sheet::{Field, Kind, Sheet};
use super::super::status;
use super::{found, name_of};
use crate::ask::InPath;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::customer::{ArchiveCustomer, PutCustomer, Tier};
use waybill_domain::personal::{Party, Personal};
use waybill_store::read::customers::CustomerRow;

async fn sheet(state: &WebState, caller: &Caller, row: Option<&CustomerRow>) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::CustomersWrite])?;
    let path = row.map(|row| format!("/customers/{}", percent(&row.customer.code)));
    let title = row.map_or_else(|| "New customer".to_owned(), |row| format!("Change {}", name_of(row)));
    let frame = Frame::new(state, caller, CUSTOMERS, title).await?;
    let above = row.map_or_else(|| "Customers".to_owned(), name_of);
    let back = path.clone().unwrap_or_else(|| "/customers".to_owned());
    let action = path.map_or_else(|| "/customers/new".to_owned(), |path| format!("{path}/change"));
    let mut sheet = Sheet::new(frame, form::key(state), (&above, &back), action);
    let party = row.and_then(|row| row.party.clone()).unwrap_or_default();
    let value = |value: Option<String>| value.unwrap_or_default();
    let tiers = Tier::ALL.iter().map(|tier| (tier.code().to_owned(), status::words(tier.code())));
    sheet.fields = vec![
        match row {
            Some(row) => Field::new("code", "Customer number", Kind::Fixed).value(row.customer.code.clone()),
            None => Field::text("code", "Customer number").hint("Your own number or code. Cannot be changed later."),
        },
        Field::text("name", "Name").value(value(party.name)).optional().paired(),
        Field::text("company", "Company").value(value(party.company)).optional().paired(),
        Field::new("email", "Email", Kind::Input("email")).value(value(party.email)).optional().paired(),
        Field::new("phone", "Phone", Kind::Input("tel")).value(value(party.phone)).optional().paired(),
        Field::new("tier", "Tier", Kind::Choice(tiers.collect()))
            .value(row.map_or(Tier::Standard, |row| row.customer.tier).code())
            .hint("How much waiting weighs when stock is short."),
    ];
    if row.is_some_and(|row| row.customer.archived) {
        sheet.lead = Some("This customer is archived. Saving takes the customer up again.".to_owned());
    }
    sheet.submit = if row.is_some() { "Save".to_owned() } else { "Create customer".to_owned() };
    Ok(sheet)
}

/// `GET /customers/new`.
pub async fn ask_new(State(state): State<WebState>, caller: Caller) -> Result<Response, Problem> {
    Ok(sheet(&state, &caller, None).await?.answer())
}

/// `GET /customers/{code}/change`.
pub async fn ask_change(
    State(state): State<WebState>,
    caller: Caller,
    InPath(code): InPath<String>,
) -> Result<Response, Problem> {
    let row = found(&state, &caller, &code).await?;
    Ok(sheet(&state, &caller, Some(&row)).await?.answer())
}

async fn put(
    state: &WebState,
    form: &mut Form,
    code: Option<String>,
    before: Option<&Party>,
    mut sheet: Sheet,
) -> Result<Response, Problem> {
    let party = Party {
        name: form.text("name", 200),
        company: form.text("company", 200),
        email: form.text("email", 200),
        phone: form.text("phone", 100),
    };
    let tier = form.one_of::<Tier>("tier");
    let had = before.is_some_and(|before| *before != Party::default());
    if had && party == Party::default() {
        form.problem("name", "missing", "Something must be known of a customer that was known before.");
    }
    sheet.typed(form);
    let Some((code, tier)) = code.zip(tier).filter(|_| form.is_sound()) else { return Ok(sheet.answer()) };
    let ids = state.engine().ids();
    let is_said = party != Party::default() && before != Some(&party);
    let party = is_said.then(|| Personal { id: ids.nth(1), value: party });
    let path = format!("/customers/{}", percent(&code));
    let said = if before.is_some() { "Customer saved" } else { "Customer created" };
    let result = form.context.submit(state, PutCustomer { code, party, tier }, ids).await;
    sheet.concluded(result, &path, said)
}

/// `POST /customers/new`.
pub async fn create(State(state): State<WebState>, mut form: Form) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let sheet = sheet(&state, &caller, None).await?;
    let code = form.required("code", 64);
    if let Some(code) = &code
        && found(&state, &caller, code).await.is_ok()
    {
        form.problem("code", "exists", "There is a customer with this number already.");
    }
    put(&state, &mut form, code, None, sheet).await
}

/// `POST /customers/{code}/change`.
pub async fn change(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    mut form: Form,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let row = found(&state, &caller, &code).await?;
    let sheet = sheet(&state, &caller, Some(&row)).await?;
    let before = row.party.unwrap_or_default();
    put(&state, &mut form, Some(code), Some(&before), sheet).await
}

async fn archive_sheet(state: &WebState, caller: &Caller, row: &CustomerRow) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::CustomersWrite])?;
    let back = format!("/customers/{}", percent(&row.customer.code));
    let frame = Frame::new(state, caller, CUSTOMERS, format!("Archive {}?", name_of(row))).await?;
    let mut sheet = Sheet::new(frame, form::key(state), (&name_of(row), &back), format!("{back}/archive"));
    sheet.lead = Some("New orders can no longer name this customer. Orders and contacts stay.".to_owned());
    sheet.submit = format!("Archive {}", row.customer.code);
    sheet.keep = "Keep the customer";
    sheet.is_danger = true;
    Ok(sheet)
}

/// `GET /customers/{code}/archive`.
pub async fn ask_archive(
    State(state): State<WebState>,
    caller: Caller,
    InPath(code): InPath<String>,
) -> Result<Response, Problem> {
    let row = found(&state, &caller, &code).await?;
    Ok(archive_sheet(&state, &caller, &row).await?.answer())
}

/// `POST /customers/{code}/archive`.
pub async fn archive(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    form: Form,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let row = found(&state, &caller, &code).await?;
    let sheet = archive_sheet(&state, &caller, &row).await?;
    let result = form.context.submit(&state, ArchiveCustomer { code }, state.engine().ids()).await;
    sheet.concluded(result, "/customers", "Customer archived")
}

//! Customers: who they are, and what they ordered.

use super::form::{self, Form};
use super::frame::{CUSTOMERS, Frame, done};
use super::html::Html;
use super::look::{self, Look};
use super::orders::percent;
use super::page;
use super::people::People;
use super::sheet::{Field, Kind, Sheet};
use super::status;
use crate::ask::InPath;
use crate::auth::Caller;
use crate::params::Params;
use crate::portal;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::customer::{ArchiveCustomer, PutCustomer, Tier};
use waybill_domain::money::Minor;
use waybill_domain::order::Lifecycle;
use waybill_domain::personal::{Party, Personal};
use waybill_store::read::PageRequest;
use waybill_store::read::customers::{self, Balance, CustomerFilter, CustomerRow};
use waybill_store::read::orders::{self, OrderFilter, OrderRow};
use waybill_store::read::timeline;
use waybill_store::search::Search;

#[derive(Debug)]
struct Row {
    code: String,
    href: String,
    name: String,
    company: String,
    email: String,
    phone: String,
    tier: String,
}

#[derive(Template)]
#[template(path = "customers.html")]
struct CustomersPage {
    frame: Frame,
    text: String,
    is_archived: bool,
    rows: Vec<Row>,
    next: Option<String>,
    may_change: bool,
}

#[derive(Debug)]
struct Order {
    number: String,
    placed: Html,
    channel: String,
    total: String,
    payment: Html,
    fulfillment: Html,
}

#[derive(Template)]
#[template(path = "customer.html")]
struct CustomerPage {
    frame: Frame,
    code: String,
    path: String,
    name: String,
    party: Party,
    tier: String,
    is_archived: bool,
    may_change: bool,
    sees_orders: bool,
    orders: Vec<Order>,
    next: Option<String>,
    /// By currency.
    money: Vec<Money>,
    notes: Vec<Note>,
}

/// What the orders come to in one currency.
#[derive(Debug)]
struct Money {
    orders: String,
    ordered: String,
    received: String,
    refunded: Option<String>,
    /// What is still to be paid, or what was paid too much.
    owed: Option<(&'static str, String)>,
}

impl Money {
    fn of(balance: &Balance) -> Self {
        let money = |amount| look::money(amount, balance.currency);
        let outstanding = balance.outstanding();
        Self {
            orders: look::plural(balance.orders, "order"),
            ordered: money(balance.ordered),
            received: money(balance.received),
            refunded: (!balance.refunded.is_zero()).then(|| money(balance.refunded)),
            owed: match outstanding.0 {
                0 => None,
                1.. => Some(("Outstanding", money(outstanding))),
                _ => Some(("Paid too much", money(Minor(-outstanding.0)))),
            },
        }
    }
}

/// Something written on one of the orders shown.
#[derive(Debug)]
struct Note {
    number: String,
    at: Html,
    by: String,
    text: String,
}

/// Notes shown at most, the latest.
const NOTES_MAX: usize = 10;

fn row(found: CustomerRow) -> Row {
    let party = found.party.unwrap_or_default();
    Row {
        href: format!("/customers/{}", percent(&found.customer.code)),
        code: found.customer.code,
        name: party.name.unwrap_or_default(),
        company: party.company.unwrap_or_default(),
        email: party.email.unwrap_or_default(),
        phone: party.phone.unwrap_or_default(),
        tier: status::words(found.customer.tier.code()),
    }
}

/// `GET /customers`.
pub async fn list(State(state): State<WebState>, caller: Caller, params: Params) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let (text, after) = (params.text("search"), params.text("after"));
    let is_archived = params.bool("archived").unwrap_or(false);
    params.close()?;
    let viewer = caller.viewer();
    let search = text.as_deref().map(Search::new);
    let filter = CustomerFilter { archived: Some(is_archived), search, ..CustomerFilter::default() };
    let request = PageRequest { limit: Some(50), after };
    let found = customers::customers(state.store(), &viewer, &filter, &request).await?;
    let next = found.next.map(|next| {
        let text = text.as_deref().map(|text| format!("search={}&", percent(text))).unwrap_or_default();
        let archived = if is_archived { "archived=true&" } else { "" };
        format!("/customers?{text}{archived}after={}", percent(&next))
    });
    Ok(page(&CustomersPage {
        rows: found.rows.into_iter().map(row).collect(),
        text: text.unwrap_or_default(),
        is_archived,
        next,
        may_change: viewer.may(Permission::CustomersWrite),
        frame: Frame::new(&state, &caller, CUSTOMERS, "Customers").await?,
    }))
}

async fn found(state: &WebState, caller: &Caller, code: &str) -> Result<CustomerRow, Problem> {
    let found = customers::customer(state.store(), &caller.viewer(), code).await?;
    found.ok_or_else(|| Problem::not_found("such customer"))
}

/// The name, or else the company, or else the code.
fn name_of(row: &CustomerRow) -> String {
    let party = row.party.clone().unwrap_or_default();
    party.name.or(party.company).unwrap_or_else(|| row.customer.code.clone())
}

/// `GET /customers/{code}`.
pub async fn one(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    InPath(code): InPath<String>,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let after = params.text("after");
    params.close()?;
    let viewer = caller.viewer();
    let row = found(&state, &caller, &code).await?;
    let path = format!("/customers/{}", percent(&code));
    let sees_orders = viewer.may(Permission::OrdersRead);
    let (mut shown, mut next, mut money, mut notes) = (Vec::new(), None, Vec::new(), Vec::new());
    if sees_orders {
        let filter = OrderFilter { customer: Some(code.clone()), ..OrderFilter::default() };
        let request = PageRequest { limit: Some(25), after };
        let found = orders::orders(state.store(), &viewer, &filter, &request).await?;
        shown = found.rows.iter().map(|row| order(row, &look)).collect();
        next = found.next.map(|next| format!("{path}?after={}", percent(&next)));
        let balances = customers::balances(state.store(), &viewer, row.customer.id).await?;
        money = balances.iter().map(Money::of).collect();
        notes = written(&state, &caller, &look, &found.rows).await?;
    }
    let name = name_of(&row);
    Ok(page(&CustomerPage {
        frame: Frame::new(&state, &caller, CUSTOMERS, name.clone()).await?,
        path,
        name,
        tier: status::words(row.customer.tier.code()),
        is_archived: row.customer.archived,
        may_change: viewer.may(Permission::CustomersWrite),
        sees_orders,
        orders: shown,
        next,
        money,
        notes,
        party: row.party.unwrap_or_default(),
        code,
    }))
}

/// What was written on these orders, the latest first.
async fn written(state: &WebState, caller: &Caller, look: &Look, orders: &[OrderRow]) -> Result<Vec<Note>, Problem> {
    let ids: Vec<_> = orders.iter().map(|order| order.id).collect();
    let mut notes = timeline::notes_on(state.store(), &caller.viewer(), &ids).await?;
    notes.sort_unstable_by_key(|note| std::cmp::Reverse(note.position));
    notes.truncate(NOTES_MAX);
    let people = People::among(state, caller, notes.iter().map(|note| note.actor.as_str())).await?;
    let number = |note: &timeline::Note| orders.iter().find(|order| order.id == note.order_id);
    let shown = notes.iter().map(|note| Note {
        number: number(note).map(|order| order.number.to_string()).unwrap_or_default(),
        at: look.moment(note.happened_at),
        by: if portal::is_customers(&note.actor) {
            "the customer".to_owned()
        } else {
            people.name(&note.actor).to_owned()
        },
        text: note.text.clone().unwrap_or_else(|| "erased".to_owned()),
    });
    Ok(shown.collect())
}

fn order(row: &OrderRow, look: &Look) -> Order {
    Order {
        number: row.number.to_string(),
        placed: look.moment(row.placed_at),
        channel: row.channel.clone(),
        total: look::money(row.total, row.currency),
        payment: status::payment(row.payment_status),
        fulfillment: match row.lifecycle {
            Lifecycle::Cancelled => status::lifecycle(row.lifecycle),
            _ => status::fulfillment(row.fulfillment_status),
        },
    }
}

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
    match form.context.submit(state, PutCustomer { code, party, tier }, ids).await {
        Ok(_) => Ok(done(&path, said)),
        Err(problem) => {
            sheet.refused(problem)?;
            Ok(sheet.answer())
        }
    }
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
    let mut sheet = archive_sheet(&state, &caller, &row).await?;
    match form.context.submit(&state, ArchiveCustomer { code }, state.engine().ids()).await {
        Ok(_) => Ok(done("/customers", "Customer archived")),
        Err(problem) => {
            sheet.refused(problem)?;
            Ok(sheet.answer())
        }
    }
}

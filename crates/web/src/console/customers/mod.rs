//! Customers: who they are, what they ordered, and what was written about them.

mod change;
mod notes;

pub use change::{archive, ask_archive, ask_change, ask_new, change, create};
pub use notes::{Note, add_note, ask_note, shown};

use super::frame::{CUSTOMERS, Frame};
use super::html::Html;
use super::look::{self, Look};
use super::orders::percent;
use super::page;
use super::status;
use crate::ask::InPath;
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::money::Minor;
use waybill_domain::order::Lifecycle;
use waybill_domain::personal::Party;
use waybill_store::read::PageRequest;
use waybill_store::read::customers::{self, Balance, CustomerFilter, CustomerRow};
use waybill_store::read::orders::{self, OrderFilter, OrderRow};
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
#[template(path = "customers/customers.html")]
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
#[template(path = "customers/customer.html")]
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
    /// About the customer.
    notes: Vec<Note>,
    /// On the orders shown.
    order_notes: Vec<Note>,
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

/// Notes about the customer shown at most, the latest.
const NOTES_SHOWN: usize = 100;

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
    let (mut orders_shown, mut next, mut money, mut order_notes) = (Vec::new(), None, Vec::new(), Vec::new());
    if sees_orders {
        let filter = OrderFilter { customer: Some(code.clone()), ..OrderFilter::default() };
        let request = PageRequest { limit: Some(25), after };
        let found = orders::orders(state.store(), &viewer, &filter, &request).await?;
        orders_shown = found.rows.iter().map(|row| order(row, &look)).collect();
        next = found.next.map(|next| format!("{path}?after={}", percent(&next)));
        let balances = customers::balances(state.store(), &viewer, row.customer.id).await?;
        money = balances.iter().map(Money::of).collect();
        order_notes = notes::on_orders(&state, &caller, &look, &found.rows).await?;
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
        orders: orders_shown,
        next,
        money,
        notes: shown(&state, &caller, &look, row.customer.id, NOTES_SHOWN).await?,
        order_notes,
        party: row.party.unwrap_or_default(),
        code,
    }))
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

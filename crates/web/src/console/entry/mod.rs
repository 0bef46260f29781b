//! A new order by keyboard: who, what, where to and how it is paid, with every problem beside its field.
//!
//! The names of the form's fields are the paths of the API's body, so that both are read by the same code and every
//! problem finds its field.

mod body;
mod options;

use super::form::{self, Form};
use super::frame::{self, Frame, ORDERS};
use super::look;
use super::order::ask::NOTE_MAX;
use super::page;
use super::sheet::listed;
use crate::api::place::PlaceOrderBody;
use crate::auth::Caller;
use crate::mentions::{self, Named};
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::channel::Channel;
use waybill_domain::ids::OrderId;
use waybill_domain::order::note::AddNote;
use waybill_domain::payment::PaymentMethod;
use waybill_domain::personal::Personal;
use waybill_engine::{Receipt, SubmitError};
use waybill_store::read::catalog::{self, CatalogFilter};
use waybill_store::read::{PageRequest, Viewer};

/// Rows that wait for items where no script adds them.
const SPARE: usize = 4;
/// Lines that the form takes.
const LINES_MAX: usize = 900;

/// The routes of this page.
pub fn router() -> Router<WebState> {
    Router::new()
        .route("/orders/new", get(show).post(place))
        .route("/orders/new/items", get(options::items))
        .route("/orders/new/items/named", get(options::named))
        .route("/orders/new/customers", get(options::customers))
        .route("/orders/new/customers/{code}", get(options::history))
}

/// What stands in the form, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Typed {
    values: BTreeMap<String, String>,
    problems: Vec<(String, String)>,
}

impl Typed {
    fn value(&self, path: &str) -> &str {
        self.values.get(path).map_or("", String::as_str)
    }

    fn problem(&self, path: &str) -> Option<&str> {
        self.problems.iter().find(|(at, _)| at == path).map(|(_, message)| message.as_str())
    }
}

/// A row of the table of items.
#[derive(Debug)]
pub struct Row {
    n: usize,
    sku: String,
    name: String,
    stock: options::Stock,
    quantity: String,
    price: String,
    problem: Option<String>,
    /// The field that the problem is about: `sku`, `quantity` or `unit_price`.
    wrong: String,
    is_spare: bool,
}

#[derive(Template)]
#[template(path = "entry/entry.html")]
struct EntryPage {
    frame: Frame,
    key: String,
    channels: Vec<Channel>,
    methods: &'static [PaymentMethod],
    typed: Typed,
    rows: Vec<Row>,
}

impl EntryPage {
    fn value(&self, path: &str) -> &str {
        self.typed.value(path)
    }

    fn problem(&self, path: &str) -> Option<&str> {
        self.typed.problem(path)
    }

    /// A problem as it stands in the list of all, with its field before it; of a line, with its SKU or its number.
    fn listed(&self, path: &str, message: &str) -> String {
        let line = path.strip_prefix("lines[").and_then(|rest| rest.split_once(']')?.0.parse::<usize>().ok());
        let Some(line) = line else {
            // The form's own words for its fields are the last part of their paths.
            let field = path.rsplit('.').next().unwrap_or(path).replace('_', " ");
            return format!("{}: {message}", look::capital(&field));
        };
        match self.rows.iter().find(|row| row.n == line && !row.sku.is_empty()) {
            Some(row) => format!("Line {}, {}: {message}", line + 1, row.sku),
            None => format!("Line {}: {message}", line + 1),
        }
    }

    /// Those that stand in the list of all. A pasted list can be wrong in every line; each says so itself.
    fn first_problems(&self) -> (&[(String, String)], Option<String>) {
        listed(&self.typed.problems)
    }

    fn is_chosen(&self, path: &str, code: &str) -> bool {
        self.value(path) == code
    }
}

async fn channels(state: &WebState, viewer: &Viewer) -> Result<Vec<Channel>, Problem> {
    let filter = CatalogFilter { archived: Some(false), ..CatalogFilter::default() };
    let page = PageRequest { limit: Some(PageRequest::LIMIT_MAX), after: None };
    Ok(catalog::channels(state.store(), viewer, &filter, &page).await?.rows)
}

/// `GET /orders/new`.
pub async fn show(State(state): State<WebState>, caller: Caller) -> Result<Response, Problem> {
    caller.viewer().must(&[Permission::OrdersWrite])?;
    let channels = channels(&state, &caller.viewer()).await?;
    let mut typed = Typed::default();
    // A clerk sells on the phone or at the counter where there is such a channel.
    let usual = ["phone", "counter", "store"].into_iter().find(|code| channels.iter().any(|one| one.code == *code));
    let channel = usual.map(str::to_owned).or_else(|| channels.first().map(|one| one.code.clone()));
    typed.values.insert("channel".into(), channel.unwrap_or_default());
    typed.values.insert("currency".into(), "EUR".into());
    typed.values.insert("payment.method".into(), "terms".into());
    render(&state, &caller, typed, form::key(&state), channels).await
}

async fn render(
    state: &WebState,
    caller: &Caller,
    typed: Typed,
    key: String,
    channels: Vec<Channel>,
) -> Result<Response, Problem> {
    let rows = rows(state, caller, &typed).await?;
    let frame = Frame::new(state, caller, ORDERS, "New order").await?;
    Ok(page(&EntryPage { frame, key, channels, methods: PaymentMethod::ALL, typed, rows }))
}

/// The rows that something stands in, named where their item is known, and some empty ones.
async fn rows(state: &WebState, caller: &Caller, typed: &Typed) -> Result<Vec<Row>, Problem> {
    let count = body::lines(&typed.values).min(LINES_MAX);
    let field = |n: usize, name: &str| typed.value(&format!("lines[{n}].{name}")).to_owned();
    let skus: Vec<String> = (0..count).map(|n| field(n, "sku")).collect();
    let viewer = caller.viewer();
    let known = if viewer.may(Permission::CatalogRead) {
        catalog::items_of(state.store(), &viewer, &skus).await?.into_iter().map(|(item, _)| item).collect()
    } else {
        Vec::new()
    };
    let stock = options::stock(state, &viewer, &known).await?;
    let row = |n: usize| {
        let item = known.iter().find(|item| item.sku == skus[n]);
        let at = format!("lines[{n}]");
        let problem = typed.problems.iter().find(|(path, _)| path.starts_with(&at));
        Row {
            n,
            sku: skus[n].clone(),
            name: item.map(|item| item.name.clone()).unwrap_or_default(),
            stock: item.and_then(|item| stock.get(&item.id)).cloned().unwrap_or_default(),
            quantity: field(n, "quantity"),
            price: field(n, "unit_price"),
            problem: problem.map(|(_, message)| message.clone()),
            wrong: problem.and_then(|(path, _)| path.strip_prefix(&at)?.strip_prefix('.')).unwrap_or("sku").to_owned(),
            is_spare: false,
        }
    };
    let mut rows: Vec<Row> = (0..count).map(row).collect();
    rows.extend((count..count + SPARE).map(|n| Row {
        n,
        sku: String::new(),
        name: String::new(),
        stock: options::Stock::default(),
        quantity: String::new(),
        price: String::new(),
        problem: None,
        wrong: String::new(),
        is_spare: true,
    }));
    Ok(rows)
}

/// `POST /orders/new`.
pub async fn place(State(state): State<WebState>, mut form: Form) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    caller.viewer().must(&[Permission::OrdersWrite])?;
    let values: BTreeMap<String, String> =
        form.fields().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut typed = Typed { values, problems: Vec::new() };
    let json = body::json(&state, &caller, &mut typed).await?;
    let note = form.text("note", NOTE_MAX);
    typed.problems.extend(form.problems().iter().map(|one| (one.path.clone(), one.message.clone())));
    let ids = state.engine().ids();
    let read = crate::json::read::<PlaceOrderBody>(json).map_err(Problem::invalid);
    let command = read.and_then(|body| body.into_command(ids, |gateway| state.has_gateway(gateway)));
    let placed = match command {
        Ok(command) if typed.problems.is_empty() => {
            form.context.place(&state, command, ids).await.map(|(receipt, _)| receipt)
        }
        // What the rules have to say is said together with what could not be read.
        Ok(command) => {
            let asked = form.context.submission(command.into(), ids);
            Err(match state.engine().preview(asked).await {
                Err(error @ SubmitError::Refused { .. }) => error.into(),
                _ => Problem::invalid(Vec::new()),
            })
        }
        Err(problem) => Err(problem),
    };
    match placed {
        Ok(receipt) => {
            if let (true, Some(order)) =
                (receipt.awaits_gateway, receipt.subject.and_then(|subject| subject.order_id()))
            {
                state.engine().settled(order, state.options().settle).await;
            }
            let number = receipt.number.map(|number| number.to_string());
            let named = note_down(&state, &form, &receipt, note).await?;
            let order = receipt.subject.and_then(|subject| subject.order_id()).unwrap_or(OrderId::NIL);
            let to = number.clone().unwrap_or_else(|| order.to_string());
            Ok(frame::done(&format!("/orders/{to}?placed=1"), &named.said(&format!("Placed {to}"))))
        }
        Err(problem) if problem.status.is_client_error() => {
            let ruled = problem.problems.iter().map(|one| (body::field(&one.path), sentence(&one.message)));
            let ruled: Vec<_> = ruled.filter(|(path, _)| typed.problem(path).is_none()).collect();
            typed.problems.extend(ruled);
            if typed.problems.is_empty() {
                typed.problems.push((String::new(), format!("{} {}", problem.detail, problem.next_step)));
            }
            // Another key: what is sent next is another order.
            let channels = channels(&state, &caller.viewer()).await?;
            let page = render(&state, &caller, typed, form::key(&state), channels).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// Keeps what a clerk noted about the order just placed; once, however often the form is sent. Whom it names.
async fn note_down(state: &WebState, form: &Form, receipt: &Receipt, note: Option<String>) -> Result<Named, Problem> {
    let (Some(value), Some(order_id)) = (note, receipt.subject.and_then(|subject| subject.order_id())) else {
        return Ok(Named::default());
    };
    let mut context = form.context.clone();
    context.key = context.key.map(|key| format!("{key}-note"));
    let ids = state.engine().ids();
    let named = mentions::named_in(state, &context.caller, &value).await?;
    let note = Personal { id: ids.nth(1), value };
    context.submit(state, AddNote { order_id, note, mentions: named.ids.clone() }, ids).await?;
    Ok(named)
}

/// `must be a whole number` as a sentence of its own.
fn sentence(message: &str) -> String {
    let mut text = format!("This {}", message.trim_end_matches('.'));
    if !message.starts_with("must") && !message.starts_with("is ") {
        text = look::capital(message.trim_end_matches('.'));
    }
    text.push('.');
    text
}

//! The list of orders: saved views as tabs, filters as chips in the address, pages by cursor.

mod bulk;
mod columns;
mod export;
mod views;

use self::columns::{Cell, Column};
use super::frame::{Frame, ORDERS};
use super::look::Look;
use super::{page, status};
use crate::api;
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use std::collections::BTreeSet;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::order::{DeliveryStatus, FulfillmentStatus, Lifecycle, PaymentStatus, ReturnStatus};
use waybill_domain::time::Date;
use waybill_store::read::catalog::{self, CatalogFilter};
use waybill_store::read::orders::{self, OrderFilter, OrderRow};
use waybill_store::read::{PageRequest, Viewer, preferences};
use waybill_store::search::Search;

/// What a viewer comes for most, as tabs.
const VIEWS: &[(&str, &str)] = &[
    ("All recent", ""),
    ("Held", "held=true"),
    ("Placed", "lifecycle=placed"),
    ("Open", "lifecycle=confirmed"),
    ("Backordered", "fulfillment_status=backordered"),
    ("Payment unknown", "payment_status=unknown"),
    ("Payment failed", "payment_status=failed"),
    ("Delivery exceptions", "delivery_status=exception"),
];

#[derive(Debug)]
pub struct View {
    name: String,
    href: String,
    is_here: bool,
    is_own: bool,
}

/// One filter that is set.
#[derive(Debug)]
pub struct Chip {
    field: &'static str,
    value: String,
    /// The list without it.
    without: String,
}

/// A field one can filter by, with the values it can have.
#[derive(Debug)]
pub struct Choice {
    field: &'static str,
    name: &'static str,
    /// Code, words, and whether it is set.
    values: Vec<(String, String, bool)>,
}

/// A field of the filter that one writes into.
#[derive(Debug)]
struct Typed {
    field: &'static str,
    name: &'static str,
    /// Of the input.
    kind: &'static str,
    value: String,
}

/// What one writes into the filter.
const TYPED: [(&str, &str); 6] = [
    ("search", "search"),
    ("customer", "text"),
    ("placed_from", "date"),
    ("placed_to", "date"),
    ("delivered_from", "date"),
    ("delivered_to", "date"),
];
/// Parts of an address that are named because they are no filters.
const UNREAD_MAX: usize = 3;
/// Filters that only links set; the dialog has no field for them and keeps them.
const OTHERS: [&str; 5] = ["external_ref", "number", "unsent_from", "unsent_by", "messages"];
/// The one value of `messages`.
const UNANSWERED: &str = "unanswered";

#[derive(Debug)]
pub struct Row {
    id: String,
    number: String,
    cells: Vec<Cell>,
}

#[derive(Template)]
#[template(path = "orders/orders.html")]
struct OrdersPage {
    frame: Frame,
    views: Vec<View>,
    chips: Vec<Chip>,
    choices: Vec<Choice>,
    typed: [Typed; TYPED.len()],
    /// Filters that the dialog keeps as they are.
    others: Vec<(&'static str, String)>,
    columns: Vec<Column>,
    rows: Vec<Row>,
    next: Option<String>,
    is_filtered: bool,
    /// What of the address is no filter, so that nobody takes the list for narrower than it is.
    unread: Vec<String>,
    /// This list, as its own address and as a file.
    here: String,
    export: String,
    /// Where its columns are chosen, and where it is kept as a view; the name of the viewer's own view that it is.
    choose: String,
    keep: Option<String>,
    forget: Option<String>,
}

/// What the address asks for, as it is written there.
#[derive(Debug, Default)]
pub struct Asked {
    pairs: Vec<(&'static str, String)>,
}

impl Asked {
    /// Names and values of the filters that are set.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.pairs.iter().map(|(name, value)| (*name, value.as_str()))
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(one, _)| *one == name).map(|(_, value)| value)
    }

    /// What is filtered by, in words.
    pub fn chips(&self, look: &Look) -> Vec<(String, String)> {
        chips(self, look).into_iter().map(|chip| (chip.field.to_owned(), chip.value)).collect()
    }

    /// Where this list is exported.
    fn export(&self) -> String {
        self.href(None, None).replacen("/orders", "/orders/export", 1)
    }

    fn keep(&mut self, name: &'static str, value: Option<String>) {
        self.pairs.extend(value.map(|value| (name, value)));
    }

    pub fn href(&self, without: Option<&str>, more: Option<(&str, &str)>) -> String {
        let kept = self.pairs.iter().filter(|(name, _)| Some(*name) != without);
        let pairs = kept.map(|(name, value)| (*name, value.as_str())).chain(more);
        let query = pairs.map(|(name, value)| format!("{name}={}", percent(value))).collect::<Vec<_>>().join("&");
        if query.is_empty() { "/orders".to_owned() } else { format!("/orders?{query}") }
    }
}

/// A value as it stands in an address.
pub fn percent(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if plain(byte) {
            out.push(byte.into());
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The list and what belongs to it.
pub fn router() -> Router<WebState> {
    Router::new()
        .route("/orders", get(list))
        .route("/orders/bulk", get(bulk::look).post(bulk::act))
        .route("/orders/columns", get(columns::ask).post(columns::choose))
        .route("/orders/export", get(export::export))
        .route("/orders/view", get(views::ask).post(views::keep))
        .route("/orders/view/forget", post(views::forget))
}

/// `GET /orders`.
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let (filter, asked) = filtered(&mut params, &look);
    let after = params.text("after");
    let unread = params.unread().take(UNREAD_MAX).map(|pair| pair.chars().take(60).collect()).collect();
    params.close()?;
    let request = PageRequest { limit: Some(50), after };
    let viewer = caller.viewer();
    let found = orders::orders(state.store(), &viewer, &filter, &request).await?;
    let held: Vec<_> = found.rows.iter().filter(|row| row.holds_active > 0).map(|row| row.id).collect();
    let holds = orders::active_holds(state.store(), &viewer, &held).await?;
    let preferences = preferences::of_one(state.store(), &caller.actor.principal.to_string()).await?;
    let columns = columns::chosen(&preferences);
    let channels = channels(&state, &viewer, &found.rows).await?;
    let rows = found.rows.iter().map(|row| {
        let kind = holds.iter().find(|(id, _)| *id == row.id).map(|(_, kind)| *kind);
        let cells = columns.iter().map(|column| columns::cell(*column, row, kind, &look));
        Row { id: row.id.to_string(), number: row.number.to_string(), cells: cells.collect() }
    });
    let rows: Vec<Row> = rows.collect();
    let href = asked.href(None, None);
    let here = href.as_str();
    let everybodys = VIEWS.iter().map(|(name, query)| {
        let href = if query.is_empty() { "/orders".to_owned() } else { format!("/orders?{query}") };
        View { name: (*name).to_owned(), is_here: href == here, href, is_own: false }
    });
    let own = views::own(&preferences);
    let own = own.map(|(name, href)| View { name: name.to_owned(), is_here: href == here, href, is_own: true });
    let views: Vec<View> = everybodys.chain(own).collect();
    let frame = Frame::new(&state, &caller, ORDERS, "Orders").await?;
    Ok(page(&OrdersPage {
        // What is a view already need not be kept.
        keep: (!asked.pairs.is_empty() && !views.iter().any(|view| view.is_here))
            .then(|| href.replacen("/orders", "/orders/view", 1)),
        forget: views.iter().find(|view| view.is_here && view.is_own).map(|view| view.name.clone()),
        views,
        choose: format!("/orders/columns?back={}", percent(&href)),
        columns,
        chips: chips(&asked, &look),
        choices: choices(&asked, &channels),
        typed: TYPED.map(|(name, kind)| {
            let value = asked.value(name).unwrap_or_default().to_owned();
            Typed { field: field(name), name, kind, value }
        }),
        others: OTHERS.iter().filter_map(|name| Some((*name, asked.value(name)?.to_owned()))).collect(),
        next: found.next.map(|next| asked.href(None, Some(("after", &next)))),
        is_filtered: !asked.pairs.is_empty(),
        unread,
        export: asked.export(),
        here: href.clone(),
        rows,
        frame,
    }))
}

/// Codes and names of the channels one can filter by; of those shown where one may not see the channels themselves.
async fn channels(state: &WebState, viewer: &Viewer, rows: &[OrderRow]) -> Result<Vec<(String, String)>, Problem> {
    if viewer.may(Permission::CatalogRead) {
        let page = PageRequest { limit: Some(PageRequest::LIMIT_MAX), after: None };
        let found = catalog::channels(state.store(), viewer, &CatalogFilter::default(), &page).await?;
        return Ok(found.rows.into_iter().map(|channel| (channel.code, channel.name)).collect());
    }
    let shown: BTreeSet<&str> = rows.iter().map(|row| row.channel.as_str()).collect();
    Ok(shown.into_iter().map(|code| (code.to_owned(), code.to_owned())).collect())
}

/// What the address asks for: as a filter, and as it is written there.
pub fn filtered(params: &mut Params, look: &Look) -> (OrderFilter, Asked) {
    let filter = api::orders::filter(params);
    let (unsent_from, unsent_by) = (params.written("unsent_from"), params.written("unsent_by"));
    let unanswered = params.text("messages").is_some_and(|asked| asked == UNANSWERED);
    let filter = OrderFilter { unsent_from, unsent_by, unanswered, ..filter };
    let sought = params.text("search");
    let mut asked = asked(&filter);
    let begin = |day: Date| look.start_of(day);
    let end = |day: Date| day.tomorrow().ok().map(begin);
    let mut day = |name: &'static str| {
        let day: Option<Date> = params.written(name);
        asked.keep(name, day.map(|day| day.to_string()));
        day
    };
    let filter = OrderFilter {
        placed_from: day("placed_from").map(begin),
        placed_to: day("placed_to").and_then(end),
        delivered_from: day("delivered_from").map(begin),
        delivered_to: day("delivered_to").and_then(end),
        search: sought.as_deref().map(Search::new),
        ..filter
    };
    asked.keep("search", sought);
    (filter, asked)
}

/// Lifecycles as they stand in an address.
fn written(lifecycles: &[Lifecycle]) -> String {
    lifecycles.iter().map(|one| one.code()).collect::<Vec<_>>().join(",")
}

fn asked(filter: &OrderFilter) -> Asked {
    let mut asked = Asked::default();
    let code = |code: Option<&'static str>| code.map(str::to_owned);
    asked.keep("lifecycle", Some(written(&filter.lifecycles)).filter(|written| !written.is_empty()));
    asked.keep("payment_status", code(filter.payment_status.map(Code::code)));
    asked.keep("fulfillment_status", code(filter.fulfillment_status.map(Code::code)));
    asked.keep("delivery_status", code(filter.delivery_status.map(Code::code)));
    asked.keep("return_status", code(filter.return_status.map(Code::code)));
    asked.keep("channel", filter.channel.clone());
    asked.keep("customer", filter.customer.clone());
    asked.keep("external_ref", filter.external_ref.clone());
    asked.keep("number", filter.number.map(|number| number.to_string()));
    asked.keep("held", filter.held.map(|held| held.to_string()));
    asked.keep("messages", filter.unanswered.then(|| UNANSWERED.to_owned()));
    asked.keep("unsent_from", filter.unsent_from.map(|day| day.to_string()));
    asked.keep("unsent_by", filter.unsent_by.map(|day| day.to_string()));
    asked
}

/// What a filter's field is called.
fn field(name: &str) -> &'static str {
    match name {
        "lifecycle" => "Lifecycle",
        "payment_status" => "Payment",
        "fulfillment_status" => "Fulfillment",
        "delivery_status" => "Delivery",
        "return_status" => "Returns",
        "channel" => "Channel",
        "customer" => "Customer",
        "external_ref" => "Their number",
        "number" => "Number",
        "held" => "Holds",
        "messages" => "Customer’s message",
        "unsent_from" => "Not sent, wanted from",
        "unsent_by" => "Not sent, wanted by",
        "placed_from" => "Placed from",
        "delivered_from" => "Delivered from",
        "delivered_to" => "Delivered until",
        "search" => "Search",
        _ => "Placed until",
    }
}

fn chips(asked: &Asked, look: &Look) -> Vec<Chip> {
    let value = |name: &str, value: &str| match name {
        "held" if value == "true" => "active".to_owned(),
        "held" => "none".to_owned(),
        "placed_from" | "placed_to" | "delivered_from" | "delivered_to" | "unsent_from" | "unsent_by" => {
            value.parse().map_or_else(|_| value.to_owned(), |day| look.day(day))
        }
        "channel" | "customer" | "external_ref" | "number" | "search" => value.to_owned(),
        "lifecycle" => any_of(value),
        _ => status::words(value),
    };
    let chip = |(name, text): &(&'static str, String)| Chip {
        field: field(name),
        value: value(name, text),
        without: asked.href(Some(name), None),
    };
    asked.pairs.iter().map(chip).collect()
}

/// `placed or confirmed`.
fn any_of(codes: &str) -> String {
    codes.split(',').map(status::words).collect::<Vec<_>>().join(" or ")
}

/// The values of a filter's field, with what it is set to, also where that is none of them.
fn choice(name: &'static str, values: impl Iterator<Item = (String, String)>, asked: &Asked) -> Choice {
    let set = asked.value(name);
    let mut values: Vec<_> = values
        .map(|(code, words)| {
            let is_set = Some(code.as_str()) == set;
            (code, words, is_set)
        })
        .collect();
    if let Some(set) = set.filter(|_| !values.iter().any(|(.., is_set)| *is_set)) {
        values.push((set.to_owned(), any_of(set), true));
    }
    Choice { field: field(name), name, values }
}

fn choices(asked: &Asked, channels: &[(String, String)]) -> Vec<Choice> {
    fn of<T: Code>(name: &'static str, asked: &Asked) -> Choice {
        choice(name, T::ALL.iter().map(|one| (one.code().to_owned(), status::words(one.code()))), asked)
    }
    let held = [("true", "active"), ("false", "none")].map(|(code, words)| (code.to_owned(), words.to_owned()));
    vec![
        of::<Lifecycle>("lifecycle", asked),
        of::<PaymentStatus>("payment_status", asked),
        of::<FulfillmentStatus>("fulfillment_status", asked),
        of::<DeliveryStatus>("delivery_status", asked),
        of::<ReturnStatus>("return_status", asked),
        choice("held", held.into_iter(), asked),
        choice("channel", channels.iter().cloned(), asked),
    ]
}

//! Which columns the list of orders shows, as each viewer set it.

use super::super::form::Form;
use super::super::frame::{self, Frame, ORDERS};
use super::super::html::Html;
use super::super::look::{self, Look};
use super::super::{page, status};
use super::bulk::back;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::order::{DeliveryStatus, FulfillmentStatus, HoldKind, Lifecycle};
use waybill_store::read::orders::OrderRow;
use waybill_store::read::preferences;

/// The preference's name.
const NAME: &str = "orders.columns";

waybill_domain::codes! {
    /// What can be shown of an order in the list, in the order it is shown in. The order's number always is.
    pub enum Column {
        Placed = "placed",
        Channel = "channel",
        ExternalRef = "external_ref",
        Customer = "customer",
        Country = "country",
        Total = "total",
        Payment = "payment",
        Fulfillment = "fulfillment",
        Delivery = "delivery",
        Returns = "returns",
        Holds = "holds",
        Wanted = "wanted",
    }
}

/// What is shown to whoever chose nothing.
const USUAL: &[Column] = &[
    Column::Placed,
    Column::Channel,
    Column::Customer,
    Column::Total,
    Column::Payment,
    Column::Fulfillment,
    Column::Delivery,
    Column::Holds,
    Column::Wanted,
];

impl Column {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Placed => "Placed",
            Self::Channel => "Channel",
            Self::ExternalRef => "Their number",
            Self::Customer => "Customer",
            Self::Country => "Country",
            Self::Total => "Total",
            Self::Payment => "Payment",
            Self::Fulfillment => "Fulfillment",
            Self::Delivery => "Delivery",
            Self::Returns => "Returns",
            Self::Holds => "Holds",
            Self::Wanted => "Wanted by",
        }
    }

    /// The class of its width.
    pub const fn width(self) -> &'static str {
        match self {
            Self::Placed => "w-placed",
            Self::Channel => "w-chan2",
            Self::ExternalRef => "w-svc",
            // It takes what the others leave.
            Self::Customer => "",
            Self::Country => "w-n",
            Self::Total => "w-money",
            Self::Payment => "w-pay",
            Self::Fulfillment => "w-ful",
            Self::Delivery | Self::Returns => "w-del",
            Self::Holds => "w-hold",
            Self::Wanted => "w-prom",
        }
    }

    pub const fn is_number(self) -> bool {
        matches!(self, Self::Total | Self::Wanted)
    }

    /// Its place on the card that a row becomes on a phone, where it has one.
    fn place(self, row: &OrderRow) -> Option<&'static str> {
        match self {
            Self::Customer => Some("b1"),
            Self::Total => Some("a2"),
            Self::Payment => Some("b2"),
            // Trouble on the way is what a card has to show.
            Self::Delivery => (row.delivery_status == DeliveryStatus::Exception).then_some("c1"),
            Self::Fulfillment => (row.delivery_status != DeliveryStatus::Exception).then_some("c1"),
            Self::Holds => (row.holds_active > 0).then_some("c2"),
            Self::Wanted => (row.holds_active == 0).then_some("c2"),
            Self::Placed | Self::Channel | Self::ExternalRef | Self::Country | Self::Returns => None,
        }
    }
}

/// What a viewer chose, or the usual.
pub fn chosen(preferences: &BTreeMap<String, String>) -> Vec<Column> {
    let Some(kept) = preferences.get(NAME) else { return USUAL.to_vec() };
    // What a later version knew is left out.
    kept.split(',').filter_map(Column::from_code).collect()
}

/// One thing of one order.
#[derive(Debug)]
pub struct Cell {
    pub column: Column,
    pub place: Option<&'static str>,
    /// All of it, where it may be cut.
    pub title: Option<String>,
    pub shown: Html,
}

/// What a row shows in a column. `kind` is that of the order's oldest active hold.
pub fn cell(column: Column, row: &OrderRow, kind: Option<HoldKind>, look: &Look) -> Cell {
    let name = || row.name.clone().or_else(|| row.customer.clone()).unwrap_or_default();
    let title = match column {
        Column::Channel => Some(row.channel.clone()),
        Column::ExternalRef => row.external_ref.clone(),
        Column::Customer => Some(name()),
        _ => None,
    };
    let shown = match column {
        Column::Placed => look.moment(row.placed_at),
        Column::Channel | Column::ExternalRef | Column::Customer => Html::text(title.as_deref().unwrap_or_default()),
        Column::Country => Html::text(row.country.as_deref().unwrap_or_default()),
        Column::Total => Html::text(&look::money(row.total, row.currency)),
        Column::Payment => status::payment(row.payment_status),
        Column::Fulfillment => match row.lifecycle {
            Lifecycle::Cancelled => status::lifecycle(row.lifecycle),
            _ => status::fulfillment(row.fulfillment_status),
        },
        Column::Delivery => status::delivery_cell(row.delivery_status),
        Column::Returns => status::returns(row.return_status),
        Column::Holds => {
            let more = usize::try_from(row.holds_active - 1).unwrap_or_default();
            kind.map_or_else(Html::default, |kind| status::hold(kind, more))
        }
        Column::Wanted => wanted(row, look),
    };
    Cell { column, place: column.place(row), title, shown }
}

fn wanted(row: &OrderRow, look: &Look) -> Html {
    let Some(day) = row.requested_by else { return Html::default() };
    let is_open = matches!(row.lifecycle, Lifecycle::Draft | Lifecycle::Placed | Lifecycle::Confirmed);
    let is_sent = row.fulfillment_status == FulfillmentStatus::Fulfilled;
    let text = Html::text(&look.day(day));
    if is_open && !is_sent && day < look.today() {
        return Html::of(format!("<span class=\"st bad\">{}{text}</span>", super::super::shape("warn")));
    }
    text
}

#[derive(Template)]
#[template(path = "orders/columns.html")]
struct ColumnsPage {
    frame: Frame,
    /// Code, title, and whether it is shown.
    columns: Vec<(&'static str, &'static str, bool)>,
    back: String,
}

/// The list that one came from.
#[derive(Debug, Deserialize)]
pub struct From {
    back: Option<String>,
}

/// `GET /orders/columns`: which are shown.
pub async fn ask(State(state): State<WebState>, caller: Caller, Query(from): Query<From>) -> Result<Response, Problem> {
    let back = back(from.back.as_deref());
    let shown = chosen(&preferences::of_one(state.store(), &caller.actor.principal.to_string()).await?);
    let columns = Column::ALL.iter().map(|column| (column.code(), column.title(), shown.contains(column)));
    let frame = Frame::new(&state, &caller, ORDERS, "Columns").await?;
    Ok(page(&ColumnsPage { frame, columns: columns.collect(), back }))
}

/// `POST /orders/columns`: shows those that are ticked; the usual ones again where `usual` was pressed.
pub async fn choose(State(state): State<WebState>, form: Form) -> Result<Response, Problem> {
    let ticked: Vec<&str> = Column::ALL
        .iter()
        .map(|column| column.code())
        .filter(|code| form.all("column").any(|one| one == *code))
        .collect();
    let kept = (!form.ticked("usual")).then(|| ticked.join(","));
    let principal = form.context.caller.actor.principal.to_string();
    preferences::set(state.store(), &principal, NAME, kept.as_deref()).await?;
    Ok(frame::done(&back(form.typed("back")), "Columns set."))
}

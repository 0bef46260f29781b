//! The JSON API under `/api/v1`: a file per resource. A handler translates; rules and permissions are asked behind it.

pub mod bulk;
pub mod channels;
pub mod customers;
pub mod events;
pub mod fulfillment;
pub mod history;
pub mod holds;
pub mod items;
pub mod keys;
pub mod locations;
pub mod me;
pub mod notes;
pub mod openapi;
pub mod order_view;
pub mod orders;
pub mod payments;
pub mod place;
pub mod reservations;
pub mod returns;
mod scopes;
pub mod search;
pub mod stock;
pub mod tracking;
pub mod transfers;
pub mod users;
pub mod webhook_view;
pub mod webhooks;

use crate::state::WebState;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Where the API lives.
pub const PREFIX: &str = "/api/v1";

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct List<T> {
    pub data: Vec<T>,
    /// Send it as `after` to get the next page; null at the end.
    pub next: Option<String>,
}

impl<T> List<T> {
    pub fn of<R>(page: waybill_store::read::Page<R>, view: impl FnMut(R) -> T) -> axum::Json<Self> {
        axum::Json(Self { data: page.rows.into_iter().map(view).collect(), next: page.next })
    }
}

/// Every route of the API, each beside its description.
pub fn router() -> OpenApiRouter<WebState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(items::list))
        .routes(routes!(items::get, items::put, items::archive))
        .routes(routes!(locations::list))
        .routes(routes!(locations::get, locations::put, locations::archive))
        .routes(routes!(channels::list))
        .routes(routes!(channels::get, channels::put, channels::archive))
        .routes(routes!(customers::list))
        .routes(routes!(customers::get, customers::put, customers::archive))
        .routes(routes!(notes::list_about, notes::add_about))
        .routes(routes!(search::search))
        .routes(routes!(stock::levels))
        .routes(routes!(stock::postings))
        .routes(routes!(stock::receive))
        .routes(routes!(stock::adjust))
        .routes(routes!(transfers::list, transfers::send))
        .routes(routes!(transfers::get))
        .routes(routes!(transfers::receive))
        .routes(routes!(reservations::list, reservations::create))
        .routes(routes!(reservations::get))
        .routes(routes!(reservations::release))
        .routes(routes!(orders::list, orders::place))
        .routes(routes!(bulk::place_many))
        .routes(routes!(orders::get))
        .routes(routes!(orders::submit))
        .routes(routes!(orders::confirm))
        .routes(routes!(orders::allocate))
        .routes(routes!(orders::release))
        .routes(routes!(orders::cancel))
        .routes(routes!(orders::complete))
        .routes(routes!(orders::cancel_line))
        .routes(routes!(orders::add_charge))
        .routes(routes!(history::timeline))
        .routes(routes!(history::why))
        .routes(routes!(history::customer_page))
        .routes(routes!(notes::add, notes::list))
        .routes(routes!(holds::apply))
        .routes(routes!(holds::hand_over))
        .routes(routes!(holds::release))
        .routes(routes!(holds::reject))
        .routes(routes!(payments::add))
        .routes(routes!(payments::capture))
        .routes(routes!(payments::void))
        .routes(routes!(payments::refund))
        .routes(routes!(returns::receive))
        .routes(routes!(fulfillment::ship_from_supplier))
        .routes(routes!(fulfillment::to_release))
        .routes(routes!(fulfillment::queue))
        .routes(routes!(fulfillment::get))
        .routes(routes!(fulfillment::hand_over))
        .routes(routes!(fulfillment::pick))
        .routes(routes!(fulfillment::pack))
        .routes(routes!(fulfillment::ship))
        .routes(routes!(tracking::record))
        .routes(routes!(events::list))
        .routes(routes!(events::stream))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::get, webhooks::put, webhooks::archive))
        .routes(routes!(webhooks::enable))
        .routes(routes!(webhooks::disable))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::replay))
        .routes(routes!(webhooks::attempts))
        .routes(routes!(users::list, users::invite))
        .routes(routes!(users::get, users::put, users::archive))
        .routes(routes!(users::offer_link))
        .routes(routes!(users::end_sessions))
        .routes(routes!(users::remove_totp))
        .routes(routes!(users::remove_identity))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::get, keys::revoke))
        .routes(routes!(me::me));
    OpenApiRouter::new().nest(PREFIX, routes)
}

//! The questions, by the function that answers them.

use super::super::filled::{sums_day, sums_from};
use super::*;
use crate::read::catalog::{self, CatalogFilter};
use crate::read::customers::{self, CustomerFilter};
use crate::read::documents::{self, DocumentFilter};
use crate::read::events::{self, EventFilter};
use crate::read::holds::{self, HoldFilter, Whose};
use crate::read::order::{self, OrderKey};
use crate::read::orders::{self, OrderFilter};
use crate::read::postings::{self, PostingFilter};
use crate::read::queue::{self, Stage as WorkStage, WorkFilter};
use crate::read::reservations::{self, ReservationFilter};
use crate::read::stats::{self, Step, Stretch};
use crate::read::stock::{self, LevelFilter};
use crate::read::stock_grid::{self, GridFilter, StockState};
use crate::read::trail::{self, TrailFilter};
use crate::read::transfers::{self, TransferFilter};
use crate::read::users::{self, AccountKey};
use crate::read::{
    Page, PageRequest, Viewer, backorders, board, floor, keys, mentions, overview, preferences, search, secrets,
    settings, sign_in, sold, stock_item, timeline, today, webhooks, why,
};
use crate::search::Search;
use std::sync::Arc;
use waybill_domain::Code;
use waybill_domain::access::UserState;
use waybill_domain::access::email::EmailDigest;
use waybill_domain::access::identity::IdentityDigest;
use waybill_domain::actor::{Actor, Door, Permission, Principal};
use waybill_domain::attempt::Origin;
use waybill_domain::customer::Tier;
use waybill_domain::event::AggregateKind;
use waybill_domain::ids::{LotId, UserId};
use waybill_domain::order::{DeliveryStatus, FulfillmentStatus, HoldKind, Lifecycle, PaymentStatus, ReturnStatus};
use waybill_domain::stock::reservation::ReservationState;
use waybill_domain::stock::transfer::TransferState;
use waybill_domain::time::Timestamp;
use waybill_domain::webhook::EndpointState;

const FIRST_PAGE: &str = "a list's first page stops after as many rows as it shows";
const RARE_FILTER: &str = "a filter without an index of its own, for which every order would pay with a write: it goes \
    through the newest orders until the page is full";
const EVERY_LEVEL: &str = "the value of all stock at costs that change without a posting: every level is looked at, of which there \
    are as many as items at locations, however many orders there are";
const LARGE_PART: &str = "where a location has a large part of all levels, passing over the others costs no more";
const BY_CODE: &str = "goes through the catalog or the customers, not through orders";
const COUNTS: &str = "counts all there is; kept for a while by who shows it";

const NOT_OVER: [Lifecycle; 2] = [Lifecycle::Placed, Lifecycle::Confirmed];
const DAY: today::Limits = today::Limits { ageing_s: 3_600, late_s: 86_400 };

/// Some days whose beginning is no full hour away from UTC.
fn stretch() -> Stretch {
    let from = sums_from();
    Stretch { from, to: from.plus_seconds(20 * 86_400), offset_s: 20_700 }
}

/// Somebody who sees everything, and whom notes can name.
fn user(id: UserId) -> Viewer {
    Viewer::from(Arc::new(Actor::new(Principal::User(id), Door::Console, <Permission as Code>::ALL)))
}

fn rows<T>(page: Page<T>) -> usize {
    page.rows.len()
}

fn whose(whose: Whose) -> HoldFilter {
    HoldFilter { whose, ..HoldFilter::default() }
}

fn filter() -> OrderFilter {
    OrderFilter::default()
}

/// Asks for a list's first page and then for what comes behind a page of one row.
macro_rules! paged {
    (|$page:ident| $ask:expr) => {{
        let $page = &PageRequest { limit: Some(1), after: None };
        let first = $ask.await?;
        let $page = &PageRequest { limit: None, after: first.next };
        Ok(rows($ask.await?))
    }};
}

macro_rules! questions {
    ($($function:literal ($about:literal) by $askers:expr, $(walks $walks:expr,)?
        |$store:ident, $viewer:ident, $sample:ident| $ask:expr;)+) => {
        /// All of them. Each finds something in a store that was filled.
        pub const ALL: &[Question] = &[$(Question {
            function: $function,
            about: $about,
            asked_by: $askers,
            walks: questions!(@walks $($walks)?),
            ask: |$store, $viewer, $sample| {
                let _ = ($viewer, $sample);
                Box::pin(async move { $ask })
            },
        }),+];
    };
    (@walks) => { None };
    (@walks $walks:expr) => { Some($walks) };
}

macro_rules! orders {
    ($store:ident, $viewer:ident, $filter:expr) => {{
        let filter = $filter;
        Ok(rows(orders::orders($store, $viewer, &filter, &PageRequest::default()).await?))
    }};
}

macro_rules! searched {
    ($store:ident, $viewer:ident, $text:expr) => {
        orders!($store, $viewer, OrderFilter { search: Some(Search::new($text)), ..filter() })
    };
}

macro_rules! customers {
    ($store:ident, $viewer:ident, $text:expr) => {{
        let filter = CustomerFilter { search: Some(Search::new($text)), ..CustomerFilter::default() };
        Ok(rows(customers::customers($store, $viewer, &filter, &PageRequest::default()).await?))
    }};
}

questions! {
    "catalog::suggest_items" ("by SKU") by holders(CATALOG), walks BY_CODE, |store, viewer, sample| {
        Ok(catalog::suggest_items(store, viewer, &sample.sku, 8).await?.len())
    };
    "backorders::backorders" ("next page") by by_channel(ORDERS), |store, viewer, _sample| {
        paged!(|page| backorders::backorders(store, viewer, None, page))
    };
    "backorders::backorders" ("of an item") by by_channel(ORDERS), |store, viewer, sample| {
        Ok(rows(backorders::backorders(store, viewer, Some(&sample.wanted_sku), &PageRequest::default()).await?))
    };
    "board::waiting" ("all") by by_channel(ORDERS), |store, viewer, _sample| {
        let waiting = board::waiting(store, viewer, 50).await?;
        Ok(waiting.placed.len() + waiting.confirmed.len())
    };
    "board::names" ("one") by by_channel(ORDERS), |store, viewer, sample| {
        Ok(board::names(store, viewer, &[sample.order_id]).await?.len())
    };
    "catalog::items" ("all") by holders(CATALOG), walks FIRST_PAGE, |store, viewer, _sample| {
        Ok(rows(catalog::items(store, viewer, &CatalogFilter::default(), &PageRequest::default()).await?))
    };
    "catalog::items" ("next page") by holders(CATALOG), walks FIRST_PAGE, |store, viewer, _sample| {
        paged!(|page| catalog::items(store, viewer, &CatalogFilter::default(), page))
    };
    "catalog::items" ("prefix") by holders(CATALOG), walks BY_CODE, |store, viewer, sample| {
        let filter = CatalogFilter { prefix: Some(sample.sku[..6].to_owned()), archived: Some(false), text: None };
        Ok(rows(catalog::items(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "catalog::items" ("text") by holders(CATALOG), walks BY_CODE, |store, viewer, sample| {
        let filter = CatalogFilter { text: Some(sample.sku[2..].to_lowercase()), ..CatalogFilter::default() };
        Ok(rows(catalog::items(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "catalog::items_of" ("one") by holders(CATALOG), |store, viewer, sample| {
        Ok(catalog::items_of(store, viewer, std::slice::from_ref(&sample.sku)).await?.len())
    };
    "catalog::items_by_gtin" ("one") by Askers::Waybill("names what somebody scans who may book it"),
    |store, _viewer, sample| {
        Ok(catalog::items_by_gtin(store, std::slice::from_ref(&sample.wanted_gtin)).await?.len())
    };
    "catalog::items_by_id" ("one") by Askers::Waybill("names the items of what somebody may see"),
    |store, _viewer, sample| {
        let found = catalog::items_of(store, &Viewer::system(), std::slice::from_ref(&sample.sku)).await?;
        let ids: Vec<_> = found.iter().map(|(item, _)| item.id).collect();
        Ok(catalog::items_by_id(store, &ids).await?.len())
    };
    "catalog::item" ("one") by holders(CATALOG), |store, viewer, sample| {
        Ok(catalog::item(store, viewer, &sample.sku).await?.iter().count())
    };
    "catalog::locations" ("all") by by_location(CATALOG), |store, viewer, _sample| {
        Ok(rows(catalog::locations(store, viewer, &CatalogFilter::default(), &PageRequest::default()).await?))
    };
    "catalog::location" ("one") by by_location(CATALOG), |store, viewer, sample| {
        Ok(catalog::location(store, viewer, &sample.location).await?.iter().count())
    };
    "catalog::location_codes" ("all") by Askers::Waybill("reads the codes of a request, shows nothing"),
    |store, _viewer, _sample| Ok(catalog::location_codes(store).await?.len());
    "catalog::channels" ("all") by by_channel(CATALOG), |store, viewer, _sample| {
        Ok(rows(catalog::channels(store, viewer, &CatalogFilter::default(), &PageRequest::default()).await?))
    };
    "catalog::channel" ("one") by by_channel(CATALOG), |store, viewer, sample| {
        Ok(catalog::channel(store, viewer, &sample.channel).await?.iter().count())
    };
    "catalog::channel_codes" ("all") by Askers::Waybill("reads the codes of a request, shows nothing"),
    |store, _viewer, _sample| Ok(catalog::channel_codes(store).await?.len());
    "customers::customers" ("next page") by holders(CUSTOMERS), walks FIRST_PAGE, |store, viewer, _sample| {
        paged!(|page| customers::customers(store, viewer, &CustomerFilter::default(), page))
    };
    "customers::customers" ("tier") by holders(CUSTOMERS), walks BY_CODE, |store, viewer, _sample| {
        let filter = CustomerFilter { tier: Some(Tier::Gold), archived: Some(false), ..CustomerFilter::default() };
        Ok(rows(customers::customers(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "customers::customers" ("email") by holders(CUSTOMERS), walks BY_CODE, |store, viewer, sample| {
        let filter = CustomerFilter { email: Some(sample.email.clone()), ..CustomerFilter::default() };
        Ok(rows(customers::customers(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "customers::customers" ("searched by code") by holders(CUSTOMERS), |store, viewer, sample| {
        customers!(store, viewer, &sample.customer)
    };
    "customers::customers" ("searched by a rare word") by holders(CUSTOMERS), |store, viewer, sample| {
        customers!(store, viewer, &sample.email)
    };
    "customers::customers" ("searched by a common word") by holders(CUSTOMERS), |store, viewer, _sample| {
        customers!(store, viewer, "everybody")
    };
    "customers::customers" ("searched by two letters") by holders(CUSTOMERS), |store, viewer, _sample| {
        customers!(store, viewer, "na ev")
    };
    "customers::customer" ("one") by holders(CUSTOMERS), |store, viewer, sample| {
        Ok(customers::customer(store, viewer, &sample.customer).await?.iter().count())
    };
    "customers::balances" ("one") by by_channel(ORDERS), |store, viewer, sample| {
        match customers::customer(store, &Viewer::system(), &sample.customer).await? {
            Some(row) => Ok(customers::balances(store, viewer, row.customer.id).await?.len()),
            None => Ok(0),
        }
    };
    "documents::documents" ("next page") by by_location(STOCK), walks FIRST_PAGE, |store, viewer, _sample| {
        paged!(|page| documents::documents(store, viewer, &DocumentFilter::default(), page))
    };
    "documents::some" ("one") by by_location(STOCK), |store, viewer, sample| {
        Ok(documents::some(store, viewer, &[sample.document_id]).await?.len())
    };
    "events::after" ("of orders") by by_channel(EVENTS), |store, viewer, _sample| {
        let feed = events::after(store, viewer, &EventFilter::default(), 0, 1_000).await?;
        Ok(feed.events.iter().filter(|event| event.aggregate_kind == AggregateKind::Order).count())
    };
    "events::after" ("of stock") by by_location(EVENTS), |store, viewer, _sample| {
        let feed = events::after(store, viewer, &EventFilter::default(), 0, 1_000).await?;
        Ok(feed.events.iter().filter(|event| event.aggregate_kind == AggregateKind::StockDocument).count())
    };
    "events::after" ("some kinds") by by_channel(EVENTS), |store, viewer, _sample| {
        let filter = EventFilter { kinds: vec!["order.cancelled".to_owned()], origins: vec![Origin::Import] };
        Ok(events::after(store, viewer, &filter, 40, 10).await?.events.len())
    };
    "floor::places" ("all") by by_location(WORK), |store, viewer, _sample| {
        Ok(floor::places(store, viewer).await?.len())
    };
    "floor::scanned" ("by SKU") by by_both(WORK), |store, viewer, sample| {
        let found = floor::scanned(store, viewer, &sample.wanted_sku, &[], None).await?;
        Ok(found.map_or(0, |scanned| scanned.wanted_by.len()))
    };
    "floor::scanned" ("by GTIN at a location") by by_both(WORK), |store, viewer, sample| {
        let gtins = [sample.wanted_gtin.clone(), format!("0{}", sample.wanted_gtin)];
        let found = floor::scanned(store, viewer, &sample.wanted_gtin, &gtins, Some(&sample.location)).await?;
        Ok(found.map_or(0, |scanned| scanned.wanted_by.len()))
    };
    "floor::slip" ("one") by by_both(WORK), |store, viewer, sample| {
        let slip = floor::slip(store, viewer, sample.fulfillment_order_id).await?;
        Ok(slip.map_or(0, |slip| usize::from(!slip.lines.is_empty() && !slip.contents.is_empty())))
    };
    "keys::by_secret" ("one") by Askers::Waybill("who asks is what it finds out"), |store, _viewer, sample| {
        Ok(keys::by_secret(store, sample.secret_hash).await?.iter().count())
    };
    "keys::any" ("any") by Askers::Waybill("decides whether a store without keys is open to its own machine"),
    |store, _viewer, _sample| Ok(usize::from(keys::any(store).await?));
    "keys::anybody" ("any") by Askers::Waybill("decides whether a server may be reached from other machines"),
    |store, _viewer, _sample| Ok(usize::from(keys::anybody(store).await?));
    "keys::keys" ("next page") by holders(&[Permission::KeysWrite]), |store, viewer, _sample| {
        paged!(|page| keys::keys(store, viewer, page))
    };
    "keys::key" ("one") by holders(&[Permission::KeysWrite]), |store, viewer, sample| {
        Ok(keys::key(store, viewer, sample.key_id).await?.iter().count())
    };
    "order::find" ("by id") by by_channel(NAMERS), |store, viewer, sample| {
        Ok(order::find(store, viewer, OrderKey::Id(sample.order_id)).await?.iter().count())
    };
    "order::find" ("by number") by by_channel(NAMERS), |store, viewer, sample| {
        Ok(order::find(store, viewer, OrderKey::Number(sample.order_number)).await?.iter().count())
    };
    "order::parcel_by_tracking" ("one") by by_both(WORK), |store, viewer, sample| {
        Ok(order::parcel_by_tracking(store, viewer, &sample.tracking_number).await?.iter().count())
    };
    "order::order" ("by id") by by_channel(ORDERS), |store, viewer, sample| {
        Ok(order::order(store, viewer, OrderKey::Id(sample.order_id)).await?.as_ref().map_or(0, parts))
    };
    "order::order" ("by number") by by_channel(ORDERS), |store, viewer, sample| {
        Ok(order::order(store, viewer, OrderKey::Number(sample.order_number)).await?.as_ref().map_or(0, parts))
    };
    "orders::orders" ("all") by by_channel(ORDERS), walks FIRST_PAGE, |store, viewer, _sample| {
        orders!(store, viewer, filter())
    };
    "orders::orders" ("next page") by by_channel(ORDERS), walks FIRST_PAGE, |store, viewer, _sample| {
        paged!(|page| orders::orders(store, viewer, &filter(), page))
    };
    "orders::orders" ("lifecycle") by by_channel(ORDERS), |store, viewer, _sample| {
        orders!(store, viewer, OrderFilter { lifecycles: vec![Lifecycle::Placed], ..filter() })
    };
    "orders::orders" ("payment status") by by_channel(ORDERS), walks RARE_FILTER, |store, viewer, _sample| {
        orders!(store, viewer, OrderFilter { payment_status: Some(PaymentStatus::Failed), ..filter() })
    };
    "orders::orders" ("fulfillment status") by by_channel(ORDERS), walks RARE_FILTER, |store, viewer, _sample| {
        orders!(store, viewer, OrderFilter { fulfillment_status: Some(FulfillmentStatus::Backordered), ..filter() })
    };
    "orders::orders" ("delivery status") by by_channel(ORDERS), walks RARE_FILTER, |store, viewer, _sample| {
        orders!(store, viewer, OrderFilter { delivery_status: Some(DeliveryStatus::Exception), ..filter() })
    };
    "orders::orders" ("return status") by by_channel(ORDERS), walks RARE_FILTER, |store, viewer, _sample| {
        orders!(store, viewer, OrderFilter { return_status: Some(ReturnStatus::Returned), ..filter() })
    };
    "orders::orders" ("channel") by by_channel(ORDERS), walks RARE_FILTER, |store, viewer, sample| {
        orders!(store, viewer, OrderFilter { channel: Some(sample.channel.clone()), ..filter() })
    };
    "orders::orders" ("customer") by by_channel(ORDERS), |store, viewer, sample| {
        orders!(store, viewer, OrderFilter { customer: Some(sample.customer.clone()), ..filter() })
    };
    "orders::orders" ("external reference") by by_channel(ORDERS), |store, viewer, sample| {
        let external_ref = Some(sample.external_ref.clone());
        orders!(store, viewer, OrderFilter { channel: Some(sample.channel.clone()), external_ref, ..filter() })
    };
    "orders::orders" ("external reference in any channel") by by_channel(ORDERS), |store, viewer, sample| {
        orders!(store, viewer, OrderFilter { external_ref: Some(sample.external_ref.clone()), ..filter() })
    };
    "orders::orders" ("number") by by_channel(ORDERS), |store, viewer, sample| {
        orders!(store, viewer, OrderFilter { number: Some(sample.order_number), ..filter() })
    };
    "orders::orders" ("held") by by_channel(ORDERS), |store, viewer, _sample| {
        orders!(store, viewer, OrderFilter { held: Some(true), ..filter() })
    };
    "orders::orders" ("not held") by by_channel(ORDERS), walks RARE_FILTER, |store, viewer, _sample| {
        orders!(store, viewer, OrderFilter { held: Some(false), ..filter() })
    };
    "orders::orders" ("origin") by by_channel(ORDERS), walks RARE_FILTER, |store, viewer, _sample| {
        orders!(store, viewer, OrderFilter { origin: Some(Origin::Import), ..filter() })
    };
    "orders::orders" ("placed in a time") by by_channel(ORDERS), walks RARE_FILTER, |store, viewer, sample| {
        let to = Timestamp(sample.placed_at.0 + 60_000_000);
        orders!(store, viewer, OrderFilter { placed_from: Some(sample.placed_at), placed_to: Some(to), ..filter() })
    };
    "orders::orders" ("delivered in a time") by by_channel(ORDERS), |store, viewer, sample| {
        let to = Timestamp(sample.placed_at.0 + 60_000_000);
        orders!(store, viewer, OrderFilter { delivered_from: Some(sample.placed_at), delivered_to: Some(to), ..filter() })
    };
    "orders::orders" ("unanswered") by by_channel(ORDERS), |store, viewer, _sample| {
        orders!(store, viewer, OrderFilter { unanswered: true, ..filter() })
    };
    "orders::orders" ("searched by number") by by_channel(ORDERS), |store, viewer, sample| {
        searched!(store, viewer, &sample.order_number.to_string())
    };
    "orders::orders" ("searched by external reference") by by_channel(ORDERS), |store, viewer, sample| {
        searched!(store, viewer, &sample.external_ref)
    };
    "orders::orders" ("searched by tracking number") by by_both(ORDERS), |store, viewer, sample| {
        searched!(store, viewer, &sample.tracking_number)
    };
    "orders::orders" ("searched by a rare word") by by_channel(ORDERS), |store, viewer, sample| {
        searched!(store, viewer, &format!("{}@example.org", sample.order_number.0))
    };
    "orders::orders" ("searched by a common word") by by_channel(ORDERS), |store, viewer, sample| {
        searched!(store, viewer, &sample.sku)
    };
    "orders::orders" ("searched by two words") by by_channel(ORDERS), |store, viewer, sample| {
        searched!(store, viewer, &format!("everybody {}", sample.sku))
    };
    "orders::orders" ("searched by two letters") by by_channel(ORDERS), |store, viewer, _sample| {
        searched!(store, viewer, "na")
    };
    "orders::orders" ("searched, next page") by by_channel(ORDERS), |store, viewer, _sample| {
        let filter = OrderFilter { search: Some(Search::new("everybody")), ..filter() };
        paged!(|page| orders::orders(store, viewer, &filter, page))
    };
    "orders::orders" ("searched among the held") by by_channel(ORDERS), |store, viewer, _sample| {
        let filter = OrderFilter { search: Some(Search::new("everybody")), held: Some(true), ..filter() };
        Ok(rows(orders::orders(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "orders::numbers" ("one") by by_channel(ORDERS), |store, viewer, sample| {
        Ok(orders::numbers(store, viewer, &[sample.order_id]).await?.len())
    };
    "orders::orders" ("late") by by_channel(ORDERS), |store, viewer, _sample| {
        orders!(store, viewer, OrderFilter { unsent_by: Some(sums_day(500)), ..filter() })
    };
    "orders::orders" ("late from a day on") by by_channel(ORDERS), |store, viewer, _sample| {
        let (unsent_from, unsent_by) = (Some(sums_day(0)), Some(sums_day(500)));
        orders!(store, viewer, OrderFilter { unsent_from, unsent_by, ..filter() })
    };
    "orders::orders" ("not over, payment failed") by by_channel(ORDERS), |store, viewer, _sample| {
        let (lifecycles, payment_status) = (NOT_OVER.to_vec(), Some(PaymentStatus::Failed));
        orders!(store, viewer, OrderFilter { lifecycles, payment_status, ..filter() })
    };
    "sold::last_prices" ("two items") by by_channel(ORDERS), |store, viewer, sample| {
        let skus = [sample.sku.clone(), "none-of-these".to_owned()];
        let currency = "EUR".parse().expect("a currency");
        Ok(sold::last_prices(store, viewer, &skus, &sample.channel, currency).await?.len())
    };
    "orders::to_release" ("next page") by by_channel(ORDERS), |store, viewer, _sample| {
        paged!(|page| orders::to_release(store, viewer, page))
    };
    "orders::by_numbers" ("one") by by_channel(ORDERS), |store, viewer, sample| {
        Ok(orders::by_numbers(store, viewer, &[sample.order_number]).await?.len())
    };
    "catalog::item_names" ("one") by Askers::Waybill("names the lines of what somebody may see"),
    |store, _viewer, sample| {
        let found = catalog::items_of(store, &Viewer::system(), std::slice::from_ref(&sample.sku)).await?;
        let items: Vec<_> = found.iter().map(|(item, _)| item.id).collect();
        Ok(catalog::item_names(store, &items).await?.len())
    };
    "orders::active_holds" ("of some orders") by by_channel(ORDERS), |store, viewer, _sample| {
        let filter = OrderFilter { held: Some(true), ..OrderFilter::default() };
        let held = orders::orders(store, &Viewer::system(), &filter, &PageRequest::default()).await?;
        let ids: Vec<_> = held.rows.iter().map(|row| row.id).collect();
        Ok(orders::active_holds(store, viewer, &ids).await?.len())
    };
    "overview::badges" ("counts") by Askers::Waybill("nothing is counted for those who may not look"), walks COUNTS,
    |store, _viewer, _sample| Ok(usize::from(overview::badges(store, &Viewer::system()).await?.position > 0));
    "secrets::named" ("one") by Askers::Waybill("a secret is for Waybill alone"),
    |store, _viewer, _sample| Ok(usize::from(secrets::named(store, "sample", || [7; 32]).await? == [7; 32]));
    "preferences::of_one" ("all") by Askers::Waybill("each asks for what is their own"),
    |store, _viewer, _sample| Ok(preferences::of_one(store, "system:someone").await?.len());
    "preferences::set" ("one") by Askers::Waybill("each sets what is their own"), |store, _viewer, _sample| {
        preferences::set(store, "system:someone else", "orders.columns", Some("total")).await?;
        Ok(preferences::of_one(store, "system:someone else").await?.len())
    };
    "mentions::unread" ("all") by Askers::Waybill("each asks for what names them, of what they may see"),
    |store, _viewer, sample| Ok(mentions::unread(store, &user(sample.user_id)).await?.len());
    "mentions::read" ("one") by Askers::Waybill("each takes away what names them"), |store, _viewer, sample| {
        mentions::read(store, sample.user_id, 0, true).await?;
        Ok(1)
    };
    "users::colleagues" ("all") by holders(READERS), walks BY_CODE, |store, viewer, _sample| {
        Ok(users::colleagues(store, viewer).await?.len())
    };
    "overview::position" ("the head") by Askers::Waybill("a position says nothing of what is there"),
    |store, _viewer, _sample| Ok(usize::from(overview::position(store).await? > 0));
    "overview::overview" ("counts") by Askers::Waybill("counts for operators, without names"), walks COUNTS,
    |store, _viewer, _sample| Ok(overview::overview(store).await?.orders.len());
    "postings::postings" ("next page") by by_location(STOCK), |store, viewer, sample| {
        let filter = PostingFilter { sku: sample.sku.clone(), location: sample.location.clone(), lot_id: LotId::NIL };
        paged!(|page| postings::postings(store, viewer, &filter, page))
    };
    "queue::queue" ("next page") by by_both(WORK), |store, viewer, _sample| {
        paged!(|page| queue::queue(store, viewer, &WorkFilter::default(), page))
    };
    "queue::queue" ("of a location") by by_both(WORK), |store, viewer, sample| {
        let filter = WorkFilter { location: Some(sample.location.clone()), ..WorkFilter::default() };
        Ok(rows(queue::queue(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "queue::queue" ("ended too") by by_both(WORK), walks RARE_FILTER, |store, viewer, sample| {
        let filter = WorkFilter { location: Some(sample.location.clone()), ended: true, ..WorkFilter::default() };
        Ok(rows(queue::queue(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "queue::queue" ("to pick") by by_both(WORK), |store, viewer, _sample| {
        let filter = WorkFilter { stage: Some(WorkStage::Pick), ..WorkFilter::default() };
        Ok(rows(queue::queue(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "queue::queue" ("to pack at a location") by by_both(WORK), |store, viewer, sample| {
        let location = Some(sample.location.clone());
        let filter = WorkFilter { stage: Some(WorkStage::Pack), location, ..WorkFilter::default() };
        Ok(rows(queue::queue(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "queue::queue" ("to ship") by by_both(WORK), |store, viewer, _sample| {
        let filter = WorkFilter { stage: Some(WorkStage::Ship), ..WorkFilter::default() };
        Ok(rows(queue::queue(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "queue::queue" ("of an assignee, to pick") by by_both(WORK), |store, viewer, _sample| {
        let (assignee, stage) = (Some("review".to_owned()), Some(WorkStage::Pick));
        let filter = WorkFilter { assignee, stage, ..WorkFilter::default() };
        Ok(rows(queue::queue(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "queue::queue" ("of an assignee at a location") by by_both(WORK), |store, viewer, sample| {
        let (assignee, location) = (Some("review".to_owned()), Some(sample.location.clone()));
        let filter = WorkFilter { assignee, location, ..WorkFilter::default() };
        Ok(rows(queue::queue(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "queue::queue" ("begun") by by_both(WORK), |store, viewer, _sample| {
        let filter = WorkFilter { begun: Some(true), ..WorkFilter::default() };
        Ok(rows(queue::queue(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "queue::queue" ("of an order") by by_both(WORK), |store, viewer, sample| {
        let filter = WorkFilter { order: Some(sample.wanted_number), ..WorkFilter::default() };
        Ok(rows(queue::queue(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "queue::work" ("one") by by_both(WORK), |store, viewer, sample| {
        Ok(queue::work(store, viewer, sample.fulfillment_order_id).await?.iter().count())
    };
    "reservations::reservations" ("next page") by by_both(STOCK), walks FIRST_PAGE, |store, viewer, _sample| {
        paged!(|page| reservations::reservations(store, viewer, &ReservationFilter::default(), page))
    };
    "reservations::reservations" ("active") by by_both(STOCK), walks RARE_FILTER, |store, viewer, _sample| {
        let filter = ReservationFilter { state: Some(ReservationState::Active), ..ReservationFilter::default() };
        Ok(rows(reservations::reservations(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "reservations::reservations" ("of an item") by by_both(STOCK), walks RARE_FILTER, |store, viewer, sample| {
        let (sku, location) = (Some(sample.sku.clone()), Some(sample.location.clone()));
        let filter = ReservationFilter { sku, location, ..ReservationFilter::default() };
        Ok(rows(reservations::reservations(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "reservations::reservation" ("one") by by_both(STOCK), |store, viewer, sample| {
        Ok(reservations::reservation(store, viewer, sample.reservation_id).await?.iter().count())
    };
    "search::search" ("a SKU, in which a customer is called like it") by holders(FINDERS), walks BY_CODE,
        |store, viewer, sample| {
        let found = search::search(store, viewer, &Search::new(&sample.sku)).await?;
        Ok(rows(found.orders) + rows(found.customers) + rows(found.items))
    };
    "sign_in::session" ("one") by Askers::Waybill("who asks is what it finds out"), |store, _viewer, sample| {
        Ok(sign_in::session(store, sample.secret_hash).await?.iter().count())
    };
    "sign_in::sessions_of" ("one user") by holders(USERS), |store, viewer, sample| {
        Ok(sign_in::sessions_of(store, viewer, sample.user_id, Timestamp(0)).await?.len())
    };
    "sign_in::sign_ins" ("next page") by holders(AUDIT), walks FIRST_PAGE, |store, viewer, _sample| {
        paged!(|page| sign_in::sign_ins(store, viewer, None, page))
    };
    "sign_in::sign_ins" ("of one user") by holders(AUDIT), |store, viewer, sample| {
        Ok(rows(sign_in::sign_ins(store, viewer, Some(sample.user_id), &PageRequest::default()).await?))
    };
    "sign_in::failed" ("next page") by holders(AUDIT), walks FIRST_PAGE, |store, viewer, _sample| {
        paged!(|page| sign_in::failed(store, viewer, None, page))
    };
    "sign_in::failed" ("of one user") by holders(AUDIT), |store, viewer, sample| {
        Ok(rows(sign_in::failed(store, viewer, Some(sample.user_id), &PageRequest::default()).await?))
    };
    "sign_in::link" ("one") by Askers::Waybill("who asks is what it finds out"), |store, _viewer, sample| {
        Ok(sign_in::link(store, sample.secret_hash).await?.iter().count())
    };
    "stock::available" ("of an item") by by_location(STOCK), |store, viewer, sample| {
        let found = catalog::items_of(store, &Viewer::system(), std::slice::from_ref(&sample.sku)).await?;
        let items: Vec<_> = found.iter().map(|(item, _)| item.id).collect();
        Ok(stock::available(store, viewer, &items).await?.len())
    };
    "settings::version" ("the settings") by Askers::Waybill("every page shows the shop's name"),
    |store, _viewer, _sample| Ok(usize::from(settings::version(store).await? >= 0));
    "settings::settings" ("the settings") by Askers::Waybill("every page shows the shop's name"),
    |store, _viewer, _sample| Ok(usize::from(settings::settings(store).await?.1 >= 0));
    "stock_grid::grid" ("next page") by by_location(STOCK), walks FIRST_PAGE, |store, viewer, _sample| {
        paged!(|page| stock_grid::grid(store, viewer, &GridFilter::default(), page))
    };
    "stock_grid::grid" ("text and place") by by_location(STOCK), walks BY_CODE, |store, viewer, sample| {
        let (text, location) = (Some(sample.sku.to_lowercase()), Some(sample.location.clone()));
        let filter = GridFilter { text, location, state: None };
        Ok(rows(stock_grid::grid(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "stock_grid::grid" ("low") by by_location(STOCK), walks BY_CODE, |store, viewer, _sample| {
        let filter = GridFilter { state: Some(StockState::Low), ..GridFilter::default() };
        stock_grid::grid(store, viewer, &filter, &PageRequest::default()).await?;
        Ok(rows(stock_grid::grid(store, viewer, &GridFilter::default(), &PageRequest::default()).await?))
    };
    "stock_grid::grid" ("backordered") by by_location(STOCK), walks BY_CODE, |store, viewer, _sample| {
        let filter = GridFilter { state: Some(StockState::Backordered), ..GridFilter::default() };
        Ok(rows(stock_grid::grid(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "stock_item::moves" ("of an item") by by_location(STOCK), |store, viewer, sample| {
        Ok(stock_item::moves(store, viewer, &sample.sku, 100).await?.len())
    };
    "stock_item::waiting" ("of an item") by by_channel(ORDERS), |store, viewer, sample| {
        Ok(stock_item::waiting(store, viewer, &sample.backordered_sku).await?.len())
    };
    "stats::progress" ("the cursor") by Askers::Waybill("a position says nothing of what is there"),
    |store, _viewer, _sample| Ok(usize::from(stats::progress(store).await?.head > 0));
    "stats::sales" ("by quarter") by by_channel(ORDERS), |store, viewer, _sample| {
        Ok(stats::sales(store, viewer, &[stretch()], Step::Quarter).await?.len())
    };
    "stats::sales" ("by day") by by_channel(ORDERS), |store, viewer, _sample| {
        Ok(stats::sales(store, viewer, &[stretch()], Step::Day).await?.len())
    };
    "stats::counts" ("of some days") by by_channel(ORDERS), |store, viewer, _sample| {
        Ok(stats::counts(store, viewer, &[stretch()]).await?.len())
    };
    "stats::times" ("of some days") by by_both(ORDERS), |store, viewer, _sample| {
        Ok(stats::times(store, viewer, sums_day(0), sums_day(20)).await?.len())
    };
    "stats::promises" ("of some days") by by_channel(ORDERS), |store, viewer, _sample| {
        Ok(stats::promises(store, viewer, sums_day(0), sums_day(20)).await?.len())
    };
    "stats::items" ("of some days") by by_channel(ORDERS), |store, viewer, _sample| {
        let eur = waybill_domain::money::Currency::EUR;
        Ok(stats::items(store, viewer, (sums_day(0), sums_day(20)), eur, 20).await?.rows.len())
    };
    "stats::items" ("of months") by by_channel(ORDERS), |store, viewer, _sample| {
        let eur = waybill_domain::money::Currency::EUR;
        Ok(stats::items(store, viewer, (sums_day(0), sums_day(200)), eur, 20).await?.rows.len())
    };
    "stats::stock" ("all") by by_location(STOCK), |store, viewer, _sample| Ok(stats::stock(store, viewer).await?.len());
    "stats::stock_value" ("all") by by_location(STOCK), walks EVERY_LEVEL, |store, viewer, _sample| {
        let value = stats::stock_value(store, viewer).await?;
        Ok(value.rows.len() + usize::try_from(value.items_without_cost).unwrap_or_default())
    };
    "stock::levels" ("all") by by_location(STOCK), walks FIRST_PAGE, |store, viewer, _sample| {
        Ok(rows(stock::levels(store, viewer, &LevelFilter::default(), &PageRequest::default()).await?))
    };
    "stock::levels" ("next page") by by_location(STOCK), walks FIRST_PAGE, |store, viewer, _sample| {
        paged!(|page| stock::levels(store, viewer, &LevelFilter::default(), page))
    };
    "stock::levels" ("of an item") by by_location(STOCK), |store, viewer, sample| {
        let filter = LevelFilter { sku: Some(sample.sku.clone()), available: Some(true), ..LevelFilter::default() };
        Ok(rows(stock::levels(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "stock::levels" ("of a location") by by_location(STOCK), walks LARGE_PART, |store, viewer, sample| {
        let filter = LevelFilter { location: Some(sample.location.clone()), ..LevelFilter::default() };
        Ok(rows(stock::levels(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "holds::queue" ("everybody's") by by_channel(ORDERS), |store, viewer, _sample| {
        Ok(holds::queue(store, viewer, &HoldFilter::default()).await?.len())
    };
    "holds::queue" ("of one") by by_channel(ORDERS), |store, viewer, _sample| {
        Ok(holds::queue(store, viewer, &whose(Whose::Of("review".to_owned()))).await?.len())
    };
    "holds::queue" ("nobody's") by by_channel(ORDERS), |store, viewer, _sample| {
        Ok(holds::queue(store, viewer, &whose(Whose::Nobodys)).await?.len())
    };
    "holds::queue" ("due") by by_channel(ORDERS), |store, viewer, sample| {
        Ok(holds::queue(store, viewer, &whose(Whose::DueBefore(sample.placed_at))).await?.len())
    };
    "holds::queue" ("of a kind") by by_channel(ORDERS), |store, viewer, _sample| {
        let filter = HoldFilter { kind: Some(HoldKind::Fraud), ..HoldFilter::default() };
        Ok(holds::queue(store, viewer, &filter).await?.len())
    };
    "holds::counts" ("all") by by_channel(ORDERS), |store, viewer, _sample| {
        let asked = [Whose::Everybodys, Whose::Nobodys, Whose::Of("review".to_owned())].map(whose);
        Ok(holds::counts(store, viewer, &asked).await?.iter().filter(|count| **count > 0).count())
    };
    "timeline::of_order" ("all") by by_channel(ORDERS), |store, viewer, sample| {
        Ok(timeline::of_order(store, viewer, sample.order_id, 0).await?.len())
    };
    "timeline::notes" ("all") by by_channel(ORDERS), |store, viewer, sample| {
        Ok(timeline::notes(store, viewer, sample.order_id).await?.len())
    };
    "timeline::notes_on" ("one") by by_channel(ORDERS), |store, viewer, sample| {
        Ok(timeline::notes_on(store, viewer, &[sample.order_id]).await?.len())
    };
    "timeline::notes_about" ("one") by holders(CUSTOMERS), |store, viewer, sample| {
        match customers::customer(store, &Viewer::system(), &sample.customer).await? {
            Some(row) => Ok(timeline::notes_about(store, viewer, row.customer.id, 3).await?.len()),
            None => Ok(0),
        }
    };
    "timeline::of_aggregate" ("all") by Askers::Waybill("for the command line, whose user has the store itself"),
    |store, _viewer, sample| Ok(timeline::of_aggregate(store, sample.order_id.0, 0).await?.len());
    "trail::trail" ("of orders") by by_channel(AUDIT), |store, viewer, _sample| {
        let filter = TrailFilter { limit: Some(200), ..TrailFilter::default() };
        Ok(of_orders(trail::trail(store, viewer, &filter).await?))
    };
    "trail::trail" ("what was done to an order") by by_channel(AUDIT), |store, viewer, sample| {
        let filter = TrailFilter { subject: Some(sample.order_id.0), ..TrailFilter::default() };
        Ok(of_orders(trail::trail(store, viewer, &filter).await?))
    };
    "trail::position_before" ("a moment") by holders(AUDIT), |store, viewer, _sample| {
        let after_all = Timestamp(i64::MAX);
        Ok(usize::from(trail::position_before(store, viewer, after_all).await? > 0))
    };
    "trail::called" ("a number") by holders(AUDIT), |store, viewer, sample| {
        Ok(trail::called(store, viewer, &sample.order_number.to_string()).await?.iter().count())
    };
    "trail::trail" ("what a user did") by by_channel(AUDIT), |store, viewer, sample| {
        let filter = TrailFilter { user: Some(sample.actor_id), ..TrailFilter::default() };
        Ok(of_orders(trail::trail(store, viewer, &filter).await?))
    };
    "trail::trail" ("what people did of a kind") by by_channel(AUDIT), |store, viewer, _sample| {
        let kind = Some("order.cancelled".to_owned());
        let filter = TrailFilter { people: true, kind, before: Some(5_000), ..TrailFilter::default() };
        Ok(of_orders(trail::trail(store, viewer, &filter).await?))
    };
    "today::pipeline" ("of orders") by by_channel(ORDERS), |store, viewer, sample| {
        let found = today::pipeline(store, viewer, sample.placed_at, (DAY, DAY)).await?;
        Ok((found.placed.count + found.confirmed.count + found.in_transit.count) as usize)
    };
    "today::delivered" ("in a minute") by by_channel(ORDERS), |store, viewer, sample| {
        let minute = (sample.placed_at, Timestamp(sample.placed_at.0 + 60_000_000));
        Ok(usize::try_from(today::delivered(store, viewer, minute).await?).unwrap_or_default())
    };
    "today::pipeline" ("of work") by by_both(ORDERS), |store, viewer, sample| {
        let found = today::pipeline(store, viewer, sample.placed_at, (DAY, DAY)).await?;
        Ok((found.released.count + found.picking.count + found.packed.count) as usize)
    };
    "today::needs" ("all") by by_channel(ORDERS), |store, viewer, _sample| {
        let found = today::needs(store, viewer, sums_day(500)).await?;
        Ok(found.held.len() + (found.missed.0 + found.payment_unknown.0 + found.waiting_for_stock.0) as usize)
    };
    "today::just_now" ("cancelled") by by_channel(ORDERS), |store, viewer, _sample| {
        Ok(today::just_now(store, viewer, &["order.cancelled"], 12).await?.events.len())
    };
    "today::set_up" ("all") by Askers::Waybill("says whether there is anything, not what"), walks FIRST_PAGE,
    |store, _viewer, _sample| Ok(usize::from(today::set_up(store).await?.orders));
    "transfers::transfers" ("next page") by by_location(STOCK), walks FIRST_PAGE, |store, viewer, _sample| {
        paged!(|page| transfers::transfers(store, viewer, &TransferFilter::default(), page))
    };
    "transfers::transfers" ("open ones of a location") by by_location(STOCK), walks BY_CODE, |store, viewer, sample| {
        let filter = TransferFilter { state: Some(TransferState::Open), location: Some(sample.location.clone()) };
        Ok(rows(transfers::transfers(store, viewer, &filter, &PageRequest::default()).await?))
    };
    "transfers::transfer" ("one") by by_location(STOCK), |store, viewer, sample| {
        Ok(transfers::transfer(store, viewer, sample.transfer_id).await?.iter().count())
    };
    "users::users" ("next page") by holders(USERS), |store, viewer, _sample| {
        paged!(|page| users::users(store, viewer, None, page))
    };
    "users::users" ("active") by holders(USERS), |store, viewer, _sample| {
        Ok(rows(users::users(store, viewer, Some(UserState::Active), &PageRequest::default()).await?))
    };
    "users::user" ("one") by holders(USERS), |store, viewer, sample| {
        Ok(users::user(store, viewer, sample.user_id).await?.iter().count())
    };
    "users::names" ("one") by holders(READERS), |store, viewer, sample| {
        Ok(users::names(store, viewer, &[sample.user_id]).await?.len())
    };
    "users::account" ("by id") by Askers::Waybill("who asks is what it finds out"), |store, _viewer, sample| {
        Ok(users::account(store, AccountKey::Id(sample.user_id)).await?.iter().count())
    };
    "users::account" ("by email") by Askers::Waybill("who asks is what it finds out"), |store, _viewer, sample| {
        Ok(users::account(store, AccountKey::Email(EmailDigest(sample.secret_hash))).await?.iter().count())
    };
    "users::account" ("by identity") by Askers::Waybill("who asks is what it finds out"), |store, _viewer, sample| {
        let identity = AccountKey::Identity(IdentityDigest(sample.secret_hash));
        Ok(users::account(store, identity).await?.iter().count())
    };
    "users::any" ("any") by Askers::Waybill("decides whether a store without users is open to its own machine"),
    |store, _viewer, _sample| Ok(usize::from(users::any(store).await?));
    "webhooks::endpoints" ("next page") by holders(WEBHOOKS), |store, viewer, _sample| {
        paged!(|page| webhooks::endpoints(store, viewer, None, page))
    };
    "webhooks::endpoints" ("enabled") by holders(WEBHOOKS), |store, viewer, _sample| {
        let enabled = Some(EndpointState::Enabled);
        Ok(rows(webhooks::endpoints(store, viewer, enabled, &PageRequest::default()).await?))
    };
    "webhooks::endpoint" ("one") by holders(WEBHOOKS), |store, viewer, sample| {
        Ok(webhooks::endpoint(store, viewer, sample.endpoint_id).await?.iter().count())
    };
    "webhooks::attempts" ("next page") by holders(WEBHOOKS), |store, viewer, sample| {
        paged!(|page| webhooks::attempts(store, viewer, sample.endpoint_id, page))
    };
    "webhooks::standing" ("counts") by Askers::Waybill("counts for operators, without names or addresses"),
    |store, _viewer, _sample| {
        let standing = webhooks::standing(store).await?;
        Ok(usize::from(standing.enabled + standing.disabled > 0))
    };
    "why::of_order" ("all") by by_channel(ORDERS), |store, viewer, sample| {
        Ok(why::of_order(store, viewer, sample.order_id).await?.len())
    };
}

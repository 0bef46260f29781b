//! Every statement of the read models is one that both databases take, whatever the filters and scopes.

use crate::common::on_each;
use std::sync::Arc;
use waybill_domain::Code;
use waybill_domain::actor::{Actor, Door, Permission, Principal, Scope};
use waybill_domain::attempt::Origin;
use waybill_domain::customer::Tier;
use waybill_domain::ids::{
    ChannelId, FulfillmentOrderId, Id, ItemId, LocationId, LotId, OrderId, ReservationId, StockDocumentId, TransferId,
};
use waybill_domain::order::{DeliveryStatus, FulfillmentStatus, Lifecycle, OrderNumber, PaymentStatus, ReturnStatus};
use waybill_domain::stock::document::StockDocumentKind;
use waybill_domain::stock::reservation::ReservationState;
use waybill_domain::stock::transfer::TransferState;
use waybill_domain::time::Timestamp;
use waybill_store::read::order::OrderKey;
use waybill_store::read::stock_grid::StockState;
use waybill_store::read::*;
use waybill_store::search::Search;
use waybill_store::{Store, Value};

async fn ask_everything(store: &dyn Store, viewer: &Viewer) {
    let id = Value::Id(Id(9));
    let page =
        |key: &[Value]| [PageRequest::default(), PageRequest { limit: Some(3), after: Some(cursor::encode(key)) }];
    let text = || Some("x".to_owned());
    for page in page(&["x".into()]) {
        for archived in [None, Some(true)] {
            let filter = catalog::CatalogFilter { archived, prefix: archived.and_then(|_| text()), text: text() };
            catalog::items(store, viewer, &filter, &page).await.unwrap();
            catalog::locations(store, viewer, &filter, &page).await.unwrap();
            catalog::channels(store, viewer, &filter, &page).await.unwrap();
        }
        let every =
            customers::CustomerFilter { archived: Some(false), tier: Some(Tier::Gold), email: text(), search: None };
        for filter in [customers::CustomerFilter::default(), every] {
            customers::customers(store, viewer, &filter, &page).await.unwrap();
        }
    }
    for page in page(&["x".into()]) {
        for state in [None, Some(StockState::Low), Some(StockState::Out), Some(StockState::Backordered)] {
            for (text, location) in [(None, None), (text(), text())] {
                let filter = stock_grid::GridFilter { text, location, state };
                stock_grid::grid(store, viewer, &filter, &page).await.unwrap();
            }
        }
    }
    stock_item::moves(store, viewer, "x", 9).await.unwrap();
    stock_item::waiting(store, viewer, "x").await.unwrap();
    documents::some(store, viewer, &[StockDocumentId(Id(9))]).await.unwrap();
    orders::numbers(store, viewer, &[OrderId(Id(9))]).await.unwrap();
    settings::settings(store).await.unwrap();
    settings::version(store).await.unwrap();
    catalog::items_of(store, viewer, &["x".into(), "y".into()]).await.unwrap();
    catalog::items_by_id(store, &[ItemId(Id(9))]).await.unwrap();
    catalog::item(store, viewer, "x").await.unwrap();
    catalog::location(store, viewer, "x").await.unwrap();
    catalog::channel(store, viewer, "x").await.unwrap();
    catalog::location_codes(store).await.unwrap();
    catalog::channel_codes(store).await.unwrap();
    customers::customer(store, viewer, "x").await.unwrap();
    keys::by_secret(store, [7; 32]).await.unwrap();
    keys::any(store).await.unwrap();
    overview::overview(store).await.unwrap();
    overview::position(store).await.unwrap();
    for page in page(std::slice::from_ref(&id)) {
        let every = orders::OrderFilter {
            lifecycles: vec![Lifecycle::Placed],
            payment_status: Some(PaymentStatus::Paid),
            fulfillment_status: Some(FulfillmentStatus::Fulfilled),
            delivery_status: Some(DeliveryStatus::None),
            return_status: Some(ReturnStatus::None),
            channel: text(),
            customer: text(),
            external_ref: text(),
            number: Some(OrderNumber(1)),
            held: Some(true),
            origin: Some(Origin::Live),
            placed_from: Some(Timestamp(1)),
            unsent_from: None,
            unsent_by: None,
            placed_to: Some(Timestamp(2)),
            unanswered: true,
            delivered_from: Some(Timestamp(1)),
            delivered_to: Some(Timestamp(2)),
            search: None,
        };
        for filter in [orders::OrderFilter::default(), every.clone()] {
            orders::orders(store, viewer, &filter, &page).await.unwrap();
        }
        for text in ["W-1", "ref", "4567", "a b c d e f g", "😀"] {
            let filter = orders::OrderFilter { search: Some(Search::new(text)), ..every.clone() };
            orders::orders(store, viewer, &filter, &PageRequest::default()).await.unwrap();
        }
        let every = documents::DocumentFilter { kind: Some(StockDocumentKind::Receipt) };
        for filter in [documents::DocumentFilter::default(), every] {
            documents::documents(store, viewer, &filter, &page).await.unwrap();
        }
        let every = transfers::TransferFilter { state: Some(TransferState::Open), location: text() };
        for filter in [transfers::TransferFilter::default(), every] {
            transfers::transfers(store, viewer, &filter, &page).await.unwrap();
        }
        let every =
            reservations::ReservationFilter { state: Some(ReservationState::Active), sku: text(), location: text() };
        for filter in [reservations::ReservationFilter::default(), every] {
            reservations::reservations(store, viewer, &filter, &page).await.unwrap();
        }
    }
    for page in page(&[Value::Int(1), id.clone()]) {
        orders::to_release(store, viewer, &page).await.unwrap();
    }
    for key in [OrderKey::Id(OrderId(Id(9))), OrderKey::Number(OrderNumber(9))] {
        order::order(store, viewer, key).await.unwrap();
        order::find(store, viewer, key).await.unwrap();
    }
    order::parcel_by_tracking(store, viewer, "x").await.unwrap();
    for text in ["W-1", "MUG-1", "4567", "a b c d e f g", "😀"] {
        let filter = customers::CustomerFilter {
            archived: Some(false),
            tier: Some(Tier::Gold),
            email: Some("x".into()),
            search: Some(Search::new(text)),
        };
        customers::customers(store, viewer, &filter, &PageRequest::default()).await.unwrap();
        search::search(store, viewer, &Search::new(text)).await.unwrap();
    }
    timeline::of_order(store, viewer, OrderId(Id(9)), 0).await.unwrap();
    timeline::of_aggregate(store, Id(9), 0).await.unwrap();
    why::of_order(store, viewer, OrderId(Id(9))).await.unwrap();
    for page in page(&[id.clone(), id.clone(), id.clone()]) {
        let every = stock::LevelFilter { sku: text(), location: text(), available: Some(true) };
        for filter in [stock::LevelFilter::default(), every] {
            stock::levels(store, viewer, &filter, &page).await.unwrap();
        }
    }
    for page in page(&[Value::Int(1), Value::Int(0)]) {
        let filter = postings::PostingFilter { sku: "x".into(), location: "x".into(), lot_id: LotId::NIL };
        postings::postings(store, viewer, &filter, &page).await.unwrap();
    }
    for page in page(&[Value::Int(1), id.clone(), Value::Int(1)]) {
        for ended in [false, true] {
            let filter =
                queue::WorkFilter { location: text().filter(|_| ended), ended, ..queue::WorkFilter::default() };
            queue::queue(store, viewer, &filter, &page).await.unwrap();
        }
    }
    queue::work(store, viewer, FulfillmentOrderId::new(OrderId(Id(9)), 1)).await.unwrap();
    transfers::transfer(store, viewer, TransferId(Id(9))).await.unwrap();
    reservations::reservation(store, viewer, ReservationId(Id(9))).await.unwrap();
    let every =
        events::EventFilter { kinds: vec!["x".into(), "y".into()], origins: vec![Origin::Live, Origin::Import] };
    for filter in [events::EventFilter::default(), every] {
        events::after(store, viewer, &filter, 0, 10).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_take_every_statement() {
    on_each(async |api| {
        api.shop().await;
        let store = api.state.store();
        ask_everything(store, &Viewer::system()).await;
        let mut actor = Actor::new(Principal::System("test"), Door::Api, Permission::ALL);
        actor.channels = Scope::Only(vec![ChannelId(Id(1)), ChannelId(Id(2))]);
        actor.locations = Scope::Only(vec![LocationId(Id(1)), LocationId(Id(2))]);
        ask_everything(store, &Viewer::from(Arc::new(actor.clone()))).await;
        actor.channels = Scope::Only(Vec::new());
        actor.locations = Scope::Only(Vec::new());
        ask_everything(store, &Viewer::from(Arc::new(actor))).await;
    })
    .await;
}

//! What items were last sold at.

use super::query::Query;
use super::{ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::search::words;
use crate::value::Row;
use waybill_domain::actor::Permission;
use waybill_domain::money::{Currency, UnitPrice};
use waybill_domain::order::OrderNumber;
use waybill_domain::time::Timestamp;

/// So many of the newest orders with a word of the SKU are looked at.
const LOOKED_AT: usize = 50;

/// The price of an item in the newest order that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastPrice {
    pub sku: String,
    pub unit_price: UnitPrice,
    pub order_number: OrderNumber,
    pub placed_at: Timestamp,
}

/// What each of these items was last sold at in a channel (by its code) and a currency, within the viewer's channels. Of an item
/// that is in none of the newest orders with a word of its SKU, nothing. Orders of the last second may not be found yet.
pub async fn last_prices(
    store: &dyn Store,
    viewer: &Viewer,
    skus: &[String],
    channel: &str,
    currency: Currency,
) -> Result<Vec<LastPrice>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let queries: Vec<Query> = skus.iter().filter_map(|sku| newest(viewer, sku, channel, currency)).collect();
    let found = Query::together(&queries.iter().collect::<Vec<_>>(), store).await?;
    Ok(found.into_iter().flatten().map(|mut row| read(&mut row)).collect::<Result<_, _>>()?)
}

/// None of a SKU without a letter or digit, which no word leads to.
fn newest(viewer: &Viewer, sku: &str, channel: &str, currency: Currency) -> Option<Query> {
    // The longest is in the fewest orders, mostly.
    let word = words::of_sku(sku).into_iter().max_by_key(|word| word.chars().count())?;
    let mut query = Query::new(
        "SELECT l.sku, l.unit_price, o.number, o.placed_at FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE TRUE",
    );
    let word = query.bind(word.as_str());
    query.push(&format!(" AND l.order_id IN (SELECT x.order_id FROM order_words x WHERE x.word = {word}"));
    query.order_and_limit("x.order_id DESC", LOOKED_AT);
    query.push(")");
    query.and("l.sku = ?", sku);
    query.and("o.currency = ?", currency.as_str());
    query.and("o.channel_id = (SELECT f.id FROM channels f WHERE f.code = ?)", channel);
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    query.order_and_limit("o.id DESC, l.number", 1);
    Some(query)
}

fn read(row: &mut Row) -> Result<LastPrice, StoreError> {
    Ok(LastPrice { sku: row.take()?, unit_price: row.take()?, order_number: row.take()?, placed_at: row.take()? })
}

//! Measures bare rows on SQLite: `cargo run --release -p waybill-store-sqlite --example raw_rows_sqlite -- FILE ORDERS PER_COMMIT...`.
//! The file must not exist; it is left for looking at.

use waybill_store::{Store, raw_rows};
use waybill_store_sqlite::{SqliteOptions, SqliteStore};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("which file?")?;
    let orders = arguments.next().ok_or("how many orders?")?.parse()?;
    let store = SqliteStore::open(&file, SqliteOptions::default())?;
    store.migrate().await?;
    raw_rows::prepare(&store).await?;
    let mut from = 0;
    for per_commit in arguments {
        let timing = raw_rows::run(&store, from, orders, per_commit.parse()?).await?;
        from += orders;
        println!("{per_commit:>5} a commit: {:>6.0} orders/s, {timing:?}", timing.orders_per_second());
        println!("      {:?}", store.gauges().await?);
    }
    Ok(())
}

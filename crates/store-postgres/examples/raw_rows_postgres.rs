//! Measures bare rows on PostgreSQL: `cargo run --release -p waybill-store-postgres --example raw_rows_postgres -- URL ORDERS
//! PER_COMMIT...`. The database must be empty; it is left for looking at.

use waybill_store::{Store, raw_rows};
use waybill_store_postgres::{PostgresOptions, PostgresStore};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("which database?")?;
    let orders = arguments.next().ok_or("how many orders?")?.parse()?;
    let store = PostgresStore::connect(&url, &PostgresOptions::default()).await?;
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

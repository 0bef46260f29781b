//! What is sold in the benchmark, and orders for it.

use crate::BenchError;
use crate::random::Random;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use waybill_domain::actor::{Actor, Door, Permission, Scope};
use waybill_domain::catalog::channel::{ChannelFacts, PutChannel};
use waybill_domain::catalog::item::{ItemFacts, PutItem, Supply};
use waybill_domain::catalog::location::{LocationFacts, PutLocation};
use waybill_domain::chain::{digest, hex};
use waybill_domain::command::Command;
use waybill_domain::ids::{IdSource, LotId, OrderId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Currency, Minor, UnitPrice};
use waybill_domain::order::Destination;
use waybill_domain::order::place::{LineInput, PaymentInput, PlaceOrder};
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::payment::PaymentMethod;
use waybill_domain::personal::{Address, Party, Personal};
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_domain::system::CreateApiKey;
use waybill_engine::{Engine, Submission, SubmitError};
use waybill_store::{Row, Store, StoreError, Value};

pub const ITEMS: usize = 1_000;
pub const CHANNEL: &str = "bench";
pub const GATEWAY: &str = waybill_integrations::gateways::simulator::NAME;
/// Units received of each item: more than any run can sell.
const UNITS: i64 = 1_000_000_000;

/// Orders handed to their location where there is to be something to pick.
const RELEASED: i64 = 2_000;
/// Orders from all over the store, where some are read.
const SAMPLED: i64 = 200;

/// How orders of a run are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    Terms,
    Card,
}

/// Which items orders take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taste {
    /// Any three.
    Spread,
    /// The same one in every order, and any two.
    Hot,
}

pub fn sku(n: usize) -> String {
    format!("BENCH-{n:04}")
}

fn actor() -> Arc<Actor> {
    Arc::new(Actor::system("bench", Door::Api))
}

pub async fn carry_out(
    engine: &Engine,
    command: impl Into<Command>,
) -> Result<(IdSource, waybill_engine::Receipt), BenchError> {
    let ids = engine.ids();
    Ok((ids, engine.submit_patiently(Submission::new(command, actor(), ids)).await?))
}

/// Puts the catalog and its stock in place.
pub async fn stock_up(engine: &Engine) -> Result<(), BenchError> {
    let facts =
        ChannelFacts { code: CHANNEL.into(), name: "Benchmark".into(), ship_on_pending: false, auto_release: false };
    carry_out(engine, PutChannel { facts }).await?;
    let facts = LocationFacts {
        code: "BENCH".into(),
        name: "Benchmark".into(),
        country: "IE".into(),
        zone: "Europe/Dublin".into(),
        latitude_e4: Some(533_498),
        longitude_e4: Some(-62_603),
        preference: 1,
    };
    let (ids, _) = carry_out(engine, PutLocation { facts }).await?;
    let location_id = ids.nth(0);
    let items = (0..ITEMS).map(|n| carry_out(engine, PutItem { facts: item(n) }));
    futures_util::future::try_join_all(items).await?;
    for from in (0..ITEMS).step_by(100) {
        let lines =
            (from..from + 100).map(|n| ReceiveLine { sku: sku(n), lot_id: LotId::NIL, quantity: Quantity(UNITS) });
        let (state, reference) = (StockAccount::Available, None);
        carry_out(engine, ReceiveStock { location_id, state, reference, lines: lines.collect() }).await?;
    }
    Ok(())
}

/// The secret of a new key for the server.
pub async fn key(engine: &Engine, permissions: &[Permission]) -> Result<String, BenchError> {
    let mut random = Random::fresh();
    let secret = format!("wbk_{}{}", hex(&random.bytes()), hex(&random.bytes()));
    let key = CreateApiKey {
        name: "benchmark".into(),
        secret_hash: digest(secret.as_bytes()),
        permissions: permissions.to_vec(),
        channels: Scope::ALL,
        locations: Scope::ALL,
    };
    carry_out(engine, key).await?;
    Ok(secret)
}

/// What whoever places orders needs.
pub const PLACES: &[Permission] = &[Permission::OrdersWrite, Permission::OrdersRead];

fn item(n: usize) -> ItemFacts {
    ItemFacts {
        sku: sku(n),
        name: format!("Item {n} of the benchmark"),
        gtin: None,
        supply: Supply::Stock,
        unit: "each".into(),
        precision: 0,
        weight_g: Some(500),
        length_mm: None,
        width_mm: None,
        height_mm: None,
        cost: None,
    }
}

/// Three different items.
pub fn three(random: &mut Random, taste: Taste) -> [usize; 3] {
    loop {
        let first = if taste == Taste::Hot { 0 } else { random.below(ITEMS) };
        let (second, third) = (random.below(ITEMS), random.below(ITEMS));
        if first != second && second != third && first != third {
            return [first, second, third];
        }
    }
}

/// Somebody of a few thousand names, some of which many people have.
pub fn name(random: &mut Random) -> (&'static str, String) {
    const FIRST: [&str; 16] = [
        "Ada", "Bo", "Cleo", "Dara", "Eoin", "Fay", "Gus", "Hana", "Ivo", "Jana", "Kofi", "Lea", "Mia", "Noor", "Oona",
        "Pia",
    ];
    const PARTS: [&str; 16] = [
        "bar", "den", "fal", "gor", "hul", "kes", "lin", "mor", "nad", "pol", "rin", "sal", "tor", "vek", "wil", "zan",
    ];
    // The lower of two: the first names of the list are the common ones.
    let first = FIRST[random.below(FIRST.len()).min(random.below(FIRST.len()))];
    let last: String = (0..3).map(|_| PARTS[random.below(PARTS.len())]).collect();
    (first, last)
}

/// An order of three lines from a stranger, under a random key and reference.
pub fn submission(engine: &Engine, actor: &Arc<Actor>, random: &mut Random, paid: Paid, taste: Taste) -> Submission {
    let ids = engine.ids();
    let lines = three(random, taste).map(|n| LineInput {
        sku: sku(n),
        quantity: Quantity(1 + random.below(3) as i64),
        unit_price: UnitPrice(19_990_000),
        discount: Minor::ZERO,
        tax: Minor(380),
        note: None,
    });
    let (first, last) = name(random);
    let name = Some(format!("{first} {last}"));
    let address = Address {
        name: name.clone(),
        line1: Some("1 Main Street".into()),
        city: Some("Dublin".into()),
        postal_code: Some("D01 F5P2".into()),
        country: "IE".into(),
        ..Address::default()
    };
    let party = Party { name, email: Some(format!("{last}@example.org")), ..Party::default() };
    let card = paid == Paid::Card;
    let payment = PaymentInput {
        method: if card { PaymentMethod::Card } else { PaymentMethod::Terms },
        gateway: card.then(|| GATEWAY.to_owned()),
        token: card.then(|| Personal { id: ids.nth(3), value: "sim_ok".to_owned() }),
        amount: None,
    };
    let command = PlaceOrder {
        reservations: Vec::new(),
        draft: false,
        channel: CHANNEL.into(),
        external_ref: Some(random.uuid()),
        currency: Currency::EUR,
        customer: None,
        party: Some(Personal { id: ids.nth(1), value: party }),
        ship_to: Some(Personal { id: ids.nth(2), value: address }),
        destination: Destination { country: Some("IE".into()), latitude_e1: None, longitude_e1: None },
        instructions: None,
        po_number: None,
        requested_by: None,
        lines: lines.into(),
        charges: Vec::new(),
        payments: vec![payment],
    };
    let mut submission = Submission::new(command, actor.clone(), ids).keyed(random.uuid());
    submission.body_hash = random.bytes();
    submission
}

/// Fills the store with `count` orders.
pub async fn prefill(
    engine: &Engine,
    count: i64,
    callers: usize,
    progress: &(dyn Fn(i64, i64) + Send + Sync),
) -> Result<(), BenchError> {
    let left = AtomicI64::new(count);
    let placing = (0..callers).map(|_| async {
        let (actor, mut random) = (actor(), Random::fresh());
        loop {
            let number = left.fetch_sub(1, Ordering::Relaxed);
            if number <= 0 {
                return Ok::<(), SubmitError>(());
            }
            engine.submit_patiently(submission(engine, &actor, &mut random, Paid::Terms, Taste::Spread)).await?;
            if number % 1_000 == 0 {
                progress(count - number, count);
            }
        }
    });
    futures_util::future::try_join_all(placing).await?;
    Ok(())
}

/// Hands some of the first orders to their location, so that there is something to pick.
pub async fn release_some(engine: &Engine) -> Result<(), BenchError> {
    let sql = "SELECT id FROM orders ORDER BY id LIMIT $1";
    let ids: Result<Vec<OrderId>, StoreError> =
        engine.store().read(sql, &[Value::Int(RELEASED)]).await?.iter_mut().map(Row::take).collect();
    let releases = ids?.into_iter().map(|order_id| carry_out(engine, ReleaseOrder { order_id }));
    futures_util::future::try_join_all(releases).await?;
    Ok(())
}

/// Ids of orders from all over the store.
pub async fn ids_all_over(store: &dyn Store) -> Result<Vec<OrderId>, BenchError> {
    let ends = "SELECT COALESCE(MIN(number), 0), COALESCE(MAX(number), 0) FROM orders";
    let (first, last): (i64, i64) = match store.read(ends, &[]).await?.first_mut() {
        Some(row) => (row.take()?, row.take()?),
        None => (0, 0),
    };
    let mut ids: Vec<OrderId> = Vec::new();
    for n in 0..SAMPLED {
        let number = Value::Int(first + n * (last - first) / SAMPLED);
        let sql = "SELECT id FROM orders WHERE number >= $1 ORDER BY number LIMIT 1";
        if let Some(row) = store.read(sql, &[number]).await?.first_mut() {
            ids.push(row.take()?);
        }
    }
    Ok(ids)
}

pub fn caller_actor() -> Arc<Actor> {
    actor()
}

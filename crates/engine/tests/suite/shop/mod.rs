//! A shop for tests: a store of its own, an engine with the simulated gateway, a channel, two locations, some items.

// Each test file uses its part of the shop.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use waybill_domain::actor::{Actor, Door};
use waybill_domain::catalog::channel::{ChannelFacts, PutChannel};
use waybill_domain::catalog::item::{ItemFacts, PutItem, Supply};
use waybill_domain::catalog::location::{LocationFacts, PutLocation};
use waybill_domain::command::Command;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Currency, Minor, UnitPrice};
use waybill_domain::order::Destination;
use waybill_domain::order::place::{LineInput, PaymentInput, PlaceOrder};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::personal::PersonalText;
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_engine::ports::SystemClock;
use waybill_engine::{Engine, EngineOptions, Ports, Receipt, Submission, SubmitError};
use waybill_integrations::gateways::simulator::Simulator;
use waybill_store::value::{Column, Value};
use waybill_store::{Store, StoreError};
use waybill_store_postgres::testing::TestDatabase;
use waybill_store_sqlite::testing::TestFolder;

pub struct Shop {
    pub engine: Engine,
    pub store: Arc<dyn Store>,
    pub actor: Arc<Actor>,
    pub dublin: LocationId,
    pub lyon: LocationId,
}

/// Runs `test` in a shop on SQLite, then in one on PostgreSQL where a server is named.
pub fn on_both<F: Future<Output = ()>>(options: EngineOptions, test: impl Fn(Shop) -> F) {
    on_both_with(options, ports, test);
}

/// The simulated gateway, and nothing else outside.
pub fn ports() -> Ports {
    let gateway = Arc::new(Simulator::new(Arc::new(SystemClock), Duration::ZERO));
    Ports::system([gateway as Arc<dyn waybill_engine::Gateway>])
}

/// The same with other ports for each shop.
pub fn on_both_with<F: Future<Output = ()>>(
    options: EngineOptions,
    ports: impl Fn() -> Ports,
    test: impl Fn(Shop) -> F,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = TestFolder::create();
        let shop = Shop::open_with(Arc::new(folder.open()), options, ports()).await;
        let engine = shop.engine.clone();
        test(shop).await;
        engine.stop().await;

        let Some(database) = TestDatabase::create().await else {
            return;
        };
        let shop = Shop::open_with(Arc::new(database.open().await), options, ports()).await;
        let engine = shop.engine.clone();
        test(shop).await;
        engine.stop().await;
    });
}

pub fn quiet() -> EngineOptions {
    EngineOptions { workers: false, ..EngineOptions::default() }
}

impl Shop {
    pub async fn open(store: Arc<dyn Store>, options: EngineOptions) -> Self {
        Self::open_with(store, options, ports()).await
    }

    pub async fn open_with(store: Arc<dyn Store>, options: EngineOptions, ports: Ports) -> Self {
        store.migrate().await.expect("migrations");
        let engine = Engine::start(store.clone(), ports, options).await.expect("an engine");
        let actor = Arc::new(Actor::system("test", Door::Command));
        let mut shop = Self { engine, store, actor, dublin: LocationId::NIL, lyon: LocationId::NIL };
        let facts =
            ChannelFacts { code: "web".into(), name: "Web shop".into(), ship_on_pending: false, auto_release: false };
        shop.must(PutChannel { facts }).await;
        shop.dublin = shop.location("DUB", "IE", 533_000, -62_000).await;
        shop.lyon = shop.location("LYS", "FR", 457_000, 48_000).await;
        for sku in ["MUG-1", "PEN-1", "BAG-1"] {
            shop.item(sku, Supply::Stock).await;
        }
        shop
    }

    async fn location(&self, code: &str, country: &str, latitude_e4: i64, longitude_e4: i64) -> LocationId {
        let facts = LocationFacts {
            code: code.into(),
            name: code.into(),
            country: country.into(),
            zone: "Europe/Dublin".into(),
            latitude_e4: Some(latitude_e4),
            longitude_e4: Some(longitude_e4),
            preference: 0,
        };
        let receipt = self.must(PutLocation { facts }).await;
        LocationId(receipt.subject.unwrap().id)
    }

    pub async fn item(&self, sku: &str, supply: Supply) {
        let facts = ItemFacts {
            sku: sku.into(),
            name: format!("Item {sku}"),
            gtin: None,
            supply,
            unit: "each".into(),
            precision: 0,
            weight_g: Some(100),
            length_mm: None,
            width_mm: None,
            height_mm: None,
            cost: None,
        };
        self.must(PutItem { facts }).await;
    }

    pub async fn submit(&self, command: impl Into<Command>) -> Result<Receipt, SubmitError> {
        self.engine.submit(Submission::new(command, self.actor.clone(), self.engine.ids())).await
    }

    pub async fn must(&self, command: impl Into<Command>) -> Receipt {
        self.submit(command).await.expect("carried out")
    }

    /// The code of the refusal that the command must get.
    pub async fn refused(&self, command: impl Into<Command>) -> String {
        match self.submit(command).await {
            Err(SubmitError::Refused { refusal, .. }) => refusal.code,
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    pub async fn receive(&self, location_id: LocationId, sku: &str, quantity: i64) {
        let lines = vec![ReceiveLine { sku: sku.into(), lot_id: LotId::NIL, quantity: Quantity(quantity) }];
        let reference = None;
        self.must(ReceiveStock { location_id, state: StockAccount::Available, reference, lines }).await;
    }

    /// An order to Dublin over these lines (SKU, quantity, price in cents).
    pub fn order(&self, lines: &[(&str, i64, i64)], payment: PaymentInput) -> PlaceOrder {
        PlaceOrder {
            reservations: Vec::new(),
            draft: false,
            channel: "web".into(),
            external_ref: None,
            currency: Currency::EUR,
            customer: None,
            party: None,
            ship_to: None,
            destination: Destination { country: Some("IE".into()), latitude_e1: Some(533), longitude_e1: Some(-63) },
            instructions: None,
            po_number: None,
            requested_by: None,
            lines: lines
                .iter()
                .map(|(sku, quantity, price)| LineInput {
                    sku: (*sku).into(),
                    quantity: Quantity(*quantity),
                    unit_price: UnitPrice(price * 10_000),
                    discount: Minor(0),
                    tax: Minor(0),
                    note: None,
                })
                .collect(),
            charges: Vec::new(),
            payments: vec![payment],
        }
    }

    pub fn terms(&self) -> PaymentInput {
        PaymentInput { method: PaymentMethod::Terms, gateway: None, token: None, amount: None }
    }

    pub fn card(&self, token: &str) -> PaymentInput {
        let token = PersonalText { id: self.engine.ids().nth(1), value: token.into() };
        let gateway = Some("simulator".into());
        PaymentInput { method: PaymentMethod::Card, gateway, token: Some(token), amount: None }
    }

    /// One column of one row, as text where it is text.
    pub async fn one<T: Column>(&self, sql: &str, params: &[Value]) -> T {
        let mut rows = self.store.read(sql, params).await.expect("a query");
        rows[0].take().expect("a value")
    }

    pub async fn order_column<T: Column>(&self, column: &str, id: OrderId) -> T {
        self.one(&format!("SELECT {column} FROM orders WHERE id = $1"), &[Value::Id(id.0)]).await
    }

    /// Waits until an order's column holds `wanted`.
    pub async fn until(&self, id: OrderId, column: &str, wanted: &str) {
        loop {
            let found: String = self.order_column(column, id).await;
            if found == wanted {
                return;
            }
            self.engine.nudge();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sum of a stock state over all locations.
    pub async fn stock(&self, sku: &str, state: &str) -> i64 {
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(s.{state}), 0) AS BIGINT) FROM stock_levels s JOIN items i ON i.id = s.item_id \
             WHERE i.sku = $1"
        );
        self.one(&sql, &[Value::from(sku)]).await
    }

    pub async fn events(&self, id: OrderId) -> Vec<String> {
        let sql = "SELECT kind FROM events WHERE aggregate_id = $1 ORDER BY sequence";
        let rows = self.store.read(sql, &[Value::Id(id.0)]).await.expect("events");
        rows.into_iter().map(|mut row| row.take::<String>()).collect::<Result<_, StoreError>>().expect("kinds")
    }

    /// Debits minus credits of a money account.
    pub async fn balance(&self, account: &str) -> i64 {
        let sql = "SELECT CAST(COALESCE(SUM(CASE WHEN debit = $1 THEN amount ELSE 0 END), 0) - \
                   COALESCE(SUM(CASE WHEN credit = $2 THEN amount ELSE 0 END), 0) AS BIGINT) FROM money_postings";
        self.one(sql, &[Value::from(account), Value::from(account)]).await
    }
}

//! What users of other systems suffer, and what must be impossible here: a test for each thread, named by its project and
//! number, in the shop of the other tests and on both databases.

mod money;
mod stock;

use crate::shop::Shop;
use std::sync::Arc;
use std::time::Duration;
use waybill_domain::ids::*;
use waybill_engine::{Engine, Ports, Receipt};
use waybill_integrations::gateways::simulator::Simulator;
use waybill_store::StoreError;

impl Shop {
    /// A second process on the same store, where the store takes one.
    async fn neighbor(&self) -> Option<Engine> {
        let gateway = Arc::new(Simulator::new(Arc::new(waybill_engine::ports::SystemClock), Duration::ZERO));
        let ports = Ports::system([gateway as Arc<dyn waybill_engine::Gateway>]);
        match Engine::start(self.store.clone(), ports, crate::shop::quiet()).await {
            Ok(engine) => Some(engine),
            Err(StoreError::Locked(_)) => None,
            Err(error) => panic!("no second engine: {error}"),
        }
    }

    /// The shop as each of the processes that write to it sees it.
    async fn doors(&self) -> Vec<Shop> {
        let of = |engine| Shop { engine, store: self.store.clone(), actor: self.actor.clone(), ..*self };
        let engines = std::iter::once(self.engine.clone()).chain(self.neighbor().await);
        engines.map(of).collect()
    }

    async fn count(&self, what: &str) -> i64 {
        self.one(&format!("SELECT COUNT(*) FROM {what}"), &[]).await
    }

    async fn settle(&self, order: OrderId) {
        assert!(self.engine.settled(order, Duration::from_secs(30)).await, "the gateway answers");
    }

    async fn books_are_right(&self) {
        let report = waybill_store::audit::audit(&*self.store, &mut |_, _, _| {}).await.expect("an audit");
        assert!(report.ok, "{:?}", report.violations);
    }
}

fn order_id(receipt: &Receipt) -> OrderId {
    receipt.subject.expect("a subject").order_id().expect("an order")
}

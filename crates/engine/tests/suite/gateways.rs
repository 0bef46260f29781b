//! Calls to gateways that were taken out of the settings.

use crate::shop::{Shop, on_both_with, quiet};
use async_trait::async_trait;
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::sync::Arc;
use waybill_domain::ids::{OrderId, TransactionId};
use waybill_domain::payment::outcome::GatewayOutcome;
use waybill_domain::time::Timestamp;
use waybill_engine::ports::SystemClock;
use waybill_engine::{Clock, Engine, EngineOptions, Gateway, GatewayCall, Ports};

/// A gateway that tells nothing when it is called, and that everything succeeded when it is asked. The one called `gone`
/// does not even come to an end.
struct Silent(&'static str);

#[async_trait]
impl Gateway for Silent {
    fn name(&self) -> &str {
        self.0
    }

    async fn execute(&self, _: &GatewayCall) -> GatewayOutcome {
        if self.0 == "gone" {
            return std::future::pending().await;
        }
        GatewayOutcome::Unknown
    }

    async fn lookup(&self, _: TransactionId) -> GatewayOutcome {
        GatewayOutcome::Succeeded { reference: Some("ref".into()), expires_at: None }
    }
}

/// The machine's clock, some minutes ahead: what another process began is orphaned.
struct Later(i64);

impl Clock for Later {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_seconds(self.0 * 60)
    }
}

fn ports(gateways: &[&'static str], minutes: i64) -> Ports {
    let gateways = gateways.iter().map(|name| ((*name).to_owned(), Arc::new(Silent(name)) as Arc<dyn Gateway>));
    Ports { clock: Arc::new(Later(minutes)), gateways: gateways.collect::<BTreeMap<_, _>>(), ..Ports::system([]) }
}

impl Shop {
    /// Another process takes over, and works.
    async fn taken_over(&mut self, gateways: &[&'static str], minutes: i64) {
        self.engine.stop().await;
        let options = EngineOptions::default();
        let engine = Engine::start(self.store.clone(), ports(gateways, minutes), options).await;
        self.engine = engine.expect("an engine");
    }

    async fn placed_at(&self, gateway: &str) -> OrderId {
        let mut card = self.card("any");
        card.gateway = Some(gateway.into());
        OrderId(self.must(self.order(&[("MUG-1", 1, 100)], card)).await.subject.expect("an order").id)
    }
}

/// Neither are they left pending for ever, nor do they keep calls of other gateways from being asked about.
#[test]
fn calls_of_a_gateway_that_is_gone_are_unknown_until_it_is_back() {
    let begin = || ports(&["gone", "here"], 0);
    on_both_with(quiet(), begin, |mut shop| async move {
        shop.receive(shop.dublin, "MUG-1", 500).await;
        // More than the janitor looks at in one round, and before the other in its list.
        let gone = join_all((0..205).map(|_| shop.placed_at("gone"))).await;
        let here = shop.placed_at("here").await;
        shop.taken_over(&["here"], 2).await;
        shop.until(here, "lifecycle", "confirmed").await;
        for order in &gone {
            shop.until(*order, "payment_status", "unknown").await;
        }
        shop.taken_over(&["gone", "here"], 4).await;
        for order in &gone {
            shop.until(*order, "lifecycle", "confirmed").await;
        }
    });
}

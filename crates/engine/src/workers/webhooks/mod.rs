//! Tells webhook endpoints of events: a courier per endpoint, each reading the log from its own cursor.
//!
//! One process has the lease and all couriers. Deliveries make no events, so that telling of events is nothing to be told
//! of. A store without endpoints costs one small read a second.

mod book;
mod courier;
mod delivery;
mod schedule;

use super::PERIOD;
use super::lease::Lease;
use crate::core::Shared;
use crate::ports::WebhookSender;
use courier::Courier;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use waybill_domain::ids::{Id, WebhookEndpointId};
use waybill_domain::time::Timestamp;
use waybill_store::StoreError;
use waybill_store::value::Value;

/// Attempts are kept this long, in seconds.
const ATTEMPTS_KEPT_S: i64 = 14 * 86_400;
/// Attempts forgotten at once.
const FORGOTTEN_MAX: i64 = 2_000;
/// How many seconds pass between two looks for attempts to forget, while there are few.
const TIDY_EVERY_S: u64 = 60;

const ENABLED: &str = "SELECT id FROM webhook_endpoints WHERE state = 'enabled'";
const ALL: &str = "SELECT id FROM webhook_endpoints";
const ENDED: &str = "SELECT id FROM webhook_endpoints WHERE previous_secret IS NOT NULL AND previous_until <= $1";
/// In no event, so nothing else knows it; erased in place. A rotation meanwhile has moved the end.
const ERASE: &str = "UPDATE webhook_endpoints SET previous_secret = NULL WHERE id = $1 AND previous_until <= $2";
const OLD: &str = "SELECT id FROM webhook_attempts WHERE endpoint_id = $1 AND id < $2 ORDER BY id LIMIT $3";
const DROP_RETRIES: &str = "DELETE FROM webhook_retries WHERE endpoint_id IN \
     (SELECT id FROM webhook_endpoints WHERE state = 'archived')";

/// What the workers read, for the test of their plans.
#[cfg(test)]
pub(super) fn reads() -> Vec<String> {
    let mut reads = book::reads();
    reads.push(ENABLED.to_owned());
    reads.push(ENDED.to_owned());
    reads.push(OLD.to_owned());
    reads
}

pub(super) fn start(shared: &Arc<Shared>) -> Option<JoinHandle<()>> {
    let (shared, sender) = (shared.clone(), shared.ports.webhooks.clone()?);
    Some(tokio::spawn(async move {
        let mut lease = Lease::new(&shared, "webhooks");
        let mut office = Office::new(shared.clone(), sender);
        Lease::until_stopped(&shared, office.tend(&mut lease)).await;
        // What is under way yet is sent again by whoever goes on.
        office.staff(&FxHashSet::default());
        lease.release(&shared).await;
    }))
}

/// Keeps a courier for every enabled endpoint while this process has the lease.
struct Office {
    shared: Arc<Shared>,
    sender: Arc<dyn WebhookSender>,
    couriers: FxHashMap<WebhookEndpointId, JoinHandle<()>>,
    tidied: Instant,
}

impl Office {
    fn new(shared: Arc<Shared>, sender: Arc<dyn WebhookSender>) -> Self {
        Self { shared, sender, couriers: FxHashMap::default(), tidied: Instant::now() }
    }

    async fn tend(&mut self, lease: &mut Lease) {
        let shared = self.shared.clone();
        while !shared.is_stopping() {
            let wanted = match lease.hold(&shared).await {
                Ok(true) => match self.erase_ended().await {
                    Ok(()) => self.endpoints(ENABLED, &[]).await,
                    Err(error) => Err(error),
                },
                Ok(false) => Ok(FxHashSet::default()),
                Err(error) => Err(error),
            };
            match wanted {
                Ok(wanted) => self.staff(&wanted),
                Err(error) => tracing::warn!(worker = "webhooks", %error, "a worker could not look"),
            }
            if let Err(error) = self.tidy().await {
                tracing::warn!(worker = "webhooks", %error, "old attempts could not be forgotten");
            }
            tokio::select! {
                biased;
                () = tokio::time::sleep(PERIOD) => {}
                () = shared.stopped() => {}
            }
        }
        // They write down what they have sent.
        for courier in self.couriers.values_mut() {
            let _ = courier.await;
        }
    }

    async fn endpoints(&self, which: &str, params: &[Value]) -> Result<FxHashSet<WebhookEndpointId>, StoreError> {
        self.shared.store.read(which, params).await?.iter_mut().map(|row| row.take()).collect()
    }

    /// Erases secrets that sign nothing any more.
    async fn erase_ended(&self) -> Result<(), StoreError> {
        let now = Value::Int(self.shared.ports.clock.now().0);
        for endpoint in self.endpoints(ENDED, std::slice::from_ref(&now)).await? {
            self.shared.store.execute(&[(ERASE, &[Value::Id(endpoint.0), now.clone()])]).await?;
        }
        Ok(())
    }

    fn staff(&mut self, wanted: &FxHashSet<WebhookEndpointId>) {
        self.couriers.retain(|id, courier| {
            let stays = wanted.contains(id) && !courier.is_finished();
            if !stays {
                courier.abort();
            }
            stays
        });
        for id in wanted {
            self.couriers.entry(*id).or_insert_with(|| {
                let courier = Courier::new(self.shared.clone(), self.sender.clone(), *id);
                tokio::spawn(courier.work())
            });
        }
    }

    /// Forgets old attempts, some at a time.
    async fn tidy(&mut self) -> Result<(), StoreError> {
        if self.tidied.elapsed().as_secs() < TIDY_EVERY_S {
            return Ok(());
        }
        let Timestamp(now) = self.shared.ports.clock.now();
        let oldest_ms = u64::try_from(now / 1_000 - ATTEMPTS_KEPT_S * 1_000).unwrap_or_default();
        let forget = format!("DELETE FROM webhook_attempts WHERE endpoint_id = $1 AND id IN ({OLD})");
        let mut is_done = true;
        for endpoint in self.endpoints(ALL, &[]).await? {
            let params = [Value::Id(endpoint.0), Value::Id(Id::v7(oldest_ms, 0)), Value::Int(FORGOTTEN_MAX)];
            let gone = self.shared.store.execute(&[(&forget, &params)]).await?;
            is_done &= gone.first().is_none_or(|gone| *gone < FORGOTTEN_MAX.unsigned_abs());
        }
        self.shared.store.execute(&[(DROP_RETRIES, &[])]).await?;
        if is_done {
            self.tidied = Instant::now();
        }
        Ok(())
    }
}

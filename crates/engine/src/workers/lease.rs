//! Leases: which process does a job, kept in a table so that a dead process's work is taken over.

use crate::core::Shared;
use std::sync::Arc;
use std::time::Duration;
use waybill_domain::ids::Id;
use waybill_domain::time::Timestamp;
use waybill_store::StoreError;
use waybill_store::value::Value;

/// A lease lasts this long without being renewed, in seconds.
const SECONDS: i64 = 30;
/// It is renewed when less than this is left, in seconds.
const RENEW_BEFORE: i64 = 20;
/// What a worker has begun when the engine stops may take this long. What takes longer is cut off, and taken up by whoever
/// has the lease next.
const LAST_ROUND: Duration = Duration::from_secs(3);

const RENEW: &str = "UPDATE leases SET holder = $2, until = $3 WHERE name = $1 AND (holder = $2 OR until < $4)";
const CREATE: &str = "INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING";
const RELEASE: &str = "UPDATE leases SET until = 0 WHERE name = $1 AND holder = $2";

pub(super) struct Lease {
    name: String,
    holder: Id,
    until: Timestamp,
}

impl Lease {
    pub(super) fn new(shared: &Arc<Shared>, name: impl Into<String>) -> Self {
        Self { name: name.into(), holder: Id(shared.ports.entropy.random()), until: Timestamp(0) }
    }

    /// Whether this process does the job now; takes or renews the lease where needed.
    pub(super) async fn hold(&mut self, shared: &Arc<Shared>) -> Result<bool, StoreError> {
        let now = shared.ports.clock.now();
        if now.plus_seconds(RENEW_BEFORE) < self.until {
            return Ok(true);
        }
        let until = now.plus_seconds(SECONDS);
        let params = [Value::from(self.name.as_str()), Value::Id(self.holder), Value::Int(until.0), Value::Int(now.0)];
        let changed = shared.store.execute(&[(CREATE, &params[..3]), (RENEW, &params)]).await?;
        let held = changed.get(1).is_some_and(|rows| *rows > 0);
        if held {
            self.until = until;
        }
        Ok(held)
    }

    /// Runs a worker until it has ended after a stop, or has had its time to.
    pub(super) async fn until_stopped(shared: &Shared, work: impl Future<Output = ()>) {
        let late = async {
            shared.stopped().await;
            tokio::time::sleep(LAST_ROUND).await;
        };
        tokio::select! {
            biased;
            () = work => {}
            () = late => {}
        }
    }

    /// Gives the job to whoever asks for it next.
    pub(super) async fn release(&self, shared: &Arc<Shared>) {
        let params = [Value::from(self.name.as_str()), Value::Id(self.holder)];
        if let Err(error) = shared.store.execute(&[(RELEASE, &params)]).await {
            tracing::debug!(worker = self.name, %error, "a lease runs out by itself");
        }
    }
}

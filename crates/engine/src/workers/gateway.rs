//! Calls to payment gateways: begun when their intent is durable, never inside a transaction.

use super::carry_out;
use crate::batch::Intent;
use crate::core::Shared;
use crate::ports::GatewayCall;
use crate::submission::{Submission, SubmitError};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore};
use waybill_domain::actor::{Actor, Door};
use waybill_domain::command::Command;
use waybill_domain::ids::{OrderId, TransactionId};
use waybill_domain::payment::outcome::{GatewayOutcome, RecordOutcome};
use waybill_domain::payment::{TransactionKind, TransactionState};
use waybill_store::StoreError;
use waybill_store::value::Value;

/// A gateway that has not answered after this long counts as unknown.
const PATIENCE: Duration = Duration::from_secs(30);
/// A pending call that nobody seems to make is taken up after this long, in seconds (its process may have died).
const ORPHANED_S: i64 = 60;
/// The janitor asks about an unknown call at most this often, in seconds.
const ASK_AGAIN_S: i64 = 5;

/// Which orders have calls under way in this process, and how many may be at once.
pub(crate) struct GatewayDesk {
    under_way: Mutex<FxHashMap<OrderId, usize>>,
    landed: Notify,
    room: Semaphore,
    asked: Mutex<FxHashMap<TransactionId, i64>>,
    /// How many open calls the janitor's next look passes over: it has looked at them.
    passed: AtomicI64,
    /// Gateways that calls name and nobody has, and that were told of.
    missing: Mutex<FxHashSet<String>>,
}

impl GatewayDesk {
    pub(crate) fn new(calls_max: usize) -> Self {
        Self {
            under_way: Mutex::new(FxHashMap::default()),
            landed: Notify::new(),
            room: Semaphore::new(calls_max),
            asked: Mutex::new(FxHashMap::default()),
            passed: AtomicI64::new(0),
            missing: Mutex::default(),
        }
    }

    fn calls(&self) -> std::sync::MutexGuard<'_, FxHashMap<OrderId, usize>> {
        self.under_way.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn took_off(&self, order: OrderId) {
        *self.calls().entry(order).or_default() += 1;
    }

    fn landed(&self, order: OrderId) {
        let mut calls = self.calls();
        if let Some(count) = calls.get_mut(&order) {
            *count -= 1;
            if *count == 0 {
                calls.remove(&order);
            }
        }
        drop(calls);
        self.landed.notify_waiters();
    }

    /// Says once that calls wait for a gateway that is not in the settings.
    fn tell_missing(&self, gateway: &str, transaction_id: TransactionId) {
        let mut missing = self.missing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if missing.insert(gateway.to_owned()) {
            tracing::warn!(gateway, transaction.id = %transaction_id, "calls wait for a gateway that is not there");
        }
    }

    pub(crate) fn is_under_way(&self, order: OrderId) -> bool {
        self.calls().contains_key(&order)
    }

    pub(crate) async fn settled(&self, order: OrderId, limit: Duration) -> bool {
        let wait = async {
            loop {
                let landed = self.landed.notified();
                tokio::pin!(landed);
                // Registered before looking, so that a landing in between is not missed.
                landed.as_mut().enable();
                if !self.is_under_way(order) {
                    return;
                }
                landed.await;
            }
        };
        tokio::time::timeout(limit, wait).await.is_ok()
    }
}

/// Begins a call whose intent was just committed.
pub(crate) fn dispatch(shared: &Arc<Shared>, intent: Intent) {
    let order = intent.transaction_id.order_id;
    shared.gateway.took_off(order);
    let shared = shared.clone();
    tokio::spawn(async move {
        call(&shared, intent.transaction_id, intent.token).await;
        shared.gateway.landed(order);
    });
}

/// Makes one call and records its outcome.
async fn call(shared: &Arc<Shared>, transaction_id: TransactionId, token: Option<String>) {
    let Ok(_room) = shared.gateway.room.acquire().await else {
        return;
    };
    let asked = match read_call(shared, transaction_id, token).await {
        Ok(Some(asked)) => asked,
        Ok(None) => return,
        Err(error) => {
            // It stays pending; the janitor takes it up.
            tracing::warn!(transaction.id = %transaction_id, %error, "a gateway call could not be read");
            return;
        }
    };
    let began = Instant::now();
    let outcome = match shared.ports.gateways.get(&asked.gateway) {
        Some(gateway) => {
            tokio::time::timeout(PATIENCE, gateway.execute(&asked.call)).await.unwrap_or(GatewayOutcome::Unknown)
        }
        None => GatewayOutcome::Failed { code: "no_such_gateway".into() },
    };
    tracing::debug!(
        gateway = %asked.gateway,
        transaction.id = %transaction_id,
        took_us = began.elapsed().as_micros() as u64,
        "a gateway answered"
    );
    record(shared, transaction_id, outcome).await;
}

async fn record(shared: &Arc<Shared>, transaction_id: TransactionId, outcome: GatewayOutcome) {
    let actor = Arc::new(Actor::system("gateway", Door::Gateway));
    let ids = shared.mint.next(&*shared.ports.clock, &*shared.ports.entropy);
    let submission = Submission::new(RecordOutcome { transaction_id, outcome }, actor, ids);
    match shared.submit(submission, true).await {
        Ok(_) => {}
        Err(SubmitError::Refused { refusal, .. }) => {
            tracing::debug!(transaction.id = %transaction_id, code = %refusal.code, "an outcome was known already");
        }
        Err(error) => tracing::warn!(transaction.id = %transaction_id, %error, "an outcome could not be recorded"),
    }
}

struct Asked {
    gateway: String,
    call: GatewayCall,
}

pub(super) const CALL: &str = "SELECT t.kind, t.amount, o.currency, p.gateway, p.reference, x.body FROM payment_transactions t \
     JOIN payments p ON p.order_id = t.order_id AND p.number = t.payment JOIN orders o ON o.id = t.order_id \
     LEFT JOIN texts x ON x.id = p.token WHERE t.order_id = $1 AND t.number = $2";

async fn read_call(
    shared: &Arc<Shared>,
    transaction_id: TransactionId,
    token: Option<String>,
) -> Result<Option<Asked>, StoreError> {
    let params = [Value::Id(transaction_id.order_id.0), Value::Int(i64::from(transaction_id.number))];
    let rows = shared.store.read(CALL, &params).await?;
    let Some(mut row) = rows.into_iter().next() else {
        return Ok(None);
    };
    let kind: TransactionKind = row.take()?;
    let (amount, currency) = (row.take()?, row.take()?);
    let gateway: Option<String> = row.take()?;
    let reference: Option<String> = row.take()?;
    let kept: Option<String> = row.take()?;
    let call =
        GatewayCall { transaction_id, kind, amount, currency, token: token.or(kept).unwrap_or_default(), reference };
    Ok(Some(Asked { gateway: gateway.unwrap_or_default(), call }))
}

pub(super) const OPEN_CALLS: &str = "SELECT t.order_id, t.number, t.state, p.gateway, t.requested_at FROM payment_transactions t \
     JOIN payments p ON p.order_id = t.order_id AND p.number = t.payment JOIN orders o ON o.id = t.order_id \
     WHERE t.state IN ('pending', 'unknown') AND o.origin = 'live' AND t.requested_at <= $1 \
     ORDER BY t.requested_at LIMIT $2 OFFSET $3";

/// Asks about calls whose outcome is unknown, and takes up pending ones that no process makes any more. Some at a time,
/// one after the other: those that nobody can tell about keep no others from being asked about.
pub(super) async fn janitor(shared: &Arc<Shared>, actor: &Arc<Actor>) -> Result<(), StoreError> {
    let now = shared.ports.clock.now();
    let limit = super::desks::BATCH as i64;
    let passed = shared.gateway.passed.load(Ordering::Relaxed);
    let params = [Value::Int(now.0), Value::Int(limit), Value::Int(passed)];
    let rows = shared.store.read(OPEN_CALLS, &params).await?;
    let is_full = rows.len() == super::desks::BATCH;
    shared.gateway.passed.store(if is_full { passed + limit } else { 0 }, Ordering::Relaxed);
    let mut commands: Vec<Command> = Vec::new();
    for mut row in rows {
        if shared.is_stopping() {
            return Ok(());
        }
        let transaction_id = TransactionId::new(row.take()?, row.take()?);
        let state: TransactionState = row.take()?;
        let name = row.take::<Option<String>>()?.unwrap_or_default();
        let is_orphaned = now.0 - row.take::<i64>()? > ORPHANED_S * 1_000_000;
        if shared.gateway.is_under_way(transaction_id.order_id) || !due(shared, transaction_id, now.0) {
            continue;
        }
        match (state, shared.ports.gateways.get(&name)) {
            (TransactionState::Unknown, Some(gateway)) => {
                let lookup = tokio::time::timeout(PATIENCE, gateway.lookup(transaction_id)).await;
                let outcome = lookup.unwrap_or(GatewayOutcome::Unknown);
                if outcome != GatewayOutcome::Unknown {
                    commands.push(RecordOutcome { transaction_id, outcome }.into());
                }
            }
            (TransactionState::Pending, Some(_)) if is_orphaned => {
                // Same key, so a call that did arrive is answered as it was.
                dispatch(shared, Intent { transaction_id, token: None });
            }
            (TransactionState::Pending, None) if is_orphaned => {
                // Nobody here can tell whether the call was made. People see that nobody can; the gateway, once it is back,
                // is asked.
                shared.gateway.tell_missing(&name, transaction_id);
                commands.push(RecordOutcome { transaction_id, outcome: GatewayOutcome::Unknown }.into());
            }
            (TransactionState::Unknown, None) => shared.gateway.tell_missing(&name, transaction_id),
            (TransactionState::Pending | TransactionState::Succeeded | TransactionState::Failed, _) => {}
        }
    }
    carry_out(shared, actor, commands, None).await;
    Ok(())
}

/// Whether it is time to ask about a call again.
fn due(shared: &Arc<Shared>, transaction_id: TransactionId, now: i64) -> bool {
    let mut asked = shared.gateway.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    asked.retain(|_, at| now - *at < ASK_AGAIN_S * 1_000_000);
    if asked.contains_key(&transaction_id) {
        return false;
    }
    asked.insert(transaction_id, now);
    true
}

//! Calls to payment gateways: begun when their intent is durable, never inside a transaction.

use super::carry_out;
use crate::batch::Intent;
use crate::core::Shared;
use crate::ports::GatewayCall;
use crate::submission::{Submission, SubmitError};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use waybill_domain::actor::{Actor, Door};
use waybill_domain::command::Command;
use waybill_domain::ids::{OrderId, TransactionId};
use waybill_domain::payment::outcome::{GatewayOutcome, RecordOutcome};
use waybill_domain::payment::{TransactionKind, TransactionState};
use waybill_store::StoreError;
use waybill_store::value::{Row, Value};

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
}

impl GatewayDesk {
    pub(crate) fn new(calls_max: usize) -> Self {
        Self {
            under_way: Mutex::new(FxHashMap::default()),
            landed: Notify::new(),
            room: Semaphore::new(calls_max),
            asked: Mutex::new(FxHashMap::default()),
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
    let outcome = match shared.ports.gateways.get(&asked.gateway) {
        Some(gateway) => {
            tokio::time::timeout(PATIENCE, gateway.execute(&asked.call)).await.unwrap_or(GatewayOutcome::Unknown)
        }
        None => GatewayOutcome::Failed { code: "no_such_gateway".into() },
    };
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

pub(super) const OPEN_CALLS: &str = "SELECT t.order_id, t.number, t.state, p.gateway FROM payment_transactions t \
     JOIN payments p ON p.order_id = t.order_id AND p.number = t.payment JOIN orders o ON o.id = t.order_id \
     WHERE t.state IN ('pending', 'unknown') AND o.origin = 'live' AND t.requested_at <= $1 \
     ORDER BY t.requested_at LIMIT $2";

/// Asks about calls whose outcome is unknown, and takes up pending ones that no process makes any more.
pub(super) async fn janitor(shared: &Arc<Shared>, actor: &Arc<Actor>) -> Result<(), StoreError> {
    let now = shared.ports.clock.now();
    let limit = super::desks::BATCH as i64;
    let rows = shared.store.read(OPEN_CALLS, &[Value::Int(now.0), Value::Int(limit)]).await?;
    let mut commands: Vec<Command> = Vec::new();
    for mut row in rows {
        let transaction_id = TransactionId::new(row.take()?, row.take()?);
        let state: TransactionState = row.take()?;
        let gateway: Option<String> = row.take()?;
        if shared.gateway.is_under_way(transaction_id.order_id) || !due(shared, transaction_id, now.0) {
            continue;
        }
        let Some(gateway) = gateway.and_then(|name| shared.ports.gateways.get(&name)) else {
            continue;
        };
        match state {
            TransactionState::Unknown => {
                let lookup = tokio::time::timeout(PATIENCE, gateway.lookup(transaction_id)).await;
                let outcome = lookup.unwrap_or(GatewayOutcome::Unknown);
                if outcome != GatewayOutcome::Unknown {
                    commands.push(RecordOutcome { transaction_id, outcome }.into());
                }
            }
            TransactionState::Pending => {
                if is_orphaned(shared, transaction_id, now.0).await? {
                    // Same key, so a call that did arrive is answered as it was.
                    dispatch(shared, Intent { transaction_id, token: None });
                }
            }
            TransactionState::Succeeded | TransactionState::Failed => {}
        }
    }
    if shared.stopping.load(Ordering::Acquire) {
        return Ok(());
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

pub(super) const REQUESTED_AT: &str =
    "SELECT requested_at FROM payment_transactions WHERE order_id = $1 AND number = $2";

async fn is_orphaned(shared: &Arc<Shared>, id: TransactionId, now: i64) -> Result<bool, StoreError> {
    let params = [Value::Id(id.order_id.0), Value::Int(i64::from(id.number))];
    let rows = shared.store.read(REQUESTED_AT, &params).await?;
    let at = rows.into_iter().next().map(|mut row: Row| row.take::<i64>()).transpose()?;
    Ok(at.is_some_and(|at| now - at > ORPHANED_S * 1_000_000))
}

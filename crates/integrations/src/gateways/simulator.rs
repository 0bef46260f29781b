//! The built-in simulated gateway: moves no money, answers as the token says.
//!
//! | token | authorize | later |
//! |---|---|---|
//! | `sim_ok` (and any other) | succeeds, good for seven days | everything succeeds |
//! | `sim_decline` | fails, `card_declined` | |
//! | `sim_timeout` | no answer, and nothing happened | lookup: `never_received` |
//! | `sim_late` | no answer, but it succeeded | lookup: succeeded |
//! | `sim_expire` | succeeds, good for ten seconds | renewal fails; a capture after that fails, `authorization_expired` |
//! | `sim_capture_fail` | succeeds | captures fail, `insufficient_funds` |
//! | `sim_refund_fail` | succeeds | refunds fail, `refund_rejected` |

use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use waybill_domain::ids::TransactionId;
use waybill_domain::payment::TransactionKind;
use waybill_domain::payment::outcome::GatewayOutcome;
use waybill_domain::time::Timestamp;
use waybill_engine::{Clock, Gateway, GatewayCall};

/// The name payments carry.
pub const NAME: &str = "simulator";
const GOOD_FOR_S: i64 = 7 * 86_400;
const EXPIRE_TOKEN_GOOD_FOR_S: i64 = 10;
/// How many calls without an answer are remembered.
const REMEMBERED_MAX: usize = 10_000;

/// A gateway that only pretends.
pub struct Simulator {
    clock: Arc<dyn Clock>,
    /// Each call takes this long.
    latency: Duration,
    /// Calls whose answer was lost, and what became of them.
    lost: Mutex<VecDeque<(TransactionId, GatewayOutcome)>>,
    /// When authorizations made with `sim_expire` end.
    expiring: Mutex<VecDeque<(String, Timestamp)>>,
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulator").field("latency", &self.latency).finish_non_exhaustive()
    }
}

fn remember<T>(list: &Mutex<VecDeque<T>>, one: T) {
    let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
    if list.len() == REMEMBERED_MAX {
        list.pop_front();
    }
    list.push_back(one);
}

fn failed(code: &str) -> GatewayOutcome {
    GatewayOutcome::Failed { code: code.to_owned() }
}

impl Simulator {
    pub fn new(clock: Arc<dyn Clock>, latency: Duration) -> Self {
        Self { clock, latency, lost: Mutex::default(), expiring: Mutex::default() }
    }

    fn authorize(&self, call: &GatewayCall) -> GatewayOutcome {
        let now = self.clock.now();
        let reference = Some(format!("sim-{}", call.transaction_id));
        let until = |seconds| GatewayOutcome::Succeeded {
            reference: reference.clone(),
            expires_at: Some(now.plus_seconds(seconds)),
        };
        match call.token.as_str() {
            "sim_decline" => failed("card_declined"),
            "sim_timeout" => {
                remember(&self.lost, (call.transaction_id, failed("never_received")));
                GatewayOutcome::Unknown
            }
            "sim_late" => {
                remember(&self.lost, (call.transaction_id, until(GOOD_FOR_S)));
                GatewayOutcome::Unknown
            }
            // Once per order: its renewal is refused, so that expiry can be seen.
            "sim_expire" if self.expires(call) => failed("renewal_refused"),
            "sim_expire" => {
                let end = now.plus_seconds(EXPIRE_TOKEN_GOOD_FOR_S);
                remember(&self.expiring, (reference.clone().unwrap_or_default(), end));
                until(EXPIRE_TOKEN_GOOD_FOR_S)
            }
            _ => until(GOOD_FOR_S),
        }
    }

    /// Whether this order had an authorization that expires.
    fn expires(&self, call: &GatewayCall) -> bool {
        let text = call.transaction_id.to_string();
        let order = text.rsplit_once('-').map_or(text.as_str(), |(order, _)| order);
        let expiring = self.expiring.lock().unwrap_or_else(PoisonError::into_inner);
        expiring.iter().any(|(known, _)| known.contains(order))
    }

    fn expired(&self, reference: Option<&str>) -> bool {
        let now = self.clock.now();
        let expiring = self.expiring.lock().unwrap_or_else(PoisonError::into_inner);
        expiring.iter().any(|(known, end)| Some(known.as_str()) == reference && *end <= now)
    }
}

#[async_trait]
impl Gateway for Simulator {
    fn name(&self) -> &str {
        NAME
    }

    async fn execute(&self, call: &GatewayCall) -> GatewayOutcome {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let done =
            GatewayOutcome::Succeeded { reference: Some(format!("sim-{}", call.transaction_id)), expires_at: None };
        match (call.kind, call.token.as_str()) {
            (TransactionKind::Authorize, _) => self.authorize(call),
            (TransactionKind::Capture, "sim_capture_fail") => failed("insufficient_funds"),
            (TransactionKind::Capture, "sim_expire") if self.expired(call.reference.as_deref()) => {
                failed("authorization_expired")
            }
            (TransactionKind::Refund, "sim_refund_fail") => failed("refund_rejected"),
            (TransactionKind::Capture | TransactionKind::Void | TransactionKind::Refund, _) => done,
        }
    }

    async fn lookup(&self, transaction_id: TransactionId) -> GatewayOutcome {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lost.iter().find(|(id, _)| *id == transaction_id).map(|(_, outcome)| outcome.clone());
        // A simulator that was started anew remembers nothing, as if the call had never arrived.
        known.unwrap_or_else(|| failed("never_received"))
    }
}

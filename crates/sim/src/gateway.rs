//! A scripted payment gateway with books of its own: what it moved is the truth that Waybill's books are held against.

use crate::coverage::Coverage;
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use waybill_domain::ids::{OrderId, TransactionId};
use waybill_domain::payment::TransactionKind;
use waybill_domain::payment::outcome::GatewayOutcome;
use waybill_domain::time::Timestamp;
use waybill_engine::{Clock, Gateway, GatewayCall};
use waybill_fault_vfs::Dice;

/// The name payments carry.
pub const NAME: &str = "acquirer";

/// How it behaves, in percent of calls.
#[derive(Clone, Copy, Debug)]
pub struct Mood {
    pub declines: u64,
    /// The call is carried out and its answer lost.
    pub silent: u64,
    /// The call never arrives.
    pub deaf: u64,
    /// The answer takes longer than anybody waits.
    pub slow: u64,
}

impl Mood {
    pub const CALM: Self = Self { declines: 0, silent: 0, deaf: 0, slow: 0 };
}

#[derive(Clone, Debug)]
struct Authorization {
    amount: i64,
    captured: i64,
    ended: bool,
    expires_at: Timestamp,
}

/// What it moved for one order, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    pub captured: i64,
    pub refunded: i64,
}

#[derive(Debug, Default)]
struct State {
    outcomes: BTreeMap<TransactionId, GatewayOutcome>,
    /// Calls it was asked about before they came; refused ever since.
    disowned: BTreeSet<TransactionId>,
    attempts: BTreeMap<TransactionId, u64>,
    authorizations: BTreeMap<String, Authorization>,
    moved: BTreeMap<OrderId, Moved>,
    /// What no honest engine asks for.
    violations: Vec<String>,
}

/// Answers follow from the seed, the transaction and how often it was asked, whatever the order of calls.
pub struct ScriptedGateway {
    seed: u64,
    clock: Arc<dyn Clock>,
    mood: Mutex<Mood>,
    state: Mutex<State>,
    coverage: Arc<Coverage>,
}

impl std::fmt::Debug for ScriptedGateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedGateway").field("seed", &self.seed).finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(code: &str) -> GatewayOutcome {
    GatewayOutcome::Failed { code: code.to_owned() }
}

impl ScriptedGateway {
    pub fn new(seed: u64, clock: Arc<dyn Clock>, coverage: Arc<Coverage>) -> Self {
        Self { seed, clock, mood: Mutex::new(Mood::CALM), state: Mutex::default(), coverage }
    }

    pub fn set_mood(&self, mood: Mood) {
        *locked(&self.mood) = mood;
    }

    /// By order, everything that was ever moved.
    pub fn moved(&self) -> BTreeMap<OrderId, Moved> {
        locked(&self.state).moved.clone()
    }

    pub fn violations(&self) -> Vec<String> {
        locked(&self.state).violations.clone()
    }

    /// Transactions it has carried out or refused, and with what outcome: for messages that come late, or twice.
    pub fn known(&self) -> Vec<(TransactionId, GatewayOutcome)> {
        locked(&self.state).outcomes.iter().map(|(id, outcome)| (*id, outcome.clone())).collect()
    }

    fn dice(&self, id: TransactionId, attempt: u64) -> Dice {
        let order = id.order_id.0.0;
        let part = (order as u64) ^ (order >> 64) as u64 ^ u64::from(id.number) << 40 ^ attempt << 56;
        Dice::of(self.seed, part)
    }

    /// Carries a call out, once per transaction.
    fn carry_out(&self, call: &GatewayCall, dice: &mut Dice, mood: Mood) -> GatewayOutcome {
        let mut state = locked(&self.state);
        let state = &mut *state;
        if let Some(known) = state.outcomes.get(&call.transaction_id) {
            return known.clone();
        }
        let now = self.clock.now();
        let outcome = if state.disowned.contains(&call.transaction_id) {
            failed("never_received")
        } else if dice.chance(mood.declines) {
            self.coverage.fault("gateway declined");
            failed("declined")
        } else {
            judge(state, call, now, dice)
        };
        state.outcomes.insert(call.transaction_id, outcome.clone());
        outcome
    }
}

fn judge(state: &mut State, call: &GatewayCall, now: Timestamp, dice: &mut Dice) -> GatewayOutcome {
    let (order, amount) = (call.transaction_id.order_id, call.amount.0);
    let done = GatewayOutcome::Succeeded { reference: Some(format!("acq-{}", call.transaction_id)), expires_at: None };
    let moved = state.moved.entry(order).or_default();
    if amount <= 0 {
        state.violations.push(format!("{:?} of {amount} asked for {}", call.kind, call.transaction_id));
        return failed("invalid_amount");
    }
    let authorization = call.reference.as_ref().and_then(|reference| state.authorizations.get_mut(reference));
    match call.kind {
        TransactionKind::Authorize => {
            let good_for = [10, 7_200, 7 * 86_400, 7 * 86_400][dice.below(4) as usize];
            let (expires_at, reference) = (now.plus_seconds(good_for), format!("acq-{}", call.transaction_id));
            let authorization = Authorization { amount, captured: 0, ended: false, expires_at };
            state.authorizations.insert(reference.clone(), authorization);
            GatewayOutcome::Succeeded { reference: Some(reference), expires_at: Some(expires_at) }
        }
        TransactionKind::Capture => match authorization {
            None => {
                state.violations.push(format!("capture {} names no authorization", call.transaction_id));
                failed("unknown_authorization")
            }
            Some(one) if one.ended || one.expires_at < now => failed("authorization_expired"),
            Some(one) if one.captured + amount > one.amount => {
                let why = format!("{amount} asked for, {} of {} taken", one.captured, one.amount);
                state.violations.push(format!("capture {} takes too much: {why}", call.transaction_id));
                failed("exceeds_authorization")
            }
            Some(one) => {
                one.captured += amount;
                moved.captured += amount;
                done
            }
        },
        TransactionKind::Void => {
            if let Some(one) = authorization {
                one.ended = true;
            }
            done
        }
        TransactionKind::Refund => {
            if moved.refunded + amount > moved.captured {
                let why = format!("{amount} asked for, {} of {} back already", moved.refunded, moved.captured);
                state.violations.push(format!("refund {} gives too much: {why}", call.transaction_id));
                return failed("exceeds_capture");
            }
            moved.refunded += amount;
            done
        }
    }
}

#[async_trait]
impl Gateway for ScriptedGateway {
    fn name(&self) -> &str {
        NAME
    }

    async fn execute(&self, call: &GatewayCall) -> GatewayOutcome {
        let attempt = {
            let mut state = locked(&self.state);
            let attempts = state.attempts.entry(call.transaction_id).or_default();
            *attempts += 1;
            *attempts
        };
        let (mood, mut dice) = (*locked(&self.mood), self.dice(call.transaction_id, attempt));
        let (deaf, silent, slow) = (dice.chance(mood.deaf), dice.chance(mood.silent), dice.chance(mood.slow));
        let latency = Duration::from_millis(dice.below(if slow { 60_000 } else { 800 }));
        if deaf {
            self.coverage.fault("gateway deaf");
            tokio::time::sleep(latency).await;
            return GatewayOutcome::Unknown;
        }
        let outcome = self.carry_out(call, &mut dice, mood);
        if latency.as_secs() >= 30 {
            // Nobody will hear the end of it.
            self.coverage.fault("gateway timed out");
        }
        tokio::time::sleep(latency).await;
        if silent {
            self.coverage.fault("gateway silent");
            return GatewayOutcome::Unknown;
        }
        outcome
    }

    async fn lookup(&self, transaction_id: TransactionId) -> GatewayOutcome {
        let mood = *locked(&self.mood);
        let mut state = locked(&self.state);
        let attempts = state.attempts.entry(transaction_id).or_default();
        *attempts += 1;
        let mut dice = self.dice(transaction_id, *attempts);
        if dice.chance(mood.silent) {
            return GatewayOutcome::Unknown;
        }
        match state.outcomes.get(&transaction_id) {
            Some(known) => {
                if matches!(known, GatewayOutcome::Succeeded { .. }) {
                    self.coverage.fault("gateway succeeded late");
                }
                known.clone()
            }
            None => {
                state.disowned.insert(transaction_id);
                failed("never_received")
            }
        }
    }
}

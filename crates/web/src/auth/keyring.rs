//! What is known about secrets and sessions, for a short time.

use super::{Caller, SignedIn};
use crate::state::WebState;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use waybill_domain::access::UserState;
use waybill_domain::actor::{Actor, Door, Principal};
use waybill_domain::time::Timestamp;
use waybill_store::Store;
use waybill_store::read::sign_in::SessionOf;
use waybill_store::read::{ReadError, keys, sign_in, users};
use waybill_store::tables::Session;

/// How long an answer about a key or a session is remembered; a revoked one stops working within this time.
const REMEMBERED: Duration = Duration::from_secs(Session::REMEMBERED_S as u64);
/// Secrets remembered at most.
const REMEMBERED_MAX: usize = 10_000;

/// How much a key may still send now (a token bucket).
#[derive(Clone, Copy, Debug)]
struct Allowance {
    tokens: f64,
    at: Instant,
}

/// Who a secret belonged to when it was last looked up; None for nobody.
type Known = HashMap<[u8; 32], (Instant, Option<Caller>)>;

#[derive(Debug)]
pub struct Keyring {
    keys: Mutex<Known>,
    sessions: Mutex<Known>,
    /// Whether the store has a key or a user, and when that was last asked. A store never loses its last one.
    any: Mutex<Option<(Instant, bool)>>,
    requests_per_s: Option<u32>,
    allowances: Mutex<HashMap<[u8; 32], Allowance>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remembered(known: &Mutex<Known>, hash: [u8; 32]) -> Option<Option<Caller>> {
    let known = locked(known);
    known.get(&hash).filter(|(at, _)| at.elapsed() < REMEMBERED).map(|(_, caller)| caller.clone())
}

fn remember(known: &Mutex<Known>, hash: [u8; 32], caller: Option<Caller>) {
    let mut known = locked(known);
    if known.len() >= REMEMBERED_MAX {
        known.clear();
    }
    known.insert(hash, (Instant::now(), caller));
}

impl Keyring {
    pub fn new(requests_per_s: Option<u32>) -> Self {
        Self {
            keys: Mutex::default(),
            sessions: Mutex::default(),
            any: Mutex::new(None),
            requests_per_s,
            allowances: Mutex::default(),
        }
    }

    /// Whose key has this secret.
    pub async fn key(&self, store: &dyn Store, hash: [u8; 32]) -> Result<Option<Caller>, ReadError> {
        if let Some(known) = remembered(&self.keys, hash) {
            return Ok(known);
        }
        let key = keys::by_secret(store, hash).await?;
        let caller = key.filter(|key| key.revoked_at.is_none()).as_ref().map(Caller::from_key);
        remember(&self.keys, hash, caller.clone());
        Ok(caller)
    }

    /// Whose session has this token, if it still holds.
    pub async fn session(&self, state: &WebState, hash: [u8; 32]) -> Result<Option<Caller>, ReadError> {
        if let Some(known) = remembered(&self.sessions, hash) {
            return Ok(known);
        }
        let now = state.engine().now();
        let idle_s = state.options().session_idle_s;
        let found = sign_in::session(state.store(), hash).await?.filter(|found| holds(found, now, idle_s));
        if let Some(found) = &found
            && now.seconds_since(found.session.seen_at) >= Session::SEEN_S
        {
            waybill_store::sign_in::seen(state.store(), hash, now).await?;
        }
        let caller = found.map(caller);
        remember(&self.sessions, hash, caller.clone());
        Ok(caller)
    }

    /// A session ended here is over at once.
    pub fn forget(&self, hash: [u8; 32]) {
        locked(&self.sessions).remove(&hash);
    }

    /// Sessions of a user may be over.
    pub fn forget_user(&self, user: waybill_domain::ids::UserId) {
        let of_user = |caller: &Option<Caller>| {
            caller.as_ref().and_then(|caller| caller.session).is_some_and(|session| session.user_id == user)
        };
        locked(&self.sessions).retain(|_, (_, caller)| !of_user(caller));
    }

    /// Whether anybody or anything can prove who it is: then nobody is taken for the owner without that.
    pub async fn any(&self, store: &dyn Store) -> Result<bool, ReadError> {
        if let Some((at, any)) = *locked(&self.any)
            && (any || at.elapsed() < REMEMBERED)
        {
            return Ok(any);
        }
        let any = keys::any(store).await? || users::any(store).await?;
        *locked(&self.any) = Some((Instant::now(), any));
        Ok(any)
    }

    /// There is a key or a user from now on.
    pub fn closed(&self) {
        *locked(&self.any) = Some((Instant::now(), true));
    }

    /// Seconds until this key may send again; None where it may now.
    pub fn wait(&self, hash: [u8; 32]) -> Option<u64> {
        let rate = f64::from(self.requests_per_s?);
        let mut allowances = locked(&self.allowances);
        if allowances.len() >= REMEMBERED_MAX {
            allowances.clear();
        }
        let now = Instant::now();
        let allowance = allowances.entry(hash).or_insert(Allowance { tokens: rate * 10.0, at: now });
        let refill = now.duration_since(allowance.at).as_secs_f64() * rate;
        allowance.tokens = (allowance.tokens + refill).min(rate * 10.0);
        allowance.at = now;
        if allowance.tokens < 1.0 {
            return Some(((1.0 - allowance.tokens) / rate).ceil().max(1.0) as u64);
        }
        allowance.tokens -= 1.0;
        None
    }
}

/// Whether a session holds: not ended, begun in the user's present epoch, neither too old nor unused for too long.
pub fn holds(found: &SessionOf, now: Timestamp, idle_s: i64) -> bool {
    let SessionOf { session, user, .. } = found;
    user.state == UserState::Active
        && session.ended_at.is_none()
        && session.epoch == user.epoch
        && now < session.expires_at
        && now < session.seen_at.plus_seconds(idle_s)
}

fn caller(found: SessionOf) -> Caller {
    let SessionOf { session, user, name } = found;
    let mut actor = Actor::new(Principal::User(user.id), Door::Console, &user.role.permissions());
    (actor.channels, actor.locations) = (user.channels, user.locations);
    let session = SignedIn { user_id: user.id, id: session.id, token_hash: session.token_hash };
    Caller { actor: Arc::new(actor), name: name.map(Into::into), session: Some(session) }
}

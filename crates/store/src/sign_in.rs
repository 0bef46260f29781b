//! What is kept of how people sign in: sessions, one-time links, codes that were taken, tries that failed. Housekeeping, beside
//! the log.

use crate::backend::Store;
use crate::error::StoreError;
use crate::record::values;
use crate::record::{Record, Table};
use crate::tables::{FailedSignIns, LinkPurpose, Session, SignInLink, WrongProof};
use crate::value::Value;
use waybill_domain::Code;
use waybill_domain::ids::{SessionId, UserId};
use waybill_domain::time::Timestamp;

fn hash(token_hash: [u8; 32]) -> Value {
    Value::Bytes(token_hash.to_vec())
}

fn insert(table: &Table) -> String {
    let places: Vec<String> = (1..=table.columns.len()).map(|place| format!("${place}")).collect();
    format!("INSERT INTO {} ({}) VALUES ({})", table.name, table.column_list(), places.join(", "))
}

/// How long a session is kept beyond its end, in seconds, as the record of who signed in, and tries that failed: 90 days.
pub const KEPT_S: i64 = 90 * 86_400;

/// Begins a session, and removes those of anybody that ended long ago.
pub async fn begin(store: &dyn Store, session: &Session) -> Result<(), StoreError> {
    let sql = insert(Session::table());
    let over: &[Value] = &[session.created_at.plus_seconds(-KEPT_S).0.into()];
    store.execute(&[("DELETE FROM sessions WHERE expires_at <= $1", over), (&sql, &values(session))]).await.map(drop)
}

/// Notes that a session was used.
pub async fn seen(store: &dyn Store, token_hash: [u8; 32], at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2";
    store.execute(&[(sql, &[hash(token_hash), at.0.into()])]).await.map(drop)
}

/// Ends the session with this token.
pub async fn end(store: &dyn Store, token_hash: [u8; 32], now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL";
    store.execute(&[(sql, &[hash(token_hash), now.0.into()])]).await.map(drop)
}

/// Ends one session of a user; says whether there was one.
pub async fn end_one(store: &dyn Store, user_id: UserId, id: SessionId, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE sessions SET ended_at = $3 WHERE user_id = $1 AND id = $2 AND ended_at IS NULL";
    let ended = store.execute(&[(sql, &[user_id.0.into(), id.0.into(), now.0.into()])]).await?;
    Ok(ended.first() == Some(&1))
}

/// Ends every session of a user, and every link that was made for them.
pub async fn end_all(store: &dyn Store, user_id: UserId, now: Timestamp) -> Result<(), StoreError> {
    let user: &[Value] = &[user_id.0.into()];
    let ended: &[Value] = &[user_id.0.into(), now.0.into()];
    // Those that ran out are not touched: nobody ended them.
    let sql = "UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2";
    let sessions = (sql, ended);
    store.execute(&[sessions, ("DELETE FROM sign_in_links WHERE user_id = $1", user)]).await.map(drop)
}

/// Makes a link, and removes those of anybody that came to their end.
pub async fn make_link(store: &dyn Store, link: &SignInLink, now: Timestamp) -> Result<(), StoreError> {
    let sql = insert(SignInLink::table());
    let over: &[Value] = &[now.0.into()];
    store.execute(&[("DELETE FROM sign_in_links WHERE expires_at <= $1", over), (&sql, &values(link))]).await.map(drop)
}

/// Uses a link up; false where it was used before, came to its end, or is for something else.
pub async fn take_link(
    store: &dyn Store,
    token_hash: [u8; 32],
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM sign_in_links WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3";
    let taken = store.execute(&[(sql, &[hash(token_hash), purpose.code().into(), now.0.into()])]).await?;
    Ok(taken.first() == Some(&1))
}

/// Takes a code of an authenticator; false where it, or a later one, was taken before.
pub async fn take_code(store: &dyn Store, user_id: UserId, step: i64) -> Result<bool, StoreError> {
    let sql = "INSERT INTO totp_uses (user_id, step) VALUES ($1, $2) ON CONFLICT (user_id) \
         DO UPDATE SET step = excluded.step WHERE totp_uses.step < excluded.step";
    let taken = store.execute(&[(sql, &[user_id.0.into(), step.into()])]).await?;
    Ok(taken.first() == Some(&1))
}

/// Notes that a try to sign in failed, now, for a user or for nobody who is known, from an address where there is one; and removes
/// what is old.
pub async fn failed(
    store: &dyn Store,
    user_id: Option<UserId>,
    wrong: WrongProof,
    address: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let hour = now.0 - now.0.rem_euclid(3_600_000_000);
    let over: &[Value] = &[now.plus_seconds(-KEPT_S).0.into()];
    let tried: &[Value] = &[
        hour.into(),
        user_id.unwrap_or(UserId::NIL).0.into(),
        wrong.code().into(),
        address.unwrap_or_default().into(),
        now.0.into(),
    ];
    let sql = format!(
        "INSERT INTO failed_sign_ins (hour, user_id, wrong, address, tries, last_at) \
         SELECT $1, $2, $3, \
         CASE WHEN (SELECT COUNT(*) FROM failed_sign_ins f WHERE f.hour = $1) < {} THEN $4 ELSE '' END, 1, $5 WHERE TRUE \
         ON CONFLICT (hour, user_id, wrong, address) \
         DO UPDATE SET tries = failed_sign_ins.tries + 1, last_at = excluded.last_at",
        FailedSignIns::ROWS_MAX
    );
    store.execute(&[("DELETE FROM failed_sign_ins WHERE hour <= $1", over), (&sql, tried)]).await.map(drop)
}

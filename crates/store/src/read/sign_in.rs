//! Sessions and one-time links, for whoever authenticates.

use super::cursor;
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::tables::{FailedSignIns, Session, SignInLink};
use crate::value::{ColumnKind, Row, Value};
use waybill_domain::Code;
use waybill_domain::access::User;
use waybill_domain::actor::{Permission, Principal};
use waybill_domain::ids::UserId;
use waybill_domain::time::Timestamp;

/// A session, whose it is, and their name where it was not erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOf {
    pub session: Session,
    pub user: User,
    pub name: Option<String>,
}

/// The session whose token has this SHA-256, whether it still holds or not.
pub async fn session(store: &dyn Store, token_hash: [u8; 32]) -> Result<Option<SessionOf>, ReadError> {
    let mut query = whole();
    query.and("s.token_hash = ?", Value::Bytes(token_hash.to_vec()));
    Ok(query.rows(store).await?.first_mut().map(read).transpose()?)
}

fn whole() -> Query {
    Query::new(of("sessions"))
}

fn of(sessions: &str) -> String {
    format!(
        "SELECT {}, {}, p.name FROM {sessions} s JOIN users u ON u.id = s.user_id \
         LEFT JOIN parties p ON p.id = u.party_id WHERE TRUE",
        columns::<Session>("s"),
        columns::<User>("u")
    )
}

fn read(row: &mut Row) -> Result<SessionOf, StoreError> {
    Ok(SessionOf { session: Session::read(row)?, user: User::read(row)?, name: row.take()? })
}

/// Sessions of a user that have not come to their end, the latest first. Everybody may see their own.
pub async fn sessions_of(
    store: &dyn Store,
    viewer: &Viewer,
    user_id: UserId,
    now: Timestamp,
) -> Result<Vec<Session>, ReadError> {
    if viewer.actor().principal != Principal::User(user_id) {
        viewer.must(&[Permission::UsersRead, Permission::UsersWrite])?;
    }
    let mut query = Query::new(format!(
        "SELECT {} FROM sessions s JOIN users u ON u.id = s.user_id AND u.epoch = s.epoch WHERE TRUE",
        columns::<Session>("s")
    ));
    query.and("s.user_id = ?", user_id.0);
    query.push(" AND s.ended_at IS NULL");
    query.and("s.expires_at > ?", now.0);
    query.order_and_limit("s.seen_at DESC", 200);
    Ok(query.rows(store).await?.iter_mut().map(Session::read).collect::<Result<Vec<_>, _>>()?)
}

/// Who signed in, the latest first; of one user where one is named. As with the list of users, nobody is of one channel or
/// location.
pub async fn sign_ins(
    store: &dyn Store,
    viewer: &Viewer,
    user_id: Option<UserId>,
    page: &PageRequest,
) -> Result<Page<SessionOf>, ReadError> {
    viewer.must(&[Permission::AuditRead])?;
    let mut query = match user_id {
        None => whole(),
        Some(user_id) => {
            // One's own sessions first, which are few: in the order of all, they would be looked for among everybody's.
            let mut query = Query::new("WITH mine AS MATERIALIZED (SELECT * FROM sessions m WHERE TRUE");
            query.and("m.user_id = ?", user_id.0);
            query.push(&format!(") {}", of("mine")));
            query
        }
    };
    if let Some(after) = &page.after {
        let id = cursor::decode(after, &[ColumnKind::Id])?.swap_remove(0);
        query.and("s.id < ?", id);
    }
    query.order_and_limit("s.id DESC", page.limit() + 1);
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| vec![row.session.id.0.into()]))
}

/// Tries to sign in that failed, and the name of whom they were for where it is known and was not erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedOf {
    pub tries: FailedSignIns,
    pub name: Option<String>,
}

/// Tries to sign in that failed, by the hour, the latest first; of one user where one is named. Everybody may see their own.
pub async fn failed(
    store: &dyn Store,
    viewer: &Viewer,
    user_id: Option<UserId>,
    page: &PageRequest,
) -> Result<Page<FailedOf>, ReadError> {
    const KEY: [&str; 4] = ["f.hour", "f.user_id", "f.wrong", "f.address"];
    if user_id.is_none_or(|id| viewer.actor().principal != Principal::User(id)) {
        viewer.must(&[Permission::AuditRead])?;
    }
    let mut query = Query::new(format!(
        "SELECT {}, p.name FROM failed_sign_ins f LEFT JOIN users u ON u.id = f.user_id \
         LEFT JOIN parties p ON p.id = u.party_id WHERE TRUE",
        columns::<FailedSignIns>("f")
    ));
    query.and_some("f.user_id = ?", user_id.map(|id| id.0));
    if let Some(after) = &page.after {
        let kinds = [ColumnKind::Int, ColumnKind::Id, ColumnKind::Text, ColumnKind::Text];
        query.below(&KEY, cursor::decode(after, &kinds)?);
    }
    query.order_and_limit(&KEY.map(|column| format!("{column} DESC")).join(", "), page.limit() + 1);
    let read = |row: &mut Row| Ok::<_, StoreError>(FailedOf { tries: FailedSignIns::read(row)?, name: row.take()? });
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |FailedOf { tries, .. }| {
        vec![tries.hour.0.into(), tries.user_id.0.into(), tries.wrong.code().into(), tries.address.as_str().into()]
    }))
}

/// The one-time link whose token has this SHA-256, if it was not used.
pub async fn link(store: &dyn Store, token_hash: [u8; 32]) -> Result<Option<SignInLink>, ReadError> {
    let mut query = Query::new(format!("SELECT {} FROM sign_in_links l WHERE TRUE", columns::<SignInLink>("l")));
    query.and("l.token_hash = ?", Value::Bytes(token_hash.to_vec()));
    Ok(query.rows(store).await?.first_mut().map(SignInLink::read).transpose()?)
}

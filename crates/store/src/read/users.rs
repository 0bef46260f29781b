//! People who work with Waybill. What they sign in with is read by [`account`] alone.

use super::cursor;
use super::customers::party;
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::value::{ColumnKind, Row, Value};
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::access::email::EmailDigest;
use waybill_domain::access::identity::IdentityDigest;
use waybill_domain::access::role::Role;
use waybill_domain::access::{User, UserState};
use waybill_domain::actor::{Permission, Principal, Scope};
use waybill_domain::ids::{ChannelId, LocationId, UserId};
use waybill_domain::personal::Party;
use waybill_domain::time::Timestamp;

/// A user as others see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    pub id: UserId,
    pub role: Role,
    pub channels: Scope<ChannelId>,
    pub locations: Scope<LocationId>,
    pub state: UserState,
    pub invited_at: Timestamp,
    pub joined_at: Option<Timestamp>,
    pub password_set_at: Option<Timestamp>,
    /// None where no code is asked for.
    pub totp_confirmed_at: Option<Timestamp>,
    /// None for one who never signed in through a provider.
    pub identity_bound_at: Option<Timestamp>,
    pub version: i64,
    /// Name and email, where they were not erased.
    pub party: Option<Party>,
}

const PERMISSIONS: &[Permission] = &[Permission::UsersRead, Permission::UsersWrite];

fn base() -> Query {
    Query::new(
        "SELECT u.id, u.role, u.channels, u.locations, u.state, u.invited_at, u.joined_at, u.password_set_at, \
         u.totp_confirmed_at, u.identity_bound_at, u.sequence, p.name, p.company, p.email, p.phone \
         FROM users u LEFT JOIN parties p ON p.id = u.party_id WHERE TRUE",
    )
}

fn read(row: &mut Row) -> Result<UserRow, StoreError> {
    Ok(UserRow {
        id: row.take()?,
        role: row.take()?,
        channels: row.take()?,
        locations: row.take()?,
        state: row.take()?,
        invited_at: row.take()?,
        joined_at: row.take()?,
        password_set_at: row.take()?,
        totp_confirmed_at: row.take()?,
        identity_bound_at: row.take()?,
        version: row.take()?,
        party: party(row)?,
    })
}

/// Users in the order of their invitation; archived ones only where `state` says so.
pub async fn users(
    store: &dyn Store,
    viewer: &Viewer,
    state: Option<UserState>,
    page: &PageRequest,
) -> Result<Page<UserRow>, ReadError> {
    viewer.must(PERMISSIONS)?;
    let mut query = base();
    match state {
        Some(state) => query.and("u.state = ?", state.code()),
        None => query.and("u.state <> ?", UserState::Archived.code()),
    }
    if let Some(after) = &page.after {
        query.after(&["u.id"], cursor::decode(after, &[ColumnKind::Id])?);
    }
    query.order_and_limit("u.id", page.limit() + 1);
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| vec![Value::Id(row.id.0)]))
}

/// One user, an archived one too. Everybody may see themselves.
pub async fn user(store: &dyn Store, viewer: &Viewer, id: UserId) -> Result<Option<UserRow>, ReadError> {
    if viewer.actor().principal != Principal::User(id) {
        viewer.must(PERMISSIONS)?;
    }
    let mut query = base();
    query.and("u.id = ?", id.0);
    Ok(query.rows(store).await?.first_mut().map(read).transpose()?)
}

/// Whoever reads of orders, customers or stock reads who worked on them, and whoever works in a place who does beside them.
const READERS: &[Permission] =
    &[Permission::OrdersRead, Permission::CustomersRead, Permission::StockRead, Permission::FulfillmentWrite];

/// The names of some users (200 at most), for whoever reads about what they worked on; the part before the `@`
/// where somebody has only an email, nothing where it was erased.
pub async fn names(store: &dyn Store, viewer: &Viewer, of: &[UserId]) -> Result<BTreeMap<UserId, String>, ReadError> {
    viewer.must(READERS)?;
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut query =
        Query::new("SELECT u.id, p.name, p.email FROM users u JOIN parties p ON p.id = u.party_id WHERE u.id IN (");
    let places: Vec<String> = of.iter().take(200).map(|id| query.bind(id.0)).collect();
    query.push(&places.join(", "));
    query.push(")");
    let mut names = BTreeMap::new();
    for mut row in query.rows(store).await? {
        let id = row.take()?;
        names.extend(called(&mut row)?.map(|name| (id, name)));
    }
    Ok(names)
}

/// Colleagues whom a note can name at most.
const COLLEAGUES_MAX: usize = 1_000;

/// Everybody who works with Waybill now, by name, for whoever writes to them; by the part before the `@` where somebody has
/// only an email.
pub async fn colleagues(store: &dyn Store, viewer: &Viewer) -> Result<Vec<(UserId, String)>, ReadError> {
    viewer.must(READERS)?;
    let mut query = Query::new(
        "SELECT u.id, p.name, p.email FROM users u JOIN parties p ON p.id = u.party_id WHERE u.state <> 'archived'",
    );
    query.order_and_limit("u.id", COLLEAGUES_MAX);
    let mut found = Vec::new();
    for mut row in query.rows(store).await? {
        let id = row.take()?;
        found.extend(called(&mut row)?.map(|name| (id, name)));
    }
    Ok(found)
}

/// What colleagues call somebody whose name and email come next in a row.
fn called(row: &mut Row) -> Result<Option<String>, StoreError> {
    let (name, email) = (row.take::<Option<String>>()?, row.take::<Option<String>>()?);
    Ok(name.or_else(|| email.map(|email| email.split('@').next().unwrap_or_default().to_owned())))
}

/// A user with everything they sign in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub user: User,
    pub party: Option<Party>,
}

/// How an account is found.
#[derive(Clone, Copy, Debug)]
pub enum AccountKey {
    Id(UserId),
    Email(EmailDigest),
    Identity(IdentityDigest),
}

/// The account of whoever signs in.
pub async fn account(store: &dyn Store, key: AccountKey) -> Result<Option<Account>, ReadError> {
    let mut query = Query::new(format!(
        "SELECT {}, p.name, p.company, p.email, p.phone FROM users u LEFT JOIN parties p ON p.id = u.party_id WHERE TRUE",
        columns::<User>("u")
    ));
    match key {
        AccountKey::Id(id) => query.and("u.id = ?", id.0),
        AccountKey::Email(digest) => query.and("u.email_digest = ?", Value::Bytes(digest.0.to_vec())),
        AccountKey::Identity(digest) => query.and("u.identity_digest = ?", Value::Bytes(digest.0.to_vec())),
    }
    let read = |row: &mut Row| Ok::<_, StoreError>(Account { user: User::read(row)?, party: party(row)? });
    Ok(query.rows(store).await?.first_mut().map(read).transpose()?)
}

/// Whether there ever was a user; an archived one counts.
pub async fn any(store: &dyn Store) -> Result<bool, ReadError> {
    Ok(!Query::new("SELECT u.id FROM users u LIMIT 1").rows(store).await?.is_empty())
}

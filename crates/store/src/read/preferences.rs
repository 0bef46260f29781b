//! What somebody set for themselves, kept beside the log: nothing here is worth telling of in an event.

use super::ReadError;
use super::query::Query;
use crate::backend::Store;
use crate::value::Value;
use std::collections::BTreeMap;

/// Preferences of one principal at most; what is kept beyond that is not read.
pub const COUNT_MAX: usize = 100;

/// What a principal set, by name; at most [`COUNT_MAX`].
pub async fn of_one(store: &dyn Store, principal: &str) -> Result<BTreeMap<String, String>, ReadError> {
    let mut query = Query::new("SELECT p.name, p.body FROM preferences p WHERE TRUE");
    query.and("p.principal = ?", principal);
    query.order_and_limit("p.name", COUNT_MAX);
    let mut found = BTreeMap::new();
    for mut row in query.rows(store).await? {
        found.insert(row.take()?, row.take()?);
    }
    Ok(found)
}

/// Sets one, or takes it back with None. Whoever bounds what is asked bounds `name` and `body`.
pub async fn set(store: &dyn Store, principal: &str, name: &str, body: Option<&str>) -> Result<(), ReadError> {
    let (sql, mut values) = match body {
        Some(_) => (
            "INSERT INTO preferences (principal, name, body) VALUES ($1, $2, $3) \
             ON CONFLICT (principal, name) DO UPDATE SET body = excluded.body",
            vec![Value::from(principal), Value::from(name)],
        ),
        None => (
            "DELETE FROM preferences WHERE principal = $1 AND name = $2",
            vec![Value::from(principal), Value::from(name)],
        ),
    };
    values.extend(body.map(Value::from));
    store.execute(&[(sql, &values)]).await?;
    Ok(())
}

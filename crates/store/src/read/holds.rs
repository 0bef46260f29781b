//! The queue of active holds: what is doubtful, and how long there is to decide.

use super::query::Query;
use super::{ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::value::Row;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::money::{Currency, Minor};
use waybill_domain::order::{Hold, HoldKind, OrderNumber};
use waybill_domain::time::Timestamp;

/// An active hold with what one sees of its order in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRow {
    pub hold: Hold,
    pub number: OrderNumber,
    /// Of who ordered, or the customer's code.
    pub name: Option<String>,
    pub currency: Currency,
    pub total: Minor,
}

/// Whose holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    #[default]
    Everybodys,
    /// Of this owner.
    Of(String),
    /// Of nobody in particular.
    Nobodys,
    /// Due before this moment, whoever looks at it.
    DueBefore(Timestamp),
}

/// Which of the active holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HoldFilter {
    pub whose: Whose,
    pub kind: Option<HoldKind>,
}

/// Holds shown at most.
pub const SHOWN_MAX: usize = 200;
/// Whoever counts stops here.
const COUNTED_MAX: i64 = 1_001;

fn read(row: &mut Row) -> Result<HoldRow, StoreError> {
    Ok(HoldRow {
        hold: Hold::read(row)?,
        number: row.take()?,
        name: row.take()?,
        currency: row.take()?,
        total: row.take()?,
    })
}

fn only(query: &mut Query, viewer: &Viewer, filter: &HoldFilter) {
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    query.and_some("h.kind = ?", filter.kind.map(Code::code));
    match &filter.whose {
        Whose::Everybodys => {}
        Whose::Of(owner) => query.and("h.owner = ?", owner.as_str()),
        Whose::Nobodys => query.push(" AND h.owner IS NULL"),
        Whose::DueBefore(moment) => query.and("h.due_at < ?", moment.0),
    }
}

/// The active holds in the viewer's channels, the one due first at the front, those without a due time at the end; at most
/// [`SHOWN_MAX`].
pub async fn queue(store: &dyn Store, viewer: &Viewer, filter: &HoldFilter) -> Result<Vec<HoldRow>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    // A moment that is not known sorts differently in the two databases, so those are asked for apart.
    let part = |dated: &str, order: &str| {
        let mut query = Query::new(format!(
            "SELECT {}, o.number, COALESCE(p.name, p.company, c.code), o.currency, o.goods + o.tax + o.charges \
             FROM holds h JOIN orders o ON o.id = h.order_id LEFT JOIN customers c ON c.id = o.customer_id \
             LEFT JOIN parties p ON p.id = o.party_id WHERE h.state = 'active' AND h.due_at IS {dated}",
            columns::<Hold>("h")
        ));
        only(&mut query, viewer, filter);
        query.order_and_limit(order, SHOWN_MAX);
        query
    };
    let dated = part("NOT NULL", "h.due_at, h.order_id, h.number");
    let undated = part("NULL", "h.order_id, h.number");
    let found = Query::together(&[&dated, &undated], store).await?;
    let rows = found.into_iter().flatten().take(SHOWN_MAX);
    Ok(rows.map(|mut row| read(&mut row)).collect::<Result<Vec<_>, _>>()?)
}

/// How many there are of each kind asked for; each count stops at 1,001.
pub async fn counts(store: &dyn Store, viewer: &Viewer, asked: &[HoldFilter]) -> Result<Vec<i64>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let count = |filter: &HoldFilter| {
        let mut query = Query::new(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM holds h JOIN orders o ON o.id = h.order_id \
             WHERE h.state = 'active'",
        );
        only(&mut query, viewer, filter);
        let place = query.bind(COUNTED_MAX);
        query.push(&format!(" LIMIT {place}) counted"));
        query
    };
    let queries: Vec<Query> = asked.iter().map(count).collect();
    let found = Query::together(&queries.iter().collect::<Vec<_>>(), store).await?;
    let counts = found.into_iter().map(|mut rows| rows.first_mut().map_or(Ok(0), |row| row.take()));
    Ok(counts.collect::<Result<Vec<_>, _>>()?)
}

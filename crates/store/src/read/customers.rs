//! Customers with their present contacts.

use super::cursor;
use super::finding::Finding;
use super::query::Query;
use super::words::{self, CHUNK};
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::search::Search;
use crate::value::{ColumnKind, Row, Value};
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::customer::{Customer, Tier};
use waybill_domain::ids::{CustomerId, Id};
use waybill_domain::money::{Currency, Minor};
use waybill_domain::order::costs;
use waybill_domain::order::{Charge, OrderLine};
use waybill_domain::personal::Party;

/// A customer and, where it was not erased, who that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerRow {
    pub customer: Customer,
    pub party: Option<Party>,
}

#[derive(Clone, Debug, Default)]
pub struct CustomerFilter {
    pub archived: Option<bool>,
    pub tier: Option<Tier>,
    /// Exactly this mail address.
    pub email: Option<String>,
    /// What somebody typed. What is exactly that comes first; see [`customers`].
    pub search: Option<Search>,
}

fn base() -> Query {
    Query::new(format!(
        "SELECT {}, p.name, p.company, p.email, p.phone FROM customers c LEFT JOIN parties p ON p.id = c.party_id WHERE TRUE",
        columns::<Customer>("c")
    ))
}

/// Reads the four columns of a party.
pub(super) fn party(row: &mut Row) -> Result<Option<Party>, StoreError> {
    let party = Party { name: row.take()?, company: row.take()?, email: row.take()?, phone: row.take()? };
    Ok(Some(party).filter(|party| *party != Party::default()))
}

fn read(row: &mut Row) -> Result<CustomerRow, StoreError> {
    Ok(CustomerRow { customer: Customer::read(row)?, party: party(row)? })
}

/// Everything that a list asks, save which page.
fn wanted(filter: &CustomerFilter) -> Query {
    let mut query = base();
    query.and_some("c.archived = ?", filter.archived);
    query.and_some("c.tier = ?", filter.tier.map(Code::code));
    query.and_some("p.email = ?", filter.email.as_deref());
    query
}

/// By code.
///
/// With a search: the customer of that code first, then those in whose present names and contacts every word is the
/// beginning of one, the newest first. A page may be short of its limit and still have a next one, as with orders.
pub async fn customers(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &CustomerFilter,
    page: &PageRequest,
) -> Result<Page<CustomerRow>, ReadError> {
    viewer.must(&[Permission::CustomersRead])?;
    if let Some(search) = &filter.search {
        let exact = vec![by_code(store, search).await?];
        let ids = |ids: &[Id]| {
            let mut query = wanted(filter);
            query.among("c.id", ids, CHUNK);
            query.push(" ORDER BY c.id DESC");
            query
        };
        let finding = Finding { store, words: &words::OF_CUSTOMERS, search, exact };
        return finding.page(page, ids, read, |row| row.customer.id.0).await;
    }
    let mut query = wanted(filter);
    if let Some(after) = &page.after {
        query.after(&["c.code"], cursor::decode(after, &[ColumnKind::Text])?);
    }
    query.order_and_limit("c.code", page.limit() + 1);
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| vec![Value::from(row.customer.code.as_str())]))
}

async fn by_code(store: &dyn Store, search: &Search) -> Result<Vec<Id>, ReadError> {
    let mut query = Query::new("SELECT c.id FROM customers c WHERE TRUE");
    let places = search.codes().map(|code| query.bind(code));
    query.push(&format!(" AND c.code IN ({})", places.join(", ")));
    Ok(query.rows(store).await?.into_iter().map(|mut row| row.take()).collect::<Result<_, StoreError>>()?)
}

pub async fn customer(store: &dyn Store, viewer: &Viewer, code: &str) -> Result<Option<CustomerRow>, ReadError> {
    viewer.must(&[Permission::CustomersRead])?;
    let mut query = base();
    query.and("c.code = ?", code);
    Ok(query.rows(store).await?.first_mut().map(read).transpose()?)
}

/// What a customer's orders come to in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    pub currency: Currency,
    pub orders: i64,
    /// What the orders cost now: what was cancelled costs nothing any more.
    pub ordered: Minor,
    /// Billed once and taken back since, for goods that came back and as goodwill.
    pub credited: Minor,
    pub received: Minor,
    pub refunded: Minor,
    pub charged_back: Minor,
}

impl Balance {
    /// What is still to be paid; less than nothing where too much was. The sum of [`Owed::left`](costs::Owed::left) of the orders.
    pub fn outstanding(&self) -> Minor {
        self.ordered - self.credited - (self.received - self.refunded - self.charged_back)
    }
}

/// Orders that a balance counts at most, the latest.
pub const BALANCED_MAX: i64 = 1_000;

/// The latest orders of a customer in the viewer's channels, as `latest`; drafts are none yet.
fn latest(viewer: &Viewer, customer_id: CustomerId, select: &str) -> Query {
    let mut query = Query::new(format!("SELECT {select} FROM (SELECT o.* FROM orders o WHERE o.lifecycle <> 'draft'"));
    query.and("o.customer_id = ?", customer_id.0);
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    let most = query.bind(BALANCED_MAX);
    query.push(&format!(" ORDER BY o.id DESC LIMIT {most}) latest"));
    query
}

/// What a customer's latest [`BALANCED_MAX`] orders come to, by currency.
pub async fn balances(store: &dyn Store, viewer: &Viewer, customer_id: CustomerId) -> Result<Vec<Balance>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    // Of an order that has ended everything is billed, so what is recognized less than that was credited.
    let mut sums = latest(
        viewer,
        customer_id,
        "latest.currency, CAST(COUNT(*) AS BIGINT), CAST(SUM(latest.goods + latest.tax + latest.charges) AS BIGINT), \
         CAST(SUM(CASE WHEN latest.lifecycle IN ('completed', 'cancelled') \
         THEN latest.goods + latest.tax + latest.charges - latest.recognized ELSE 0 END) AS BIGINT), \
         CAST(SUM(latest.received) AS BIGINT), CAST(SUM(latest.refunded) AS BIGINT), \
         CAST(SUM(latest.charged_back) AS BIGINT)",
    );
    sums.push(" GROUP BY latest.currency ORDER BY latest.currency");
    let read = |row: &mut Row| -> Result<Balance, StoreError> {
        Ok(Balance {
            currency: row.take()?,
            orders: row.take()?,
            ordered: row.take()?,
            credited: row.take()?,
            received: row.take()?,
            refunded: row.take()?,
            charged_back: row.take()?,
        })
    };
    // Of one that goes on, what was billed is told by its lines.
    let mut open = latest(viewer, customer_id, "latest.id, latest.currency, latest.recognized");
    open.push(
        " WHERE latest.lifecycle = 'confirmed' AND (latest.return_status <> 'none' \
         OR EXISTS (SELECT 1 FROM refunds r WHERE r.order_id = latest.id AND r.credited > 0))",
    );
    let mut answers = Query::together(&[&sums, &open], store).await?.into_iter();
    let (mut sums, mut open) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
    let mut balances = sums.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    let open = open.iter_mut().map(|row| Ok((row.take()?, row.take()?, row.take()?)));
    let open = open.collect::<Result<Vec<(Id, Currency, Minor)>, StoreError>>()?;
    let billed = billed(store, &open.iter().map(|(id, _, _)| *id).collect::<Vec<_>>()).await?;
    for (id, currency, recognized) in open {
        let credited = billed.get(&id).copied().unwrap_or_default() - recognized;
        if let Some(balance) = balances.iter_mut().find(|balance| balance.currency == currency) {
            balance.credited += credited;
        }
    }
    Ok(balances)
}

/// What shipments of these orders billed.
async fn billed(store: &dyn Store, orders: &[Id]) -> Result<BTreeMap<Id, Minor>, ReadError> {
    let mut found = BTreeMap::new();
    for orders in orders.chunks(CHUNK) {
        let mut lines = Query::new(format!("SELECT {} FROM order_lines l WHERE TRUE", columns::<OrderLine>("l")));
        lines.among("l.order_id", orders, CHUNK);
        let mut charges = Query::new(format!("SELECT {} FROM order_charges c WHERE TRUE", columns::<Charge>("c")));
        charges.among("c.order_id", orders, CHUNK);
        let mut answers = Query::together(&[&lines, &charges], store).await?.into_iter();
        let (mut lines, mut charges) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
        for line in lines.iter_mut().map(OrderLine::read) {
            let line = line?;
            *found.entry(line.order_id.0).or_default() += costs::billed([&line], []);
        }
        for charge in charges.iter_mut().map(Charge::read) {
            let charge = charge?;
            *found.entry(charge.order_id.0).or_default() += costs::billed([], [&charge]);
        }
    }
    Ok(found)
}

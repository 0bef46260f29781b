//! Customers with their present contacts.

use super::cursor;
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::value::{ColumnKind, Row, Value};
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::customer::{Customer, Tier};
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

/// By code.
pub async fn customers(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &CustomerFilter,
    page: &PageRequest,
) -> Result<Page<CustomerRow>, ReadError> {
    viewer.must(&[Permission::CustomersRead])?;
    let mut query = base();
    query.and_some("c.archived = ?", filter.archived);
    query.and_some("c.tier = ?", filter.tier.map(Code::code));
    query.and_some("p.email = ?", filter.email.as_deref());
    if let Some(after) = &page.after {
        query.after(&["c.code"], cursor::decode(after, &[ColumnKind::Text])?);
    }
    query.order_and_limit("c.code", page.limit() + 1);
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| vec![Value::from(row.customer.code.as_str())]))
}

pub async fn customer(store: &dyn Store, viewer: &Viewer, code: &str) -> Result<Option<CustomerRow>, ReadError> {
    viewer.must(&[Permission::CustomersRead])?;
    let mut query = base();
    query.and("c.code = ?", code);
    Ok(query.rows(store).await?.first_mut().map(read).transpose()?)
}

//! The pages of a search: what is exactly what was typed, then what its words find.

use super::cursor;
use super::query::Query;
use super::words::{Candidates, NEWEST, Words};
use super::{Page, PageRequest, ReadError};
use crate::backend::Store;
use crate::error::StoreError;
use crate::search::Search;
use crate::value::{ColumnKind, Row, Value};
use std::collections::BTreeSet;
use waybill_domain::ids::Id;

/// A search for one kind of thing.
pub(super) struct Finding<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) words: &'static Words,
    pub(super) search: &'a Search,
    /// What is exactly what was typed, the best kind first.
    pub(super) exact: Vec<Vec<Id>>,
}

impl Finding<'_> {
    /// One page: what is exact, by rank, then what the words find; newest first within each. `query` asks for the rows of
    /// some ids ([`CHUNK`](super::words::CHUNK) at most), newest first, the id as its first column.
    pub(super) async fn page<T>(
        &self,
        page: &PageRequest,
        query: impl Fn(&[Id]) -> Query,
        read: impl Fn(&mut Row) -> Result<T, StoreError>,
        id: impl Fn(&T) -> Id,
    ) -> Result<Page<T>, ReadError> {
        let by_words = i64::try_from(self.exact.len()).unwrap_or(i64::MAX);
        let (after_rank, after_id) = match &page.after {
            Some(after) => position(after)?,
            None => (-1, NEWEST),
        };
        let mut rows: Vec<(i64, T)> = Vec::new();
        let mut shown = BTreeSet::new();
        for (rank, ids) in (0..).zip(&self.exact) {
            let is_ahead = |id: &Id| rank > after_rank || (rank == after_rank && *id < after_id);
            let asked: Vec<Id> = ids.iter().copied().filter(|id| shown.insert(*id)).filter(is_ahead).collect();
            if !asked.is_empty() {
                let found = query(&asked).rows(self.store).await?;
                rows.extend(collect(found, &read)?.into_iter().map(|row| (rank, row)));
            }
        }
        let limit = page.limit();
        let before = if after_rank >= by_words { after_id } else { NEWEST };
        let mut next = None;
        if rows.len() <= limit {
            let mut candidates = Candidates::new(self.store, self.words, self.search.terms(), before).await?;
            while rows.len() <= limit {
                let looked_at = candidates.next().await?;
                let Some(last) = looked_at.last() else { break };
                next = Some((by_words, *last));
                let found = candidates.matched(&looked_at, &query(&looked_at)).await?;
                let found = collect(found, &read)?.into_iter().filter(|row| !shown.contains(&id(row)));
                rows.extend(found.map(|row| (by_words, row)));
            }
            next = next.filter(|_| candidates.has_more());
        }
        if rows.len() > limit {
            rows.truncate(limit);
            next = rows.last().map(|(rank, row)| (*rank, id(row)));
        }
        let next = next.map(|(rank, id)| cursor::encode(&[Value::Int(rank), Value::Id(id)]));
        Ok(Page { rows: rows.into_iter().map(|(_, row)| row).collect(), next })
    }
}

/// Where a page begins: a rank, and the id that was looked at last.
fn position(after: &str) -> Result<(i64, Id), ReadError> {
    let key = cursor::decode(after, &[ColumnKind::Int, ColumnKind::Id])?;
    match key.as_slice() {
        [Value::Int(rank), Value::Id(id)] => Ok((*rank, *id)),
        _ => Err(ReadError::BadCursor),
    }
}

fn collect<T>(rows: Vec<Row>, read: impl Fn(&mut Row) -> Result<T, StoreError>) -> Result<Vec<T>, ReadError> {
    Ok(rows.into_iter().map(|mut row| read(&mut row)).collect::<Result<_, _>>()?)
}

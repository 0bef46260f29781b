//! Whatever is found by words, newest first, without going through all that a common word is in.
//!
//! The rarest term leads. Where few things have a word of it, all of those are looked at. Where the words themselves are
//! few (one common name), each word's things come newest first and are merged. Where both are many (two letters), the
//! newest things of all are looked at: a term that common is in a good part of them. The other terms are then compared
//! with the words of what the leader brought.

use super::cursor;
use super::query::Query;
use super::{Page, PageRequest, ReadError};
use crate::backend::Store;
use crate::error::StoreError;
use crate::search::{Search, Term};
use crate::value::{ColumnKind, Row, Value};
use std::collections::{BTreeMap, BTreeSet};
use waybill_domain::ids::Id;

/// As many things with a word of the leading term are looked at whatever else there is.
const FEW: i64 = 1_000;
/// As many are looked at where the words are too many to be merged.
const FEW_OF_MANY_WORDS: i64 = 10_000;
/// Words that are merged at most.
const WORDS_MAX: i64 = 32;
/// Things looked at together.
pub(super) const CHUNK: usize = 128;
/// What is looked at for one page, in rounds, where there is no end of it: the first mostly fills the page.
const ROUNDS: [usize; 3] = [CHUNK, 4 * CHUNK, 8 * CHUNK];
/// Above every id.
const NEWEST: Id = Id(u128::MAX);

/// Where the words of some kind of thing are.
pub(super) struct Words {
    pub(super) table: &'static str,
    /// The column with the thing's id.
    pub(super) id: &'static str,
    /// The things themselves, by `id`.
    pub(super) things: &'static str,
}

pub(super) const OF_ORDERS: Words = Words { table: "order_words", id: "order_id", things: "orders" };
pub(super) const OF_CUSTOMERS: Words = Words { table: "customer_words", id: "customer_id", things: "customers" };

/// How candidates are come by.
enum Way {
    /// All of them, newest first.
    Few(Vec<Id>),
    /// The newest of each of these words.
    Merged(Vec<String>),
    /// The newest of all things.
    Newest,
}

/// Things that may match, newest first.
pub(super) struct Candidates<'a> {
    store: &'a dyn Store,
    words: &'static Words,
    terms: &'a [Term],
    way: Way,
    /// Candidates come from before this id.
    before: Id,
    round: usize,
    /// What was brought and not looked at yet, newest last.
    waiting: Vec<Id>,
    is_exhausted: bool,
}

impl<'a> Candidates<'a> {
    /// Of what a search may find, all that is older than `before`.
    pub(super) async fn new(
        store: &'a dyn Store,
        words: &'static Words,
        search: &'a Search,
        before: Option<Id>,
    ) -> Result<Self, ReadError> {
        let terms = search.terms();
        let way = words.way(store, terms).await?;
        let before = before.unwrap_or(NEWEST);
        Ok(Self { store, words, terms, way, before, round: 0, waiting: Vec::new(), is_exhausted: false })
    }

    /// The next to be looked at, newest first; empty at the end, and when enough was looked at for one page.
    pub(super) async fn next(&mut self) -> Result<Vec<Id>, ReadError> {
        if self.waiting.is_empty() && !self.is_exhausted {
            self.bring().await?;
        }
        let first = self.waiting.len().saturating_sub(CHUNK);
        Ok(self.waiting.split_off(first).into_iter().rev().collect())
    }

    /// Whether there are candidates that were not looked at.
    pub(super) fn has_more(&self) -> bool {
        !self.is_exhausted || !self.waiting.is_empty()
    }

    async fn bring(&mut self) -> Result<(), ReadError> {
        let wanted = match (&self.way, ROUNDS.get(self.round)) {
            (Way::Few(_), _) => usize::MAX,
            (_, Some(wanted)) => *wanted,
            (_, None) => return Ok(()),
        };
        self.round += 1;
        let mut found = match &self.way {
            Way::Few(all) => all.iter().copied().filter(|id| *id < self.before).collect(),
            Way::Merged(words) => self.words.newest_with(self.store, words, self.before, wanted).await?,
            Way::Newest => self.words.newest(self.store, self.before, wanted).await?,
        };
        self.is_exhausted = found.len() < wanted;
        self.before = found.last().copied().unwrap_or(self.before);
        found.reverse();
        self.waiting = found;
        Ok(())
    }

    /// The query for the words of these things: the id, then the word. None where all of them match.
    fn words_of(&self, things: &[Id]) -> Option<Query> {
        if self.terms.len() == 1 && !matches!(self.way, Way::Newest) {
            return None;
        }
        let Words { table, id, .. } = self.words;
        let mut query = Query::new(format!("SELECT x.{id}, x.word FROM {table} x WHERE TRUE"));
        query.among(&format!("x.{id}"), things, CHUNK);
        Some(query)
    }

    /// What `rows` finds of these things, where they match every term. The first column of `rows` is the id.
    pub(super) async fn matched(&self, things: &[Id], rows: &Query) -> Result<Vec<Row>, ReadError> {
        let Some(words) = self.words_of(things) else {
            return rows.rows(self.store).await;
        };
        let mut found = Query::together(&[&words, rows], self.store).await?.into_iter();
        let matching = self.matching(found.next().unwrap_or_default())?;
        let rows = found.next().unwrap_or_default();
        let matches = |row: &Row| matches!(row.values().first(), Some(Value::Id(id)) if matching.contains(id));
        Ok(rows.into_iter().filter(matches).collect())
    }

    /// Which things match every term, from the answer to [`Candidates::words_of`].
    fn matching(&self, rows: Vec<Row>) -> Result<BTreeSet<Id>, ReadError> {
        let mut found: BTreeMap<Id, Vec<bool>> = BTreeMap::new();
        for mut row in rows {
            let (id, word): (Id, String) = (row.take()?, row.take()?);
            let matched = found.entry(id).or_insert_with(|| vec![false; self.terms.len()]);
            for (is_matched, term) in matched.iter_mut().zip(self.terms) {
                *is_matched |= term.matches(&word);
            }
        }
        let all = found.into_iter().filter(|(_, matched)| matched.iter().all(|is_matched| *is_matched));
        Ok(all.map(|(id, _)| id).collect())
    }
}

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
    /// at most [`CHUNK`] ids, newest first, the id as its first column.
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
            let new: Vec<Id> = ids.iter().copied().filter(|id| shown.insert(*id)).take(CHUNK).collect();
            let is_ahead = |id: Id| rank > after_rank || (rank == after_rank && id < after_id);
            let asked: Vec<Id> = new.into_iter().filter(|id| is_ahead(*id)).collect();
            if !asked.is_empty() {
                let found = query(&asked).rows(self.store).await?;
                rows.extend(collect(found, &read)?.into_iter().map(|row| (rank, row)));
            }
        }
        let limit = page.limit();
        let before = Some(after_id).filter(|_| after_rank >= by_words);
        let mut next = None;
        if rows.len() <= limit {
            let mut candidates = Candidates::new(self.store, self.words, self.search, before).await?;
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

impl Words {
    async fn way(&self, store: &dyn Store, terms: &[Term]) -> Result<Way, ReadError> {
        let mut counts = Vec::with_capacity(terms.len());
        for term in terms {
            counts.push((self.count(store, term, FEW).await?, std::cmp::Reverse(term.length()), term));
        }
        let Some((count, _, leader)) = counts.into_iter().min_by_key(|(count, length, _)| (*count, *length)) else {
            return Ok(Way::Few(Vec::new()));
        };
        if count <= FEW {
            return Ok(Way::Few(self.all(store, leader, FEW).await?.unwrap_or_default()));
        }
        if let Some(words) = self.distinct(store, leader).await? {
            return Ok(Way::Merged(words));
        }
        Ok(self.all(store, leader, FEW_OF_MANY_WORDS).await?.map_or(Way::Newest, Way::Few))
    }

    /// How many rows match a term, counted to one beyond `max`.
    async fn count(&self, store: &dyn Store, term: &Term, max: i64) -> Result<i64, ReadError> {
        // The order keeps the planner on the index, whatever part of all words it expects in the range.
        let sql = format!(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT x.word FROM {} x WHERE x.word >= $1 AND x.word < $2 \
             ORDER BY x.word LIMIT $3) AS found",
            self.table
        );
        let mut count = 0;
        for mut row in self.of_ranges(store, &sql, term, max + 1).await? {
            count += row.take::<i64>()?;
        }
        Ok(count)
    }

    /// Everything with a word that matches, newest first; None where that is more than `max` rows.
    async fn all(&self, store: &dyn Store, term: &Term, max: i64) -> Result<Option<Vec<Id>>, ReadError> {
        let Self { table, id, .. } = self;
        let sql =
            format!("SELECT x.{id} FROM {table} x WHERE x.word >= $1 AND x.word < $2 ORDER BY x.word, x.{id} LIMIT $3");
        let rows = self.of_ranges(store, &sql, term, max + 1).await?;
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) > max {
            return Ok(None);
        }
        Ok(Some(newest_first(rows)?))
    }

    /// The words that match; None where they are too many. Each is reached from the one before it.
    async fn distinct(&self, store: &dyn Store, term: &Term) -> Result<Option<Vec<String>>, ReadError> {
        let table = self.table;
        let sql = format!(
            "WITH RECURSIVE steps (word) AS (SELECT MIN(x.word) FROM {table} x WHERE x.word >= $1 AND x.word < $2 \
             UNION ALL SELECT (SELECT MIN(x.word) FROM {table} x WHERE x.word > steps.word AND x.word < $2) \
             FROM steps WHERE steps.word IS NOT NULL) \
             SELECT steps.word FROM steps WHERE steps.word IS NOT NULL LIMIT $3"
        );
        let rows = self.of_ranges(store, &sql, term, WORDS_MAX + 1).await?;
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) > WORDS_MAX {
            return Ok(None);
        }
        Ok(Some(rows.into_iter().map(|mut row| row.take()).collect::<Result<_, _>>()?))
    }

    /// Asks for each range of a term: `$1` and `$2`, with the limit as `$3`.
    async fn of_ranges(&self, store: &dyn Store, sql: &str, term: &Term, limit: i64) -> Result<Vec<Row>, ReadError> {
        let ranges: Vec<_> =
            term.ranges().map(|(low, high)| [Value::Text(low), Value::Text(high), Value::Int(limit)]).collect();
        let asked: Vec<(&str, &[Value])> = ranges.iter().map(|params| (sql, params.as_slice())).collect();
        Ok(store.read_together(&asked).await?.into_iter().flatten().collect())
    }

    /// The newest things with any of these words.
    async fn newest_with(
        &self,
        store: &dyn Store,
        words: &[String],
        before: Id,
        wanted: usize,
    ) -> Result<Vec<Id>, ReadError> {
        let Self { table, id, .. } = self;
        let sql =
            format!("SELECT x.{id} FROM {table} x WHERE x.word = $1 AND x.{id} < $2 ORDER BY x.{id} DESC LIMIT $3");
        let limit = i64::try_from(wanted).unwrap_or(i64::MAX);
        let params: Vec<_> =
            words.iter().map(|word| [Value::from(word.as_str()), Value::Id(before), Value::Int(limit)]).collect();
        let asked: Vec<(&str, &[Value])> = params.iter().map(|params| (sql.as_str(), params.as_slice())).collect();
        let rows = store.read_together(&asked).await?.into_iter().flatten().collect();
        // The newest of all are among the newest of each.
        let mut found = newest_first(rows)?;
        found.truncate(wanted);
        Ok(found)
    }

    async fn newest(&self, store: &dyn Store, before: Id, wanted: usize) -> Result<Vec<Id>, ReadError> {
        let sql = format!("SELECT t.id FROM {} t WHERE t.id < $1 ORDER BY t.id DESC LIMIT $2", self.things);
        let limit = i64::try_from(wanted).unwrap_or(i64::MAX);
        newest_first(store.read(&sql, &[Value::Id(before), Value::Int(limit)]).await?)
    }
}

fn newest_first(rows: Vec<Row>) -> Result<Vec<Id>, ReadError> {
    let mut found = rows.into_iter().map(|mut row| row.take()).collect::<Result<Vec<Id>, _>>()?;
    found.sort_unstable_by(|one, other| other.cmp(one));
    found.dedup();
    Ok(found)
}

//! Whatever is found by words, newest first, without going through all that a common word is in.
//!
//! The rarest term leads. Where few things have a word of it, all of those are looked at. Where the words themselves are
//! few (one common name), each word's things come newest first and are merged. Where both are many (two letters), the
//! newest things of all are looked at: a term that common is in a good part of them. The other terms are then compared
//! with the words of what the leader brought.

use super::ReadError;
use super::query::Query;
use crate::backend::Store;
use crate::search::Term;
use crate::value::{Row, Value};
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
pub(super) const NEWEST: Id = Id(u128::MAX);

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
    /// Of what may match, all that is older than `before`.
    pub(super) async fn new(
        store: &'a dyn Store,
        words: &'static Words,
        terms: &'a [Term],
        before: Id,
    ) -> Result<Self, ReadError> {
        let way = words.way(store, terms).await?;
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

impl Words {
    async fn way(&self, store: &dyn Store, terms: &[Term]) -> Result<Way, ReadError> {
        let counts = self.counts(store, terms).await?.into_iter().zip(terms);
        let Some((count, leader)) = counts.min_by_key(|(count, term)| (*count, std::cmp::Reverse(term.length())))
        else {
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

    /// How many rows match each term, counted to one beyond [`FEW`] for each of its ranges.
    async fn counts(&self, store: &dyn Store, terms: &[Term]) -> Result<Vec<i64>, ReadError> {
        // The order keeps the planner on the index, whatever part of all words it expects in the range.
        let sql = format!(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT x.word FROM {} x WHERE x.word >= $1 AND x.word < $2 \
             ORDER BY x.word LIMIT $3) AS found",
            self.table
        );
        let ranges: Vec<_> = terms.iter().map(|term| bounds(term, FEW + 1)).collect();
        let asked: Vec<(&str, &[Value])> =
            ranges.iter().flatten().map(|params| (sql.as_str(), params.as_slice())).collect();
        let mut found = store.read_together(&asked).await?.into_iter().flatten();
        let mut counts = Vec::with_capacity(terms.len());
        for ranges in &ranges {
            let mut count = 0;
            for mut row in found.by_ref().take(ranges.len()) {
                count += row.take::<i64>()?;
            }
            counts.push(count);
        }
        Ok(counts)
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
        let ranges = bounds(term, limit);
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

/// The parameters of a question about each range of a term.
fn bounds(term: &Term, limit: i64) -> Vec<[Value; 3]> {
    term.ranges().map(|(low, high)| [Value::from(low), Value::from(high), Value::Int(limit)]).collect()
}

fn newest_first(rows: Vec<Row>) -> Result<Vec<Id>, ReadError> {
    let mut found = rows.into_iter().map(|mut row| row.take()).collect::<Result<Vec<Id>, _>>()?;
    found.sort_unstable_by(|one, other| other.cmp(one));
    found.dedup();
    Ok(found)
}

//! A store with something around it: a slower disk, a fault on the way, an ear on what is read. For benchmarks, simulations
//! and tests; everything that is not met on the way goes through as it is.

use crate::backend::{Loader, Lone, Select, Store, StoreGauges, Visit, Write, Writer};
use crate::error::StoreError;
use crate::value::{Row, Value};
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;

/// What a store's callers meet on the way to it.
#[async_trait]
pub trait Around: Send + Sync + 'static {
    /// Before each request that reads, loads, begins or takes positions. After an error nothing is asked, and an open
    /// transaction is gone.
    async fn reach(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// A statement is about to be read.
    fn reads(&self, _sql: &str, _params: &[Value]) {}

    /// Commits, or does not; says so, or does not.
    async fn commit(&self, writer: &mut dyn Writer, writes: &[Write<'_>]) -> Result<(), StoreError> {
        writer.commit(writes).await
    }
}

/// The store and what is around it.
pub struct Surrounded<A> {
    inner: Arc<dyn Store>,
    around: Arc<A>,
}

impl<A: Around> Surrounded<A> {
    pub fn new(inner: Arc<dyn Store>, around: Arc<A>) -> Self {
        Self { inner, around }
    }
}

impl<A> std::fmt::Debug for Surrounded<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surrounded").field("inner", &self.inner.name()).finish_non_exhaustive()
    }
}

struct SurroundedLoader<A> {
    inner: Box<dyn Loader>,
    around: Arc<A>,
}

#[async_trait]
impl<A: Around> Loader for SurroundedLoader<A> {
    async fn select(&mut self, selects: &[Select]) -> Result<Vec<Vec<Row>>, StoreError> {
        self.around.reach().await?;
        self.inner.select(selects).await
    }

    async fn hold_state(&mut self) -> Result<(), StoreError> {
        self.inner.hold_state().await
    }

    async fn let_go(&mut self) {
        self.inner.let_go().await;
    }
}

struct SurroundedWriter<A> {
    inner: Box<dyn Writer>,
    around: Arc<A>,
}

impl<A: Around> SurroundedWriter<A> {
    async fn reach(&mut self) -> Result<(), StoreError> {
        let reached = self.around.reach().await;
        if reached.is_err() {
            self.inner.rollback().await;
        }
        reached
    }
}

#[async_trait]
impl<A: Around> Loader for SurroundedWriter<A> {
    async fn select(&mut self, selects: &[Select]) -> Result<Vec<Vec<Row>>, StoreError> {
        self.reach().await?;
        self.inner.select(selects).await
    }
}

#[async_trait]
impl<A: Around> Writer for SurroundedWriter<A> {
    async fn begin(&mut self) -> Result<(), StoreError> {
        self.reach().await?;
        self.inner.begin().await
    }

    async fn write(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        self.inner.write(writes).await
    }

    async fn take_positions(&mut self, before: &[Write<'_>], count: i64) -> Result<i64, StoreError> {
        self.reach().await?;
        self.inner.take_positions(before, count).await
    }

    async fn take_positions_and_see(
        &mut self,
        before: &[Write<'_>],
        count: i64,
        selects: &[Select],
    ) -> Result<(i64, Vec<Vec<Row>>), StoreError> {
        self.reach().await?;
        self.inner.take_positions_and_see(before, count, selects).await
    }

    async fn commit(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        self.around.commit(&mut *self.inner, writes).await
    }

    async fn rollback(&mut self) {
        self.inner.rollback().await;
    }
}

#[async_trait]
impl<A: Around> Store for Surrounded<A> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.inner.migrate().await
    }

    async fn check_schema(&self) -> Result<(), StoreError> {
        self.inner.check_schema().await
    }

    async fn writer(&self) -> Result<Box<dyn Writer>, StoreError> {
        Ok(Box::new(SurroundedWriter { inner: self.inner.writer().await?, around: self.around.clone() }))
    }

    async fn lone(&self) -> Result<Lone, StoreError> {
        let Lone { loader, writer, is_certain } = self.inner.lone().await?;
        Ok(Lone {
            loader: Box::new(SurroundedLoader { inner: loader, around: self.around.clone() }),
            writer: Box::new(SurroundedWriter { inner: writer, around: self.around.clone() }),
            is_certain,
        })
    }

    async fn read(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.around.reach().await?;
        self.around.reads(sql, params);
        self.inner.read(sql, params).await
    }

    async fn read_together(&self, statements: &[(&str, &[Value])]) -> Result<Vec<Vec<Row>>, StoreError> {
        self.around.reach().await?;
        statements.iter().for_each(|(sql, params)| self.around.reads(sql, params));
        self.inner.read_together(statements).await
    }

    async fn visit(&self, statements: &[(&str, &[Value])], visit: Visit) -> Result<(), StoreError> {
        self.around.reach().await?;
        statements.iter().for_each(|(sql, params)| self.around.reads(sql, params));
        self.inner.visit(statements, visit).await
    }

    async fn execute(&self, statements: &[(&str, &[Value])]) -> Result<Vec<u64>, StoreError> {
        self.around.reach().await?;
        self.inner.execute(statements).await
    }

    async fn count_anew(&self) -> Result<(), StoreError> {
        self.inner.count_anew().await
    }

    async fn backup(&self, path: &Path) -> Result<(), StoreError> {
        self.inner.backup(path).await
    }

    async fn gauges(&self) -> Result<StoreGauges, StoreError> {
        self.inner.gauges().await
    }

    async fn explain(&self, sql: &str, params: &[Value]) -> Result<Vec<String>, StoreError> {
        self.inner.explain(sql, params).await
    }
}

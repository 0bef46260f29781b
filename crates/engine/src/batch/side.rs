//! The store as the loop uses it: together with others, or alone.

use super::decided::Decided;
use super::entry::Entry;
use super::kept::one;
use crate::runs::Runs;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use waybill_store::tables::LogHead;
use waybill_store::value::Value;
use waybill_store::working_set::select;
use waybill_store::{Loader, Lone, Store, StoreError, Writer};

/// Batches in a row that nobody else's was between, from which on this process takes itself to be alone.
const CALM_MIN: u32 = 16;

/// Two ways to the store, of which one is used at a time.
pub(super) struct Side {
    /// Where others write too: one transaction locks, loads and writes. None where nobody else can.
    beside_others: Option<Box<dyn Writer>>,
    /// While nobody else writes: loads go beside the writing.
    loader: Box<dyn Loader>,
    desk: Desk,
    /// Batches in a row that nobody else's was between.
    calm: u32,
}

/// Where batches are written while nobody else writes.
enum Desk {
    /// On a thread of its own, while the next batch is decided.
    Open {
        jobs: mpsc::UnboundedSender<Job>,
        runs: Runs,
    },
    Gone,
}

struct Job {
    decided: Arc<Decided>,
    done: oneshot::Sender<(Result<(), StoreError>, Duration)>,
}

/// How a launched batch ended, and how long writing it took.
pub(super) type Landing = oneshot::Receiver<(Result<(), StoreError>, Duration)>;

pub(super) async fn landed(landing: impl Future<Output = LandingResult>) -> (Result<(), StoreError>, Duration) {
    let lost = |_| (Err(StoreError::Other("the writing thread is gone".into())), Duration::ZERO);
    landing.await.unwrap_or_else(lost)
}

type LandingResult = Result<(Result<(), StoreError>, Duration), oneshot::error::RecvError>;

impl Side {
    pub(super) async fn open(store: &dyn Store, own_thread: bool) -> Result<Self, StoreError> {
        let Lone { loader, writer, is_certain } = store.lone().await?;
        let beside_others = if is_certain { None } else { Some(store.writer().await?) };
        let (jobs, asked) = mpsc::unbounded_channel();
        let runs = Runs::start("waybill-writer", own_thread, write_all(writer, asked))?;
        Ok(Self { beside_others, loader, desk: Desk::Open { jobs, runs }, calm: 0 })
    }

    /// The way where others write too, while that is the one.
    fn others(&mut self) -> Option<&mut Box<dyn Writer>> {
        let is_alone = self.is_alone();
        self.beside_others.as_mut().filter(|_| !is_alone)
    }

    /// Then batches are decided while the one before is written.
    pub(super) const fn is_alone(&self) -> bool {
        self.beside_others.is_none() || self.calm >= CALM_MIN
    }

    /// A batch beside others went through; `followed` our own one before it.
    pub(super) const fn went_through(&mut self, followed: bool) {
        self.calm = if followed { self.calm.saturating_add(1) } else { 0 };
    }

    /// Somebody else wrote, or was about to.
    pub(super) const fn met_others(&mut self) {
        self.calm = 0;
    }

    pub(super) fn loader(&mut self) -> &mut dyn Loader {
        let is_alone = self.is_alone();
        match self.beside_others.as_mut().filter(|_| !is_alone) {
            Some(writer) => &mut **writer,
            None => &mut *self.loader,
        }
    }

    /// Opens the transaction in which a batch is loaded, or holds the state that it is to see.
    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        match self.others() {
            Some(writer) => writer.begin().await,
            None => self.loader.hold_state().await,
        }
    }

    /// Forgets what was begun.
    pub(super) async fn rollback(&mut self) {
        if let Some(writer) = self.others() {
            writer.rollback().await;
        }
        self.loader.let_go().await;
    }

    /// Reads where the log stands in the state that is held: nobody else's events may be in it. None where nobody else can
    /// write, or others are kept away by locks.
    pub(super) async fn head(&mut self) -> Result<Option<i64>, StoreError> {
        if self.beside_others.is_none() || !self.is_alone() {
            return Ok(None);
        }
        let head = [select::<LogHead>(&["id"], vec![vec![Value::Int(1)]], false)];
        let rows = self.loader.select(&head).await?.into_iter().next().unwrap_or_default();
        Ok(Some(one::<LogHead>(rows)?.position))
    }

    /// Writes and commits; durable when it returns. Numbers what has no positions yet.
    pub(super) async fn write(
        &mut self,
        mut decided: Decided,
        entries: &mut [Entry],
    ) -> Result<Arc<Decided>, StoreError> {
        let Some(writer) = self.others() else {
            let decided = Arc::new(decided);
            let (result, _) = landed(self.launch(decided.clone()).await).await;
            return result.map(|()| decided);
        };
        let base = decided.take_positions(&mut **writer).await?;
        decided.number(base, entries);
        decided.commit(&mut **writer).await?;
        Ok(Arc::new(decided))
    }

    /// Hands a numbered batch to the writing thread, and lets go of the state that it was decided on.
    pub(super) async fn launch(&mut self, decided: Arc<Decided>) -> Landing {
        let (done, landed) = oneshot::channel();
        if let Desk::Open { jobs, .. } = &self.desk {
            // A thread that is gone drops the job, and with it `done`.
            let _ = jobs.send(Job { decided, done });
        }
        self.loader.let_go().await;
        landed
    }

    /// Lets the writer go, once what was launched is done.
    pub(super) async fn end(&mut self) {
        if let Desk::Open { jobs, runs } = std::mem::replace(&mut self.desk, Desk::Gone) {
            drop(jobs);
            runs.ended().await;
        }
    }
}

/// The writing thread.
async fn write_all(mut writer: Box<dyn Writer>, mut jobs: mpsc::UnboundedReceiver<Job>) {
    while let Some(Job { decided, done }) = jobs.recv().await {
        let began = Instant::now();
        let result = write(&mut *writer, &decided).await;
        // Whoever waits may take the batch apart.
        drop(decided);
        let _ = done.send((result, began.elapsed()));
    }
}

/// Writes a numbered batch.
async fn write(writer: &mut dyn Writer, decided: &Decided) -> Result<(), StoreError> {
    writer.begin().await?;
    if let Err(error) = decided.check_lease(writer).await {
        writer.rollback().await;
        return Err(error);
    }
    let base = decided.take_positions(writer).await?;
    if base != decided.base {
        writer.rollback().await;
        return Err(StoreError::Serialization(format!("the log stands at {base}, not at {}", decided.base)));
    }
    decided.commit(writer).await
}

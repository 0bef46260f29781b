//! The store as the loop uses it: together with others, or alone.

use super::decided::Decided;
use super::entry::Entry;
use crate::runs::Runs;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use waybill_store::{Loader, StoreError, Writer};

/// Who else writes to the store.
pub(super) enum Side {
    /// Others may: one transaction locks, loads and writes.
    Shared(Box<dyn Writer>),
    /// Nobody: loads go beside the writer.
    Alone { loader: Box<dyn Loader>, desk: Desk },
}

/// Where batches are written.
pub(super) enum Desk {
    /// On a thread of its own, while the next batch is decided.
    Open {
        jobs: mpsc::UnboundedSender<Job>,
        runs: Runs,
    },
    Gone,
}

pub(super) struct Job {
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
    pub(super) fn new(
        writer: Box<dyn Writer>,
        loader: Option<Box<dyn Loader>>,
        own_thread: bool,
    ) -> Result<Self, StoreError> {
        let Some(loader) = loader else {
            return Ok(Self::Shared(writer));
        };
        let (jobs, asked) = mpsc::unbounded_channel();
        let runs = Runs::start("waybill-writer", own_thread, write_all(writer, asked))?;
        Ok(Self::Alone { loader, desk: Desk::Open { jobs, runs } })
    }

    /// Then batches are decided while the one before is written.
    pub(super) const fn is_alone(&self) -> bool {
        matches!(self, Self::Alone { .. })
    }

    pub(super) fn loader(&mut self) -> &mut dyn Loader {
        match self {
            Self::Shared(writer) => &mut **writer,
            Self::Alone { loader, .. } => &mut **loader,
        }
    }

    /// Opens the transaction in which a batch is loaded, where there is one.
    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Shared(writer) => writer.begin().await,
            Self::Alone { .. } => Ok(()),
        }
    }

    /// Forgets what was begun.
    pub(super) async fn rollback(&mut self) {
        match self {
            Self::Shared(writer) => writer.rollback().await,
            Self::Alone { .. } => {}
        }
    }

    /// Writes and commits; durable when it returns. Numbers what has no positions yet.
    pub(super) async fn write(
        &mut self,
        mut decided: Decided,
        entries: &mut [Entry],
    ) -> Result<Arc<Decided>, StoreError> {
        match self {
            Self::Shared(writer) => {
                let base = decided.take_positions_in_time(&mut **writer).await?;
                decided.number(base, entries);
                decided.commit(&mut **writer).await?;
                Ok(Arc::new(decided))
            }
            Self::Alone { .. } => {
                let decided = Arc::new(decided);
                let (result, _) = landed(self.launch(decided.clone())).await;
                result.map(|()| decided)
            }
        }
    }

    /// Hands a numbered batch to the writing thread.
    pub(super) fn launch(&mut self, decided: Arc<Decided>) -> Landing {
        let (done, landed) = oneshot::channel();
        if let Self::Alone { desk: Desk::Open { jobs, .. }, .. } = self {
            // A thread that is gone drops the job, and with it `done`.
            let _ = jobs.send(Job { decided, done });
        }
        landed
    }

    /// Lets the writer go, once what was launched is done.
    pub(super) async fn end(&mut self) {
        if let Self::Alone { desk, .. } = self
            && let Desk::Open { jobs, runs } = std::mem::replace(desk, Desk::Gone)
        {
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
    let base = decided.take_positions(writer).await?;
    if base != decided.base {
        writer.rollback().await;
        return Err(StoreError::Serialization(format!("the log stands at {base}, not at {}", decided.base)));
    }
    decided.commit(writer).await
}

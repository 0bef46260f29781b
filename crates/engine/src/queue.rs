//! What waits for the next batch: bounded, first come first served.

use crate::receipt::Answer;
use crate::submission::{Submission, SubmitError};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};

/// A command and who waits for its answer.
pub(crate) struct Waiting {
    pub(crate) submission: Submission,
    /// The submission's.
    pub(crate) weight: usize,
    /// A commit with it was sent, and its answer was lost: until the store tells, nobody can say that nothing was done.
    pub(crate) in_doubt: bool,
    pub(crate) reply: oneshot::Sender<Result<Answer, SubmitError>>,
}

impl Waiting {
    pub(crate) fn new(submission: Submission, reply: oneshot::Sender<Result<Answer, SubmitError>>) -> Self {
        Self { weight: submission.weight(), submission, in_doubt: false, reply }
    }
}

struct Inner {
    waiting: VecDeque<Waiting>,
    /// Of all that waits.
    weight: usize,
    closed: bool,
    /// How long a command has lately taken from waiting to answer, in ms; what `overloaded` advises.
    turnaround_ms: u64,
}

pub(crate) struct Queue {
    inner: Mutex<Inner>,
    max: usize,
    /// Nothing is taken in while this much waits, in rows.
    weight_max: usize,
    filled: Notify,
    drained: Notify,
}

impl Queue {
    pub(crate) fn new(max: usize, weight_max: usize) -> Self {
        Self {
            inner: Mutex::new(Inner { waiting: VecDeque::new(), weight: 0, closed: false, turnaround_ms: 10 }),
            max,
            weight_max,
            filled: Notify::new(),
            drained: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// What a command is told while too much is waiting.
    pub(crate) fn overload(&self) -> Option<SubmitError> {
        self.overload_of(&self.lock())
    }

    fn overload_of(&self, inner: &Inner) -> Option<SubmitError> {
        let is_full = !inner.closed && (inner.waiting.len() >= self.max || inner.weight >= self.weight_max);
        is_full.then(|| SubmitError::Overloaded { retry_after_ms: inner.turnaround_ms.clamp(10, 30_000) })
    }

    /// Takes the command in, or says at once that too much is waiting.
    pub(crate) fn push(&self, waiting: Waiting) -> Result<(), SubmitError> {
        self.try_push(waiting).map_err(|(_, error)| error)
    }

    // The command comes back with the error so that a patient caller can try again.
    #[allow(clippy::result_large_err)]
    fn try_push(&self, waiting: Waiting) -> Result<(), (Waiting, SubmitError)> {
        let mut inner = self.lock();
        if inner.closed {
            return Err((waiting, SubmitError::NotWriting("it is stopping".into())));
        }
        if let Some(overloaded) = self.overload_of(&inner) {
            return Err((waiting, overloaded));
        }
        inner.weight += waiting.weight;
        inner.waiting.push_back(waiting);
        drop(inner);
        self.filled.notify_one();
        Ok(())
    }

    pub(crate) async fn push_patiently(&self, mut waiting: Waiting) -> Result<(), SubmitError> {
        loop {
            let room = self.drained.notified();
            match self.try_push(waiting) {
                Ok(()) => return Ok(()),
                Err((back, SubmitError::Overloaded { .. })) => waiting = back,
                Err((_, error)) => return Err(error),
            }
            room.await;
        }
    }

    /// Waits for commands and takes up to `max` of them, of about `rows` rows in all, but at least one. None when the
    /// queue is closed and empty.
    pub(crate) async fn take(&self, max: usize, rows: usize) -> Option<Vec<Waiting>> {
        loop {
            {
                let mut inner = self.lock();
                if !inner.waiting.is_empty() {
                    let mut left = rows;
                    let fits = |waiting: &&Waiting| {
                        let fits = waiting.weight <= left;
                        left = left.saturating_sub(waiting.weight);
                        fits
                    };
                    let count = inner.waiting.iter().take(max).take_while(fits).count().max(1);
                    let batch: Vec<Waiting> = inner.waiting.drain(..count).collect();
                    inner.weight -= batch.iter().map(|waiting| waiting.weight).sum::<usize>();
                    drop(inner);
                    self.drained.notify_waiters();
                    return Some(batch);
                }
                if inner.closed {
                    return None;
                }
            }
            self.filled.notified().await;
        }
    }

    pub(crate) fn took(&self, turnaround_ms: u64) {
        let mut inner = self.lock();
        inner.turnaround_ms = (inner.turnaround_ms * 7 + turnaround_ms) / 8;
    }

    /// Takes nothing more in; what waits is still served.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_waiters();
        self.filled.notify_one();
        self.drained.notify_waiters();
    }

    /// Lets everybody go who still waits.
    pub(crate) fn abandon(&self) {
        let mut inner = self.lock();
        inner.weight = 0;
        let left = std::mem::take(&mut inner.waiting);
        drop(inner);
        for waiting in left {
            let _ = waiting.reply.send(Err(SubmitError::NotWriting("it is stopping".into())));
        }
    }
}

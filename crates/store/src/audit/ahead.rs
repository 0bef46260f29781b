//! Reading ahead: a read that goes on while what was read before is checked.

use std::pin::Pin;
use std::task::Poll;

/// A read that was begun.
pub(super) enum Ahead<F: Future> {
    Reading(Pin<Box<F>>),
    Done(F::Output),
}

impl<F: Future> Ahead<F> {
    /// Begins; it goes on as far as its connection does not need this task.
    pub(super) async fn begin(read: F) -> Self {
        let mut read = Box::pin(read);
        match futures_util::poll!(&mut read) {
            Poll::Ready(done) => Self::Done(done),
            Poll::Pending => Self::Reading(read),
        }
    }

    pub(super) async fn end(self) -> F::Output {
        match self {
            Self::Reading(read) => read.await,
            Self::Done(done) => done,
        }
    }
}

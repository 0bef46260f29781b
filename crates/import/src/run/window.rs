//! Commands under way: handed in one after the other, answers taken in the same order.

use crate::error::ImportError;
use std::collections::VecDeque;
use std::pin::Pin;
use waybill_engine::{Engine, Receipt, Submission, SubmitError};

/// Enough that the engine always finds a full batch waiting, and a bound for what is in memory. Below the engine's own
/// bound, so that no command waits for room while a later one is taken in.
const UNDER_WAY_MAX: usize = 4_000;

pub type Answer = Result<Receipt, SubmitError>;
type Pending<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// Commands handed in and not answered yet, in order. The engine decides them in that order, so that a step may be
/// handed in right behind the one it follows.
pub struct Window<'a> {
    engine: &'a Engine,
    under_way: VecDeque<(usize, Pending<'a>)>,
}

impl<'a> Window<'a> {
    pub const fn new(engine: &'a Engine) -> Self {
        Self { engine, under_way: VecDeque::new() }
    }

    /// Hands a command in; waits for the oldest answers where too many are under way.
    ///
    /// # Errors
    /// [`ImportError::Stopped`] where the engine takes no more.
    pub async fn submit(
        &mut self,
        step: usize,
        submission: Submission,
        answered: &mut (dyn FnMut(usize, Answer) + Send),
    ) -> Result<(), ImportError> {
        while self.under_way.len() >= UNDER_WAY_MAX {
            self.take_oldest(answered).await?;
        }
        let engine = self.engine;
        let mut pending: Pending<'a> = Box::pin(async move { engine.submit_patiently(submission).await });
        // The first poll puts the command into the engine's queue.
        match futures_util::poll!(pending.as_mut()) {
            std::task::Poll::Ready(answer) => {
                self.under_way.push_back((step, Box::pin(std::future::ready(answer))));
            }
            std::task::Poll::Pending => self.under_way.push_back((step, pending)),
        }
        Ok(())
    }

    /// Waits for every answer.
    ///
    /// # Errors
    /// As [`Window::submit`].
    pub async fn drain(&mut self, answered: &mut (dyn FnMut(usize, Answer) + Send)) -> Result<(), ImportError> {
        while !self.under_way.is_empty() {
            self.take_oldest(answered).await?;
        }
        Ok(())
    }

    async fn take_oldest(&mut self, answered: &mut (dyn FnMut(usize, Answer) + Send)) -> Result<(), ImportError> {
        let Some((step, pending)) = self.under_way.pop_front() else {
            return Ok(());
        };
        match pending.await {
            answer @ (Ok(_) | Err(SubmitError::Refused { .. })) => {
                answered(step, answer);
                Ok(())
            }
            Err(error) => Err(ImportError::Stopped(error)),
        }
    }
}

//! A few connections that read beside the writer and never wait for it.

use rusqlite::{Connection, InterruptHandle};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use waybill_store::StoreError;

/// The pool. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Readers {
    free: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
    limit: Duration,
    threads: bool,
}

impl Readers {
    /// `limit` is how long one piece of reading may take; `threads` says whether it leaves the caller's thread.
    pub fn new(connections: Vec<Connection>, limit: Duration, threads: bool) -> Self {
        let permits = Arc::new(Semaphore::new(connections.len()));
        Self { free: Arc::new(Mutex::new(connections)), permits, limit, threads }
    }

    /// Runs a piece of reading on a free connection, off the runtime's own threads. It is stopped when it takes longer
    /// than the limit, and when nobody waits for it any more.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let lost = |error: &dyn std::fmt::Display| StoreError::Other(format!("a read did not finish: {error}"));
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|error| lost(&error))?;
        let connection = locked(&self.free).pop().ok_or_else(|| lost(&"a reader is missing"))?;
        if !self.threads {
            let answer = work(&connection);
            locked(&self.free).push(connection);
            return answer;
        }
        let read = Arc::new(Read { interrupt: connection.get_interrupt_handle(), runs: Mutex::new(true) });
        let on_loan = OnLoan {
            connection: Some(connection),
            read: Arc::clone(&read),
            free: Arc::clone(&self.free),
            _permit: permit,
        };
        let _stop = StopOnDrop(read);
        let task = tokio::task::spawn_blocking(move || match &on_loan.connection {
            Some(connection) => work(connection),
            None => Err(StoreError::Other("a reader is missing".to_owned())),
        });
        match tokio::time::timeout(self.limit, task).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => Err(lost(&error)),
            Err(_) => Err(StoreError::Other(format!("a read took longer than {:?} and was stopped", self.limit))),
        }
    }
}

/// One piece of reading on a connection.
struct Read {
    interrupt: InterruptHandle,
    /// An interrupt after the end would hit whoever has the connection next.
    runs: Mutex<bool>,
}

/// A connection that goes back to the pool even where the work panics.
struct OnLoan {
    connection: Option<Connection>,
    read: Arc<Read>,
    free: Arc<Mutex<Vec<Connection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for OnLoan {
    fn drop(&mut self) {
        *locked(&self.read.runs) = false;
        locked(&self.free).extend(self.connection.take());
    }
}

struct StopOnDrop(Arc<Read>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if *locked(&self.0.runs) {
            self.0.interrupt.interrupt();
        }
    }
}

/// Nothing that panics leaves these half changed, so a poisoned lock is as good as another.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

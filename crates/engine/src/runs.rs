//! Where a loop of the engine runs: on a thread of its own, or as a task of the caller's runtime.

use waybill_store::StoreError;

pub(crate) enum Runs {
    Thread(std::thread::JoinHandle<()>),
    Task(tokio::task::JoinHandle<()>),
}

impl Runs {
    /// Starts `work`; on a thread named `name` where it is to have its own.
    pub(crate) fn start(
        name: &str,
        own_thread: bool,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Self, StoreError> {
        if !own_thread {
            return Ok(Self::Task(tokio::spawn(work)));
        }
        let runtime = tokio::runtime::Handle::current();
        let thread = std::thread::Builder::new().name(name.into()).spawn(move || runtime.block_on(work));
        thread.map(Self::Thread).map_err(|error| StoreError::Other(format!("no thread for {name}: {error}")))
    }

    /// Waits until it is done.
    pub(crate) async fn ended(self) {
        match self {
            Self::Thread(thread) => {
                let _ = tokio::task::spawn_blocking(move || thread.join()).await;
            }
            Self::Task(task) => {
                let _ = task.await;
            }
        }
    }
}

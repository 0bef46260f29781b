//! What keeps the store from taking anything in: said once when it begins and once when it is over, however many
//! commands are turned away meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A trouble counts as over when nothing met it for this long. Whoever asks whether this process is ready may have turned
/// everybody away meanwhile, and then nothing could ever show that writing works again.
const REMEMBERED: Duration = Duration::from_secs(10);

struct Trouble {
    why: String,
    began: Instant,
    last: Instant,
    /// Commands turned away.
    commands: usize,
}

/// Whether there is trouble.
#[derive(Default)]
pub(crate) struct Troubles {
    /// Asked after every batch, so apart from the lock.
    any: AtomicBool,
    now: Mutex<Option<Trouble>>,
}

impl Troubles {
    fn lock(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commands were turned away because of `why`.
    pub(crate) fn met(&self, why: &str, commands: usize) {
        let mut now = self.lock();
        self.any.store(true, Ordering::Release);
        match &mut *now {
            Some(trouble) if trouble.why == why => {
                trouble.last = Instant::now();
                trouble.commands += commands;
            }
            _ => {
                tracing::error!(error = why, commands, "nothing can be written; callers are told to try again");
                let began = Instant::now();
                *now = Some(Trouble { why: why.to_owned(), began, last: began, commands });
            }
        }
    }

    /// Something was written.
    pub(crate) fn over(&self) {
        if !self.any.load(Ordering::Acquire) {
            return;
        }
        let over = self.lock().take();
        self.any.store(false, Ordering::Release);
        if let Some(trouble) = over {
            let seconds = trouble.began.elapsed().as_secs();
            tracing::info!(after = trouble.why, seconds, turned_away = trouble.commands, "writing again");
        }
    }

    /// What keeps the store from being written, as far as is known.
    pub(crate) fn now(&self) -> Option<String> {
        self.lock().as_ref().filter(|trouble| trouble.last.elapsed() < REMEMBERED).map(|trouble| trouble.why.clone())
    }
}

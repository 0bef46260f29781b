//! Mints the bases of ids: version 7, rising within the process.

use crate::ports::{Clock, Entropy};
use std::sync::Mutex;
use waybill_domain::ids::{Id, IdSource};

/// Makes id bases that rise even when the clock stands still or goes back: index pages fill from one side.
#[derive(Debug, Default)]
pub(crate) struct IdMint {
    last: Mutex<u128>,
}

impl IdMint {
    pub(crate) fn next(&self, clock: &dyn Clock, entropy: &dyn Entropy) -> IdSource {
        let now = u64::try_from(clock.now().unix_ms()).unwrap_or_default();
        let fresh = Id::v7(now, entropy.random());
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // The same millisecond: go on from the last base by a random stride, so that ids rise and stay unguessable.
        let stride = (entropy.random() & 0xffff_ffff) + 1;
        let base = if fresh.0 >> 80 > *last >> 80 { fresh.0 } else { *last + (stride << 16) };
        *last = base;
        IdSource::new(Id(base))
    }
}

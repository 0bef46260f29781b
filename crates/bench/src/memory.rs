//! Memory that is this process's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Memory that is this process's own, in bytes; `None` where the system does not tell. Pages of the store's file that are
/// mapped to be read are not: they are the system's cache, which takes them back when it likes.
pub fn private_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let kib = |name: &str| -> Option<u64> {
        text.lines().find(|line| line.starts_with(name))?.split_whitespace().nth(1)?.parse().ok()
    };
    Some(kib("Anonymous:")? * 1_024)
}

/// Bytes this process has caused to be written to disks.
pub fn written_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/io").ok()?;
    text.lines().find_map(|line| line.strip_prefix("write_bytes:"))?.trim().parse().ok()
}

/// Looks at the memory now and then and remembers the most.
#[derive(Debug)]
pub struct Watch {
    most: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Watch {
    pub fn start() -> Self {
        let watch = Self { most: Arc::default(), stop: Arc::default() };
        let (most, stop) = (watch.most.clone(), watch.stop.clone());
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                // The kernel adds the figures up over all mappings, which takes a moment.
                let now = tokio::task::spawn_blocking(private_bytes).await.ok().flatten().unwrap_or_default();
                most.fetch_max(now, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        });
        watch
    }

    /// The most there was, in megabytes.
    pub fn most_mb(&self) -> f64 {
        self.most.load(Ordering::Relaxed) as f64 / 1e6
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

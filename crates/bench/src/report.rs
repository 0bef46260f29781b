//! The figures of a run.

use crate::grow::Grown;
use crate::housekeeping::Beside;
use crate::overload::Overload;
use crate::pages::Pages;
use crate::reads::Reads;
use serde::Serialize;

/// Figures that were not measured are 0; ratios of them are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BenchReport {
    pub database: String,
    /// Whether the books were right at the end.
    pub audit_ok: bool,
    pub seconds_measured: f64,
    /// Orders in the store before measuring began, and at the end.
    pub orders_before: i64,
    pub orders_after: i64,
    /// Whether the engine's workers ran beside the load.
    pub workers: bool,
    pub callers: usize,
    pub connections: usize,
    pub engine_orders_per_s: f64,
    pub engine_p50_ms: f64,
    pub engine_p95_ms: f64,
    pub engine_p99_ms: f64,
    /// Orders per commit.
    pub engine_batch: f64,
    /// Where the engine's own thread spent its time.
    pub load_us_per_order: f64,
    pub decide_us_per_order: f64,
    pub commit_us_per_order: f64,
    /// Processor time of the whole process, load included, and of the parts of it that have threads of their own.
    pub cpu_us_per_order: f64,
    pub cpu_deciding_us_per_order: f64,
    pub cpu_writing_us_per_order: f64,
    pub cpu_checkpoint_us_per_order: f64,
    /// The first rows that the engine wrote, written bare, by orders a commit.
    pub raw_100_orders_per_s: f64,
    pub raw_500_orders_per_s: f64,
    pub raw_1000_orders_per_s: f64,
    /// All that the engine wrote, by the best of these.
    pub raw_orders_per_s: f64,
    /// Processor time of one of those, without what a database server spends.
    pub raw_cpu_us_per_order: f64,
    /// The same into a store that holds as many orders before them as the engine's did.
    pub raw_filled_orders_per_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_filled_ratio: Option<f64>,
    pub card_orders_per_s: f64,
    pub card_p50_ms: f64,
    pub card_p95_ms: f64,
    pub card_p99_ms: f64,
    pub gateway_ms: u64,
    /// Cards with that gateway, against a gateway that answers at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_ratio: Option<f64>,
    pub http_orders_per_s: f64,
    pub http_p50_ms: f64,
    pub http_p95_ms: f64,
    pub http_p99_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_ratio: Option<f64>,
    pub spread_orders_per_s: f64,
    pub hot_item_orders_per_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hot_item_ratio: Option<f64>,
    /// Engines that wrote at once in the hot-item comparison.
    pub writers: usize,
    /// Items all over by one engine alone, and all engines together against it.
    pub one_writer_orders_per_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writers_ratio: Option<f64>,
    /// A pause before every commit, and the engine with it against the engine without, in turns.
    pub fsync_delay_ms: f64,
    pub undelayed_orders_per_s: f64,
    pub delayed_orders_per_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fsync_ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overload: Option<Overload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overload_http: Option<Overload>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grown: Vec<Grown>,
    /// Reads with nothing beside them, at 70 % of what can be taken, and at all of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Reads>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub housekeeping: Vec<Beside>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<Pages>,
    pub rows_per_order: f64,
    /// By which the database grew.
    pub bytes_per_order: f64,
    pub pages_per_order: f64,
    /// Written to disk by this process; 0 where a server writes.
    pub written_bytes_per_order: f64,
    /// Private resident memory, the most under load, in megabytes.
    pub rss_mb: f64,
    pub audit_postings: i64,
    pub audit_seconds: f64,
    pub audit_violations: Vec<String>,
}

/// One figure against another, where both were measured.
pub fn ratio(one: f64, other: f64) -> Option<f64> {
    (one > 0.0 && other > 0.0).then(|| (one / other * 1_000.0).round() / 1_000.0)
}

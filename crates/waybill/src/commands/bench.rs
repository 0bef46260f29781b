//! `waybill bench`.

use crate::cli::Bench;
use crate::database::{Database, postgres_options, sqlite_options};
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use waybill_bench::{BenchError, BenchReport, Boxed, Latency, Options, Pages, Part, Place, Server, Serving};
use waybill_domain::attempt::Origin;
use waybill_engine::Engine;
use waybill_store::StoreError;
use waybill_store::read::orders::{self, OrderFilter};
use waybill_store::read::{PageRequest, Viewer};
use waybill_web::{WebOptions, WebState};

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        match error {
            BenchError::Store(error) => Self::Store(error),
            BenchError::Submit(error) => Self::Refused(error),
            other => Self::Other(other.to_string()),
        }
    }
}

pub async fn run(asked: Bench, settings: &Settings, output: Output) -> Result<(), Failure> {
    if !asked.beside_real_orders && holds_real_orders(settings).await? {
        return Err(Failure::Usage(format!(
            "{} holds real orders. A benchmark makes a store of its own beside it and leaves it alone, but takes its disk and \
             its processor: name another place with --database, or say --beside-real-orders",
            settings.database()?.shown()
        )));
    }
    let (place, writers) = match settings.database()? {
        Database::Sqlite(path) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            (Place::Sqlite { folder: folder.to_owned(), options: sqlite_options(settings) }, 1)
        }
        // Two, because many processes may write to one database.
        Database::Postgres(url) => {
            (Place::Postgres { url: url.as_str().to_owned(), options: postgres_options(settings) }, 2)
        }
    };
    let writers = asked.writers.map_or(writers, |writers| writers.max(1) as usize);
    if writers > 1 && matches!(place, Place::Sqlite { .. }) {
        return Err(Failure::Usage("an SQLite store has one writer; --writers above 1 needs PostgreSQL".to_owned()));
    }
    let part = part(&asked)?;
    let options = Options {
        place,
        measured: Duration::from_secs(u64::from(asked.seconds)),
        // A store that is to grow begins empty.
        prefill: if asked.grow.is_some() { 0 } else { i64::from(asked.prefill) },
        callers: asked.clients as usize,
        connections: asked.connections as usize,
        gateway_latency: Duration::from_millis(asked.gateway_ms),
        part,
        with_raw: !asked.no_raw,
        writers,
        workers: !asked.no_workers,
        keep: asked.keep,
    };
    let say = |what: &str| {
        if !output.is_json() {
            eprintln!("{what}");
        }
    };
    let report = waybill_bench::run(&options, &Web, &say).await?;
    output.answer(&report);
    show(&report, output);
    if report.audit_ok { Ok(()) } else { Err(Failure::NotAsItMustBe) }
}

/// Whether the database that is named holds orders that nobody imported or simulated. One that is not there, or that was never
/// made a store, holds none.
async fn holds_real_orders(settings: &Settings) -> Result<bool, Failure> {
    let database = settings.database()?;
    if !database.exists() {
        return Ok(false);
    }
    let store = database.open_reader(settings).await?;
    match store.check_schema().await {
        Err(StoreError::OlderSchema { found: 0, .. }) => return Ok(false),
        Err(error @ StoreError::Unavailable(_)) => return Err(error.into()),
        // An older or newer store has its orders all the same.
        Ok(()) | Err(_) => {}
    }
    let real = OrderFilter { origin: Some(Origin::Live), ..OrderFilter::default() };
    let one = PageRequest { limit: Some(1), after: None };
    let found = orders::orders(&*store, &Viewer::system(), &real, &one).await.map_err(StoreError::from)?;
    Ok(!found.rows.is_empty())
}

/// Which part of the benchmark is asked for.
fn part(asked: &Bench) -> Result<Part, Failure> {
    if asked.engine {
        return Ok(Part::Engine);
    }
    if asked.hot {
        return Ok(Part::Hot);
    }
    if let Some(delay) = asked.fsync_delay_ms {
        return Duration::try_from_secs_f64(delay / 1e3)
            .ok()
            .filter(|delay| *delay <= Duration::from_secs(10))
            .map(Part::SlowDisk)
            .ok_or_else(|| Failure::Usage("--fsync-delay-ms must be 0 to 10000".to_owned()));
    }
    if asked.overload {
        return Ok(Part::Overload);
    }
    if asked.reads {
        return Ok(Part::Reads);
    }
    if asked.pages {
        return Ok(Part::Pages);
    }
    if asked.housekeeping {
        return Ok(Part::Housekeeping);
    }
    match &asked.grow {
        None => Ok(Part::Whole),
        Some(sizes) if !sizes.is_empty() && sizes.is_sorted() => {
            Ok(Part::Grow(sizes.iter().copied().map(i64::from).collect()))
        }
        Some(_) => Err(Failure::Usage("--grow takes sizes from small to large: --grow 100000,1000000".to_owned())),
    }
}

/// The figures of the parts that are measured by themselves.
fn show_apart(report: &BenchReport, output: Output) {
    let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
    if report.delayed_orders_per_s > 0.0 {
        output.line(format!(
            "slow     {:>8.0} orders/s with {} ms before every commit, {} of {:.0} without; {} callers",
            report.delayed_orders_per_s,
            report.fsync_delay_ms,
            ratio(report.fsync_ratio),
            report.undelayed_orders_per_s,
            report.callers
        ));
    }
    for (way, overload) in [("overload", &report.overload), ("over HTTP", &report.overload_http)] {
        let Some(overload) = overload else { continue };
        output.line(format!(
            "{way:<9}{:>8.0} orders/s served, {} of {:.0}, while {:.0} were offered   p50 {:.1} ms, p99 {:.1}",
            overload.served_per_s,
            ratio(overload.served_ratio),
            overload.capacity_per_s,
            overload.offered_per_s,
            overload.p50_ms,
            overload.p99_ms
        ));
        output.line(format!(
            "         {} refused, each within {:.1} ms; the queue was empty {:.0} ms after; private memory {:.0} MB, {:.0} before",
            overload.refused, overload.refused_max_ms, overload.drained_ms, overload.rss_mb, overload.rss_before_mb
        ));
    }
    for (reads, beside) in report.reads.iter().zip(["nothing", "70 % of capacity", "as many orders as can be taken"]) {
        let shown = |latency: Latency| format!("{:.1} / {:.1}", latency.p50_ms, latency.p99_ms);
        output.line(format!(
            "reads    list {}, order {}, pick queue {} ms (p50 / p99); beside them {beside}, {:.0} orders/s; p99 {} of that with nothing",
            shown(reads.list),
            shown(reads.order),
            shown(reads.queue),
            reads.placed_per_s,
            ratio(reads.p99_cost)
        ));
    }
    if let Some(pages) = &report.pages {
        show_pages(pages, output);
    }
    for beside in &report.housekeeping {
        output.line(format!(
            "{:<8} {:>8.0} orders/s ({}), p99 {:.1} ms ({}); log {:.0} MB; {} times, {:.1} s each",
            beside.work,
            beside.placed_per_s,
            ratio(beside.placed_ratio),
            beside.p99_ms,
            ratio(beside.p99_ratio),
            beside.log_mb,
            beside.times,
            beside.seconds_each
        ));
    }
    for grown in &report.grown {
        output.line(format!(
            "{:>9} orders: {:.0} placed a second ({} of the time at first), read one {:.2} ms, lists {:.2} newest, {:.2} confirmed, \
             {:.2} held, search by customer text {:.2} and by a word of all {:.2}, pick queue {:.2} ({}), audit {:.0} postings/s ({}), {:.0} MB",
            grown.orders,
            grown.placed_per_s,
            ratio(grown.placing_cost),
            grown.read_one_ms,
            grown.list_newest_ms,
            grown.list_confirmed_ms,
            grown.list_held_ms,
            grown.search_ms,
            grown.search_common_ms,
            grown.pick_queue_ms,
            ratio(grown.pick_queue_cost),
            grown.audit_postings_per_s,
            if grown.audit_ok { "right" } else { "NOT RIGHT" },
            grown.data_mb
        ));
    }
}

fn show_pages(pages: &Pages, output: Output) {
    let shown = |latency: Latency| {
        format!("p50 {:.1} ms, p95 {:.1}, p99 {:.1}", latency.p50_ms, latency.p95_ms, latency.p99_ms)
    };
    for page in &pages.pages {
        output.line(format!("{:<28} {}; {:.1} kB", page.page, shown(page.latency), page.kb));
    }
    output.line(format!("first page, with all it needs {:.1} kB", pages.first_page_kb));
    output.line(format!("act, until its page is back   {}", shown(pages.act)));
    let live = &pages.live;
    output.line(format!(
        "{} open pages: {:.0} MB; told of an order {}; {:.1} us of processor time an order, {:.1} with nobody looking ({})",
        live.open,
        live.memory_mb,
        shown(live.told),
        live.cpu_us_per_order,
        live.cpu_us_per_order_alone,
        live.cpu_cost.map_or_else(|| "-".to_owned(), |cost| format!("{cost:.2}"))
    ));
}

/// The figures of the doors: cards, HTTP.
fn show_doors(report: &BenchReport, output: Output) {
    let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
    output.line(format!(
        "card     {:>8.0} orders/s   p50 {:.1} ms, p95 {:.1}, p99 {:.1}; gateway {} ms, {} of one that answers at once",
        report.card_orders_per_s,
        report.card_p50_ms,
        report.card_p95_ms,
        report.card_p99_ms,
        report.gateway_ms,
        ratio(report.gateway_ratio)
    ));
    output.line(format!(
        "http     {:>8.0} orders/s, {} of raw   p50 {:.1} ms, p95 {:.1}, p99 {:.1}; {} connections",
        report.http_orders_per_s,
        ratio(report.http_ratio),
        report.http_p50_ms,
        report.http_p95_ms,
        report.http_p99_ms,
        report.connections
    ));
}

fn show(report: &BenchReport, output: Output) {
    let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
    output
        .line(format!("{} with {} orders, {} at the end", report.database, report.orders_before, report.orders_after));
    if report.engine_orders_per_s > 0.0 {
        output.line(format!(
            "engine   {:>8.0} orders/s, {} of raw, {:.0} a commit   p50 {:.1} ms, p95 {:.1}, p99 {:.1}",
            report.engine_orders_per_s,
            ratio(report.engine_ratio),
            report.engine_batch,
            report.engine_p50_ms,
            report.engine_p95_ms,
            report.engine_p99_ms
        ));
        if report.card_orders_per_s > 0.0 {
            show_doors(report, output);
        }
        if report.raw_orders_per_s > 0.0 {
            output.line(format!(
                "raw      {:>8.0} orders/s of all that the engine wrote (the first of them {:.0} at 100 a commit, {:.0} at 500, {:.0} at 1000); {:.0} in a store as full, {} of it by the engine",
                report.raw_orders_per_s,
                report.raw_100_orders_per_s,
                report.raw_500_orders_per_s,
                report.raw_1000_orders_per_s,
                report.raw_filled_orders_per_s,
                ratio(report.engine_filled_ratio)
            ));
        }
        output.line(format!(
            "batches  {:.0} us an order to load, {:.0} to decide, {:.0} to write and commit",
            report.load_us_per_order, report.decide_us_per_order, report.commit_us_per_order
        ));
        output.line(format!(
            "cpu      {:.1} us an order: {:.1} loading and deciding, {:.1} writing, {:.1} checkpoints, the rest callers and workers; bare rows {:.1}",
            report.cpu_us_per_order,
            report.cpu_deciding_us_per_order,
            report.cpu_writing_us_per_order,
            report.cpu_checkpoint_us_per_order,
            report.raw_cpu_us_per_order
        ));
        output.line(format!(
            "an order {} rows, {:.0} bytes, {:.2} pages, {:.0} bytes written; private memory {:.0} MB",
            if report.rows_per_order > 0.0 { format!("{:.1}", report.rows_per_order) } else { "-".to_owned() },
            report.bytes_per_order,
            report.pages_per_order,
            report.written_bytes_per_order,
            report.rss_mb
        ));
    }
    if report.hot_item_orders_per_s > 0.0 {
        output.line(format!(
            "hot item {:>8.0} orders/s, {} of {:.0} with items all over; {} writing",
            report.hot_item_orders_per_s,
            ratio(report.hot_item_ratio),
            report.spread_orders_per_s,
            report.writers
        ));
    }
    if report.one_writer_orders_per_s > 0.0 {
        output.line(format!(
            "writers  {:>8.0} orders/s by {} engines with items all over, {} of {:.0} by one",
            report.spread_orders_per_s,
            report.writers,
            ratio(report.writers_ratio),
            report.one_writer_orders_per_s
        ));
    }
    show_apart(report, output);
    let verdict =
        if report.audit_ok { "the books are right" } else { "THE BOOKS ARE NOT RIGHT: these figures mean nothing" };
    output.line(format!("audit    {verdict}; {} postings in {:.1} s", report.audit_postings, report.audit_seconds));
    for violation in &report.audit_violations {
        output.line(format!("         {violation}"));
    }
}

/// The real server, on a port of its own.
struct Web;

struct Running {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server for Web {
    fn start<'a>(&'a self, engine: Engine) -> Boxed<'a, Result<Box<dyn Serving>, String>> {
        Box::pin(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
            let address = listener.local_addr().map_err(|error| error.to_string())?;
            let (stop, mut asked) = watch::channel(false);
            let state = WebState::new(engine, WebOptions::default());
            let task = tokio::spawn(waybill_web::serve(listener, state, async move {
                let _ = asked.wait_for(|stop| *stop).await;
            }));
            Ok(Box::new(Running { address, stop, task }) as Box<dyn Serving>)
        })
    }
}

impl Serving for Running {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn stop(self: Box<Self>) -> Boxed<'static, ()> {
        Box::pin(async move {
            self.stop.send_replace(true);
            let _ = tokio::time::timeout(Duration::from_secs(10), self.task).await;
        })
    }
}

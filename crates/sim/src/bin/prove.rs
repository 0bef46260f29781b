//! Runs fresh seeds for as long as it is told, or one seed to look at. `cargo xtask prove` builds and starts it.

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use waybill_sim::{Coverage, Kind, Outcome, Plan, run, shrink};
use waybill_store::Store;
use waybill_store_postgres::testing::TestDatabase;

#[derive(Debug, Parser)]
#[command(about = "Simulates Waybill under faults, seed after seed, and audits every run")]
struct Arguments {
    /// How long to run fresh seeds.
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// The first seed; a random one where none is named. The others follow it.
    #[arg(long)]
    first: Option<u64>,
    /// Run this seed alone and print its trace.
    #[arg(long)]
    seed: Option<u64>,
    /// Steps of a run.
    #[arg(long, default_value_t = 120)]
    steps: u32,
    /// Seeds that run at once: 1, and 8 on PostgreSQL, where runs wait more than they work.
    #[arg(long)]
    jobs: Option<u32>,
    /// Go on after a failure and list what failed, without making it short.
    #[arg(long)]
    keep_going: bool,
    /// Run two processes on one store of this PostgreSQL server instead, by a superuser's URL (`cargo xtask postgres` starts one
    /// and prints it). These runs have seeds and are not deterministic: one that fails leaves its history in a file.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Runs that may be spent on making a failing one short.
    #[arg(long, default_value_t = 300)]
    shrink: u32,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "off".into()))
        .with_writer(std::io::stderr)
        .init();
    waybill_sim::keep_panics();
    match (arguments.seed, &arguments.postgres) {
        (seed, Some(server)) => prove_shared(seed, &arguments, server),
        (Some(seed), None) => look(seed, &arguments),
        (None, None) => prove(&arguments),
    }
}

/// Two processes on one store, each seed with a database of its own; one seed alone where it is named.
fn prove_shared(seed: Option<u64>, arguments: &Arguments, server: &str) -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            println!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ahead = AtomicU64::new(0);
    let run = |seed| {
        let (outcome, decided) = runtime.block_on(async {
            let database = TestDatabase::on(server.to_owned()).await;
            let (one, other) = (Arc::new(database.open().await), Arc::new(database.open().await));
            one.migrate().await.expect("a schema");
            waybill_sim::run_shared(seed, arguments.steps, [one, other]).await
        });
        ahead.fetch_add(decided, Ordering::Relaxed);
        outcome
    };
    let campaign = match seed {
        Some(seed) => Campaign::of(seed, run),
        None => campaign(arguments, 8, run),
    };
    campaign.report(arguments);
    println!("\n{} batches decided ahead", ahead.into_inner());
    for (seed, outcome) in &campaign.failed {
        let path = std::env::temp_dir().join(format!("waybill-history-{seed}-{}.txt", std::process::id()));
        let history = [outcome.trace.join("\n"), outcome.failures.join("\n")].join("\n");
        match std::fs::write(&path, history) {
            Ok(()) => println!("the history of seed {seed} is in {}", path.display()),
            Err(error) => println!("the history of seed {seed} could not be kept: {error}"),
        }
    }
    campaign.verdict()
}

fn first(arguments: &Arguments) -> u64 {
    arguments.first.unwrap_or_else(|| RandomState::new().hash_one(0_u8) >> 24)
}

fn bar(limit: Duration) -> ProgressBar {
    let bar = ProgressBar::new(limit.as_secs());
    let style = "{bar:40} {elapsed_precise} of {len} s, {msg}";
    bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// One seed, its trace and, where it fails, a shorter one.
fn look(seed: u64, arguments: &Arguments) -> ExitCode {
    let outcome = run(&Plan::new(seed, arguments.steps));
    if outcome.failures.is_empty() {
        outcome.trace.iter().for_each(|line| println!("{line}"));
        println!("seed {seed} holds");
        return ExitCode::SUCCESS;
    }
    explain(seed, arguments);
    ExitCode::FAILURE
}

fn prove(arguments: &Arguments) -> ExitCode {
    let campaign = campaign(arguments, 1, |seed| run(&Plan::new(seed, arguments.steps)));
    campaign.report(arguments);
    if let Some((seed, _)) = campaign.failed.iter().min_by_key(|(seed, _)| *seed)
        && !arguments.keep_going
    {
        explain(*seed, arguments);
    }
    campaign.verdict()
}

/// What running seed after seed came to.
#[derive(Default)]
struct Campaign {
    first: u64,
    seeds: u64,
    requests: u64,
    coverage: Coverage,
    failed: Vec<(u64, Outcome)>,
    took: Duration,
    commit: String,
}

/// Runs fresh seeds, `jobs` at once where the developer names no number, until the time is over or one fails.
fn campaign(arguments: &Arguments, jobs: u32, run: impl Fn(u64) -> Outcome + Sync) -> Campaign {
    let first = first(arguments);
    let limit = Duration::from_secs_f64(arguments.minutes * 60.0);
    // The one that is run, whatever is committed meanwhile.
    let commit = commit();
    let (began, next, stop) = (Instant::now(), AtomicU64::new(first), AtomicBool::new(false));
    let campaign = Mutex::new(Campaign { first, commit, ..Campaign::default() });
    let bar = bar(limit);
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.unwrap_or(jobs).max(1) {
            scope.spawn(|| {
                while began.elapsed() < limit && !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let outcome = run(seed);
                    if !outcome.failures.is_empty() {
                        stop.store(!arguments.keep_going, Ordering::Relaxed);
                        bar.suspend(|| println!("seed {seed} FAILED {}", outcome.failures.join("; ")));
                    }
                    let mut campaign = campaign.lock().unwrap_or_else(PoisonError::into_inner);
                    campaign.take_in(seed, outcome);
                    bar.set_position(began.elapsed().as_secs().min(limit.as_secs()));
                    bar.set_message(format!("{} seeds from {first}", campaign.seeds));
                }
            });
        }
    });
    bar.finish();
    let mut campaign = campaign.into_inner().unwrap_or_else(PoisonError::into_inner);
    campaign.took = began.elapsed();
    campaign
}

impl Campaign {
    /// One seed alone.
    fn of(seed: u64, run: impl Fn(u64) -> Outcome) -> Self {
        let (began, mut campaign) = (Instant::now(), Self { first: seed, commit: commit(), ..Self::default() });
        campaign.take_in(seed, run(seed));
        campaign.took = began.elapsed();
        campaign
    }

    fn take_in(&mut self, seed: u64, outcome: Outcome) {
        self.seeds += 1;
        self.coverage.take_in(&outcome.coverage);
        self.requests += outcome.requests;
        if !outcome.failures.is_empty() {
            self.failed.push((seed, outcome));
        }
    }

    fn report(&self, arguments: &Arguments) {
        let Self { first, seeds, requests, coverage, failed, took, commit } = self;
        let (last, seconds) = (first + seeds.saturating_sub(1), took.as_secs_f64());
        println!("seeds {first} to {last}, {} steps each, commit {commit}", arguments.steps);
        println!("{seeds} seeds in {seconds:.0} s: {:.2} seeds/s, {} failed", *seeds as f64 / seconds, failed.len());
        println!("{requests} requests answered, {} faults", coverage.sum(Kind::Fault));
        report(coverage);
    }

    fn verdict(&self) -> ExitCode {
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// What was reached, how often, and what was not.
fn report(coverage: &Coverage) {
    let kinds = [
        (Kind::Fault, "faults"),
        (Kind::Operation, "commands"),
        (Kind::Event, "events"),
        (Kind::Refusal, "refusals"),
        (Kind::Status, "statuses"),
    ];
    for (kind, name) in kinds {
        let reached = coverage.of(kind);
        let (missing, there) = (coverage.missing(kind), reached.iter().filter(|(_, count)| *count > 0).count());
        println!("\n{name}: {there} reached, {} not", missing.len());
        for (what, count) in reached {
            println!("  {count:>9}  {what}");
        }
        for what in missing {
            println!("          -  {what}");
        }
    }
}

/// Shows a failing seed as short as it gets.
fn explain(seed: u64, arguments: &Arguments) {
    println!("\nseed {seed} fails on commit {}", commit());
    let plan = Plan::new(seed, arguments.steps);
    let mut progress = |plan: &Plan| eprintln!("still fails with {} steps", plan.steps as usize - plan.skip.len());
    let (plan, outcome) = shrink(&plan, arguments.shrink, &mut progress);
    outcome.trace.iter().for_each(|line| println!("{line}"));
    outcome.failures.iter().for_each(|why| println!("FAILED {why}"));
    let steps: Vec<u32> = (1..=plan.steps).filter(|step| !plan.skip.contains(step)).collect();
    println!("seed {seed}, commit {}, steps {steps:?} of {}", commit(), arguments.steps);
}

fn commit() -> String {
    let said = std::process::Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    said.ok()
        .and_then(|said| String::from_utf8(said.stdout).ok())
        .map_or("unknown".into(), |text| text.trim().to_owned())
}

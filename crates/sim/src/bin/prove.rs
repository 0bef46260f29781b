//! Runs fresh seeds for as long as it is told, or one seed to look at. `cargo xtask prove` builds and starts it.

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use waybill_sim::{Coverage, Kind, Plan, run, shrink};
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
    /// Seeds that run at once.
    #[arg(long, default_value_t = 1)]
    jobs: u32,
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
        (_, Some(server)) => prove_shared(&arguments, server),
        (Some(seed), None) => look(seed, &arguments),
        (None, None) => prove(&arguments),
    }
}

/// Two processes on one store, one seed after the other; one seed alone where it is named.
fn prove_shared(arguments: &Arguments, server: &str) -> ExitCode {
    let commit = commit();
    let first = arguments.seed.unwrap_or_else(|| first(arguments));
    let (began, limit) = (Instant::now(), Duration::from_secs_f64(arguments.minutes * 60.0));
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            println!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let bar = bar(limit);
    let (coverage, mut requests, mut alone, mut seed) = (Coverage::default(), 0, 0, first);
    loop {
        let (outcome, ahead) = runtime.block_on(async {
            let database = TestDatabase::on(server.to_owned()).await;
            let (one, other) = (Arc::new(database.open().await), Arc::new(database.open().await));
            one.migrate().await.expect("a schema");
            waybill_sim::run_shared(seed, arguments.steps, [one, other]).await
        });
        coverage.take_in(&outcome.coverage);
        (requests, alone) = (requests + outcome.requests, alone + ahead);
        if !outcome.failures.is_empty() {
            let path = std::env::temp_dir().join(format!("waybill-history-{seed}-{}.txt", std::process::id()));
            let history = [outcome.trace.join("\n"), outcome.failures.join("\n")].join("\n");
            let kept = std::fs::write(&path, history);
            bar.finish();
            println!("seed {seed}, commit {commit}, FAILED {}", outcome.failures.join("; "));
            match kept {
                Ok(()) => println!("its history is in {}", path.display()),
                Err(error) => println!("its history could not be kept: {error}"),
            }
            return ExitCode::FAILURE;
        }
        bar.set_position(began.elapsed().as_secs().min(limit.as_secs()));
        bar.set_message(format!("{} seeds from {first}", seed - first + 1));
        if arguments.seed.is_some() || began.elapsed() >= limit {
            break;
        }
        seed += 1;
    }
    bar.finish();
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "seeds {first} to {seed} of two processes, {} steps each, commit {commit}, {seconds:.0} s",
        arguments.steps
    );
    println!("{requests} requests answered, {} faults, {alone} batches decided ahead", coverage.sum(Kind::Fault));
    report(&coverage);
    ExitCode::SUCCESS
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
    let first = first(arguments);
    let limit = Duration::from_secs_f64(arguments.minutes * 60.0);
    // The one that is run, whatever is committed meanwhile.
    let commit = commit();
    let (began, next) = (Instant::now(), AtomicU64::new(first));
    let (coverage, requests, seeds) = (Coverage::default(), AtomicU64::new(0), AtomicU64::new(0));
    let (stop, failed) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let bar = bar(limit);
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.max(1) {
            scope.spawn(|| {
                while began.elapsed() < limit && !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let outcome = run(&Plan::new(seed, arguments.steps));
                    coverage.take_in(&outcome.coverage);
                    requests.fetch_add(outcome.requests, Ordering::Relaxed);
                    let count = seeds.fetch_add(1, Ordering::Relaxed) + 1;
                    if !outcome.failures.is_empty() {
                        stop.store(!arguments.keep_going, Ordering::Relaxed);
                        if arguments.keep_going {
                            bar.suspend(|| println!("seed {seed} FAILED {}", outcome.failures.join("; ")));
                        }
                        if let Ok(mut failed) = failed.lock() {
                            failed.push(seed);
                        }
                    }
                    bar.set_position(began.elapsed().as_secs().min(limit.as_secs()));
                    bar.set_message(format!("{count} seeds from {first}"));
                }
            });
        }
    });
    bar.finish();
    let (seeds, requests, seconds) = (seeds.into_inner(), requests.into_inner(), began.elapsed().as_secs_f64());
    println!("seeds {first} to {}, {} steps each, commit {commit}", first + seeds - 1, arguments.steps);
    println!("{seeds} seeds in {seconds:.0} s: {:.2} seeds/s", seeds as f64 / seconds);
    println!("{requests} requests answered, {} faults", coverage.sum(Kind::Fault));
    report(&coverage);
    let failed = failed.into_inner().unwrap_or_default();
    match failed.iter().min() {
        None => return ExitCode::SUCCESS,
        Some(seed) if !arguments.keep_going => explain(*seed, arguments),
        Some(_) => println!("\n{} seeds failed", failed.len()),
    }
    ExitCode::FAILURE
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

//! Runs fresh seeds for as long as it is told, or one seed to look at. `cargo xtask prove` builds and starts it.

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use waybill_sim::{Coverage, Kind, Plan, run, shrink};

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
    match arguments.seed {
        Some(seed) => look(seed, &arguments),
        None => prove(&arguments),
    }
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
    let first = arguments.first.unwrap_or_else(|| RandomState::new().hash_one(0_u8) >> 24);
    let limit = Duration::from_secs_f64(arguments.minutes * 60.0);
    let (began, next) = (Instant::now(), AtomicU64::new(first));
    let (coverage, requests, seeds) = (Coverage::default(), AtomicU64::new(0), AtomicU64::new(0));
    let (stop, failed) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let bar = ProgressBar::new(limit.as_secs());
    let style = "{bar:40} {elapsed_precise} of {len} s, {msg}";
    bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
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
    println!("seeds {first} to {}, {} steps each, commit {}", first + seeds - 1, arguments.steps, commit());
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

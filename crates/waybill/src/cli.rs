//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXIT_CODES: &str = "Exit codes: 0 done; 1 done, and what was checked is not as it must be (audit, bench, conformance, import with rejects \
under --strict-rejects); 2 the command line or the settings are wrong; 3 the store cannot be used; 4 the rules refused; 5 anything else.";

/// Order processing: takes orders in, promises stock, takes payment, picks, packs, ships, and can prove its books.
#[derive(Debug, Parser)]
#[command(name = "waybill", version, about, after_help = EXIT_CODES, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Where the store is: sqlite:PATH or postgres://user@host/database [default: sqlite:waybill-data/waybill.db]
    #[arg(long, global = true, env = "WAYBILL_DATABASE", hide_env_values = true, value_name = "URL")]
    pub database: Option<String>,
    /// A settings file in TOML; `waybill config example` prints one
    #[arg(long, global = true, env = "WAYBILL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print one JSON object for programs instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// What is logged: a level, or levels per part such as info,waybill_engine=debug [default: info]
    #[arg(long, global = true, env = "WAYBILL_LOG", value_name = "FILTER")]
    pub log: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the HTTP API on a store
    Serve(Serve),
    /// Make a shop with a history, then serve it and keep orders coming
    Demo(Demo),
    /// Bring orders in from other systems
    #[command(subcommand)]
    Import(Import),
    /// Prove that the books are right: ledgers, histories, laws
    Audit,
    /// Measure this machine: orders per second through the engine, by card, over HTTP, and against bare rows.
    ///
    /// Makes a store of its own beside the one that --database names (a new file, or a new database on the same server),
    /// never touches that one, and drops what it made at the end.
    Bench(Bench),
    /// Show whether a database keeps what Waybill asks of one, part by part.
    ///
    /// Works in a schema of its own on the server (in a file of its own beside the one) that --database names, never touches
    /// what is there, and removes what it made at the end.
    Conformance,
    /// Tell why an order is as it is
    Why(Why),
    /// Keys with which programs use the API
    #[command(subcommand)]
    Key(Key),
    /// People who sign in to the console
    #[command(subcommand)]
    User(User),
    /// Programs that are told of events over HTTP
    #[command(subcommand)]
    Webhook(Webhook),
    /// Bring a store to this version's schema
    Migrate,
    /// Copy the store, while it is in use
    Backup(Backup),
    /// Put a backup in the place of a store that is not in use
    Restore(Restore),
    /// Print the API's description (OpenAPI 3.1)
    Openapi,
    /// The settings
    #[command(subcommand)]
    Config(Config),
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// How long the answer to a new order waits for its payment, in milliseconds [default: 5000]
    #[arg(long, value_name = "MS")]
    pub settle_ms: Option<String>,
    /// How long the simulated payment gateway takes to answer, in milliseconds [default: 50]
    #[arg(long, value_name = "MS")]
    pub gateway_ms: Option<String>,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Makes another shop and another history
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Orders in the history
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub orders: u32,
    /// The folder that gets the store, unless --database names one
    #[arg(long, default_value = "./waybill-data")]
    pub dir: PathBuf,
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Make the history and stop
    #[arg(long)]
    pub no_serve: bool,
}

#[derive(Debug, Subcommand)]
pub enum Import {
    /// Order history from CSV or TSV files (also gzipped)
    Orders(ImportOrders),
}

#[derive(Debug, Args)]
pub struct ImportOrders {
    /// The file with the order lines, or the folder of the files where the mapping names several
    pub file: PathBuf,
    /// A mapping file, or the name of a preset: online-retail, superstore, northwind, olist
    #[arg(long, value_name = "MAP")]
    pub map: String,
    /// Where the goods come from: `receive` books the receipts that the history implies, `strict` uses what is there
    #[arg(long, value_enum, default_value_t = StockMode::Receive)]
    pub stock: StockMode,
    /// Read and check everything, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where rejected rows go: a CSV with line number, column and reason
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// End with exit code 1 where a row was rejected
    #[arg(long)]
    pub strict_rejects: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StockMode {
    Receive,
    Strict,
}

#[derive(Debug, Args)]
pub struct Bench {
    /// How long each part is measured, in seconds
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub seconds: u32,
    /// Orders in the store before measuring begins
    #[arg(long, default_value_t = 100_000)]
    pub prefill: u32,
    /// Callers at once
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub clients: u32,
    /// HTTP connections at once
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub connections: u32,
    /// How long the simulated gateway takes to answer, in milliseconds; above 0 cards are also measured without
    #[arg(long, default_value_t = 0)]
    pub gateway_ms: u64,
    /// Measure only the engine, and bare rows beside it
    #[arg(long)]
    pub engine: bool,
    /// Measure only one item bought by everyone against items bought all over
    #[arg(long, conflicts_with = "engine")]
    pub hot: bool,
    /// Measure only the engine with this pause before every commit, in milliseconds, against the engine without
    #[arg(long, value_name = "MS", conflicts_with_all = ["engine", "hot"])]
    pub fsync_delay_ms: Option<f64>,
    /// Measure only what becomes of five times as many orders as can be taken
    #[arg(long, conflicts_with_all = ["engine", "hot", "fsync_delay_ms"])]
    pub overload: bool,
    /// Measure only placing, reading and auditing in stores of ever more orders
    #[arg(long, value_name = "ORDERS", num_args = 0.., value_delimiter = ',',
        default_missing_values = ["100000", "1000000", "2000000", "5000000"],
        conflicts_with_all = ["engine", "hot", "fsync_delay_ms", "overload"])]
    pub grow: Option<Vec<u32>>,
    /// Measure only pages that are read beside orders being placed
    #[arg(long, conflicts_with_all = ["engine", "hot", "fsync_delay_ms", "overload", "grow"])]
    pub reads: bool,
    /// Measure only placing beside an audit, an export of all events and a backup
    #[arg(long, conflicts_with_all = ["engine", "hot", "fsync_delay_ms", "overload", "grow", "reads"])]
    pub housekeeping: bool,
    /// Measure only the pages of the console, and what it costs when many are open
    #[arg(long, conflicts_with_all = ["engine", "hot", "fsync_delay_ms", "overload", "grow", "reads", "housekeeping"])]
    pub pages: bool,
    /// Leave the engine's workers out, which look for work beside the load
    #[arg(long)]
    pub no_workers: bool,
    /// Leave the comparison with bare rows out
    #[arg(long)]
    pub no_raw: bool,
    /// Engines that write at once in the hot-item comparison; more than one needs PostgreSQL
    #[arg(long, value_name = "N")]
    pub writers: Option<u32>,
    /// Keep the store that was made, and say where it is
    #[arg(long)]
    pub keep: bool,
    /// Measure although the database that is named holds real orders, whose disk and processor it takes
    #[arg(long)]
    pub beside_real_orders: bool,
}

#[derive(Debug, Args)]
pub struct Why {
    /// An order's number (W-100001) or id (ord_...), or the id of a line, hold, payment, gateway call, fulfillment order,
    /// parcel, shipment, return or refund (lin_, hld_, pay_, txn_, ful_, pcl_, shp_, ret_, rfd_)
    pub id: String,
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key and print its secret, once
    Create(KeyCreate),
    /// List the keys, without their secrets
    List,
    /// End a key
    Revoke(KeyRevoke),
}

#[derive(Debug, Args)]
pub struct KeyCreate {
    /// What the key is for
    #[arg(long)]
    pub name: String,
    /// What it may do, separated by commas; `all` for everything
    #[arg(long, default_value = "all", value_delimiter = ',')]
    pub permissions: Vec<String>,
    /// Codes of the channels it may see and touch, separated by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    pub channels: Vec<String>,
    /// Codes of the locations it may see and touch, separated by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    pub locations: Vec<String>,
}

#[derive(Debug, Args)]
pub struct KeyRevoke {
    /// The key's id (key_...)
    pub id: String,
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Invite somebody and print the link by which they join, once
    Create(UserCreate),
    /// List the users
    List,
    /// Print a link by which somebody joins or sets another password, once
    Link(UserLink),
}

#[derive(Debug, Args)]
pub struct UserCreate {
    /// With what they sign in
    #[arg(long)]
    pub email: String,
    #[arg(long)]
    pub name: String,
    /// What they may do: owner, manager, order_desk, warehouse, support, accountant or viewer
    #[arg(long, default_value = "owner")]
    pub role: String,
    /// Codes of the channels they see and touch, separated by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    pub channels: Vec<String>,
    /// Codes of the locations they see and touch, separated by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    pub locations: Vec<String>,
}

#[derive(Debug, Args)]
pub struct UserLink {
    /// The user's email, or id (usr_...)
    pub user: String,
}

#[derive(Debug, Subcommand)]
pub enum Webhook {
    /// List the endpoints, how far each has come, and which fail
    List,
}

#[derive(Debug, Args)]
pub struct Backup {
    /// The new file
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub struct Restore {
    /// A file that `waybill backup` made
    pub file: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum Config {
    /// Read the settings from all sources and report every problem
    Check,
    /// Print a settings file with every setting, its meaning and its default
    Example,
}

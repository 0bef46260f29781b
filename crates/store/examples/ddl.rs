//! Prints the schema that the descriptions ask for, to be kept as a migration: `cargo run -p waybill-store --example ddl
//! -- sqlite` (or `postgres`).

use std::process::ExitCode;
use waybill_store::ddl::{Dialect, create_schema};

fn main() -> ExitCode {
    let dialect = match std::env::args().nth(1).as_deref() {
        Some("sqlite") => Dialect::Sqlite,
        Some("postgres") => Dialect::Postgres,
        _ => {
            eprintln!("which database? sqlite or postgres");
            return ExitCode::FAILURE;
        }
    };
    print!("{}", create_schema(dialect));
    ExitCode::SUCCESS
}

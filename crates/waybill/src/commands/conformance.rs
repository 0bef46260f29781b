//! `waybill conformance`: the contract of a backend, checked on a database of the user's own.

use crate::database::{Database, postgres_options, sqlite_options};
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use waybill_store::contract::{PARTS, check};
use waybill_store::{Store, StoreError};
use waybill_store_postgres::ScratchSchema;
use waybill_store_sqlite::SqliteStore;

pub async fn run(settings: &Settings, output: Output) -> Result<(), Failure> {
    let database = settings.database()?;
    let scratch = Scratch::create(&database, settings).await?;
    output.line(format!("checking {} in {}, which goes at the end", database.shown(), scratch.shown()));
    // A part that does not hold says so by a panic; its words are the answer, not a trace on standard error.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let checked = scratch.check(settings, output).await;
    std::panic::set_hook(hook);
    let removed = scratch.remove().await;
    let (ok, parts) = checked?;
    removed?;
    output.answer(&json!({"database": database.shown(), "ok": ok, "parts": parts}));
    output.line(if ok { "every part holds" } else { "NOT EVERY PART HOLDS: do not keep orders in this database" });
    if ok { Ok(()) } else { Err(Failure::NotAsItMustBe) }
}

/// Where the trial store is.
enum Scratch {
    Folder { folder: PathBuf },
    Schema(ScratchSchema),
}

impl Scratch {
    async fn create(database: &Database, settings: &Settings) -> Result<Self, Failure> {
        match database {
            Database::Sqlite(path) => {
                let beside = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let folder = beside.join(format!("waybill-trial-{}", std::process::id()));
                std::fs::create_dir_all(beside).and_then(|()| std::fs::create_dir(&folder)).map_err(|error| {
                    Failure::Other(format!("the folder {} cannot be made: {error}", folder.display()))
                })?;
                Ok(Self::Folder { folder })
            }
            Database::Postgres(url) => {
                Ok(Self::Schema(ScratchSchema::create(url.as_str(), &postgres_options(settings)).await?))
            }
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Folder { folder } => format!("the folder {}", folder.display()),
            Self::Schema(schema) => format!("the schema {}", schema.name),
        }
    }

    async fn open(&self, settings: &Settings) -> Result<Arc<dyn Store>, StoreError> {
        Ok(match self {
            Self::Folder { folder } => Arc::new(SqliteStore::open(folder.join("store.db"), sqlite_options(settings))?),
            Self::Schema(schema) => Arc::new(schema.open().await?),
        })
    }

    async fn check(&self, settings: &Settings, output: Output) -> Result<(bool, Vec<serde_json::Value>), Failure> {
        let store = self.open(settings).await?;
        store.migrate().await?;
        let (mut ok, mut parts) = (true, Vec::new());
        for part in PARTS {
            let broken = check(part, store.clone()).await.err();
            ok &= broken.is_none();
            let verdict = if broken.is_none() { "holds " } else { "BROKEN" };
            output.line(format!("{verdict}  {}: {}", part.name, part.what));
            if let Some(how) = &broken {
                output.line(format!("        {how}"));
            }
            parts.push(json!({"name": part.name, "what": part.what, "holds": broken.is_none(), "broken": broken}));
        }
        Ok((ok, parts))
    }

    async fn remove(self) -> Result<(), Failure> {
        match self {
            Self::Folder { folder } => std::fs::remove_dir_all(&folder)
                .map_err(|error| Failure::Other(format!("{} cannot be removed: {error}", folder.display()))),
            Self::Schema(schema) => Ok(schema.remove().await?),
        }
    }
}

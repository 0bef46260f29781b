//! Opens the store that `--database` names.

use crate::failure::Failure;
use crate::settings::{OFF, Settings, Url, Webhooks};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use waybill_engine::{Engine, EngineOptions, EventSink, Ports};
use waybill_integrations::gateways::simulator::Simulator;
use waybill_integrations::webhooks::{HttpSender, WebhookOptions};
use waybill_store::{Store, StoreError};
use waybill_store_postgres::{PostgresOptions, PostgresStore};
use waybill_store_sqlite::{SqliteOptions, SqliteStore};

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    Sqlite(PathBuf),
    Postgres(Url),
}

impl Database {
    /// # Errors
    /// [`Failure::Usage`] where the text is neither.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let path = text.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(Url::from(text.to_owned())));
        }
        Err(Failure::Usage(
            "--database must look like sqlite:waybill-data/waybill.db or postgres://user@host/database".to_owned(),
        ))
    }

    /// As operators see it: without user, password and parameters.
    pub fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => url.shown(),
        }
    }

    /// Opens the store for this process, making an SQLite file (and its folder) where there is none.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn open(&self, settings: &Settings) -> Result<Arc<dyn Store>, Failure> {
        match self {
            Self::Sqlite(path) => {
                private_folder(path)?;
                Ok(Arc::new(SqliteStore::open(path, sqlite_options(settings))?))
            }
            Self::Postgres(url) => {
                Ok(Arc::new(PostgresStore::connect(url.as_str(), &postgres_options(settings)).await?))
            }
        }
    }

    /// Opens a store that is there, for reading, also beside the process that has it.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn open_reader(&self, settings: &Settings) -> Result<Arc<dyn Store>, Failure> {
        match self {
            Self::Sqlite(path) => Ok(Arc::new(SqliteStore::open_reader(path, sqlite_options(settings))?)),
            Self::Postgres(_) => self.open(settings).await,
        }
    }

    /// Whether opening for writing would find something.
    pub fn exists(&self) -> bool {
        match self {
            Self::Sqlite(path) => path.is_file(),
            Self::Postgres(_) => true,
        }
    }
}

/// Opens a store that is there, for writing.
///
/// # Errors
/// [`Failure::Usage`] where there is none.
pub async fn open_existing(database: &Database, settings: &Settings) -> Result<Arc<dyn Store>, Failure> {
    if !database.exists() {
        let what = format!(
            "there is no store at {}; `waybill serve` makes one, or name another with --database",
            database.shown()
        );
        return Err(Failure::Usage(what));
    }
    database.open(settings).await
}

/// Opens a store; an empty one gets the schema, one of another version is refused.
///
/// # Errors
/// As the backend says.
pub async fn open_current(database: &Database, settings: &Settings) -> Result<Arc<dyn Store>, Failure> {
    let store = database.open(settings).await?;
    match store.check_schema().await {
        Ok(()) => {}
        Err(StoreError::OlderSchema { found: 0, .. }) => {
            store.migrate().await?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(store)
}

/// Starts an engine with the simulated gateway.
///
/// # Errors
/// Where the store has another writer.
pub async fn engine(store: Arc<dyn Store>, settings: &Settings, workers: bool) -> Result<Engine, Failure> {
    let options = EngineOptions {
        waiting_max: settings.engine.waiting_max,
        batch_max: settings.engine.batch_max,
        gateway_calls_max: settings.engine.gateway_calls_max,
        receipts_keep_s: i64::from(settings.engine.keys_keep_days) * 86_400,
        workers,
        ..EngineOptions::default()
    };
    let clock = Arc::new(waybill_engine::ports::SystemClock);
    let gateway = Simulator::new(clock, Duration::from_millis(settings.gateway.latency_ms));
    let gateway: Arc<dyn waybill_engine::Gateway> = Arc::new(gateway);
    let mut ports = Ports::system([gateway]);
    if workers {
        ports.webhooks = Some(Arc::new(HttpSender::new(webhook_options(settings)?)));
        ports.sinks.extend(nats(settings)?);
    }
    Ok(Engine::start(store, ports, options).await?)
}

/// # Errors
/// [`Failure::Usage`] where the file of certificates cannot be used.
fn webhook_options(settings: &Settings) -> Result<WebhookOptions, Failure> {
    let Webhooks { allow_http, allow_private, limit_ms, ca_file } = settings.webhooks.clone();
    let ca_file = Some(ca_file).filter(|file| file != OFF).map(PathBuf::from);
    let options = WebhookOptions { allow_http, allow_private, limit: Duration::from_millis(limit_ms), ca_file };
    options.check().map_err(|what| Failure::Usage(format!("webhooks.ca_file: {what}")))?;
    Ok(options)
}

/// The NATS server, where one is named.
#[cfg(feature = "nats")]
fn nats(settings: &Settings) -> Result<Option<Arc<dyn EventSink>>, Failure> {
    use waybill_integrations::sinks::nats::{NatsOptions, NatsSink};
    let crate::settings::Nats { url, stream, subject_prefix } = settings.nats.clone();
    if url.as_str() == OFF {
        return Ok(None);
    }
    Ok(Some(Arc::new(NatsSink::new(NatsOptions { url: url.as_str().to_owned(), stream, subject_prefix }))))
}

#[cfg(not(feature = "nats"))]
fn nats(settings: &Settings) -> Result<Option<Arc<dyn EventSink>>, Failure> {
    if settings.nats.url.as_str() == OFF {
        return Ok(None);
    }
    Err(Failure::Usage("nats.url names a server, but this waybill was built without the feature nats".to_owned()))
}

pub fn sqlite_options(settings: &Settings) -> SqliteOptions {
    SqliteOptions {
        readers: settings.sqlite.readers,
        writer_cache_kib: settings.sqlite.writer_cache_kib,
        reader_cache_kib: settings.sqlite.reader_cache_kib,
        ..SqliteOptions::default()
    }
}

pub fn postgres_options(settings: &Settings) -> PostgresOptions {
    PostgresOptions {
        readers: settings.postgres.readers,
        connect_limit: Duration::from_millis(settings.postgres.connect_ms),
        ..PostgresOptions::default()
    }
}

/// Makes the folder of a new store so that only its owner can look inside.
fn private_folder(store: &Path) -> Result<(), Failure> {
    let Some(folder) = store.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        Failure::Other(format!(
            "the folder {} cannot be made: {error}; name another place with --database",
            folder.display()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_no_database_or_names_one(
            text in prop_oneof![any::<String>(), "(sqlite:|sqlite://|postgres://|postgresql://|mysql:)[a-z/.:@?]{0,12}"],
            path in "[a-z0-9][a-z0-9/. é@?#%]{0,20}",
        ) {
            if let Ok(Database::Sqlite(path)) = Database::parse(&text) {
                prop_assert!(!path.as_os_str().is_empty(), "{text}");
            }
            for written in [format!("sqlite:{path}"), format!("sqlite://{path}")] {
                let read = Database::parse(&written).expect("a path");
                prop_assert_eq!(read.shown(), format!("sqlite:{path}"));
                prop_assert_eq!(read, Database::Sqlite(path.clone().into()));
            }
        }
    }

    #[test]
    fn a_database_is_named_by_scheme_and_its_password_is_never_shown() {
        let sqlite = Database::parse("sqlite:a/b.db").expect("a path");
        assert_eq!(sqlite, Database::Sqlite("a/b.db".into()));
        let postgres = Database::parse("postgres://ada:secret@db.example.org:5433/shop?x=secret2").expect("a URL");
        assert_eq!(postgres.shown(), "postgres://db.example.org:5433/shop");
        // SQLite takes a file without a name for one to forget.
        for wrong in ["", "sqlite:", "sqlite://", "waybill.db", "mysql://x"] {
            assert!(Database::parse(wrong).is_err(), "{wrong}");
        }
    }
}

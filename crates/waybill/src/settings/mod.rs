//! What can be set, where from, and which source wins: flags, then `WAYBILL_*` variables, then the file, then defaults.

mod example;
mod secret;
mod sources;
mod url;
mod value;

pub use example::example;
pub use secret::Secret;
pub use sources::{Problem, Sources};
pub use url::Url;

use std::net::SocketAddr;

/// Declares one struct per concern. Each setting is `section.name` in the file and `WAYBILL_SECTION_NAME` in the
/// environment; those of the section `""` stand at the top of the file.
macro_rules! settings {
    ($($(#[doc = $about:literal])+ $name:ident = $section:literal { $($(#[doc = $doc:literal])+ $field:ident: $type:ty = $default:expr,)+ })+) => {
        $(
            $(#[doc = $about])+
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $name { $($(#[doc = $doc])+ pub $field: $type,)+ }

            impl Default for $name {
                fn default() -> Self {
                    Self { $($field: $default,)+ }
                }
            }
        )+

        /// One setting, as the example file and the environment know it.
        #[derive(Clone, Debug)]
        pub struct Known {
            pub section: &'static str,
            /// What the section is about.
            pub about: String,
            pub name: &'static str,
            pub doc: String,
            /// As written in the file, without passwords.
            pub value: String,
        }

        impl Settings {
            /// Every setting with the value it has here, in the order of the example file.
            pub fn list(&self) -> Vec<Known> {
                let mut known = Vec::new();
                $(
                    let about = [$($about.trim()),+].join(" ");
                    let concern: &$name = self.concern();
                    $(known.push(Known {
                        section: $section,
                        about: about.clone(),
                        name: stringify!($field),
                        doc: [$($doc.trim()),+].join(" "),
                        value: value::Setting::show(&concern.$field),
                    });)+
                )+
                known
            }

            /// Takes one value in. `None` where no setting has that name.
            ///
            /// # Errors
            /// What is wrong with the value.
            fn set(&mut self, section: &str, name: &str, given: &value::Given) -> Option<Result<(), String>> {
                match (section, name) {
                    $($(($section, stringify!($field)) => {
                        let concern: &mut $name = self.concern_mut();
                        Some(value::Setting::take(given).map(|value| concern.$field = value))
                    })+)+
                    _ => None,
                }
            }
        }
    };
}

/// Stands for a server or a file that is not there.
pub const OFF: &str = "off";

settings! {
    /// The store and the log of this process.
    Process = "" {
        /// Where the store is: `sqlite:PATH` or `postgres://user@host/database`.
        database: Url = Url::from("sqlite:waybill-data/waybill.db".to_owned()),
        /// What is logged: a level (`error`, `warn`, `info`, `debug`, `trace`), or levels per part such as `info,waybill_engine=debug`.
        log: String = "info".to_owned(),
        /// Whether the log is written as JSON, one object per line.
        log_json: bool = false,
    }
    /// The HTTP server.
    Server = "server" {
        /// Where it listens. An address that other machines reach is refused while there is neither API key nor user.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
        /// Where browsers reach it, such as `https://waybill.example`, which single sign-on has to know; `off` says nothing.
        public_url: String = OFF.to_owned(),
        /// How long the answer to a new order waits for its payment, in milliseconds.
        settle_ms: u64 = 5_000,
        /// Connections open at once at most; 0 for three quarters of the files that the process may open.
        connections_max: usize = 0,
        /// How long running requests may take once the process is asked to stop, in milliseconds.
        stop_ms: u64 = 10_000,
        /// How long somebody stays signed in without doing anything, in minutes.
        session_idle_min: u32 = 12 * 60,
        /// How long somebody stays signed in at most, in hours.
        session_max_h: u32 = 14 * 24,
    }
    /// Single sign-on: people sign in through a provider of OpenID Connect, beside their passwords.
    Oidc = "oidc" {
        /// The provider's name for itself, such as `https://id.example/realms/shop`; `off` for no provider.
        issuer: String = OFF.to_owned(),
        /// Who Waybill is to the provider.
        client_id: String = "waybill".to_owned(),
        /// The secret that the provider gave for it; `off` where it gave none.
        client_secret: Secret = Secret::NONE,
        /// What people call the provider: the button says `Sign in with` and this.
        name: String = "single sign-on".to_owned(),
        /// How long one answer of the provider may take, in milliseconds.
        limit_ms: u64 = 10_000,
        /// A file of certificates (PEM) that the provider may have beside those the system trusts; `off` for none.
        ca_file: String = OFF.to_owned(),
    }
    /// How much the engine takes on.
    Engine = "engine" {
        /// Commands that may wait; beyond it callers are told `overloaded` at once.
        waiting_max: usize = 4_096,
        /// Commands carried out in one transaction at most.
        batch_max: usize = 1_000,
        /// Calls to payment gateways under way at once.
        gateway_calls_max: usize = 4_096,
        /// How long an idempotency key is remembered at least, in days.
        keys_keep_days: u32 = 14,
    }
    /// The built-in simulated payment gateway.
    Gateway = "gateway" {
        /// How long it takes to answer, in milliseconds.
        latency_ms: u64 = 50,
    }
    /// Webhooks: events told to other programs over HTTP.
    Webhooks = "webhooks" {
        /// Whether they may go to addresses without TLS (`http://`).
        allow_http: bool = false,
        /// Whether they may go to private, loopback and other addresses that are not of the public internet.
        allow_private: bool = false,
        /// How long the answer to one may take, in milliseconds.
        limit_ms: u64 = 15_000,
        /// A file of certificates (PEM) that receivers may have beside those the system trusts; `off` for none.
        ca_file: String = OFF.to_owned(),
    }
    /// NATS JetStream, which takes the live events of the log where a server is named.
    Nats = "nats" {
        /// The server, such as `nats://localhost:4222`; `off` sends nothing.
        url: Url = Url::from(OFF.to_owned()),
        /// The stream; it is made where there is none.
        stream: String = "WAYBILL".to_owned(),
        /// How subjects begin; the kind of the event follows, as in `waybill.order.placed`.
        subject_prefix: String = "waybill".to_owned(),
    }
    /// A store on SQLite.
    Sqlite = "sqlite" {
        /// Connections for reading.
        readers: usize = 4,
        /// Page cache of the writer, in KiB.
        writer_cache_kib: u32 = 40_960,
        /// Page cache of each reader, in KiB.
        reader_cache_kib: u32 = 8_192,
    }
    /// A store on PostgreSQL.
    Postgres = "postgres" {
        /// Connections for reading; writers have their own.
        readers: usize = 8,
        /// How long to wait for a connection, in milliseconds.
        connect_ms: u64 = 10_000,
    }
}

/// All settings of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub process: Process,
    pub server: Server,
    pub oidc: Oidc,
    pub engine: Engine,
    pub gateway: Gateway,
    pub webhooks: Webhooks,
    pub nats: Nats,
    pub sqlite: Sqlite,
    pub postgres: Postgres,
}

/// A part of the settings.
trait Concern<T> {
    fn concern(&self) -> &T;
    fn concern_mut(&mut self) -> &mut T;
}

macro_rules! concerns {
    ($($field:ident: $name:ident),+ $(,)?) => {$(
        impl Concern<$name> for Settings {
            fn concern(&self) -> &$name {
                &self.$field
            }
            fn concern_mut(&mut self) -> &mut $name {
                &mut self.$field
            }
        }
    )+};
}
concerns!(
    process: Process,
    server: Server,
    oidc: Oidc,
    engine: Engine,
    gateway: Gateway,
    webhooks: Webhooks,
    nats: Nats,
    sqlite: Sqlite,
    postgres: Postgres,
);

impl Settings {
    /// What no single value shows: limits between values.
    fn problems(&self) -> Vec<Problem> {
        let at_least_one = [
            ("engine.waiting_max", self.engine.waiting_max == 0),
            ("engine.batch_max", self.engine.batch_max == 0),
            ("engine.gateway_calls_max", self.engine.gateway_calls_max == 0),
            ("oidc.limit_ms", self.oidc.limit_ms == 0),
            ("webhooks.limit_ms", self.webhooks.limit_ms == 0),
            ("sqlite.readers", self.sqlite.readers == 0),
            ("postgres.readers", self.postgres.readers == 0),
            ("postgres.connect_ms", self.postgres.connect_ms == 0),
        ];
        let at_least_one = at_least_one
            .into_iter()
            .filter(|(_, is_zero)| *is_zero)
            .map(|(name, _)| Problem { place: name.to_owned(), what: "must be at least 1".to_owned() });
        let public_url = self.public_url_problem().map(|what| Problem { place: "server.public_url".to_owned(), what });
        at_least_one.chain(public_url).collect()
    }

    fn public_url_problem(&self) -> Option<String> {
        let url = self.server.public_url.as_str();
        if url == OFF {
            let wanted = self.oidc.issuer != OFF;
            return wanted.then(|| "must be said where oidc.issuer names a provider".to_owned());
        }
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let host = host.map(|host| host.strip_suffix('/').unwrap_or(host)).unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        let is_one = !host.is_empty() && host.bytes().all(plain);
        (!is_one).then(|| "must be a scheme and a host such as https://waybill.example, without a path".to_owned())
    }
}

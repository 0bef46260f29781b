//! What handlers share.

use crate::auth::Keyring;
use crate::console::{Hub, KnownBrand, ShownBrand};
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::sign_in::SignIn;
use crate::sign_in::provider::SignOn;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use waybill_engine::Engine;
use waybill_store::Store;

/// How the HTTP side behaves.
#[derive(Clone, Debug)]
pub struct WebOptions {
    /// Shown on pages.
    pub store_name: String,
    /// While the store has neither API key nor user, requests without one act as the local owner. Only for a listener that
    /// nothing but this machine reaches; whoever opens the listener decides.
    pub loopback_open: bool,
    /// How long placing an order waits for its gateway.
    pub settle: Duration,
    /// How long a client may take to send the head of a request, or leave a connection idle, before it is closed.
    pub head_limit: Duration,
    /// Connections open at once at most; for one more the longest silent is closed.
    pub connections_max: usize,
    /// How long a session holds that is not used, in seconds.
    pub session_idle_s: i64,
    /// How long a session holds at most, in seconds.
    pub session_max_s: i64,
    /// Requests that one key may send a second on average, and ten times as many at once; None for any number.
    pub requests_per_s: Option<u32>,
    /// A provider by which people may sign in, too.
    pub sign_on: Option<SignOn>,
}

impl Default for WebOptions {
    fn default() -> Self {
        Self {
            store_name: "Waybill".to_owned(),
            loopback_open: false,
            settle: Duration::from_millis(5_000),
            head_limit: Duration::from_secs(30),
            connections_max: crate::connections_that_fit(),
            session_idle_s: 12 * 3_600,
            session_max_s: 14 * 86_400,
            requests_per_s: None,
            sign_on: None,
        }
    }
}

struct Shared {
    engine: Engine,
    options: WebOptions,
    metrics: Metrics,
    keyring: Keyring,
    sign_in: SignIn,
    hub: Hub,
    brand: KnownBrand,
    stopping: watch::Sender<bool>,
}

/// The state of the HTTP side. Clones share it.
#[derive(Clone)]
pub struct WebState(Arc<Shared>);

impl std::fmt::Debug for WebState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebState").field("options", &self.0.options).finish_non_exhaustive()
    }
}

impl WebState {
    pub fn new(engine: Engine, options: WebOptions) -> Self {
        let keyring = Keyring::new(options.requests_per_s);
        Self(Arc::new(Shared {
            engine,
            options,
            metrics: Metrics::default(),
            keyring,
            sign_in: SignIn::default(),
            hub: Hub::default(),
            brand: KnownBrand::default(),
            stopping: watch::Sender::new(false),
        }))
    }

    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub fn store(&self) -> &dyn Store {
        &**self.0.engine.store()
    }

    pub(crate) fn has_gateway(&self, name: &str) -> bool {
        self.0.engine.gateways().any(|known| known == name)
    }

    pub fn options(&self) -> &WebOptions {
        &self.0.options
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.0.keyring
    }

    pub(crate) fn sign_in(&self) -> &SignIn {
        &self.0.sign_in
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.0.hub
    }

    /// How the shop looks by now.
    pub(crate) async fn brand(&self) -> Result<Arc<ShownBrand>, Problem> {
        self.0.brand.now(self).await
    }

    /// Becomes true when the server stops, so that open streams end.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.0.stopping.subscribe()
    }

    pub(crate) fn stop(&self) {
        self.0.stopping.send_replace(true);
    }
}

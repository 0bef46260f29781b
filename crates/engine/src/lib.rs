//! When and with what the rules run: submit, batch, load, decide, commit, reply; and the workers that keep things moving.
//!
//! ```text
//! submit -> queue -> [claim keys, load, permit, decide, apply]* -> flush + commit -> reply
//! ```
//! Whatever waits while the last commit runs is the next batch; there are no timers and no batch sizes to tune.

mod batch;
mod core;
pub mod ids;
pub mod ports;
mod queue;
pub mod receipt;
mod runs;
pub mod sign_on;
pub mod signing;
pub mod submission;
mod trouble;
pub mod workers;

pub use batch::{LevelChange, Preview};
pub use core::{Engine, EngineOptions, Figures};
pub use ports::{
    Clock, Entropy, EventSink, Gateway, GatewayCall, Ports, RetryAfter, Taken, WebhookAnswer, WebhookMessage,
    WebhookSender,
};
pub use receipt::{Placed, Receipt, Subject};
pub use sign_on::{Identified, SignOnAttempt, SignOnError, SignOnProvider};
pub use submission::{Submission, SubmitError};
pub use workers::sink::SinkStanding;

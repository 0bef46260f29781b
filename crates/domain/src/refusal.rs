//! Refusals: why a command was not carried out, as facts a program can act on and a sentence a person can read.

use crate::command::Stop;
use serde::{Deserialize, Serialize};

codes! {
    /// What a caller may do with the same request after a refusal.
    pub enum Retry {
        /// The answer will not change.
        Never = "never",
        /// Possible after something named by `next_step` changed.
        AfterChange = "after_change",
        /// The same request may be sent again as it is.
        SameRequest = "same_request",
    }
}

/// One thing wrong with a body: where, what, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Path in the body as sent: `lines[2].quantity`.
    pub path: String,
    /// Stable: `unknown_sku`, `out_of_range`.
    pub code: String,
    pub message: String,
}

impl Problem {
    pub fn new(path: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        Self { path: path.into(), code: code.into(), message: message.into() }
    }
}

/// A refusal as it is stored in a receipt and rendered at every door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable, with a page of its own in `docs/errors/`.
    pub code: String,
    pub message: String,
    pub retry: Retry,
    pub next_step: String,
    /// The facts inside, by name. No personal data.
    pub facts: serde_json::Value,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}). {}", self.message, self.code, self.next_step)?;
        for problem in &self.problems {
            write!(f, "\n  {}: {}", problem.path, problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// Everything that is wrong with the parts of a request, so that all of it is said at once.
#[derive(Debug, Default)]
pub struct Refusals {
    refusal: Option<Refusal>,
    problems: Vec<Problem>,
}

impl Refusals {
    /// `path` is the part in the body as sent: `lines[2].quantity`.
    pub fn add(&mut self, path: impl Into<String>, refusal: impl Into<Refusal>) {
        let refusal = refusal.into();
        let obstacle = refusal.code.split_once('.').map_or(refusal.code.as_str(), |(_, obstacle)| obstacle);
        self.problems.push(Problem::new(path, obstacle, refusal.message.clone()));
        // One part that can never be carried out keeps the whole from it, whatever the others wait for.
        let known = self.refusal.as_ref().map(|known| known.retry);
        if known.is_none_or(|known| known != Retry::Never && refusal.retry == Retry::Never) {
            self.refusal = Some(refusal);
        }
    }

    /// The good part; None where there is none, which is noted.
    pub fn or<T, R: Into<Refusal>>(&mut self, path: impl Into<String>, part: Result<T, R>) -> Option<T> {
        part.map_err(|refusal| self.add(path, refusal)).ok()
    }

    /// What was added, for a refusal that has more to say.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Refuses where anything was added: as the first that will never change, else the first; the problems name all.
    pub fn none(self) -> Result<(), Stop> {
        match self.refusal {
            Some(refusal) => Err(Stop::Refused(Box::new(Refusal { problems: self.problems, ..refusal }))),
            None => Ok(()),
        }
    }
}

/// One line of the catalogue of refusals.
#[derive(Clone, Copy, Debug)]
pub struct RefusalKind {
    pub code: &'static str,
    pub retry: Retry,
    pub next_step: &'static str,
}

/// Declares the refusals of a subdomain: an enum with the facts inside, and per variant its code, what a retry can do,
/// the sentence and the next step. Facts are public, typed and serializable.
#[macro_export]
macro_rules! refusals {
    ($(#[$meta:meta])* pub enum $name:ident in $prefix:literal {
        $($(#[$vmeta:meta])* $variant:ident $({ $($field:ident : $type:ty),* $(,)? })? => $code:literal, $retry:ident, $message:literal, $next:literal;)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        #[serde(untagged)]
        pub enum $name { $($(#[$vmeta])* $variant $({ $($field: $type),* })?),+ }

        impl $name {
            /// Every refusal of this subdomain.
            pub const KINDS: &'static [$crate::refusal::RefusalKind] = &[$($crate::refusal::RefusalKind {
                code: concat!($prefix, ".", $code),
                retry: $crate::refusal::Retry::$retry,
                next_step: $next,
            }),+];

            pub fn code(&self) -> &'static str {
                match self { $(Self::$variant $({ $($field: _),* })? => concat!($prefix, ".", $code)),+ }
            }

            pub fn retry(&self) -> $crate::refusal::Retry {
                match self { $(Self::$variant $({ $($field: _),* })? => $crate::refusal::Retry::$retry),+ }
            }

            pub fn next_step(&self) -> &'static str {
                match self { $(Self::$variant $({ $($field: _),* })? => $next),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self { $(Self::$variant $({ $($field),* })? => {
                    $($(let _ = &$field;)*)?
                    write!(f, $message)
                })+ }
            }
        }

        impl From<$name> for $crate::refusal::Refusal {
            fn from(refusal: $name) -> Self {
                let mut facts = serde_json::to_value(&refusal).unwrap_or_default();
                let problems = facts
                    .as_object_mut()
                    .and_then(|facts| facts.remove("problems"))
                    .and_then(|problems| serde_json::from_value(problems).ok())
                    .unwrap_or_default();
                Self {
                    code: refusal.code().into(),
                    message: refusal.to_string(),
                    retry: refusal.retry(),
                    next_step: refusal.next_step().into(),
                    facts,
                    problems,
                }
            }
        }

        impl From<$name> for $crate::command::Stop {
            fn from(refusal: $name) -> Self {
                Self::Refused(Box::new(refusal.into()))
            }
        }
    };
}

/// Every refusal of every subdomain: what documentation and tests go through.
pub fn all() -> Vec<RefusalKind> {
    [
        crate::catalog::CatalogRefusal::KINDS,
        crate::stock::StockRefusal::KINDS,
        crate::order::OrderRefusal::KINDS,
        crate::payment::PaymentRefusal::KINDS,
        crate::fulfillment::FulfillmentRefusal::KINDS,
        crate::shipping::ShippingRefusal::KINDS,
        crate::returns::ReturnRefusal::KINDS,
        crate::system::SystemRefusal::KINDS,
        crate::webhook::WebhookRefusal::KINDS,
        crate::access::UserRefusal::KINDS,
    ]
    .concat()
}

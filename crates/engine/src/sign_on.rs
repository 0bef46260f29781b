//! The port to a provider of single sign-on: another party that says who somebody is.

use async_trait::async_trait;
use waybill_domain::time::Timestamp;

/// What one sign-in through a provider is begun with and compared with at its end. Nobody but the browser that began it
/// knows the verifier.
#[derive(Clone)]
pub struct SignOnAttempt {
    /// Comes back through the browser, with the answer.
    pub state: String,
    /// Comes back from the provider itself, in what it vouches for.
    pub nonce: String,
    /// Proves to the provider that who began is who ends (PKCE, RFC 7636).
    pub verifier: String,
    /// Where the provider sends the browser; registered there.
    pub redirect_uri: String,
}

impl std::fmt::Debug for SignOnAttempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignOnAttempt").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}

/// Who the provider says somebody is.
#[derive(Clone, PartialEq, Eq)]
pub struct Identified {
    /// The provider's name for itself.
    pub issuer: String,
    /// Its name for the person, given to nobody else.
    pub subject: String,
    /// Their email, where the provider says that it has made sure of it.
    pub verified_email: Option<String>,
}

impl std::fmt::Debug for Identified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identified").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Why a provider does not say who somebody is. The words are for the log: they name no person and no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignOnError {
    /// It cannot be reached, or answers that it cannot serve.
    #[error("the provider does not answer: {0}")]
    Unavailable(String),
    /// It does not take what the browser brought: used, too old, or never its own.
    #[error("the provider refuses the code: {0}")]
    Refused(String),
    /// What it answers cannot be believed.
    #[error("the provider's answer is not to be believed: {0}")]
    Untrusted(String),
}

/// A provider of single sign-on. Bounded in time and in what it reads.
#[async_trait]
pub trait SignOnProvider: Send + Sync {
    /// What people call it.
    fn name(&self) -> &str;

    /// Where the browser is sent to begin.
    ///
    /// # Errors
    /// `Unavailable` and `Untrusted`.
    async fn address(&self, attempt: &SignOnAttempt, now: Timestamp) -> Result<String, SignOnError>;

    /// Who came back. `code` is what the provider gave the browser, `issuer` what it said of itself beside it (RFC 9207).
    ///
    /// # Errors
    /// [`SignOnError`].
    async fn identify(
        &self,
        attempt: &SignOnAttempt,
        code: &str,
        issuer: Option<&str>,
        now: Timestamp,
    ) -> Result<Identified, SignOnError>;
}

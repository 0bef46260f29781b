//! The provider of single sign-on, as the settings name it.

use crate::failure::Failure;
use crate::settings::{OFF, Oidc, Settings};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use waybill_integrations::oidc::{OidcOptions, OidcProvider};
use waybill_web::SignOn;

/// None where none is named.
///
/// # Errors
/// [`Failure::Usage`] where its address or the file of certificates cannot be used.
pub fn provider(settings: &Settings) -> Result<Option<SignOn>, Failure> {
    let Oidc { issuer, client_id, client_secret, name, limit_ms, ca_file } = settings.oidc.clone();
    if issuer == OFF {
        return Ok(None);
    }
    let options = OidcOptions {
        issuer,
        client_id,
        client_secret: client_secret.reveal().map(str::to_owned),
        name,
        limit: Duration::from_millis(limit_ms),
        ca_file: Some(ca_file).filter(|file| file != OFF).map(PathBuf::from),
    };
    options.check().map_err(|(name, what)| Failure::Usage(format!("oidc.{name}: {what}")))?;
    let public_url = settings.server.public_url.trim_end_matches('/').to_owned();
    Ok(Some(SignOn { provider: Arc::new(OidcProvider::new(options)), public_url }))
}

//! Whom to believe that they are who they say: the system's certificates, and those of a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::OnceCell;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Read when first needed, and again as long as that fails: a system's certificates may be installed, or a file mended,
/// while this process runs.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    ca_file: Option<PathBuf>,
    read: Arc<OnceCell<Arc<ClientConfig>>>,
}

impl Trust {
    pub fn new(ca_file: Option<PathBuf>) -> Self {
        Self { ca_file, read: Arc::default() }
    }

    /// # Errors
    /// Why nobody is trusted.
    pub async fn config(&self) -> Result<Arc<ClientConfig>, String> {
        let ca_file = self.ca_file.clone();
        let read = || async {
            // Files of a hundred certificates.
            let read = tokio::task::spawn_blocking(move || config(ca_file.as_deref())).await;
            read.map_err(|error| error.to_string())?
        };
        self.read.get_or_try_init(read).await.cloned()
    }
}

fn config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if let Some(path) = ca_file {
        roots.add_parsable_certificates(certificates(path)?);
    }
    if roots.is_empty() {
        let why = found.errors.first().map_or_else(|| "none was found".to_owned(), ToString::to_string);
        return Err(format!("the system has no certificates to trust: {why}"));
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// The certificates of a file in PEM form, at least one.
///
/// # Errors
/// What is wrong with the file.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |what: String| format!("{}: {what}", path.display());
    let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|error| wrong(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in &found {
        roots.add(certificate.clone()).map_err(|error| wrong(error.to_string()))?;
    }
    if found.is_empty() { Err(wrong("holds no certificate in PEM form".to_owned())) } else { Ok(found) }
}

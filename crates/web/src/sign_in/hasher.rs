//! Passwords, hashed slowly: Argon2id with 19 MiB and two passes, as OWASP advises, never on the threads that serve.

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use waybill_domain::access::password::PasswordHash;

/// How long somebody waits for their turn before they are told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Too many want their password looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// Hashes as many at once as there are processors; each takes its memory.
#[derive(Debug)]
pub struct Hasher(Arc<Semaphore>);

impl Default for Hasher {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self(Arc::new(Semaphore::new(processors)))
    }
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hashed(password: &str, salt: &[u8]) -> Option<String> {
    let hash: Phc = argon2().hash_password_with_salt(password.as_bytes(), salt).ok()?;
    Some(hash.to_string())
}

/// What a password is compared with where there is none, so that both take as long.
fn nobodys() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| hashed("nobody has this one", b"of no account...").unwrap_or_default())
}

impl Hasher {
    async fn turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let permit = tokio::time::timeout(PATIENCE, self.0.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = permit else { return Err(Busy) };
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        done.await.map_err(|_| Busy)
    }

    /// `salt` is random and this password's own.
    ///
    /// # Errors
    /// [`Busy`] where too many wait.
    pub async fn hash(&self, password: String, salt: [u8; 16]) -> Result<PasswordHash, Busy> {
        self.turn(move || hashed(&password, &salt)).await?.map(PasswordHash).ok_or(Busy)
    }

    /// Whether it is this password. Without a hash it is not, which takes as long to find out.
    ///
    /// # Errors
    /// [`Busy`] where too many wait.
    pub async fn verify(&self, password: String, hash: Option<PasswordHash>) -> Result<bool, Busy> {
        self.turn(move || {
            let text = match &hash {
                Some(hash) => hash.0.as_str(),
                None => nobodys(),
            };
            let same = Phc::new(text).is_ok_and(|known| argon2().verify_password(password.as_bytes(), &known).is_ok());
            same && hash.is_some()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_no_other_passes() {
        let hasher = Hasher::default();
        let hash = hasher.hash("four brown mugs".into(), *b"0123456789abcdef").await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert_eq!(hasher.verify("four brown mugs".into(), Some(hash.clone())).await, Ok(true));
        assert_eq!(hasher.verify("four brown mug".into(), Some(hash.clone())).await, Ok(false));
        assert_eq!(hasher.verify("nobody has this one".into(), None).await, Ok(false), "not even the right one");
        let other = hasher.hash("four brown mugs".into(), *b"fedcba9876543210").await.unwrap();
        assert_ne!(hash, other, "equal passwords look different");
        assert_eq!(hasher.verify("x".into(), Some(PasswordHash("no hash".into()))).await, Ok(false));
    }
}

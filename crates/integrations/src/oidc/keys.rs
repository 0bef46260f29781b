//! Keys of a provider (RFC 7517) and signatures made with them (RFC 7518). Checked with `ring`, which TLS brings anyway; only
//! signatures of public keys are taken: a secret that both sides know, or no signature at all, proves nothing here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use serde::Deserialize;

/// Keys of a provider that are looked at; more are none of a provider's.
const KEYS_MAX: usize = 100;

/// The keys a provider signs with.
#[derive(Debug, Deserialize)]
pub struct Keys {
    keys: Vec<Key>,
}

/// One of them, as far as it matters. One of a kind that is not known is no key for anything.
#[derive(Clone, Debug, Deserialize)]
struct Key {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    for_what: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// What a signature is checked by.
enum Check {
    Rsa(&'static RsaParameters),
    Curve { kty: &'static str, crv: &'static str, by: &'static dyn VerificationAlgorithm },
}

/// The algorithms that are taken.
fn check(alg: &str) -> Option<Check> {
    Some(match alg {
        "RS256" => Check::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
        "RS384" => Check::Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
        "RS512" => Check::Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
        "PS256" => Check::Rsa(&signature::RSA_PSS_2048_8192_SHA256),
        "PS384" => Check::Rsa(&signature::RSA_PSS_2048_8192_SHA384),
        "PS512" => Check::Rsa(&signature::RSA_PSS_2048_8192_SHA512),
        "ES256" => Check::Curve { kty: "EC", crv: "P-256", by: &signature::ECDSA_P256_SHA256_FIXED },
        "ES384" => Check::Curve { kty: "EC", crv: "P-384", by: &signature::ECDSA_P384_SHA384_FIXED },
        "EdDSA" => Check::Curve { kty: "OKP", crv: "Ed25519", by: &signature::ED25519 },
        _ => return None,
    })
}

impl Keys {
    pub fn has(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid.as_deref() == Some(kid))
    }

    /// Whether one of the keys signed it: the named one, or where none is named any that could have.
    pub fn signed(&self, alg: &str, kid: Option<&str>, message: &[u8], signature: &[u8]) -> bool {
        let Some(check) = check(alg) else { return false };
        let could = |key: &&Key| {
            kid.is_none_or(|kid| key.kid.as_deref() == Some(kid))
                && key.for_what.as_deref().is_none_or(|what| what == "sig")
                && key.alg.as_deref().is_none_or(|one| one == alg)
        };
        self.keys.iter().take(KEYS_MAX).filter(could).any(|key| key.signed(&check, message, signature).is_some())
    }
}

fn bytes(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

impl Key {
    /// Something where this key signed it.
    fn signed(&self, check: &Check, message: &[u8], signature: &[u8]) -> Option<()> {
        match check {
            Check::Rsa(parameters) => {
                if self.kty != "RSA" {
                    return None;
                }
                let number = |text| bytes(text).map(|bytes| bytes.into_iter().skip_while(|byte| *byte == 0).collect());
                let (n, e): (Vec<u8>, Vec<u8>) = (number(self.n.as_ref())?, number(self.e.as_ref())?);
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).ok()
            }
            Check::Curve { kty, crv, by } => {
                if self.kty != *kty || self.crv.as_deref() != Some(*crv) {
                    return None;
                }
                let mut point = bytes(self.x.as_ref())?;
                if *kty == "EC" {
                    // A point is written as a four and both of its coordinates, each of full length.
                    point = [vec![4], point, bytes(self.y.as_ref())?].concat();
                }
                UnparsedPublicKey::new(*by, point).verify(message, signature).ok()
            }
        }
    }
}

//! Signatures of webhooks, as the Standard Webhooks specification says (standardwebhooks.com): `v1,` and the base64 of the
//! HMAC-SHA256 over `id.timestamp.body`. Secrets are written `whsec_` and their base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use waybill_domain::webhook::secret::SigningSecret;

/// What every secret begins with, so that one found lying around is known for what it is.
pub const SECRET_PREFIX: &str = "whsec_";

/// The secret as its receiver is told.
pub fn written(secret: &SigningSecret) -> String {
    format!("{SECRET_PREFIX}{}", STANDARD.encode(&secret.0))
}

/// The header `webhook-signature`: a signature with each secret, separated by spaces.
pub fn signature<'a>(
    secrets: impl Iterator<Item = &'a SigningSecret>,
    id: &str,
    timestamp_s: i64,
    body: &[u8],
) -> String {
    let signatures: Vec<String> = secrets.filter_map(|secret| one(secret, id, timestamp_s, body)).collect();
    signatures.join(" ")
}

fn one(secret: &SigningSecret, id: &str, timestamp_s: i64, body: &[u8]) -> Option<String> {
    // A key of any length is taken; there is no other error.
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret.0).ok()?;
    mac.update(format!("{id}.{timestamp_s}.").as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(written: &str) -> SigningSecret {
        SigningSecret(STANDARD.decode(written.strip_prefix(SECRET_PREFIX).unwrap()).unwrap())
    }

    /// The example that the specification's own libraries are tested with.
    #[test]
    fn the_published_example_is_signed_as_published() {
        let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", br#"{"test": 2432232314}"#);
        let signed = signature([secret(text)].iter(), id, 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(written(&secret(text)), text);
    }

    /// During a rotation the receiver may know either secret. From Python: `hmac.new(b"b" * 24, ..., "sha256")`.
    #[test]
    fn each_secret_in_use_signs() {
        let secrets = [SigningSecret(b"a".repeat(24)), SigningSecret(b"b".repeat(24))];
        let both = signature(secrets.iter(), "evt_1", 1_800_000_000, b"{}");
        let alone = |n: usize| signature(secrets[n..=n].iter(), "evt_1", 1_800_000_000, b"{}");
        assert_eq!(both, format!("{} {}", alone(0), alone(1)));
        assert_eq!(alone(1), "v1,NmKoeQvsm6dCiGovqj/Cg8q7qWBQEGbHxNOo18tBFTw=");
    }
}

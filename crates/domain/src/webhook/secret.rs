//! The secret that sender and receiver share, and its rotation.

use super::events::WebhookSecretRotated;
use super::{WebhookRefusal, known};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::WebhookEndpointId;
use crate::refusal::Problem;
use crate::world::World;
use std::fmt;

/// The key of an endpoint's signatures, 24 to 64 bytes. Has no `Serialize`, so no event carries it, and shows nothing of itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SigningSecret(pub Vec<u8>);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(..)")
    }
}

impl SigningSecret {
    /// Enough to see that nothing was exchanged, and of no use to whoever reads it: the SHA-256 of the SHA-256.
    pub(super) fn proof(&self) -> String {
        crate::chain::hex(&crate::chain::digest(&crate::chain::digest(&self.0)))
    }

    pub(super) fn problem(&self) -> Option<Problem> {
        let fits = (24..=64).contains(&self.0.len());
        (!fits).then(|| Problem::new("secret", "length", "must be 24 to 64 bytes"))
    }
}

/// Gives an endpoint another secret; the one before goes on being used beside it for `overlap_s` seconds.
///
/// Two secrets at most are in use: a rotation during another ends the oldest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateWebhookSecret {
    pub endpoint_id: WebhookEndpointId,
    pub secret: SigningSecret,
    /// 0 to 30 days.
    pub overlap_s: i64,
}

/// The longest that an old secret is used on, in seconds.
const OVERLAP_MAX_S: i64 = 30 * 86_400;

pub fn rotate(world: &World, command: &RotateWebhookSecret, attempt: &Attempt) -> Outcome {
    let endpoint = known(world, command.endpoint_id)?;
    let mut problems: Vec<Problem> = command.secret.problem().into_iter().collect();
    if !(0..=OVERLAP_MAX_S).contains(&command.overlap_s) {
        problems.push(Problem::new("overlap_s", "out_of_range", format!("must be 0 to {OVERLAP_MAX_S}")));
    }
    if !problems.is_empty() {
        return Err(WebhookRefusal::Invalid { problems }.into());
    }
    Ok(vec![Event::WebhookSecretRotated(WebhookSecretRotated {
        endpoint: endpoint.id,
        proof: command.secret.proof(),
        previous_until: (command.overlap_s > 0).then(|| attempt.now.plus_seconds(command.overlap_s)),
        secret: command.secret.clone(),
    })])
}

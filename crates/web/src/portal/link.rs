//! The link to a customer's page: the order's id and a seal that only this store can make. Whoever has the link has the
//! page; nobody makes one from an order's number.

use crate::problem::Problem;
use crate::state::WebState;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use waybill_domain::ids::{Id, OrderId};
use waybill_store::read::secrets;

/// What the seal is for, so that the same secret can seal other things.
const PURPOSE: &[u8] = b"customer page";
/// The store's name for the secret behind it.
const SECRET: &str = "links";
/// Bytes of the seal: 80 bits cannot be guessed through a web server.
const SEAL: usize = 10;
const BYTES: usize = 16 + SEAL;

/// No letters that are read for others.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The path of an order's page.
///
/// # Errors
/// Where the store does not answer.
pub async fn path(state: &WebState, order: OrderId) -> Result<String, Problem> {
    let seal = seal(&secret(state).await?, order);
    let mut bytes = order.0.bytes().to_vec();
    bytes.extend(seal);
    Ok(format!("/o/{}", written(&bytes)))
}

/// The order behind a token; None where its seal is not ours.
///
/// # Errors
/// Where the store does not answer.
pub async fn order(state: &WebState, token: &str) -> Result<Option<OrderId>, Problem> {
    let Some(bytes) = read(token) else { return Ok(None) };
    let (id, sealed) = bytes.split_at(16);
    let id: [u8; 16] = id.try_into().unwrap_or_default();
    let order = OrderId(Id::from_bytes(id));
    let secret = secret(state).await?;
    let is_ours = mac(&secret, order).verify_truncated_left(sealed).is_ok();
    Ok(is_ours.then_some(order))
}

/// The store's secret for links, made when it is first needed; whoever comes second takes what is there.
async fn secret(state: &WebState) -> Result<[u8; 32], Problem> {
    let fresh = || {
        let mut secret = [0; 32];
        secret.copy_from_slice(&state.engine().signing_secret().0);
        secret
    };
    Ok(secrets::named(state.store(), SECRET, fresh).await?)
}

fn mac(secret: &[u8; 32], order: OrderId) -> Hmac<Sha256> {
    // A key of 32 bytes is taken as it is.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default()));
    mac.update(PURPOSE);
    mac.update(&order.0.bytes());
    mac
}

fn seal(secret: &[u8; 32], order: OrderId) -> Vec<u8> {
    mac(secret, order).finalize().into_bytes()[..SEAL].to_vec()
}

/// Five bits a letter.
fn written(bytes: &[u8]) -> String {
    let mut out = String::new();
    let (mut kept, mut bits) = (0_u32, 0);
    for byte in bytes {
        kept = kept << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(LETTERS[(kept >> bits & 31) as usize].into());
        }
    }
    if bits > 0 {
        out.push(LETTERS[(kept << (5 - bits) & 31) as usize].into());
    }
    out
}

fn read(token: &str) -> Option<Vec<u8>> {
    if token.len() != (BYTES * 8).div_ceil(5) {
        return None;
    }
    let mut out = Vec::with_capacity(BYTES);
    let (mut kept, mut bits) = (0_u32, 0);
    for letter in token.bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        kept = kept << 5 | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((kept >> bits & 255) as u8);
        }
    }
    // What is left over is no byte and must be nothing, so that each page has one link.
    (out.len() == BYTES && kept & ((1 << bits) - 1) == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Each page has one link: whatever is read as a token is written as the very same.
        #[test]
        fn any_text_is_no_token_or_written_the_same(
            text in prop_oneof![any::<String>(), "[0-9a-z]{40,43}", "[0-9a-hjkmnp-tv-z]{42}"], bytes in any::<[u8; BYTES]>(),
        ) {
            if let Some(read) = read(&text) {
                prop_assert_eq!(written(&read), text);
            }
            prop_assert_eq!(read(&written(&bytes)), Some(bytes.to_vec()));
        }
    }

    #[test]
    fn a_token_reads_back_and_nothing_else_reads() {
        let bytes: Vec<u8> = (0..26).map(|n| n * 9 + 5).collect();
        let token = written(&bytes);
        assert_eq!(read(&token), Some(bytes));
        assert_eq!(token.len(), 42);
        for wrong in ["", "0", &token[1..], &token.to_uppercase(), &format!("{}z", &token[..41])] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_seal_is_of_one_order_and_one_secret() {
        let (one, other) = (OrderId(Id(1)), OrderId(Id(2)));
        assert_ne!(seal(&[1; 32], one), seal(&[1; 32], other));
        assert_ne!(seal(&[1; 32], one), seal(&[2; 32], one));
        assert_eq!(seal(&[1; 32], one), seal(&[1; 32], one));
    }
}

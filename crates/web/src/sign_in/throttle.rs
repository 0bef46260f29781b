//! Guessing is slowed down: after a few tries, each costs a wait that doubles. Counted per account and per address, by each
//! process for itself and in bounded memory.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use waybill_domain::access::email::EmailDigest;
use waybill_domain::ids::UserId;

/// Whose tries are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guesser {
    /// Passwords for an account, whether it exists or not.
    Account(EmailDigest),
    /// Codes of an account's authenticator.
    Codes(UserId),
    /// Many people may share one address.
    Address(IpAddr),
}

impl Guesser {
    /// Tries without a wait, and the longest wait.
    const fn patience(self) -> (u32, Duration) {
        match self {
            Self::Account(_) | Self::Codes(_) => (5, Duration::from_secs(300)),
            Self::Address(_) => (50, Duration::from_secs(60)),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Tries {
    count: u32,
    last: Instant,
    until: Instant,
}

/// Tries are forgotten after this time without another.
const FORGOTTEN: Duration = Duration::from_secs(3_600);
/// Guessers remembered at most.
const GUESSERS_MAX: usize = 10_000;

#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<Guesser, Tries>>);

impl Throttle {
    /// Counts a try that is about to be made. It is not to be made where it is too early: then the seconds to wait.
    ///
    /// # Errors
    /// Whole seconds until the next try, at least 1.
    pub fn attempt(&self, guesser: Guesser, now: Instant) -> Result<(), u64> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= GUESSERS_MAX && !known.contains_key(&guesser) {
            make_room(&mut known, now);
        }
        let tries = known.entry(guesser).or_insert(Tries { count: 0, last: now, until: now });
        if now.saturating_duration_since(tries.last) >= FORGOTTEN {
            tries.count = 0;
        }
        if now < tries.until {
            return Err((tries.until - now).as_secs().max(1));
        }
        let (free, longest) = guesser.patience();
        tries.count = tries.count.saturating_add(1);
        tries.last = now;
        if tries.count > free {
            let doubled = 1u64.checked_shl(tries.count - free).filter(|seconds| *seconds > 0);
            tries.until = now + doubled.map_or(longest, Duration::from_secs).min(longest);
        }
        Ok(())
    }

    /// The try was no guess, and does not count against those who share what it was counted for. What they owe stays.
    pub fn forgive(&self, guesser: Guesser) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tries) = known.get_mut(&guesser) {
            tries.count = tries.count.saturating_sub(1);
        }
    }

    /// It was no guess.
    pub fn succeeded(&self, guesser: Guesser) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&guesser);
    }
}

/// Forgets who is quiet; if nobody is, whoever tried least and longest ago.
fn make_room(known: &mut HashMap<Guesser, Tries>, now: Instant) {
    known.retain(|_, tries| now.saturating_duration_since(tries.last) < FORGOTTEN);
    if known.len() >= GUESSERS_MAX
        && let Some(guesser) = known.iter().min_by_key(|(_, tries)| (tries.count, tries.last)).map(|(one, _)| *one)
    {
        known.remove(&guesser);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_until_a_success_or_a_long_silence() {
        let throttle = Throttle::default();
        let (start, ada) = (Instant::now(), Guesser::Account(EmailDigest::of("ada@example.com")));
        for _ in 0..5 {
            assert_eq!(throttle.attempt(ada, start), Ok(()));
        }
        let mut now = start;
        for wait in [2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            assert_eq!(throttle.attempt(ada, now), Ok(()));
            assert_eq!(throttle.attempt(ada, now), Err(wait));
            now += Duration::from_secs(wait);
        }
        let ben = Guesser::Account(EmailDigest::of("ben@example.com"));
        assert_eq!(throttle.attempt(ben, now), Ok(()), "others do not wait");
        assert_eq!(throttle.attempt(ada, now), Ok(()));
        throttle.succeeded(ada);
        assert_eq!(throttle.attempt(ada, now), Ok(()));
        for _ in 0..5 {
            let _ = throttle.attempt(ben, now);
        }
        assert!(throttle.attempt(ben, now).is_err());
        assert_eq!(throttle.attempt(ben, now + FORGOTTEN), Ok(()));
        assert_eq!(throttle.attempt(ben, now + FORGOTTEN), Ok(()), "counted from the start");
    }

    /// Many people behind one address sign in as often as they like; who guesses there still waits.
    #[test]
    fn an_address_is_counted_by_its_failures() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let office = Guesser::Address(IpAddr::from([192, 0, 2, 1]));
        for _ in 0..200 {
            assert_eq!(throttle.attempt(office, now), Ok(()));
            throttle.forgive(office);
        }
        for _ in 0..51 {
            assert_eq!(throttle.attempt(office, now), Ok(()));
        }
        assert!(throttle.attempt(office, now).is_err());
    }

    #[test]
    fn a_crowd_of_guessers_does_not_make_a_stubborn_one_forgotten() {
        let throttle = Throttle::default();
        let (now, ada) = (Instant::now(), Guesser::Account(EmailDigest::of("ada@example.com")));
        for _ in 0..7 {
            let _ = throttle.attempt(ada, now);
        }
        for n in 0..GUESSERS_MAX as u32 + 5 {
            let _ = throttle.attempt(Guesser::Address(IpAddr::from(n.to_be_bytes())), now);
        }
        assert!(throttle.0.lock().unwrap().len() <= GUESSERS_MAX);
        assert!(throttle.attempt(ada, now).is_err());
    }
}

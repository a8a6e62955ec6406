//! Wrong passwords and keys: after a few from one address it has to wait, longer each time.

use super::failure::Failure;
use axum::http::{HeaderValue, StatusCode, header};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;

/// So many are free.
const FREE: u32 = 5;
/// After so long they are forgotten, in milliseconds.
const FORGOTTEN: f64 = 15.0 * 60_000.0;
/// The longest wait, in seconds.
const LONGEST: f64 = 60.0;
/// More addresses are not remembered: those that guessed longest ago go.
const ADDRESSES: usize = 10_000;

#[derive(Default)]
pub struct Guesses(Mutex<BTreeMap<IpAddr, Guessed>>);

#[derive(Clone, Copy)]
struct Guessed {
    times: u32,
    last: f64,
}

impl Guesses {
    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<IpAddr, Guessed>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// # Errors
    /// 429 as long as it has to wait.
    pub fn may(&self, from: IpAddr, now: f64) -> Result<(), Failure> {
        let Some(guessed) = self.with(|all| all.get(&block(from)).copied()) else { return Ok(()) };
        let wait = 2f64.powi(guessed.times.saturating_sub(FREE) as i32).min(LONGEST);
        let left = (guessed.last + wait * 1000.0 - now) / 1000.0;
        if guessed.times < FREE || left <= 0.0 {
            return Ok(());
        }
        let seconds = left.ceil() as u32;
        let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, "too many wrong passwords or keys from there");
        Err(failure.advice(format!("try again in {seconds} s")).header(header::RETRY_AFTER, HeaderValue::from(seconds)))
    }

    /// Counts a guess before it is looked at: of those that come at once, each knows of the others. [`Guesses::right`] forgets it.
    ///
    /// # Errors
    /// As [`Guesses::may`].
    pub fn attempt(&self, from: IpAddr, now: f64) -> Result<(), Failure> {
        self.may(from, now)?;
        self.wrong(from, now);
        Ok(())
    }

    /// A wrong one came.
    pub fn wrong(&self, from: IpAddr, now: f64) {
        self.with(|all| {
            if all.len() >= ADDRESSES && !all.contains_key(&block(from)) {
                let oldest = all.iter().min_by(|a, b| a.1.last.total_cmp(&b.1.last)).map(|(from, _)| *from);
                oldest.map(|from| all.remove(&from));
            }
            let guessed = all.entry(block(from)).or_insert(Guessed { times: 0, last: now });
            let before = if now - guessed.last < FORGOTTEN { guessed.times } else { 0 };
            *guessed = Guessed { times: before.saturating_add(1), last: now };
        });
    }

    /// The right one came: what was wrong before is forgotten.
    pub fn right(&self, from: IpAddr) {
        self.with(|all| all.remove(&block(from)));
    }
}

/// Who has one address of IPv6 has 2^64 of them.
fn block(from: IpAddr) -> IpAddr {
    match from {
        IpAddr::V6(address) if !address.is_loopback() => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_guesses_waits_longer_each_time() {
        let guesses = Guesses::default();
        let from = IpAddr::from([192, 0, 2, 1]);
        let free = |now: f64| guesses.may(from, now).is_ok();
        for n in 0..5 {
            assert!(free(f64::from(n)));
            guesses.wrong(from, f64::from(n));
        }
        assert!(!free(5.0) && free(1004.1));
        guesses.wrong(from, 1005.0);
        assert!(!free(3004.0) && free(3005.0));
        for _ in 0..50 {
            guesses.wrong(from, 4000.0);
        }
        assert!(!free(63_000.0) && free(64_000.0));
        assert!(guesses.may(IpAddr::from([192, 0, 2, 2]), 4000.0).is_ok());
        guesses.right(from);
        assert!(free(4001.0));
    }

    #[test]
    fn guesses_that_come_at_once_are_counted() {
        let guesses = Guesses::default();
        let from = IpAddr::from([192, 0, 2, 1]);
        // none of them is known to be wrong yet
        let tried = (0..60).filter(|_| guesses.attempt(from, 0.0).is_ok()).count();
        assert_eq!(tried, FREE as usize);
    }

    #[test]
    fn what_was_long_ago_does_not_count_and_neighbours_of_ipv6_are_one() {
        let guesses = Guesses::default();
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        for _ in 0..6 {
            guesses.wrong(one, 0.0);
        }
        assert!(guesses.may("2001:db8::2".parse().unwrap(), 1.0).is_err());
        assert!(guesses.may("2001:db8:0:1::1".parse().unwrap(), 1.0).is_ok());
        guesses.wrong(one, FORGOTTEN + 1.0);
        assert!(guesses.may(one, FORGOTTEN + 2.0).is_ok());
        for n in 0..ADDRESSES as u32 + 100 {
            guesses.wrong(IpAddr::from(n.to_be_bytes()), FORGOTTEN);
        }
        assert!(guesses.with(|all| all.len()) <= ADDRESSES);
    }
}

//! Wrong passwords and keys: after a few from one address it has to wait, longer each time; after many for one user's name, from
//! however many addresses, whoever comes from one where that user has not been let in.

use super::failure::Failure;
use crate::event::{Time, lock};
use axum::http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;

/// Number of guesses without a delay.
const FREE: u32 = 5;
/// After so long they are forgotten, in milliseconds.
const FORGOTTEN: f64 = 15.0 * 60_000.0;
/// The longest wait, in seconds.
const LONGEST: f64 = 60.0;
/// Number of guesses without a delay per name: its user has to get in, whatever a stranger does.
const FREE_OF_NAME: u32 = 50;
/// The longest wait for a name, in seconds.
const LONGEST_OF_NAME: f64 = 5.0;
/// More addresses or names are not remembered: those that guessed longest ago go.
const ADDRESSES: usize = 10_000;
/// Number of addresses per user that are never delayed.
const KNOWN: usize = 8;

#[derive(Default)]
pub struct Guesses(Mutex<All>);

#[derive(Default)]
struct All {
    addresses: BTreeMap<IpAddr, Guessed>,
    names: BTreeMap<Name, Guessed>,
    /// Where users were let in, the latest last.
    known: BTreeMap<Name, Vec<IpAddr>>,
}

/// A user's name, whatever its length and case.
type Name = [u8; 32];

#[derive(Clone, Copy, Default)]
struct Guessed {
    times: u32,
    last: Time,
}

impl Guessed {
    /// The seconds that are to be waited; none below 0.
    fn left(self, free: u32, longest: f64, now: Time) -> Option<u32> {
        let wait = 2f64.powi(self.times.saturating_sub(free) as i32).min(longest);
        let left = (self.last + wait * 1000.0 - now) / 1000.0;
        (self.times >= free && left > 0.0).then(|| left.ceil() as u32)
    }
}

fn name_of(user: &str) -> Name {
    Sha256::digest(user.to_lowercase()).into()
}

/// Counts another one.
fn count<K: Ord + Copy>(all: &mut BTreeMap<K, Guessed>, of: K, now: Time) {
    if all.len() >= ADDRESSES && !all.contains_key(&of) {
        let oldest = all.iter().min_by(|a, b| a.1.last.total_cmp(&b.1.last)).map(|(key, _)| *key);
        oldest.map(|key| all.remove(&key));
    }
    let guessed = all.entry(of).or_insert(Guessed { times: 0, last: now });
    let before = if now - guessed.last < FORGOTTEN { guessed.times } else { 0 };
    *guessed = Guessed { times: before.saturating_add(1), last: now };
}

impl Guesses {
    fn with<T>(&self, work: impl FnOnce(&mut All) -> T) -> T {
        work(&mut lock(&self.0))
    }

    /// # Errors
    /// 429 as long as it has to wait.
    pub fn may(&self, from: IpAddr, now: Time) -> Result<(), Failure> {
        let guessed = self.with(|all| all.addresses.get(&block(from)).copied()).unwrap_or_default();
        waited(guessed.left(FREE, LONGEST, now), "too many wrong passwords or keys from there")
    }

    /// Counts a guess at a user's password before it is looked at: of those that come at once, each knows of the others.
    /// [`Guesses::right`] forgets it.
    ///
    /// # Errors
    /// As [`Guesses::may`].
    pub fn attempt(&self, from: IpAddr, user: &str, now: Time) -> Result<(), Failure> {
        self.may(from, now)?;
        let name = name_of(user);
        let left = self.with(|all| {
            let known = all.known.get(&name).is_some_and(|known| known.contains(&block(from)));
            let guessed = all.names.get(&name).copied().filter(|_| !known).unwrap_or_default();
            let left = guessed.left(FREE_OF_NAME, LONGEST_OF_NAME, now);
            if left.is_none() {
                count(&mut all.names, name, now);
            }
            left
        });
        waited(left, "too many wrong passwords for this user")?;
        self.wrong(from, now);
        Ok(())
    }

    /// A wrong one came.
    pub fn wrong(&self, from: IpAddr, now: Time) {
        self.with(|all| count(&mut all.addresses, block(from), now));
    }

    /// The right one came: what was wrong before is forgotten, and the user may come from there again.
    pub fn right(&self, from: IpAddr, user: &str) {
        let (from, name) = (block(from), name_of(user));
        self.with(|all| {
            all.addresses.remove(&from);
            all.names.remove(&name);
            // as many as there are users
            let known = all.known.entry(name).or_default();
            known.retain(|other| *other != from);
            known.push(from);
            known.drain(..known.len().saturating_sub(KNOWN));
        });
    }
}

fn waited(left: Option<u32>, why: &str) -> Result<(), Failure> {
    let Some(seconds) = left else { return Ok(()) };
    let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, why);
    Err(failure.advice(format!("try again in {seconds} s")).header(header::RETRY_AFTER, HeaderValue::from(seconds)))
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
        let free = |now: Time| guesses.may(from, now).is_ok();
        for n in 0..5 {
            assert!(free(Time(f64::from(n))));
            guesses.wrong(from, Time(f64::from(n)));
        }
        assert!(!free(Time(5.0)) && free(Time(1004.1)));
        guesses.wrong(from, Time(1005.0));
        assert!(!free(Time(3004.0)) && free(Time(3005.0)));
        for _ in 0..50 {
            guesses.wrong(from, Time(4000.0));
        }
        assert!(!free(Time(63_000.0)) && free(Time(64_000.0)));
        assert!(guesses.may(IpAddr::from([192, 0, 2, 2]), Time(4000.0)).is_ok());
        guesses.right(from, "ann");
        assert!(free(Time(4001.0)));
    }

    #[test]
    fn a_name_is_guessed_at_from_everywhere_no_faster_and_its_user_gets_in() {
        let guesses = Guesses::default();
        let address = |n: u32| IpAddr::from((0xc000_0000 + n).to_be_bytes());
        let (home, elsewhere) = (address(90_000), address(90_001));
        guesses.attempt(home, "Ann", Time(0.0)).unwrap();
        guesses.right(home, "Ann");
        // a thousand addresses, each with one guess
        let tried = (0..1000).filter(|n| guesses.attempt(address(*n), "ann", Time(1.0)).is_ok()).count();
        assert_eq!(tried, FREE_OF_NAME as usize);
        assert!(guesses.attempt(home, "ann", Time(2.0)).is_ok());
        assert!(guesses.attempt(elsewhere, "bob", Time(2.0)).is_ok());
        // from elsewhere in a few seconds, however long it went on
        let refused = guesses.attempt(elsewhere, "ANN", Time(3.0));
        assert!(refused.is_err() && guesses.attempt(elsewhere, "ann", Time(2.0 + LONGEST_OF_NAME * 1000.0)).is_ok());
        // the known addresses are bounded
        (0..20).for_each(|n| guesses.right(address(n), "ann"));
        assert_eq!(guesses.with(|all| all.known[&name_of("ann")].len()), KNOWN);
    }

    #[test]
    fn guesses_that_come_at_once_are_counted() {
        let guesses = Guesses::default();
        let from = IpAddr::from([192, 0, 2, 1]);
        // none of them is known to be wrong yet
        let tried = (0..60).filter(|_| guesses.attempt(from, "ann", Time(0.0)).is_ok()).count();
        assert_eq!(tried, FREE as usize);
    }

    #[test]
    fn what_was_long_ago_does_not_count_and_neighbours_of_ipv6_are_one() {
        let guesses = Guesses::default();
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        for _ in 0..6 {
            guesses.wrong(one, Time(0.0));
        }
        assert!(guesses.may("2001:db8::2".parse().unwrap(), Time(1.0)).is_err());
        assert!(guesses.may("2001:db8:0:1::1".parse().unwrap(), Time(1.0)).is_ok());
        guesses.wrong(one, Time(FORGOTTEN + 1.0));
        assert!(guesses.may(one, Time(FORGOTTEN + 2.0)).is_ok());
        for n in 0..ADDRESSES as u32 + 100 {
            guesses.wrong(IpAddr::from(n.to_be_bytes()), Time(FORGOTTEN));
        }
        assert!(guesses.with(|all| all.addresses.len()) <= ADDRESSES);
    }
}

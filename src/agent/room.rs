//! Limits the number of simultaneous agents.

use crate::event::{Ended, lock};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

pub struct Room {
    most: usize,
    taken: Mutex<usize>,
    freed: Condvar,
}

/// An agent's place; free again when it is dropped.
pub struct Seat(Arc<Room>);

impl Room {
    pub fn new(most: usize) -> Room {
        Room { most, taken: Mutex::new(0), freed: Condvar::new() }
    }

    /// Takes a place, waiting for one no longer than `limit`: an agent may be on its way out.
    ///
    /// # Errors
    /// There is none.
    pub fn take(self: &Arc<Room>, limit: Duration) -> Result<Seat, Ended> {
        let begun = Instant::now();
        let mut taken = lock(&self.taken);
        while *taken >= self.most {
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                let message = format!("as many agents run as --max-agents allows: {}", self.most);
                let advice = "allow more with --max-agents, or run fewer tests at once with --jobs";
                return Err(Ended { advice: Some(advice.into()), ..Ended::error(message) });
            }
            taken = self.freed.wait_timeout(taken, left).unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
        *taken += 1;
        Ok(Seat(self.clone()))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *lock(&self.0.taken) -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_waited_for_and_where_none_gets_free_that_is_said() {
        let room = Arc::new(Room::new(2));
        let seats = [room.take(Duration::ZERO).unwrap(), room.take(Duration::ZERO).unwrap()];
        let refused = room.take(Duration::ZERO).err().unwrap();
        assert_eq!(refused.message, "as many agents run as --max-agents allows: 2");
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| room.take(Duration::from_secs(20)).is_ok());
            drop(seats);
            assert!(waiter.join().unwrap());
        });
    }
}

//! The clock that schedules follow: the wall clock, which somebody may set.

#![expect(unsafe_code, reason = "uses timers of the kernel")]

use crate::diagnostic::Diagnostic;
use crate::event::Time;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// A clock to sleep by.
pub trait Clock: Send + Sync {
    fn now(&self) -> Time;

    /// Sleeps until the time `until` (none: forever), until the clock is set, or until [`Clock::wake`] is called; a call since the
    /// last sleep counts. It may return early.
    fn sleep(&self, until: Option<Time>);

    fn wake(&self);
}

/// The machine's clock. The kernel also wakes a sleeper when the clock is set, and after the machine itself has slept.
pub struct SystemClock {
    timer: OwnedFd,
    bell: OwnedFd,
}

impl SystemClock {
    /// # Errors
    /// The process may open no more files.
    pub fn new() -> Result<SystemClock, Diagnostic> {
        let wrong = |error: io::Error| {
            Diagnostic::error(format!("there is no clock to go by for schedules: {error}"))
                .advice("allow the server more open files (`ulimit -n`)")
        };
        // SAFETY: both calls take numbers only.
        let (timer, bell) = unsafe {
            let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
            (
                owned(libc::timerfd_create(libc::CLOCK_REALTIME, flags)),
                owned(libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK)),
            )
        };
        Ok(SystemClock { timer: timer.map_err(wrong)?, bell: bell.map_err(wrong)? })
    }

    /// False: the clock was set since the last look at it.
    fn set_timer(&self, until: Time) -> bool {
        // a time of nothing would stop the timer
        let until = until.whole_millis().clamp(1, 1_000_000_000_000_000);
        // SAFETY: a plain C struct, of which all zeros are a valid value
        let mut time: libc::itimerspec = unsafe { std::mem::zeroed() };
        time.it_value.tv_sec = until / 1000;
        time.it_value.tv_nsec = until % 1000 * 1_000_000;
        let set = |flags| {
            // SAFETY: the timer is open, `time` is read during the call only.
            unsafe { libc::timerfd_settime(self.timer.as_raw_fd(), flags, &time, std::ptr::null_mut()) == 0 }
        };
        let seen = set(libc::TFD_TIMER_ABSTIME | libc::TFD_TIMER_CANCEL_ON_SET);
        // some sandboxes know no clock that is set
        if !seen && io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL) {
            return set(libc::TFD_TIMER_ABSTIME);
        }
        seen
    }
}

/// # Safety
/// Nobody else owns the descriptor.
unsafe fn owned(descriptor: i32) -> io::Result<OwnedFd> {
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is open, and the caller vouches for its owner
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

impl Clock for SystemClock {
    fn now(&self) -> Time {
        Time(jiff::Timestamp::now().as_microsecond() as f64 / 1000.0)
    }

    fn sleep(&self, until: Option<Time>) {
        if until.is_some_and(|until| !self.set_timer(until)) {
            return;
        }
        let wait = |file: &OwnedFd| libc::pollfd { fd: file.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let mut files = [wait(&self.bell), wait(&self.timer)];
        let count = if until.is_some() { 2 } else { 1 };
        let mut rung = 0_u64;
        // SAFETY: the array has `count` entries at least; eight bytes are read into eight.
        unsafe {
            libc::poll(files.as_mut_ptr(), count, -1);
            libc::read(self.bell.as_raw_fd(), (&raw mut rung).cast(), 8);
        }
    }

    fn wake(&self) {
        let once = 1_u64;
        // SAFETY: eight bytes are written from eight. That it is full already wakes as well.
        unsafe { libc::write(self.bell.as_raw_fd(), (&raw const once).cast(), 8) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn it_sleeps_until_its_time_or_until_it_is_woken() {
        let clock = Arc::new(SystemClock::new().unwrap());
        let until = clock.now() + 50.0;
        while clock.now() < until {
            clock.sleep(Some(until));
        }
        // what is over does not wait, whatever it is
        for over in [until, Time::EPOCH, Time::ALWAYS, Time(f64::NAN)] {
            clock.sleep(Some(over));
        }
        // also one that was woken before, once
        clock.wake();
        clock.sleep(None);
        let other = clock.clone();
        let sleeper = std::thread::spawn(move || other.sleep(Some(Time::NEVER)));
        clock.wake();
        sleeper.join().unwrap();
    }
}

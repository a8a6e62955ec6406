//! The program at a real terminal: a pseudo terminal whose other end the test holds.

use crate::support::Telefonist;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Longer than anything that is waited for takes on a machine with much to do.
const LIMIT: Duration = Duration::from_secs(40);

/// A program with a terminal of its own.
pub struct Terminal {
    child: Child,
    keys: File,
    output: Receiver<Vec<u8>>,
    /// All that it has shown.
    shown: String,
    /// What has been waited for stands before that.
    seen: usize,
}

impl Terminal {
    pub fn start(telefonist: &Telefonist, words: &[&str]) -> Terminal {
        Terminal::of(telefonist.command_with(words))
    }

    /// A program call of the test's own.
    pub fn of(mut command: Command) -> Terminal {
        let (mut ours, mut theirs) = (-1, -1);
        let size = libc::winsize { ws_row: 50, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: valid pointers; both descriptors are owned from here on
        let [ours, theirs] = unsafe {
            let made = libc::openpty(&mut ours, &mut theirs, std::ptr::null_mut(), std::ptr::null(), &size);
            assert_eq!(made, 0, "a pseudo terminal");
            // a program that holds our end itself would never see it go
            let _ = [ours, theirs].map(|end| libc::fcntl(end, libc::F_SETFD, libc::FD_CLOEXEC));
            [OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)]
        };
        let end = || Stdio::from(theirs.try_clone().expect("the terminal"));
        command.stdin(end()).stdout(end()).stderr(end()).env("TERM", "xterm");
        // SAFETY: both calls may be made between fork and exec
        unsafe {
            command.pre_exec(|| {
                libc::setsid();
                libc::ioctl(0, libc::TIOCSCTTY, 0);
                Ok(())
            });
        }
        let child = command.spawn().expect("the program starts");
        drop((command, theirs));
        let keys = File::from(ours);
        let mut reading = keys.try_clone().expect("the terminal");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // an error, too, says that the program has let go of its end
            while let Ok(read @ 1..) = reading.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Terminal { child, keys, output, shown: String::new(), seen: 0 }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    pub fn line(&mut self, line: &str) {
        self.keys(&format!("{line}\r"));
    }

    /// Waits until the text is shown, after what was waited for before; gives what stands between.
    #[track_caller]
    pub fn wait(&mut self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            if let Some(at) = self.shown[self.seen..].find(text) {
                let between = self.shown[self.seen..self.seen + at].to_string();
                self.seen += at + text.len();
                return between;
            }
            match self.output.recv_timeout(LIMIT.saturating_sub(begun.elapsed())) {
                Ok(bytes) => self.shown.push_str(&String::from_utf8_lossy(&bytes)),
                Err(why) => {
                    let word = if why == RecvTimeoutError::Timeout { "did not come" } else { "will not come" };
                    let status = self.child.try_wait();
                    panic!("`{text}` {word} ({status:?}); shown:\n{}", self.told());
                }
            }
        }
    }

    /// Enters a line and waits for what it brings.
    #[track_caller]
    pub fn enter(&mut self, line: &str, brings: &str) {
        self.line(line);
        self.wait(brings);
    }

    /// Ctrl-D at an empty prompt.
    #[track_caller]
    pub fn leave(mut self) -> (ExitStatus, String) {
        self.wait(super::EMPTY);
        self.keys("\x04");
        self.end()
    }

    /// Waits for the program's end.
    #[track_caller]
    pub fn end(mut self) -> (ExitStatus, String) {
        loop {
            match self.output.recv_timeout(LIMIT) {
                Ok(bytes) => self.shown.push_str(&String::from_utf8_lossy(&bytes)),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; shown:\n{}", self.told()),
            }
        }
        (self.child.wait().expect("it ends"), self.told())
    }

    fn told(&self) -> String {
        self.shown.escape_debug().to_string().replace("\\n", "\n")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! The service, for tests of its flags and its output.

use super::{Done, Telefonist};
use reqwest::Certificate;
use reqwest::blocking::Client;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

pub struct Serving {
    /// Where it listens: `http://127.0.0.1:54321`.
    pub url: String,
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
}

impl Serving {
    /// Starts it and waits until it listens.
    #[track_caller]
    pub fn start(test: &Telefonist) -> Serving {
        Serving::of(test.command())
    }

    /// The same with a command of its own.
    #[track_caller]
    pub fn of(mut command: Command) -> Serving {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
        let mut stderr = BufReader::new(child.stderr.take().expect("its errors"));
        let Some(line) = line_with(&mut stdout, "telefonist listens on ") else {
            let mut said = String::new();
            let _ = stderr.read_to_string(&mut said);
            panic!("it does not listen: {said}");
        };
        let url = line.split_whitespace().last().expect("an address").to_string();
        Serving { url, child, stdout, stderr }
    }

    /// A client that knows only that certificate in PEM, where one is named; each has connections of its own.
    pub fn client(trusted: Option<&str>) -> Client {
        // whoever comes first decides; a second time is no error
        let _ = rustls::crypto::ring::default_provider().install_default();
        let trusted = trusted.map(|pem| Certificate::from_pem(pem.as_bytes()).expect("a certificate"));
        Client::builder().tls_certs_only(trusted).no_proxy().build().expect("a client")
    }

    /// Waits until it says so.
    #[track_caller]
    pub fn says(&mut self, text: &str) -> String {
        line_with(&mut self.stdout, text).unwrap_or_else(|| panic!("it ended without `{text}`"))
    }

    /// The same of what it has to complain about.
    #[track_caller]
    pub fn complains(&mut self, text: &str) -> String {
        line_with(&mut self.stderr, text).unwrap_or_else(|| panic!("it ended without `{text}`"))
    }

    /// Ends it as the system does.
    pub fn terminate(mut self) -> Done {
        // SAFETY: a signal to a process of this test's that has not been waited for
        unsafe { libc::kill(self.child.id() as libc::pid_t, libc::SIGTERM) };
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).expect("its output");
        self.stderr.read_to_string(&mut stderr).expect("its errors");
        Done { code: self.child.wait().expect("it ends").code(), stdout, stderr }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line_with(lines: &mut impl BufRead, text: &str) -> Option<String> {
    lines.lines().map_while(Result::ok).find(|line| line.contains(text))
}

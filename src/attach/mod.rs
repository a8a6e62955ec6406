//! `telefonist repl --attach URL`: the console of a server from a terminal here. Lines go there by REST, events come by WebSocket.

#![expect(unsafe_code, reason = "reads and sets the modes of the terminal")]

mod address;
mod display;
mod listen;
mod service;

use crate::diagnostic::{Diagnostic, Sort, Suggestion, render};
use crate::pipeline::Interrupt;
use crate::repl::{Command, Completes, Read, Reader, write_new};
use crate::store::Secret;
use crate::verdict::{ExitCode, worst};
pub use address::Address;
use display::{Display, write};
use reqwest::Method;
use serde_json::{Value, json};
pub use service::Login;
use service::Service;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};

/// How long completion may take.
const COMPLETION: Duration = Duration::from_secs(1);
/// How long what a line gives waits for the events before it.
const CATCH_UP: Duration = Duration::from_secs(2);

/// A server that has let one in.
pub struct Attached {
    service: Service,
    runtime: Runtime,
    colour: bool,
}

impl Attached {
    /// # Errors
    /// The server can't be reached, or does not let one in.
    pub fn connect(address: &Address, login: &Login, ca: Option<&Path>, colour: bool) -> Result<Attached, Diagnostic> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| Diagnostic::error(format!("the system gives no thread: {error}")))?;
        let service = runtime.block_on(Service::connect(address, login, ca))?;
        Ok(Attached { service, runtime, colour })
    }

    /// What the server suggests.
    pub fn completes(&self) -> Arc<dyn Completes> {
        Arc::new(Elsewhere(self.service.clone(), self.runtime.handle().clone()))
    }

    /// Until the reader ends; the session stays on the server. Gives the worst that lines came to, where no person wrote them.
    pub fn serve(&self, reader: &mut dyn Reader, interrupt: &Interrupt) -> ExitCode {
        let (display, news) = Display::start(self.colour, reader.above_prompt());
        self.runtime.spawn(listen::listen(self.service.clone(), news));
        if reader.is_person() {
            let (service, handle) = (self.service.clone(), self.runtime.handle().clone());
            interrupt.aim(Some(Arc::new(move || {
                let service = service.clone();
                handle.spawn(async move { service.ask(Method::POST, "console/stop", Some(json!({}))).await });
            })));
        }
        let (reading, give_up) = (Arc::new(AtomicBool::new(false)), reader.give_up());
        interrupt.on_request({
            let reading = reading.clone();
            move || {
                if reading.load(SeqCst) {
                    give_up();
                }
                // what runs goes on at the server
                std::process::exit(ExitCode::Interrupted.code().into());
            }
        });
        let mut codes = vec![];
        loop {
            display.prompts(true);
            reading.store(true, SeqCst);
            let read = reader.read();
            reading.store(false, SeqCst);
            display.prompts(false);
            match read {
                Read::End => break,
                Read::Interrupted => {}
                Read::Text(text) => match self.take(&text, &display) {
                    Ok(Some(code)) => codes.push(code),
                    Ok(None) => break,
                    Err(problem) => {
                        self.complain(&problem);
                        codes.push(ExitCode::Error);
                    }
                },
            }
        }
        interrupt.aim(None);
        self.leave();
        if reader.is_person() { ExitCode::Passed } else { worst(codes) }
    }

    fn complain(&self, problem: &Diagnostic) {
        let _ = std::io::stderr().write_all(render(std::slice::from_ref(problem), self.colour).as_bytes());
    }

    /// Does what a text says; none: the person leaves.
    fn take(&self, text: &str, display: &Display) -> Result<Option<ExitCode>, Diagnostic> {
        let passed = Ok(Some(ExitCode::Passed));
        let line = text.trim();
        match line.strip_prefix(':').map(Command::read) {
            _ if line.is_empty() => return passed,
            _ if matches!(line, "quit" | "exit") => return Ok(None),
            Some(Ok(Command::Quit)) => return Ok(None),
            Some(Ok(Command::Show(words))) => {
                if !words.is_empty() {
                    display.show(&words)?;
                }
                write(&format!("{}\n", display.shown().in_words()));
                return passed;
            }
            Some(Ok(Command::Save(path, over))) => {
                self.save(path, over)?;
                return passed;
            }
            _ => {}
        }
        let done = self.ask(Method::POST, "console/line", Some(json!({ "text": text })))?;
        let (run, events) = (done["run"].as_str().unwrap_or_default(), done["events"].as_u64().unwrap_or_default());
        display.catch_up(run, events as usize, CATCH_UP);
        let mut worst_code = ExitCode::Passed;
        for out in done["output"].as_array().into_iter().flatten() {
            let text = shown(out["text"].as_str().unwrap_or_default());
            if out["kind"] == "error" {
                let _ = std::io::stderr().write_all(text.as_bytes());
                worst_code = worst([worst_code, code(out)]);
            } else {
                write(&text);
            }
        }
        Ok(Some(worst_code))
    }

    fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Diagnostic> {
        self.runtime.block_on(self.service.ask(method, path, body))
    }

    /// `:save`: the session, written here.
    fn save(&self, path: PathBuf, over: bool) -> Result<(), Diagnostic> {
        let path = if path.extension().is_none() { path.with_extension("rhai") } else { path };
        let script = self.ask(Method::GET, "console/script?kind=rhai", None)?;
        write_new(&path, over, script["text"].as_str().unwrap_or_default().as_bytes())?;
        let name = shown(&path.display().to_string());
        write(&format!("wrote {name}: run it with `telefonist run {name}`\n"));
        Ok(())
    }

    fn leave(&self) {
        let Ok(console) = self.ask(Method::GET, "console", None) else { return };
        let agents = console["agents"].as_array().map_or(0, Vec::len);
        if agents > 0 {
            let many = if agents == 1 { "1 agent goes".into() } else { format!("{agents} agents go") };
            write(&format!(
                "{many} on at {}: attach again to come back; uadelall stops them, DELETE /api/v1/console ends the session\n",
                self.service.base
            ));
        }
    }
}

fn code(out: &Value) -> ExitCode {
    match out["code"].as_u64() {
        Some(1) => ExitCode::Failed,
        Some(2) => ExitCode::Usage,
        _ => ExitCode::Error,
    }
}

/// A text of a server without what could steer the terminal.
fn shown(text: &str) -> String {
    let harmless = |c: char| c == '\n' || !crate::diagnostic::is_invisible(c);
    text.chars().map(|c| if harmless(c) { c } else { '\u{fffd}' }).collect()
}

/// Completion by the server. It hints at nothing: a key should not wait for the network.
struct Elsewhere(Service, Handle);

impl Completes for Elsewhere {
    fn complete(&self, line: &str, at: usize) -> (usize, Vec<Suggestion>) {
        let before = &line[..at];
        let begin = before.rfind('\n').map_or(0, |end| end + 1);
        let place = json!({ "text": line, "line": before.matches('\n').count() + 1, "column": before[begin..].chars().count() + 1 });
        let asked = self.0.ask(Method::POST, "console/complete", Some(place));
        let Ok(Ok(found)) = self.1.block_on(async { tokio::time::timeout(COMPLETION, asked).await }) else {
            return (at, vec![]);
        };
        let column = found["start"].as_u64().unwrap_or(1).saturating_sub(1) as usize;
        let start = before[begin..].char_indices().nth(column).map_or(at, |(start, _)| begin + start);
        let items = found["items"].as_array().into_iter().flatten();
        let item = |item: &Value| Some(Suggestion::new(&shown(item["text"].as_str()?), Sort::Word, "", ""));
        (start, items.filter_map(item).collect())
    }

    fn hint(&self, _: &str) -> Option<(String, bool)> {
        None
    }
}

/// A password without its letters on the screen.
///
/// # Errors
/// There is no terminal to ask at.
pub fn ask_password(address: &Address) -> Result<Secret, Diagnostic> {
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "password of {} at {}: ", address.user, address.base);
    let quiet = Quiet::begin();
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    drop(quiet);
    let _ = writeln!(stderr);
    match read {
        Ok(1..) => Ok(Secret::new(line.trim_end_matches(['\r', '\n']))),
        _ => Err(Diagnostic::error("no password was given").advice("or set TELEFONIST_API_KEY to a key of the server")),
    }
}

/// A terminal that shows no keys, until this goes.
struct Quiet(libc::termios);

impl Quiet {
    fn begin() -> Quiet {
        // SAFETY: a valid descriptor; all zeros is a valid value
        unsafe {
            let mut found: libc::termios = std::mem::zeroed();
            libc::tcgetattr(libc::STDIN_FILENO, &mut found);
            let mut quiet = found;
            quiet.c_lflag &= !libc::ECHO;
            libc::tcsetattr(libc::STDIN_FILENO, libc::TCSADRAIN, &quiet);
            Quiet(found)
        }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // SAFETY: a valid descriptor, and what it was found with
        unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSADRAIN, &self.0) };
    }
}

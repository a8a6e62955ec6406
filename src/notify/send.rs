//! Sends a result at once, for a host that ends with its run.

use super::attempt::{self, address};
use super::message::{Finished, body};
use super::policy::Policy;
use crate::diagnostic::{Diagnostic, Severity};
use crate::store::WebhookKind;
use reqwest::header::HeaderMap;
use tokio::runtime::Builder;

/// Posts a MessageCard to the URL of a `_webhook`, once; a warning if that did not work. Takes ten seconds at most, and must not be
/// called by a task.
pub fn send(url: &str, finished: &Finished) -> Option<Diagnostic> {
    let shown = match address(url) {
        Ok(shown) => shown,
        Err(problem) => return Some(Diagnostic { severity: Severity::Warning, ..problem }),
    };
    let wrong = post(url, body(WebhookKind::Teams, finished).to_string())?;
    Some(Diagnostic { severity: Severity::Warning, ..not_sent(&shown, &wrong) })
}

/// A result that did not arrive there, and why.
pub(super) fn not_sent(shown: &str, why: &str) -> Diagnostic {
    Diagnostic::error(format!("the result could not be sent to the webhook at {shown}: {why}"))
        .advice("see that the address is right and can be reached from here")
}

fn post(url: &str, body: String) -> Option<String> {
    let client = match attempt::client() {
        Ok(client) => client,
        Err(problem) => return Some(problem.message),
    };
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Some(error.to_string()),
    };
    let answer = runtime.block_on(attempt::post(&client, url, HeaderMap::new(), body, Policy::default().limit));
    // a name resolution that hangs cannot be ended, only left behind
    runtime.shutdown_background();
    answer.problem()
}

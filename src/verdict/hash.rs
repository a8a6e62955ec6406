//! Compares the hash that a test expects with the run's hash.

use super::Reason;
use crate::event::{At, is_flow_hash};
use crate::flow::{Flow, diff, first_difference};
use crate::record::Header;

/// What `_hash` or `hash(…)` says, and where.
#[derive(Debug)]
pub(super) struct Asked {
    pub value: String,
    pub at: Option<At>,
}

impl Asked {
    /// None where the directive is empty.
    pub fn of(values: &[String], at: &Option<At>) -> Option<Asked> {
        let value = values.first()?.trim();
        (!value.is_empty()).then(|| Asked { value: value.to_string(), at: at.clone() })
    }

    /// The hash in lower case, if it is one.
    pub fn hash(&self) -> Option<String> {
        is_flow_hash(&self.value).then(|| self.value.to_ascii_lowercase())
    }

    /// Why the flow is not the one that was asked for; none if it is. `baseline` is the text of an earlier flow of the
    /// test.
    pub fn compare(&self, header: &Header, flow: &Flow, baseline: Option<&str>) -> Option<Reason> {
        let came = flow.hash();
        let to_put = directive(header, &came);
        let Some(expected) = self.hash() else {
            let message = format!("`{}` is not a hash, which has 16 hex digits", self.value);
            let advice = format!("write `{to_put}` there, if this run did what it should");
            let reason = Reason::new(message).at(self.at.clone()).advice(advice);
            return Some(Reason { details: lines(flow), ..reason });
        };
        if expected == came {
            return None;
        }
        let hashes = format!("expected {expected}, came {came}");
        let advice = format!("if this is what should happen now, write `{to_put}` there, or run with `--update`");
        let baseline = baseline.filter(|text| *text != flow.text());
        let reason = match baseline.and_then(|text| Some((text, first_difference(text, flow.text())?))) {
            Some((text, difference)) => Reason {
                diff: Some(diff(text, flow.text())),
                details: vec![hashes],
                ..Reason::new(format!("the flow is not the expected one: {difference}"))
            },
            None => Reason {
                details: [vec![hashes, no_baseline().into(), "the flow:".into()], lines(flow)].concat(),
                ..Reason::new("the flow is not the expected one")
            },
        };
        Some(reason.at(self.at.clone()).advice(advice))
    }
}

/// The Go program's hashes look like ours.
fn no_baseline() -> &'static str {
    "no flow of that hash is known; a hash of the Go telefonist, which is made in another way, needs `--update` once"
}

/// The line that asks for a hash, as the language of the test's file writes it.
pub(super) fn directive(header: &Header, hash: &str) -> String {
    match header.file.ends_with(".rhai") {
        true => format!("hash(\"{hash}\");"),
        false => format!("_hash {hash}"),
    }
}

fn lines(flow: &Flow) -> Vec<String> {
    match flow.text().is_empty() {
        true => vec!["(nothing that counts happened)".into()],
        false => flow.text().lines().map(|line| format!("  {line}")).collect(),
    }
}

//! What is done with a verdict: kept with the run, written into the test, sent to webhooks.

use super::execute::Ran;
use crate::diagnostic::Diagnostic;
use crate::event::{Body, Note};
use crate::flow::Flow;
use crate::notify;
use crate::record::{Record, RunFolder};
use crate::verdict::Verdict;
use regex::Regex;
use std::path::{Path, PathBuf};

/// The flow beside a test: `<test>.flow`.
fn flow_file(test: &Path) -> PathBuf {
    let mut name = test.as_os_str().to_os_string();
    name.push(".flow");
    name.into()
}

/// What a flow that differs is compared with: the one beside the test, else that of the test's last kept run.
pub fn baseline(data_dir: &Path, test: &Path) -> Option<String> {
    let beside = std::fs::read_to_string(flow_file(test)).ok();
    beside.or_else(|| RunFolder::last_flow(data_dir, test))
}

/// Keeps flow and verdict with the run. What can't be written is a warning: it changes no verdict.
pub fn keep(folder: &RunFolder, flow: &Flow, verdict: &Verdict) -> Vec<Diagnostic> {
    let verdict = serde_json::to_vec_pretty(verdict).unwrap_or_default();
    let files = [("flow.txt", flow.text().as_bytes()), ("verdict.json", &verdict)];
    let kept = files.map(|(name, bytes)| (name, std::fs::write(folder.path().join(name), bytes)));
    let failed = kept.into_iter().filter_map(|(name, kept)| Some((name, kept.err()?)));
    failed.map(|(name, error)| Diagnostic::warning(format!("`{name}` of the run can't be written: {error}"))).collect()
}

/// Sends the verdict where the test's `_webhook`s say.
pub fn webhooks(record: &Record, verdict: &Verdict) -> Vec<Diagnostic> {
    let urls = record.events.iter().filter_map(|event| match &event.body {
        Body::Note(Note::Directive { name, values, .. }) if name == "webhook" => values.first(),
        _ => None,
    });
    urls.filter_map(|url| notify::webhook(url, record, verdict).err()).collect()
}

/// Writes the hash of a run into its test, and its flow beside it. Gives what was written, or why it could not be.
pub fn update(test: &Path, ran: &Ran) -> Result<String, Diagnostic> {
    let unwritable = |path: &Path, error: std::io::Error| {
        Diagnostic::error(format!("`{}` can't be updated: {error}", path.display()))
    };
    let text = std::fs::read_to_string(test).map_err(|error| unwritable(test, error))?;
    let rhai = test.extension().is_some_and(|extension| extension == "rhai");
    let hash = ran.flow.hash();
    let updated = with_hash(&text, &hash, rhai);
    if updated != text {
        replace(test, &updated).map_err(|error| unwritable(test, error))?;
    }
    let flow = flow_file(test);
    replace(&flow, ran.flow.text()).map_err(|error| unwritable(&flow, error))?;
    Ok(format!("{} has hash {hash}, its flow is in {}", test.display(), flow.display()))
}

/// A file appears whole or not at all.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let mut partial = path.as_os_str().to_os_string();
    partial.push(format!(".{}", std::process::id()));
    let partial = PathBuf::from(partial);
    std::fs::write(&partial, text)?;
    if let Ok(old) = path.metadata() {
        std::fs::set_permissions(&partial, old.permissions())?;
    }
    std::fs::rename(&partial, path).inspect_err(|_| drop(std::fs::remove_file(&partial)))
}

/// The text with its hash replaced, or put at its top.
fn with_hash(text: &str, hash: &str, rhai: bool) -> String {
    let (known, line) = match rhai {
        true => (r#"(?m)^(?<before>[ \t]*hash\()"[^"\n]*"(?<after>\).*)$"#, format!("hash(\"{hash}\");\n")),
        false => (r"(?mi)^(?<before>[ \t]*(?:_hash|hash:)[ \t]*)[^\r\n]*?(?<after>[ \t]*\r?)$", format!("_hash {hash}\n")),
    };
    let known = Regex::new(known).expect("a valid expression");
    if !known.is_match(text) {
        return line + text;
    }
    let replaced = |found: &regex::Captures| {
        let before = &found["before"];
        let gap = if !rhai && before.ends_with(|c: char| c.is_alphanumeric()) { " " } else { "" };
        let quote = if rhai { "\"" } else { "" };
        format!("{before}{gap}{quote}{hash}{quote}{}", &found["after"])
    };
    known.replace_all(text, replaced).into_owned()
}

#[cfg(test)]
mod tests {
    use super::with_hash;

    #[test]
    fn the_hash_is_replaced_where_it_stands_or_put_at_the_top() {
        let cases = [
            ("# x\n_hash\ndial 1\n", false, "# x\n_hash 00ff\ndial 1\n"),
            ("_HASH  old \r\ndial 1\r\n", false, "_HASH  00ff \r\ndial 1\r\n"),
            ("hash:aa\n", false, "hash:00ff\n"),
            ("dial 1\n", false, "_hash 00ff\ndial 1\n"),
            ("hash(\"\"); // h\nlet a = 1;\n", true, "hash(\"00ff\"); // h\nlet a = 1;\n"),
            ("let a = 1;\n", true, "hash(\"00ff\");\nlet a = 1;\n"),
        ];
        for (text, rhai, expected) in cases {
            assert_eq!(with_hash(text, "00ff", rhai), expected);
        }
    }
}

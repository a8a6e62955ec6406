//! What is done with a verdict: kept with the run, written into the test, sent to webhooks.

use super::case::TestId;
use super::execute::Ran;
use super::history::History;
use super::workplace::Workplace;
use crate::diagnostic::{Diagnostic, Severity};
use crate::flow::Flow;
use crate::notify::{self, Finished};
use crate::record::{Header, RunFolder, tame};
use crate::run::Run;
use crate::script::Script;
use crate::validation::Validations;
use crate::verdict::Verdict;
use regex::Regex;
use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::Builder;

/// The flow beside a test: `<file>.flow`, or `<file>.<block>.flow`.
fn flow_file(test: &TestId) -> PathBuf {
    let mut name = test.file.as_os_str().to_os_string();
    if let Some(block) = &test.block {
        name.push(format!(".{}", tame(block)));
    }
    name.push(".flow");
    name.into()
}

/// The flow that the test should have: the one beside it, else that of its last pass here.
pub fn baseline(data_dir: &Path, test: &TestId) -> Option<String> {
    let beside = std::fs::read_to_string(flow_file(test)).ok();
    beside.or_else(|| History::of(data_dir).flow(test))
}

/// Keeps flow and verdict with the run, and the flow that it was compared with: a replay comes to the same. What can't be written
/// is a warning: it changes no verdict.
pub fn keep(folder: &RunFolder, flow: &Flow, verdict: &Verdict, baseline: Option<&str>) -> Vec<Diagnostic> {
    let baseline = baseline.map_or(Ok(()), |text| folder.keep_baseline(text));
    let kept = [folder.keep_flow(flow.text()), baseline, folder.keep_verdict(&verdict.to_json())];
    let warning = |problem| Diagnostic { severity: Severity::Warning, ..problem };
    kept.into_iter().filter_map(Result::err).map(warning).collect()
}

/// Keeps what is about to run: the script, the testfile that it comes from, and what it is judged by.
pub fn keep_texts(folder: &RunFolder, script: &Script, validations: &Validations) -> Result<(), Diagnostic> {
    folder.keep_script(&script.rhai)?;
    for (name, text) in validations.texts() {
        folder.keep_validation(name, text)?;
    }
    if script.lines.is_empty() { Ok(()) } else { folder.keep_testfile(&script.source.text) }
}

/// Sends the verdict where the test's `_webhook`s say; on a server its worker does that, and tells the project's webhooks too.
pub fn send(
    workplace: &Workplace,
    run: &Run,
    header: &Header,
    verdict: &Verdict,
    duration: Duration,
) -> Vec<Diagnostic> {
    let finished = Finished::new(header, verdict, duration);
    match workplace.post() {
        Some(post) => post.run_over(finished, &run.webhooks()).into_iter().collect(),
        None => run.webhooks().iter().filter_map(|url| notify::send(url, &finished)).collect(),
    }
}

/// Whether the run's flow is worth keeping: nothing but the hash, if anything, speaks against it.
pub fn is_updatable(ran: &Ran) -> bool {
    ran.sound
}

/// Writes the hash of a run into its test, and its flow beside it. Gives what was written, or why it could not be.
pub fn update(ran: &Ran) -> Result<String, Diagnostic> {
    let (test, file) = (&ran.test, &ran.test.file);
    let unwritable = |path: &Path, error: std::io::Error| {
        let problem = Diagnostic::error(format!("`{}` can't be updated: {error}", path.display()));
        problem.advice("see that the file and its folder may be written")
    };
    let text = std::fs::read_to_string(file).map_err(|error| unwritable(file, error))?;
    let hash = ran.flow.hash();
    let rhai = file.extension().is_some_and(|extension| extension == "rhai");
    let updated = with_new_hash(&text, test.block.as_deref(), &hash, rhai);
    if let Some(updated) = updated.as_ref().filter(|updated| **updated != text) {
        replace(file, updated).map_err(|error| unwritable(file, error))?;
    }
    let flow = flow_file(test);
    replace(&flow, ran.flow.text()).map_err(|error| unwritable(&flow, error))?;
    Ok(match updated {
        Some(_) => format!("{test} has hash {hash}, its flow is in {}", flow.display()),
        None => {
            format!("the flow of {test} is in {}; its name is not written out, and so its hash is not", flow.display())
        }
    })
}

/// A test's text with that hash as the expected one, of that block where it has several; none where the block's name is not
/// written out, as that of a row.
pub fn with_new_hash(text: &str, block: Option<&str>, hash: &str, rhai: bool) -> Option<String> {
    match block {
        Some(block) => with_hash_in_block(text, block, hash),
        None => Some(with_hash(text, hash, rhai)),
    }
}

/// A file appears whole or not at all; what is no file (a pipe, a device) takes the text as it is.
pub fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    replace_by(path, |file| file.write_all(text.as_bytes()))
}

/// The same with what `write` makes of a new file.
pub(super) fn replace_by(path: &Path, write: impl FnOnce(&mut File) -> std::io::Result<()>) -> std::io::Result<()> {
    let old = path.metadata().ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return write(&mut File::options().write(true).open(path)?);
    }
    // through a link, so that it stays one
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    // a name of its own: other tests, of this host or another, may write the same file
    let new = Permissions::from_mode(0o666);
    let mut partial = Builder::new().prefix(".").permissions(new).tempfile_in(folder_of(path)).map_err(without_path)?;
    write(partial.as_file_mut())?;
    if let Some(old) = old {
        partial.as_file().set_permissions(old.permissions())?;
    }
    partial.persist(path)?;
    Ok(())
}

/// A temporary name tells nobody anything.
fn without_path(error: std::io::Error) -> std::io::Error {
    error.kind().into()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The same for one test of several; none where its name is not written out, as that of a row.
fn with_hash_in_block(text: &str, name: &str, hash: &str) -> Option<String> {
    let head = format!(r#"(?m)^[ \t]*test\s+["`]{}["`]\s*\{{"#, regex::escape(name));
    let begin = Regex::new(&head).ok()?.find(text)?.end();
    let end = text[begin..].find("\n}").map_or(text.len(), |end| begin + end);
    let (before, block, after) = (&text[..begin], &text[begin..end], &text[end..]);
    let block = match hash_call().is_match(block) {
        true => with_hash(block, hash, true),
        false => format!("\n    hash(\"{hash}\");{block}"),
    };
    Some([before, &block, after].concat())
}

/// `hash("…")` in a script.
fn hash_call() -> Regex {
    Regex::new(r#"(?m)^(?<before>[ \t]*hash\()"[^"\n]*"(?<after>\).*)$"#).expect("a valid expression")
}

/// The text with its hash replaced, or put at its top, behind a byte order mark and with the line ends that are there.
fn with_hash(text: &str, hash: &str, rhai: bool) -> String {
    let (mark, text) = text.split_at(if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 });
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    let end = if first.ends_with("\r\n") { "\r\n" } else { "\n" };
    let directive = r"(?mi)^(?<before>[ \t]*(?:_hash|hash:)[ \t]*)[^\r\n]*?(?<after>[ \t]*\r?)$";
    let (known, line) = match rhai {
        true => (hash_call(), format!("hash(\"{hash}\");{end}")),
        false => (Regex::new(directive).expect("a valid expression"), format!("_hash {hash}{end}")),
    };
    if !known.is_match(text) {
        return [mark, &line, text].concat();
    }
    let replaced = |found: &regex::Captures| {
        let before = &found["before"];
        let gap = if !rhai && before.ends_with(|c: char| c.is_alphanumeric()) { " " } else { "" };
        let quote = if rhai { "\"" } else { "" };
        format!("{before}{gap}{quote}{hash}{quote}{}", &found["after"])
    };
    [mark, &known.replace_all(text, replaced)].concat()
}

#[cfg(test)]
mod tests {
    use super::{with_hash, with_hash_in_block};

    #[test]
    fn the_hash_is_replaced_where_it_stands_or_put_at_the_top() {
        let cases = [
            ("# x\n_hash\ndial 1\n", false, "# x\n_hash 00ff\ndial 1\n"),
            ("_HASH  old \r\ndial 1\r\n", false, "_HASH  00ff \r\ndial 1\r\n"),
            ("hash:aa\n", false, "hash:00ff\n"),
            ("dial 1\n", false, "_hash 00ff\ndial 1\n"),
            ("dial 1\r\n", false, "_hash 00ff\r\ndial 1\r\n"),
            ("\u{feff}dial 1\n", false, "\u{feff}_hash 00ff\ndial 1\n"),
            ("\u{feff}_hash aa\r\ndial 1\r\n", false, "\u{feff}_hash 00ff\r\ndial 1\r\n"),
            ("hash(\"\"); // h\nlet a = 1;\n", true, "hash(\"00ff\"); // h\nlet a = 1;\n"),
            ("let a = 1;\n", true, "hash(\"00ff\");\nlet a = 1;\n"),
        ];
        for (text, rhai, expected) in cases {
            assert_eq!(with_hash(text, "00ff", rhai), expected);
        }
    }

    #[test]
    fn of_several_tests_one_gets_its_hash() {
        let text = "test \"a\" {\n    hash(\"1\");\n}\n\ntest \"b (1)\" {\n    x();\n}\n";
        let expected = text.replace("hash(\"1\")", "hash(\"00ff\")");
        assert_eq!(with_hash_in_block(text, "a", "00ff").as_deref(), Some(expected.as_str()));
        let expected = text.replace("(1)\" {", "(1)\" {\n    hash(\"00ff\");");
        assert_eq!(with_hash_in_block(text, "b (1)", "00ff").as_deref(), Some(expected.as_str()));
        assert_eq!(with_hash_in_block(text, "c", "00ff"), None);
    }
}

//! Finds the kept run that the user names.

use super::{Header, RunFolder};
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use std::path::{Component, Path};

/// How many runs a message lists.
const LISTED: usize = 10;
/// `20261123-231105`, which the id of a run begins with.
const STAMP: usize = 15;

/// The run that a word names: `last`, a run's id in `<data_dir>/runs`, the beginning or a part of one that no other has, or the
/// path of a run's folder, wherever it lies.
///
/// # Errors
/// None or several are meant: they are listed.
pub fn find(data_dir: &Path, word: &Path) -> Result<RunFolder, Diagnostic> {
    let runs = data_dir.join("runs");
    if word == Path::new("last") {
        let none = || none(&format!("no run is kept in {}", runs.display()));
        return newest(&runs, ids(&runs)).map_or_else(|| Err(none()), |id| RunFolder::open(&runs.join(id)));
    }
    let Some(id) = word.to_str().filter(|_| is_plain(word)) else { return RunFolder::open(word) };
    if runs.join(id).is_dir() {
        return by_id(data_dir, id);
    }
    if word.join("events.jsonl").is_file() {
        return RunFolder::open(word);
    }
    let all = ids(&runs);
    let begun: Vec<&String> = all.iter().filter(|known| known.starts_with(id)).collect();
    let meant = match begun.is_empty() {
        true => all.iter().filter(|known| !id.is_empty() && known.contains(id)).collect(),
        false => begun,
    };
    match meant.as_slice() {
        [only] => by_id(data_dir, only),
        [] => Err(none(&format!("no run in {} has `{id}` in its id", runs.display()))),
        several => Err(ambiguous(id, several)),
    }
}

/// The run of exactly that id in `<data_dir>/runs`.
///
/// # Errors
/// There is none; or it is no id but a path, which could lead elsewhere.
pub fn by_id(data_dir: &Path, id: &str) -> Result<RunFolder, Diagnostic> {
    match is_plain(Path::new(id)) {
        true => RunFolder::open(&data_dir.join("runs").join(id)),
        false => Err(none(&format!("`{id}` is no id of a run"))),
    }
}

/// One name, without a way to elsewhere.
fn is_plain(word: &Path) -> bool {
    let mut parts = word.components();
    let one = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    one && !word.as_os_str().as_encoded_bytes().contains(&b'/')
}

fn none(message: &str) -> Diagnostic {
    Diagnostic::error(message).advice(
        "a run is named by its id (as `telefonist run` prints it), a part of that, `last`, or its folder's path; the data \
         directory by --data-dir",
    )
}

fn ambiguous(word: &str, several: &[&String]) -> Diagnostic {
    let mut newest: Vec<&str> = several.iter().map(|id| id.as_str()).collect();
    newest.sort_unstable_by(|a, b| b.cmp(a));
    let more = newest.len().saturating_sub(LISTED);
    let more = if more > 0 { format!("\nand {more} older") } else { String::new() };
    newest.truncate(LISTED);
    // a line each, to be copied whole
    Diagnostic::error(format!("{} runs have `{word}` in their ids:\n{}{more}", several.len(), newest.join("\n")))
        .advice("name more of the id; `last` is the newest run of all")
}

/// The ids of all kept runs, in no order.
fn ids(runs: &Path) -> Vec<String> {
    let entries = runs.read_dir().into_iter().flatten().filter_map(Result::ok);
    let kept = entries.filter(|entry| entry.path().join("events.jsonl").is_file());
    kept.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The run that began last. The ids tell the second; within one, the headers tell.
fn newest(runs: &Path, ids: Vec<String>) -> Option<String> {
    let stamp = |id: &String| id.get(..STAMP).filter(|stamp| is_stamp(stamp)).map(String::from);
    let last = ids.iter().map(stamp).max()?;
    let began =
        |id: &String| Header::read(&runs.join(id).join("events.jsonl")).map_or(Time::EPOCH, |header| header.time);
    let mut same: Vec<(Time, String)> =
        ids.into_iter().filter(|id| stamp(id) == last).map(|id| (began(&id), id)).collect();
    same.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    same.pop().map(|(_, id)| id)
}

fn is_stamp(text: &str) -> bool {
    text.bytes().enumerate().all(|(n, byte)| if n == 8 { byte == b'-' } else { byte.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;
    use tempfile::TempDir;

    const RUNS: [&str; 4] = [
        "20261123-231105-basic_call-3f2a",
        "20261123-231105-dtmf-1000",
        "20261123-231106-basic_call-0001",
        "20251123-231106-older-0001",
    ];

    fn data() -> TempDir {
        let data = tempfile::tempdir().unwrap();
        for (n, id) in RUNS.iter().enumerate() {
            let run = data.path().join("runs").join(id);
            fs::create_dir_all(&run).unwrap();
            let header = Header::new(id, "test", "test", Time(n as f64), "baresip");
            fs::write(run.join("events.jsonl"), serde_json::to_string(&header).unwrap() + "\n").unwrap();
        }
        fs::create_dir_all(data.path().join("runs/no_run")).unwrap();
        data
    }

    fn found(data: &TempDir, word: &str) -> String {
        match find(data.path(), Path::new(word)) {
            Ok(folder) => folder.id().to_string(),
            Err(problem) => problem.message,
        }
    }

    #[test]
    fn by_id_beginning_part_path_and_last() {
        let data = data();
        assert_eq!(found(&data, RUNS[0]), RUNS[0]);
        assert_eq!(found(&data, "20251"), RUNS[3]);
        assert_eq!(found(&data, "dtmf"), RUNS[1]);
        assert_eq!(found(&data, "last"), RUNS[2]);
        let path = data.path().join("runs").join(RUNS[1]);
        assert_eq!(found(&data, path.to_str().unwrap()), RUNS[1]);
        assert!(found(&data, path.join("missing").to_str().unwrap()).contains("there is no run"));
        fs::remove_dir_all(data.path().join("runs").join(RUNS[2])).unwrap();
        // the later one of the same second by its header
        assert_eq!(found(&data, "last"), RUNS[1]);
    }

    #[test]
    fn none_and_several_are_told() {
        let data = data();
        let several = found(&data, "basic_call");
        let expected = format!("2 runs have `basic_call` in their ids:\n{}\n{}", RUNS[2], RUNS[0]);
        assert_eq!(several, expected);
        assert!(found(&data, "nothing").starts_with("no run in "));
        assert!(found(&data, "no_run").contains("no_run is no folder of a run"), "{}", found(&data, "no_run"));
        let empty = tempfile::tempdir().unwrap();
        assert!(found(&empty, "last").starts_with("no run is kept in "));
        for n in 0..12 {
            fs::create_dir_all(empty.path().join(format!("runs/call-{n:02}"))).unwrap();
            fs::write(empty.path().join(format!("runs/call-{n:02}/events.jsonl")), "").unwrap();
        }
        assert!(found(&empty, "call").ends_with("call-02\nand 2 older"), "{}", found(&empty, "call"));
    }

    #[test]
    fn an_id_that_is_a_path_is_refused() {
        let data = data();
        for id in ["..", ".", "", "../runs", "runs/../x", "/etc", "x/", "./20261123-231105-dtmf-1000"] {
            assert!(by_id(data.path(), id).unwrap_err().message.contains("is no id of a run"), "{id}");
        }
        assert_eq!(by_id(data.path(), RUNS[1]).unwrap().id(), RUNS[1]);
    }

    #[test]
    fn an_id_never_leads_out_of_the_data_directory() {
        let data = data();
        let runs = data.path().join("runs").canonicalize().unwrap();
        proptest!(|(word in "[./a-z0-9\\PC\u{0}-]{0,12}")| {
            if let Ok(folder) = by_id(data.path(), &word) {
                prop_assert_eq!(folder.path().parent(), Some(runs.as_path()));
            }
        });
    }
}

//! Which run the user means.

use super::Header;
use crate::diagnostic::Diagnostic;
use std::path::{Path, PathBuf};

/// The most candidates that an error lists.
const LISTED: usize = 10;
/// The length of an id's beginning that tells the second: `20261123-231105`.
const SECOND: usize = 15;

/// The folder of the run that `asked` names: its id, a part of it that no other one has, `last` for the newest one, or the path of
/// a run's folder anywhere.
///
/// # Errors
/// There is no such run, or several.
pub fn find(data_dir: &Path, asked: &str) -> Result<PathBuf, Diagnostic> {
    let runs = data_dir.join("runs");
    if asked.contains('/') || asked == "." || asked == ".." {
        return by_path(Path::new(asked));
    }
    let mut ids = ids(&runs);
    ids.sort();
    let found: Vec<&String> = match asked {
        "" => vec![],
        "last" => newest(&runs, &ids).into_iter().collect(),
        _ if ids.iter().any(|id| id == asked) => return Ok(runs.join(asked)),
        _ => ids.iter().filter(|id| id.contains(asked)).collect(),
    };
    match found.as_slice() {
        [id] => Ok(runs.join(id)),
        [] if is_run(Path::new(asked)) => Ok(PathBuf::from(asked)),
        [] => Err(Diagnostic::error(format!("there is no run `{asked}` in {}", runs.display()))
            .advice("`telefonist runs` lists them; another data folder is named with --data-dir")),
        several => {
            let listed: Vec<&str> = several.iter().rev().take(LISTED).map(|id| id.as_str()).collect();
            let more = if several.len() > LISTED { ", …" } else { "" };
            let count = several.len();
            Err(Diagnostic::error(format!("`{asked}` is a part of {count} runs: {}{more}", listed.join(", ")))
                .advice("name more of the one that you mean"))
        }
    }
}

/// Of the runs that begin in the last second (their ids tell the second), the one that began last. `ids` are sorted.
fn newest<'a>(runs: &Path, ids: &'a [String]) -> Option<&'a String> {
    let second = |id: &'a String| id.get(..SECOND).unwrap_or(id);
    let last = second(ids.last()?);
    let began = |id: &String| Header::read(&runs.join(id).join("events.jsonl")).map_or(0.0, |header| header.time);
    ids.iter().rev().take_while(|id| second(id) == last).max_by(|a, b| began(a).total_cmp(&began(b)))
}

fn by_path(folder: &Path) -> Result<PathBuf, Diagnostic> {
    match is_run(folder) {
        true => Ok(folder.to_path_buf()),
        false => Err(Diagnostic::error(format!("{} is not the folder of a run", folder.display()))
            .advice("a run's folder has an events.jsonl; those in the data folder are named by their ids")),
    }
}

fn is_run(folder: &Path) -> bool {
    folder.join("events.jsonl").is_file()
}

/// The folders of runs; links, files and hidden ones are none.
fn ids(runs: &Path) -> Vec<String> {
    let entries = runs.read_dir().into_iter().flatten().filter_map(Result::ok);
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.filter_map(|entry| entry.file_name().into_string().ok()).filter(|id| !id.starts_with('.')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_a_part_the_last_one_or_a_folder() {
        let data = tempfile::tempdir().unwrap();
        let runs = data.path().join("runs");
        for id in ["20261123-231105-call-0001", "20261124-120000-call-0002", "20261124-130000-hold-0003", ".hidden"] {
            std::fs::create_dir_all(runs.join(id)).unwrap();
            std::fs::write(runs.join(id).join("events.jsonl"), "").unwrap();
        }
        std::os::unix::fs::symlink("/", runs.join("zlink")).unwrap();
        let found = |asked: &str| find(data.path(), asked).map(|path| path.strip_prefix(&runs).unwrap().to_path_buf());
        assert_eq!(found("20261123-231105-call-0001").unwrap(), Path::new("20261123-231105-call-0001"));
        assert_eq!(found("hold").unwrap(), Path::new("20261124-130000-hold-0003"));
        assert_eq!(found("last").unwrap(), Path::new("20261124-130000-hold-0003"));
        assert_eq!(
            found(runs.join("20261123-231105-call-0001").to_str().unwrap()).unwrap(),
            Path::new("20261123-231105-call-0001")
        );
        // in the same second, the time in the record tells
        let header = Header::new("r", "t", "f", 1.0, "a");
        let earlier = runs.join("20261124-130000-a-0004");
        std::fs::create_dir(&earlier).unwrap();
        std::fs::write(earlier.join("events.jsonl"), serde_json::to_string(&header).unwrap()).unwrap();
        assert_eq!(found("last").unwrap(), Path::new("20261124-130000-a-0004"));
        let several = found("call").unwrap_err().message;
        assert_eq!(several, "`call` is a part of 2 runs: 20261124-120000-call-0002, 20261123-231105-call-0001");
        for asked in ["", "nothing", "zlink", "hidden"] {
            assert!(found(asked).unwrap_err().message.contains("there is no run"), "{asked}");
        }
        for asked in ["../runs", "..", ".", "/etc"] {
            assert!(found(asked).unwrap_err().message.contains("not the folder of a run"), "{asked}");
        }
    }
}

//! Selects which of the found tests run, and in which order. Pure: it gets the history as an argument.

use super::case::Case;
use super::filter::Filter;
use super::history::History;
use crate::verdict::TestStatus;
use sha2::{Digest, Sha256};

/// What a person asks for; by default all tests in the order of the paths.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    pub filter: Option<Filter>,
    /// Tests that have one of these.
    pub tags: Vec<String>,
    /// Only those whose last run here did not pass; all, if none of them ever ran here.
    pub last_failed: bool,
    /// Another order, the same for the same seed and tests.
    pub shuffle: Option<String>,
    /// Part I of N, I from 1: every test is in exactly one of them.
    pub shard: Option<(usize, usize)>,
}

impl Selection {
    pub fn of(&self, cases: Vec<Case>, history: &History) -> Vec<Case> {
        let mut cases: Vec<Case> = cases.into_iter().filter(|case| self.picks(case)).collect();
        if cases.iter().any(|case| case.only().is_some()) {
            cases.retain(|case| case.only().is_some());
        }
        // first: a shard has the same tests whatever failed before and in whichever order they run
        if let Some((part, of)) = self.shard {
            cases = cases.into_iter().enumerate().filter(|(n, _)| n % of == part - 1).map(|(_, case)| case).collect();
        }
        if self.last_failed {
            cases = last_failed(cases, history);
        }
        if let Some(seed) = &self.shuffle {
            cases.sort_by_cached_key(|case| Sha256::digest(format!("{seed}\0{}", case.name())));
        }
        cases
    }

    /// A test that does not compile has no known tags: it is reported rather than left out in silence.
    fn picks(&self, case: &Case) -> bool {
        let unknown = case.compiled.is_err();
        let filtered = self.filter.as_ref().is_none_or(|filter| filter.holds(&case.name(), case.tags()));
        let tagged = self.tags.is_empty() || unknown || self.tags.iter().any(|tag| case.tags().contains(tag));
        filtered && tagged
    }
}

fn last_failed(cases: Vec<Case>, history: &History) -> Vec<Case> {
    let passed = |case: &Case| {
        let status = history.past(&case.test)?.status;
        Some(matches!(status, TestStatus::Pass | TestStatus::Flaky | TestStatus::Skipped))
    };
    let past: Vec<Option<bool>> = cases.iter().map(passed).collect();
    if past.iter().all(Option::is_none) {
        return cases;
    }
    cases.into_iter().zip(past).filter(|(_, passed)| *passed == Some(false)).map(|(case, _)| case).collect()
}

/// `2/3`
///
/// # Errors
/// What is wrong, in words.
pub fn shard(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    match parts {
        Some((part, of)) if 1 <= part && part <= of => Ok((part, of)),
        _ => Err("a shard is its number and how many there are: 1/3, 2/3, 3/3".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::Past;
    use super::super::{Workplace, case::Refusal, case::TestId};
    use super::*;
    use crate::event::Time;
    use crate::verdict::ExitCode;
    use std::path::Path;

    fn cases(names: &[&str]) -> Vec<Case> {
        let refusal = || Err(Refusal { problems: vec![], exit_code: ExitCode::Usage });
        names
            .iter()
            .map(|name| Case { test: TestId::of_file(Path::new(name)), compiled: refusal(), run: None })
            .collect()
    }

    fn picked(selection: &Selection, names: &[&str], data: &Path) -> Vec<String> {
        selection.of(cases(names), &History::of(data)).iter().map(Case::name).collect()
    }

    const ALL: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

    #[test]
    fn shards_share_the_tests_out_and_a_seed_gives_an_order() {
        let data = tempfile::tempdir().unwrap();
        let shuffled = |seed: &str| {
            let selection = Selection { shuffle: Some(seed.into()), ..Selection::default() };
            picked(&selection, &ALL, data.path())
        };
        assert_eq!(shuffled("1"), shuffled("1"));
        assert_ne!(shuffled("1"), shuffled("2"));
        let mut all: Vec<String> = vec![];
        for part in 1..=3 {
            let selection = Selection { shard: Some((part, 3)), shuffle: Some("1".into()), ..Selection::default() };
            all.extend(picked(&selection, &ALL, data.path()));
        }
        all.sort();
        assert_eq!(all, ALL);
        assert_eq!((shard("2/3"), shard("1/1")), (Ok((2, 3)), Ok((1, 1))));
        for wrong in ["0/3", "4/3", "1", "a/b", "1/0", "-1/2"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_what_failed_last_is_run_again_and_all_where_nothing_ran_yet() {
        let data = tempfile::tempdir().unwrap();
        let selection = Selection { last_failed: true, ..Selection::default() };
        assert_eq!(picked(&selection, &["a", "b", "c"], data.path()), ["a", "b", "c"]);
        let history = History::of(data.path());
        for (name, status) in [("a", TestStatus::Pass), ("b", TestStatus::Fail)] {
            let past = Past {
                test: "".into(),
                status,
                run: "r".into(),
                time: Time(0.0),
                seconds: 1.0,
                agents: 0,
                passed: None,
                given: String::new(),
            };
            history.remember(&TestId::of_file(Path::new(name)), past, "").unwrap();
        }
        assert_eq!(picked(&selection, &["a", "b", "c"], data.path()), ["b"]);
    }

    #[test]
    fn what_failed_last_is_looked_for_in_the_shard_alone() {
        let data = tempfile::tempdir().unwrap();
        let history = History::of(data.path());
        for (name, status) in ALL.iter().zip([TestStatus::Pass, TestStatus::Fail].into_iter().cycle()) {
            let past = Past {
                test: "".into(),
                status,
                run: "r".into(),
                time: Time(0.0),
                seconds: 1.0,
                agents: 0,
                passed: None,
                given: String::new(),
            };
            history.remember(&TestId::of_file(Path::new(name)), past, "").unwrap();
        }
        let failed_of = |part| {
            let selection = Selection { shard: Some((part, 3)), last_failed: true, ..Selection::default() };
            picked(&selection, &ALL, data.path())
        };
        // shards a d g, b e and c f, of which b, d and f failed
        assert_eq!([1, 2, 3].map(failed_of), [vec!["d"], vec!["b"], vec!["f"]]);
    }

    #[test]
    fn tags_and_filters_pick_and_broken_tests_are_told_of_all_the_same() {
        let data = tempfile::tempdir().unwrap();
        for (name, text) in [("x", "_tags smoke\nuanew a\n"), ("y", "uanew a\n"), ("z", "_run x\n")] {
            std::fs::write(data.path().join(name), text).unwrap();
        }
        let settings = crate::agent::Settings::for_tests(data.path(), 29_000);
        let workplace = Workplace::new(data.path().to_path_buf(), settings);
        let read = || -> Vec<Case> {
            let read = |name| Case::read(&workplace, &data.path().join(name));
            ["x", "y", "z"].into_iter().flat_map(read).collect()
        };
        let names = |selection: Selection| -> Vec<String> {
            let picked = selection.of(read(), &History::of(data.path()));
            picked.iter().map(|case| case.test.file.file_name().unwrap().to_str().unwrap().to_string()).collect()
        };
        assert_eq!(names(Selection { tags: vec!["smoke".into(), "other".into()], ..Selection::default() }), ["x", "z"]);
        let filter = Filter::parse("not tag:smoke and /[xy]$/").ok();
        assert_eq!(names(Selection { filter, ..Selection::default() }), ["y"]);
    }
}

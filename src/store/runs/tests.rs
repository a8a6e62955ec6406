//! The index: from folders, page by page.

use super::*;
use crate::record::{Header, RunFolder};
use crate::verdict::{Status, Verdict};
use proptest::prelude::*;
use std::fs;
use tempfile::TempDir;

fn store() -> (TempDir, Store) {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).unwrap();
    (data, store)
}

/// A folder as a run leaves it, with a verdict where there is a status. It goes on as long as that is held.
fn folder(data: &TempDir, test: &str, time: Time, project: Option<&str>, status: Option<Status>) -> RunFolder {
    let folder = RunFolder::create(data.path(), test, time).unwrap();
    let header = Header::new(folder.id(), test, &format!("tests/{test}"), time, "baresip");
    let trigger = project.map(|_| Trigger::Cron);
    let header = Header { project: project.map(str::to_string), trigger, attempt: 2, ..header };
    let event = format!(r#"{{"n":0,"time":{:.1},"kind":"note","type":"STEPS_DONE"}}"#, time + 1500.0);
    fs::write(folder.events(), format!("{}\n{event}\n", serde_json::to_string(&header).unwrap())).unwrap();
    if let Some(status) = status {
        judge(&folder, status);
    }
    folder
}

fn judge(folder: &RunFolder, status: Status) {
    let hash = String::new();
    let verdict =
        Verdict { status, reasons: vec![], hash, expected: None, warnings: vec![], findings: vec![], heard: vec![] };
    folder.keep_verdict(&verdict.to_json()).unwrap();
}

fn ids(page: &RunPage) -> Vec<&str> {
    page.runs.iter().map(|run| run.id.as_str()).collect()
}

fn all_runs(store: &Store) -> RunPage {
    store.runs(&RunFilter::default(), None, PAGE).unwrap()
}

#[test]
fn a_run_is_indexed_when_it_begins_ends_and_goes() {
    let (data, store) = store();
    let going = folder(&data, "call", Time(60_000.0), Some("PBX"), None);
    let id = going.id().to_string();
    store.index_run(&id).unwrap();
    let begun = store.run(&id).unwrap();
    assert_eq!(
        (begun.status, begun.project.as_deref(), begun.trigger),
        (RunStatus::Running, Some("PBX"), Some(Trigger::Cron))
    );
    assert_eq!((begun.started, begun.duration, begun.attempt), (Time(60_000.0), Some(1500.0), 2));
    assert!(matches!(store.delete_run(&id), Err(Problem::Invalid(_))));
    judge(&going, Status::Fail);
    store.index_run(&id).unwrap();
    assert_eq!(store.run(&id).unwrap(), Run { status: RunStatus::Fail, ..begun });
    drop(going);
    store.delete_run(&id).unwrap();
    assert!(!data.path().join("runs").join(&id).exists());
    assert!(matches!(store.run(&id), Err(Problem::Missing(_))));
    assert!(matches!(store.delete_run(&id), Err(Problem::Missing(_))));
    // its folder was deleted by hand
    let other = folder(&data, "call", Time(1.0), None, Some(Status::Pass)).id().to_string();
    store.index_run(&other).unwrap();
    fs::remove_dir_all(data.path().join("runs").join(&other)).unwrap();
    store.index_run(&other).unwrap();
    assert_eq!(all_runs(&store).runs, []);
    for bad in ["..", ".", "", "../runs", "a/b", "a\0b"] {
        assert!(matches!(store.index_run(bad), Err(Problem::Missing(_))), "{bad}");
        assert!(matches!(store.delete_run(bad), Err(Problem::Missing(_))), "{bad}");
    }
}

#[test]
fn a_lost_database_is_made_anew_from_the_folders() {
    let (data, store) = store();
    let project = store.create_project("old name", Time(1.0)).unwrap();
    for (n, status) in
        [Status::Pass, Status::Fail, Status::Error, Status::Cancelled, Status::Skipped].into_iter().enumerate()
    {
        let id = folder(&data, "call", Time(n as f64 * 1000.0), Some("Old Name"), Some(status)).id().to_string();
        store.index_run(&id).unwrap();
    }
    let broken = folder(&data, "broken", Time(9000.0), Some("../evil"), None).id().to_string();
    let held = folder(&data, "going", Time(9500.0), None, None);
    fs::create_dir(data.path().join("runs/no_run")).unwrap();
    store.rename_project(project.id, "new name", Time(2.0)).unwrap();
    let rebuilt = store.rebuild_runs().unwrap();
    assert_eq!((rebuilt.runs, rebuilt.forgotten), (7, 0));
    assert_eq!(rebuilt.left_out.len(), 1);
    assert!(rebuilt.left_out[0].1.contains("no events.jsonl"), "{rebuilt:?}");
    assert_eq!(store.run(&broken).unwrap().status, RunStatus::Broken);
    // no project has such a name
    assert_eq!(store.run(&broken).unwrap().project, None);
    let before = all_runs(&store);
    assert_eq!(before.runs[3].project.as_deref(), Some("new name"));
    drop(store);
    fs::remove_file(data.path().join("telefonist.db")).unwrap();
    let store = Store::open(data.path()).unwrap();
    assert_eq!(all_runs(&store).runs, []);
    store.rebuild_runs().unwrap();
    let mut after = all_runs(&store);
    // the folder knows only what the project was called then
    for run in &mut after.runs {
        run.project = run.project.take().map(|name| if name == "Old Name" { "new name".into() } else { name });
    }
    assert_eq!(after, before);
    drop(held);
    fs::remove_dir_all(data.path().join("runs")).unwrap();
    assert_eq!(store.rebuild_runs().unwrap(), Rebuilt { runs: 0, added: 0, forgotten: 7, left_out: vec![] });
}

fn made(n: usize, started: u8, project: u8, status: RunStatus) -> Run {
    Run {
        id: format!("run-{n:03}"),
        project: (project > 0).then(|| format!("Project {project}")),
        test: "call".into(),
        file: format!("tests/100%_Call{}", n % 3),
        block: None,
        status,
        started: Time(f64::from(started) / 3.0),
        duration: None,
        trigger: Trigger::ALL.get(n % 5).copied(),
        repetition: 1,
        repetitions: 1,
        attempt: 1,
    }
}

fn runs() -> impl Strategy<Value = Vec<Run>> {
    let run = (0u8..6, 0u8..3, prop::sample::select(RunStatus::ALL.to_vec()));
    prop::collection::vec(run, 0..30).prop_map(|runs| {
        runs.into_iter().enumerate().map(|(n, (started, project, status))| made(n, started, project, status)).collect()
    })
}

fn filter() -> impl Strategy<Value = RunFilter> {
    let time = || prop::option::of((0u8..6).prop_map(|time| Time(f64::from(time) / 3.0)));
    (
        prop::option::of((1u8..3).prop_map(|n| format!("PROJECT {n}"))),
        prop::option::of(
            prop::sample::select(vec!["call1", "0%_c", "CALL", "x", "_", "!", "%"]).prop_map(str::to_string),
        ),
        prop::collection::vec(prop::sample::select(RunStatus::ALL.to_vec()), 0..4),
        prop::collection::vec(prop::sample::select(Trigger::ALL.to_vec()), 0..3),
        time(),
        time(),
    )
        .prop_map(|(project, text, statuses, triggers, since, until)| RunFilter {
            project,
            test: None,
            text,
            statuses,
            triggers,
            since,
            until,
        })
}

/// What a filter means, without SQL.
fn holds(filter: &RunFilter, run: &Run) -> bool {
    let same = |name: &String| run.project.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name));
    filter.project.as_ref().is_none_or(same)
        && filter.text.as_ref().is_none_or(|text| run.file.to_lowercase().contains(&text.to_lowercase()))
        && (filter.statuses.is_empty() || filter.statuses.contains(&run.status))
        && (filter.triggers.is_empty() || run.trigger.is_some_and(|trigger| filter.triggers.contains(&trigger)))
        && filter.since.is_none_or(|since| run.started >= since)
        && filter.until.is_none_or(|until| run.started < until)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn the_pages_are_the_list_whatever_comes_meanwhile(runs in runs(), filter in filter(), limit in 1u32..7) {
        let (_data, store) = store();
        store.write(|transaction| runs.iter().try_for_each(|run| put(transaction, run))).unwrap();
        let mut expected: Vec<Run> = runs.iter().filter(|run| holds(&filter, run)).cloned().collect();
        expected.sort_by(|a, b| b.started.total_cmp(&a.started).then_with(|| b.id.cmp(&a.id)));
        let (mut paged, mut cursor, mut n) = (vec![], None, 500);
        loop {
            let page = store.runs(&filter, cursor.as_ref(), limit).unwrap();
            prop_assert!(page.runs.len() == limit as usize || page.next.is_none());
            paged.extend(page.runs);
            let Some(next) = page.next else { break };
            cursor = Some(next);
            // a newer one comes, and is on no later page
            store.write(|transaction| put(transaction, &made(n, 200, 1, RunStatus::Pass))).unwrap();
            n += 1;
        }
        prop_assert_eq!(paged, expected);
    }
}

#[test]
fn a_page_has_its_limits() {
    let (_data, store) = store();
    store.write(|transaction| (0..600).try_for_each(|n| put(transaction, &made(n, 1, 1, RunStatus::Pass)))).unwrap();
    for (asked, given) in [(0, 1), (1, 1), (500, 500), (u32::MAX, 500)] {
        assert_eq!(ids(&store.runs(&RunFilter::default(), None, asked).unwrap()).len(), given);
    }
}

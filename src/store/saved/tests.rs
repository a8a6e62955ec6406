//! Tests and their versions, on real files.

use super::super::version::Version;
use super::*;
use tempfile::TempDir;

fn store() -> (TempDir, Store, Test) {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).unwrap();
    let project = store.create_project("pbx", Time(1.0)).unwrap();
    let test = store.create_test(project.id, classic("call", "one"), Time(2.0)).unwrap();
    (data, store, test)
}

fn classic<'a>(name: &'a str, text: &'a str) -> NewTest<'a> {
    NewTest { name, kind: Kind::Classic, text, author: Some("ann") }
}

fn based_on(based_on: u32, text: &str) -> Save<'_> {
    Save { based_on, text, author: Some("bob") }
}

#[test]
fn every_version_is_kept_and_can_be_had_back() {
    let (_data, store, test) = store();
    for (number, text) in [(1, "two"), (2, "drei\r\nvier\n"), (3, "")] {
        assert_eq!(store.save(test.id, based_on(number, text), Time(3.0)).unwrap().version, number + 1);
    }
    let texts: Vec<String> = (1..=4).map(|number| store.version(test.id, number).unwrap().text).collect();
    assert_eq!(texts, ["one", "two", "drei\r\nvier\n", ""]);
    let restored = store.restore(test.id, 1, (4, None), Time(9.0)).unwrap();
    assert_eq!((restored.version, restored.changed), (5, Time(9.0)));
    assert_eq!(store.text(test.id).unwrap(), Version { number: 5, text: "one".into(), author: None, time: Time(9.0) });
    let infos: Vec<_> = store.versions(test.id).unwrap().into_iter().map(|info| (info.number, info.bytes)).collect();
    assert_eq!(infos, [(5, 3), (4, 0), (3, 11), (2, 3), (1, 3)]);
    let problem = store.version(test.id, 6).unwrap_err().diagnostic();
    assert_eq!(problem.message, "there is no version 6 of the test `call`");
    assert_eq!(problem.advice.as_deref(), Some("its versions are 1 to 5"));
}

#[test]
fn who_saves_on_an_older_version_is_told_the_other_text() {
    let (_data, store, test) = store();
    store.save(test.id, based_on(1, "two"), Time(3.0)).unwrap();
    let problem = store.save(test.id, Save { based_on: 1, text: "mine", author: None }, Time(4.0)).unwrap_err();
    let message = problem.diagnostic().message;
    assert!(message.contains("saved by bob meanwhile: this text is based on version 1, the newest is 2"), "{message}");
    let Problem::Conflict(conflict) = problem else { panic!("{problem:?}") };
    assert_eq!((conflict.based_on, conflict.current.text.as_str()), (1, "two"));
    assert!(matches!(store.restore(test.id, 1, (1, None), Time(4.0)), Err(Problem::Conflict(_))));
    // both wrote the same
    assert_eq!(store.save(test.id, based_on(1, "two"), Time(5.0)).unwrap().version, 2);
    assert!(matches!(store.save(test.id, based_on(9, "x"), Time(5.0)), Err(Problem::Conflict(_))));
    assert_eq!(store.versions(test.id).unwrap().len(), 2);
}

#[test]
fn of_two_who_save_at_once_one_wins_and_nothing_is_lost() {
    let (data, store, test) = store();
    let other = Store::open(data.path()).unwrap();
    let save = |store: &Store, who: &str| {
        (0..40).fold(0, |saved, n| {
            let text = format!("{who} {n}");
            let mut based_on = store.test(test.id).unwrap().version;
            loop {
                match store.save(test.id, Save { based_on, text: &text, author: Some(who) }, Time(3.0)) {
                    Ok(_) => return saved + 1,
                    Err(Problem::Conflict(conflict)) => based_on = conflict.current.number,
                    Err(problem) => panic!("{problem:?}"),
                }
            }
        })
    };
    let saved = std::thread::scope(|scope| {
        let threads = [scope.spawn(|| save(&store, "ann")), scope.spawn(|| save(&other, "bob"))];
        threads.map(|thread| thread.join().unwrap())
    });
    assert_eq!(saved, [40, 40]);
    let versions = store.versions(test.id).unwrap();
    let numbers: Vec<u32> = versions.iter().rev().map(|info| info.number).collect();
    assert_eq!(numbers, (1..=81).collect::<Vec<_>>());
    let of_bob = versions.iter().filter(|info| info.author.as_deref() == Some("bob")).count();
    assert_eq!(of_bob, 40);
}

#[test]
fn tests_are_renamed_cloned_and_deleted_in_order_of_their_names() {
    let (_data, store, test) = store();
    let project = test.project;
    store.create_test(project, NewTest { kind: Kind::Rhai, ..classic("Answer", "") }, Time(3.0)).unwrap();
    assert!(matches!(store.create_test(project, classic("CALL", ""), Time(3.0)), Err(Problem::Taken(_))));
    assert!(matches!(store.create_test(project, classic("a.b", ""), Time(3.0)), Err(Problem::Invalid(_))));
    assert!(matches!(store.create_test(99, classic("x", ""), Time(3.0)), Err(Problem::Missing(_))));
    let long = "x".repeat(LONGEST + 1);
    assert!(matches!(store.create_test(project, classic("long", &long), Time(3.0)), Err(Problem::Invalid(_))));
    assert!(matches!(store.save(test.id, based_on(1, "a\0b"), Time(3.0)), Err(Problem::Invalid(_))));
    let clone = store.clone_test(test.id, project, "zwei", Time(4.0)).unwrap();
    assert!(matches!(store.clone_test(test.id, project, "zwei", Time(4.0)), Err(Problem::Taken(_))));
    assert!(matches!(store.rename_test(clone.id, "answer", Time(5.0)), Err(Problem::Taken(_))));
    assert_eq!(store.rename_test(test.id, "Call", Time(5.0)).unwrap().name, "Call");
    let names = || store.tests(project).unwrap().into_iter().map(|test| test.name).collect::<Vec<_>>();
    assert_eq!(names(), ["Answer", "Call", "zwei"]);
    assert_eq!(store.project(project).unwrap().changed, Time(5.0));
    store.delete_test(test.id, Time(6.0)).unwrap();
    assert_eq!(names(), ["Answer", "zwei"]);
    assert!(matches!(store.delete_test(test.id, Time(6.0)), Err(Problem::Missing(_))));
    assert!(matches!(store.versions(test.id), Err(Problem::Missing(_))));
    assert_eq!(store.text(clone.id).unwrap().text, "one");
}

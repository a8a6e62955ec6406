//! The store when its process is killed: what was saved is there, what was not is gone whole, nobody waits for the dead.

use crate::support::killed::{as_writer, kill, said, say, writer};
use rusqlite::{Connection, TransactionBehavior};
use std::time::Instant;
use telefonist::event::Time;
use telefonist::record::Trigger;
use telefonist::store::{Host, JobState, Kind, NewJob, NewTest, Problem, Save, Store};
use telefonist::verdict::Status;

#[test]
fn a_writer_killed_in_a_transaction_leaves_nothing_of_it() {
    if let Some(data_dir) = as_writer() {
        let mut connection = Connection::open(data_dir.join("telefonist.db")).unwrap();
        let half = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        for n in 0..5000 {
            let text = "INSERT INTO projects (name, key, created, changed) VALUES (?1, ?1, 1, 1)";
            half.execute(text, (format!("half {n}"),)).unwrap();
        }
        say("half");
        loop {
            std::thread::park();
        }
    }
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).unwrap();
    store.create_project("whole", Time(1.0)).unwrap();
    let (child, mut stdout) = writer("store::a_writer_killed_in_a_transaction_leaves_nothing_of_it", data.path());
    assert_eq!(said(&mut stdout).as_deref(), Some("half"));
    // who reads sees nothing of it
    assert_eq!(store.projects().unwrap().len(), 1);
    kill(child);
    let begun = Instant::now();
    store.create_project("next", Time(2.0)).unwrap();
    assert!(begun.elapsed().as_secs() < 5, "it waits for a dead process: {:?}", begun.elapsed());
    let names = || Store::open(data.path()).unwrap().projects().unwrap().into_iter().map(|project| project.name);
    assert_eq!(names().collect::<Vec<_>>(), ["next", "whole"]);
}

#[test]
fn what_was_saved_before_the_kill_is_there_whatever_the_moment() {
    if let Some(data_dir) = as_writer() {
        let store = Store::open(&data_dir).unwrap();
        let host = Host::take(&data_dir).unwrap();
        let test = store.test_named(store.project_named("pbx").unwrap().id, "call").unwrap();
        let mut version = test.version;
        let job =
            NewJob { project: None, payload: "p".into(), plan: "[]".into(), trigger: Trigger::Api, schedule: None };
        loop {
            let text = format!("{} {}", version + 1, "x".repeat(3000));
            version =
                store.save(test.id, Save { based_on: version, text: &text, author: None }, Time(1.0)).unwrap().version;
            store.queue_job(&job, Time(1.0)).unwrap();
            store.take_job(&host, Time(1.0)).unwrap();
            say(&version.to_string());
        }
    }
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).unwrap();
    let project = store.create_project("pbx", Time(1.0)).unwrap().id;
    let test = NewTest { name: "call", kind: Kind::Classic, text: "1 ", author: None };
    let test = store.create_test(project, test, Time(1.0)).unwrap().id;
    drop(store);
    let mut version = 1;
    for round in 0..10 {
        let (child, mut stdout) =
            writer("store::what_was_saved_before_the_kill_is_there_whatever_the_moment", data.path());
        // another moment each time: the writer goes on while this reads
        for _ in 0..=round {
            version = said(&mut stdout).expect("it saves").parse().unwrap();
        }
        kill(child);
        while let Some(last) = said(&mut stdout) {
            version = last.parse().unwrap();
        }
        let store = Store::open(data.path()).unwrap();
        let newest = store.text(test).unwrap();
        assert!(
            newest.number == version || newest.number == version + 1,
            "{} is there, {version} was said",
            newest.number
        );
        version = newest.number;
        for number in 1..=version {
            assert!(store.version(test, number).unwrap().text.starts_with(&format!("{number} ")));
        }
        // the dead host's jobs end, what waits goes on waiting
        let lost = store.recover_jobs(Time(2.0)).unwrap();
        assert!(!lost.is_empty());
        for id in lost {
            let job = store.job(id).unwrap();
            assert_eq!((job.state, job.status), (JobState::Done, Some(Status::Error)));
        }
        assert!(store.jobs().unwrap().iter().all(|job| job.state == JobState::Waiting));
        let again = store.save(test, Save { based_on: version - 1, text: "late", author: None }, Time(1.0));
        assert!(matches!(again, Err(Problem::Conflict(_))));
        assert_eq!(data.path().join("hosts").read_dir().unwrap().count(), 0);
    }
}

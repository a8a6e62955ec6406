//! The data folder tidied by the command line, also while something goes on in it.

use crate::support::{Telefonist, wait_for_event};
use std::fs;

const CALL: &str = "uanew <sip:a@127.0.0.1>;regint=0\n";

#[test]
fn the_index_comes_from_the_folders_and_old_runs_go() {
    let test = Telefonist::new("run call").file("call", CALL);
    test.run().exits(0);
    test.run().exits(0);
    let runs = test.folder.path().join("data/runs");
    let count = || fs::read_dir(&runs).unwrap().count();
    let tried = test.then("maintenance --dry-run --keep-runs 1").exits(0).says("this would be done");
    tried.says("index: 2 runs, 2 of them new to it").says("runs deleted: 1, ");
    assert_eq!(count(), 2);
    let done = test.then("maintenance").exits(0).says("2 of them new to it").says("runs deleted: 0, 0 B");
    done.never_says("this would be done").says("database: ");
    let oldest = fs::read_dir(&runs).unwrap().map(|run| run.unwrap().file_name().into_string().unwrap()).min().unwrap();
    test.then("maintenance --keep-runs 1").exits(0).says("index: 2 runs, 0 of them new").says(&oldest);
    assert!(count() == 1 && !runs.join(&oldest).exists());
    // the database is lost
    for name in ["telefonist.db", "telefonist.db-wal", "telefonist.db-shm"] {
        let _ = fs::remove_file(test.folder.path().join("data").join(name));
    }
    test.then("maintenance --keep-days 1").exits(0).says("index: 1 runs, 1 of them new to it").says("runs deleted: 0");
    assert_eq!(count(), 1);
    fs::remove_dir_all(test.run_folder()).unwrap();
    test.then("maintenance").exits(0).says("index: 0 runs, 0 of them new to it, 1 without a folder taken out");
    test.then("maintenance --data-dir nowhere").exits(2).says("there is no data folder nowhere");
    test.then("maintenance --keep-days x").exits(2).says("--keep-days").says("a whole number");
}

#[test]
fn a_run_that_goes_on_is_left_alone_and_leftovers_go() {
    let test = Telefonist::new("run slow").file("slow", &format!("{CALL}a:uuid|600s\n"));
    let mut child = test.start();
    let data = test.folder.path().join("data");
    wait_for_event(&mut child, &data, &["\"agent\""]);
    let going = test.run_folder();
    let killed = data.join("runs/20200101-000000-killed-0000");
    fs::create_dir_all(killed.join("recordings")).unwrap();
    let strange = data.join("runs/strange");
    fs::create_dir(&strange).unwrap();
    fs::write(strange.join("mine"), "").unwrap();
    fs::create_dir(data.join("hosts")).unwrap();
    fs::write(data.join("hosts/host-gone"), "").unwrap();

    let done = test.then("maintenance --keep-runs 0").exits(0).says("runs deleted: 0, 0 B");
    let done = done.says("leftovers deleted: 2, ").says("runs/20200101-000000-killed-0000").says("hosts/host-gone");
    done.says("left alone: runs/strange: this is not the folder of a run").says("index: 1 runs");
    assert!(going.join("events.jsonl").exists() && strange.join("mine").exists() && !killed.exists());

    // SAFETY: a signal to a process of this test's that has not been waited for
    unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGTERM) };
    child.wait().unwrap();
    test.then("maintenance --keep-runs 0").exits(0).says("runs deleted: 1, ");
    assert!(!going.exists());
}

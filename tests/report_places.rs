//! Where `--report` writes to: files, pipes, devices, links, the standard output; also when there is nothing to run.

use crate::support::Telefonist;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::PathBuf;
use std::process::Command;

/// A test that takes no time.
const SHORT: &str = "uanew <sip:alice@127.0.0.1>;regint=0|0s\n";

fn fifo(test: &Telefonist) -> PathBuf {
    let path = test.folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo is there").success());
    path
}

#[test]
fn a_pipe_is_written_to_and_stays_one() {
    let test = Telefonist::new("run a --report tap=pipe").file("a", SHORT);
    let pipe = fifo(&test);
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || {
            let mut text = String::new();
            File::open(pipe).unwrap().read_to_string(&mut text).unwrap();
            text
        }
    });
    let done = test.run().exits(0);
    assert!(pipe.symlink_metadata().unwrap().file_type().is_fifo(), "{done:?}");
    assert!(reader.join().unwrap().contains("ok 1 - a"), "{done:?}");
}

#[test]
fn what_a_device_does_not_take_is_told() {
    // a link to the device: were it replaced, then the link in place of the device
    let test = Telefonist::new("run a --report junit=full").file("a", SHORT);
    symlink("/dev/full", test.folder.path().join("full")).unwrap();
    test.run().exits(3).says("the report full can't be written: No space left on device");
    assert!(std::fs::metadata("/dev/full").unwrap().file_type().is_char_device());
}

#[test]
fn a_link_stays_one() {
    let test = Telefonist::new("run a --report tap=latest").file("a", SHORT).file("real", "old");
    let link = test.folder.path().join("latest");
    symlink("real", &link).unwrap();
    test.run().exits(0);
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert!(std::fs::read_to_string(test.folder.path().join("real")).unwrap().contains("ok 1 - a"));
}

#[test]
fn two_reports_in_one_place_are_refused() {
    let refused = |words: &str, told: &str| {
        let test = Telefonist::new(&format!("run a {words}")).file("a", SHORT);
        test.run().exits(2).says(&format!("two reports can't both be written to {told}"));
        assert!(!test.folder.path().join("data").exists());
    };
    refused("--report junit=out --report tap=./out", "`./out`");
    refused("--report junit=- --report tap=-", "the standard output");
}

#[test]
fn an_older_report_does_not_stand_where_nothing_was_run() {
    let test = Telefonist::new("run a").file("a", SHORT).file("junit.xml", "old").file("other.xml", "old");
    test.run().exits(0);
    let read = |name: &str| std::fs::read_to_string(test.folder.path().join(name)).unwrap();
    test.then("run a --filter b --report junit=junit.xml").exits(2).says("none of 1 tests fits");
    assert!(read("junit.xml").contains("tests=\"0\""), "{}", read("junit.xml"));
    test.then("run a --last-failed --report junit=other.xml").exits(0).says("nothing to run");
    assert!(read("other.xml").contains("tests=\"0\""), "{}", read("other.xml"));
    let done = test.then("run a --last-failed --report json=-").exits(0);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).expect("nothing else is there");
    assert_eq!(report["tests"], serde_json::json!([]));
}

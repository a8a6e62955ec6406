//! Disks that are full, can't be written, or lose what is on them: a run goes on, and says what it could not keep. The disks are
//! real: small ones in memory, mounted for the test, which takes root.

use crate::support::{ESTABLISHED, Telefonist, wait_for_event};
use std::io::{BufRead, BufReader, Write};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use telefonist::event::{Body, Clock, Events, Limits, Log, LogLine, Note, Time};
use telefonist::record::{Header, Kept, Recorder, RunFolder};
use telefonist::verdict::Judged;

/// A disk of its own, mounted below a test's folder for as long as it is there.
struct Disk(PathBuf);

impl Disk {
    fn new(at: &Path, kilobytes: usize) -> Disk {
        std::fs::create_dir_all(at).unwrap();
        mount(&["-t", "tmpfs", "-o", &format!("size={kilobytes}k"), "tmpfs"], at);
        Disk(at.to_path_buf())
    }

    /// Leaves no room on it.
    fn fill(&self) {
        let mut filler = std::fs::File::options().create(true).append(true).open(self.filler()).unwrap();
        for piece in [65536, 4096, 1] {
            while filler.write_all(&vec![b'x'; piece]).is_ok() {}
        }
    }

    /// Opens all files below a folder: for as long as they are open, deleting them makes no room.
    fn hold(folder: &Path) -> Vec<std::fs::File> {
        let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
        let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        let below = folders.iter().flat_map(|folder| Disk::hold(folder));
        files.iter().map(|file| std::fs::File::open(file).unwrap()).chain(below).collect()
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    fn make_room(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // at once, whoever still looks into it
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], at: &Path) {
    let output = Command::new("mount").args(arguments).arg(at).output().expect("mount is installed");
    assert!(output.status.success(), "this test has to mount a disk: {}", String::from_utf8_lossy(&output.stderr));
}

fn header() -> Header {
    Header::new("id", "call", "call", Time(0.0), "baresip 4.12.0")
}

fn line(log: &Log, text: &str) {
    log.push(Some(&"alice".into()), Body::Log(LogLine { level: "info".into(), text: text.into() }));
}

/// The numbers of all events.
fn numbers(events: &impl Events) -> Vec<u64> {
    let mut numbers = vec![];
    events.each(&mut |event| numbers.push(event.n)).unwrap();
    numbers
}

#[test]
fn a_full_disk_holds_nothing_up_and_what_it_missed_is_written_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(&folder.path().join("data"), 2048);
    let run = RunFolder::create(&disk.0, "call", Time(0.0)).unwrap();
    let log = Arc::new(Log::new(Clock::system()));
    let recorder = Recorder::start(&run, &header(), log.clone());
    disk.fill();
    (0..5000).for_each(|n| line(&log, &format!("line {n} of many")));
    assert_eq!(log.stopped(), None);
    disk.make_room();
    line(&log, "there is room again");
    assert_eq!(recorder.finish(), None);
    let all: Vec<u64> = (0..5001).collect();
    assert_eq!((numbers(&Kept(run.events())), numbers(&*log)), (all.clone(), all));
}

#[test]
fn what_memory_can_not_hold_while_the_disk_is_full_goes_and_the_verdict_stays() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(&folder.path().join("data"), 2048);
    let run = RunFolder::create(&disk.0, "call", Time(0.0)).unwrap();
    let log = Arc::new(Log::with_limits(Clock::system(), Limits { kept: 10_000, most: 100_000 }));
    let recorder = Recorder::start(&run, &header(), log.clone());
    disk.fill();
    let note = |note| log.push(None, Body::Note(note));
    note(Note::CheckFailed { message: "too slow".into(), at: None });
    (0..5000).for_each(|n| line(&log, &format!("line {n} of many")));
    note(Note::Ended(telefonist::event::Ended::finished()));
    let told = recorder.finish().unwrap().message;
    // the disk's last page takes the first few
    assert!(told.contains(" of 5002 events could not be written to "), "{told}");
    assert!(told.ends_with("No space left on device (os error 28)"), "{told}");
    let Judged { verdict, .. } = telefonist::verdict::judge(&header(), &*log, None).unwrap();
    assert_eq!(verdict.reasons[0].message, "too slow");
    let (held, dropped) = (numbers(&*log).len() as u64, log.dropped());
    // none is lost uncounted; a few more may be counted: what goes while it is being written may reach the disk's last page
    assert!(held < 1000 && (5002..5052).contains(&(held + dropped)), "{held} held, {dropped} dropped");
    let missing = format!("{dropped} events are missing from the record, ");
    assert!(verdict.warnings[0].message.starts_with(&missing), "{:?}", verdict.warnings);
}

/// How the call goes on when the test says so.
const CALL: &str = r#"
ignore("AUDIO_REPORT");
await all([alice.event("CALL_RTPESTAB"), bob.event("CALL_RTPESTAB")]) within 20s;
await alice.sip("OPTIONS") within 60s;
for n in 0..100 { alice.cmd("uuid"); }
print("halfway");
await alice.sip("OPTIONS") within 60s;
alice.hangup();
await bob.event("CALL_CLOSED") within 20s;
"#;

/// A run of it that has a disk for its data.
struct Going {
    test: Telefonist,
    disk: Disk,
    child: Child,
    alice: String,
}

impl Going {
    /// Up to where the call is established.
    fn new() -> Going {
        let test = Telefonist::new("run call.rhai --verbose").file("call.rhai", &[ESTABLISHED, CALL].concat());
        let data = test.folder.path().join("data");
        let disk = Disk::new(&data, 8192);
        let mut child = test.start();
        let started = wait_for_event(&mut child, &data, &["AGENT_STARTING", "\"alice\""]);
        let started: serde_json::Value = serde_json::from_str(&started).unwrap();
        wait_for_event(&mut child, &data, &["CALL_ESTABLISHED", "\"alice\""]);
        wait_for_event(&mut child, &data, &["WAITING", "SIP OPTIONS at alice"]);
        Going { test, disk, child, alice: started["address"].as_str().unwrap().to_string() }
    }

    /// Lets the script go on.
    fn go_on(&self, n: u32) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (alice, own) = (&self.alice, socket.local_addr().unwrap());
        let options = format!(
            "OPTIONS sip:alice@{alice} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK-{n}\r\nMax-Forwards: 70\r\n\
             From: <sip:test@{own}>;tag={n}\r\nTo: <sip:alice@{alice}>\r\nCall-ID: go-on-{n}\r\nCSeq: 1 OPTIONS\r\n\
             Contact: <sip:test@{own}>\r\nContent-Length: 0\r\n\r\n"
        );
        socket.send_to(options.as_bytes(), alice).unwrap();
    }

    /// Reads what the program says until the script has come to that point.
    fn halfway(&mut self) -> impl BufRead + use<> {
        let mut said = BufReader::new(self.child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("halfway") {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "the program ended");
        }
        said
    }

    /// The exit code and all that the program said from `said` on.
    fn end(self, mut said: impl BufRead) -> (Option<i32>, String, Telefonist, Disk) {
        let mut text = String::new();
        said.read_to_string(&mut text).unwrap();
        let output = self.child.wait_with_output().unwrap();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        // as if the terminal were wide
        let text = text.replace("\n        | ", " ");
        (output.status.code(), text, self.test, self.disk)
    }
}

#[test]
fn a_call_passes_on_a_full_disk_and_is_recorded_whole_if_room_is_made() {
    let mut hashes = vec![];
    for room in [true, false] {
        let mut going = Going::new();
        going.disk.fill();
        // else the end of the agents would make room
        let _held = Disk::hold(&going.test.run_folder().join("agents"));
        going.go_on(1);
        let said = going.halfway();
        if room {
            going.disk.make_room();
        }
        going.go_on(2);
        let (code, text, test, _disk) = going.end(said);
        assert_eq!(code, Some(0), "{text}");
        let hash = text.lines().find_map(|line| line.trim().strip_prefix("hash ")).unwrap_or_else(|| panic!("{text}"));
        hashes.push(hash.split(';').next().unwrap().to_string());
        let kept = numbers(&Kept(test.run_folder().join("events.jsonl")));
        match room {
            true => {
                assert!(kept.iter().copied().eq(0..kept.len() as u64), "{kept:?}");
                assert!(test.events().iter().any(|event| event["type"] == "ENDED"));
                assert!(!text.contains("could not be written"), "{text}");
            }
            false => {
                assert!(text.contains("events could not be written to "), "{text}");
                assert!(text.contains("help: make room on the disk"), "{text}");
            }
        }
    }
    assert_eq!(hashes[0], hashes[1]);
}

#[test]
fn a_runs_folder_that_is_removed_while_it_goes_on_is_told() {
    let mut going = Going::new();
    std::fs::remove_dir_all(going.disk.0.join("runs")).unwrap();
    going.go_on(1);
    let said = going.halfway();
    going.go_on(2);
    let (code, text, _test, _disk) = going.end(said);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("the record of this run is lost: "), "{text}");
    assert!(!text.contains("panicked"), "{text}");
}

#[test]
fn a_data_folder_that_can_not_be_written_is_an_error_before_anything_starts() {
    let test = Telefonist::new("run call.rhai").file("call.rhai", &[ESTABLISHED, CALL].concat());
    let disk = Disk::new(&test.folder.path().join("data"), 512);
    mount(&["-o", "remount,ro"], &disk.0);
    test.run().exits(3).says("data").says("can't be written: Read-only file system").says("help: ");
}

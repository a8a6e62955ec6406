//! The log: waits, archive, what is dropped.

use super::*;

use crate::event::tail::weight;
use crate::event::{LogLine, Note};

fn print(text: &str) -> Body {
    Body::Note(Note::Print { text: text.into() })
}

#[test]
fn a_wait_ends_by_event_time_or_stop_in_manual_time() {
    let log = Arc::new(Log::new(Clock::manual(Time(1000.0))));
    log.push(None, print("a"));
    assert_eq!(log.wait(0, Time(2000.0)), Wake::New);
    let waiter = std::thread::spawn({
        let log = log.clone();
        move || (log.wait(1, Time(1500.0)), log.now())
    });
    log.advance(499.0);
    log.advance(1.0);
    assert_eq!(waiter.join().unwrap(), (Wake::Timeout, Time(1500.0)));
    log.stop(Ended::failed("first"));
    log.stop(Ended::failed("second"));
    assert_eq!(log.wait(0, Time(9000.0)), Wake::Stopped(Ended::failed("first")));
}

/// Keeps what it gets, as a file would.
struct Shelf(Mutex<Vec<Arc<Event>>>);

impl Archive for Shelf {
    fn read(&self, from: u64, take: &mut dyn FnMut(Event) -> bool) -> Result<(), Diagnostic> {
        let events = lock(&self.0).clone();
        let _ = events.iter().filter(|event| event.n >= from).all(|event| take((**event).clone()));
        Ok(())
    }
}

fn numbers(log: &Log, from: usize) -> Vec<u64> {
    log.since(from).iter().map(|event| event.n).collect()
}

fn all(log: &Log) -> Vec<u64> {
    let mut all = vec![];
    log.each(&mut |event| all.push(event.n)).unwrap();
    all
}

fn line(log: &Log) -> u64 {
    log.push(None, Body::Log(LogLine { level: "info".into(), text: "x".into() }))
}

/// In events as [`line`] makes them.
fn small(kept: usize, most: usize) -> (Log, Arc<Shelf>) {
    let one = weight(&Event {
        n: 0,
        time: Time(0.0),
        agent: None,
        body: Body::Log(LogLine { level: "info".into(), text: "x".into() }),
    });
    let log = Log::with_limits(Clock::manual(Time(0.0)), Limits { kept: kept * one, most: most * one });
    let shelf = Arc::new(Shelf(Mutex::default()));
    log.set_archive(shelf.clone());
    (log, shelf)
}

#[test]
fn old_events_come_from_the_archive() {
    let (log, shelf) = small(2, 8);
    (0..5).for_each(|_| _ = line(&log));
    assert_eq!(numbers(&log, 0), [0, 1, 2, 3, 4], "nobody has taken them over");
    lock(&shelf.0).extend(log.since(0).into_iter().take(4));
    log.archived(4, false);
    assert_eq!(lock(&log.state).tail.from(0, 9).len(), 3);
    assert_eq!((all(&log), numbers(&log, 1), numbers(&log, 3)), (vec![0, 1, 2, 3, 4], vec![1, 2, 3], vec![3, 4]));
    assert_eq!(log.wait(4, Time(0.0)), Wake::New);
    assert_eq!(log.wait(5, Time(0.0)), Wake::Timeout);
}

#[test]
fn while_the_archive_is_stuck_the_oldest_lines_go_and_what_decides_stays() {
    let (log, shelf) = small(2, 8);
    log.push(None, print("first"));
    line(&log);
    lock(&shelf.0).extend(log.since(0));
    log.archived(2, true);
    (0..3).for_each(|n| _ = log.push(None, print(&n.to_string())));
    (0..100).for_each(|_| _ = line(&log));
    let left = all(&log);
    assert_eq!((left[..5].to_vec(), *left.last().unwrap()), (vec![0, 1, 2, 3, 4], 104));
    assert_eq!(log.dropped() as usize, 105 - left.len());
    assert!(left.len() < 15 && log.stopped().is_none(), "{left:?}");
    // it takes again
    lock(&shelf.0).extend(log.since(2));
    log.archived(105, false);
    line(&log);
    assert_eq!(all(&log), [left, vec![105]].concat());
}

#[test]
fn a_run_ends_when_too_much_comes_that_decides_its_verdict() {
    let (log, _) = small(2, 8);
    log.archived(0, true);
    (0..100).for_each(|n| _ = log.push(None, print(&n.to_string())));
    assert_eq!(log.stopped().unwrap().how, crate::event::How::Error);
    assert!(all(&log).len() < 10);
}

#[test]
fn who_pushes_too_fast_waits_for_the_archive_and_nothing_is_dropped() {
    let (log, shelf) = small(2, 8);
    let log = Arc::new(log);
    let archiving = std::thread::spawn({
        let log = log.clone();
        move || {
            let mut next = 0;
            while let Some(events) = log.follow(next) {
                next = events.last().unwrap().n as usize + 1;
                lock(&shelf.0).extend(events);
                log.archived(next as u64, false);
            }
        }
    });
    (0..10_000).for_each(|_| _ = line(&log));
    log.close();
    archiving.join().unwrap();
    assert_eq!((all(&log).len(), log.dropped()), (10_000, 0));
}

#[test]
fn a_reason_to_end_can_be_taken_away_but_not_that_of_the_user() {
    let log = Log::new(Clock::manual(Time(0.0)));
    log.stop(Ended::failed("too slow"));
    assert_eq!(log.take_stop().unwrap().message, "too slow");
    assert_eq!((log.take_stop(), log.wait(0, Time(0.0))), (None, Wake::Timeout));
    log.stop(Ended { how: How::Cancelled, ..Ended::finished() });
    assert_eq!(log.take_stop(), None);
    assert!(matches!(log.wait(0, Time(0.0)), Wake::Stopped(_)));
}

#[test]
fn a_follower_reads_everything_and_ends_with_the_log() {
    let log = Arc::new(Log::new(Clock::system()));
    let reader = std::thread::spawn({
        let log = log.clone();
        move || {
            let mut seen = 0;
            while let Some(events) = log.follow(seen) {
                seen += events.len();
            }
            seen
        }
    });
    for n in 0..1000 {
        log.push(None, print(&n.to_string()));
    }
    log.close();
    log.push(None, print("too late"));
    assert_eq!(reader.join().unwrap(), 1000);
}

#[test]
fn a_wait_is_woken_by_what_concerns_it_alone() {
    let log = Arc::new(Log::new(Clock::manual(Time(0.0))));
    line(&log);
    let (asked, sleeps) = std::sync::mpsc::channel();
    let waiter = std::thread::spawn({
        let log = log.clone();
        move || {
            // the log is locked from this question on until the wait sleeps
            let concern = Concern::of(move |event| asked.send(event.n).is_ok() && matches!(event.body, Body::Note(_)));
            log.wait_for(0, Time(1.0), &concern)
        }
    });
    assert_eq!(sleeps.recv(), Ok(0));
    (1..BACKLOG).for_each(|_| _ = line(&log));
    assert_eq!(log.woken(), 0);
    log.push(None, print("now"));
    assert_eq!((waiter.join().unwrap(), log.woken()), (Wake::New, 1));
    // what is there already needs no wait
    assert_eq!(log.wait_for(0, Time(1.0), &Concern::of(|event| matches!(event.body, Body::Note(_)))), Wake::New);
    assert_eq!(log.wait_for(log.len() - 1, Time(-1.0), &Concern::nothing()), Wake::Timeout);
}

#[test]
fn nobody_falls_behind_by_more_than_the_backlog() {
    let log = Arc::new(Log::new(Clock::manual(Time(0.0))));
    let waiter = std::thread::spawn({
        let log = log.clone();
        move || log.wait_for(0, Time(1.0), &Concern::nothing())
    });
    (0..=BACKLOG).for_each(|_| _ = line(&log));
    assert_eq!(waiter.join().unwrap(), Wake::New);
}

#[test]
fn who_gathers_is_woken_for_many_events_at_once() {
    let log = Arc::new(Log::new(Clock::manual(Time(0.0))));
    let gathering = std::thread::spawn({
        let log = log.clone();
        move || {
            let (mut seen, mut sizes) = (0, vec![]);
            while let Some(events) = log.gather(seen) {
                seen += events.len();
                sizes.push(events.len());
            }
            sizes
        }
    });
    (0..CHUNK + 900).for_each(|_| _ = line(&log));
    assert!(log.woken() <= 3, "{} times", log.woken());
    log.close();
    assert_eq!(gathering.join().unwrap(), [CHUNK, 900]);
}

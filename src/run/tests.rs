//! A run without a script.

use super::*;
use crate::agent::Settings;
use crate::event::AgentEvent;
use std::sync::mpsc;

/// A hook runs in the thread that pushed the reason to stop, and whoever it wakes pushes, too.
#[test]
fn what_happens_when_a_run_is_stopped_may_push() {
    let folder = tempfile::tempdir().unwrap();
    let supervisor = Supervisor::new(Settings::for_tests(folder.path(), 29_000)).expect("baresip is installed");
    let run = Run::new(supervisor, folder.path().into(), Arc::default(), Clock::system());
    let event = |name: &str| Body::Event(AgentEvent { name: name.into(), ..AgentEvent::default() });
    let (done, is_done) = mpsc::channel();
    std::thread::spawn({
        let (run, closed) = (run.clone(), event("CALL_CLOSED"));
        move || {
            run.push(
                None,
                Body::Note(Note::Directive { name: "fail_on".into(), values: vec!["REGISTER_FAIL".into()], at: None }),
            );
            let hooked = Arc::downgrade(&run);
            run.log().on_stop(move || {
                hooked.upgrade().unwrap().push(Some(&"bob".into()), closed);
            });
            run.push(Some(&"alice".into()), event("REGISTER_FAIL"));
            done.send(run.log().stopped().unwrap().message).unwrap();
        }
    });
    let why = is_done.recv_timeout(Duration::from_secs(20)).expect("no thread waits for another");
    assert!(why.starts_with("Registration failed: agent `alice`"), "{why}");
    assert_eq!(run.log().since(0).last().unwrap().agent.as_deref(), Some("bob"));
}

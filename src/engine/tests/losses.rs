//! Agents that go away by themselves: who hears of it, and that a script can go on.

use super::*;
use crate::event::{Concern, Wake};

const PAIR: &str = "let alice = agent(\"alice\"); let bob = agent(\"bob\");\n";
const GONE: &str = "agent `bob` went away by itself: killed by signal 9";

/// A host that loses bob when alice gets the command `crash`, and alice when bob gets it.
fn host() -> FakeHost {
    FakeHost::new().losing("alice crash", "bob").losing("bob crash", "alice")
}

fn run_with_losses(text: &str) -> (Ended, Vec<String>) {
    let (ended, host) = run_on(host(), &format!("{PAIR}{text}"));
    let prints = host.prints();
    (ended, prints)
}

#[test]
fn a_loss_that_nothing_catches_ends_the_test_with_an_error() {
    for after in [
        "await alice.closed() within 10m;",
        "await bob.closed() within 10m;",
        "await any([alice.closed(), bob.closed()]) within 10m;",
        "await alice.quiet(\"CALL_CLOSED\") during 10m;",
        "sleep(10m);",
        "news(news(), 10m);",
        "alice.hangup();",
        "bob.hangup();",
        "bob.stop();",
        "bob.restart();",
        "print(bob.address);",
        // it has nothing more to do
        "",
        "print(1);",
    ] {
        let (ended, _) = run_with_losses(&format!("alice.cmd(\"crash\");\n{after}"));
        assert_eq!((ended.how, ended.message.as_str()), (How::Error, GONE), "{after}");
    }
}

#[test]
fn what_fails_in_the_same_step_is_no_more_than_a_detail() {
    let (ended, _) = run_with_losses("alice.cmd(\"crash\");\nthrow \"no\";");
    assert_eq!((ended.how, ended.message.as_str()), (How::Error, GONE));
    let (ended, _) = run_with_losses("try { alice.cmd(\"crash\"); sleep(10m); } catch {}\nfail(\"no\");");
    assert_eq!((ended.how, ended.message.as_str()), (How::Failed, "no"));
}

#[test]
fn a_loss_is_thrown_once_and_a_script_that_catches_it_goes_on() {
    let text = "alice.cmd(\"crash\");\ntry { sleep(10m); } catch (e) { print(e.kind); print(e.message); }\n\
                sleep(1ms); alice.cmd(\"uuid\"); bob.restart(); print(\"on\");";
    let (ended, prints) = run_with_losses(text);
    assert_eq!(ended, Ended::finished());
    assert_eq!(prints, ["lost", GONE, "on"]);
    // each of them
    let text = "alice.cmd(\"crash\");\ntry { bob.cmd(\"crash\"); } catch (e) { print(e.message); }\n\
                try { bob.cmd(\"crash\"); sleep(10m); } catch (e) { print(e.message); }";
    let (ended, prints) = run_with_losses(text);
    assert_eq!(ended, Ended::finished());
    assert_eq!(prints, [GONE, &GONE.replace("bob", "alice")]);
}

#[test]
fn a_wait_takes_what_came_before_the_loss() {
    let host = Arc::new(FakeHost::new());
    let going = std::thread::spawn({
        let host = host.clone();
        move || {
            let waits = Concern::of(|event| matches!(&event.body, Body::Note(Note::Waiting { .. })));
            assert_eq!(host.log.wait_for(0, host.log.now() + 10_000.0, &waits), Wake::New);
            host.push("alice CALL_CLOSED a1");
            host.log.push(Some(&"bob".into()), Body::Note(Note::AgentLost { status: "killed by signal 9".into() }));
        }
    });
    let text = "await alice.closed() within 10m;\nprint(\"closed\");\nsleep(10m);";
    let ended = run(&program(&format!("{PAIR}{text}")), host.clone(), &ScriptLimits::default());
    going.join().unwrap();
    assert_eq!((ended.how, ended.message.as_str()), (How::Error, GONE));
    assert_eq!(host.prints(), ["closed"]);
}

#[test]
fn every_branch_of_a_parallel_hears_of_a_loss() {
    let branches = |caught: bool| {
        let wait = |name: &str| match caught {
            true => format!(
                "|| {{ let kind = \"none\"; try {{ await {name}.closed() within 10m; }} catch (e) {{ kind = e.kind; }} kind }}"
            ),
            false => format!("|| await {name}.closed() within 10m"),
        };
        format!("let got = parallel([{}, {}, || {{ alice.cmd(\"crash\"); \"crashed\" }}]);", wait("alice"), wait("bob"))
    };
    let (ended, _) = run_with_losses(&branches(false));
    assert_eq!((ended.how, ended.message.as_str()), (How::Error, GONE));
    let (ended, prints) = run_with_losses(&format!("{}\nprint(got);\nsleep(1ms);", branches(true)));
    assert_eq!(ended, Ended::finished());
    assert_eq!(prints, ["[\"lost\", \"lost\", \"crashed\"]"]);
}

#[test]
fn a_teardown_does_not_hear_of_the_loss_that_ended_its_test() {
    let text = format!(
        "{PAIR}teardown {{ alice.cmd(\"uuid\"); bob.restart(); print(\"cleared up\"); }}\n\
         test \"a\" {{ alice.cmd(\"crash\"); sleep(10m); }}\ntest \"b\" {{ alice.cmd(\"crash\"); }}\n"
    );
    for name in ["a", "b"] {
        let host = Arc::new(host());
        let ended = run(&program(&text).of_test(&name.into()), host.clone(), &ScriptLimits::default());
        assert_eq!((ended.how, ended.message.as_str()), (How::Error, GONE), "{name}");
        assert!(ended.details.iter().all(|line| !line.contains("teardown")), "{:?}", ended.details);
        assert_eq!(host.prints(), ["cleared up"], "{name}");
    }
}

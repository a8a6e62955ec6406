//! Awaiting events, as a script sees it; the rules themselves are tested where they live.

use super::*;
use crate::event::{Concern, LogLine, Wake};

pub const PAIR: &str = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n";

fn answered() -> FakeHost {
    FakeHost::new()
        .on("alice dial bob", &["alice CALL_RINGING a1", "bob CALL_INCOMING b1 from=sip:alice@127.0.0.1:5060"])
        .on("bob accept", &["bob CALL_ESTABLISHED b1", "alice CALL_ESTABLISHED a1"])
        .on(
            "bob hangup",
            &["bob CALL_CLOSED b1 Rejected by user", "alice CALL_CLOSED a1 Connection reset by peer [104]"],
        )
}

#[test]
fn the_designs_example_runs() {
    let text = format!(
        r#"{PAIR}
        let call = alice.dial(bob);
        await bob.event("CALL_INCOMING") within 5s;
        bob.accept();
        let up = await all([alice.event("CALL_ESTABLISHED"), bob.event("call_established")]) within 5s;
        assert(up[0].time - call.time < 2s, "slow to answer");
        bob.hangup();
        let end = await alice.event("CALL_CLOSED").where(|e| e.param.contains("reset"));
        await bob.quiet("CALL_INCOMING") during 10ms;
        print(`${{end.type}} ${{end.agent}} ${{up.len()}} ${{up[1].agent}}`);"#
    );
    let (ended, host) = run_on(answered(), &text);
    assert_eq!(ended, Ended::finished());
    assert_eq!(host.commands(), ["alice dial bob", "bob accept", "bob hangup"]);
    assert_eq!(host.prints(), ["CALL_CLOSED alice 2 bob"]);
}

#[test]
fn a_timeout_says_what_was_awaited_and_what_came_instead() {
    let host = FakeHost::new().on(
        "alice dial bob",
        &["bob CALL_INCOMING b1 from=sip:alice@127.0.0.1:5060", "bob CALL_CLOSED b1 486 Busy Here [104]"],
    );
    let text = format!("{PAIR}alice.dial(bob);\nlet e = await bob.event(\"CALL_ESTABLISHED\") within 20ms;\nprint(e);");
    let (ended, host) = run_on(host, &text);
    assert_eq!((ended.how, ended.message.as_str()), (How::Failed, "no CALL_ESTABLISHED at bob within 20 ms"));
    assert_eq!(place(&ended), (4, 15));
    let [instead, since] = &ended.details[..] else { panic!("{ended:?}") };
    assert_eq!(instead, "bob had: CALL_INCOMING from alice, CALL_CLOSED (486 Busy Here)");
    let seconds =
        since.strip_prefix("it was awaited from ").unwrap().replace(" s of the run to ", " ").replace(" s", "");
    let seconds: Vec<f64> = seconds.split(' ').map(|number| number.parse().unwrap()).collect();
    assert!(seconds[0] >= 0.0 && (seconds[1] - seconds[0] - 0.02).abs() < 0.0015, "{since}");
    assert!(host.prints().is_empty());
}

/// What an await said that ended before its time, which is far longer than the test has.
fn ended_at_once(host: FakeHost, text: &str) -> (String, Vec<String>) {
    let (ended, _) = run_on(host, &format!("{PAIR}{text}"));
    assert_eq!(ended.how, How::Failed, "{ended:?}");
    (ended.message, ended.details)
}

#[test]
fn what_can_not_come_of_a_call_any_more_is_not_waited_for() {
    let host = || {
        let ready = [
            "alice CALL_RINGING a1",
            "bob CALL_INCOMING b1",
            "alice CALL_CLOSED a1 486 Busy Here",
            "alice CALL_RTCP a1",
        ];
        FakeHost::new().on("alice dial bob", &ready)
    };
    let call = "alice.dial(bob);\nlet call = (await alice.event(\"CALL_RINGING\")).call;\n";
    let never = ", and it can't come any more: this call is closed";
    for wait in [
        "call.established()",
        "call.event(\"call_established\")",
        "call.closed(603)",
        "call.closed().where(|e| false)",
        "call.closed().count(2)",
        "all([bob.event(\"CALL_INCOMING\"), call.established()])",
        "any([call.established(), all([bob.event(\"CALL_INCOMING\"), call.closed(500)])])",
    ] {
        let (message, _) = ended_at_once(host(), &format!("{call}await {wait} within 10m;"));
        assert!(message.ends_with(never) && !message.contains("within"), "{wait}: {message}");
    }
    let (message, details) =
        ended_at_once(host(), &format!("{call}await call.closed();\nawait call.closed() within 10m;"));
    assert!(message.ends_with(never) && details[1].contains("an earlier await took it"), "{message}: {details:?}");
    // what may still come, or is here
    for wait in ["call.closed(486)", "call.event(\"CALL_RTCP\")", "any([call.established(), call.closed()])"] {
        assert_eq!(run_on(host(), &format!("{PAIR}{call}await {wait} within 10m;")).0, Ended::finished(), "{wait}");
    }
    for wait in ["call.event(\"AUDIO_REPORT\")", "any([call.established(), bob.established()])"] {
        let (message, _) = ended_at_once(host(), &format!("{call}await {wait} within 30ms;"));
        assert!(message.ends_with(" within 30 ms"), "{wait}: {message}");
    }
}

#[test]
fn an_agent_that_only_calls_is_not_waited_for_when_its_calls_are_closed() {
    let host = || {
        FakeHost::new()
            .on(
                "alice dial bob",
                &["alice CALL_RINGING a1", "bob CALL_INCOMING b1", "alice CALL_CLOSED a1 603 Declined"],
            )
            .on("alice dial carol", &["alice CALL_RINGING a2"])
            .refusing("alice dial nobody")
    };
    let run = |script: &str| ended_at_once(host(), script).0;
    let never = ", and it can't come any more: alice has no call any more, and nobody calls it";
    for wait in ["alice.closed(486)", "alice.established()", "alice.closed([486, 480])", "alice.dtmf(\"1\")"] {
        let message = run(&format!("alice.dial(bob);\nawait {wait} within 10m;"));
        assert!(message.ends_with(never), "{wait}: {message}");
    }
    assert!(run("alice.dial(bob);\nalice.dial(\"nobody\");\nawait alice.established() within 10m;").ends_with(never));
    for script in [
        // it may still be called, by whoever is asked to, or knows where it is
        "alice.dial(bob);\nawait bob.established() within 20ms;",
        "alice.dial(bob);\nbob.transfer(alice);\nawait alice.established() within 20ms;",
        "alice.dial(bob);\nawait alice.event(\"CALL_INCOMING\") within 20ms;",
        "try { alice.address; } catch { }\nalice.dial(bob);\nawait alice.closed(486) within 20ms;",
        // it has another call, or no call yet
        "alice.dial(bob);\nalice.dial(\"carol\");\nawait alice.closed(486) within 20ms;",
        "await alice.closed(486) within 20ms;",
        // somebody else goes on
        "alice.dial(bob);\nparallel([|| await alice.closed(486) within 20ms, || sleep(1ms)]);",
        // it comes after a call
        "alice.dial(bob);\nawait alice.event(\"AUDIO_REPORT\") within 20ms;",
        "alice.dial(bob);\nawait alice.sip(200) within 20ms;",
    ] {
        let message = run(script);
        assert!(message.ends_with(" within 20 ms"), "{script}: {message}");
    }
}

#[test]
fn an_agent_that_has_ended_is_not_waited_for() {
    let starting = || Note::AgentStarting {
        aor: "sip:bob@127.0.0.1".into(),
        address: "127.0.0.1:5060".into(),
        local: true,
        baresip: "4.12.0".into(),
    };
    let stopped = || Note::AgentStopped { status: "exit code 0".into() };
    let run = |notes: Vec<Note>, wait: &str| {
        let host = FakeHost::new();
        host.log.push_all(Some(&"bob".into()), notes.into_iter().map(Body::Note));
        ended_at_once(host, &format!("await {wait};")).0
    };
    let never = ", and it can't come any more: bob has ended";
    assert!(run(vec![starting(), stopped()], "bob.sip(200) within 10m").ends_with(never));
    // a process that took its place
    for notes in [vec![starting(), starting(), stopped()], vec![starting(), stopped(), starting()], vec![]] {
        assert!(run(notes, "bob.sip(200) within 20ms").ends_with(" within 20 ms"));
    }
}

#[test]
fn a_timeout_can_be_caught_and_thrown_again() {
    let text = format!(
        "{PAIR}try {{ await bob.event(\"CALL_INCOMING\") within 1ms; }} catch (e) {{ print(e.kind); print(e.message); }}
        try {{ await alice.closed() within 1ms; }} catch (e) {{ throw e; }}"
    );
    let (ended, host) = run_text(&text);
    assert_eq!(host.prints(), ["timeout", "no CALL_INCOMING at bob within 1 ms"]);
    assert_eq!((ended.how, ended.message.as_str()), (How::Failed, "no CALL_CLOSED at alice within 1 ms"));
    assert_eq!(place(&ended), (4, 21));
}

#[test]
fn the_second_call_of_a_loop_does_not_pass_on_the_first_calls_events() {
    let text = format!(
        "{PAIR}for n in 0..2 {{\n  alice.dial(\"bob\" + n);\n  await alice.event(\"CALL_ESTABLISHED\") within 20ms;\n}}"
    );
    let host = FakeHost::new()
        .on("alice dial bob0", &["alice CALL_ESTABLISHED a1", "alice CALL_ESTABLISHED a1", "alice CALL_CLOSED a1"])
        .on("alice dial bob1", &["alice CALL_CLOSED a2 486 Busy Here"]);
    let (ended, _) = run_on(host, &text);
    let never = ", and it can't come any more: alice has no call any more, and nobody calls it";
    assert_eq!(ended.message, format!("no CALL_ESTABLISHED at alice{never}"));
    assert_eq!(ended.details[0], "alice had: CALL_CLOSED (486 Busy Here)");
    let told = "CALL_ESTABLISHED came before at alice, in an earlier call, which does not count: only a wait that names that call takes it";
    assert_eq!(ended.details[1], told);
}

#[test]
fn a_count_counts_on_and_a_wait_that_names_a_call_is_about_that_call() {
    let host = || {
        let call = ["bob CALL_INCOMING b#", "alice CALL_ESTABLISHED a#", "bob CALL_ESTABLISHED b#"];
        let ends = ["alice CALL_CLOSED a#", "bob CALL_CLOSED b#"];
        FakeHost::new().on("alice dial bob", &[&call[..], &ends].concat())
    };
    let thrice = "for n in 0..3 {\n  alice.dial(bob);\n  sleep(1ms);\n}\n";
    for wait in [
        // bob has been given no command: nothing of his is past
        "await bob.closed().count(3);",
        "for n in 0..3 { await bob.established(); await bob.closed(); }",
        "let calls = (await bob.event(\"CALL_INCOMING\").count(3)).map(|e| e.call);\nfor call in calls { await call.closed(); }",
        "let first = (await bob.event(\"CALL_INCOMING\")).call;\nawait bob.event(\"CALL_INCOMING\");\nbob.accept();\nawait first.closed();",
        // alice has: the last one is of her newest call
        "await alice.closed().count(3);",
        "await all([alice.closed().count(3), bob.closed().count(3)]);",
    ] {
        assert_eq!(run_on(host(), &format!("{PAIR}{thrice}{wait}")).0, Ended::finished(), "{wait}");
    }
    for (wait, message) in [
        ("await alice.closed();\nawait alice.closed() within 10m;", "no CALL_CLOSED at alice"),
        ("await bob.closed().count(4) within 20ms;", "no 4 CALL_CLOSED at bob (only 3 came)"),
        ("await alice.closed();\nawait alice.closed().count(2) within 10m;", "no 2 CALL_CLOSED at alice (only 1 came)"),
    ] {
        let (ended, _) = run_on(host(), &format!("{PAIR}{thrice}{wait}"));
        assert!(ended.message.starts_with(message), "{wait}: {ended:?}");
    }
}

#[test]
fn commands_that_follow_one_another_leave_each_others_events_alone() {
    let host = || {
        FakeHost::new()
            .on("alice dial bob", &["bob CALL_INCOMING b1", "alice CALL_RINGING a1"])
            .on("bob accept", &["bob CALL_ESTABLISHED b1", "alice CALL_ESTABLISHED a1"])
            .on("alice dial carol", &["alice CALL_RINGING a2"])
    };
    for script in [
        "alice.dial(bob);\nbob.accept();\nalice.dtmf(\"1\");\nawait alice.established();",
        "alice.dial(bob);\nalice.dial(\"carol\");\nawait alice.event(\"CALL_RINGING\").count(2);",
        "alice.dial(bob);\nalice.dial(\"carol\");\nawait alice.event(\"CALL_RINGING\");\nawait alice.event(\"CALL_RINGING\");",
        "alice.dial(bob);\nbob.accept();\nawait alice.established();\nawait alice.event(\"CALL_RINGING\");",
    ] {
        assert_eq!(run_on(host(), &format!("{PAIR}{script}")).0, Ended::finished(), "{script}");
    }
}

#[test]
fn an_event_from_another_thread_wakes_the_script() {
    let host = Arc::new(FakeHost::new());
    let pushing = std::thread::spawn({
        let host = host.clone();
        move || {
            let mut seen = 0;
            while let Some(events) = host.log.follow(seen) {
                if events.iter().any(|event| matches!(&event.body, Body::Note(Note::Print { .. }))) {
                    return host.push("bob CALL_INCOMING b1");
                }
                seen += events.len();
            }
        }
    });
    let text = format!("{PAIR}print(\"ready\"); print((await bob.event(\"CALL_INCOMING\") within 10s).call);");
    let ended = run(&program(&text), host.clone(), &ScriptLimits::default());
    pushing.join().unwrap();
    assert_eq!(ended, Ended::finished());
    assert_eq!(host.prints(), ["ready", "b1"]);
}

#[test]
fn what_an_await_is_not_about_does_not_wake_it() {
    let host = Arc::new(FakeHost::new());
    let pushing = std::thread::spawn({
        let host = host.clone();
        move || {
            let waits = Concern::of(|event| matches!(&event.body, Body::Note(Note::Waiting { .. })));
            assert_eq!(host.log.wait_for(0, host.log.now() + 10_000.0, &waits), Wake::New);
            let line = || Body::Log(LogLine { level: "info".into(), text: "stream: update".into() });
            for n in 0..100 {
                host.log.push(Some(&"bob".into()), line());
                host.push(&format!("alice CALL_CLOSED a{n}"));
                host.push(&format!("bob CALL_RINGING b{n}"));
            }
            host.push("bob CALL_INCOMING b1");
        }
    });
    let text = format!("{PAIR}await bob.event(\"CALL_INCOMING\") within 10s;");
    let ended = run(&program(&text), host.clone(), &ScriptLimits::default());
    pushing.join().unwrap();
    assert_eq!(ended, Ended::finished());
    // the thread above, and the await
    assert!(host.log.woken() <= 2, "{} times", host.log.woken());
}

//! Awaiting events, as a script sees it; the rules themselves are tested where they live.

use super::*;
use crate::event::{Concern, LogLine, Wake};

const PAIR: &str = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n";

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
fn count_any_where_and_dtmf() {
    let text = format!(
        r#"{PAIR}
        alice.dtmf("12");
        let digits = await bob.event("CALL_DTMF_START").count(2);
        print(digits.map(|e| e.param));
        alice.dtmf("5");
        let five = await any([bob.closed(), bob.dtmf("5")]) within 1s;
        print(five.param);
        alice.dtmf(7);
        let min = "7";
        print((await bob.event("CALL_DTMF_START").where(|e| e.param == min)).param);"#
    );
    let host = FakeHost::new()
        .on("alice sndcode 12", &["bob CALL_DTMF_START b1 1", "bob CALL_DTMF_START b1 2"])
        .on("alice sndcode 5", &["bob CALL_DTMF_START b1 5"])
        .on("alice sndcode 7", &["bob CALL_DTMF_START b1 6", "bob CALL_DTMF_START b1 7"]);
    let (ended, host) = run_on(host, &text);
    assert_eq!(ended, Ended::finished());
    assert_eq!(host.prints(), ["[\"1\", \"2\"]", "5", "7"]);
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
    let ended = run(&program(&text), host.clone(), &Limits::default());
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
    let ended = run(&program(&text), host.clone(), &Limits::default());
    pushing.join().unwrap();
    assert_eq!(ended, Ended::finished());
    // the thread above, and the await
    assert!(host.log.woken() <= 2, "{} times", host.log.woken());
}

#[test]
fn quiet_counts_from_the_last_command_or_await_before_it() {
    let host = || {
        FakeHost::new()
            .on("alice noise", &["bob CALL_INCOMING b1 from=sip:carol@pbx", "alice CALL_RINGING a1"])
            .on("alice hush", &["alice CALL_ANSWERED a1"])
            .on("alice echo", &["alice CALL_RINGING a1", "bob CALL_INCOMING b1 from=sip:carol@pbx"])
    };
    let broken = "CALL_INCOMING from sip:carol@pbx at bob, where 10 ms of quiet were due";
    for (then, told) in [
        // it had come before `cmd` was answered, and so before the waiter was made
        ("alice.cmd(\"noise\");\nawait bob.quiet(\"CALL_INCOMING\") during 10ms;", broken),
        ("let quiet = bob.quiet(\"CALL_INCOMING\");\nalice.cmd(\"noise\");\nawait quiet during 10ms;", broken),
        ("alice.cmd(\"noise\");\nalice.cmd(\"hush\");\nawait bob.quiet(\"CALL_INCOMING\") during 10ms;", ""),
        (
            "alice.cmd(\"noise\");\nawait alice.event(\"CALL_RINGING\");\nawait bob.quiet(\"CALL_INCOMING\") during 10ms;",
            "",
        ),
        // it came after what the await took, and before the script went on
        (
            "alice.cmd(\"echo\");\nawait alice.event(\"CALL_RINGING\");\nawait bob.quiet(\"CALL_INCOMING\") during 10ms;",
            broken,
        ),
        // an await that takes an old event does not reach back behind the last command
        (
            "alice.cmd(\"echo\");\nalice.cmd(\"hush\");\nawait alice.event(\"CALL_RINGING\");\nawait bob.quiet(\"CALL_INCOMING\") during 10ms;",
            "",
        ),
        (
            "alice.cmd(\"noise\");\nawait bob.quiet(\"CALL_HOLD\") during 1ms;\nawait bob.quiet(\"CALL_INCOMING\") during 10ms;",
            "",
        ),
    ] {
        let (ended, _) = run_on(host(), &format!("{PAIR}{then}"));
        assert_eq!(ended.message, told, "{then}");
    }
}

#[test]
fn quiet_goes_around_any_all_and_count() {
    for (waiter, broken) in [
        ("quiet(any([bob.event(\"CALL_INCOMING\"), bob.closed(486)]))", Some("CALL_CLOSED (486 Busy) at bob")),
        ("quiet(any([bob.event(\"CALL_INCOMING\"), bob.closed(603)]))", None),
        ("bob.quiet(\"CALL_CLOSED\").where(|e| e.param.contains(\"603\"))", None),
        ("bob.quiet(\"CALL_CLOSED\").where(|e| e.param.contains(\"486\"))", Some("CALL_CLOSED (486 Busy) at bob")),
        ("quiet(bob.event(\"CALL_DTMF_START\").count(3))", None),
        (
            "quiet(bob.event(\"CALL_DTMF_START\").count(2))",
            Some("CALL_DTMF_START (1) at bob, CALL_DTMF_START (2) at bob"),
        ),
        ("quiet(all([bob.closed(), alice.closed()]))", None),
    ] {
        let host = FakeHost::new()
            .on("alice x", &["bob CALL_DTMF_START b1 1", "bob CALL_DTMF_START b1 2", "bob CALL_CLOSED b1 486 Busy"]);
        let (ended, _) =
            run_on(host, &format!("{PAIR}let quiet = {waiter};\nalice.cmd(\"x\");\nawait quiet during 10ms;"));
        let expected = broken.map_or(String::new(), |told| format!("{told}, where 10 ms of quiet were due"));
        assert_eq!(ended.message, expected, "{waiter}");
    }
}

#[test]
fn digits_reasons_and_texts_are_awaited() {
    let text = format!(
        r#"{PAIR}
        alice.cmd("x");
        print((await bob.dtmf("12")).map(|e| e.param));
        print((await bob.closed("busy")).type);
        print((await bob.message()).type);
        try {{ await bob.dtmf("123") within 1ms; }} catch (e) {{ print(e.message); }}"#
    );
    let host = FakeHost::new().on(
        "alice x",
        &[
            "bob CALL_DTMF_START b1 9",
            "bob CALL_DTMF_START b1 1",
            "bob CALL_DTMF_START b1 2",
            "bob MESSAGE -",
            "bob CALL_DTMF_START b1 1",
            "bob CALL_CLOSED b1 486 Busy Here",
        ],
    );
    let (ended, host) = run_on(host, &text);
    assert_eq!(ended, Ended::finished());
    let told = ["[\"1\", \"2\"]", "CALL_CLOSED", "MESSAGE", "no DTMF 123 at bob (only 1 came) within 1 ms"];
    assert_eq!(host.prints(), told);
}

#[test]
fn a_where_that_says_no_is_told_with_what_it_read() {
    let text = format!(
        "{PAIR}alice.cmd(\"x\");\nawait bob.closed().where(|e| e.call == \"b1\").where(|e| e.param == \"603\") within 1ms;"
    );
    let (ended, _) = run_on(FakeHost::new().on("alice x", &["bob CALL_CLOSED b1 486 Busy"]), &text);
    let told = "CALL_CLOSED (486 Busy) came at bob, but where(…) number 2 said no to it: its param is `486 Busy`";
    assert_eq!(ended.details[1], told);
}

#[test]
fn what_no_event_tells_is_asked_again_with_each_event_and_at_the_end() {
    let eventually = |condition: &str| {
        format!(
            "{PAIR}import \"std/retry\" as retry;\nlet asked = 0;\nretry::eventually(30ms, || {{ asked += 1; {condition} }});"
        )
    };
    let count = |host: &FakeHost| host.commands().iter().filter(|command| command.ends_with(" x")).count();
    // its own command brings an event twice: each time it is asked again
    let host = FakeHost::new().on("alice x", &["alice CALL_RTCP a1"]);
    let (ended, host) = run_on(host, &eventually("if asked <= 2 { alice.cmd(\"x\"); } asked == 3"));
    assert_eq!((ended.message.as_str(), count(&host)), ("", 2));
    let (ended, host) = run_on(FakeHost::new(), &eventually("alice.cmd(\"x\"); asked == 9"));
    assert_eq!((ended.how, count(&host)), (How::Failed, 2));
    assert!(ended.message.contains("within 30ms did not"), "{ended:?}");
}

#[test]
fn the_traps_of_precedence_say_parentheses() {
    for (statement, column) in [
        ("let x = await bob.event(\"CALL_CLOSED\").param;", 39),
        ("let x = await bob.closed() == 5;", 28),
        ("await bob.closed() within 1s && true;", 7),
        ("await bob.quiet(\"CALL_CLOSED\") during 1s == 5;", 7),
        ("await 5;", 7),
    ] {
        let (ended, _) = run_text(&format!("{PAIR}{statement}"));
        assert_eq!(ended.how, How::Error, "{statement}: {ended:?}");
        assert!(ended.message.contains("parentheses around await"), "{statement}: {ended:?}");
        assert_eq!(place(&ended), (3, column), "{statement}");
    }
}

#[test]
fn what_makes_no_sense_is_an_error_that_says_so() {
    for (statement, why) in [
        ("await bob.quiet(\"CALL_CLOSED\");", "say how long"),
        ("await bob.quiet(\"CALL_CLOSED\") within 1s;", "say how long"),
        ("await bob.closed() during 1s;", "`within`"),
        ("await bob.closed() within 5;", "no unit"),
        ("await bob.closed() within \"soon\";", "no duration"),
        ("await bob;", "needs a waiter"),
        ("await all([]);", "at least one"),
        ("await all([bob]);", "an agent"),
        ("await any([bob.quiet(\"CALL_CLOSED\")]);", "quiet"),
        ("await bob.closed().count(0);", "count(0)"),
        ("await bob.dtmf(\"12\").count(2);", "one digit"),
        ("await bob.dtmf(\"\");", "needs a digit"),
        ("await bob.closed(200);", "not by 200"),
        ("await bob.closed(1.5);", "a response code or a text, not a number"),
        ("await bob.log(\"a(b\");", "no regular expression: unclosed group"),
        ("await bob.closed().header(\"X-Id\");", "goes with sip"),
        ("await bob.sip(\"INVITE\", \"REGISTER\");", "a response code first"),
        ("await all([bob.closed()]).count(2);", "each waiter"),
        ("await bob.sip(99);", "99"),
        ("await bob.sip([180, 99]);", "99"),
        ("await bob.sip([]);", "empty"),
        ("await bob.sip([\"INVITE\"]);", "response codes"),
        ("await bob.sip([[180]]);", "response codes"),
        ("await bob.sip(500..400);", "upwards"),
        ("await bob.sip(400..=700);", "100 to 699"),
        ("await bob.sip(-1..=9223372036854775807);", "100 to 699"),
        ("await bob.closed([486, 200]);", "not by 200"),
        ("await bob.closed([]);", "empty"),
        ("await bob.closed().sent();", "goes with sip"),
        ("await all([bob.sip(200)]).sent();", "each waiter"),
        ("sleep(5);", "no unit"),
        ("sleep(-5s);", "not possible"),
    ] {
        let (ended, _) = run_text(&format!("{PAIR}{statement}"));
        assert_eq!(ended.how, How::Error, "{statement}: {ended:?}");
        assert!(ended.message.contains(why), "{statement}: {ended:?}");
        assert_eq!(place(&ended).0, 3, "{statement}");
    }
}

#[test]
fn a_where_that_goes_wrong_is_the_awaits_error() {
    for (closure, why) in
        [("|e| e.parm == 1", "did you mean `param`"), ("|e| 5", "true or false"), ("|e| nope(e)", "nope")]
    {
        let text = format!("{PAIR}alice.cmd(\"x\");\nawait bob.closed().where({closure});");
        let (ended, _) = run_on(FakeHost::new().on("alice x", &["bob CALL_CLOSED b1"]), &text);
        assert_eq!(ended.how, How::Error, "{ended:?}");
        assert!(ended.message.contains(why) || ended.advice.iter().any(|a| a.contains(why)), "{ended:?}");
        assert_eq!(place(&ended).0, 4);
    }
}

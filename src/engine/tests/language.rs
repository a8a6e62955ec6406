//! The language: durations, agents, their methods, directives.

use super::*;

#[test]
fn durations_are_literals() {
    let text = r#"
        let s = 3; let within = 1; let ms = 2; let m = 1;
        print(5s); print(500ms); print(2m); print(1.5s); print(1_000ms); print(-5s); print(0s);
        print(5s + 500ms - 1s); print(2 * 3s); print(10s / 4); print(3s - 5s); print(-(1s));
        print(5s == 5000ms); print(5s < 6s); print(1500.0 < 2s); print(2000 == 2s); print(2s >= 1999);
        print(`über ${5s} und ${[1s, 2s].len()} ${#{ a: 5m }.a}`);  /* ü */ print(3s-1s);
        print(0x5d); print(1e3); print(2.5); print(5s/1s); print("t: " + 5s);
    "#;
    let expected = [
        "5s",
        "500ms",
        "2m",
        "1.5s",
        "1s",
        "-5s",
        "0s",
        "4.5s",
        "6s",
        "2.5s",
        "-2s",
        "-1s",
        "true",
        "true",
        "true",
        "true",
        "true",
        "über 5s und 2 5m",
        "2s",
        "93",
        "1000.0",
        "2.5",
        "5.0",
        "t: 5s",
    ];
    let got = printed(text);
    assert_eq!(got, expected);
}

#[test]
fn what_is_nearly_a_duration_says_so() {
    for (text, why) in
        [("sleep(5sec);", "`5sec` is no number and no duration"), ("let x = 5h;", "5h"), ("sleep(5 s);", "")]
    {
        let errors = compile(&script(text)).unwrap_err();
        assert!(errors[0].message.contains(why), "{errors:?}");
    }
    let errors = compile(&script("let x = 5 s;")).unwrap_err();
    assert_eq!(errors[0].message, "`5 s` is no duration");
    assert_eq!(errors[0].advice.as_deref(), Some("write it without the space: 5s"));
}

#[test]
fn agents_are_declared_and_seen_in_functions() {
    let text = r#"
        let alice = agent("alice");
        const bob = agent("bob", #{ audio: "bob.wav", regint: 0, audio_codecs: ["PCMU/8000/1", "opus/48000/2"] });
        let desk = agent("<sip:100@pbx.example;transport=tls>;auth_pass=x", #{ name: "desk" });
        fn ring() { alice.dial(bob); let again = |n| alice.cmd("n" + n); again.call(1); desk.name }
        print(ring());
        print(alice); print(alice == agent("alice")); print(alice != bob); print(alice.name); print(alice.aor);
        fn shadow(alice) { alice } print(shadow(5));
    "#;
    let (ended, host) = run_text(text);
    assert_eq!(ended, Ended::finished());
    assert_eq!(host.prints(), ["desk", "alice", "true", "true", "alice", "sip:alice@127.0.0.1", "5"]);
    assert_eq!(host.commands(), ["alice dial bob", "alice n1"]);
    let asks = host.asks.lock().unwrap();
    assert_eq!(
        asks[1].options,
        [("audio", "bob.wav"), ("audio_codecs", "PCMU/8000/1,opus/48000/2"), ("regint", "0")]
            .map(|(key, value)| (key.to_string(), value.to_string()))
    );
    assert_eq!(
        (asks[2].account.as_str(), asks[2].name.as_deref()),
        ("<sip:100@pbx.example;transport=tls>;auth_pass=x", Some("desk"))
    );
    assert!(!asks.iter().any(|ask| ask.uanew));
}

#[test]
fn methods_are_baresips_commands() {
    let text = r#"
        let a = agent("a"); let b = agent("b");
        a.dial(b); a.dial("sip:x@y"); b.accept(); a.hold(); a.resume(); a.mute(); a.dtmf("12#"); a.dtmf(7);
        a.transfer(b); a.attended_transfer("sip:c@d"); a.complete_transfer(); a.abort_transfer();
        a.message(b, "hello there"); a.options(b); a.refer("sip:x@y", b); a.register(); a.unregister();
        a.header("X-Test", "50% done"); a.audio("a.wav"); a.cmd("reginfo"); a.cmd("dial", b); a.cmd("line", 2);
        a.hangup(); a.hangup(603); a.hangup(603, "Decline");
    "#;
    let (ended, host) = run_text(text);
    assert_eq!(ended, Ended::finished());
    let expected = [
        "a dial b",
        "a dial sip:x@y",
        "b accept",
        "a hold",
        "a resume",
        "a mute",
        "a sndcode 12#",
        "a sndcode 7",
        "a transfer b",
        "a atransferstart sip:c@d",
        "a atransferexec",
        "a atransferabort",
        "a message b hello there",
        "a options b",
        "a refer sip:x@y b",
        "a uareg account 0",
        "a uareg 0 0",
        "a uaaddheader X-Test=50%25%20done 0",
        "a ausrc aufile,a.wav",
        "a reginfo",
        "a dial b",
        "a line 2",
        "a hangup",
        "a hangup scode=603",
        "a hangup scode=603 reason=Decline",
    ];
    assert_eq!(host.commands(), expected);
}

#[test]
fn a_command_names_its_line_and_gives_its_answer() {
    let (_, host) = run_text(
        "let a = agent(\"a\");\n\n  let r = a.hold(); print(r.ok); print(r.data == \"\"); print(r.time > 1000.0);",
    );
    assert_eq!(host.prints(), ["true", "true", "true"]);
    let events = host.log.since(0);
    let at = events.iter().find_map(|event| match &event.body {
        Body::Command(command) => command.at.clone(),
        _ => None,
    });
    let at = at.unwrap();
    assert_eq!((at.line, at.column), (3, 13));
}

/// What the testfile compiler emits.
#[test]
fn a_compiled_testfile_runs() {
    let text = r#"hash("0123456789abcdef");
accept(["CALL_ESTABLISHED", "CALL_CLOSED"]);
ignore(["CALL_RTPESTAB"]);
ignore("A", "B");
include("x.rhai");
webhook("https://hooks.example/1");
repeat(3);
account("trunk");
fail_on("REGISTER_FAIL");
let ua2 = "sip:bob@127.0.0.1";
uanew("<sip:bob@127.0.0.1>;regint=0");
uanew("<sip:alice@127.0.0.1>;regint=0");
on("sip:alice@127.0.0.1").cmd("dial", ua2);
sleep(2ms);
uafind("sip:bob@127.0.0.1");
on("sip:bob@127.0.0.1").cmd("accept");
sleep(0s);
uadelall();
"#;
    let script = Script { lines: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 4, 5, 6, 6, 7], ..script(text) };
    let testfile = "_define…\nuanew …\nuanew …\ndial ua2|2ms\nuafind\naccept\nuadelall\n";
    let script = Script { source: Source::new("basic_call", testfile), ..script };
    let host = Arc::new(FakeHost::new());
    assert_eq!(run(&compile(&script).unwrap(), host.clone(), &ScriptLimits::default()), Ended::finished());
    assert_eq!(host.commands(), ["sip:alice@127.0.0.1 dial sip:bob@127.0.0.1", "sip:bob@127.0.0.1 accept"]);
    let directives: Vec<_> = host
        .notes()
        .into_iter()
        .filter_map(|note| match note {
            Note::Directive { name, values, .. } => Some(format!("{name} {}", values.join(","))),
            _ => None,
        })
        .collect();
    assert_eq!(
        directives,
        [
            "hash 0123456789abcdef",
            "accept CALL_ESTABLISHED,CALL_CLOSED",
            "ignore CALL_RTPESTAB",
            "ignore A,B",
            "include x.rhai",
            "webhook https://hooks.example/1",
            "repeat 3",
            "account trunk",
            "fail_on REGISTER_FAIL",
        ]
    );
    assert!(host.asks.lock().unwrap().iter().all(|ask| ask.uanew));
    let dial = host.log.since(0).iter().find_map(|event| match &event.body {
        Body::Command(command) => command.at.clone(),
        _ => None,
    });
    assert_eq!(dial, Some(At { source: "basic_call".into(), line: 4, column: 1 }));
}

#[test]
fn prints_and_event_values() {
    let text = r#"
        let bob = agent("bob");
        bob.cmd("x");
        let e = await bob.event("CALL_CLOSED");
        print(e); print(e["param"]); print(e.peer); print(e.time > 0.0); print(type_of(e)); debug("d");
        let call = e.call; print(call); print(`${call}!`);
        let f = |x| x + 1; print(f.call(1)); print(call(f, 2));
    "#;
    let (ended, host) = run_on(FakeHost::new().on("bob x", &["bob CALL_CLOSED b1 486 Busy"]), text);
    assert_eq!(ended, Ended::finished());
    assert_eq!(
        host.prints(),
        ["CALL_CLOSED (486 Busy) at bob", "486 Busy", "", "true", "Event", "\"d\"", "b1", "b1!", "2", "3"]
    );
}

#[test]
fn eval_and_curry_can_not_be_used() {
    for (text, word) in [("eval(\"1\");", "eval"), ("let f = || 1; f.curry(f);", "curry")] {
        let errors = compile(&script(text)).unwrap_err();
        assert_eq!(errors[0].message, format!("`{word}` can't be used in a test"));
    }
    assert_eq!(printed("let n = 1; let f = |x| n + x; print(f.call(2));"), ["3"]);
}

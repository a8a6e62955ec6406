//! What can be awaited, as scripts write it: counts, lists, conditions, digits, quiet; and what makes no sense.

use super::awaits::PAIR;
use super::*;

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

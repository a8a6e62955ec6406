//! What an await may take, on real calls: the answer to what was asked, of the call that is meant, received by who waits.

use crate::support::{Done, Telefonist};

const PAIR: &str = "import \"std/calls\" as calls;\nimport \"std/sip\" as sip;\n\
                    let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n";

fn run(script: &str) -> Done {
    Telefonist::new("run t.rhai --timeout 20s").file("t.rhai", &format!("{PAIR}{script}")).run()
}

#[test]
fn a_wait_after_a_command_is_about_what_the_command_sends() {
    // of the call's first INVITE nothing was awaited
    run(r#"
alice.dial(bob);
await bob.event("CALL_INCOMING");
bob.accept();
await all([alice.established(), bob.established()]);
alice.hold();
let asked = await alice.sip("INVITE").sent();
let came = await bob.sip("INVITE");
let answer = await alice.sip(200, "INVITE");
assert(asked.body.contains("sendonly") && came.body.contains("sendonly"), "not the hold's INVITE");
assert_eq([came.cseq, answer.cseq], [asked.cseq, asked.cseq]);
await bob.event("CALL_HOLD");
alice.resume();
let answer = await alice.sip(200, "INVITE");
assert(answer.cseq != asked.cseq, "the hold's answer");
alice.message(bob, "one");
await bob.message("one");
alice.message(bob, "two");
let two = await bob.sip("MESSAGE");
assert_eq(two.body, "two");
assert_eq((await alice.sip(200, "MESSAGE")).cseq, two.cseq);
alice.hangup();
await alice.sip(200, "BYE");
"#)
    .exits(0);
    // nobody answers the second one
    run("alice.message(bob, \"one\");\nawait bob.message(\"one\");\nalice.message(\"sip:x@127.0.0.1:9\", \"two\");\n\
         await alice.sip(200, \"MESSAGE\") within 500ms;\n")
    .exits(1)
    .says("no SIP 200 to MESSAGE at alice within 500 ms")
    .says("of a request that was sent before the newest command of its kind");
    run("calls::establish(alice, bob);\nawait alice.sip(200, \"INVITE\") within 500ms;\n").exits(1);
    run("calls::establish(alice, bob);\nassert_eq(sip::codecs(sip::answer(alice)), sip::codecs(sip::answer(bob)));\n\
         assert_eq(sip::offer(alice).cseq, sip::offer(bob).cseq);\nalice.hangup();\n")
    .exits(0);
}

#[test]
fn a_message_is_one_that_is_received_unless_the_wait_says_sent() {
    run("bob.message(alice, \"hello\");\nlet ok = await alice.sip(200, \"MESSAGE\").sent();\n\
         await bob.sip([200, 202], \"MESSAGE\");\nassert_eq(ok.direction, \"OUT\");\n\
         await bob.sip(\"MESSAGE\").sent();\nawait alice.sip(\"MESSAGE\");\n")
    .exits(0);
    run("bob.message(alice, \"hello\");\nawait alice.message();\nawait alice.sip(200..300, \"MESSAGE\") within 500ms;\n")
        .exits(1)
        .says("no SIP 200 to 299 to MESSAGE at alice")
        .says("it was sent, and one that is received was awaited");
}

#[test]
fn nothing_of_calls_that_ended_is_missed() {
    let script = |rest: &str| {
        format!(
            "let echo = agent(\"echo\", #{{ answermode: \"auto\" }});\nlet ended = [];\n\
             for n in 0..3 {{\n    let call = alice.dial(echo);\n    await alice.established();\n    alice.hangup();\n    \
             await alice.sip(200, \"BYE\");\n    ended.push(call);\n}}\n{rest}"
        )
    };
    for rest in [
        "await echo.closed().count(3);\nawait alice.closed().count(3);\n",
        "for n in 0..3 {\n    await echo.established();\n    await echo.closed();\n}\n",
        "for call in ended { await call.closed(); }\nlet first = (await echo.event(\"CALL_INCOMING\")).call;\n\
         await echo.event(\"CALL_INCOMING\");\nawait first.closed();\n",
    ] {
        run(&script(rest)).exits(0);
    }
}

#[test]
fn what_is_left_of_an_earlier_call_does_not_answer_for_the_newest() {
    let begun = std::time::Instant::now();
    run("alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\");\nbob.accept();\nawait bob.established();\nbob.hangup();\n\
         await bob.closed();\nalice.dial(bob);\nawait bob.event(\"CALL_INCOMING\");\nbob.hangup(486);\n\
         await alice.established() within 10m;\n")
    .exits(1)
    .says("no CALL_ESTABLISHED at alice, and it can't come any more: alice has no call any more, and nobody calls it")
    .says("in an earlier call, which does not count")
    .never_says("within 10");
    run("alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\");\nbob.hangup(603);\nawait alice.closed(486) within 10m;\n")
        .exits(1)
        .says("no CALL_CLOSED for `486` at alice, and it can't come any more")
        .says("its reason is not `486`");
    assert!(begun.elapsed().as_secs() < 300);
}

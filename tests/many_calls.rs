//! Several calls of one agent at once: their ports, and who waits for whom; calls with ICE.

use crate::support::Telefonist;

/// The calls of `bob` that come from `alice`.
fn calls(flags: &str, bob: &str, calls: usize, script: &str) -> Telefonist {
    let test = Telefonist::new(&format!("run call.rhai {flags}"));
    let begin = format!("let alice = agent(\"alice\");\nlet bob = agent(\"bob\"{bob});\nlet calls = [];\n");
    test.file("call.rhai", &format!("{begin}for n in 0..{calls} {{ {script} }}\n"))
}

/// Dials, and has the call answered.
const ONE_MORE: &str = "let call = alice.dial(bob); let there = (await bob.event(\"CALL_INCOMING\") within 20s).call; \
    there.accept(); await call.established() within 20s;";

#[test]
fn an_agent_has_ports_for_as_many_calls_as_it_may_have() {
    // each pair of the blocks is used
    let flags = "--max-calls 12 --rtp-ports 27000-27071";
    let test = calls(flags, "", 12, ONE_MORE);
    let full = std::fs::read_to_string(test.folder.path().join("call.rhai")).unwrap();
    test.run().exits(0);
    let test = test.file("call.rhai", &format!("{full}await agent(\"carol\").dial(bob).closed(486) within 20s;\n"));
    test.run().exits(0);
    // who has no port for a call says so
    let test = test.file("call.rhai", &format!("{full}alice.dial(bob);\n"));
    test.run().says("ua_connect failed: Address already in use");
}

#[test]
fn a_range_of_ports_that_is_too_small_for_the_calls_is_told_at_the_start() {
    let told = "--rtp-ports 27100-27119 do for 10 calls at once, and --max-calls allows an agent 50";
    let flags = "--max-calls 50 --rtp-ports 27100-27119";
    let test = calls(flags, "", 0, "");
    test.run().exits(0).says(told).says("--max-calls 10");
    test.then(&format!("check call.rhai {flags}")).exits(0).says(told);
    test.then(&format!("doctor {flags}")).says(told);
    test.then("check call.rhai --max-calls 50").exits(0).never_says("--max-calls allows");
}

#[test]
fn each_caller_gets_through_to_an_agent_that_answers_by_itself() {
    let test = calls("", ", #{ answermode: \"auto\" }", 5, "await alice.dial(bob).established() within 20s;");
    test.run().exits(0);
    let held = test.events().iter().filter(|event| event["type"] == "CALL_HOLD").count();
    assert_eq!(held, 0, "no call is held without a word");
}

#[test]
fn a_call_on_the_loopback_interface_may_use_ice() {
    let script = "let ice = #{ medianat: \"ice\" };\nlet alice = agent(\"alice\", ice);\nlet bob = agent(\"bob\", ice);\n\
        alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 20s;\nbob.accept();\n\
        await all([alice.event(\"CALL_RTPESTAB\"), bob.event(\"CALL_RTPESTAB\")]) within 20s;\n\
        assert((await alice.sip(200, \"INVITE\") within 20s).body.contains(\"a=candidate:\"));\nalice.hangup();\n";
    Telefonist::new("run call.rhai").file("call.rhai", script).run().exits(0);
}

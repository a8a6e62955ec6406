//! The standard library: its examples run, its docs are those of the repository, its failures name the caller's line.

use crate::peers::{PASSWORD, kamailio};
use crate::support::golden::{agree, compare};
use crate::support::{Telefonist, repository, tones};
use telefonist::engine::std_documentation;

/// What stands before each example: all modules, and the agents that it names without declaring them.
fn preamble(example: &str) -> String {
    let modules = std_documentation().into_iter().map(|module| format!("import \"std/{0}\" as {0};\n", module.name));
    let agents = ["alice", "bob", "charlie"].map(|name| match example.contains(&format!("let {name} =")) {
        true => String::new(),
        false => format!("let {name} = agent(\"{name}\", #{{ audio: \"{name}.wav\" }});\n"),
    });
    modules.collect::<String>() + agents.concat().as_str()
}

fn script(body: &str) -> String {
    preamble(body) + body
}

#[test]
fn every_example_of_the_docs_passes() {
    let registrar = kamailio();
    let mut test = Telefonist::new("run examples --jobs 4 --timeout 10s")
        .file("secrets", &format!("PASSWORD={PASSWORD}\n"))
        .argument("--env-file")
        .argument("secrets")
        .argument("--define")
        .argument(format!("registrar=127.0.0.1:{}", registrar.port));
    let mut count = 0;
    for module in std_documentation() {
        for function in &module.functions {
            let example = function.example().expect("an example");
            let name = format!("examples/{}-{}-{}.rhai", module.name, function.name, function.parameters.len());
            test = test.file(&name, &script(example));
            count += 1;
        }
    }
    test.run().exits(0).says(&format!("{count} passed"));
    let check = test.command_with(&["check", "examples"]).output().expect("the program starts");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn what_a_function_expected_and_what_came_is_told_at_the_callers_line() {
    let registrar = kamailio();
    let account = |user: &str| format!("agent(\"<sip:{user}@127.0.0.1:{}>;auth_pass=wrong\")", registrar.port);
    let nobody = "`sip:nobody@${bob.address}`";
    let in_call = "calls::establish(alice, bob);\ncalls::media(alice, bob);\n";
    for (body, line, told) in [
        (format!("calls::connect(alice, {nobody});\n"), 1, "to be established, but it ended at alice: 404"),
        (format!("calls::refused(alice, {nobody}, 486);\n"), 1, "refused with 486 by"),
        (format!("{in_call}alice.dtmf(\"13\");\ndtmf::expect(bob, \"12\");\n"), 4, "after \"1\" came 3, not 2"),
        (format!("{in_call}alice.dtmf(\"7\");\ndtmf::choice(bob, \"12\");\n"), 4, "it received 7"),
        ("alice.message(bob, \"hi\");\nmessages::expect(bob, \"ho\");\n".into(), 2, "but received \"hi\""),
        (format!("let thief = {};\nregistration::register(thief);\n", account("alice")), 2, "refused: 401"),
        (format!("let thief = {};\nregistration::refused(thief, 403);\n", account("alice")), 2, "answer was: 401"),
        ("retry::times(2, || {\n    throw \"never\";\n});\n".into(), 1, "never"),
        ("retry::eventually(150ms, || 1 > 2);\n".into(), 1, "within 150ms did not"),
    ] {
        let first = preamble(&body).lines().count();
        let test = Telefonist::new("run call.rhai --timeout 5s").file("call.rhai", &script(&body));
        test.run().exits(1).says("FAIL").says(told).says(&format!("call.rhai:{}", first + line));
    }
}

/// Each of these parties answers by itself and is named by its address, as a phone or a PBX is.
#[test]
fn the_other_side_may_be_somebody_who_is_no_agent_of_the_test() {
    let echo = "let echo = agent(\"echo\", #{ answermode: \"auto\", audio: \"alice.wav\" });\n\
                let there = `sip:echo@${echo.address}`;\n";
    let caller = |user: &str| {
        format!(
            "let phone = agent(\"phone\");\nphone.dial(`sip:bob@${{bob.address}}`);\nlet there = \"sip:{user}@pbx.example\";\n"
        )
    };
    let call = "calls::establish(alice, there);\ncalls::media(alice, there);\n";
    let passing = [
        format!(
            "{echo}{call}calls::hold(alice, there);\ncalls::resume(alice, there);\ndtmf::send(alice, there, \"1\");\n\
                 let end = calls::hangup(alice, there);\nassert_eq!(end.agent, \"alice\");\n"
        )
        .replace("assert_eq!", "assert_eq"),
        format!(
            "{}let made = calls::establish(there, bob);\nassert_eq(made.caller, ());\nassert_eq(made.callee.direction, \"incoming\");\n\
                 calls::media(bob);\ncalls::hold(bob, there);\ncalls::resume(bob);\ncalls::hangup(bob, there);\n",
            caller("phone")
        ),
        format!(
            "{}let end = calls::reject(there, bob, 486);\nassert_eq(end.agent, \"bob\");\nawait phone.closed(486);\n",
            caller("phone")
        ),
        format!("{echo}let taken = messages::send(alice, there, \"hello\");\nassert_eq(taken.status, 200);\n"),
        format!(
            "{echo}{call}let moved = transfers::blind(alice, there, bob);\nassert_eq(moved.transferee, ());\n\
                 assert_eq(moved.target.agent, \"bob\");\n"
        ),
        format!(
            "{echo}calls::establish(alice, bob);\nlet moved = transfers::blind(alice, bob, there);\nassert_eq(moved.target, ());\n\
                 calls::media(bob);\n"
        ),
        format!(
            "{echo}let up = calls::conference(alice, [bob, there]);\nassert_eq(up.len(), 2);\nassert_eq(up[1].agent, \"alice\");\n"
        ),
        "let ringing = agent(\"ringing\");\nlet there = `sip:ringing@${ringing.address}`;\n\
         assert_eq(calls::ring_for(alice, there, 50ms).agent, \"alice\");\n"
            .to_string(),
    ];
    let mut test = Telefonist::new("run foreign --jobs 4 --timeout 10s");
    for (n, body) in passing.iter().enumerate() {
        test = test.file(&format!("foreign/{n}.rhai"), &script(body));
    }
    test.run().exits(0).says(&format!("{} passed", passing.len()));
    for (body, told) in [
        (
            "calls::establish(alice, `sip:nobody@${bob.address}`);\n".to_string(),
            "was to be established, but it ended at alice: 404",
        ),
        (format!("{}calls::establish(there, bob);\n", caller("boss")), "but the call came from"),
        (
            "calls::establish(\"sip:a@127.0.0.1\", \"sip:b@127.0.0.1\");\n".to_string(),
            "that has to be an agent of the test",
        ),
    ] {
        let test = Telefonist::new("run call.rhai --timeout 5s").file("call.rhai", &script(&body));
        test.run().exits(1).says(told);
    }
}

/// The registrar's answers to a hold and a text that the agent sends to somebody else.
#[test]
fn a_refusal_of_somebody_else_is_told() {
    use crate::support::odd_peer::OddPeer;
    let peer = OddPeer::new();
    let body = format!(
        "let there = \"sip:odd@{}\";\ncalls::establish(alice, there);\ncalls::hold(alice, there);\n",
        peer.address()
    );
    let test = Telefonist::new("run call.rhai --timeout 5s").file("call.rhai", &script(&body));
    let running = std::thread::spawn(move || test.run());
    let invite = peer.receive("INVITE ");
    peer.respond(&invite, "200 OK", "t1", &peer.sdp());
    peer.receive("ACK ");
    let again = peer.receive("INVITE ");
    peer.respond(&again, "488 Not Acceptable Here", "t1", "");
    running.join().unwrap().exits(1).says("alice was to hold its call, but it was refused: 488 Not Acceptable Here");
}

/// RFC 3261 section 10.2.4: a refresh has the Call-ID of the first REGISTER, and the next CSeq. The registrar takes each nonce once.
#[test]
fn a_registration_once_more_is_one_request_in_the_same_dialog() {
    let registrar = kamailio();
    let body = "let carol = agent(`<sip:carol@${param(\"registrar\")}>;auth_pass=${secret(\"PASSWORD\")};regint=120`);\n\
                registration::register(carol);\nregistration::again(carol);\nregistration::again(carol);\n";
    let test = Telefonist::new("run call.rhai --timeout 10s")
        .file("secrets", &format!("PASSWORD={PASSWORD}\n"))
        .argument("--env-file")
        .argument("secrets")
        .argument("--define")
        .argument(format!("registrar=127.0.0.1:{}", registrar.port))
        .file("call.rhai", &script(body));
    test.run().exits(0);
    let is_sent = |event: &serde_json::Value| {
        event["direction"] == "OUT" && event["method"] == "REGISTER" && event["status"].is_null()
    };
    let header = |event: &serde_json::Value, name: &str| {
        let headers = event["headers"].as_array().into_iter().flatten();
        let found =
            headers.filter(|header| header[0].as_str() == Some(name)).map(|header| header[1].to_string()).next();
        found.unwrap_or_default()
    };
    let sent: Vec<_> = test.events().into_iter().filter(is_sent).collect();
    // each is sent again with credentials at most once; the last gives the registration up
    assert!((4..=8).contains(&sent.len()), "{sent:#?}");
    let ids: std::collections::BTreeSet<_> = sent.iter().map(|event| event["call_id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{sent:#?}");
    let numbers: Vec<u32> = sent
        .iter()
        .map(|event| header(event, "CSeq").trim_matches('"').split(' ').next().unwrap_or_default().parse().unwrap_or(0))
        .collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    let given_up = sent.iter().filter(|event| header(event, "Contact").contains("expires=0")).count();
    assert!(given_up <= 2 && header(&sent[0], "Contact").contains("expires=120"), "{sent:#?}");
}

#[test]
fn a_check_knows_the_functions() {
    let text = "import \"std/calls\" as calls;\nlet alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n\
                calls::establsh(alice, bob);\ncalls::reject(alice, bob);\n";
    let test = Telefonist::new("check call.rhai").file("call.rhai", text);
    test.run().exits(2).says("call.rhai:4").says("did you mean `establish`").says("call.rhai:5").says("3 arguments");
}

#[test]
fn the_docs_are_shown_and_a_wrong_name_gets_the_nearest() {
    let shown = |name: &str| Telefonist::new("stdlib").argument(name).run();
    let list = Telefonist::new("stdlib").run().exits(0).stdout;
    for module in std_documentation() {
        assert!(list.contains(&format!("import \"std/{0}\" as {0};", module.name)), "{list}");
        for function in &module.functions {
            assert!(list.contains(function.summary()), "{} of {list}", function.name);
            shown(&format!("{}::{}", module.name, function.name)).exits(0).says(function.about.lines().next().unwrap());
        }
    }
    shown("std/calls").exits(0).says("## calls").says("calls::hangup(agent, peer)").never_says("dtmf::send");
    shown("calls::establsh").exits(2).says("did you mean `calls::establish`?");
    shown("establish").exits(2).says("did you mean `calls::establish`?");
    shown("cals").exits(2).says("did you mean `calls`?");
    shown("\u{1b}[31mx").exits(2).says("the modules are: audio, calls").never_says("\u{1b}");
}

#[test]
fn the_page_of_the_repository_has_the_docs() {
    let mut page = "# The standard library\n\nWhat `telefonist stdlib` shows, made from the doc comments in \
                    [stdlib](../stdlib). A function that fails ends the test at the line that calls it, and says what was \
                    expected and what came; waits end at the test's time limit (`--timeout`).\n"
        .to_string();
    for module in std_documentation() {
        page += "\n";
        page += &Telefonist::new("stdlib").argument(module.name).run().exits(0).stdout;
    }
    agree(compare(&repository().join("docs/stdlib.md"), &page));
}

/// How much of two tones is in the last second of a recording, in amplitudes, in those 100 ms of it where the first is loudest: a
/// busy machine leaves gaps, after which the tones go on with another phase. 100 ms are whole periods of both, so that a piece
/// without a gap shows nothing of one in the other.
fn amplitudes(file: &std::path::Path, loud: f64, other: f64) -> (f64, f64) {
    let (samples, rate) = tones::samples(file);
    let pieces = samples[samples.len().saturating_sub(rate)..].chunks_exact(rate / 10);
    let amplitude = |piece: &[f64], frequency| tones::amplitude(piece, rate, frequency);
    let both = pieces.map(|piece| (amplitude(piece, loud), amplitude(piece, other)));
    both.max_by(|a, b| a.0.total_cmp(&b.0)).expect("a second of sound")
}

#[test]
fn the_guests_of_a_conference_hear_each_other() {
    let body = "let host = agent(\"host\");\ncalls::conference(host, [alice, bob]);\nsleep(2s);\n\
                calls::hangup(alice, host);\n calls::hangup(bob, host);\n";
    let test = Telefonist::new("run call.rhai").file("call.rhai", &script(body));
    test.run().exits(0);
    // alice.wav is 440 Hz, bob.wav is 1000 Hz; an echo of one's own voice would be no conference
    for (guest, others, own) in [("alice", 1000.0, 440.0), ("bob", 440.0, 1000.0)] {
        let file = test.run_folder().join(format!("recordings/{guest}-1.wav"));
        let (others, own) = amplitudes(&file, others, own);
        assert!(others > 1000.0 && own < 200.0, "at {guest}: others {others}, own {own}");
    }
}

//! Calls that fail, at real agents and peers, and what a user reads of why: `tests/why/<case>.txt`, with what varies masked.
//! `UPDATE=1 cargo test` rewrites them.

mod connections;

use crate::peers::{PASSWORD, kamailio, sipp};
use crate::support::golden::{agree, compare};
use crate::support::{Telefonist, children, repository, wait_for_event};
use regex::Regex;
use serde_json::Value;
use std::net::UdpSocket;

/// Reasons and findings of the only run, as plain text: times, ports and counts of packets masked.
fn told(test: &Telefonist) -> String {
    let verdict = std::fs::read_to_string(test.run_folder().join("verdict.json")).expect("the verdict is kept");
    let verdict: Value = serde_json::from_str(&verdict).expect("the verdict is JSON");
    let texts = |value: &Value| -> Vec<String> {
        let texts = value.as_array().map(Vec::as_slice).unwrap_or_default();
        texts.iter().map(|text| text.as_str().expect("a text").to_string()).collect()
    };
    let list = |key: &str| verdict[key].as_array().cloned().unwrap_or_default();
    let mut lines = vec![];
    for reason in list("reasons") {
        lines.push(reason["message"].as_str().expect("a message").to_string());
        // what else came meanwhile is partly chance
        let details = texts(&reason["details"]).into_iter().filter(|line| !line.contains(" had: "));
        lines.extend(details.map(|line| format!("  {line}")));
    }
    for finding in list("findings") {
        lines.push(finding["about"].as_str().expect("a subject").to_string());
        lines.extend(texts(&finding["lines"]).iter().map(|line| format!("  {line}")));
    }
    masked(&(lines.join("\n") + "\n"))
}

fn masked(text: &str) -> String {
    // sipp may not listen yet when the first INVITE comes
    let masks = [
        (r"(?m)^  \d+\.\d{3} s  ", "  #.### s  "),
        (r"\d+\.\d+ s\b", "# s"),
        // a fast machine
        (r"\bright (after|before) ", "# s $1 "),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"sent \d+ RTP packets", "sent N RTP packets"),
        (r"\(Server: kamailio \(.*\)\)", "(Server: kamailio)"),
    ];
    masks.iter().fold(text.to_string(), |text, (pattern, to)| {
        Regex::new(pattern).expect("a pattern").replace_all(&text, *to).into_owned()
    })
}

/// Which of an agent's first lines is the last one is a race: they are only counted.
#[track_caller]
fn without_log(told: &str) -> String {
    let is_log = |line: &&str| line.starts_with("  log: ");
    let count = told.lines().filter(is_log).count();
    assert!((1..=6).contains(&count), "{told}");
    told.lines().filter(|line| !is_log(line)).map(|line| format!("{line}\n")).collect()
}

#[track_caller]
fn compared(case: &str, told: &str) {
    let file = repository().join("tests/why").join(format!("{case}.txt"));
    agree(compare(&file, told));
}

/// Runs a script that fails and compares its explanation.
#[track_caller]
fn fails(case: &str, script: &str) {
    let test = Telefonist::new("run t.rhai").file("t.rhai", script);
    test.run().exits(1);
    compared(case, &told(&test));
}

/// A call between two agents, up to where the callee rings.
fn ringing(then: &str) -> String {
    format!(
        "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nalice.dial(bob);\n\
         await bob.event(\"CALL_INCOMING\") within 5s;\n{then}\n"
    )
}

/// A call of alice's to a port.
fn dials(port: u16, within: &str) -> String {
    format!(
        "let alice = agent(\"alice\");\nalice.dial(\"sip:bob@127.0.0.1:{port}\");\n\
         await alice.event(\"CALL_ESTABLISHED\") within {within};\n"
    )
}

/// Without how often the INVITE went out: sipp may not listen yet when the first one comes.
fn fails_with_sipp(case: &str, arguments: &[&str], script: impl Fn(u16) -> String) {
    let peer = sipp(arguments);
    let test = Telefonist::new("run t.rhai").file("t.rhai", &script(peer.port));
    test.run().exits(1);
    let again = Regex::new(r", sent (once|\d+ times) in # s").expect("a pattern");
    compared(case, &again.replace_all(&told(&test), ""));
}

fn refused_by_sipp(case: &str, status: &str, header: &str) {
    let scenario = std::fs::read_to_string(repository().join("tests/support/refuse.xml")).expect("the scenario");
    let folder = tempfile::tempdir().expect("a folder for the scenario");
    let file = folder.path().join("refuse.xml");
    std::fs::write(&file, scenario.replace("@STATUS@", status).replace("@HEADER@", header)).expect("it is written");
    // the awaited event can't come once the call is closed, and nothing is awaited for long
    let script = |port| {
        format!(
            "let alice = agent(\"alice\");\nalice.dial(\"sip:bob@127.0.0.1:{port}\");\n\
             await alice.event(\"CALL_CLOSED\") within 8s;\nawait alice.event(\"CALL_ESTABLISHED\") within 10ms;\n"
        )
    };
    fails_with_sipp(case, &["-sf", file.to_str().expect("a path of letters")], script);
}

#[test]
fn busy() {
    fails("busy", &ringing("bob.hangup();\nawait alice.event(\"CALL_ESTABLISHED\") within 500ms;"));
}

#[test]
fn declined() {
    let then = "bob.cmd(\"hangup scode=603 reason=Decline\");\nawait alice.event(\"CALL_ESTABLISHED\") within 500ms;";
    fails("declined", &ringing(then));
}

#[test]
fn cancelled() {
    fails("cancelled", &ringing("alice.hangup();\nawait bob.event(\"CALL_ESTABLISHED\") within 500ms;"));
}

#[test]
fn rings_and_is_not_accepted() {
    fails("not_accepted", &ringing("await alice.event(\"CALL_ESTABLISHED\") within 500ms;"));
}

#[test]
fn no_common_codec() {
    let script = "let alice = agent(\"<sip:alice@127.0.0.1>;regint=0;audio_codecs=PCMU/8000/1\");\n\
         let bob = agent(\"<sip:bob@127.0.0.1>;regint=0;audio_codecs=opus/48000/2\");\n\
         alice.dial(bob);\nawait alice.event(\"CALL_ESTABLISHED\") within 500ms;\n";
    fails("codecs", script);
}

#[test]
fn encryption_that_the_other_side_lacks() {
    let script = "let alice = agent(\"<sip:alice@127.0.0.1>;regint=0;mediaenc=srtp-mand\");\nlet bob = agent(\"bob\");\n\
         alice.dial(bob);\nawait bob.event(\"CALL_ESTABLISHED\") within 500ms;\n";
    fails("encryption", script);
}

#[test]
fn nobody_answers_over_udp() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a port");
    fails("silence", &dials(silent.local_addr().expect("its address").port(), "1s"));
}

#[test]
fn nobody_listens_over_tcp() {
    // a TCP port that was free a moment ago
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
    let script = dials(port, "500ms").replace(&format!(":{port}"), &format!(":{port};transport=tcp"));
    fails("refused_connection", &script);
}

#[test]
fn a_registrar_that_is_silent() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("its address").port();
    let script = format!(
        "let alice = agent(\"<sip:alice@127.0.0.1:{port}>;auth_pass=topsecret\");\n\
         await alice.event(\"REGISTER_OK\") within 1s;\n"
    );
    fails("silent_registrar", &script);
}

#[test]
fn a_wrong_password_and_none() {
    let registrar = kamailio();
    for (case, password) in [("wrong_password", ";auth_pass=topsecret"), ("no_password", "")] {
        let script = format!(
            "let alice = agent(\"<sip:alice@127.0.0.1:{}>{password}\");\nawait alice.event(\"REGISTER_OK\") within 1s;\n",
            registrar.port
        );
        fails(case, &script);
    }
}

#[test]
fn a_callee_that_the_proxy_does_not_know() {
    let proxy = kamailio();
    fails("not_found", &dials(proxy.port, "1s"));
}

#[test]
fn busy_behind_a_proxy() {
    let proxy = kamailio();
    let script = format!(
        "let alice = agent(\"<sip:alice@127.0.0.1:{port}>;auth_pass={PASSWORD}\");\n\
         let bob = agent(\"<sip:bob@127.0.0.1:{port}>;auth_pass={PASSWORD}\");\n\
         await all([alice.event(\"REGISTER_OK\"), bob.event(\"REGISTER_OK\")]) within 5s;\nalice.dial(bob);\n\
         await bob.event(\"CALL_INCOMING\") within 5s;\nbob.hangup();\n\
         await alice.event(\"CALL_CLOSED\") within 5s;\nawait alice.event(\"CALL_ESTABLISHED\") within 10ms;\n",
        port = proxy.port
    );
    fails("busy_behind_a_proxy", &script);
}

#[test]
fn redirected() {
    refused_by_sipp("redirected", "302 Moved Temporarily", "Contact: <sip:carol@192.0.2.7:5080;x=1>;q=0.5");
}

#[test]
fn unavailable_for_some_time() {
    refused_by_sipp("unavailable", "503 Service Unavailable", "Retry-After: 30 (lunch)");
}

#[test]
fn a_proxy_that_wants_a_password() {
    let scenario = repository().join("tests/support/challenge.xml");
    let script = |port| {
        format!(
            "let alice = agent(\"<sip:alice@127.0.0.1>;regint=0;auth_user=al;auth_pass=topsecret\");\n\
             alice.dial(\"sip:bob@127.0.0.1:{port}\");\nawait alice.event(\"CALL_CLOSED\") within 8s;\n\
             await alice.event(\"CALL_ESTABLISHED\") within 10ms;\n"
        )
    };
    fails_with_sipp("proxy_authentication", &["-sf", scenario.to_str().expect("a path of letters")], script);
}

#[test]
fn a_reason_of_the_telephone_network() {
    refused_by_sipp("reason", "480 Temporarily Unavailable", "Reason: Q.850;cause=20;text=\"not here\"");
}

#[test]
fn an_extension_that_is_required() {
    refused_by_sipp("extension", "421 Extension Required", "Require: 100rel");
}

#[test]
fn a_warning() {
    refused_by_sipp("warning", "488 Not Acceptable Here", "Warning: 305 pbx.example \"only AMR\"");
}

#[test]
fn sound_that_goes_one_way() {
    let script = |port| {
        format!(
            "let alice = agent(\"alice\");\nalice.dial(\"sip:service@127.0.0.1:{port}\");\n\
             await alice.event(\"CALL_ESTABLISHED\") within 8s;\nawait alice.event(\"CALL_RTPESTAB\") within 1s;\n"
        )
    };
    fails_with_sipp("one_way", &["-sn", "uas"], script);
}

#[test]
fn a_call_that_the_peer_ends_too_early() {
    let scenario = repository().join("tests/support/end.xml");
    let script = |port| {
        format!(
            "let alice = agent(\"alice\");\nalice.dial(\"sip:service@127.0.0.1:{port}\");\n\
             await alice.event(\"CALL_CLOSED\") within 8s;\nawait alice.event(\"CALL_DTMF_START\") within 10ms;\n"
        )
    };
    fails_with_sipp("ended_early", &["-sf", scenario.to_str().expect("a path of letters")], script);
}

#[test]
fn an_agent_that_is_killed() {
    let script = "let alice = agent(\"alice\");\nawait alice.event(\"CALL_INCOMING\") within 20s;\n";
    let test = Telefonist::new("run t.rhai").file("t.rhai", script);
    let mut child = test.start();
    wait_for_event(&mut child, &test.folder.path().join("data"), &["WAITING", "CALL_INCOMING"]);
    let agents = children(child.id());
    assert_eq!(agents.len(), 1);
    // SAFETY: plain kill(2) on a process that this test started
    assert_eq!(unsafe { libc::kill(agents[0] as i32, libc::SIGKILL) }, 0);
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(3));
    compared("killed", &without_log(&told(&test)));
}

#[test]
fn an_agent_that_hangs() {
    let script = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nalice.cmd(\"about\");\nbob.cmd(\"about\");\n\
         await alice.sip(\"OPTIONS\") within 20s;\nalice.dial(bob);\nbob.accept();\n";
    let test = Telefonist::new("run t.rhai").file("t.rhai", script);
    let mut child = test.start();
    wait_for_event(&mut child, &test.folder.path().join("data"), &["WAITING", "OPTIONS"]);
    let starting: Vec<Value> = test.events().into_iter().filter(|event| event["type"] == "AGENT_STARTING").collect();
    let mut agents = children(child.id());
    agents.sort();
    let bob = starting.iter().position(|event| event["agent"] == "bob").expect("bob was started");
    // SAFETY: plain kill(2) on a process that this test started
    assert_eq!(unsafe { libc::kill(agents[bob] as i32, libc::SIGSTOP) }, 0);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let own = socket.local_addr().expect("its address");
    let alice = starting.iter().find(|event| event["agent"] == "alice").expect("alice was started")["address"].clone();
    let alice = alice.as_str().expect("an address");
    let options = format!(
        "OPTIONS sip:alice@{alice} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK1\r\nFrom: <sip:x@{own}>;tag=1\r\n\
         To: <sip:alice@{alice}>\r\nCall-ID: go\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
    socket.send_to(options.as_bytes(), alice).expect("it is sent");
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(3));
    compared("hangs", &without_log(&told(&test)));
}

#[test]
fn the_first_difference_from_the_last_run_that_passed() {
    let script = |end: &str| {
        ringing(&format!(
            "bob.{end}();\nawait alice.event(\"CALL_CLOSED\").where(|e| e.param.contains(\"486\")) within 1s;"
        ))
    };
    let test = Telefonist::new("run t.rhai").file("t.rhai", &script("hangup"));
    test.run().exits(0);
    let test = test.file("t.rhai", &script("accept"));
    test.run().exits(1);
    let told = told(&test);
    let found = "the first difference from the last run that passed\n  instead of `CALL_CLOSED 486";
    assert!(told.contains(found), "{told}");
}

#[test]
fn a_replay_tells_the_same() {
    let script = ringing("bob.hangup();\nawait alice.event(\"CALL_ESTABLISHED\") within 500ms;");
    let test = Telefonist::new("run t.rhai").file("t.rhai", &script);
    test.run().exits(1);
    let replay = Telefonist::new("replay").argument(test.run_folder().display().to_string()).run();
    let replay = replay.says("alice's call to bob was refused: 486 Busy Here from bob");
    replay.says("alice → bob  ACK").never_says("the kept verdict differs");
}

#[test]
fn an_old_baresip_tells_the_same() {
    let script = ringing("bob.hangup();\nawait alice.event(\"CALL_ESTABLISHED\") within 500ms;");
    let test = Telefonist::new("run t.rhai --baresip").argument(crate::support::OLD_BARESIP).file("t.rhai", &script);
    test.run().exits(1);
    compared("busy_1.0.0", &told(&test));
}

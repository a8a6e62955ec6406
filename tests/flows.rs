//! What stands in a flow, what does not, and how a test accepts one: on real agents, and against peers that answer as few do.

use crate::support::Telefonist;
use crate::support::odd_peer::{OddPeer, Received};
use std::thread;

/// A test `call.rhai` beside a peer, whose address is its PEER.
fn with(peer: &OddPeer, script: &str) -> Telefonist {
    let test = Telefonist::new("run call.rhai --define").argument(format!("PEER={}", peer.address()));
    let begin = "let alice = agent(\"alice\");\nlet peer = \"sip:peer@\" + param(\"PEER\");\n";
    test.file("call.rhai", &format!("{begin}{script}"))
}

/// The next request of that method that was not there yet: retransmissions have the same CSeq.
fn next(peer: &OddPeer, method: &str, last: &Received) -> Received {
    loop {
        let request = peer.receive(method);
        if request.header("CSeq") != last.header("CSeq") {
            return request;
        }
    }
}

/// Takes the call.
fn answer(peer: &OddPeer) -> Received {
    let invite = peer.receive("INVITE");
    peer.respond(&invite, "200 OK", "a", &peer.sdp());
    peer.receive("ACK");
    invite
}

fn flow(test: &Telefonist) -> String {
    std::fs::read_to_string(test.run_folder().join("flow.txt")).expect("the flow is kept")
}

#[test]
fn own_holds_and_resumes_stand_in_the_flow_with_what_became_of_them() {
    let peer = OddPeer::new();
    let test = with(
        &peer,
        "alice.dial(peer);\nawait alice.established() within 20s;\nalice.hold();\n\
         await alice.sip(200, \"INVITE\").where(|m| m.body.contains(\"a=recvonly\")) within 20s;\n\
         alice.resume();\nawait alice.sip(488) within 20s;\nalice.hangup();\n",
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            let invite = answer(&peer);
            let hold = next(&peer, "INVITE", &invite);
            peer.respond(&hold, "200 OK", "a", &format!("{}a=recvonly\r\n", peer.sdp()));
            let resume = next(&peer, "INVITE", &hold);
            peer.respond(&resume, "488 Not Acceptable Here", "a", "");
            peer.respond(&peer.receive("BYE"), "481 No Such Call", "a", "");
        });
        test.run().exits(0);
    });
    let expected = "alice\n  call 1, outgoing, peer@127.0.0.1\n    CALL_ESTABLISHED\n    CALL_CLOSED local\n    sent\n      \
                    SENT_HOLD answered recvonly\n      SENT_RESUME refused 488 Not Acceptable Here\n      \
                    SENT_BYE refused 481 No Such Call\n";
    assert_eq!(flow(&test), expected);
}

#[test]
fn what_is_never_answered_stands_in_the_flow_once() {
    let peer = OddPeer::new();
    let test = with(
        &peer,
        // the hold is repeated meanwhile
        "alice.dial(peer);\nawait alice.established() within 20s;\nalice.hold();\n\
         await alice.sip(\"INVITE\").sent().count(3) within 20s;\nalice.hangup();\n",
    );
    thread::scope(|scope| {
        scope.spawn(|| answer(&peer));
        test.run().exits(0);
    });
    let expected = "alice\n  call 1, outgoing, peer@127.0.0.1\n    CALL_ESTABLISHED\n    CALL_CLOSED local\n    sent\n      \
                    SENT_HOLD unanswered\n      SENT_BYE unanswered\n";
    assert_eq!(flow(&test), expected);
}

#[test]
fn early_media_and_refused_requests_out_of_calls_stand_in_the_flow() {
    let peer = OddPeer::new();
    let test = with(
        &peer,
        "alice.message(peer, \"hello\");\nawait alice.sip(404) within 20s;\nalice.dial(peer);\n\
         await alice.event(\"CALL_PROGRESS\") within 20s;\nawait alice.established() within 20s;\nalice.hangup();\n",
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            peer.respond(&peer.receive("MESSAGE"), "404 Not Found", "a", "");
            let invite = peer.receive("INVITE");
            for _ in 0..3 {
                peer.respond(&invite, "180 Ringing", "a", "");
                peer.respond(&invite, "183 Session Progress", "a", &peer.sdp());
            }
            peer.respond(&invite, "200 OK", "a", &peer.sdp());
            peer.respond(&peer.receive("BYE"), "200 OK", "a", "");
        });
        test.run().exits(0);
    });
    let expected = "alice\n  SENT_MESSAGE to peer@127.0.0.1 refused 404 Not Found\n  call 1, outgoing, peer@127.0.0.1\n    \
                    CALL_RINGING\n    CALL_PROGRESS\n    CALL_ESTABLISHED\n    CALL_CLOSED local\n";
    assert_eq!(flow(&test), expected);
}

/// Two callers at one agent, hang-ups that nobody waits for, a call given up while it begins to ring.
const CHANCE: &str = r#"let alice = agent("alice");
let bob = agent("bob");
let carol = agent("carol");
parallel([|| alice.dial(carol), || bob.dial(carol)]);
let calls = await carol.event("CALL_INCOMING").count(2) within 20s;
for event in calls {
    event.call.accept();
}
await all([alice.established(), bob.established()]) within 20s;
parallel([|| alice.message(carol, "one"), || bob.message(carol, "two")]);
alice.hangup();
bob.hangup();
"#;

#[test]
fn what_chance_decides_does_not_change_a_hash() {
    let test = Telefonist::new("run call.rhai --repeat 6 --jobs 3").file("call.rhai", CHANCE);
    let done = test.run().exits(0);
    let hashes: Vec<&str> =
        done.stdout.lines().filter_map(|line| line.split_once("hash ")).map(|(_, hash)| hash).collect();
    assert_eq!(hashes.len(), 6, "{}", done.stdout);
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{}", done.stdout);
    // what nobody waited for is there all the same
    let flow = flow(&test);
    assert_eq!(flow.matches("CALL_CLOSED remote").count(), 2, "{flow}");
    assert!(flow.contains("MESSAGE alice \"one\"\n  MESSAGE bob \"two\""), "{flow}");
    assert!(!flow.contains("RTPESTAB"), "{flow}");
}

#[test]
fn an_update_trusts_runs_that_agree_and_says_what_varies() {
    let call = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nlet sent = alice.message(bob, `now`);\n\
                await bob.message() within 20s;\n";
    let test = Telefonist::new("run call.rhai --update").file("call.rhai", call);
    test.run().exits(0).says("repetition 3 of 3").says("call.rhai has hash");
    test.then("run call.rhai").exits(0).never_says("warning");
    // a text that is another one in each run
    let varies = call.replace("`now`", "`${alice.cmd(\"uuid\").time}`");
    let test = Telefonist::new("run call.rhai --update").file("call.rhai", &varies);
    let done = test.run().exits(3).says("call.rhai is not updated: its flow is not the same in 3 runs");
    done.says("instead of `MESSAGE alice").says("ignore(\"MESSAGE\");").never_says("has hash");
    let path = test.folder.path();
    assert_eq!(std::fs::read_to_string(path.join("call.rhai")).unwrap(), varies);
    assert!(!path.join("call.rhai.flow").exists());
    // one run is trusted where that is asked for
    test.then("run call.rhai --update=1").exits(0).says("call.rhai has hash").never_says("repetition");
}

#[test]
fn tests_of_a_loop_keep_a_hash_each() {
    let text = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nfor code in [480, 486] {\n    \
                test `refused with ${code}` {\n        alice.dial(bob);\n        \
                await bob.event(\"CALL_INCOMING\") within 20s;\n        bob.hangup(code);\n        \
                await alice.closed() within 20s;\n    }\n}\n";
    let test = Telefonist::new("run t.rhai --update=1").file("t.rhai", text);
    test.run().exits(0).says("refused with 480 has hash").says("refused with 486 has hash");
    let path = test.folder.path().join("t.rhai");
    let updated = std::fs::read_to_string(&path).unwrap();
    assert!(updated.starts_with("hash(#{\n    \"refused with 480\": \"") && updated.ends_with(text), "{updated}");
    test.then("run t.rhai").exits(0).says("2 passed").never_says("warning");
    // each is judged by its own
    std::fs::write(&path, updated.replace("bob.hangup(code);", "bob.hangup(if code == 486 { 603 } else { code });"))
        .unwrap();
    test.then("run t.rhai").exits(1).says("1 passed, 1 failed").says("603");
    // one that is not in the list, and one that is no test
    std::fs::write(&path, updated.replace("[480, 486]", "[486, 603]")).unwrap();
    let done = test.then("run t.rhai").exits(0).says("no test is called `refused with 480`");
    done.says("none for this test: its flow is not judged").says("--update");
    test.then("check t.rhai").exits(0).says("no test is called `refused with 480`").says("t.rhai:1:");
    let list = "hash(#{ \"x\": \"\" });\nlet a = agent(\"a\");\na.cmd(\"uuid\");\n";
    Telefonist::new("run t.rhai").file("t.rhai", list).run().exits(3).says("for files with several tests");
}

/// The example of the Go program's README, with its agents on this machine.
const QUICK_START: &str = "_define ua1 sip:alice@127.0.0.1
_define ua2 sip:bob@127.0.0.1
_define ua3 sip:charlie@127.0.0.1
_accept CALL_RINGING, CALL_ESTABLISHED, CALL_RTPESTAB, CALL_CLOSED, AUDIO_REPORT
_run 1

uanew <ua1;transport=udp>;regint=0;auth_pass=secret1;input_wav=alice.wav
uanew <ua2;transport=udp>;regint=0;auth_pass=secret2;input_wav=bob.wav
uanew <ua3;transport=udp>;regint=0;auth_pass=secret3;input_wav=charlie.wav

# Attended Transfer
ua1:dial ua2|2s|ua2:accept|6s
ua2:atransferstart ua3|2s|ua3:accept|6s
ua2:atransferexec|6s|ua1:hangup
uadelall
";

#[test]
fn the_quick_start_transfers_its_call_has_one_hash_and_notices_a_missing_answer() {
    let test = Telefonist::new("run start --update --jobs 3").file("start", QUICK_START);
    test.run().exits(0).says("start has hash");
    let flow = flow(&test);
    // alice and charlie talked, both ways
    for (agent, other) in [("alice", "outgoing, charlie"), ("charlie", "incoming, alice")] {
        let own = flow.split(&format!("{agent}\n")).nth(1).unwrap_or_default();
        let call = own.split(&format!("  call 1, {other}\n")).nth(1).unwrap_or_default();
        let call = call.split("  call ").next().unwrap_or_default();
        let has = |line: &str| call.contains(line);
        assert!(has("CALL_ESTABLISHED") && has("AUDIO_REPORT tx rx") && has("CALL_RTPESTAB audio"), "{flow}");
    }
    let path = test.folder.path().join("start");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("ua2:atransferstart ua3|2s|ua3:accept|6s", "ua2:atransferstart ua3|2s|6s"))
        .unwrap();
    test.then("run start").exits(1).says("the flow is not the expected one").says("charlie");
}

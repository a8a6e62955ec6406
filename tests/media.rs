//! What a test hears: recordings of real calls, analysed at the end of a run and by its script.

use crate::support::Telefonist;
use crate::support::odd_peer::OddPeer;
use serde_json::Value;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

/// Alice and bob talk for that long, each with a voice of their own.
fn talk(seconds: &str, after: &str) -> String {
    format!(
        "let alice = agent(\"alice\", #{{ audio: \"alice_speech.wav\" }});\n\
         let bob = agent(\"bob\", #{{ audio: \"bob_speech.wav\" }});\n\
         alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\");\nbob.accept();\n\
         await alice.established();\nawait bob.established();\nsleep({seconds});\n{after}"
    )
}

fn run(text: &str) -> Telefonist {
    Telefonist::new("run call.rhai").file("call.rhai", text)
}

/// The notes on what was heard, by agent.
fn sounds(test: &Telefonist) -> Vec<(String, Value)> {
    let events = std::fs::read_to_string(test.run_folder().join("events.jsonl")).expect("a record");
    let events = events.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).expect("an event"));
    let notes = events.filter(|event| event["type"] == "CALL_SOUND");
    notes.map(|note| (note["agent"].as_str().unwrap_or_default().to_string(), note["sound"].clone())).collect()
}

#[test]
fn each_side_hears_the_other() {
    let after = "assert(alice.heard(bob)); assert(bob.heard(alice)); assert(!alice.heard(alice));\n\
                 assert_eq(bob.heard(), [\"alice\"], \"bob\");\n\
                 bob.hangup();\nlet call = (await alice.closed()).call;\n\
                 let audio = call.audio;\nassert_eq(audio.heard, [\"bob\"], \"alice\");\n\
                 assert(audio.received.level > -30.0, `${audio.received}`);\nassert(audio.received.heard > 0.5);\n\
                 assert_eq(audio.received.codec, \"PCMU\", \"the codec\");\n\
                 assert(audio.received.payload_types[\"0\"] > 50, `${audio.received.payload_types}`);\n\
                 assert_eq(audio.not_analysed, [], \"all\");\n";
    let test = run(&talk("2500ms", after));
    test.run()
        .exits(0)
        .never_says("warning")
        .says("alice heard in call 1: bob; -2")
        .says("bob heard in call 1: alice; -2");
    let sounds = sounds(&test);
    for (agent, other) in [("alice", "bob"), ("bob", "alice")] {
        let (_, sound) = sounds.iter().find(|(name, _)| name == agent).expect("a note");
        assert_eq!(sound["heard"][0]["agent"], other, "{sound}");
        let delay = sound["heard"][0]["delay"].as_f64().expect("a delay");
        assert!((-5.0..400.0).contains(&delay), "{sound}");
        let level = sound["received"]["levels"]["active"].as_f64().expect("a level");
        assert!((level + 23.0).abs() < 3.0, "{sound}");
        assert!(sound["unheard"].is_null() && sound["received"]["missing"].is_null(), "{sound}");
    }
}

#[test]
fn a_validation_has_the_figures_of_the_record() {
    let judge = "for call in stats {\n    telefonist.assert(call.audio.heard.len() == 1, `${call.audio}`);\n    \
                 telefonist.assert(call.audio.received.delay < 400.0, \"late\");\n    \
                 telefonist.assert(call.audio.received.late == (), \"nobody knows\");\n    \
                 telefonist.assert(call.audio.sent.level > -30.0, \"too quiet\");\n}\n";
    let script = "for (const call of stats) telefonist.assert(call.audio.received.heard > 0.5, \"silent\");\n";
    let text = format!(
        "include(\"judge.rhai\");\ninclude(\"judge.js\");\n{}",
        talk("2s", "bob.hangup();\nawait alice.closed();\n")
    );
    let test = run(&text).file("data/scripts/judge.rhai", judge).file("data/scripts/judge.js", script);
    test.run().exits(0);
    let again = test.command_with(&["replay", "last"]).output().expect("the program starts");
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(said.contains("alice heard in call 1: bob; -2"), "{said}");
}

#[test]
fn a_side_that_says_recvonly_is_named_as_the_cause() {
    let text = "fail_on(\"audio\");\nlet alice = agent(\"alice\");\nlet bob = agent(\"bob\", #{ audio: \"bob_speech.wav\" });\n\
                alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\");\nbob.cmd(\"acceptdir\", \"audio=recvonly\");\n\
                await alice.established();\nsleep(2600ms);\nalice.hangup();\nawait bob.closed();\n";
    let done = run(text).run().exits(1);
    done.says("alice heard nothing for 2.")
        .says("no RTP that it could decode came")
        .says("bob says recvonly: it sends nothing");
}

#[test]
fn silence_that_agents_send_is_no_fault_and_neither_is_a_short_or_held_call() {
    let text = "fail_on(\"audio\");\nlet alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n\
                alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\");\nbob.accept();\n\
                await alice.established();\nsleep(500ms);\nalice.hold();\nsleep(2600ms);\nalice.resume();\nsleep(1s);\n\
                alice.hangup();\nawait bob.closed();\n";
    let test = run(text);
    test.run().exits(0).never_says("warning").never_says("heard");
    assert!(!test.run_folder().join("sent").exists(), "silence is not kept");
}

/// A call of alice's to a peer that answers and then does this, for 2.6 s.
fn call_to_odd_peer(then: impl Fn(&OddPeer, SocketAddr, usize) + Send + Sync) -> crate::support::Done {
    let peer = OddPeer::new();
    let text = "fail_on(\"audio\");\nlet alice = agent(\"alice\", #{ audio: \"alice_speech.wav\" });\n\
                alice.dial(\"sip:peer@\" + param(\"PEER\"));\nawait alice.established();\n\
                await alice.closed(\"remote\") within 30s;\n";
    let test = Telefonist::new("run call.rhai --define").argument(format!("PEER={}", peer.address()));
    let test = test.file("call.rhai", text);
    thread::scope(|scope| {
        scope.spawn(|| {
            let invite = peer.receive("INVITE");
            peer.respond(&invite, "200 OK", "a", &peer.sdp());
            peer.receive("ACK");
            for n in 0..130 {
                then(&peer, invite.media(), n);
                thread::sleep(Duration::from_millis(20));
            }
            peer.request_within(&invite, "a", "BYE", 9, "");
            peer.receive("SIP/2.0 200");
        });
        test.run()
    })
}

/// 20 ms of RTP.
fn packet(payload: u8, n: usize) -> Vec<u8> {
    let mut packet = vec![0x80, payload, 0, n as u8];
    packet.extend((n as u32 * 160).to_be_bytes());
    packet.extend([1, 2, 3, 4]);
    packet.extend((0..160).map(|sample| if sample % 8 < 4 { 0x20_u8 } else { 0xa0 }));
    packet
}

#[test]
fn a_peer_that_sends_nothing_or_what_nobody_can_decode_is_noticed() {
    let silent = call_to_odd_peer(|_, _, _| {}).exits(1);
    silent.says("alice heard nothing for 2.").says("no RTP that it could decode came");
    let wrong = call_to_odd_peer(|peer, to, n| drop(peer.rtp.send_to(&packet(18, n), to))).exits(1);
    wrong.says("alice heard nothing for 2.").says("payload type 18, which was not negotiated");
    call_to_odd_peer(|peer, to, n| drop(peer.rtp.send_to(&packet(0, n), to)))
        .exits(0)
        .says("alice heard in call 1: a sound");
}

#[test]
fn a_recording_keeps_to_the_clock_where_packets_are_missing() {
    // a second is missing from 0.6 s on: timestamps and clock go on
    let done = call_to_odd_peer(|peer, to, n| {
        if !(30..80).contains(&n) {
            drop(peer.rtp.send_to(&packet(0, n), to));
        }
    });
    done.exits(0).says("a gap of 1.");
}

#[test]
fn quality_is_measured_against_the_speech_that_was_sent() {
    let after = "let good = bob.quality(\"alice_speech.wav\");\nassert(good.heard && good.whole && good.mos > 3.0, `${good}`);\n\
                 let other = bob.quality(\"charlie_speech.wav\");\nassert(!other.heard && other.mos == (), `${other}`);\n\
                 bob.hangup();\nawait alice.closed();\n";
    run(&talk("5500ms", after)).run().exits(0);
}

#[test]
fn a_reference_that_is_missing_or_no_sound_is_named() {
    for (file, content, said) in [
        ("none.wav", None, "there is no sound file `none.wav`"),
        ("text.wav", Some("no sound"), "not a WAV file: convert it"),
    ] {
        let test = run(&talk("500ms", &format!("bob.quality(\"{file}\");\n")));
        let test = if let Some(content) = content { test.file(&format!("data/sounds/{file}"), content) } else { test };
        test.run().exits(3).says(said);
    }
}

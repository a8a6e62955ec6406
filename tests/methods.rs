//! Each method of agents, and each command that docs and the standard library name, once against real agents: what it does is seen at
//! the other side. A method that the table in src/engine/api/methods.rs has and this table lacks fails the test.

use crate::support::golden::{agree, compare};
use crate::support::odd_peer::OddPeer;
use crate::support::{Telefonist, repository, tones};
use regex::Regex;
use std::collections::BTreeSet;
use std::thread;
use telefonist::engine::{Gives, METHODS, methods_in_markdown};

/// Agents in a situation, and what they do there one after the other.
struct Scenario {
    /// Made before the rows.
    begin: &'static str,
    rows: &'static [Row],
    /// The tones that a recording has when it is over.
    heard: &'static [(&'static str, &'static [u32])],
}

/// A method or a command, what is done, and how the other side sees it: in a script, or as a comment says.
type Row = (&'static str, &'static str, &'static str);

/// Commands that only ask: what they do is their answer.
const QUESTIONS: [&str; 3] = ["help", "listcalls", "modules"];

const PAIR: &str = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n";

const CALLS: Scenario = Scenario {
    begin: PAIR,
    rows: &[
        (
            "header",
            "alice.header(\"X-Id\", \"42\");\nlet refused = alice.dial(bob);",
            "await bob.sip(\"INVITE\").header(\"X-Id\", \"42\") within 20s;",
        ),
        ("log", "", "await bob.log(\"Incoming call from: .*alice@\") within 20s;"),
        ("hangup", "bob.hangup(486);", "await refused.closed(486) within 20s;"),
        (
            "closed",
            "alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 20s;\nalice.hangup();",
            "await bob.closed() within 20s;",
        ),
        ("dial", "alice.dial(bob);", "await bob.event(\"CALL_INCOMING\") within 20s;"),
        ("accept", "bob.accept();", "await alice.sip(200, \"INVITE\") within 20s;"),
        ("established", "", "await all([alice.established(), bob.established()]) within 20s;"),
        ("listcalls", "assert(alice.cmd(\"listcalls\").data.contains(\"bob@\"), \"its call is missing\");", ""),
        ("hold", "alice.hold();", "await bob.event(\"CALL_HOLD\") within 20s;"),
        ("resume", "alice.resume();", "await bob.event(\"CALL_RESUME\") within 20s;"),
        ("dtmf", "alice.dtmf(\"12\");", "await bob.dtmf(\"12\") within 20s;"),
        ("cmd", "alice.cmd(\"sndcode\", 3);", "await bob.dtmf(\"3\") within 20s;"),
        ("event", "alice.dtmf(4);", "await bob.event(\"CALL_DTMF_START\").where(|e| e.param == \"4\") within 20s;"),
        (
            "quiet",
            "alice.dtmf(5);",
            "try { await bob.quiet(\"CALL_DTMF_START\") during 20s; fail(\"quiet\"); } catch (e) { assert_eq(e.kind, \"quiet\"); }",
        ),
        ("message", "alice.message(bob, \"hello\");", "await bob.message(\"hello\") within 20s;"),
        ("options", "alice.options(bob);", "await bob.sip(\"OPTIONS\") within 20s;"),
        ("sip", "alice.options(bob);", "await bob.sip(\"OPTIONS\") within 20s;"),
        ("refer", "alice.refer(bob, `sip:carol@${alice.address}`);", "await bob.sip(\"REFER\") within 20s;"),
        ("help", "assert(alice.cmd(\"help\").data.contains(\"dial\"), \"a command is missing\");", ""),
        ("stop", "alice.stop();", "await bob.closed() within 20s;"),
        ("restart", "alice.restart();\nalice.dial(bob);", "await bob.event(\"CALL_INCOMING\") within 20s;"),
        ("hangup", "alice.cmd(\"hangup\");", "await bob.closed() within 20s;"),
    ],
    heard: &[],
};

const TRANSFERS: Scenario = Scenario {
    begin: "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nlet carol = agent(\"carol\");\n\
            fn connect(alice, bob) {\nalice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 20s;\nbob.accept();\n\
            await all([alice.established(), bob.established()]) within 20s;\n}\nconnect(alice, bob);\n",
    rows: &[
        ("transfer", "alice.transfer(carol);", "await carol.event(\"CALL_INCOMING\") within 20s;"),
        (
            "attended_transfer",
            "carol.hangup();\nawait alice.event(\"TRANSFER_FAILED\") within 20s;\nbob.attended_transfer(carol);",
            "await carol.event(\"CALL_INCOMING\") within 20s;",
        ),
        ("abort_transfer", "bob.abort_transfer();", "await carol.closed() within 20s;"),
        (
            "complete_transfer",
            "bob.attended_transfer(carol);\nawait carol.event(\"CALL_INCOMING\") within 20s;\ncarol.accept();\n\
             await carol.established() within 20s;\nbob.complete_transfer();",
            "await alice.sip(\"REFER\") within 20s;\nawait carol.established() within 20s;",
        ),
    ],
    heard: &[],
};

const SOUNDS: Scenario = Scenario {
    begin: "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nalice.dial(bob);\n\
            await bob.event(\"CALL_INCOMING\") within 20s;\nbob.accept();\nawait bob.established() within 20s;\n",
    rows: &[
        ("audio", "alice.audio(\"charlie.wav\");\nsleep(1s);", "// the recording"),
        ("heard", "sleep(2500ms);", "assert_eq(bob.heard(), [\"alice\"], \"who is heard\");"),
        ("quality", "", "assert(!bob.quality(\"bob_speech.wav\").heard, \"nobody sent that\");"),
        // what follows is not heard
        ("mute", "alice.mute();\nalice.audio(\"alice.wav\");\nsleep(1s);", "// the recording"),
    ],
    heard: &[("bob-1.wav", &[1700])],
};

const CONFERENCE: Scenario = Scenario {
    begin: "let host = agent(\"host\");\nlet bob = agent(\"bob\");\nlet carol = agent(\"carol\", #{ audio: \"charlie.wav\" });\n\
            fn connect(host, guest) {\nhost.dial(guest);\nawait guest.event(\"CALL_INCOMING\") within 20s;\nguest.accept();\n\
            await all([host.established(), guest.established()]) within 20s;\n}\n",
    rows: &[
        ("insmod", "host.cmd(\"insmod mixminus.so\");", "// the answer to `modules`"),
        ("modules", "assert(host.cmd(\"modules\").data.contains(\"mixminus\"), \"it has no mixer\");", ""),
        (
            "conference",
            "connect(host, bob);\nhost.hold();\nawait bob.event(\"CALL_HOLD\") within 20s;\nconnect(host, carol);\nhost.cmd(\"conference\");",
            "await bob.event(\"CALL_RESUME\") within 20s;\nsleep(1s);",
        ),
    ],
    heard: &[("bob-1.wav", &[1700])],
};

/// With modules that agents load where a test asks for them.
const ON_DEMAND: Scenario = Scenario {
    begin: "let alice = agent(\"alice\", #{ inband_dtmf: true });\nlet bob = agent(\"bob\", #{ inband_dtmf: true });\n\
            let carol = agent(\"carol\");\nalice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 20s;\nbob.accept();\n\
            await all([alice.established(), bob.established()]) within 20s;\n\
            carol.cmd(`addcontact \"Bob\" <sip:bob@${bob.address}>;presence=p2p`);\nawait carol.sip(\"NOTIFY\") within 20s;\n",
    rows: &[
        ("in_band_dtmf_send", "alice.cmd(\"in_band_dtmf_send 12#\");", "await bob.dtmf(\"12#\") within 20s;"),
        (
            "presence",
            "bob.cmd(\"presence online\");",
            "assert((await carol.sip(\"NOTIFY\") within 20s).body.contains(\"<basic>open</basic>\"), \"it is not online\");",
        ),
    ],
    heard: &[],
};

/// With a registrar that the test plays: what comes to it is looked at there.
const REGISTRATION: Scenario = Scenario {
    begin: "let alice = agent(`<sip:alice@${param(\"PEER\")}>;regint=0`);\n",
    rows: &[
        ("register", "alice.register();", "// the registrar"),
        ("registered", "", "await alice.registered() within 20s;"),
        ("unregister", "alice.unregister();", "// the registrar"),
    ],
    heard: &[],
};

/// What is heard in a call.
const LISTENING: Scenario = Scenario {
    begin: "let alice = agent(\"alice\", #{ audio: \"alice_speech.wav\", on_end: \"again\" });\nlet bob = agent(\"bob\");\n\
            let carol = agent(\"carol\", #{ audio_source: \"ausine,440\" });\n\
            fn connect(caller, callee) {\ncaller.dial(callee);\nawait callee.event(\"CALL_INCOMING\") within 20s;\ncallee.accept();\n\
            await all([caller.established(), callee.established()]) within 20s;\n}\nconnect(alice, bob);\n",
    rows: &[
        ("speech", "", "await bob.speech() within 20s;"),
        ("hears", "", "await bob.hears(alice) within 20s;"),
        ("silence", "alice.mute();", "await bob.silence(500ms) within 20s;"),
        ("quiet_line", "", "await bob.quiet_line() during 500ms;"),
        (
            "tone",
            "alice.hangup();\nawait bob.closed() within 20s;\nconnect(carol, bob);",
            "await bob.tone(440) within 20s;",
        ),
    ],
    heard: &[],
};

const ALONE: [&Scenario; 6] = [&CALLS, &TRANSFERS, &SOUNDS, &CONFERENCE, &ON_DEMAND, &LISTENING];

fn program(scenario: &Scenario, words: &str) -> Telefonist {
    let rows = scenario.rows.iter().map(|(name, act, seen)| format!("// {name}\n{act}\n{seen}\n"));
    let text = format!("strict();\n{}{}", scenario.begin, rows.collect::<String>());
    Telefonist::new(&format!("run methods.rhai {words}")).file("methods.rhai", &text)
}

#[test]
fn each_method_does_at_the_other_side_what_it_is_for() {
    thread::scope(|scope| {
        for scenario in ALONE {
            scope.spawn(move || {
                let test = program(scenario, "");
                test.run().exits(0);
                for (recording, tones) in scenario.heard {
                    let recording = test.run_folder().join("recordings").join(recording);
                    assert_eq!(tones::heard(&recording, &[440, 1700]), *tones, "{}", recording.display());
                }
            });
        }
    });
}

#[test]
fn a_registrar_sees_registrations_come_and_go() {
    let registrar = OddPeer::new();
    let test = program(&REGISTRATION, "--define").argument(format!("PEER={}", registrar.address()));
    thread::scope(|scope| {
        let played = scope.spawn(|| {
            let there = registrar.receive("REGISTER");
            assert!(!there.text.contains("xpires=0") && !there.text.contains("Expires: 0"), "{}", there.text);
            registrar.respond_with(&there, "200 OK", "a", "Expires: 600\r\n", "");
            let gone = registrar.receive("REGISTER");
            assert!(gone.text.contains("xpires=0") || gone.text.contains("Expires: 0"), "{}", gone.text);
            registrar.respond(&gone, "200 OK", "a", "");
        });
        let done = test.run();
        assert!(played.join().is_ok(), "{}{}", done.stdout, done.stderr);
        done.exits(0);
    });
}

/// The commands that docs and the standard library send by `cmd(…)`.
fn commands_in_texts() -> BTreeSet<String> {
    let command = Regex::new(r#"\.cmd\(["`]([a-z0-9_]+)"#).expect("an expression");
    let files = ["docs", "stdlib"].map(|folder| repository().join(folder).read_dir().expect("a folder"));
    let texts =
        files.into_iter().flatten().filter_map(|file| std::fs::read_to_string(file.expect("a file").path()).ok());
    let mut found = BTreeSet::new();
    for text in texts {
        found.extend(command.captures_iter(&text).map(|found| found[1].to_string()));
    }
    // "any command"
    found.remove("any");
    found
}

#[test]
fn each_method_and_each_command_that_is_named_has_a_row() {
    let rows: Vec<&Row> = ALONE.iter().chain(&[&REGISTRATION]).flat_map(|scenario| scenario.rows).collect();
    for method in METHODS {
        let (name, call) = (method.name, format!(".{}(", method.name));
        let row = rows.iter().find(|(of, act, seen)| *of == name && (act.contains(&call) || seen.contains(&call)));
        let (_, act, seen) = row.unwrap_or_else(|| panic!("no row shows what `{name}` does"));
        if matches!(method.gives, Gives::Reply | Gives::Call | Gives::Nothing) {
            let (before, _) = act.split_once(&call).unwrap_or_else(|| panic!("the row of `{name}` does not call it"));
            let actor = before.rsplit([' ', '\n']).next().unwrap_or_default();
            assert!(
                !seen.is_empty() && !seen.contains(&format!("{actor}.")),
                "`{name}` is seen by {actor} itself: {seen}"
            );
        } else {
            assert!(seen.contains(&call), "the row of `{name}` does not wait by it");
        }
    }
    let commands = commands_in_texts();
    assert!(commands.len() > 4, "{commands:?}");
    for command in commands {
        let sent = |act: &str| act.contains(&format!(".cmd(\"{command}"));
        let row = rows.iter().find(|(name, act, _)| *name == command && sent(act));
        let (_, _, seen) = row.unwrap_or_else(|| panic!("no row shows what the command `{command}` does"));
        assert!(!seen.is_empty() || QUESTIONS.contains(&command.as_str()), "{command}");
    }
}

#[test]
fn the_documentation_has_all_methods() {
    let before = "# Methods of agents\n\nGenerated from the table in [src/engine/api/methods.rs](../src/engine/api/methods.rs); \
                  [language.md](language.md) shows how they are used. A method that sends one of baresip's commands returns when the agent \
                  has answered. `value` is a text, a number or an agent. The methods in the last column are those of a call, too, \
                  `let call = alice.dial(bob)`, and are about that call alone.\n\n\
                  | method | what it does | command | of calls |\n| --- | --- | --- | --- |\n";
    let rows = methods_in_markdown().map(|row| format!("{row}\n"));
    agree(compare(
        &repository().join("docs/methods.md"),
        &std::iter::once(before.to_string()).chain(rows).collect::<String>(),
    ));
}

//! What `telefonist check` tells a person: each script in `tests/check` with its messages beside, as `<case>.err`.
//! `UPDATE=1 cargo test` rewrites them. No agent is started, and `check` finds nothing wrong in the repository's own tests.

use crate::support::Telefonist;
use crate::support::golden::{agree, compare};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use telefonist::diagnostic::{Diagnostic, Source, render};
use telefonist::engine::STD_MODULES;
use telefonist::event::{MEANINGS, fields};
use telefonist::pipeline;
use telefonist::run::Inputs;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn told(source: &Arc<Source>) -> Vec<Diagnostic> {
    let accounts = ["desk", "trunk"].map(|name| (name.to_string(), "<sip:100@pbx.example>".to_string()));
    pipeline::check(
        source,
        &Inputs { accounts: accounts.into(), ..Inputs::default() }.into(),
        &pipeline::files(source),
        &[folder("data/sounds")],
        None,
    )
    .diagnostics
}

/// The files of a folder with that extension ("" for none).
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let wanted = |path: &PathBuf| path.is_file() && path.extension().unwrap_or_default() == extension;
    let mut files: Vec<PathBuf> = entries.filter(wanted).collect();
    files.sort();
    files
}

#[test]
fn each_mistake_is_told_as_expected() {
    let cases = ["rhai", ""].map(|extension| files(&folder("tests/check"), extension)).concat();
    assert!(cases.len() > 60, "{}", cases.len());
    let mut wrong = vec![];
    for case in cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let found = told(&Source::new(name, fs::read_to_string(&case).unwrap()));
        if found.is_empty() {
            wrong.push(format!("{name}: nothing is found"));
        }
        let bare = found.iter().filter(|found| found.place.is_none() || found.code.is_none());
        wrong.extend(bare.map(|found| format!("{name}: no place or no code: {found:?}")));
        // whoever reads the golden files has another folder
        let rendered = render(&found, false).replace(&folder("").display().to_string(), "");
        wrong.extend(compare(&case.with_extension("err"), &rendered));
    }
    agree(wrong);
}

#[test]
fn nothing_in_the_repository_is_told_off_without_need() {
    let examples = ["", "rhai"].map(|extension| files(&folder("examples"), extension)).concat();
    let examples = [examples, files(&folder("examples/peers"), "rhai")].concat();
    let stdlib = STD_MODULES.iter().map(|(name, text)| Source::new(format!("{name}.rhai"), *text));
    let read = |path: PathBuf| Source::new(path.display().to_string(), fs::read_to_string(&path).unwrap());
    // those without messages; the empty one has one, but not from its parser
    let sound = |path: &PathBuf| !path.with_extension("err").exists() && !path.ends_with("empty");
    let golden = files(&folder("tests/golden"), "").into_iter().filter(sound);
    let sources: Vec<_> = examples.into_iter().chain(golden).map(read).chain(stdlib).collect();
    assert!(sources.len() > 20);
    for source in sources {
        // some testfiles hold made-up commands
        let found: Vec<_> = told(&source).into_iter().filter(|found| found.code != Some("unknown-command")).collect();
        assert!(found.is_empty(), "{}", render(&found, false));
    }
}

const MISTAKEN: &str = "let alice = agent(\"alice\");\nalice.dial(\"sip:bob@127.0.0.1\");\nawait alice.event(\"CALL_CLOSET\");\nalise.hangup();\n";

#[test]
fn programs_get_an_array_of_what_is_found() {
    let test =
        Telefonist::new("check a.rhai b --format json").file("a.rhai", MISTAKEN).file("b", "_acept CALL_CLOSED\n");
    let done = test.run().exits(2);
    assert_eq!(done.stderr, "");
    let found: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let expected = serde_json::json!({
        "file": "a.rhai", "line": 3, "column": 19, "end": { "line": 3, "column": 32 }, "severity": "error",
        "message": "no agent gives an event `CALL_CLOSET`", "advice": "did you mean `CALL_CLOSED`?", "code": "unknown-event"
    });
    assert_eq!(found[0], expected);
    let codes: Vec<_> = found.as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["unknown-event", "unknown-variable", "testfile"]);

    let sound = Telefonist::new("check a.rhai --format json").file("a.rhai", "print(1);\n").run().exits(0);
    assert_eq!(sound.stdout, "[]\n");
    let missing = Telefonist::new("check nowhere --format json").run().exits(2);
    assert!(missing.stdout.contains("nowhere") && missing.stderr.is_empty(), "{}", missing.stdout);
}

/// `a.rhai` would dial before it comes to its mistake.
#[test]
fn a_test_with_mistakes_starts_no_agent_and_all_of_them_are_told() {
    let test = Telefonist::new("run a.rhai").file("a.rhai", MISTAKEN);
    test.run().exits(2).says("did you mean `CALL_CLOSED`?").says("did you mean `alice`?").says("a.rhai:4:1");
    let runs = test.folder.path().join("data/runs");
    assert!(
        !runs.exists() || fs::read_dir(runs).unwrap().all(|run| !run.unwrap().path().join("events.jsonl").exists())
    );
}

#[test]
fn a_test_that_fails_is_shown_with_what_a_check_warns_of() {
    let text = |end: &str| {
        format!("test \"one\" {{ let spare = 5; {end}(\"x\"); }}\ntest \"two\" {{ let other = 6; print(\"y\"); }}\n")
    };
    let failed = Telefonist::new("run a.rhai").file("a.rhai", &text("fail")).run().exits(1);
    failed.says("`spare` is never used").never_says("`other` is never used");
    let passed = Telefonist::new("run a.rhai").file("a.rhai", &text("print")).run().exits(0);
    passed.never_says("never used");
    Telefonist::new("check a.rhai")
        .file("a.rhai", &text("print"))
        .run()
        .exits(0)
        .says("a.rhai: ok, but see the warnings");
}

#[test]
fn a_sound_that_is_not_there_is_told_before_an_agent_starts() {
    let text = "let alice = agent(\"alice\", #{ audio: \"nope.wav\" });\nalice.dial(\"sip:bob@127.0.0.1\");\n";
    for verb in ["check", "run"] {
        let test = Telefonist::new(&format!("{verb} a.rhai")).file("a.rhai", text);
        test.run().exits(3).says("there is no sound file `nope.wav`").says("a.rhai:1:38");
        let own = Telefonist::new(&format!("{verb} a.rhai")).file("a.rhai", &text.replace("nope", "alice"));
        own.run().never_says("no sound file");
    }
}

#[test]
fn the_documentation_has_all_events_and_fields() {
    let path = folder("docs/events.md");
    let before = "# Events\n\nThe events of agents and their fields, generated from the tables in \
                  [src/event](../src/event). A test waits for an event by its name, `alice.event(\"CALL_CLOSED\")`, for a SIP message with \
                  `alice.sip(…)`, for a line of the log with `alice.log(…)`. A version in parentheses is baresip's: older agents do \
                  not send the event or field. Every event has `type`, `time`, `agent` and `param`.\n\n## Events\n\n\
                  | event | meaning | fields |\n| --- | --- | --- |\n";
    let names = |event: &str| fields::of(Some(event)).map(|field| field.name).collect::<Vec<_>>();
    let groups = [("those of all call events", names("CALL_CLOSED")), ("those of all account events", names("CREATE"))];
    let carried = |event: &str| {
        let mut own = names(event);
        if own.len() == fields::FIELDS.len() {
            return "set by the agent".to_string();
        }
        let group = groups.iter().find(|(_, group)| group.iter().all(|name| own.contains(name)));
        own.retain(|name| !names("EXIT").contains(name) && !group.is_some_and(|(_, group)| group.contains(name)));
        let own = own.into_iter().map(|name| format!("`{name}`"));
        group.map(|(words, _)| words.to_string()).into_iter().chain(own).collect::<Vec<_>>().join(", ")
    };
    let events = MEANINGS.iter().map(|(name, meaning)| format!("| `{name}` | {meaning} | {} |\n", carried(name)));
    let rows =
        fields::FIELDS.iter().map(|field| format!("| `{}` | {} | {} |\n", field.name, field.carriers(), field.meaning));
    let heading = "\n## Fields\n\n| field | events | meaning |\n| --- | --- | --- |\n".to_string();
    let page: String = std::iter::once(before.to_string()).chain(events).chain([heading]).chain(rows).collect();
    agree(compare(&path, &page));
}

/// One slip in each: `benches/host.rs` measures how soon it is found.
#[test]
fn a_slip_in_a_text_of_200_lines_is_told_at_its_place_with_what_was_meant() {
    let head = "import \"std/calls\" as calls;\nlet alice = agent(\"alice\");\nlet bob = agent(\"bob\");\ncalls::establish(alice, bob);\n";
    let round = "alice.dial(bob);\nawait bob.event(\"CALL_INCOMING\") within 5s;\nbob.accept();\nbob.hangup();\n\
                 print((await alice.closed()).param);\n";
    for (slip, column, meant) in [
        ("alice.dail(bob);", 7, "`dial`"),
        ("await bob.event(\"CALL_INCOMNIG\");", 17, "`CALL_INCOMING`"),
        ("print((await bob.closed()).parma);", 28, "`param`"),
        ("calls::estabilsh(alice, bob);", 8, "`establish`"),
        ("alcie.hangup();", 1, "`alice`"),
    ] {
        let text = format!("{head}{}{slip}\n{}", round.repeat(20), round.repeat(19));
        assert_eq!(text.lines().count(), 200);
        let found = told(&Source::new("long.rhai", text));
        let places: Vec<_> = found.iter().map(|one| one.place.as_ref().unwrap().line_column()).collect();
        assert_eq!(places, [(105, column)], "{slip}: {found:?}");
        let advice = found[0].advice.as_deref().unwrap_or_default();
        assert!(found[0].is_error() && advice.contains(meant), "{slip}: {advice}");
    }
}

#[test]
fn of_thousands_of_mistakes_the_first_are_told() {
    for (name, text) in [("long", "ua1:dal ua2|".repeat(5000)), ("long.rhai", "alise.dial();\n".repeat(5000))] {
        let found = told(&Source::new(name, text));
        assert!((100..=404).contains(&found.len()), "{name}: {}", found.len());
        assert!(found.iter().any(|one| one.message.ends_with("are not shown")), "{name}");
    }
}

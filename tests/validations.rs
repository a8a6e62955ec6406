//! Validation scripts on the records of real calls: the seed's example as it stands, the blocks of the docs, what fails and how.

use crate::support::{ESTABLISHED, Telefonist, repository};
use serde_json::Value;
use std::fs;

/// The example of telefonist (Go)'s README, as it stands there.
const OF_THE_SEED: &str = include_str!("fixtures/validation/validation.js");

/// Two agents and a call of a second and a half, as a testfile.
const CALL: &str = "_define ua1 sip:alice@127.0.0.1\n_define ua2 sip:bob@127.0.0.1\n\
                    uanew <ua1>;regint=0;input_wav=alice.wav\nuanew <ua2>;regint=0;input_wav=bob.wav\n\
                    ua1:dial ua2|500ms|ua2:accept|1s|ua1:hangup\n";

fn script(name: &str) -> String {
    format!("data/scripts/{name}")
}

/// The outcomes that the record holds: file, how it ended, message.
fn outcomes(test: &Telefonist) -> Vec<(String, String, String)> {
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_string();
    let noted = test.events().into_iter().filter(|event| event["type"] == "VALIDATED");
    noted.map(|event| (text(&event, "file"), text(&event, "how"), text(&event, "message"))).collect()
}

#[test]
fn the_example_of_the_seed_passes_on_a_call() {
    for agent in ["", "--baresip /usr/bin/baresip"] {
        let test = Telefonist::new(&format!("run call {agent}"))
            .file(&script("validation.js"), OF_THE_SEED)
            .file("call", &format!("_include validation.js\n{CALL}"));
        test.run().exits(0).says("PASS").says("hash");
        assert_eq!(outcomes(&test), [("validation.js".into(), "finished".into(), String::new())]);
    }
}

#[test]
fn the_example_of_the_seed_fails_where_it_should() {
    let nobody = "let alice = agent(\"alice\");\nalice.dial(\"sip:1@127.0.0.1:1\");\n";
    // bob answers 404 at once, without ringing
    let unrung = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n\
                  alice.dial(`sip:nobody@${bob.address}`);\nawait alice.closed();\n";
    // the first INVITE is that of the call before
    let late =
        format!("{unrung}sleep(250ms);\nalice.dial(bob);\nawait alice.event(\"CALL_RINGING\");\nalice.hangup();\n");
    for (call, told, line) in [
        (nobody, "Never received an INVITE", 3),
        (unrung, "Call was never rung", 7),
        (&late, "Too much post dial delay! PDD=", 11),
    ] {
        let test = Telefonist::new("run call.rhai")
            .file(&script("validation.js"), OF_THE_SEED)
            .file("call.rhai", &format!("include(\"validation.js\");\n{call}"));
        test.run().exits(1).says("FAIL").says(told).says(&format!("data/scripts/validation.js:{line}:1"));
        let replayed = test.then("replay last");
        replayed
            .exits(1)
            .says(told)
            .says(&format!("data/scripts/validation.js:{line}:1"))
            .never_says("the kept verdict");
    }
}

/// The blocks of the docs: their language, and the file that the text before them names.
fn blocks(text: &str) -> Vec<(String, String, String)> {
    let mut blocks = vec![];
    let mut lines = text.lines();
    let mut before = "";
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((language.into(), before.trim_end_matches(':').into(), body.join("\n") + "\n"));
        }
        before = line;
    }
    blocks
}

#[test]
fn every_block_of_the_docs_runs() {
    let text = fs::read_to_string(repository().join("docs/validations.md")).unwrap();
    let mut test = Telefonist::new("run classic call.rhai");
    let mut tests = 0;
    for (language, file, body) in blocks(&text) {
        test = match language.as_str() {
            "js" | "rhai" if file.ends_with(&format!(".{language}")) => test.file(&script(&file), &body),
            "rhai" => test.file("call.rhai", &body),
            "" => test.file("classic", &body),
            other => panic!("a block in {other}"),
        };
        tests += 1;
    }
    assert_eq!(tests, 5);
    test.run().exits(0).says("2 passed");
    let printed =
        |event: &Value| event["type"] == "PRINT" && event["text"].as_str().unwrap().starts_with("answered after ");
    assert!(test.events().iter().any(printed));
    let check = test.command_with(&["check", "classic", "call.rhai"]).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn the_fields_are_those_that_the_docs_name() {
    let text = fs::read_to_string(repository().join("docs/validations.md")).unwrap();
    let section = text.split("## Calls").nth(1).unwrap().split("## The verdict").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let named: Vec<&str> = rows.flat_map(|names| names.split("`, `")).map(|name| name.trim_end_matches('`')).collect();
    let test = Telefonist::new("run call")
        .file(&script("names.js"), "print(Object.keys(stats[0]).join()); print(JSON.stringify(stats))")
        .file("call", &format!("_include names.js\n{CALL}"));
    test.run().exits(0);
    let said = |event: Value| (event["type"] == "PRINT").then(|| event["text"].as_str().unwrap().to_string());
    let said: Vec<String> = test.events().into_iter().filter_map(said).collect();
    assert_eq!(said[0], named.join(","));
    let stats: Vec<Value> = serde_json::from_str(&said[1]).unwrap();
    assert_eq!(stats.len(), 2, "{said:?}");
    let of = |agent: &str| stats.iter().find(|call| call["agent"] == agent).unwrap();
    let (alice, bob) = (of("alice"), of("bob"));
    assert_eq!((alice["peer"].as_str(), bob["peer"].as_str()), (Some("bob"), Some("alice")));
    assert_eq!((alice["closed_by"].as_str(), bob["closed_by"].as_str()), (Some("local"), Some("remote")));
    assert!(bob["post_dial_delay"].is_null() && alice["post_dial_delay"].as_f64().unwrap() < 1000.0, "{said:?}");
    for call in [alice, bob] {
        assert!(call["ring_time"].as_f64().unwrap() > 300.0, "{said:?}");
        assert!(
            call["duration"].as_f64().unwrap() > 700.0 && call["packets_received"].as_f64().unwrap() > 10.0,
            "{said:?}"
        );
        assert_eq!(call["established"], true);
    }
}

#[test]
fn what_is_missing_or_wrong_is_told_before_anything_starts() {
    let broken = "var a = 1;\nif (a {\n}\n";
    for (include, told) in [
        (
            "_include chek.js",
            vec!["there is no validation script `chek.js` in data/scripts", "[x:1:1]", "did you mean `check.js`?"],
        ),
        ("_include none.rhai", vec!["there is no validation script `none.rhai` in data/scripts", "[x:1:1]"]),
        ("_include broken.js", vec!["[data/scripts/broken.js:2:"]),
        ("_include agents.rhai", vec!["a validation has no agents", "[data/scripts/agents.rhai:1:13]"]),
    ] {
        let test = Telefonist::new("run x")
            .file(&script("check.js"), "")
            .file(&script("broken.js"), broken)
            .file(&script("agents.rhai"), "let alice = agent(\"alice\");\nalice.hangup();\n")
            .file("x", &format!("{include}\nuanew <sip:a@127.0.0.1>;regint=0\n"));
        let done = test.run().exits(2);
        let check = test.then("check x").exits(2);
        for text in told {
            assert!(done.stdout.contains(text) || done.stderr.contains(text), "{text}\n{done:?}");
            assert!(check.stderr.contains(text), "{text}\n{check:?}");
        }
        assert!(!test.folder.path().join("data/runs").exists(), "nothing has run");
    }
    // so in a Rhai test, where a name can be computed
    let test =
        Telefonist::new("run x.rhai").file("x.rhai", "let name = \"a.js\";\ninclude(name);\nvalidate(\"b.js\");\n");
    test.run().exits(2).says("the validation's name is not written out").says("x.rhai:2:1");
    let test = Telefonist::new("run x.rhai").file("x.rhai", "validate(\"b.js\");\n");
    test.run().exits(2).says("there is no validation script `b.js`").says("x.rhai:1:1");
}

#[test]
fn a_validation_on_the_way_ends_the_test_where_it_fails() {
    let text = format!(
        "{ESTABLISHED}validate(\"good.rhai\");\ntry {{ validate(\"bad.rhai\"); }} catch {{ }}\nalice.hangup();\nprint(\"on and on\");\n"
    );
    let good = "telefonist.assert(stats.len() == 2 && stats[0].duration == (), \"there is no call\");\n";
    let test = Telefonist::new("run call.rhai")
        .file(&script("good.rhai"), good)
        .file(&script("bad.rhai"), "// a comment\ntelefonist.fail(`${events.len() > 5}`);\n")
        .file("call.rhai", &text);
    test.run().exits(1).says("FAIL").says("true").says("data/scripts/bad.rhai:2:12").never_says("on and on");
    assert_eq!(outcomes(&test), [("good.rhai".into(), "finished".into(), String::new())]);
    // its record can be judged without the scripts, by what they found
    fs::remove_dir_all(test.folder.path().join("data/scripts")).unwrap();
    test.then("replay last").exits(1).says("data/scripts/bad.rhai:2:12").never_says("the kept verdict");
}

#[test]
fn a_fault_in_a_script_is_no_failure_of_what_is_tested() {
    let one = "uanew <sip:a@127.0.0.1>;regint=0 | 0s\n";
    for (name, text, told) in [
        ("v.js", "events.find(e => e.type === 'CALL_CLOSED').param", "TypeError"),
        ("v.rhai", "let name = \"statuss\";\nevents.find(|e| e[name] == 5);", "has no field `statuss`"),
        ("v.js", "var a = []; for (;;) a.push(a.concat(events))", "needs more than 16 MiB"),
    ] {
        let test = Telefonist::new("run x").file(&script(name), text).file("x", &format!("_include {name}\n{one}"));
        test.run().exits(3).says("ERROR").says(told).says(&script(name));
        test.then("replay last").exits(3).says(told).never_says("the kept verdict");
    }
}

#[test]
fn a_hash_beside_a_validation_counts_too_and_one_alone_decides() {
    let with = |hash: &str, verdict: &str| {
        let text = format!("_hash {hash}\n_accept CREATE\n_include v.js\nuanew <sip:a@127.0.0.1>;regint=0 | 0s\n");
        Telefonist::new("run x").file(&script("v.js"), verdict).file("x", &text)
    };
    let hash = with("", "").run().exits(0).hash();
    with(&hash, "").run().exits(0).says("PASS");
    with("0123456789abcdef", "").run().exits(1).says("0123456789abcdef");
    with(&hash, "telefonist.fail('no')").run().exits(1).says("no").says("v.js:1:1");
    // a failed validation speaks against keeping the flow
    let update = with("0123456789abcdef", "telefonist.fail('no')").argument("--update");
    update.run().exits(1).never_says("has hash");
}

#[test]
fn a_test_that_fails_by_itself_is_not_validated() {
    let test = Telefonist::new("run x.rhai")
        .file(&script("v.js"), "nothing.at.all")
        .file("x.rhai", "include(\"v.js\");\nassert(1 > 2, \"one is not two\");\n");
    test.run().exits(1).says("one is not two").never_says("ReferenceError");
    assert_eq!(outcomes(&test), []);
}

#[test]
fn what_a_validation_says_has_its_secrets_masked_and_stands_in_the_reports() {
    let test = Telefonist::new(
        "run x.rhai --define TOKEN=sesame-open --report junit=junit.xml --report html=report.html --verbose",
    )
    .file("secrets", "TOKEN=sesame-open\n")
    .argument("--env-file")
    .argument("secrets")
    .file(&script("v.js"), "print('sesame' + '-open'); telefonist.fail('<b>\\u001b[31m ' + 'sesame' + '-open')")
    .file("x.rhai", "include(\"v.js\");\nlet token = secret(\"TOKEN\");\nprint(token);\n");
    test.run().exits(1).says("<b>").never_says("\u{1b}").never_says("sesame-open").says("v.js:1:1");
    let read = |name: &str| fs::read_to_string(test.folder.path().join(name)).unwrap();
    for report in ["junit.xml", "report.html"] {
        let report = read(report);
        assert!(report.contains("&#60;b&#62;") || report.contains("&lt;b&gt;"), "it is escaped");
        assert!(report.contains("v.js") && !report.contains("sesame-open") && !report.contains('\u{1b}'));
    }
    let kept = fs::read_to_string(test.run_folder().join("events.jsonl")).unwrap();
    assert!(kept.contains("VALIDATED") && !kept.contains("sesame-open"));
    assert!(test.run_folder().join("scripts/v.js").is_file());
}

#[test]
fn a_script_that_never_ends_is_stopped_by_the_user() {
    let test = Telefonist::new("run x")
        .file(&script("v.js"), "print('loops'); for (;;) {}")
        .file("x", "_include v.js\nuanew <sip:a@127.0.0.1>;regint=0 | 0s\n");
    let mut child = test.start();
    crate::support::wait_for_event(&mut child, &test.folder.path().join("data"), &["AGENT_STOPPED"]);
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let begun = std::time::Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < std::time::Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[test]
fn each_test_of_a_file_has_validations_of_its_own() {
    let text = "let a = agent(\"a\");\nteardown { print(\"cleared up\"); }\n\
                test \"good\" { include(\"good.rhai\"); a.cmd(\"uuid\"); }\n\
                test \"bad\" { include(\"bad.js\"); a.cmd(\"uuid\"); }\n\
                test \"on the way\" { a.cmd(\"uuid\"); validate(\"bad.js\"); print(\"on and on\"); }\n";
    let test = Telefonist::new("run t.rhai --verbose")
        .file(&script("good.rhai"), "telefonist.assert(events.some(|e| e.type == \"COMMAND\"), \"no command\");\n")
        .file(&script("bad.js"), "telefonist.fail('never good')")
        .file("t.rhai", text);
    let done = test.run().exits(1).says("1 passed, 2 failed").never_says("on and on");
    assert_eq!(done.stdout.matches("print: cleared up").count(), 3, "{}", done.stdout);
    assert_eq!(done.stdout.matches("at data/scripts/bad.js:1:1").count(), 2, "{}", done.stdout);
    let outside = Telefonist::new("check t.rhai")
        .file(&script("bad.js"), "")
        .file("t.rhai", "validate(\"bad.js\");\nlet a = agent(\"a\");\ntest \"x\" { a.cmd(\"uuid\"); }\n");
    outside.run().exits(2).says("belong in a test").says("t.rhai:1:1");
}

#[test]
fn the_report_of_a_call_is_one_log_event_with_the_whole_table() {
    let js = "var tables = events.filter(e => e.type === 'LOG' && /Transmit:/.test(e.param) && /packets: +\\d+ +\\d+/.test(e.param));\n\
              telefonist.assert(tables.length === 2, tables.length + ' tables');";
    let rhai = "let tables = events.filter(|e| e.type == \"LOG\" && e.param.contains(\"Transmit:\") && e.param.contains(\"packets:\"));\n\
                telefonist.assert(tables.len() == 2, `${tables.len()} tables`);";
    let text = "_include table.js\n_define ua1 sip:a@127.0.0.1\n_define ua2 sip:b@127.0.0.1\nuanew <ua1>;regint=0;input_wav=alice.wav\n\
                uanew <ua2>;regint=0;input_wav=bob.wav\nua1:dial ua2|1s|ua2:accept|2s|ua1:hangup\nuadelall\n";
    let one = |name: &str, verdict: &str| {
        Telefonist::new("run x").file(&script(name), verdict).file("x", &text.replace("table.js", name)).run().exits(0);
    };
    one("table.js", js);
    one("table.rhai", rhai);
}

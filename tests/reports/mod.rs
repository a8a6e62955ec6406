//! The reports: against golden files (`UPDATE=1 cargo test` rewrites them), and read by the programs that they are for.

mod sample;

use crate::support::{Telefonist, golden, repository};
use proptest::prelude::*;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use telefonist::event::At;
use telefonist::report::results::Results;
use telefonist::report::told::Extent;
use telefonist::report::{Kind, render, terminal};
use telefonist::verdict::{Finding, Reason};

fn compare(file: &str, actual: &str) -> Option<String> {
    golden::compare(&repository().join("tests/reports/golden").join(file), actual)
}

/// Without the details of runs.
fn report(kind: Kind, results: &Results) -> String {
    render(kind, results, &mut |_| None)
}

#[test]
fn every_kind_comes_out_as_expected() {
    let results = sample::mixed();
    let mut wrong = vec![];
    // the page for a browser has tests of its own
    for (name, kind) in Kind::ALL.into_iter().filter(|(_, kind)| *kind != Kind::Html) {
        wrong.extend(compare(&format!("mixed.{name}"), &report(kind, &results)));
    }
    let screen = |test| terminal::test(test, Extent::Screen, false);
    let screens: String = results.tests.iter().map(screen).collect();
    wrong.extend(compare("mixed.screen", &format!("{screens}{}", terminal::summary(&results, false))));
    golden::agree(wrong);
}

/// Runs a program with the text as its input.
fn fed(program: &str, arguments: &[&Path], input: &str) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn accepted(output: &Output, input: &str) -> String {
    let [out, error] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{out}\n{error}\n{input}");
    out
}

fn beside(file: &str) -> PathBuf {
    repository().join("tests/reports").join(file)
}

/// The report is valid by the schema, and xmllint finds what the XPath asks for.
fn junit(xml: &str, xpath: &str) -> String {
    let valid = fed("xmllint", &["--noout".as_ref(), "--schema".as_ref(), &beside("junit.xsd"), "-".as_ref()], xml);
    accepted(&valid, xml);
    let found = fed("xmllint", &["--xpath".as_ref(), xpath.as_ref(), "-".as_ref()], xml);
    accepted(&found, xml).trim_end().to_string()
}

/// What Perl's TAP::Parser makes of it: a line for each test and each mistake.
fn tap(text: &str) -> String {
    accepted(&fed("perl", &[&beside("read_tap.pl")], text), text)
}

/// Whether the JSON is as the schema in docs/ has it.
fn json(text: &str) -> serde_json::Value {
    let schema = repository().join("docs/results.schema.json");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    // Debian's python3-jsonschema belongs to Debian's Python
    let checked =
        fed("/usr/bin/python3", &["-m".as_ref(), "jsonschema".as_ref(), "-i".as_ref(), file.path(), &schema], "");
    accepted(&checked, text);
    serde_json::from_str(text).unwrap()
}

#[test]
fn junit_tells_failures_errors_skipped_and_flaky_apart() {
    let xml = report(Kind::Junit, &sample::mixed());
    let count = |xpath: &str| junit(&xml, &format!("count({xpath})"));
    let root =
        ["tests", "failures", "errors", "skipped"].map(|name| junit(&xml, &format!("string(/testsuites/@{name})")));
    assert_eq!(root, ["8", "1", "3", "1"]);
    assert_eq!(count("//testcase[@file='tests/fails' and @line='1']/failure"), "1");
    assert_eq!(count("//testcase[@file='tests/fails']/rerunError"), "1");
    assert_eq!(count("//testcase[@file='tests/flaky']/flakyFailure/stackTrace"), "1");
    assert_eq!(count("//testcase[@file='tests/flaky']/*[self::failure or self::error]"), "0");
    assert_eq!(count("//testcase[@file='tests/typo']/error"), "1");
    assert_eq!(count("//testcase[@file='tests/off']/skipped"), "1");
    assert_eq!(count("//testsuite[@name='tests/trunk/twice.rhai']/testcase[@classname='tests.trunk.twice']"), "2");
    let property =
        |name: &str| junit(&xml, &format!("string(//testcase[@file='tests/fails']//property[@name='{name}']/@value)"));
    assert_eq!(property("run"), "20261123-231105-call-0005");
    assert_eq!(property("folder"), "data/runs/20261123-231105-call-0005");
    assert_eq!(property("hash"), "0123456789abcdef");
    let body = junit(&xml, "string(//failure)");
    for part in ["at tests/fails:1:1", "-     CALL_ESTABLISHED", "help: if this", "486 Busy Here bob -> alice"] {
        assert!(body.contains(part), "{part}: {body}");
    }
}

#[test]
fn perl_reads_the_tap_and_its_yaml() {
    let expected = "\
ok 1 - tests/trunk/twice.rhai, repetition 1 of 2
ok 2 - tests/trunk/twice.rhai, repetition 2 of 2
ok 3 - tests/flaky
not ok 4 - tests/fails
ok 5 - tests/off SKIP `_run 0`: the test is not to be run (tests/off:1:1)
not ok 6 - a,b:c\\#d <\\\\u{1b}[2J\\\\n> \\# TODO \\\\
not ok 7 - tests/typo
not ok 8 - tests/cancelled
yaml 1 PASS PASS
yaml 2 PASS PASS
yaml 3 FLAKY FAIL PASS
yaml 4 FAIL ERROR FAIL
yaml 5 SKIPPED SKIPPED
yaml 6 ERROR ERROR
yaml 7 ERROR
yaml 8 CANCELLED CANCELLED
planned 10
mistake Bad plan.  You planned 10 tests but ran 8.
";
    assert_eq!(tap(&report(Kind::Tap, &sample::mixed())), expected);
}

/// As docs/reports.md has it: a prove that knows version 13 takes it with that number.
#[test]
fn prove_passes_and_fails_with_the_tests() {
    let mut results = sample::mixed();
    results.left_out = 0;
    let folder = tempfile::tempdir().unwrap();
    let proved = |results: &Results| {
        let file = folder.path().join("results.tap");
        std::fs::write(&file, report(Kind::Tap, results).replacen("14", "13", 1)).unwrap();
        let output = fed("prove", &["--exec".as_ref(), "cat".as_ref(), &file], "");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (passed, said) = proved(&results);
    assert!(!passed && said.contains("Failed tests:  4, 6-8") && !said.contains("Parse errors"), "{said}");
    // those that passed, the flaky and the skipped one
    results.tests = [0, 1, 2, 4].map(|n| results.tests[n].clone()).to_vec();
    let (passed, said) = proved(&results);
    assert!(passed && said.contains("All tests successful"), "{said}");
}

#[test]
fn the_json_is_as_documented() {
    let report = json(&report(Kind::Json, &sample::mixed()));
    assert_eq!((&report["format"], &report["version"]), (&"telefonist-results".into(), &1.into()));
    assert_eq!(report["summary"]["flaky"], 1);
    assert_eq!(report["summary"]["not_run"], 2);
    let failed = &report["tests"][3];
    assert_eq!(failed["status"], "fail");
    assert_eq!(failed["attempts"][1]["reasons"][0]["at"]["line"], 1);
    assert_eq!(failed["attempts"][1]["findings"][0]["lines"][1], "+1.034 486 Busy Here bob -> alice");
    assert_eq!(report["tests"][6]["problems"][0]["at"]["line"], 2);
    let page = std::fs::read_to_string(repository().join("docs/reports.md")).unwrap();
    let mut blocks = page.split("\n\n").filter(|block| block.starts_with("    {"));
    json(blocks.next().unwrap());
    serde_json::from_str::<serde_json::Value>(blocks.next().unwrap()).unwrap();
}

#[test]
fn github_annotations_stand_at_their_lines_and_break_out_of_none() {
    let text = report(Kind::Github, &sample::mixed());
    let command = regex::Regex::new(r"^::(error|warning) [^\r\n]*?title=[^:,\r\n]*::").unwrap();
    assert!(text.lines().all(|line| command.is_match(line)), "{text}");
    let levels = |level: &str| text.lines().filter(|line| line.starts_with(&format!("::{level} "))).count();
    assert_eq!((levels("error"), levels("warning")), (5, 2));
    assert!(text.contains("::error file=tests/fails,line=1,col=1,title=FAIL tests/fails::attempt 1: ERROR"));
    assert!(text.contains("::warning file=tests/flaky,line=7,col=1,title=FLAKY tests/flaky::"));
    assert!(text.contains("::error file=tests/typo,line=2,col=1,title=ERROR tests/typo::unknown directive"));
    assert!(text.contains("file=a%2Cb%3Ac#d,line=3"));
    assert!(text.contains("%0A"));
}

#[test]
fn no_report_shows_a_secret_or_a_control_character() {
    let results = sample::mixed();
    for (name, kind) in Kind::ALL {
        let text = report(kind, &results);
        assert!(!text.contains("hush"), "{name}: {text}");
        let bad = |c: &char| (c.is_control() && *c != '\n') || matches!(c, '\u{202e}' | '\u{ffff}');
        // JSON and HTML may hold U+FFFF
        let found: Vec<char> =
            text.chars().filter(bad).filter(|c| !matches!(name, "json" | "html") || *c != '\u{ffff}').collect();
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

#[test]
fn the_reports_of_real_runs_are_read_too() {
    let good = "let a = agent(\"alice\");\nlet b = agent(\"bob\");\na.dial(b);\nawait b.event(\"CALL_INCOMING\");\n";
    let fails = good.to_string() + "await b.event(\"CALL_ESTABLISHED\") within 100ms;\n";
    let kinds = Kind::ALL.map(|(name, _)| format!("--report {name}=out/{name}")).join(" ");
    let words = format!("run t/good.rhai t/fails.rhai t/typo --retries 1 {kinds}");
    let test = Telefonist::new(&words).file("t/good.rhai", good).file("t/fails.rhai", &fails).file("t/typo", "_hsah\n");
    test.run().exits(2);
    let read = |name: &str| std::fs::read_to_string(test.folder.path().join("out").join(name)).unwrap();
    let count = |xpath: &str| junit(&read("junit"), &format!("count({xpath})"));
    let cases = ["success", "failure", "rerunFailure", "error"].map(|kind| match kind {
        "success" => count("//testcase[@file='t/good.rhai' and not(failure or error)]"),
        kind => count(&format!("//testcase/{kind}")),
    });
    assert_eq!(cases, ["1", "1", "1", "1"]);
    let told = tap(&read("tap"));
    for line in ["ok 1 - t/good.rhai", "not ok 2 - t/fails.rhai", "yaml 2 FAIL FAIL FAIL", "yaml 3 ERROR", "planned 3"]
    {
        assert!(told.lines().any(|told| told == line), "{line}\n{told}");
    }
    assert!(!told.contains("mistake"), "{told}");
    let report = json(&read("json"));
    assert_eq!(
        (&report["summary"]["passed"], &report["summary"]["failed"], &report["summary"]["errors"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(report["tests"][1]["attempts"].as_array().map(Vec::len), Some(2));
    assert!(read("github").contains("::error file=t/fails.rhai,line="), "{}", read("github"));
    assert!(read("terminal").contains("attempt 2 of 2: FAIL") && read("terminal").contains("1 passed, 1 failed"));
}

/// The mixed results with a text in every place that a stranger may fill.
fn filled(text: &str) -> Results {
    let mut results = sample::mixed();
    results.agent = text.into();
    for test in &mut results.tests {
        test.file = text.into();
        test.name = text.into();
        for attempt in &mut test.attempts {
            let reason = Reason { diff: Some(text.into()), advice: Some(text.into()), ..Reason::new(text) };
            let at = Some(At { source: text.into(), line: 1, column: 1 });
            attempt.verdict.reasons = vec![Reason { details: vec![text.into()], at, ..reason }];
            attempt.verdict.findings = vec![Finding { about: text.into(), lines: vec![text.into()] }];
            attempt.flow = text.into();
        }
    }
    results
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_is_in_it_a_report_can_be_read(text in "(\\PC|[\u{0}-\u{1f}:#\"'&<\\\\]|: |\n- |\n  \\.\\.\\.|\\]\\]>|\u{ffff}|%0A){0,24}") {
        let results = filled(&text);
        prop_assert_eq!(junit(&report(Kind::Junit, &results), "count(//testcase)"), "8");
        let read = tap(&report(Kind::Tap, &results));
        prop_assert_eq!(read.matches("\nyaml ").count(), 8, "{}", read);
        prop_assert_eq!(read.matches("\nmistake ").count(), 1, "{}", read);
        let json: serde_json::Value = serde_json::from_str(&report(Kind::Json, &results)).unwrap();
        prop_assert_eq!(json["tests"].as_array().map(Vec::len), Some(8));
        let commands = report(Kind::Github, &results);
        prop_assert!(commands.lines().all(|line| line.starts_with("::")), "{}", commands);
    }
}

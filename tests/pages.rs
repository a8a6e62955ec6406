//! README.md, docs/testfiles.md, docs/running.md and docs/ci.md: what a newcomer copies from them works unchanged.

use crate::support::{Telefonist, repository};
use std::path::Path;
use std::process::Command;

const CALL: &str = r#"let alice = agent("alice");
let bob = agent("bob");
alice.dial(bob);
await bob.event("CALL_INCOMING") within 20s;
bob.hangup(486);
await alice.closed() within 20s;
"#;

/// The blocks of a page with their language, in their order.
fn blocks(page: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(repository().join(page)).expect("the page");
    // every other part stands between two fences
    let parts = text.split("```").skip(1).step_by(2);
    parts.filter_map(|part| part.split_once('\n')).map(|(word, block)| (word.into(), block.into())).collect()
}

/// The first block of a page in that language.
fn first(page: &str, language: &str) -> String {
    blocks(page).into_iter().find(|(word, _)| word == language).expect("a block").1
}

/// A folder with a few tests, as a checkout has them.
fn checkout() -> Telefonist {
    let folder = Telefonist::new("run tests");
    folder.file("tests/busy.rhai", CALL).file("tests/call.rhai", CALL).file("tests/nested/third.rhai", CALL)
}

/// A shell's commands in a folder, where the program is in the PATH.
fn shell(folder: &Path, commands: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_telefonist")).parent().expect("a folder").display();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("bash");
    shell.args(["-eux", "-o", "pipefail", "-c", commands]).current_dir(folder).env("PATH", format!("{program}:{path}"));
    shell.env("CI", "true");
    shell
}

fn succeeds(shell: &mut Command, what: &str) -> String {
    let done = shell.output().expect("bash");
    let said = [done.stdout, done.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(done.status.success(), "{what}\n{said}");
    said
}

#[test]
fn the_commands_for_ci_do_what_the_page_says() {
    let test = checkout();
    let commands = blocks("docs/ci.md").into_iter().filter(|(word, _)| word == "sh");
    let said: Vec<String> =
        commands.map(|(_, commands)| succeeds(&mut shell(test.folder.path(), &commands), &commands)).collect();
    assert!(said.len() >= 6, "{}", said.len());
    for report in ["junit.xml", "report.html", "results.json"] {
        assert!(test.folder.path().join("out").join(report).exists(), "{report}");
    }
    let merged = std::fs::read_to_string(test.folder.path().join("out/results.json")).unwrap();
    let merged: serde_json::Value = serde_json::from_str(&merged).unwrap();
    assert_eq!((&merged["summary"]["tests"], merged["tests"].as_array().unwrap().len()), (&3.into(), 3));
}

#[test]
fn the_jobs_of_github_gitlab_and_jenkins_run() {
    let jobs: Vec<(String, String)> =
        blocks("docs/ci.md").into_iter().filter(|(_, block)| block.contains("telefonist run")).collect();
    let jobs: Vec<(String, String)> = jobs.into_iter().filter(|(word, _)| word == "yaml" || word == "groovy").collect();
    assert_eq!(jobs.len(), 3);
    for (_, job) in jobs {
        let test = checkout();
        let command = &job[job.find("telefonist run").unwrap()..];
        // a folded line goes on with flags
        let lines: Vec<&str> = command.lines().map(str::trim).collect();
        let more = lines[1..].iter().take_while(|line| line.starts_with("--"));
        let command = [&lines[0]].into_iter().chain(more).copied().collect::<Vec<_>>().join(" ");
        let command = command.trim_end_matches('\'');
        let mut shell = shell(test.folder.path(), command);
        shell.envs([("SHARD", "1"), ("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "3")]);
        let said = succeeds(&mut shell, command);
        assert!(said.contains("PASS  tests/"), "{said}");
        let written = test.folder.path().join("out").read_dir().unwrap().map(|entry| entry.unwrap().file_name());
        assert!(written.into_iter().filter(|name| name.to_string_lossy().contains(".xml")).count() == 1, "{command}");
    }
}

#[test]
fn the_first_tests_of_readme_and_docs_pass_without_warnings() {
    let call = first("README.md", "");
    let test = Telefonist::new("run call aliases waits.rhai").file("call", &call);
    let test = test.file("aliases", &first("docs/testfiles.md", "")).file("waits.rhai", &first("README.md", "rhai"));
    let test = test.file("telefonist.toml", &first("docs/running.md", "toml"));
    test.run().exits(0).says("3 passed").never_says("warning").never_says(" ! ");
    test.then("run --update call").exits(0).says("call has hash");
    let updated = std::fs::read_to_string(test.folder.path().join("call")).unwrap();
    assert_eq!(updated.lines().skip(1).collect::<Vec<_>>(), call.lines().collect::<Vec<_>>());
    assert!(updated.starts_with("_hash "), "{updated}");
    test.then("run call").exits(0).says("PASS");
}

#[test]
fn the_line_of_a_testfile_that_help_shows_works_at_the_prompt() {
    let line = "alice:dial bob|2s|alice:hangup";
    Telefonist::new("repl --help").run().exits(0).says(line);
    assert!(std::fs::read_to_string(repository().join("docs/repl.md")).unwrap().contains(line));
    let test = Telefonist::new("repl");
    let commands =
        format!("printf '%s\\n' 'let alice = agent(\"alice\")' 'let bob = agent(\"bob\")' '{line}' | telefonist repl");
    assert!(succeeds(&mut shell(test.folder.path(), &commands), line).contains("CALL_INCOMING  alice"));
}

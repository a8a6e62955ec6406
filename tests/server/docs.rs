//! docs/api.md, run as it stands.

use crate::support::repository;
use crate::support::server::Server;
use std::process::Command;

#[test]
fn the_page_on_rest_goes_from_nothing_to_a_junit_file() {
    let page = std::fs::read_to_string(repository().join("docs/api.md")).unwrap();
    let mut script = String::from("set -eux -o pipefail\n");
    for block in page.split("```sh\n").skip(1) {
        script.push_str(block.split("```").next().unwrap());
    }
    assert!(["200", "401", "404", "409"].iter().all(|status| script.contains(&format!("= {status}\n"))), "{script}");
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).current_dir(folder.path()).env("BASE", &server.base).env("KEY", &server.key);
    let done = shell.output().unwrap();
    let said = [done.stdout, done.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(done.status.success(), "{said}");
    assert!(std::fs::read_to_string(folder.path().join("results.xml")).unwrap().contains("<testcase"), "{said}");
}

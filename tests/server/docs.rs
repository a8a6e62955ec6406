//! docs/api.md and docs/server.md, run as they stand.

use crate::support::repository;
use crate::support::server::Server;
use std::path::Path;
use std::process::Command;

/// The shell's blocks of a page as one script.
fn commands(page: &str) -> String {
    let page = std::fs::read_to_string(repository().join(page)).unwrap();
    let blocks = page.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    ["set -eux -o pipefail\n"].into_iter().chain(blocks).collect()
}

/// Runs a script against the server, and gives all that it said.
fn run(server: &Server, script: &str, folder: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_telefonist")).parent().unwrap().display();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("bash");
    shell.args(["-c", script]).current_dir(folder).env("PATH", path);
    shell.env("BASE", &server.base).env("KEY", &server.key).env("DATA", server.data_dir());
    let done = shell.output().unwrap();
    let said = [done.stdout, done.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(done.status.success(), "{said}");
    said
}

#[test]
fn the_page_on_rest_goes_from_nothing_to_a_junit_file() {
    let script = commands("docs/api.md");
    assert!(["200", "401", "404", "409"].iter().all(|status| script.contains(&format!("= {status}\n"))), "{script}");
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let said = run(&server, &script, folder.path());
    assert!(std::fs::read_to_string(folder.path().join("results.xml")).unwrap().contains("<testcase"), "{said}");
}

#[test]
fn the_page_on_running_a_service_holds_and_its_backup_is_the_service() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    run(&server, &commands("docs/server.md"), folder.path());
    let backup = folder.path().join("backup");
    let copy = Server::start_as(
        crate::support::Telefonist::new("serve --ui-address 127.0.0.1:0 --data-dir")
            .argument(backup.display().to_string()),
    );
    let schedules = copy.get("schedules").is(200).json();
    assert_eq!(schedules["schedules"][0]["words"], "from Monday to Friday at 03:00", "{schedules}");
}

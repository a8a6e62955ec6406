//! Projects out to folders and zip files, and back, by the command line.

use crate::support::{Serving, Telefonist};
use std::fs;
use std::process::Command;

/// A folder of tests as it may lie in git.
fn tests() -> Telefonist {
    Telefonist::new("import-project tests")
        .file("tests/call", "uanew <sip:a@127.0.0.1>;regint=0\r\n")
        .file("tests/v1.2 größe.rhai", "import \"phones\" as phones;\n")
        .file("tests/phones.rhai", "fn desk() { agent(\"desk\") }\n")
        .file("tests/call.flow", "a flow\n")
        .file("tests/README", "how to\n")
        .file("tests/lib/other.rhai", "\n")
}

#[test]
fn what_lives_in_git_goes_in_and_comes_back_equal() {
    let test = tests();
    let done = test.run().exits(0).says("project tests: 3 tests").says("created: call").says("created: v1.2 größe");
    done.says("left out: call.flow (a flow").says("left out: lib/ (a folder").says("left out: README (no test");
    test.then("import-project tests").exits(0).says("the same: phones").never_says("created").never_says("changed");

    test.then("export-project TESTS out").exits(0).says("project tests in out").says("wrote: phones.rhai");
    let names = ["call", "phones.rhai", "v1.2 größe.rhai"];
    let in_folder = |folder: &str| {
        let read = |name: &str| fs::read(test.folder.path().join(folder).join(name)).unwrap();
        names.map(read)
    };
    assert_eq!(in_folder("out"), in_folder("tests"));
    assert_eq!(fs::read_dir(test.folder.path().join("out")).unwrap().count(), names.len());
    test.then("export-project tests out").exits(0).says("the same already: 3").never_says("wrote");

    // by zip files into another data folder
    test.then("export-project tests all.zip").exits(0).says("wrote all.zip: 3 tests");
    let piped = test.then("export-project tests all.zip --data-dir data").exits(0);
    assert_eq!(piped.stderr, "");
    let stdout = test.command_with(&["export-project", "tests", "-"]).output().unwrap().stdout;
    assert_eq!(stdout, fs::read(test.folder.path().join("all.zip")).unwrap());
    test.then("import-project all.zip --name Other --data-dir new").exits(0).says("project Other: 3 tests");
    test.then("export-project other again --data-dir new").exits(0);
    assert_eq!(in_folder("again"), in_folder("tests"));
}

#[test]
fn what_changed_is_a_version_and_what_is_missing_goes_only_with_replace() {
    let test = tests();
    test.run().exits(0);
    let folder = test.folder.path().join("tests");
    fs::write(folder.join("call"), "new\n").unwrap();
    fs::remove_file(folder.join("phones.rhai")).unwrap();
    let done = test.then("import-project tests/").exits(0).says("changed: call");
    done.says("not among the files, stays: phones").never_says("deleted");
    let done = test.then("import-project tests --replace").exits(0).says("project tests: 2 tests");
    done.says("deleted: phones.rhai").says("the same: call");
    test.then("export-project tests out").exits(0);
    assert!(!test.folder.path().join("out/phones.rhai").exists());
    // a folder that is there holds what it held besides
    fs::write(test.folder.path().join("out/mine"), "m").unwrap();
    test.then("export-project tests out").exits(0).says("none of the project's, stays: mine");
}

#[test]
fn what_is_wrong_is_told_and_nothing_is_taken() {
    let test = tests().file("tests/x*y", "");
    test.run().exits(2).says("the file `x*y`");
    test.then("export-project tests out").exits(2).says("project `tests`");
    assert!(!test.folder.path().join("out").exists());
    test.then("import-project nowhere").exits(2).says("cannot read nowhere").says("a folder with tests, or a zip file");
    test.then("import-project tests/lib --name ../up").exits(2).says("`/` can't be in a name");
    test.then("import-project tests/call").exits(2).says("the zip file can't be read");
    test.then("import-project tests/lib").exits(0).says("project lib: 1 tests");
    test.then("export-project lib no/such/folder.zip").exits(3).says("cannot write no/such/folder.zip");
}

#[test]
fn beside_a_running_service() {
    let test = tests();
    let service = ["serve", "--ui-address", "127.0.0.1:0"];
    let serving = Serving::of(test.command_with(&service));
    test.run().exits(0).says("created: call");
    test.then("export-project tests out").exits(0).says("wrote: call");
    test.then("maintenance").exits(0).says("index: 0 runs");
    serving.terminate().exits(0);
}

#[test]
fn git_sees_no_change_in_what_comes_back() {
    let test = tests();
    let git = |words: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-C", "tests", "-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "core.autocrlf=false"]);
        let output = git.args(words).current_dir(test.folder.path()).output().expect("git");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "tests"]);
    test.run().exits(0);
    for name in ["call", "phones.rhai"] {
        fs::remove_file(test.folder.path().join("tests").join(name)).unwrap();
    }
    test.then("export-project tests tests").exits(0).says("wrote: call").says("the same already: 1");
    assert_eq!(git(&["status", "--porcelain"]), "");
}

//! Exit codes and messages of the command line.

use crate::support::receiver::{Receiver, Request};
use crate::support::{OLD_BARESIP, Telefonist};
use std::ffi::CString;

#[test]
fn an_unknown_directive_is_shown_with_line_caret_and_the_nearest_one() {
    let test = Telefonist::new("run bad").file("bad", "# a test\n_acept CALL_CLOSED\n_rnu 3\n");
    test.run().exits(2).says("bad:2").says("did you mean `_accept`").says("did you mean `_run`").says("^");
}

#[test]
fn usage_is_2_and_help_teaches() {
    Telefonist::new("run").run().exits(2);
    Telefonist::new("rnu x").run().exits(2).says("unrecognized subcommand");
    Telefonist::new("--help").run().exits(0).says("telefonist run examples/basic_call").says("130 interrupted");
    Telefonist::new("run missing").run().exits(2).says("`missing` can't be read");
    Telefonist::new("run --rtp-ports 9-1 x").run().exits(2).says("the lower one first");
}

#[test]
fn no_agent_is_3_with_what_to_do() {
    let test =
        Telefonist::new("run call --baresip /nowhere/baresip").file("call", "uanew <sip:a@127.0.0.1>;regint=0\n");
    test.run().exits(3).says("/nowhere/baresip").says("--baresip");
}

#[test]
fn a_command_that_the_agent_lacks_is_named_before_any_process_starts() {
    for verb in ["run", "check"] {
        let test = Telefonist::new(verb).example("attended_transfer").argument("attended_transfer");
        let test = test.argument("--baresip").argument(OLD_BARESIP);
        test.run().exits(3).says("atransferstart").says("attended_transfer:");
        assert!(!test.folder.path().join("data/runs").exists());
    }
}

#[test]
fn a_wrong_hash_is_1_with_a_readable_diff_and_update_mends_it() {
    let text =
        "_hash 0123456789abcdef\n_define ua1 sip:alice@127.0.0.1\nuanew <ua1>;regint=0\nua1:dial 1@127.0.0.1:1|100ms\n";
    let test = Telefonist::new("run call").file("call", text);
    test.run().exits(1).says("FAIL").says("0123456789abcdef").says("--update");
    let marked = Telefonist::new("run call --update").file("call", &format!("\u{feff}{}", text.replace('\n', "\r\n")));
    marked.run().exits(1).says("call has hash");
    marked.then("run call").exits(0).says("PASS");
    let mended = Telefonist::new("run call --update").file("call", text);
    mended.run().says("has hash");
    mended.run().exits(0).says("PASS");
}

#[test]
fn a_test_that_can_not_be_updated_is_3() {
    let test = Telefonist::new("run call --update").file("call", "uanew <sip:a@127.0.0.1>;regint=0 | 0s\n");
    test.file("call.flow/in_the_way", "").run().exits(3).says("PASS").says("`call.flow` can't be updated");
}

#[test]
fn what_shows_without_a_call_is_told_of_a_testfile_before_its_first_agent_starts() {
    let call = "_define ua1 sip:a@127.0.0.1\nuanew <ua1>;regint=0\nua1:dial 1@127.0.0.1:1|10s\n";
    for (wrong, says) in [("uanew <sip:127.0.0.1>\n", "has no user@"), ("uanew <ua2>\n", "the macro `ua2`")] {
        let test = Telefonist::new("run call").file("call", &format!("{call}{wrong}"));
        test.run().exits(2).says("call:4").says(says);
        assert!(!test.folder.path().join("data/runs").exists());
    }
}

#[test]
fn a_testfile_that_does_nothing_is_told() {
    for text in ["", "# uanew <sip:a@127.0.0.1>\n", "_tags nightly\n"] {
        for verb in ["run", "check"] {
            Telefonist::new(verb).argument("x").file("x", text).run().exits(0).says("does nothing");
        }
    }
    Telefonist::new("run x").file("x", "_run 0\n").run().exits(0).says("SKIP").never_says("does nothing");
}

#[test]
fn a_file_that_does_not_compile_does_not_stop_the_others() {
    let test = Telefonist::new("run tests")
        .file("tests/a", "_nonsense\n")
        .file("tests/b", "uanew <sip:b@127.0.0.1>;regint=0|10ms\n");
    test.run().exits(2).says("_nonsense").says("PASS");
}

#[test]
fn a_compiled_testfile_runs_to_the_same_hash() {
    let printed = Telefonist::new("compile basic_call").example("basic_call").run().exits(0);
    let script = Telefonist::new("run basic_call.rhai").file("basic_call.rhai", &printed.stdout);
    let hash = script.run().exits(0).hash();
    let classic = Telefonist::new("run basic_call").example("basic_call");
    assert_eq!(classic.run().exits(0).hash(), hash);
}

#[test]
fn skipped_includes_and_ok_false() {
    Telefonist::new("run x").file("x", "_run 0\nuanew <sip:a@127.0.0.1>;regint=0\n").run().exits(0).says("SKIP");
    Telefonist::new("run x").file("x", "_include v.js\nuanew <sip:a@127.0.0.1>;regint=0\n").run().exits(2).says("v.js");
    let strict = "_strict\n_define ua1 sip:a@127.0.0.1\nuanew <ua1>;regint=0\nua1:hold\n";
    Telefonist::new("run x").file("x", strict).run().exits(1).says("x:4");
    Telefonist::new("run x").file("x", &strict.replace("_strict", "")).run().exits(0).says("hold");
}

#[test]
fn a_command_without_an_agent_is_an_error_with_its_line() {
    Telefonist::new("run x").file("x", "\ndial 123\n").run().exits(3).says("x:2").says("no agent to take the command");
}

#[test]
fn a_webhook_gets_the_result_and_its_url_is_kept_nowhere() {
    let receiver = Receiver::new(&["200 OK"]);
    let url = receiver.url();
    let test =
        Telefonist::new("run call").file("call", &format!("_webhook {url}\nuanew <sip:a@127.0.0.1>;regint=0 | 0s\n"));
    test.run().exits(0).says("PASS").never_says("s3cret-path");
    let Request { line, body, .. } = receiver.next();
    assert!(line.starts_with("POST /hook/s3cret-path"), "{line}");
    assert!(body.contains("MessageCard") && body.contains("PASS: call"), "{body}");
    for name in ["events.jsonl", "testfile", "script.rhai", "verdict.json"] {
        let kept = std::fs::read_to_string(test.run_folder().join(name)).unwrap();
        assert!(!kept.contains("s3cret-path"), "{name}: {kept}");
    }
}

#[test]
fn a_webhook_that_does_not_take_the_result_is_a_warning() {
    let receiver = Receiver::new(&["404 Not Found"]);
    let script = |url: &str| format!("webhook(\"{url}\");\nagent(\"alice\").dial(\"sip:b@127.0.0.1:9\");\n");
    let test = Telefonist::new("run call.rhai").file("call.rhai", &script(receiver.url()));
    test.run().exits(0).says("PASS").says(receiver.address()).says("404").never_says("s3cret-path");
    // once
    assert_eq!((receiver.next().line.as_str(), receiver.rest()), ("POST /hook/s3cret-path HTTP/1.1", 0));
    test.run().exits(0).says("PASS").says("refused").never_says("s3cret-path");
    let test = Telefonist::new("run call.rhai").file("call.rhai", &script("hooks.example/s3cret-path"));
    test.run().exits(0).says("PASS").says("not an http or https URL").never_says("s3cret-path");
}

#[test]
fn doctor_says_what_there_is() {
    let test = Telefonist::new("doctor");
    test.run()
        .exits(0)
        .says("agent: baresip 4.12")
        .says("RTP ports")
        .says("alice.wav")
        .says("baresip 1.0.0 (/usr/bin/baresip)");
    Telefonist::new("doctor --baresip /nowhere").run().exits(3).says("! agent").says("can't run here");
}

#[test]
fn the_flags_of_one_dash_work() {
    let test = Telefonist::new("run -data_dir=elsewhere -rtp_ports 12000-12100 -max_calls 2 call");
    let test = test.file("call", "uanew <sip:a@127.0.0.1>;regint=0 | 0s\n");
    test.run().exits(0);
    assert!(test.folder.path().join("elsewhere/runs").is_dir());
}

#[test]
fn names_and_pipes_in_a_folder_from_elsewhere_do_no_harm() {
    let host = Telefonist::new("check tests").file("tests/\u{1b}[31m\u{202e}evil.rhai", "let x = y;\n");
    let pipe = CString::new(host.folder.path().join("tests/pipe").to_str().unwrap()).unwrap();
    // SAFETY: a path that ends with a zero
    assert_eq!(unsafe { libc::mkfifo(pipe.as_ptr(), 0o600) }, 0);
    let done = host.run().exits(2).says("pipe").says("it is not a file").says("evil.rhai");
    done.never_says("\u{1b}").never_says("\u{202e}");
    let done = host.then("run tests").exits(2).says("it is not a file");
    done.never_says("\u{1b}").never_says("\u{202e}");
    host.then("check tests --accounts tests/pipe").exits(2).says("it is not a file");
    host.then("runs --config tests/pipe").exits(2).says("it is no file");
}

//! The effect of the service's flags; the unit tests check the value of each flag in each form.

use crate::support::{Serving, Telefonist};

#[test]
fn without_a_verb_it_serves_with_go_s_flags() {
    for words in [
        "-ui_address=127.0.0.1:0 -data_dir=kept",
        "-ui_address 127.0.0.1:0 -data_dir kept -use_alsa=false",
        "--ui-address localhost:0 --data-dir=kept",
        "serve --ui_address=127.0.0.1:0 -data_dir kept",
    ] {
        let serving = Serving::start(&Telefonist::new(words));
        assert!(serving.url.starts_with("http://127.0.0.1:"), "{words}: {}", serving.url);
        let answer = Serving::client(None).get(format!("{}/healthz", serving.url)).send().unwrap();
        assert!(answer.status().is_success(), "{words}: {answer:?}");
        serving.terminate().exits(0);
    }
}

#[test]
fn password_and_key_let_in_and_are_said_nowhere() {
    let test = Telefonist::new("-ui_address=127.0.0.1:0 -ui_api_key -mein_key -ui_admin_password=geheim");
    let client = Serving::client(None);
    let serving = Serving::start(&test);
    let at = |path: &str| format!("{}/api/v1/{path}", serving.url);
    for (key, status) in [("-mein_key", 200), ("another", 401)] {
        let answer = client.get(at("me")).header("X-API-Key", key).send().unwrap();
        assert_eq!(answer.status(), status, "{key}");
    }
    for (password, status) in [("geheim", 204), ("telefonist", 401)] {
        let login = format!("{{\"user\": \"telefonist\", \"password\": \"{password}\"}}");
        let login = client.post(at("login")).header("Content-Type", "application/json").body(login);
        assert_eq!(login.send().unwrap().status(), status, "{password}");
    }
    serving.terminate().exits(0).never_says("mein_key").never_says("geheim").never_says("default password");

    // a key of each start's own, where none is given; the password stays
    let test = Telefonist::new("").file("telefonist.toml", "ui_address = \"127.0.0.1:0\"\nui_api_key = \"\"\n");
    let made = [(); 2].map(|()| {
        let mut serving = Serving::start(&test);
        let key = serving.says("API key of this start").split_whitespace().last().unwrap().to_string();
        let answer = client.get(format!("{}/api/v1/me", serving.url)).header("X-API-Key", &key).send().unwrap();
        assert_eq!(answer.status(), 200);
        serving.terminate().exits(0).says("default password");
        key
    });
    assert!(made[0].len() == 32 && made[0] != made[1]);
}

#[test]
fn its_file_lies_where_it_is_started_or_is_named() {
    let text = "ui_address = \"127.0.0.1:0\"\nui_admin_password = \"geheim\"\n";
    let test = Telefonist::new("").file("telefonist.toml", text);
    let mut serving = Serving::start(&test);
    serving.complains("telefonist.toml holds ui_admin_password, and other users can read it");
    serving.terminate().exits(0).never_says("geheim");
    let test = Telefonist::new("--config etc/t.toml").file("etc/t.toml", "ui-address = \"[::1]:0\"\n");
    let test = test.file("telefonist.toml", "nonsense");
    let serving = Serving::start(&test);
    assert!(serving.url.starts_with("http://[::1]:"), "{}", serving.url);
    let broken = test.then("runs").exits(2);
    broken.says("telefonist.toml:1:9: ");
}

#[test]
fn variables_reach_every_verb_and_wrong_ones_are_named() {
    let test = Telefonist::new("doctor");
    let with = |variable: &str, value: &str, words: &[&str]| {
        crate::support::Done::from(test.command_with(words).env(variable, value).output().unwrap())
    };
    with("TELEFONIST_DATA_DIR", "elsewhere", &["runs"]).exits(0).says("no run is kept in elsewhere/runs");
    with("TELEFONIST_DATA_DIR", "elsewhere", &["runs", "delete", "last"]).exits(2).says("elsewhere/runs");
    let wrong = with("TELEFONIST_RTP_PORTS", "9-1", &["doctor"]).exits(2);
    wrong.says("the variable TELEFONIST_RTP_PORTS can't be `9-1`").says("10000-11000");
    with("TELEFONIST_RTP_PORTS", "9-1", &["runs"]).exits(0);
}

#[test]
fn a_test_is_not_told_the_passwords_of_the_service() {
    let script = "tags(param(\"TELEFONIST_UI_API_KEY\", \"unknown\"));\nlet key = secret(\"TELEFONIST_UI_API_KEY\");\n";
    let test = Telefonist::new("run steal.rhai").file("steal.rhai", script);
    let done = test.command().env("TELEFONIST_UI_API_KEY", "geheim").output().unwrap();
    let done = crate::support::Done::from(done);
    assert_ne!(done.code, Some(0));
    done.says("TELEFONIST_UI_API_KEY").never_says("geheim");
}

#[test]
fn the_version_is_said_whatever_else_is() {
    for words in ["-version", "--version", "-V", "-data_dir x -version"] {
        let said = Telefonist::new(words).run().exits(0).stdout;
        assert!(said.starts_with(concat!("telefonist ", env!("CARGO_PKG_VERSION"), " (with")), "{words}: {said}");
    }
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let done = Telefonist::new("").argument(format!("-ui_address={address}")).run();
    done.exits(3).says(&format!("cannot listen on {address}")).says("--ui-address");
}

#[test]
fn addresses_and_ports_that_no_agent_can_have_are_told_before_a_run() {
    for (flag, value, message) in [
        ("--rtp-interface", "nosuch0", "there is no network interface `nosuch0`"),
        ("--rtp-interface", "192.0.2.1", "--rtp-interface: no agent can live at 192.0.2.1"),
        ("--sip-listen", "192.0.2.1:5060", "--sip-listen: no agent can live at 192.0.2.1"),
        ("--rtp-ports", "10001-10004", "an agent needs four ports, the first of them even"),
    ] {
        let test = Telefonist::new("run a.rhai").argument(flag).argument(value).file("a.rhai", "print(\"began\");\n");
        test.run().exits(2).says(message).never_says("PASS");
    }
    let own = "run a.rhai --rtp-interface lo --rtp-ports 10001-10005";
    Telefonist::new(own).file("a.rhai", "print(1);\n").run().exits(0);
}

//! What must not happen, whatever receivers do: a lost message, another verdict, a secret that gets out.

use super::*;

#[test]
fn a_server_that_ends_leaves_what_waits_to_the_next() {
    let hours = Duration::from_secs(3600);
    let (data, server) = Server::new(Policy { first: hours, longest: hours, ..Policy::default() });
    let (_held, url) = down(&server.runtime);
    let id = server.webhook(WebhookKind::Json, &url);
    server.tell(&[]);
    server.hears(|delivery| delivery.attempts == 1);
    server.runtime.block_on(server.post.end());
    // a run that comes late is noted too
    server.tell(&[]);
    let states = || server.store.deliveries_to(id, 10).unwrap().into_iter().map(|delivery| delivery.state);
    assert!(states().eq([DeliveryState::Pending; 2]));
    drop(server);
    let receiver = Receiver::new(&["200 OK", "200 OK"]);
    let store = Store::open(data.path()).unwrap();
    store.change_webhook(id, &webhook(WebhookKind::Json, receiver.url())).unwrap();
    let server = Server::start(data.path(), quick());
    let mut sent = [server.ended(), server.ended()].map(|sent| (sent.state, sent.attempts));
    sent.sort_by_key(|sent| sent.1);
    assert_eq!(sent, [(DeliveryState::Sent, 1), (DeliveryState::Sent, 2)]);
    assert_ne!(receiver.next().headers["x-telefonist-delivery"], receiver.next().headers["x-telefonist-delivery"]);
}

#[test]
fn after_a_kill_the_webhooks_get_their_messages_and_those_of_tests_are_failed() {
    if let Some(data) = as_writer() {
        let server = Server::start(&data, Policy::default());
        let (_held, url) = down(&server.runtime);
        server.tell(&[&url]);
        let mut tried = [(); 2].map(|()| server.hears(|delivery| delivery.attempts == 1).webhook);
        tried.sort();
        say(&format!("{tried:?}"));
        loop {
            std::thread::park();
        }
    }
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).unwrap();
    let (gone, receiver) = (Receiver::new(&[]), Receiver::new(&["200 OK"]));
    let id = store.create_webhook(&webhook(WebhookKind::Slack, gone.url()), Time(1.0)).unwrap().id;
    let (child, mut stdout) = writer(
        "webhooks::safety::after_a_kill_the_webhooks_get_their_messages_and_those_of_tests_are_failed",
        data.path(),
    );
    assert_eq!(said(&mut stdout), Some(format!("{:?}", [None, Some(id)])));
    kill(child);
    store.change_webhook(id, &webhook(WebhookKind::Slack, receiver.url())).unwrap();
    let server = Server::start(data.path(), quick());
    let sent = server.ended();
    assert_eq!((sent.state, sent.attempts, sent.webhook), (DeliveryState::Sent, 2, Some(id)));
    assert!(receiver.next().body.contains("FAIL: call"));
    let deliveries = store.deliveries(RUN).unwrap();
    let lost = deliveries.iter().find(|delivery| delivery.webhook.is_none()).unwrap();
    assert_eq!((lost.state, lost.attempts), (DeliveryState::Failed, 1));
    assert!(lost.error.as_ref().unwrap().contains("the server was stopped"), "{lost:?}");
}

/// Runs the script once; as a server would, where there is one.
fn run(data: &Path, script: &str, inputs: Inputs, server: Option<&Server>) -> Ran {
    let workplace = Workplace::new(data.to_path_buf(), settings(data)).with_inputs(inputs);
    let workplace = match server {
        Some(server) => workplace.with_post(server.post.clone()),
        None => workplace,
    };
    let tests = tempfile::tempdir().unwrap();
    let file = tests.path().join("call.rhai");
    std::fs::write(&file, script).unwrap();
    let [case] = &Case::read(&workplace, &file)[..] else { panic!("one test") };
    let compiled = case.compiled.as_ref().unwrap();
    let turn = Turn { repetition: 1, of: 1, attempt: 1, run: None };
    pipeline::execute(&workplace, &case.test, compiled, &ScriptLimits::default(), turn, &|_, _| {}, &|_| {}).unwrap()
}

#[test]
fn no_verdict_changes_whatever_receivers_do() {
    let (data, server) = Server::new(quick());
    let (_held, url) = down(&server.runtime);
    let silent = Receiver::new(&[SILENCE; 4]);
    let broken = Receiver::new(&["500 Oops"; 12]);
    server.webhook(WebhookKind::Teams, silent.url());
    let scripts = [
        ("let alice = agent(\"alice\");\nalice.mute();\n", Status::Pass),
        ("let alice = agent(\"alice\");\nalice.mute();\nassert(1 == 2, \"never\");\n", Status::Fail),
    ];
    for (script, status) in scripts {
        let alone = run(data.path(), script, Inputs::default(), None);
        assert_eq!((alone.verdict.status, &alone.warnings[..]), (status, &[][..]), "{:?}", alone.verdict);
        let hooks = [&url, broken.url()].map(|url| format!("webhook(\"{url}\");")).concat();
        let told = run(data.path(), &format!("{hooks}{script}"), Inputs::default(), Some(&server));
        assert_eq!((told.verdict.status, &told.warnings[..]), (status, &[][..]), "{:?}", told.verdict);
        assert_eq!((told.flow.text(), told.verdict.hash), (alone.flow.text(), alone.verdict.hash));
        // the run did not wait for who is silent
        let of_run = server.store.deliveries(&told.header.run).unwrap();
        assert_eq!(of_run.iter().find(|delivery| delivery.webhook.is_some()).unwrap().state, DeliveryState::Pending);
        let failed = [server.ended(), server.ended()];
        assert!(failed.iter().all(|one| (one.state, one.attempts) == (DeliveryState::Failed, 3)), "{failed:?}");
        let kept = std::fs::read_to_string(told.folder.path().join("verdict.json")).unwrap();
        assert_eq!(Verdict::from_json(&kept).unwrap().status, status);
    }
}

/// The files below a folder in which that text stands.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = vec![];
    for entry in folder.read_dir().unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_with(&entry.path(), text));
        } else if String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).contains(text) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

#[test]
fn a_secret_is_in_no_table_file_or_message() {
    let (data, server) = Server::new(quick());
    let (of_test, of_server) = (Receiver::new(&["200 OK"]), Receiver::new(&["500 Oops", "200 OK"]));
    server.webhook(WebhookKind::Json, &of_server.url().replace("s3cret-path", "stored-path"));
    let (_held, down) = down(&server.runtime);
    let script = format!(
        "webhook(\"{}\");webhook(\"{down}\");\nlet alice = agent(\"alice\");\nprint(secret(\"PIN\"));
        \nassert(false, \"the PIN is not \" + secret(\"PIN\"));\n",
        of_test.url()
    );
    let secrets = [("PIN".to_string(), "hunter-4711".to_string())].into();
    let ran = run(data.path(), &script, Inputs { secrets, ..Inputs::default() }, Some(&server));
    assert_eq!(ran.verdict.status, Status::Fail);
    let ended = [(); 3].map(|()| server.ended());
    let bodies = [of_test.next().body, of_server.next().body, of_server.next().body];
    assert!(bodies.iter().all(|body| body.contains("the PIN is not ***")), "{bodies:?}");
    let shown =
        format!("{bodies:?}{ended:?}{:?}{:?}", server.store.webhooks(), server.seen.try_iter().collect::<Vec<_>>());
    for secret in ["hunter-4711", "s3cret-path", "stored-path", "signing-key"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    for secret in ["hunter-4711", "s3cret-path"] {
        assert_eq!(files_with(data.path(), secret), [""; 0], "{secret}");
    }
    // the webhook's own are where they must be, and nowhere else
    for secret in ["stored-path", "signing-key"] {
        let files = files_with(data.path(), secret);
        assert!(!files.is_empty() && files.iter().all(|file| file.starts_with("telefonist.db")), "{files:?}");
    }
}

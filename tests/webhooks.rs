//! A server's messages about runs: receivers that are slow, down, or answer as they like; restarts; and what a run makes of it.

use crate::one_process::settings;
use crate::support::killed::{as_writer, kill, said, say, writer};
use crate::support::receiver::{Receiver, SILENCE, give, read_request};
use crate::support::repository;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use telefonist::diagnostic::Diagnostic;
use telefonist::engine::ScriptLimits;
use telefonist::event::Time;
use telefonist::notify::{Finished, Policy, Post, Setup, Watcher};
use telefonist::pipeline::{self, Case, Ran, Turn, Workplace};
use telefonist::record::Header;
use telefonist::run::Inputs;
use telefonist::store::{Delivery, DeliveryState, NewWebhook, Secret, Store, WebhookKind};
use telefonist::verdict::{Reason, Status, Verdict};
use tempfile::TempDir;
use tokio::net::TcpSocket;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

mod safety;

const RUN: &str = "20261127-023014-call-3f2a";

/// Three attempts, one after another.
fn quick() -> Policy {
    let longest = Duration::from_millis(50);
    Policy { attempts: 3, first: Duration::from_millis(1), longest, ..Policy::default() }
}

/// What of a server sends messages, and what it hears of them.
struct Server {
    store: Arc<Store>,
    post: Arc<Post>,
    seen: mpsc::Receiver<Result<Delivery, Diagnostic>>,
    runtime: Handle,
    _ends_the_runtime: oneshot::Sender<()>,
}

struct Seen(mpsc::Sender<Result<Delivery, Diagnostic>>);

impl Watcher for Seen {
    fn changed(&self, delivery: &Delivery) {
        let _ = self.0.send(Ok(delivery.clone()));
    }

    fn warn(&self, warning: Diagnostic) {
        let _ = self.0.send(Err(warning));
    }
}

impl Server {
    fn start(data: &Path, policy: Policy) -> Server {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        let (end, ends) = oneshot::channel::<()>();
        std::thread::spawn(move || runtime.block_on(ends));
        let store = Arc::new(Store::open(data).unwrap());
        let (sender, seen) = mpsc::channel();
        let post = Post::start(Setup {
            store: store.clone(),
            runtime: handle.clone(),
            policy,
            link: Box::new(|run| Some(format!("https://tests.example/runs/{run}"))),
            watcher: Arc::new(Seen(sender)),
        });
        Server { store, post: Arc::new(post.unwrap()), seen, runtime: handle, _ends_the_runtime: end }
    }

    /// In a data directory of its own.
    fn new(policy: Policy) -> (TempDir, Server) {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(data.path(), policy);
        (data, server)
    }

    /// The next news of a delivery of which this holds.
    #[track_caller]
    fn hears(&self, wanted: impl Fn(&Delivery) -> bool) -> Delivery {
        loop {
            let news = self.seen.recv_timeout(Duration::from_secs(30)).expect("it comes");
            let delivery = news.expect("all is noted");
            if wanted(&delivery) {
                return delivery;
            }
        }
    }

    #[track_caller]
    fn ended(&self) -> Delivery {
        self.hears(|delivery| delivery.state != DeliveryState::Pending)
    }

    fn webhook(&self, kind: WebhookKind, url: &str) -> i64 {
        self.store.create_webhook(&webhook(kind, url), Time(1.0)).unwrap().id
    }

    /// Tells of a run that failed; nobody waits for receivers.
    fn tell(&self, urls: &[&str]) {
        let urls: Vec<_> = urls.iter().map(|url| url.to_string()).collect();
        assert_eq!(self.post.run_over(finished(Status::Fail, None), &urls), None);
    }
}

fn webhook(kind: WebhookKind, url: &str) -> NewWebhook {
    let secret = Some(Secret::new("signing-key"));
    NewWebhook { project: None, kind, url: Secret::new(url), secret, only_failures: false }
}

fn finished(status: Status, project: Option<&str>) -> Finished {
    let reasons = vec![Reason::new("no answer")];
    let hash = "0123456789abcdef".into();
    let verdict = Verdict { status, reasons, hash, expected: None, warnings: vec![], findings: vec![], heard: vec![] };
    let header = Header::new(RUN, "call", "call", Time(1_795_000_000_000.0), "a");
    let header = Header { project: project.map(String::from), ..header };
    Finished::new(&header, &verdict, Duration::from_secs(1))
}

/// A port at which nobody listens, for as long as this is held.
fn down(runtime: &Handle) -> (TcpSocket, String) {
    let _here = runtime.enter();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/hook/s3cret-path", socket.local_addr().unwrap());
    (socket, url)
}

#[test]
fn what_answers_500_is_tried_again_and_all_of_it_is_shown() {
    let (_data, server) = Server::new(quick());
    let receiver = Receiver::new(&["500 Oops", "503 Busy", "200 OK"]);
    let id = server.webhook(WebhookKind::Slack, receiver.url());
    server.tell(&[]);
    let first = server.hears(|delivery| delivery.attempts == 1);
    assert_eq!(first.state, DeliveryState::Pending);
    assert_eq!(first.error.as_deref(), Some("it answered 500 Internal Server Error"));
    assert!(first.due.is_some() && first.tried.is_some(), "{first:?}");
    let sent = server.ended();
    assert_eq!((sent.state, sent.attempts, sent.webhook), (DeliveryState::Sent, 3, Some(id)));
    assert_eq!(sent.address, receiver.address());
    let kept = [server.store.deliveries(RUN), server.store.deliveries_to(id, 10)].map(Result::unwrap);
    assert_eq!(kept, [[sent.clone()], [sent]]);
    let bodies = [(); 3].map(|()| receiver.next().body);
    assert!(bodies[0].contains("FAIL: call") && bodies[0].contains("https://tests.example/runs/2026"), "{}", bodies[0]);
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[test]
fn who_is_down_is_tried_until_it_is_given_up() {
    let (_data, server) = Server::new(quick());
    let (_held, url) = down(&server.runtime);
    server.tell(&[&url]);
    let failed = server.ended();
    assert_eq!((failed.state, failed.attempts, failed.webhook), (DeliveryState::Failed, 3, None));
    let why = failed.error.unwrap();
    assert!(why.contains("refused") && !why.contains("s3cret"), "{why}");
}

#[test]
fn who_is_slow_is_left_and_tried_again() {
    let (_data, server) = Server::new(Policy { limit: Duration::from_millis(300), ..quick() });
    let receiver = Receiver::new(&[SILENCE, "200 OK"]);
    server.tell(&[receiver.url()]);
    let left = server.hears(|delivery| delivery.attempts == 1);
    assert_eq!(left.error.as_deref(), Some("no answer within 300ms"));
    assert_eq!((receiver.next().body, server.ended().state), (receiver.next().body, DeliveryState::Sent));
}

#[test]
fn what_a_receiver_asks_for_is_heeded() {
    let longest = Duration::from_millis(120);
    let (_data, server) = Server::new(Policy { longest, ..quick() });
    let receiver = Receiver::new(&["429 Slow down\r\nretry-after: 3600", "200 OK"]);
    server.tell(&[receiver.url()]);
    assert_eq!(server.ended().state, DeliveryState::Sent);
    let first = receiver.next().at;
    // an hour would be too long, a millisecond too short
    assert!(receiver.next().at - first >= longest);
}

#[test]
fn an_answer_that_is_final_is_not_asked_for_twice() {
    let (_data, server) = Server::new(quick());
    let moved = "302 Found\r\nlocation: /elsewhere";
    let around = "307 Temporary Redirect\r\nlocation: /hook/s3cret-path";
    let cases: [(&[&str], &str); 3] = [
        (&["404 Not Found"], "it answered 404 Not Found"),
        (&[moved], "it answered 302 Found, by which a message is not passed on; 307 does that"),
        (&[around; 4], "too many redirects"),
    ];
    for (answers, why) in cases {
        let receiver = Receiver::new(answers);
        server.tell(&[receiver.url()]);
        let failed = server.ended();
        assert_eq!((failed.state, failed.attempts, failed.error.as_deref()), (DeliveryState::Failed, 1, Some(why)));
        answers.iter().for_each(|_| drop(receiver.next()));
    }
    server.tell(&["not a URL s3cret-path"]);
    let failed = server.ended();
    assert_eq!((failed.attempts, failed.address.as_str()), (1, "no URL"));
    assert_eq!(failed.error.as_deref(), Some("its address is not an http or https URL"));
    let receiver = Receiver::new(&[around, "204 No Content"]);
    server.tell(&[receiver.url()]);
    assert_eq!(server.ended().state, DeliveryState::Sent);
    assert_eq!(receiver.next().body, receiver.next().body);
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_shown() {
    let (_data, server) = Server::new(Policy { attempts: 1, ..quick() });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/s3cret-path", listener.local_addr().unwrap());
    let _ = rustls::crypto::ring::default_provider().install_default();
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_string()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![own.cert.der().clone()], key).unwrap());
    let answers = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut tls = rustls::ServerConnection::new(config).unwrap();
        while tls.is_handshaking() && tls.complete_io(&mut stream).is_ok() {}
        tls.is_handshaking()
    });
    server.tell(&[&url]);
    let failed = server.ended();
    let why = failed.error.unwrap();
    assert!(why.contains("certificate") && !why.contains("s3cret"), "{why}");
    assert!(answers.join().unwrap(), "it was trusted");
}

#[test]
fn so_many_at_once_are_sent_to_a_receiver() {
    let (_data, server) = Server::new(quick());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, arrived) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            std::thread::spawn(move || read_request(&stream).map(|_| sender.send(stream)));
        }
    });
    server.tell(&[url.as_str(); 7]);
    let wait = Duration::from_secs(30);
    let mut held = vec![arrived.recv_timeout(wait).unwrap(), arrived.recv_timeout(wait).unwrap()];
    for _ in 2..7 {
        // were more sent at once, one would soon be here
        assert!(arrived.try_recv().is_err());
        give(held.swap_remove(0), "200 OK");
        held.push(arrived.recv_timeout(wait).unwrap());
    }
    held.into_iter().for_each(|stream| give(stream, "200 OK"));
    (0..7).for_each(|_| assert_eq!(server.ended().state, DeliveryState::Sent));
}

#[test]
fn where_too_many_wait_the_oldest_are_given_up() {
    let hours = Duration::from_secs(3600);
    let (_data, server) = Server::new(Policy { waiting: 2, first: hours, longest: hours, ..Policy::default() });
    let (_held, url) = down(&server.runtime);
    for _ in 0..4 {
        server.tell(&[&url]);
        // it waits for its second attempt
        server.hears(|delivery| delivery.state == DeliveryState::Pending && delivery.attempts == 1);
    }
    let deliveries = server.store.deliveries(RUN).unwrap();
    let (failed, pending) = (DeliveryState::Failed, DeliveryState::Pending);
    assert!(deliveries.iter().map(|delivery| delivery.state).eq([failed, failed, pending, pending]), "{deliveries:?}");
    assert_eq!(deliveries[0].error.as_deref(), Some("too many messages wait; this was the oldest of them"));
    // more at once than may wait: these are given up before they are tried
    server.tell(&[url.as_str(); 3]);
    let last = &server.store.deliveries(RUN).unwrap()[4..];
    assert_eq!((last[0].state, last[0].attempts), (DeliveryState::Failed, 0));
}

#[test]
fn who_is_told_goes_by_project_and_by_how_it_ended() {
    let (_data, server) = Server::new(quick());
    let [pbx, trunk] = ["pbx", "trunk"].map(|name| server.store.create_project(name, Time(1.0)).unwrap().id);
    let (_held, url) = down(&server.runtime);
    let add = |project, only_failures| {
        let new = NewWebhook { project, only_failures, ..webhook(WebhookKind::Teams, &url) };
        server.store.create_webhook(&new, Time(1.0)).unwrap().id
    };
    let (all, of_pbx, failures, _) =
        (add(None, false), add(Some(pbx), false), add(Some(pbx), true), add(Some(trunk), false));
    let told = |status, project| {
        let before = server.store.deliveries(RUN).unwrap().len();
        assert_eq!(server.post.run_over(finished(status, project), &[]), None);
        let after = server.store.deliveries(RUN).unwrap();
        after[before..].iter().filter_map(|delivery| delivery.webhook).collect::<Vec<_>>()
    };
    assert_eq!(told(Status::Fail, Some("PBX")), [all, of_pbx, failures]);
    assert_eq!(told(Status::Cancelled, Some("pbx")), [all, of_pbx, failures]);
    assert_eq!(told(Status::Pass, Some("pbx")), [all, of_pbx]);
    assert_eq!(told(Status::Skipped, Some("pbx")), [all, of_pbx]);
    assert_eq!(told(Status::Error, Some("deleted since")), [all]);
    assert_eq!(told(Status::Error, None), [all]);
}

#[test]
fn what_goes_to_a_deleted_webhook_is_given_up() {
    let hold = Duration::from_secs(3600);
    let (data, server) = Server::new(Policy { first: hold, longest: hold, ..quick() });
    let (_held, url) = down(&server.runtime);
    let id = server.webhook(WebhookKind::Json, &url);
    server.tell(&[]);
    server.hears(|delivery| delivery.attempts == 1);
    drop(server);
    let store = Store::open(data.path()).unwrap();
    store.delete_webhook(id).unwrap();
    let server = Server::start(data.path(), quick());
    let ended = server.ended();
    assert_eq!((ended.state, ended.error.as_deref()), (DeliveryState::Failed, Some("the webhook was deleted")));
    // the attempt that was made is the only one
    assert_eq!(ended.attempts, 1);
}

#[test]
fn a_message_can_be_sent_by_hand() {
    let (_data, server) = Server::new(quick());
    let receiver = Receiver::new(&["200 OK", "500 Oops"]);
    let new = webhook(WebhookKind::Json, receiver.url());
    assert_eq!(server.runtime.block_on(server.post.try_out(&new)), Ok(()));
    assert!(receiver.next().body.contains(r#""event":"test""#));
    let failed = server.runtime.block_on(server.post.try_out(&new)).unwrap_err().message;
    assert!(failed.contains("it answered 500") && !failed.contains("s3cret"), "{failed}");
    let nowhere = server.runtime.block_on(server.post.try_out(&webhook(WebhookKind::Json, "s3cret"))).unwrap_err();
    assert!(nowhere.message.contains("not an http or https URL"), "{nowhere:?}");
    assert_eq!((receiver.next().body.is_empty(), server.seen.try_iter().count()), (false, 0));
}

#[test]
fn a_receiver_knows_our_messages_as_the_docs_tell() {
    let docs = std::fs::read_to_string(repository().join("docs/webhooks.md")).unwrap();
    let code = docs.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let main = "\nimport json, sys\ngiven = json.load(sys.stdin)\nprint(is_ours(given['secret'], given['headers'], given['body'].encode()))\n";
    let checks = |secret: &str, headers: &serde_json::Value, body: &str| {
        let program = format!("{code}{main}");
        let mut python = Command::new("python3");
        python.args(["-c", &program]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut python = python.spawn().expect("python3");
        let given = serde_json::json!({"secret": secret, "headers": headers, "body": body});
        serde_json::to_writer(python.stdin.take().unwrap(), &given).unwrap();
        String::from_utf8(python.wait_with_output().unwrap().stdout).unwrap().trim().to_string()
    };
    let (_data, server) = Server::new(quick());
    let receiver = Receiver::new(&["200 OK"]);
    server.webhook(WebhookKind::Json, receiver.url());
    server.tell(&[]);
    let got = receiver.next();
    let header = |name: &str| got.headers[&name.to_lowercase()].clone();
    let names = ["X-Telefonist-Timestamp", "X-Telefonist-Signature", "X-Telefonist-Delivery"];
    let mut headers: serde_json::Value = names.into_iter().map(|name| (name.to_string(), header(name))).collect();
    assert_eq!(checks("signing-key", &headers, &got.body), "True");
    assert_eq!(checks("another key", &headers, &got.body), "False");
    assert_eq!(checks("signing-key", &headers, &got.body.replace("fail", "pass")), "False");
    headers["X-Telefonist-Timestamp"] = "1795000000".into();
    assert_eq!(checks("signing-key", &headers, &got.body), "False");
    // what the docs show has all fields
    let shown = docs.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let [shown, got] = [shown, &got.body].map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
    let fields = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&shown), fields(&got));
}

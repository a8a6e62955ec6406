//! Agents as their run sees them, on Debian's baresip 1.0.0 (`apt-get install baresip-core`).

#![expect(unsafe_code, reason = "sends signals to agents, and ties a thread to a processor")]

use super::{Account, Agent, Asked, Kind, Peer, Settings, Supervisor, rewrite};
use crate::event::{AgentEvent, Body, Clock, Ended, Event, Log, Note, Sink, Wake};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

#[path = "start_tests.rs"]
mod starts;

/// Far beyond what anything here takes.
const LIMIT: f64 = 20_000.0;

struct Logged(Log);

impl Sink for Logged {
    fn push_all(&self, agent: Option<&Arc<str>>, bodies: Vec<Body>) -> u64 {
        self.0.push_all(agent, bodies)
    }
}

/// A host with agents, in a folder of its own.
struct Place {
    supervisor: Option<Arc<Supervisor>>,
    log: Arc<Logged>,
    folder: TempDir,
}

impl Place {
    /// Every test has ports of its own, from `first` on.
    fn new(first: u16) -> Place {
        let folder = tempfile::tempdir().unwrap();
        let supervisor = Supervisor::new(Settings::for_tests(folder.path(), first)).expect("baresip is installed");
        Place { supervisor: Some(supervisor), log: Arc::new(Logged(Log::new(Clock::system()))), folder }
    }

    fn supervisor(&self) -> &Supervisor {
        self.supervisor.as_ref().unwrap()
    }

    fn begin(&self, account: &str) -> Result<Arc<Agent>, Ended> {
        let account = Account::new(account, &[], self.supervisor().kind())?;
        self.supervisor().start(
            account.name.as_str().into(),
            &account,
            self.folder.path(),
            self.log.clone(),
            None,
            Asked::default(),
        )
    }

    fn start<const N: usize>(&self, names: [&str; N]) -> [Arc<Agent>; N] {
        let account = |name| format!("<sip:{name}@127.0.0.1>;regint=0;input_wav=alice.wav");
        let agents = names.map(|name| self.begin(&account(name)).unwrap());
        agents.iter().for_each(|agent| agent.ready().unwrap());
        agents
    }

    /// The first body for which `pick` finds something, from the beginning of the log on.
    #[track_caller]
    fn wait<T>(&self, what: &str, pick: impl Fn(&Event) -> Option<T>) -> T {
        let log = &self.log.0;
        let deadline = log.now() + LIMIT;
        for n in 0.. {
            if log.wait(n, deadline) != Wake::New {
                break;
            }
            if let Some(found) = log.since(n).first().and_then(|event| pick(event)) {
                return found;
            }
        }
        panic!("{what} did not come:\n{}", self.shown())
    }

    #[track_caller]
    fn event(&self, agent: &Agent, name: &str) -> AgentEvent {
        self.wait(name, |event| match &event.body {
            Body::Event(said) if said.name == name && event.agent.as_ref() == Some(agent.name()) => Some(said.clone()),
            _ => None,
        })
    }

    fn shown(&self) -> String {
        self.log.0.since(0).iter().map(|event| format!("{:?} {:?}\n", event.agent, event.body)).collect()
    }

    fn dial(&self, from: &Agent, to: &Agent) {
        let port = Some(to.sip().port());
        let name = to.name().to_string();
        let peer = Peer { alias: format!("sip:{name}@127.0.0.1"), name, port, transport: None };
        from.command(&rewrite(&format!("dial {}", to.name()), &[peer]).unwrap(), None).unwrap();
        self.event(to, "CALL_INCOMING");
    }

    fn call(&self, from: &Agent, to: &Agent) {
        self.dial(from, to);
        to.command("accept", None).unwrap();
        for agent in [from, to] {
            self.event(agent, "CALL_ESTABLISHED");
            self.event(agent, "CALL_RTPESTAB");
        }
    }
}

fn stop(agents: &[Arc<Agent>]) {
    agents.iter().for_each(|agent| agent.stop());
    agents.iter().for_each(|agent| agent.stopped());
}

/// The processes that run in a folder or below it.
fn processes(folder: &Path) -> Vec<i32> {
    let folder = folder.canonicalize().unwrap();
    let all = Path::new("/proc").read_dir().unwrap().filter_map(Result::ok);
    let below = all.filter(|entry| entry.path().join("cwd").read_link().is_ok_and(|cwd| cwd.starts_with(&folder)));
    below.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn process(agent: &Agent) -> i32 {
    processes(&agent.recordings())[..]
        .first()
        .copied()
        .unwrap_or_else(|| processes(agent.recordings().parent().unwrap())[0])
}

fn signal(agent: &Agent, signal: libc::c_int) {
    // SAFETY: plain kill(2) on a process that this test started
    assert_eq!(unsafe { libc::kill(process(agent), signal) }, 0);
}

#[test]
fn a_call_from_its_first_event_to_its_report() {
    let place = Place::new(15_000);
    let [alice, bob] = place.start(["alice", "bob"]);
    place.call(&alice, &bob);
    // long enough for more packets than count as silence
    assert!(alice.command("sndcode 123", None).unwrap().ok);
    place.wait("the last digit", |event| {
        let digit = |said: &AgentEvent| said.name == "CALL_DTMF_START" && said.param == "3";
        matches!(&event.body, Body::Event(said) if digit(said)).then_some(())
    });
    assert!(alice.command("hangup", None).unwrap().ok);
    for (agent, peer) in [(&alice, &bob), (&bob, &alice)] {
        let closed = place.event(agent, "CALL_CLOSED");
        let report = place.event(agent, "AUDIO_REPORT");
        assert_eq!(report.param, "tx rx RTP/AVP PCMU", "{}", place.shown());
        assert_eq!((&report.call, &report.peer), (&closed.call, &closed.peer));
        assert_eq!(report.peer, Some(format!("sip:{}@127.0.0.1:{}", peer.name(), peer.sip().port())));
    }
    // a message comes before what it brings about
    let position = |pick: &dyn Fn(&Body) -> bool| {
        place
            .log
            .0
            .since(0)
            .iter()
            .position(|event| event.agent.as_ref() == Some(bob.name()) && pick(&event.body))
            .unwrap()
    };
    let invite = position(&|body| matches!(body, Body::Sip(sip) if sip.method == "INVITE" && sip.direction == "IN"));
    let incoming = position(&|body| matches!(body, Body::Event(said) if said.name == "CALL_INCOMING"));
    assert!(invite < incoming, "{}", place.shown());
    stop(&[alice.clone(), bob]);
    let recordings: Vec<PathBuf> = alice.recordings().read_dir().unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(recordings.len(), 2, "{recordings:?}");
    recordings.iter().for_each(|file| assert!(hound::WavReader::open(file).unwrap().duration() > 2000, "{file:?}"));
    assert_eq!(processes(place.folder.path()), [0; 0]);
}

#[test]
fn an_agent_that_dies_is_told_at_once_and_answers_nobody() {
    let place = Place::new(16_000);
    let [alice, bob] = place.start(["alice", "bob"]);
    place.call(&alice, &bob);
    signal(&bob, libc::SIGKILL);
    let lost = place.wait("AGENT_LOST", |event| match &event.body {
        Body::Note(Note::AgentLost { status }) => Some((event.agent.clone(), status.clone())),
        _ => None,
    });
    assert_eq!(lost, (Some(bob.name().clone()), "killed by signal 9".to_string()));
    let refused = bob.command("hangup", None).unwrap_err();
    assert_eq!(refused.message, "agent `bob` went away by itself: killed by signal 9");
    bob.stopped();
    assert!(alice.command("hangup", None).unwrap().ok);
}

#[test]
fn an_agent_that_hangs_is_given_up_and_ended_all_the_same() {
    let place = Place::new(17_000);
    let [alice, bob] = place.start(["alice", "bob"]);
    signal(&alice, libc::SIGSTOP);
    let hangs = alice.command("reginfo", None).unwrap_err();
    assert_eq!(hangs.message, "agent `alice` does not answer `reginfo` within 5 s");
    assert!(bob.command("reginfo", None).unwrap().ok);
    stop(&[alice, bob]);
    assert_eq!(processes(place.folder.path()), [0; 0]);
}

#[test]
fn a_wait_for_an_answer_ends_with_the_run() {
    let place = Place::new(18_000);
    let [alice, bob] = place.start(["alice", "bob"]);
    for (agent, end) in [(&alice, Agent::abandon as fn(&Agent)), (&bob, Agent::stop)] {
        signal(agent, libc::SIGSTOP);
        let asked = std::thread::spawn({
            let agent = agent.clone();
            move || agent.command("reginfo", None)
        });
        place.wait("the command", |event| {
            let sent = matches!(&event.body, Body::Command(command) if command.text == "reginfo");
            (sent && event.agent.as_ref() == Some(agent.name())).then_some(())
        });
        end(agent);
        assert_eq!(asked.join().unwrap().unwrap_err().message, format!("agent `{}` is being stopped", agent.name()));
        assert!(agent.command("reginfo", None).is_err());
    }
}

#[test]
fn agents_stop_while_they_start_and_with_their_host() {
    let mut place = Place::new(19_000);
    let starting = place.begin("<sip:eve@127.0.0.1>;regint=0;input_wav=alice.wav").unwrap();
    stop(std::slice::from_ref(&starting));
    assert!(starting.ready().is_err());
    let [alice, bob] = place.start(["alice", "bob"]);
    place.dial(&alice, &bob);
    assert_eq!(processes(place.folder.path()).len(), 2);
    place.supervisor = None;
    assert_eq!(processes(place.folder.path()), [0; 0]);
}

#[test]
fn ports_that_something_else_uses_are_passed_over() {
    let _sip = std::net::UdpSocket::bind("127.0.0.1:20200").unwrap();
    let _control = std::net::TcpListener::bind("127.0.0.1:20000").unwrap();
    let place = Place::new(20_000);
    let [alice, bob] = place.start(["alice", "bob"]);
    assert_eq!((alice.sip().port(), bob.sip().port()), (20_202, 20_204));
    place.dial(&alice, &bob);
    stop(&[alice, bob]);
}

/// A baresip that asks before its first start, by its folder in `asked`, and goes on when somebody says so in `go`.
fn hesitant(folder: &Path) -> PathBuf {
    let program = folder.join("hesitant");
    let script = format!(
        "#!/bin/sh\nif mkdir {0}/first 2>/dev/null; then pwd > {0}/asked; read _ < {0}/go; fi\nexec /usr/bin/baresip \"$@\"\n",
        folder.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    for name in ["asked", "go"] {
        assert!(std::process::Command::new("mkfifo").arg(folder.join(name)).status().unwrap().success());
    }
    program
}

#[test]
fn an_agent_whose_port_is_taken_after_all_is_started_at_another() {
    for fixed in ["", ";port=21950"] {
        let place = Place::new(21_500);
        let kind = Kind { program: hesitant(place.folder.path()), ..place.supervisor().kind().clone() };
        let settings = Settings::for_tests(place.folder.path(), 21_500);
        let other = Supervisor::with_kind(settings, kind).unwrap();
        let text = format!("<sip:a@127.0.0.1>;regint=0;input_wav=alice.wav{fixed}");
        let account = Account::new(&text, &[], place.supervisor().kind()).unwrap();
        let agent =
            other.start("a".into(), &account, place.folder.path(), place.log.clone(), None, Asked::default()).unwrap();
        std::fs::read_to_string(place.folder.path().join("asked")).unwrap();
        let first = agent.sip();
        let _taken = std::net::UdpSocket::bind(first).unwrap();
        std::fs::write(place.folder.path().join("go"), "go\n").unwrap();
        if fixed.is_empty() {
            agent.ready().unwrap();
            assert_ne!(agent.sip(), first);
            assert!(agent.command("reginfo", None).unwrap().ok);
            place.wait("the word", |event| match &event.body {
                Body::Log(line) if line.text.contains("its SIP port is in use; started again at") => Some(()),
                _ => None,
            });
            let told = place.wait("the address", |event| match &event.body {
                Body::Note(Note::AgentStarting { address, .. }) if *address != first.to_string() => {
                    Some(address.clone())
                }
                _ => None,
            });
            assert_eq!(told, agent.sip().to_string());
            agent.stop();
        } else {
            assert!(agent.ready().unwrap_err().message.contains("its SIP port is in use"));
        }
        agent.stopped();
    }
}

#[test]
fn an_agent_that_does_not_start_says_why() {
    let place = Place::new(21_000);
    let account =
        Account::new("<sip:a@127.0.0.1>;regint=0;input_wav=alice.wav", &[], place.supervisor().kind()).unwrap();
    // its account can't be taken in: longer than baresip reads
    let long = format!("<sip:a@127.0.0.1>;regint=0;auth_user={};input_wav=alice.wav", "x".repeat(1100));
    let long = place.begin(&long).unwrap().ready().unwrap_err();
    assert!(long.message.contains("agent `a` did not start") && long.message.contains("1023"), "{}", long.message);
    let status = |event: &Event| match &event.body {
        Body::Note(Note::AgentStopped { status }) => Some(status.clone()),
        _ => None,
    };
    assert_eq!(place.wait("its end", status), "the host ended it");
    // its program ends before it is ready
    let kind = Kind { program: "/bin/false".into(), ..place.supervisor().kind().clone() };
    let settings = Settings::for_tests(place.folder.path(), 21_000);
    let other = Supervisor::with_kind(settings, kind).unwrap();
    let agent =
        other.start("a".into(), &account, place.folder.path(), place.log.clone(), None, Asked::default()).unwrap();
    let failed = agent.ready().unwrap_err();
    assert_eq!(failed.message, "agent `a` did not start: exit code 1");
    agent.stopped();
}

#[test]
fn a_message_reaches_the_peer_that_it_names() {
    let place = Place::new(22_000);
    let [alice, bob, eve] = place.start(["alice", "bob", "eve"]);
    let uri = |peer: &Agent| format!("sip:{}@127.0.0.1:{}", peer.name(), peer.sip().port());
    for (peer, text) in [(&bob, "good day"), (&bob, "sip:x@y é"), (&bob, "again")] {
        let uri = uri(peer);
        assert!(alice.command(&format!("message {uri} {text}"), None).unwrap().ok);
        place.wait(text, |event| match &event.body {
            Body::Event(said) if said.name == "MESSAGE" && said.fields["body"] == text => {
                assert_eq!(event.agent.as_ref(), Some(peer.name()));
                assert_eq!(said.peer, Some(format!("sip:alice@127.0.0.1:{}", alice.sip().port())));
                Some(())
            }
            _ => None,
        });
    }
    // 1.0.0 would have to reload its contacts, and crashes when an answer is still to come
    let refused = alice.command(&format!("message {} hello", uri(&eve)), None).unwrap_err();
    assert!(refused.message.contains("one peer only") && refused.advice.is_some(), "{refused:?}");
}

#[test]
fn the_wait_for_reports_ends_with_the_report() {
    let place = Place::new(28_000);
    let [alice, bob] = place.start(["alice", "bob"]);
    place.call(&alice, &bob);
    bob.command("hangup", None).unwrap();
    place.event(&alice, "CALL_CLOSED");
    for agent in [&alice, &bob] {
        agent.barrier();
        agent.wait_reports(Duration::from_secs(20));
        let told = place.log.0.since(0).iter().any(|event| {
            event.agent.as_ref() == Some(agent.name())
                && matches!(&event.body, Body::Event(said) if said.name == "AUDIO_REPORT")
        });
        assert!(told, "{}", place.shown());
    }
}

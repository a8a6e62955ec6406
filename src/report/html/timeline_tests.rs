//! The timeline of runs made up.

use super::*;
use crate::calls::calls;
use crate::event::{AgentEvent, At, Command, Ended};

/// Events at these times, in milliseconds since the run's start.
fn events(list: Vec<(f64, &str, Body)>) -> Vec<Event> {
    let event = |(n, (time, agent, body)): (usize, (f64, &str, Body))| Event {
        n: n as u64,
        time: Time(1_000_000.0 + time),
        agent: (!agent.is_empty()).then(|| agent.into()),
        body,
    };
    list.into_iter().enumerate().map(event).collect()
}

fn said(name: &str) -> Body {
    let call = Some("1".to_string());
    Body::Event(AgentEvent { name: name.into(), call, peer: Some("sip:bob@pbx".into()), ..AgentEvent::default() })
}

fn wait(what: &str) -> Body {
    Body::Note(Note::Waiting { what: what.into(), limit: 5_000.0, at: None })
}

fn command(text: &str) -> Body {
    let at = Some(At { source: "t".into(), line: 1, column: 1 });
    Body::Command(Command { text: text.into(), at })
}

fn timeline(events: &[Event]) -> Timeline {
    Timeline::of(Time(1_000_000.0), events, &calls(events), None)
}

fn starting() -> Body {
    let text = String::new;
    Body::Note(Note::AgentStarting { aor: text(), address: text(), local: true, baresip: text() })
}

/// Kind, start and width of each bar.
fn bars(lane: &Lane) -> Vec<(&'static str, f64, f64)> {
    lane.bars.iter().map(|bar| (bar.kind, bar.x, bar.width)).collect()
}

#[test]
fn a_call_rings_talks_holds_and_has_media() {
    let events = events(vec![
        (0.0, "alice", starting()),
        (50.0, "alice", Body::Note(Note::AgentReady { milliseconds: 50.0 })),
        (100.0, "alice", command("dial bob")),
        (100.0, "alice", said("CALL_OUTGOING")),
        (110.0, "", wait("CALL_ESTABLISHED at alice")),
        (300.0, "alice", said("CALL_ESTABLISHED")),
        (350.0, "alice", said("CALL_RTPESTAB")),
        (400.0, "", wait("sleep")),
        (500.0, "alice", said("CALL_HOLD")),
        (600.0, "alice", said("CALL_RESUME")),
        (800.0, "alice", command("hangup")),
        (800.0, "alice", said("CALL_CLOSED")),
        (900.0, "", Body::Note(Note::Ended(Ended::finished()))),
        (1000.0, "alice", Body::Note(Note::AgentStopped { status: "exit code 0".into() })),
    ]);
    let timeline = timeline(&events);
    let [script, alice] = &timeline.lanes[..] else { panic!("{timeline:?}") };
    assert_eq!(bars(script), [("wait", 11.0, 29.0), ("sleep", 40.0, 40.0)]);
    assert_eq!(script.marks.iter().map(|mark| (mark.kind, mark.x)).collect::<Vec<_>>(), [("end", 90.0)]);
    let expected = [
        ("starting", 0.0, 5.0),
        ("process", 5.0, 95.0),
        ("ringing", 10.0, 20.0),
        ("talking", 30.0, 50.0),
        ("hold", 50.0, 10.0),
        ("media", 35.0, 45.0),
    ];
    assert_eq!(bars(alice), expected);
    assert_eq!(alice.bars[3].title, "call 1,  bob@pbx: talks, 500 ms (+0.300 to +0.800 s); closed: other");
    assert_eq!(
        alice.marks.iter().map(|mark| mark.title.as_str()).collect::<Vec<_>>(),
        ["command dial bob", "command hangup"]
    );
    let labels: Vec<&str> = timeline.ticks.iter().map(|tick| tick.label.as_str()).collect();
    assert_eq!(labels, ["0", "0.1 s", "0.2 s", "0.3 s", "0.4 s", "0.5 s", "0.6 s", "0.7 s", "0.8 s", "0.9 s", "1.0 s"]);
}

#[test]
fn calls_at_once_stand_below_each_other() {
    let open = |id: &str| {
        let call = Some(id.to_string());
        Body::Event(AgentEvent { name: "CALL_INCOMING".into(), call, ..AgentEvent::default() })
    };
    let list = (0..20).map(|n| (f64::from(n) * 10.0, "bob", n.to_string()));
    let events = events(list.map(|(time, agent, id)| (time, agent, open(&id))).collect());
    let lane = &timeline(&events).lanes[1];
    let ys: Vec<usize> = lane.bars.iter().map(|bar| bar.y).collect();
    assert_eq!(ys[..7], [16, 38, 60, 82, 104, 126, 126]);
    assert_eq!(lane.height, 16 + 6 * 22 + 6);
}

#[test]
fn what_failed_and_what_never_ended() {
    let events = events(vec![
        (0.0, "bob", starting()),
        (10.0, "bob", said("CALL_INCOMING")),
        (10.0, "", wait("CALL_ESTABLISHED at bob")),
        (200.0, "bob", Body::Note(Note::AgentLost { status: "signal 9".into() })),
    ]);
    let timeline = timeline(&events);
    assert_eq!(bars(&timeline.lanes[0]), [("wait", 5.0, 95.0)]);
    let bob = &timeline.lanes[1];
    assert_eq!(bars(bob), [("process", 0.0, 100.0), ("unanswered", 5.0, 95.0)]);
    assert_eq!(bob.marks.last().unwrap().title, "went away by itself: signal 9");
}

#[test]
fn a_record_without_events_or_with_odd_times_has_a_timeline() {
    assert_eq!(timeline(&[]).lanes.len(), 1);
    let odd = events(vec![(f64::NAN, "a", said("CALL_INCOMING")), (f64::INFINITY, "a", said("CALL_CLOSED"))]);
    for bar in &timeline(&odd).lanes[1].bars {
        assert!((0.0..=100.0).contains(&bar.x) && (0.0..=100.0).contains(&bar.width), "{bar:?}");
    }
}

#[test]
fn marks_beyond_the_limit_are_counted() {
    let events = events((0..2_000).map(|n| (f64::from(n), "bob", command("dtmf 1"))).collect());
    let timeline = timeline(&events);
    assert_eq!((timeline.lanes[1].marks.len(), timeline.left_out), (MOST, 500));
}

#[test]
fn time_without_events_because_they_are_left_out_is_told() {
    let events = events([0.0, 200.0, 700.0, 1_000.0].map(|time| (time, "bob", command("dtmf 1"))).to_vec());
    let of = |gap| Timeline::of(Time(1_000_000.0), &events, &[], gap).gap;
    assert_eq!((of(Some(2)), of(None), of(Some(0)), of(Some(4))), (Some((20.0, 50.0)), None, None, None));
}

//! Reports, whatever comes first: the event, the numbers, the answer.

use super::*;

const TERMINATED: &str = "sip:a@h: Call with sip:b@h terminated (duration: 2 secs)";
const TABLE: [&str; 4] = [
    "audio           Transmit:     Receive:",
    "packets:            100           99",
    "avg. bitrate:      64.2         64.0  (kbit/s)",
    "errors:               0            0",
];

fn reports() -> Reports {
    Reports::new(Arc::new(State::new(([127, 0, 0, 1], 5060).into(), "/nowhere".into())))
}

fn event(name: &str, id: &str) -> AgentEvent {
    let (name, call, peer) = (name.into(), Some(id.into()), Some("sip:b@h".into()));
    AgentEvent { name, call, peer, direction: Some("outgoing".into()), ..AgentEvent::default() }
}

fn sdp(direction: &str) -> SipEvent {
    SipEvent {
        direction: direction.into(),
        method: "INVITE".into(),
        call_id: "1".into(),
        body: "v=0\r\nm=audio 10 RTP/AVP 0\r\n".into(),
        ..SipEvent::default()
    }
}

fn due(reports: &Reports) -> usize {
    reports.state.lock().reports_due
}

fn shown(reports: Vec<AgentEvent>) -> Vec<(Option<String>, String)> {
    reports.into_iter().map(|report| (report.call, report.param)).collect()
}

#[test]
fn the_answer_to_a_question_after_the_end_closes_the_report() {
    // the numbers may be read before CALL_CLOSED, after it, and without anything that follows them
    for numbers_first in [true, false] {
        let mut reports = reports();
        reports.sip(&sdp("OUT"));
        reports.sip(&sdp("IN"));
        reports.event(&event("CALL_ESTABLISHED", "1"));
        let lines: Vec<_> = [&[TERMINATED], &TABLE[..]].concat();
        if numbers_first {
            lines.iter().for_each(|line| reports.line(line, 4));
        }
        reports.event(&event("CALL_CLOSED", "1"));
        assert_eq!((reports.wants_question(), due(&reports)), (true, 1));
        assert_eq!(shown(reports.answered(4)), []);
        reports.asked(5);
        assert!(!reports.wants_question());
        if !numbers_first {
            lines.iter().for_each(|line| reports.line(line, 5));
        }
        assert_eq!(shown(reports.answered(5)), [(Some("1".into()), "tx rx RTP/AVP PCMU".into())]);
        assert_eq!((due(&reports), shown(reports.finish())), (0, vec![]));
    }
}

#[test]
fn a_call_without_numbers_gets_its_report_as_well() {
    let mut reports = reports();
    reports.event(&event("CALL_ESTABLISHED", "1"));
    reports.event(&event("CALL_CLOSED", "1"));
    reports.asked(1);
    assert_eq!(shown(reports.answered(1)), [(Some("1".into()), "none".into())]);
}

#[test]
fn a_call_that_was_never_established_gets_none() {
    let mut reports = reports();
    reports.event(&event("CALL_INCOMING", "1"));
    reports.event(&event("CALL_CLOSED", "1"));
    assert_eq!(
        (reports.wants_question(), shown(reports.answered(1)), shown(reports.finish())),
        (false, vec![], vec![])
    );
}

#[test]
fn a_call_that_ends_without_an_event_is_reported_with_the_next_answer() {
    let mut reports = reports();
    reports.event(&event("CALL_ESTABLISHED", "1"));
    [&[TERMINATED], &TABLE[..]].concat().iter().for_each(|line| reports.line(line, 7));
    assert_eq!(shown(reports.answered(7)), [], "asked before it ended: CALL_CLOSED may still come");
    assert_eq!(shown(reports.answered(8)), [(Some("1".into()), "tx rx".into())]);
}

#[test]
fn calls_with_the_same_peer_keep_their_order() {
    let mut reports = reports();
    for id in ["1", "2"] {
        reports.event(&event("CALL_ESTABLISHED", id));
    }
    for id in ["1", "2"] {
        reports.event(&event("CALL_CLOSED", id));
        reports.line(TERMINATED, 0);
        TABLE[..if id == "1" { 0 } else { 4 }].iter().for_each(|line| reports.line(line, 0));
    }
    reports.asked(1);
    assert_eq!(shown(reports.answered(1)), [(Some("1".into()), "none".into()), (Some("2".into()), "tx rx".into())]);
}

#[test]
fn calls_that_the_teardown_cuts_are_reported_at_the_end() {
    let mut reports = reports();
    reports.event(&event("CALL_ESTABLISHED", "1"));
    [&[TERMINATED], &TABLE[..]].concat().iter().for_each(|line| reports.line(line, 3));
    assert_eq!(shown(reports.finish()), [(Some("1".into()), "tx rx".into())]);
}

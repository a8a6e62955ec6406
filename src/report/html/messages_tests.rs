//! The ladder of made-up messages, and JSON that is inert.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn inert_json_says_the_same_and_nothing_to_html(text in "(\\PC|[<>&!/\u{2028}]|</script>|<!--){0,20}") {
        let json = inert(&[&text]);
        let active = json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']);
        prop_assert!(!active);
        prop_assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), vec![text]);
    }
}

fn row(time: Time, status: u16, retransmission: bool) -> Row {
    let text = String::new;
    Row {
        time,
        from: 0,
        to: 1,
        label: text(),
        status,
        method: text(),
        call_id: text(),
        cseq: text(),
        transport: text(),
        retransmission,
        events: vec![],
    }
}

fn note(time: Time, note: Note) -> Event {
    Event { n: 0, time, agent: None, body: Body::Note(note) }
}

#[test]
fn the_failure_is_the_first_no_or_a_request_that_nobody_answered() {
    let rows =
        [row(Time(1.0), 0, false), row(Time(2.0), 401, false), row(Time(3.0), 486, true), row(Time(4.0), 486, false)];
    assert_eq!(first_failure(&rows, &[]), Some(3));
    let failed = note(Time(2.5), Note::CheckFailed { message: "slow".into(), at: None });
    // all that was asked was answered: no message is at fault
    let quiet = [row(Time(1.0), 0, false), row(Time(2.0), 200, false)];
    assert_eq!(first_failure(&quiet, std::slice::from_ref(&failed)), None);
    let bye = |time| Row { cseq: "2 BYE".into(), ..row(time, 0, false) };
    let open = |time| [row(Time(1.0), 0, false), row(Time(2.0), 200, false), bye(time)];
    assert_eq!(first_failure(&open(Time(2.2)), std::slice::from_ref(&failed)), Some(2));
    assert_eq!(first_failure(&open(Time(3.0)), &[failed]), None);
    assert_eq!(first_failure(&open(Time(2.2)), &[note(Time(2.5), Note::StepsDone)]), None);
    assert_eq!(first_failure(&[], &[]), None);
}

#[test]
fn what_happened_stands_between_the_messages() {
    use crate::report::ladder::Lane;
    let lane = |name: &str| Lane { name: name.into(), agent: true, addresses: vec![] };
    let mark = |event: u64, lane: Option<usize>, kind| Mark { time: Time(1.0), lane, kind, text: "t".into(), event };
    let at = |event: u64, from: usize, again: bool| Row {
        from,
        to: 1 - from,
        events: vec![event],
        ..row(Time(1.0), 0, again)
    };
    let all = Ladder {
        lanes: vec![lane("alice"), lane("bob")],
        rows: vec![at(1, 0, false), at(4, 0, true), at(6, 1, false)],
        marks: vec![
            mark(0, Some(0), MarkKind::Call),
            mark(2, Some(1), MarkKind::Media),
            mark(3, Some(0), MarkKind::Closed),
            mark(9, None, MarkKind::Problem),
        ],
    };
    let view = ladder(&all, &[], Time(0.0), Status::Pass);
    let classes = |marks: &[MarkView]| marks.iter().map(|mark| mark.class).collect::<Vec<_>>();
    let before: Vec<_> = view.rows.iter().map(|row| classes(&row.before)).collect();
    assert_eq!(before, [vec!["call"], vec!["media", "closed"], vec![]]);
    assert_eq!((classes(&view.last), view.last[0].x), (vec!["problem"], None));
    let arrows: Vec<_> = view.rows.iter().map(|row| (row.from, row.to, row.leftwards, row.retransmission)).collect();
    assert_eq!(arrows, [(25.0, 75.0, false, false), (25.0, 75.0, false, true), (75.0, 25.0, true, false)]);
    assert_eq!(view.rows[1].spoken, " from alice to bob, sent again");
}

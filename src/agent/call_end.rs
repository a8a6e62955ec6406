//! The end of a call in the log of an agent without our own module: there AUDIO_REPORT is made of what baresip prints.
//!
//! ```text
//! sip:alice@127.0.0.1:22000: Call with sip:bob@127.0.0.1:22020 terminated (duration: 6 secs)
//!
//! audio           Transmit:     Receive:
//! packets:            326          325
//! avg. bitrate:      64.2         64.0  (kbit/s)
//! errors:               0            0
//! pkt.report:         250          250
//! lost:                 0            0
//! jitter:             0.6          0.7  (ms)
//! ```
//!
//! The table needs `rtp_stats yes`, and packets in at least one direction; its last three lines need a report by RTCP.
//! baresip prints it after the event CALL_CLOSED.

use super::audio_report::{AudioReport, Rtcp};
use crate::sip::sdp::Negotiated;

/// What the log says of a call that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallEnd {
    /// The account's URI.
    pub local: String,
    /// The peer's URI; both are empty for a call of less than a second.
    pub peer: String,
    /// 0 where there is no table.
    pub packets_tx: u64,
    pub packets_rx: u64,
    pub rtcp: Option<Rtcp>,
}

impl CallEnd {
    /// With what the log does not say: the call's id, and what its offer and answer agreed on
    /// ([`crate::sip::sdp::negotiated`] of the last ones in the trace).
    pub fn report(self, call: Option<String>, negotiated: Negotiated) -> AudioReport {
        let CallEnd { peer, packets_tx, packets_rx, rtcp, .. } = self;
        AudioReport { call, peer, negotiated, packets_tx, packets_rx, payloads_rx: None, rtcp }
    }
}

/// Finds the ends of calls in log lines (blank ones left out, as the trace gives them).
#[derive(Debug, Default)]
pub struct Recogniser {
    call: Option<CallEnd>,
    table: Table,
}

/// How far the table has been read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Table {
    /// It has not begun.
    #[default]
    Awaited,
    /// Another kind of stream's.
    Other,
    Begun,
    /// The lines that every table has are there.
    Enough,
}

impl Recogniser {
    pub fn new() -> Recogniser {
        Recogniser::default()
    }

    /// The call that this line completes: by the last line of its table, or by being about something else.
    pub fn line(&mut self, text: &str) -> Option<CallEnd> {
        if let Some((local, peer)) = terminated(text) {
            let before = self.finish();
            self.call = Some(CallEnd { local: local.to_string(), peer: peer.to_string(), ..CallEnd::default() });
            return before;
        }
        let heading = text.strip_suffix("Transmit:     Receive:");
        // a call of less than a second has no line that tells of its end
        if heading.is_some() && self.call.is_none() {
            self.call = Some(CallEnd::default());
        }
        let call = self.call.as_mut()?;
        if let Some(stream) = heading {
            self.table = if stream.trim() == "audio" { Table::Begun } else { Table::Other };
            return None;
        }
        let row =
            text.split_once(':').map(|(name, values)| (name, values.split_ascii_whitespace().collect::<Vec<_>>()));
        match (row.as_ref().map(|(name, values)| (*name, &values[..])), self.table) {
            (Some(("packets", [tx, rx])), Table::Begun) => {
                (call.packets_tx, call.packets_rx) = (tx.parse().unwrap_or(0), rx.parse().unwrap_or(0));
            }
            (Some(("avg. bitrate", _)), Table::Begun) => {}
            (Some(("errors", _)), Table::Begun) => self.table = Table::Enough,
            (Some(("pkt.report", _)), Table::Enough) => call.rtcp = Some(Rtcp::default()),
            (Some(("lost", [tx, rx])), Table::Enough) => {
                let rtcp = call.rtcp.get_or_insert_default();
                (rtcp.lost_tx, rtcp.lost_rx) = (tx.parse().unwrap_or(0), rx.parse().unwrap_or(0));
            }
            (Some(("jitter", [tx, rx, ..])), Table::Enough) => {
                let rtcp = call.rtcp.get_or_insert_default();
                (rtcp.jitter_tx, rtcp.jitter_rx) = (microseconds(tx), microseconds(rx));
                return self.finish();
            }
            // another thread's line may stand before or within the table
            (_, Table::Awaited | Table::Begun | Table::Other) => {}
            (_, Table::Enough) => return self.finish(),
        }
        None
    }

    /// The call as far as it is known: to be asked when its table can no longer come (a SIP message follows, another
    /// command is answered, the output ends). Without a table nothing was sent or received.
    pub fn finish(&mut self) -> Option<CallEnd> {
        self.table = Table::Awaited;
        self.call.take()
    }
}

/// The two URIs of `LOCAL: Call with PEER terminated (duration: 6 secs)`.
fn terminated(text: &str) -> Option<(&str, &str)> {
    let (local, rest) = text.split_once(": Call with ")?;
    let (peer, _) = rest.split_once(" terminated (duration: ")?;
    Some((local, peer))
}

/// Milliseconds with a decimal, as microseconds.
fn microseconds(milliseconds: &str) -> i64 {
    milliseconds.parse::<f64>().map_or(0, |ms| (ms * 1000.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::super::trace::{Item, split_all};
    use super::*;
    use proptest::prelude::*;

    const STDOUT: &[u8] = include_bytes!("../../tests/fixtures/agent/stdout-1.0.0.txt");
    const TERMINATED: &str = "sip:a@b: Call with sip:c@d;transport=tcp terminated (duration: 2 secs)";
    const TABLE: [&str; 4] = [
        "audio           Transmit:     Receive:",
        "packets:             76           8",
        "avg. bitrate:      64.9         64.9  (kbit/s)",
        "errors:               0            0",
    ];

    fn read(lines: &[&str]) -> (Recogniser, Vec<CallEnd>) {
        let mut recogniser = Recogniser::new();
        let ends = lines.iter().filter_map(|line| recogniser.line(line)).collect();
        (recogniser, ends)
    }

    fn short() -> CallEnd {
        let (local, peer) = ("sip:a@b".to_string(), "sip:c@d;transport=tcp".to_string());
        CallEnd { local, peer, packets_tx: 76, packets_rx: 8, rtcp: None }
    }

    #[test]
    fn the_calls_of_a_capture() {
        let mut recogniser = Recogniser::new();
        let mut ends = vec![];
        for item in split_all(STDOUT) {
            ends.extend(match item {
                Item::Log { text, .. } => recogniser.line(&text),
                Item::Sip(_) => recogniser.finish(),
            });
        }
        assert_eq!(recogniser.finish(), None);
        let rtcp = Rtcp { lost_tx: 0, lost_rx: 0, jitter_tx: 600, jitter_rx: 700 };
        let packets: Vec<_> = ends.iter().map(|e| (e.peer.as_str(), e.packets_tx, e.packets_rx, e.rtcp)).collect();
        let calls = [
            ("sip:bob@127.0.0.1:22020", 326, 325, Some(rtcp)),
            ("sip:bob@127.0.0.1:22020;transport=tcp", 76, 76, None),
        ];
        assert_eq!(packets, calls);
        assert_eq!(ends[0].local, "sip:alice@127.0.0.1:22000");
    }

    #[test]
    fn a_table_without_rtcp_ends_when_it_is_asked_for_or_by_what_follows() {
        let (mut recogniser, ends) = read(&[&[TERMINATED], &TABLE[..]].concat());
        assert_eq!((ends, recogniser.finish(), recogniser.finish()), (vec![], Some(short()), None));
        let (mut recogniser, ends) = read(&[&[TERMINATED], &TABLE[..], &["ua: using best effort AF"]].concat());
        assert_eq!((ends, recogniser.finish()), (vec![short()], None));
    }

    #[test]
    fn a_call_without_packets_has_no_table() {
        let (mut recogniser, ends) = read(&[TERMINATED, "something else"]);
        let silent = CallEnd { packets_tx: 0, packets_rx: 0, ..short() };
        assert_eq!((ends, recogniser.finish()), (vec![], Some(silent.clone())));
        let (_, ends) = read(&[TERMINATED, TERMINATED]);
        assert_eq!(ends, [silent]);
    }

    #[test]
    fn the_audio_counts_not_the_video() {
        let video = ["video           Transmit:     Receive:", "packets: 1 2", "errors: 0 0"];
        let (mut recogniser, ends) = read(&[&[TERMINATED], &video[..], &["stream: odd line"], &TABLE[..]].concat());
        assert_eq!((ends, recogniser.finish()), (vec![], Some(short())));
    }

    #[test]
    fn the_rest_comes_from_the_trace() {
        let negotiated = Negotiated { protocol: "RTP/AVP".to_string(), codec: "PCMU".to_string() };
        let event = short().report(Some("id1".to_string()), negotiated).event(None, None);
        assert_eq!((event.name.as_str(), event.param.as_str()), ("AUDIO_REPORT", "tx RTP/AVP PCMU"));
        assert_eq!((event.call.as_deref(), event.peer.as_deref()), (Some("id1"), Some("sip:c@d;transport=tcp")));
        assert_eq!((&event.fields["packets_rx"], event.fields.get("lost_rx")), (&8.into(), None));
    }

    proptest! {
        #[test]
        fn never_panics(
            lines in proptest::collection::vec("(a: Call with b terminated \\(duration: |audio|Transmit:     Receive:|packets:|lost:|jitter:| é| -?[0-9]{1,30}){0,4}", 0..12),
        ) {
            let mut recogniser = Recogniser::new();
            for line in lines {
                let _ = recogniser.line(&line);
            }
        }
    }
}

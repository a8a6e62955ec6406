//! The table of a run's calls: each figure as text, and whether it is a bad one.

use super::text::{milliseconds, shown};
use crate::calls::{Audio, Call};

/// Below that, users complain (ITU-T G.107 annex B: "many users dissatisfied").
const POOR: f64 = 3.6;

/// A call's line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CallRow {
    pub agent: String,
    /// `1 outgoing`
    pub call: String,
    pub peer: String,
    pub talked: String,
    pub codec: String,
    pub protocol: String,
    /// Packets, lost ones, jitter in ms: each sent and received; none where the record does not say.
    pub pairs: [Option<[Figure; 2]>; 3],
    pub rtt: String,
    pub mos: Option<Figure>,
    pub reason: String,
}

/// A number that may be a bad one.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub text: String,
    pub bad: bool,
}

impl CallRow {
    pub fn of(call: &Call) -> CallRow {
        let Audio { codec, protocol, packets, lost, jitter, rtt, mos, .. } = &call.audio;
        let both = |pair: &Option<(f64, f64)>, figure: fn(f64) -> Figure| pair.map(|(tx, rx)| [figure(tx), figure(rx)]);
        CallRow {
            agent: shown(&call.agent),
            call: format!("{} {}", call.number, shown(&call.direction)),
            peer: shown(&call.peer),
            talked: call.talked().map(milliseconds).unwrap_or_default(),
            codec: shown(codec),
            protocol: shown(protocol),
            pairs: [
                both(packets, |count| Figure { text: count.to_string(), bad: count == 0.0 }),
                both(lost, |count| Figure { text: count.to_string(), bad: count > 0.0 }),
                both(jitter, |jitter| Figure { text: format!("{jitter:.1}"), bad: false }),
            ],
            rtt: rtt.map(milliseconds).unwrap_or_default(),
            mos: mos.map(|mos| Figure { text: format!("{mos:.2}"), bad: mos < POOR }),
            reason: shown(&call.reason()),
        }
    }
}

//! How a call sounded: a mean opinion score from what RTCP reports, by the E-model (ITU-T G.107).

use crate::audio::emodel::{Connection, PACKET_DELAY, rate_connection};
use serde_json::Value;

/// The score, 1.0 (bad) to 4.4 (as good as G.711 gets), rounded to hundredths. An estimate: loss counts as random, and any
/// codec as G.711 without concealment, since baresip plays nothing where a packet is missing.
///
/// `loss` is a share of the packets (0 to 1), `jitter` and `rtt` are milliseconds; the jitter buffer is taken as
/// twice the jitter.
pub fn mos(loss: f64, jitter: f64, rtt: f64) -> f64 {
    let delay = rtt.max(0.0) / 2.0 + 2.0 * jitter.max(0.0) + PACKET_DELAY;
    let connection = Connection { ppl: 100.0 * loss.clamp(0.0, 1.0), ..Connection::default().with_delay(delay) };
    rate_connection(&connection).shown_mos()
}

/// The score of what the agent received, from the `rtcp_stats` of a CALL_RTCP (jitter and round trip in microseconds), whose
/// `rx.sent` counts the packets that came in. None before the first one.
pub fn mos_of_rtcp(stats: &Value) -> Option<f64> {
    let received = stats.get("rx")?;
    let number = |value: Option<&Value>| value.and_then(Value::as_f64).unwrap_or(0.0);
    let came = number(received.get("sent"));
    // negative when packets came twice (RFC 3550 section 6.4.1)
    let lost = number(received.get("lost")).max(0.0);
    (came > 0.0)
        .then(|| mos(lost / (came + lost), number(received.get("jit")) / 1000.0, number(stats.get("rtt")) / 1000.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn known_scores() {
        let known = [
            ((0.0, 0.0, 0.0), 4.4),
            ((0.01, 1.0, 20.0), 3.79),
            ((0.05, 1.0, 20.0), 2.12),
            ((0.0, 1.0, 600.0), 3.6),
            ((1.0, 0.0, 0.0), 1.0),
        ];
        let found: Vec<f64> = known.iter().map(|((loss, jitter, rtt), _)| mos(*loss, *jitter, *rtt)).collect();
        assert_eq!(found, known.map(|(_, score)| score));
    }

    #[test]
    fn from_what_an_agent_says() {
        let stats = json!({"tx":{"sent":250,"lost":99,"jit":1125},"rx":{"sent":250,"lost":0,"jit":1000},"rtt":1404});
        assert_eq!(mos_of_rtcp(&stats), Some(4.39));
        assert_eq!(mos_of_rtcp(&json!({"tx":{"sent":0},"rx":{"sent":0,"lost":0,"jit":0},"rtt":0})), None);
        assert_eq!(mos_of_rtcp(&json!({"rx":{"sent":10,"lost":-3}})), Some(4.4));
        // 90 came and 10 did not: a tenth of them is lost
        assert_eq!(mos_of_rtcp(&json!({"rx":{"sent":90,"lost":10,"jit":0},"rtt":0})), Some(mos(0.1, 0.0, 0.0)));
        assert_eq!(mos_of_rtcp(&json!("odd")), None);
    }

    proptest! {
        #[test]
        fn worse_never_scores_better(loss in 0.0..1.0, jitter in 0.0..500.0, rtt in 0.0..2000.0, more in 0.0..1.0) {
            let score = mos(loss, jitter, rtt);
            prop_assert!((1.0..=4.5).contains(&score));
            prop_assert!(mos(loss + more, jitter, rtt) <= score);
            prop_assert!(mos(loss, jitter + 100.0 * more, rtt + 100.0 * more) <= score);
        }
    }
}

//! Lines of the embedded agent's log that concern a call.

use super::wording::cut;
use crate::event::without_error_number;

/// An example: `callreport: call <Call-ID> received RTP payload type 8, not negotiated`.
const CALL_REPORT: &str = "callreport: call ";
const RECEIVED: &str = " received RTP payload type ";

/// The Call-ID and the payload type that the call did not agree on.
pub fn strange_payload(line: &str) -> Option<(&str, u8)> {
    let (call_id, rest) = line.strip_prefix(CALL_REPORT)?.split_once(RECEIVED)?;
    Some((call_id, rest.split(',').next()?.parse().ok()?))
}

/// An example: `sipsess: ACK of <Call-ID> to <URI> did not leave: Connection refused [111]`.
const SIP_SESSION: &str = "sipsess: ";
const DID_NOT_LEAVE: &str = " did not leave: ";

/// The method, the Call-ID, and why the message did not leave.
pub fn unsent_message(line: &str) -> Option<(&str, &str, String)> {
    let (what, why) = line.strip_prefix(SIP_SESSION)?.split_once(DID_NOT_LEAVE)?;
    let (method, rest) = what.split_once(" of ")?;
    let (call_id, target) = rest.split_once(" to ")?;
    let why = without_error_number(why.trim());
    Some((method, call_id, format!("{}: {}", cut(target, 160), cut(why, 80))))
}

//! SRTP that came and that an agent could not decrypt: another key than the descriptions have, or none at all.

use super::Weighed;
use super::case::Case;
use super::codecs::described;
use super::wording::short;
use crate::event::without_error_number;
use crate::verdict::Finding;

/// How the embedded agent's log says it: `srtp: failed to decrypt RTP packet with 172 bytes (Authentication error)`.
const SAID: &str = "srtp: failed to decrypt RTP packet";

pub fn find(case: &Case) -> Option<Weighed> {
    let dialog = case.dialog;
    let established = dialog.established?;
    let (_, said) = case.agent.alarms.iter().find(|(at, line)| *at >= established && line.starts_with(SAID))?;
    let why = said.rsplit_once('(').map_or("", |(_, why)| why.trim_end_matches(')'));
    let mut lines = vec![format!("{}'s log: {SAID}: {}", short(case.name), without_error_number(why))];
    for (what, description) in [("offer", &dialog.offer), ("answer", &dialog.answer)] {
        let Some(description) = description else { continue };
        let whose = if description.out { short(case.name) } else { case.peer() };
        lines.extend(description.media.iter().take(1).map(|media| format!("{what} of {whose}: {}", described(media))));
    }
    lines.push("probably the peer encrypts with another key than it names, or sends plain RTP".into());
    let about = format!("RTP came that {} can't decrypt, in {}", short(case.name), case.title());
    Some((93, Finding { about, lines }))
}

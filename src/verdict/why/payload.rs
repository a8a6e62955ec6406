//! RTP that came under payload types which the session descriptions do not have: the agent drops it.

use super::Weighed;
use super::case::Case;
use super::codecs::described;
use super::wording::short;
use crate::sip::sdp::Format;
use crate::verdict::Finding;

pub fn find(case: &Case) -> Option<Weighed> {
    let dialog = case.dialog;
    let first = dialog.strange.first()?;
    let descriptions = [("offer", &dialog.offer), ("answer", &dialog.answer)];
    let offered = descriptions.iter().filter_map(|(_, it)| it.as_ref()).flat_map(|it| &it.media);
    let name = |payload: u8| {
        let named = |format: &&Format| format.payload == payload.to_string() && !format.codec.is_empty();
        let known = offered.clone().flat_map(|media| &media.formats).find(named);
        known.map(|format| format!("{payload} ({})", short(&format.to_string()))).unwrap_or(payload.to_string())
    };
    let mut lines: Vec<String> = descriptions
        .iter()
        .filter_map(|(what, it)| Some((what, it.as_ref()?)))
        .flat_map(|(what, it)| {
            let whose = if it.out { short(case.name) } else { case.peer() };
            it.media.iter().take(1).map(move |media| format!("{what} of {whose}: {}", described(media)))
        })
        .collect();
    lines.push(format!("{} drops such packets", short(case.name)));
    lines.extend(dialog.strange.iter().skip(1).map(|payload| format!("also with payload type {}", name(*payload))));
    let about = format!("RTP came with payload type {}, which was not negotiated, in {}", name(*first), case.title());
    Some((93, Finding { about, lines }))
}

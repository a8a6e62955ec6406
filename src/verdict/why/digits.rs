//! Digits that a test awaited in an established call, and that did not come.

use super::Weighed;
use super::case::{Case, Question};
use super::wording::short;
use crate::verdict::Finding;

pub fn find(case: &Case, question: &Question) -> Option<Weighed> {
    let dialog = case.dialog;
    let described = dialog.offer.is_some() && dialog.answer.is_some();
    if !question.awaits("DTMF") || !described || dialog.established.is_none() || dialog.closed.is_some() {
        return None;
    }
    let digit = |out: bool| {
        let described = [&dialog.offer, &dialog.answer].into_iter().flatten().find(|described| described.out == out)?;
        let formats = described.media.iter().flat_map(|media| &media.formats);
        let mut events = formats.filter(|format| format.codec.eq_ignore_ascii_case("telephone-event"));
        events.next().map(|format| short(&format.payload))
    };
    let name = short(case.name);
    let lines = match (digit(true), digit(false)) {
        (Some(own), Some(_)) => vec![
            format!("{name} takes them as RTP of payload type {own} (telephone-event), and none came"),
            "probably the peer sent none, or sent them as sound or in SIP (INFO)".into(),
        ],
        (Some(_), None) => vec![format!("{} has no telephone-event in its description", case.peer())],
        (None, _) => vec![format!("{name} has no telephone-event in its description")],
    };
    Some((74, Finding { about: format!("no digit came to {name} in {}", case.title()), lines }))
}

//! What a ladder shows between its messages.

use super::MarkKind;
use crate::event::{AgentEvent, At, Body, ClosedBy, How, Note, closed_reason};

/// Kind and text of the mark that an event leaves, if it leaves one.
pub fn mark(body: &Body) -> Option<(MarkKind, String)> {
    match body {
        Body::Event(event) => of_agent(event),
        Body::Log(line) if line.is_of_unread() => {
            Some((MarkKind::Problem, "SIP that can't be read: it is not here".into()))
        }
        Body::Note(Note::AgentLost { status }) => Some((MarkKind::Problem, format!("the agent died: {status}"))),
        Body::Note(Note::CheckFailed { message, at }) => Some((MarkKind::Problem, placed(message, at.as_ref()))),
        Body::Note(Note::Ended(ended) | Note::Validated { ended, .. }) => match ended.how {
            How::Finished | How::Skipped => None,
            How::Cancelled if ended.message.is_empty() => Some((MarkKind::Problem, "cancelled".into())),
            _ => Some((MarkKind::Problem, placed(&ended.message, ended.at.as_ref()))),
        },
        _ => None,
    }
}

fn of_agent(event: &AgentEvent) -> Option<(MarkKind, String)> {
    let text = match event.name.as_str() {
        "CALL_ESTABLISHED" => "established".into(),
        "CALL_HOLD" => "held by the peer".into(),
        "CALL_RESUME" => "resumed by the peer".into(),
        "CALL_CLOSED" => return Some((MarkKind::Closed, closed(&event.param))),
        "CALL_RTPESTAB" => return Some((MarkKind::Media, format!("hears {}", event.param))),
        "REGISTER_FAIL" => return Some((MarkKind::Problem, format!("registration failed: {}", event.param))),
        "AUDIO_ERROR" => return Some((MarkKind::Problem, format!("audio error: {}", event.param))),
        _ => return None,
    };
    Some((MarkKind::Call, text))
}

fn closed(param: &str) -> String {
    let reason = closed_reason(param);
    match reason.by {
        ClosedBy::Local | ClosedBy::Remote | ClosedBy::Code(_) | ClosedBy::Other => {
            format!("closed: {}", reason.in_words())
        }
        by => format!("closed: {by}"),
    }
}

fn placed(message: &str, at: Option<&At>) -> String {
    match at {
        Some(at) => format!("{message} ({}:{})", at.source, at.line),
        None => message.to_string(),
    }
}

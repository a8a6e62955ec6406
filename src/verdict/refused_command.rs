//! The reason where an agent refused a command.

use super::Reason;
use crate::event::{Command, Event};

/// Commands of baresip's menu that exist while there is a call.
const OF_A_CALL: [&str; 17] = [
    "accept",
    "acceptdir",
    "atransferabort",
    "atransferexec",
    "atransferstart",
    "audio_debug",
    "callstat",
    "hangup",
    "hold",
    "line",
    "mute",
    "reinvite",
    "resume",
    "sndcode",
    "transfer",
    "video_debug",
    "videodir",
];

/// That an agent refused a command of the test.
pub fn refused_command(event: &Event, command: Option<&Command>, data: &str) -> Reason {
    let agent = event.agent.as_deref().unwrap_or("the agent");
    let what = command.map(|command| format!(" `{}`", command.text)).unwrap_or_default();
    let answer = data.split_whitespace().collect::<Vec<_>>().join(" ");
    // agents know these commands only while they have a call
    let of_a_call = command.and_then(|command| command.text.split_whitespace().next());
    let lacks_a_call =
        answer.starts_with("command not found") && of_a_call.is_some_and(|word| OF_A_CALL.contains(&word));
    let answer = if lacks_a_call { "there is no call for it".into() } else { answer };
    let said = if answer.is_empty() { String::new() } else { format!(": {answer}") };
    Reason::new(format!("{agent} refused{what}{said}")).at(command.and_then(|command| command.at.clone()))
}

//! The methods of agents and of their calls: the one table from which they are registered, checked, completed and documented.
//!
//! A method that sends a command of baresip's is a row here, and a row in tests/methods.rs that shows its effect.

use super::agent::AgentValue;
use super::call::CallValue;
use super::commands::{self, plain, targeted};
use super::hearing;
use super::listening;
use super::method::{Gives, Method, Register, Takes};
use super::party::{self, happens};
use rhai::Module;

const PLAIN: &[Register] = &[plain::<AgentValue>];
const PLAIN_OF_CALLS: &[Register] = &[plain::<AgentValue>, plain::<CallValue>];
const TARGETED: &[Register] = &[targeted::<AgentValue>];
const TARGETED_OF_CALLS: &[Register] = &[targeted::<AgentValue>, targeted::<CallValue>];

/// Sends a command.
const fn sends(
    name: &'static str,
    command: &'static str,
    register: &'static [Register],
    meaning: &'static str,
) -> Method {
    Method { name, meaning, command, takes: Takes::Values, gives: Gives::Reply, register }
}

/// Sends a command that reaches somebody.
const fn reaches(
    name: &'static str,
    command: &'static str,
    register: &'static [Register],
    meaning: &'static str,
) -> Method {
    Method { takes: Takes::Target, ..sends(name, command, register, meaning) }
}

/// Makes a waiter.
const fn waits(name: &'static str, gives: Gives, register: &'static [Register], meaning: &'static str) -> Method {
    Method { gives, ..sends(name, "", register, meaning) }
}

/// In the order of their names.
pub static METHODS: &[Method] = &[
    sends("abort_transfer", "atransferabort", PLAIN, "Gives up the attended transfer: ends the call to its target."),
    sends("accept", "accept", PLAIN_OF_CALLS, "Answers the incoming call."),
    reaches(
        "attended_transfer",
        "atransferstart",
        TARGETED_OF_CALLS,
        "Calls a third party, to transfer the call to it.",
    ),
    sends(
        "audio",
        "ausrc",
        &[commands::audio],
        "Plays a sound file of the sounds folder into the call, or what tone(440), silence(), dtmf(\"123#\") or say(\"Welcome\") gives.",
    ),
    waits(
        "closed",
        Gives::Waiter("CALL_CLOSED"),
        &[happens::<AgentValue>, happens::<CallValue>, party::closed::<AgentValue>, party::closed::<CallValue>],
        "A waiter for CALL_CLOSED: any, or for a reason: closed(486), closed(\"remote\") as the flow has it, closed(\"Busy\") as the agent words it.",
    ),
    Method {
        takes: Takes::Word,
        ..sends(
            "cmd",
            "",
            &[commands::any::<AgentValue>, commands::any::<CallValue>, commands::any_with_parameter],
            "Sends any command of baresip's.",
        )
    },
    sends("complete_transfer", "atransferexec", PLAIN, "Connects the first call with the third party."),
    Method { gives: Gives::Call, ..reaches("dial", "dial", &[commands::dial], "Calls an agent, or a URI.") },
    Method {
        takes: Takes::Word,
        ..sends(
            "dtmf",
            "sndcode",
            &[commands::dtmf::<AgentValue>, commands::dtmf::<CallValue>],
            "Sends digits; behind `await`: a waiter for a digit that comes, or for several in a row in one call.",
        )
    },
    waits(
        "established",
        Gives::Waiter("CALL_ESTABLISHED"),
        &[happens::<AgentValue>, happens::<CallValue>],
        "A waiter for CALL_ESTABLISHED.",
    ),
    waits(
        "event",
        Gives::WaiterFor,
        &[party::event::<AgentValue>, party::event::<CallValue>],
        "A waiter for an event of that type at this agent.",
    ),
    sends(
        "hangup",
        "hangup",
        &[plain::<AgentValue>, plain::<CallValue>, commands::hangup::<AgentValue>, commands::hangup::<CallValue>],
        "Ends the call, or rejects it with a code and a reason (an external baresip: its first word).",
    ),
    sends(
        "header",
        "uaaddheader",
        &[commands::header],
        "Adds a header to what the agent sends; of sip(…): the message has to have the header, with that value if one is given.",
    ),
    waits(
        "heard",
        Gives::Finding,
        &[hearing::heard::<AgentValue>, hearing::heard::<CallValue>],
        "Whether the sound of another agent is in what the agent received in its last call; heard() names all that are.",
    ),
    waits(
        "hears",
        Gives::Waiter("HEARD_PROMPT"),
        &[listening::hears::<AgentValue>, listening::hears::<CallValue>],
        "A waiter for the sound of another agent, hears(alice), or of a file, hears(\"welcome.wav\"), in a call.",
    ),
    sends("hold", "hold", PLAIN_OF_CALLS, "Puts the call on hold."),
    waits(
        "log",
        Gives::Waiter("LOG"),
        &[party::log],
        "A waiter for a line of the agent's log; the text is a regular expression, found anywhere in it: log(\"incoming rtp\").",
    ),
    reaches(
        "message",
        "message",
        &[commands::with_text, party::message],
        "Sends a SIP MESSAGE: message(bob, \"hello\"); without a receiver: a waiter for one that comes, or for one of that text.",
    ),
    sends("mute", "mute", PLAIN_OF_CALLS, "Mutes the call, or unmutes it."),
    reaches("options", "options", TARGETED, "Sends a SIP OPTIONS."),
    waits(
        "quality",
        Gives::Finding,
        &[hearing::quality::<AgentValue>, hearing::quality::<CallValue>],
        "Compares what the agent received in its last call with a sound file, speech: MOS by PESQ, likeness, faults.",
    ),
    waits(
        "quiet",
        Gives::Quiet,
        &[party::quiet::<AgentValue>, party::quiet::<CallValue>],
        "For `await … during …`: no such event may come, from the last command or await before it on.",
    ),
    waits(
        "quiet_line",
        Gives::Quiet,
        &[listening::quiet_line::<AgentValue>, listening::quiet_line::<CallValue>],
        "For `await … during …`: nothing above -50 dBFS may be heard in a call, or above the given level: quiet_line(-40).",
    ),
    reaches("refer", "refer", &[commands::with_text], "Sends a SIP REFER."),
    // its account is the only one of its process: index 0
    sends("register", "uareg account 0", PLAIN, "Registers the account."),
    waits("registered", Gives::Waiter("REGISTER_OK"), &[happens::<AgentValue>], "A waiter for REGISTER_OK."),
    waits(
        "restart",
        Gives::Nothing,
        &[commands::restart],
        "Ends the agent and starts it again, as a phone that reboots: same name, account, and address if that is free.",
    ),
    sends("resume", "resume", PLAIN_OF_CALLS, "Takes the call off hold."),
    waits(
        "silence",
        Gives::Waiter("HEARD_SILENCE"),
        &[listening::silence::<AgentValue>, listening::silence::<CallValue>],
        "A waiter until nothing above -50 dBFS has been heard in a call for this time: silence(2s).",
    ),
    waits(
        "sip",
        Gives::Waiter("SIP"),
        &[party::sip::<AgentValue>, party::sip::<CallValue>],
        "A waiter for a SIP message that the agent receives: sip(\"INVITE\"), a response: sip(486), sip([180, 183]), sip(400..500), sip(200, \"REGISTER\"); with .sent() for one that it sends.",
    ),
    waits(
        "speech",
        Gives::Waiter("HEARD_SPEECH"),
        &[listening::speech::<AgentValue>, listening::speech::<CallValue>],
        "A waiter until somebody begins to speak in a call; speech().ended() until they pause; speech().sent(): what the agent itself sends.",
    ),
    waits(
        "stop",
        Gives::Nothing,
        &[commands::stop],
        "Ends the agent: its calls are ended, its registration is taken back; restart() starts it again.",
    ),
    waits(
        "tone",
        Gives::Waiter("HEARD_TONE"),
        &[listening::tone::<AgentValue>, listening::tone::<CallValue>],
        "A waiter for a steady tone in a call, by its frequency in Hz: tone(425); for two that sound together: tone(350, 440); for any: tone(). tone(425).ended(): its end.",
    ),
    reaches("transfer", "transfer", TARGETED_OF_CALLS, "Transfers the call blindly."),
    sends("unregister", "uareg 0 0", PLAIN, "Unregisters the account."),
];

/// Methods that only waiters have.
const OF_WAITERS: &[(&str, &str)] = &[
    ("again", "Of sip(…): a message that one await took already will do, too."),
    ("count", "A waiter for a number of events; awaiting it gives them as a list."),
    ("ended", "Of speech() and tone(…): its end."),
    ("sent", "Of sip(…) and speech(): the agent sends it; without it, it receives it."),
    ("where", "The same waiter, for events on which the closure gives true."),
];

/// The method of agents of that name.
pub fn find_method(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

/// The names of the methods of agents, calls and waiters.
pub fn method_names() -> impl Iterator<Item = &'static str> {
    METHODS.iter().map(|method| method.name).chain(OF_WAITERS.iter().map(|(name, _)| *name))
}

/// What a method of that name does, in a sentence.
pub fn meaning_of(name: &str) -> Option<&'static str> {
    let of_waiters = || OF_WAITERS.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning);
    find_method(name).map(|method| method.meaning).or_else(of_waiters)
}

pub fn register_into(module: &mut Module) {
    for method in METHODS {
        method.register.iter().for_each(|register| register(module, method));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::api::names;
    use crate::engine::api::waiter::Waiter;
    use std::any::TypeId;

    #[test]
    fn the_table_is_sorted_and_has_all_methods_and_no_others() {
        assert!(METHODS.is_sorted_by(|a, b| a.name < b.name));
        for of in [TypeId::of::<AgentValue>(), TypeId::of::<CallValue>()] {
            for name in names::methods(of).filter(|name| !matches!(*name, "to_string" | "to_debug")) {
                assert!(find_method(name).is_some(), "{name}");
            }
        }
        for name in names::methods(TypeId::of::<Waiter>()).filter(|name| !matches!(*name, "to_string" | "to_debug")) {
            assert!(meaning_of(name).is_some(), "{name}");
        }
        for method in METHODS {
            assert!(names::methods(TypeId::of::<AgentValue>()).any(|name| name == method.name), "{}", method.name);
        }
        for (name, _) in OF_WAITERS {
            assert!(names::methods(TypeId::of::<Waiter>()).any(|known| known == *name), "{name}");
        }
    }
}

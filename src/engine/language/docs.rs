//! What each function, method and word of the language does, in a sentence: for hover and completion.

/// Functions of the language's own.
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("accept", "Only these events enter the flow."),
    ("account", "The account of that name from the accounts file, kept for this test."),
    ("agent", "A baresip agent: a name for a local one, or an account line; it starts with its first command or wait."),
    ("all", "A waiter for all of a list of waiters; awaiting it gives their events as a list."),
    ("any", "A waiter for the first of a list of waiters; awaiting it gives its event."),
    ("assert", "Ends the test as failed where the condition does not hold."),
    ("assert_eq", "Ends the test as failed where the two are not equal."),
    ("check", "Notes a failed check and goes on; the test fails at its end."),
    ("fail", "Ends the test as failed."),
    ("fail_on", "An event of these types fails the test."),
    ("hash", "The expected hash of the flow; for tests made in a loop hash(#{ \"name\": \"…\" })."),
    ("ignore", "These events don't enter the flow."),
    ("include", "A validation script that judges the whole record when the test has come to its end."),
    ("mos", "How a call sounded, 1 to 4.5: of the share of lost packets, the jitter and the round trip."),
    (
        "news",
        "How many entries the log has; news(seen, 5s) waits for an event or a SIP message beyond them. retry::eventually is made of it.",
    ),
    ("on", "The agent of that name or address of record."),
    ("only", "Of the tests that are picked, only those that say so are run; not in CI."),
    ("parallel", "Runs the closures of a list at once and gives what they give; each waits by itself."),
    ("param", "The value that --define gives, or the default."),
    (
        "peer",
        "A SIP peer that the test needs is there: it answers an OPTIONS. Where nobody listens the run is an error, no failure; where no answer comes within 4 s (SIPp answers none) the run goes on with a warning: peer(\"127.0.0.1:5060\", \"how to start it\").",
    ),
    ("print", "Writes to the log of the run."),
    (
        "quiet",
        "For `await … during …`: what this waiter stands for may not happen, from the last command or await before it on.",
    ),
    ("repeat", "How often the test is run; 0 skips it."),
    ("secret", "A secret from --env-file or the environment; masked wherever it would be seen."),
    ("skip", "Ends the test, which counts as skipped."),
    ("sleep", "Waits for a time, whatever happens; better is to await an event."),
    ("step", "Runs a closure as a step of that name, which the reports show."),
    ("strict", "A command that an agent answers with an error fails the test."),
    ("tags", "Names by which tests are picked."),
    ("timeout", "How long an `await` without `within` waits from here on."),
    ("uadelall", "Stops all agents."),
    ("uafind", "The agent of that address of record."),
    ("uanew", "An agent by its account line, as testfiles make them."),
    ("validate", "Judges the record so far by a validation script; ends the test where that fails."),
    ("webhook", "Where the result is sent."),
];

/// Methods of agents, waiters and durations.
pub const METHODS: &[(&str, &str)] = &[
    ("abort_transfer", "Gives up the attended transfer: ends the call to its target."),
    ("accept", "Answers the incoming call."),
    ("attended_transfer", "Calls a third party, to transfer the call to it."),
    ("audio", "Plays a sound file of the sounds folder into the call."),
    (
        "closed",
        "A waiter for CALL_CLOSED: any, or for a reason: closed(486), closed(\"remote\") as the flow has it, closed(\"Busy\") as the agent words it.",
    ),
    ("again", "Of sip(…): a message that one await took already will do, too."),
    ("cmd", "Sends any command of baresip's."),
    ("complete_transfer", "Connects the first call with the third party."),
    ("count", "A waiter for this number of events; awaiting it gives them as a list."),
    ("dial", "Calls an agent, or a URI."),
    ("dtmf", "Sends digits; behind `await`: a waiter for a digit that comes, or for several in a row in one call."),
    ("established", "A waiter for CALL_ESTABLISHED."),
    ("event", "A waiter for an event of that type at this agent."),
    ("hangup", "Ends the call, or rejects it with a code and a reason (an external baresip: its first word)."),
    (
        "header",
        "Adds a header to what the agent sends; of sip(…): the message has to have the header, with that value if one is given.",
    ),
    ("hold", "Puts the call on hold."),
    (
        "log",
        "A waiter for a line of the agent's log; the text is a regular expression, found anywhere in it: log(\"incoming rtp\").",
    ),
    (
        "message",
        "Sends a SIP MESSAGE: message(bob, \"hello\"); without a receiver: a waiter for one that comes, or for one of that text.",
    ),
    ("mute", "Mutes the call, or unmutes it."),
    ("options", "Sends a SIP OPTIONS."),
    ("quiet", "For `await … during …`: no such event may come, from the last command or await before it on."),
    ("refer", "Sends a SIP REFER."),
    ("register", "Registers the account."),
    ("registered", "A waiter for REGISTER_OK."),
    (
        "restart",
        "Ends the agent and starts it again, as a phone that reboots: same name, account, and address if that is free.",
    ),
    ("resume", "Takes the call off hold."),
    (
        "sip",
        "A waiter for a SIP message that the agent receives: sip(\"INVITE\"), a response: sip(486), sip([180, 183]), sip(400..500), sip(200, \"REGISTER\"); with .sent() for one that it sends.",
    ),
    ("sent", "Of sip(…): the agent sends the message; without it, it receives it."),
    ("stop", "Ends the agent: its calls are ended, its registration is taken back; restart() starts it again."),
    ("transfer", "Transfers the call blindly."),
    ("unregister", "Unregisters the account."),
    ("where", "The same waiter, for events on which the closure gives true."),
];

/// Words of the language.
pub const WORDS: &[(&str, &str)] = &[
    ("await", "Waits until what the waiter stands for happens, and gives the event: await W within 5s."),
    ("during", "How long a quiet(…) has to hold: await alice.quiet(\"CALL_CLOSED\") during 1s."),
    ("within", "The longest wait: await W within 5s."),
    ("import", "Makes a module's functions callable: import \"std/calls\" as calls;"),
];

fn look_up(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == name).map(|(_, doc)| *doc)
}

pub fn function(name: &str) -> Option<&'static str> {
    look_up(FUNCTIONS, name)
}

pub fn method(name: &str) -> Option<&'static str> {
    look_up(METHODS, name)
}

//! Recognizes words from other languages and tools, and names the words of this language.

use super::kinds::ValueKind;
use crate::event::EVENT_NAMES;

/// Normalizes a word: `sendDtmf`, `send_dtmf` and `SENDDTMF` are the same.
fn plain(word: &str) -> String {
    word.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// Advice for an unknown method of a value of this kind.
pub fn method(receiver: ValueKind, name: &str) -> Option<String> {
    let word = plain(name);
    let advice = match receiver {
        ValueKind::Agent | ValueKind::Call => match word.as_str() {
            "answer" | "pickup" | "accepts" => "write accept()",
            "call" | "invite" | "makecall" | "connect" | "place" | "placecall" => {
                "write dial(…): let call = alice.dial(bob);"
            }
            "reject" | "decline" | "busy" | "refuse" => "write hangup with the code: bob.hangup(486)",
            "bye" | "end" | "cancel" | "disconnect" | "terminate" | "endcall" | "drop" => "write hangup()",
            "unhold" | "retrieve" | "offhold" => "write resume()",
            "senddtmf" | "press" | "presskeys" | "digits" | "digit" | "keys" => "write dtmf(\"1\")",
            "sendmessage" | "sms" | "text" | "sendtext" | "im" => "write message(to, \"text\")",
            "blindtransfer" | "refer" | "xfer" => "write transfer(to)",
            "wait" | "waitfor" | "waituntil" | "until" | "expect" | "waitforevent" | "on" | "recv" => {
                "write await alice.event(\"CALL_ESTABLISHED\") within 5s"
            }
            "calls" | "currentcall" | "activecall" | "getcall" | "lastcall" => {
                "a call is what dial(…) gives, and what an event is of: (await bob.event(\"CALL_INCOMING\")).call"
            }
            "start" | "stop" | "close" | "quit" | "kill" | "shutdown" | "destroy" | "delete" | "terminateagent" => {
                "an agent starts with its first command or wait, and ends with the test"
            }
            "play" | "playfile" | "playaudio" => "write audio(\"file.wav\")",
            _ => return awaited(&word),
        },
        kind if kind.is_waiter() => match word.as_str() {
            "within" | "timeout" | "in" | "for" => "write it behind, without a dot: await … within 5s",
            "during" => "write it behind, without a dot: await … during 1s",
            "filter" | "find" | "matching" | "that" | "with" | "having" => "write where(|e| …)",
            "times" | "repeat" => "write count(2)",
            _ => return None,
        },
        ValueKind::Text => match word.as_str() {
            "includes" | "has" | "include" => "write contains(\"…\")",
            "length" | "size" => "write len()",
            "upper" | "touppercase" | "uppercase" => "write to_upper()",
            "lower" | "tolowercase" | "lowercase" => "write to_lower()",
            "substring" | "substr" | "slice" => "write sub_string(start, length)",
            "toint" | "int" | "tonumber" | "parse" | "asint" => "write parse_int(text)",
            "strip" => "write trim(), which changes the text itself",
            "matches" | "match" | "regex" | "test" => "texts have contains, starts_with and ends_with",
            "format" => "backticks fill in what stands in ${…}: `${name} is busy`",
            _ => return None,
        },
        list if list.is_list() => match word.as_str() {
            "add" | "append" => "write push(…)",
            "length" | "size" | "count" => "write len()",
            "includes" | "has" => "write contains(…)",
            "any" | "exists" => "write some(|x| …)",
            "every" => "write all(|x| …)",
            _ => return None,
        },
        _ => return None,
    };
    Some(advice.to_string())
}

/// Advice for `ringing()`, `incoming()` and the like, which mean events of calls.
fn awaited(word: &str) -> Option<String> {
    let word = word.strip_prefix("is").or(word.strip_prefix("on")).unwrap_or(word);
    let event = ["CALL", "REGISTER", ""].into_iter().find_map(|prefix| {
        let wanted = plain(&format!("{prefix}{word}"));
        EVENT_NAMES.iter().find(|known| plain(known) == wanted)
    })?;
    Some(format!("write event(\"{event}\")"))
}

/// Advice for an unknown function.
pub fn function(name: &str) -> Option<&'static str> {
    Some(match plain(name).as_str() {
        "wait" | "delay" | "pause" | "waitfor" | "settimeout" | "usleep" => {
            "wait for what is to come: await alice.event(\"CALL_ESTABLISHED\") within 5s; or for a time: sleep(1s)"
        }
        "expect" | "should" | "asserttrue" | "asserts" | "require" | "verify" | "ensure" => {
            "write assert(condition, \"why\"), or assert_eq(a, b)"
        }
        "assertequal" | "assertequals" | "asserteq" | "shouldbeequal" => "write assert_eq(a, b)",
        "str" | "string" | "tostring" | "repr" => "write to_string(…), or `${…}` in backticks",
        "int" | "number" | "parseint" | "atoi" => "write parse_int(text)",
        "float" | "parsefloat" => "write parse_float(text)",
        "test" | "it" | "describe" | "testcase" => "a test is a block: test \"name\" { … }",
        "setup" | "before" | "beforeeach" | "beforeall" => "what each test begins with is a block: setup { … }",
        "teardown" | "after" | "aftereach" | "afterall" => "what comes after each test is a block: teardown { … }",
        "log" | "echo" | "println" | "printf" | "puts" | "console" | "info" => "write print(…)",
        "random" | "rand" => "a test does the same each time: there is no chance in it",
        "env" | "getenv" | "environ" => "write param(\"NAME\", default), or secret(\"NAME\")",
        "raise" | "error" | "panic" => "write fail(\"why\"), or throw \"why\"",
        "ua" | "phone" | "client" | "useragent" | "newagent" => "write agent(\"alice\")",
        _ => return None,
    })
}

/// Advice for an unknown variable.
pub fn variable(name: &str) -> Option<String> {
    if let Some(event) = EVENT_NAMES.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        return Some(format!("write the event's name as a text: \"{event}\""));
    }
    let advice = match name {
        "console" | "log" | "logger" | "sys" => "write print(…)",
        "time" | "asyncio" => "write sleep(1s), or await an event",
        "os" | "process" | "env" => "write param(\"NAME\", default), or secret(\"NAME\")",
        "self" => "write `this`, or the agent's name",
        "pass" => "a block may be empty: { }",
        _ => return None,
    };
    Some(advice.to_string())
}

/// Advice for an unknown field of an event.
pub fn field(of: Option<&str>, name: &str) -> Option<String> {
    let advice = match (of?, plain(name).as_str()) {
        ("CALL_CLOSED", "code" | "status" | "reason" | "cause" | "statuscode") => {
            "it says why in `param`: `486 Busy Here`; to wait for a code: await alice.closed(486)"
        }
        ("SIP", "code" | "statuscode") => "write status",
        ("CALL_DTMF_START" | "CALL_DTMF_END", "digit" | "key" | "digits") => "the digit is in `param`",
        ("MESSAGE", "text" | "message" | "content") => "write body",
        ("MESSAGE" | "CALL_INCOMING", "from" | "caller" | "callerid") => "who it is from is in `peer`",
        ("SIP", "header") => "write headers[\"…\"]",
        _ => return None,
    };
    Some(advice.to_string())
}

/// Advice for an event's name without its prefix: `RINGING`, `established`.
pub fn event(name: &str) -> Option<&'static str> {
    let wanted = format!("CALL{}", plain(name));
    EVENT_NAMES.iter().copied().find(|known| plain(known).eq_ignore_ascii_case(&wanted))
}

/// Headers as programs write them (RFC 3261 and related ones).
const HEADERS: [&str; 40] = [
    "Accept",
    "Alert-Info",
    "Allow",
    "Allow-Events",
    "Authorization",
    "Call-ID",
    "Call-Info",
    "Contact",
    "Content-Length",
    "Content-Type",
    "CSeq",
    "Diversion",
    "Event",
    "Expires",
    "From",
    "History-Info",
    "Max-Forwards",
    "Min-Expires",
    "Min-SE",
    "P-Asserted-Identity",
    "P-Preferred-Identity",
    "Privacy",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "RAck",
    "Reason",
    "Record-Route",
    "Refer-To",
    "Referred-By",
    "Replaces",
    "Require",
    "Retry-After",
    "Route",
    "RSeq",
    "Server",
    "Session-Expires",
    "Supported",
    "To",
    "User-Agent",
    "Via",
];

/// The usual spelling of a header's name, if the script spells it in another case.
pub fn header(name: &str) -> Option<&'static str> {
    HEADERS.into_iter().find(|sent| sent.eq_ignore_ascii_case(name) && *sent != name)
}

//! Types of the language in plain words.

/// A type in plain words with its article, from any name that Rhai gives it.
pub fn plain_type(name: &str) -> String {
    let last = name.rsplit("::").next().unwrap_or(name);
    let plain = match last {
        "i64" | "f64" | "decimal" | "INT" | "FLOAT" => "a number",
        "bool" => "a truth value",
        "()" => "nothing",
        "string" | "String" | "ImmutableString" => "a text",
        text if text.contains("String") || text.contains("&str") => "a text",
        "char" => "a character",
        "array" | "Array" => "a list",
        "map" | "Map" => "a map",
        "Fn" | "FnPtr" => "a closure",
        "Agent" | "AgentValue" => "an agent",
        "Waiter" => "a waiter",
        "Event" | "EventValue" => "an event",
        "Reply" | "ReplyValue" => "a reply",
        "Call" | "CallValue" => "a call",
        "Duration" | "Millis" => "a duration",
        "Failure" | "ScriptFailure" => "a failure",
        "range" | "range=" => "a range",
        other => return format!("a value of type {other}"),
    };
    plain.to_string()
}

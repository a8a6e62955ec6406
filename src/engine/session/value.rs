//! Shows values in a session: short, in one line.

use crate::engine::api::agent::{AgentValue, ReplyValue};
use crate::engine::api::call::CallValue;
use crate::engine::api::event_value::EventValue;
use crate::engine::api::waiter::Waiter;
use crate::engine::language::duration::Millis;
use crate::engine::language::words::plain_type;
use crate::engine::rules::shortfall::describe;
use crate::engine::script::host::Reply;
use rhai::{Array, Dynamic, Map};

/// The most elements of a list or a map that are shown.
const ELEMENTS: usize = 20;
/// The most levels of nested lists that are shown.
const DEPTH: usize = 4;

/// Shows a value; none for the empty value.
pub fn in_words(value: &Dynamic) -> Option<String> {
    (!value.is_unit()).then(|| shown(value, DEPTH))
}

fn shown(value: &Dynamic, depth: usize) -> String {
    if let Some(agent) = value.read_lock::<AgentValue>() {
        return format!("agent {}", agent.name);
    }
    if let Some(call) = value.read_lock::<CallValue>() {
        return call.reply().map_or_else(|| format!("call {} at {}", *call, call.agent.name), answer);
    }
    if let Some(reply) = value.read_lock::<ReplyValue>() {
        return answer(&reply.0);
    }
    if let Some(event) = value.read_lock::<EventValue>() {
        return format!("{} at {}", describe(&event.0, &|_| None), event.0.agent.as_deref().unwrap_or_default());
    }
    if let Some(waiter) = value.read_lock::<Waiter>() {
        return format!("a waiter for {}: write `await` before it", waiter.in_words());
    }
    if let Some(duration) = value.read_lock::<Millis>() {
        return duration.to_string();
    }
    if let Some(list) = value.read_lock::<Array>() {
        let inside = list.iter().take(ELEMENTS).map(|value| nested(value, depth));
        return format!("[{}]", joined(inside, list.len()));
    }
    if let Some(map) = value.read_lock::<Map>() {
        let inside = map.iter().take(ELEMENTS).map(|(name, value)| format!("{name}: {}", nested(value, depth)));
        return format!("#{{{}}}", joined(inside, map.len()));
    }
    match value {
        text if text.is_string() => format!("{:?}", text.to_string()),
        plain if plain.is_unit() => "()".to_string(),
        plain if plain.is_int() || plain.is_float() || plain.is_bool() || plain.is_char() => plain.to_string(),
        other => plain_type(other.type_name()),
    }
}

fn answer(reply: &Reply) -> String {
    let word = if reply.ok { "ok" } else { "refused" };
    format!("{word}  {}", reply.data.split_whitespace().collect::<Vec<_>>().join(" ")).trim_end().to_string()
}

fn nested(value: &Dynamic, depth: usize) -> String {
    if depth == 0 { "…".to_string() } else { shown(value, depth - 1) }
}

fn joined(shown: impl Iterator<Item = String>, all: usize) -> String {
    let mut shown: Vec<String> = shown.collect();
    if all > shown.len() {
        shown.push(format!("… {all} in all"));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::api;

    #[test]
    fn values_are_shown_as_they_are_written() {
        let mut engine = rhai::Engine::new_raw();
        api::add_functions(&mut engine);
        let shown = |text: &str| in_words(&engine.eval::<Dynamic>(text).unwrap());
        assert_eq!(shown("()"), None);
        for (text, expected) in [
            ("1 + 1", "2"),
            ("1.5", "1.5"),
            ("true", "true"),
            ("\"a\\nb\"", "\"a\\nb\""),
            ("[1, \"a\", (), [true]]", "[1, \"a\", (), [true]]"),
            ("#{ b: 1, a: 'x' }", "#{a: x, b: 1}"),
            ("|x| x", "a closure"),
            ("let a = []; a.pad(30, 1); a", &format!("[{}… 30 in all]", "1, ".repeat(20))),
            ("[[[[[[1]]]]]]", "[[[[[…]]]]]"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
    }
}

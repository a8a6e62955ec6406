//! The functions that scripts can call, by name; for "did you mean", and for checks before a run.

use super::agent::{AgentValue, ReplyValue};
use super::event_value::EventValue;
use super::waiter::Waiter;
use crate::engine::api;
use crate::engine::language::duration::Millis;
use rhai::{Array, Dynamic, FLOAT, FnPtr, INT, ImmutableString, Map};
use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A native function's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub parameters: Vec<TypeId>,
}

/// All native functions of the language.
static CATALOG: LazyLock<BTreeMap<String, Vec<Signature>>> = LazyLock::new(|| {
    let mut catalog: BTreeMap<String, Vec<Signature>> = BTreeMap::new();
    let collect = |function: rhai::FuncInfo| {
        Some((function.metadata.name.to_string(), function.metadata.param_types.to_vec(), function.metadata.num_params))
    };
    let mut engine = rhai::Engine::new_raw();
    api::add_functions(&mut engine);
    for (name, mut parameters, count) in engine.collect_fn_metadata(None, collect, true) {
        parameters.resize(count, TypeId::of::<Dynamic>());
        catalog.entry(name).or_default().push(Signature { parameters });
    }
    // functions built into Rhai's parser or evaluator
    for (name, counts) in [
        ("type_of", &[1][..]),
        ("print", &[0, 1]),
        ("debug", &[0, 1]),
        ("Fn", &[1]),
        ("is_def_var", &[1]),
        ("is_def_fn", &[2, 3]),
        ("is_shared", &[1]),
        ("curry", &[1, 2, 3, 4, 5, 6, 7, 8]),
        ("call", &[1, 2, 3, 4, 5, 6, 7, 8]),
    ] {
        let all = counts.iter().map(|count| Signature { parameters: vec![TypeId::of::<Dynamic>(); *count] });
        catalog.entry(name.to_string()).or_default().extend(all);
    }
    catalog
});

/// The signatures of a native function; empty if there is none of that name.
pub fn signatures(name: &str) -> &'static [Signature] {
    CATALOG.get(name).map_or(&[], Vec::as_slice)
}

/// The names of all functions that a script can write.
pub fn functions() -> impl Iterator<Item = &'static str> {
    CATALOG
        .keys()
        .map(String::as_str)
        .filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains('$'))
}

/// The names of a type's own methods (not those of every value).
pub fn methods(of: TypeId) -> impl Iterator<Item = &'static str> {
    let has = move |signature: &Signature| signature.parameters.first() == Some(&of);
    functions().filter(move |name| signatures(name).iter().any(has))
}

/// A parameter's type in plain words.
pub fn type_word(id: TypeId) -> &'static str {
    let words = [
        (TypeId::of::<INT>(), "number"),
        (TypeId::of::<FLOAT>(), "number"),
        (TypeId::of::<bool>(), "true or false"),
        (TypeId::of::<&str>(), "text"),
        (TypeId::of::<String>(), "text"),
        (TypeId::of::<ImmutableString>(), "text"),
        (TypeId::of::<char>(), "character"),
        (TypeId::of::<Array>(), "list"),
        (TypeId::of::<Map>(), "map"),
        (TypeId::of::<FnPtr>(), "closure"),
        (TypeId::of::<AgentValue>(), "agent"),
        (TypeId::of::<Waiter>(), "waiter"),
        (TypeId::of::<EventValue>(), "event"),
        (TypeId::of::<ReplyValue>(), "reply"),
        (TypeId::of::<Millis>(), "duration"),
    ];
    words.iter().find(|(known, _)| *known == id).map_or("value", |(_, word)| word)
}

/// How a function may be called: "assert(true or false, text)". For methods, the receiver is before the dot, and
/// `method` says whether it can be a value of that type.
pub fn usage(name: &str, method: Option<&dyn Fn(TypeId) -> bool>) -> Option<String> {
    let mut all: Vec<String> = vec![];
    for signature in signatures(name) {
        let words: Vec<_> = signature.parameters.iter().map(|id| type_word(*id)).collect();
        let shown = match (method, words.split_first()) {
            (Some(fits), _) if signature.parameters.first().is_none_or(|first| !fits(*first)) => continue,
            (Some(_), Some((receiver, rest))) => format!("{receiver}.{name}({})", rest.join(", ")),
            _ => format!("{name}({})", words.join(", ")),
        };
        if !all.contains(&shown) {
            all.push(shown);
        }
    }
    // the shortest first, and not more than a person reads
    all.sort_by(|a, b| a.len().cmp(&b.len()).then(a.cmp(b)));
    all.truncate(4);
    (!all.is_empty()).then(|| all.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::super::methods::meaning_of;
    use super::*;
    use crate::engine::language::docs::{FUNCTIONS, function};

    #[test]
    fn every_sentence_has_a_function() {
        for (name, _) in FUNCTIONS {
            assert!(!signatures(name).is_empty(), "{name}");
        }
    }

    #[test]
    fn every_function_of_our_own_has_a_sentence() {
        let rhais = rhai::Engine::new().collect_fn_metadata(None, |of| Some(of.metadata.name.to_string()), true);
        let ours = functions().filter(|name| !rhais.iter().any(|known| known == name));
        let unknown = ours.filter(|name| function(name).is_none() && meaning_of(name).is_none());
        // words of Rhai's parser, and a function for tests
        let told =
            ["Fn", "call", "curry", "debug", "is_def_fn", "is_def_var", "is_shared", "panic_for_a_test", "type_of"];
        assert_eq!(unknown.filter(|name| !told.contains(name)).collect::<Vec<_>>(), [""; 0]);
    }
}

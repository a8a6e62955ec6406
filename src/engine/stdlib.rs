//! The embedded modules that scripts import: `import "std/calls" as calls;`.

/// Name and text of each module.
pub const MODULES: &[(&str, &str)] = &[("std/calls", include_str!("../../stdlib/calls.rhai"))];

/// Whether a source is one of the embedded modules: no place that a user could mend.
pub fn is_std(source: &str) -> bool {
    text(source).is_some()
}

pub fn text(name: &str) -> Option<&'static str> {
    MODULES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

//! Operators of durations: comparison, arithmetic, text.

use crate::engine::language::duration::Millis;
use crate::engine::script::native::register;
use rhai::{ImmutableString, Module};
use std::cmp::Ordering;

/// Registers all six comparison operators for two types, given their order.
macro_rules! comparisons {
    ($module:expr, $left:ty, $right:ty, $order:expr) => {{
        let order: fn($left, $right) -> Option<Ordering> = $order;
        register($module, "==", move |a: $left, b: $right| order(a, b) == Some(Ordering::Equal));
        register($module, "!=", move |a: $left, b: $right| order(a, b) != Some(Ordering::Equal));
        register($module, "<", move |a: $left, b: $right| order(a, b) == Some(Ordering::Less));
        register($module, ">", move |a: $left, b: $right| order(a, b) == Some(Ordering::Greater));
        register($module, "<=", move |a: $left, b: $right| order(a, b).is_some_and(Ordering::is_le));
        register($module, ">=", move |a: $left, b: $right| order(a, b).is_some_and(Ordering::is_ge));
    }};
}

/// Registers the operators of durations. A plain number beside a duration means milliseconds, because times and their
/// differences do.
pub fn register_into(module: &mut Module) {
    module.set_custom_type::<Millis>("Duration");
    comparisons!(module, Millis, Millis, |a, b| a.partial_cmp(&b));
    comparisons!(module, Millis, f64, |a, b| a.0.partial_cmp(&b));
    comparisons!(module, f64, Millis, |a, b| a.partial_cmp(&b.0));
    comparisons!(module, Millis, i64, |a, b| a.0.partial_cmp(&(b as f64)));
    comparisons!(module, i64, Millis, |a, b| (a as f64).partial_cmp(&b.0));
    register(module, "+", |a: Millis, b: Millis| Millis(a.0 + b.0));
    register(module, "-", |a: Millis, b: Millis| Millis(a.0 - b.0));
    register(module, "/", |a: Millis, b: Millis| a.0 / b.0);
    register(module, "-", |a: Millis| Millis(-a.0));
    register(module, "+", |a: Millis| a);
    register(module, "*", |a: Millis, b: f64| Millis(a.0 * b));
    register(module, "*", |a: Millis, b: i64| Millis(a.0 * b as f64));
    register(module, "*", |a: f64, b: Millis| Millis(a * b.0));
    register(module, "*", |a: i64, b: Millis| Millis(a as f64 * b.0));
    register(module, "/", |a: Millis, b: f64| Millis(a.0 / b));
    register(module, "/", |a: Millis, b: i64| Millis(a.0 / b as f64));
    register(module, "+", |time: f64, b: Millis| time + b.0);
    register(module, "-", |time: f64, b: Millis| time - b.0);
    register(module, "+", |a: &str, b: Millis| ImmutableString::from(format!("{a}{b}")));
    register(module, "+", |a: Millis, b: &str| ImmutableString::from(format!("{a}{b}")));
    register(module, "to_string", |a: &mut Millis| a.to_string());
    register(module, "to_debug", |a: &mut Millis| a.to_string());
}

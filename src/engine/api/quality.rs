//! `mos(loss, jitter, round_trip)`: estimates how a call sounded.

use crate::agent::quality;
use crate::engine::language::duration::Millis;
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::native::register;
use rhai::{Dynamic, Module};

/// Calls [`quality::mos`]. The loss is a share of the packets (0 to 1); the others are durations.
fn mos(loss: Dynamic, jitter: Dynamic, round_trip: Dynamic) -> Fallible<f64> {
    let share = loss.as_float().or_else(|_| loss.as_int().map(|whole| whole as f64)).unwrap_or(f64::NAN);
    if !(0.0..=1.0).contains(&share) {
        return Err(wrong(format!("the loss is a share of the packets, from 0.0 to 1.0, not `{loss}`")));
    }
    let time = |value: &Dynamic| Millis::from_script(value).map_err(wrong);
    Ok(quality::mos(share, time(&jitter)?.0, time(&round_trip)?.0))
}

pub fn register_into(module: &mut Module) {
    register(module, "mos", mos);
}

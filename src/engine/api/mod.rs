//! The functions that scripts call, in modules that all engines share.

pub mod agent;
pub mod agents;
pub mod assertions;
pub mod awaiting;
pub mod call;
pub mod commands;
pub mod comparisons;
pub mod directives;
pub mod durations;
pub mod event_value;
pub mod hearing;
pub mod inputs;
mod listening;
pub mod method;
pub mod methods;
pub mod names;
pub mod party;
pub mod quality;
pub mod shared;
pub mod sleeping;
mod sources;
pub mod steps;
pub mod telefonist;
pub mod waiter;
pub mod waiting;

#[cfg(test)]
use crate::engine::script::native::register;
use rhai::packages::{Package, StandardPackage};
use rhai::{Engine, Module, Shared};
use std::sync::LazyLock;

/// Rhai's standard functions.
static STANDARD: LazyLock<Shared<Module>> = LazyLock::new(|| StandardPackage::new().as_shared_module());

/// Functions of tests.
static HOST: LazyLock<Shared<Module>> = LazyLock::new(|| {
    let mut module = Module::new();
    durations::register_into(&mut module);
    event_value::register_into(&mut module);
    quality::register_into(&mut module);
    agents::register_into(&mut module);
    call::register_into(&mut module);
    hearing::register_into(&mut module);
    methods::register_into(&mut module);
    waiter::register_into(&mut module);
    sleeping::register_into(&mut module);
    sources::register_into(&mut module);
    directives::register_into(&mut module);
    inputs::register_into(&mut module);
    assertions::register_into(&mut module);
    steps::register_into(&mut module);
    #[cfg(test)]
    register(&mut module, "panic_for_a_test", || -> () { panic!("on purpose") });
    module.build_index();
    module.into()
});

/// Functions of validations.
static VALIDATION: LazyLock<Shared<Module>> = LazyLock::new(|| {
    let mut module = Module::new();
    durations::register_into(&mut module);
    event_value::register_into(&mut module);
    quality::register_into(&mut module);
    telefonist::register_into(&mut module);
    module.build_index();
    module.into()
});

/// Adds the functions of tests to an engine.
pub fn add_functions(engine: &mut Engine) {
    add(engine, &HOST);
}

/// Adds the functions of validations to an engine. None of them has an effect outside the script.
pub fn add_validation_functions(engine: &mut Engine) {
    add(engine, &VALIDATION);
}

fn add(engine: &mut Engine, functions: &Shared<Module>) {
    engine.register_global_module(STANDARD.clone());
    engine.register_global_module(functions.clone());
}

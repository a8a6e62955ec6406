//! The functions that scripts call, in modules that all engines share.

pub mod agent;
pub mod assertions;
pub mod call;
pub mod comparisons;
pub mod directives;
pub mod event_value;
pub mod inputs;
pub mod names;
pub mod party;
pub mod quality;
pub mod shared;
pub mod sleeping;
pub mod steps;
pub mod waiter;
pub mod waiting;

use super::language::{duration, grammar};
use super::running::blocks;
use super::validation;
use rhai::packages::{Package, StandardPackage};
use rhai::{Engine, FuncRegistration, Module, OptimizationLevel, RhaiNativeFunc, Shared, Variant};
use std::sync::LazyLock;

/// Rhai's own functions.
static STANDARD: LazyLock<Shared<Module>> = LazyLock::new(|| StandardPackage::new().as_shared_module());

/// Ours.
static HOST: LazyLock<Shared<Module>> = LazyLock::new(|| {
    let mut module = Module::new();
    duration::register_into(&mut module);
    event_value::register_into(&mut module);
    quality::register_into(&mut module);
    agent::register_into(&mut module);
    call::register_into(&mut module);
    party::register_into(&mut module);
    waiter::register_into(&mut module);
    sleeping::register_into(&mut module);
    directives::register_into(&mut module);
    inputs::register_into(&mut module);
    assertions::register_into(&mut module);
    steps::register_into(&mut module);
    #[cfg(test)]
    super::tests::register_into(&mut module);
    module.build_index();
    module.into()
});

/// What validations have of that, and their own.
static VALIDATION: LazyLock<Shared<Module>> = LazyLock::new(|| {
    let mut module = Module::new();
    duration::register_into(&mut module);
    event_value::register_into(&mut module);
    quality::register_into(&mut module);
    validation::register_into(&mut module);
    module.build_index();
    module.into()
});

/// Registers one native function. All of them are volatile: none may be evaluated at compile time.
pub fn register<A: 'static, const N: usize, const X: bool, R, const F: bool, FUNC>(
    module: &mut Module,
    name: &str,
    function: FUNC,
) where
    R: Variant + Clone,
    FUNC: RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
{
    let registration = FuncRegistration::new(name).in_global_namespace().with_volatility(true);
    registration.set_into_module(module, function);
}

/// An engine that knows the language: what compiles a script and what runs it start from the same.
pub fn engine() -> Engine {
    engine_with(HOST.clone())
}

/// An engine for validations: nothing in it touches the world. What compiles them is [`engine`], as their grammar is the same.
pub fn validation_engine() -> Engine {
    engine_with(VALIDATION.clone())
}

fn engine_with(functions: Shared<Module>) -> Engine {
    let mut engine = Engine::new_raw();
    engine.register_global_module(STANDARD.clone());
    engine.register_global_module(functions);
    // a script stays as it was written: places are exact, and there is nothing worth optimizing
    engine.set_optimization_level(OptimizationLevel::None);
    engine.disable_symbol("eval");
    // a closure that carries itself doubles with each turn of a loop, past all limits
    engine.disable_symbol("curry");
    engine.set_max_call_levels(64);
    engine.set_max_expr_depths(64, 64);
    engine.set_max_string_size(16 << 20);
    // with a limit, rhai measures a list at each change: this keeps that cheap
    engine.set_max_array_size(1 << 16);
    engine.set_max_map_size(1 << 16);
    engine.set_max_modules(256);
    grammar::register_into(&mut engine);
    comparisons::register_into(&mut engine);
    blocks::register_into(&mut engine);
    shared::register_into(&mut engine);
    engine
}

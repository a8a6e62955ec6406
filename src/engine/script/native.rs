//! Registration of native functions: functions of scripts that are written in Rust.

use rhai::{FuncRegistration, Module, RhaiNativeFunc, Variant};

/// Registers a native function. It is volatile: Rhai must not evaluate it at compile time.
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

/// Rhai's name for the function behind `x["field"]`, and behind `x.field` if no getter has that name.
pub fn rhai_index() -> &'static str {
    "index$get$"
}

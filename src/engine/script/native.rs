//! How native functions are registered: the functions that scripts call and that are written in Rust.

use rhai::{FuncRegistration, Module, RhaiNativeFunc, Variant};

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

/// Rhai's name of the function behind `x["field"]`, and behind `x.field` where no getter has that name.
pub fn rhai_index() -> &'static str {
    "index$get$"
}

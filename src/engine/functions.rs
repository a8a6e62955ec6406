//! A script's own functions, and its closures where they are written, in a walk.

use super::kinds::Kind;
use super::walk::Walk;
use rhai::{AST, Expr, FnCallExpr, Module, ScriptFuncDef, Shared, Stmt};
use std::collections::HashMap;
use std::rc::Rc;

/// A module's public functions: name → their numbers of parameters.
pub type ModuleFunctions = HashMap<String, Vec<usize>>;

/// One of the script's own functions, or a closure (`anon$…`).
pub struct Function {
    pub params: Vec<String>,
    pub body: Vec<Stmt>,
}

/// All functions of a script by name, closures among them.
pub fn of(ast: &AST) -> HashMap<String, Vec<Rc<Function>>> {
    let mut functions: HashMap<String, Vec<_>> = HashMap::new();
    for (_, _, name, _, function) in ast.shared_lib().iter_script_fn_info() {
        let params = function.params.iter().map(|name| name.to_string()).collect();
        let body = body_of(function);
        functions.entry(name.to_string()).or_default().push(Rc::new(Function { params, body }));
    }
    functions
}

/// The statements of a function. Rhai gives them only to a walk, which does not say whose they are: so it walks a tree
/// of this function alone.
fn body_of(function: &Shared<ScriptFuncDef>) -> Vec<Stmt> {
    let mut alone = Module::new();
    alone.set_script_fn(function.clone());
    let mut body = vec![];
    AST::new_from_module(alone).walk(&mut |path| {
        if let [rhai::ASTNode::Stmt(statement)] = path {
            body.push((*statement).clone());
        }
        true
    });
    body
}

impl Walk<'_> {
    pub fn function(&mut self, function: &Function, parameters: Vec<(String, Kind)>) {
        let outer = std::mem::replace(&mut self.scope, parameters);
        let was_awaited = std::mem::replace(&mut self.awaited, false);
        self.statements(&function.body);
        self.awaited = was_awaited;
        self.scope = outer;
    }

    /// A closure where it is written: its body, with what it captures and its parameters in sight.
    pub fn closure(&mut self, value: &rhai::Dynamic, captured: &[Expr], parameter: Kind) {
        let Some(pointer) = value.read_lock::<rhai::FnPtr>() else { return };
        let Some(function) = self.functions.get(pointer.fn_name()).and_then(|found| found.first().cloned()) else {
            return;
        };
        let captured: Vec<_> = captured.iter().map(|variable| self.expression(variable)).collect();
        let kinds = captured.into_iter().chain(std::iter::once(parameter)).chain(std::iter::repeat(Kind::Unknown));
        let parameters = function.params.iter().cloned().zip(kinds).collect();
        self.function(&function, parameters);
    }

    /// The arguments of a call; a closure among them gets its parameter's kind.
    pub fn arguments(&mut self, call: &FnCallExpr, parameter: Kind) -> Vec<Kind> {
        let walk_one = |argument: &Expr| match argument {
            Expr::DynamicConstant(value, _) => {
                self.closure(value, &[], parameter);
                Kind::Unknown
            }
            Expr::Stmt(block) => match block.statements() {
                [Stmt::Share(_), Stmt::Expr(curried)] => {
                    self.curried(curried, parameter);
                    Kind::Unknown
                }
                _ => self.expression(argument),
            },
            _ => self.expression(argument),
        };
        call.args.iter().map(walk_one).collect()
    }

    /// `curry(closure, captured…)`, as rhai writes a closure that captures variables.
    pub fn curried(&mut self, curried: &Expr, parameter: Kind) {
        if let Expr::FnCall(call, _) = curried
            && let Some((Expr::DynamicConstant(value, _), captured)) = call.args.split_first()
        {
            self.closure(value, captured, parameter);
        }
    }
}

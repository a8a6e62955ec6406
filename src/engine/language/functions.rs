//! The functions of a script in its syntax tree, and the variables of its top level that they name.

use rhai::{AST, ASTNode, CustomExpr, Expr, Module, ScriptFuncDef, Shared, Stmt};
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

/// One of the script's own functions, or a closure (`anon$…`).
pub struct Function {
    pub params: Vec<String>,
    pub body: Vec<Stmt>,
}

/// All functions of a script by name, closures among them.
pub fn own_functions(ast: &AST) -> BTreeMap<String, Vec<Rc<Function>>> {
    let mut functions: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (_, _, name, _, function) in ast.shared_lib().iter_script_fn_info() {
        let params = function.params.iter().map(|name| name.to_string()).collect();
        let body = body_of(function);
        functions.entry(name.to_string()).or_default().push(Rc::new(Function { params, body }));
    }
    functions
}

/// The statements of a function. Rhai shows them only to a walk, without telling which function they belong to. So this
/// walks a tree with only this function.
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

/// The internal keyword of the statement that shares a variable. Scripts can't have such a name.
pub const SHARE: &str = "__share";

/// Adds a statement after each `let` of the top level whose variable a function names. The statement shares the
/// variable.
pub fn with_shared(ast: &AST) -> AST {
    let named = names_in_functions(ast);
    let sharing = |statement: &Stmt| match statement {
        Stmt::Var(var, _, position) if named.contains(var.0.name.as_str()) => {
            let custom = CustomExpr {
                inputs: [].into_iter().collect(),
                tokens: [SHARE.into()].into_iter().collect(),
                state: var.0.name.to_string().into(),
                scope_may_be_changed: false,
                self_terminated: false,
            };
            Some(Stmt::Expr(Expr::Custom(custom.into(), *position).into()))
        }
        _ => None,
    };
    let statements = ast.statements().iter().flat_map(|statement| [Some(statement.clone()), sharing(statement)]);
    let mut shared = AST::new(statements.flatten(), ast.shared_lib().clone());
    shared.set_source(ast.source().unwrap_or_default());
    shared
}

pub fn names_in_functions(ast: &AST) -> HashSet<String> {
    let mut names = HashSet::new();
    for function in own_functions(ast).values().flatten() {
        for statement in &function.body {
            statement.walk(&mut vec![], &mut |path| {
                if let Some(ASTNode::Expr(Expr::Variable(variable, ..))) = path.last() {
                    names.insert(variable.1.to_string());
                }
                true
            });
        }
    }
    names
}

//! Functions see the variables of the file's top level, which Rhai hides from them: after its `let`, a variable that a function
//! names is shared with all of them. They read it; only the top level changes it.

use crate::engine::check::own_functions;
use crate::engine::script::run::{Run, lock};
use rhai::{AST, ASTNode, CustomExpr, Dynamic, Engine, Expr, Scope, Stmt};
use std::collections::HashSet;

/// The keyword of the statement that shares a variable; no name that a script could have.
const SHARE: &str = "__share";

pub fn register_into(engine: &mut Engine) {
    engine.register_custom_syntax_with_state_raw(
        SHARE,
        |_, _, _| Ok(None),
        false,
        |context, _, name| {
            let run = Run::by_tag(context.tag())?;
            let name = name.to_string();
            if let Some(value) = share(context.scope_mut(), &name) {
                lock(&run.shared).insert(name, value);
            }
            Ok(Dynamic::UNIT)
        },
    );
}

/// Shares the variables that are there already and that a function of the run's program names.
pub fn share_all(scope: &mut Scope, run: &Run) {
    for name in names_in_functions(&run.program.ast) {
        if let Some(value) = share(scope, &name) {
            lock(&run.shared).insert(name, value);
        }
    }
}

fn share(scope: &mut Scope, name: &str) -> Option<Dynamic> {
    let Some(variable) = scope.get_mut(name) else {
        // a constant
        return scope.get(name).cloned();
    };
    *variable = std::mem::take(variable).into_shared();
    Some(variable.clone())
}

/// The tree with a statement after each `let` of the top level whose variable a function names.
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

fn names_in_functions(ast: &AST) -> HashSet<String> {
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

//! Walks statements: blocks, conditions, unreachable code, and unused values.

use super::effort;
use super::kinds::ValueKind;
use super::walk::Walk;
use crate::engine::language::positions::start_of;
use rhai::{ASTFlags, Expr, FlowControl, Ident, Position, Stmt};

impl Walk<'_> {
    /// Walks a block with its own scope. `value`: whether the value of its last statement is used.
    pub fn block(&mut self, statements: &[Stmt], value: bool) {
        let opened = self.scope.open();
        self.statements(statements, value);
        self.close_block(opened);
    }

    /// Warns of an assignment in a function to a variable of the top level, which a function can only read.
    fn only_read(&mut self, name: &str, position: Position) {
        if self.in_function && !self.scope.has(name) && self.top_level.contains_key(name) {
            let message = format!("a function can't change `{name}`, which is of the file's top level");
            let advice = format!("give the new value back, and assign it where the function is called: {name} = …;");
            self.error("top-level-assigned", position, message, Some(advice));
        }
    }

    pub fn statements(&mut self, statements: &[Stmt], value: bool) {
        let mut reached = true;
        for (n, statement) in statements.iter().enumerate() {
            if !reached {
                let message = "this is never reached".to_string();
                let advice = "the statement before it ends the test, the function or the turn of the loop".to_string();
                self.warn("unreachable", start_of_statement(statement), message, Some(advice));
            }
            self.statement(statement, value && n + 1 == statements.len());
            self.watch(start_of_statement(statement));
            // reported once: the rest is unreachable too
            reached = !(reached && self.never_goes_on(statement));
        }
    }

    fn statement(&mut self, statement: &Stmt, value: bool) {
        effort::spend();
        match statement {
            Stmt::Var(var, ..) => {
                let kind = self.expression(&var.1);
                self.taken(&var.1, kind);
                self.declare(&var.0.name, kind, var.0.pos);
            }
            Stmt::If(flow, _) => {
                self.condition(&flow.expr);
                self.block(flow.body.statements(), value);
                self.block(flow.branch.statements(), value);
            }
            Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                self.condition(&flow.expr);
                self.block(flow.body.statements(), false);
            }
            Stmt::For(parts, _) => self.for_loop(parts),
            Stmt::TryCatch(flow, _) => self.try_catch(flow, value),
            Stmt::Switch(switch, _) => {
                self.expression(&switch.0);
                for case in &switch.1.expressions {
                    self.expression(&case.lhs);
                    self.expression(&case.rhs);
                }
            }
            Stmt::Assignment(assignment) => {
                let kind = self.expression(&assignment.1.rhs);
                self.taken(&assignment.1.rhs, kind);
                self.expression(&assignment.1.lhs);
                if let Expr::Variable(name, _, position) = &assignment.1.lhs {
                    self.only_read(&name.1, *position);
                    self.scope.forget(&name.1);
                }
            }
            Stmt::FnCall(call, position) => {
                let kind = self.call(call, *position);
                self.left_alone(kind, call.op_token.is_some(), *position, value);
            }
            Stmt::Block(block) => self.block(block.statements(), value),
            Stmt::Expr(expression) => {
                let kind = self.expression(expression);
                let operator = matches!(&**expression, Expr::FnCall(call, _) if call.op_token.is_some());
                self.left_alone(kind, operator, start_of(expression), value);
            }
            Stmt::BreakLoop(Some(expression), ..) | Stmt::Return(Some(expression), ..) => {
                // a `throw` counts as a step of the test
                self.called("");
                let kind = self.expression(expression);
                self.taken(expression, kind);
            }
            Stmt::Import(import, _) => {
                self.expression(&import.0);
            }
            Stmt::Export(export, position) => {
                self.variable(&export.0.name, *position);
            }
            _ => {}
        }
    }

    fn for_loop(&mut self, parts: &(Ident, Option<Ident>, FlowControl)) {
        let (variable, counter, flow) = parts;
        let kind = self.expression(&flow.expr).element();
        let opened = self.scope.open();
        self.scope.push(variable.name.as_str(), kind);
        if let Some(counter) = counter {
            self.scope.push(counter.name.as_str(), ValueKind::Number);
        }
        self.statements(flow.body.statements(), false);
        self.close_block(opened);
    }

    fn try_catch(&mut self, flow: &FlowControl, value: bool) {
        self.block(flow.body.statements(), value);
        let opened = self.scope.open();
        if let Expr::Variable(name, ..) = &flow.expr {
            self.scope.push(name.1.as_str(), ValueKind::Unknown);
        }
        self.statements(flow.branch.statements(), value);
        self.close_block(opened);
    }

    /// Checks the value of a statement that is not used.
    fn left_alone(&mut self, kind: ValueKind, operator: bool, position: Position, value: bool) {
        if value {
            return;
        }
        match kind {
            ValueKind::Quiet => {
                let advice = "write `await` before it, and for how long: await alice.quiet(\"CALL_CLOSED\") during 1s";
                self.warn("never-awaited", position, "this waiter is never awaited".into(), Some(advice.into()));
            }
            kind if kind.is_waiter() => {
                let advice = "write `await` before it: nothing waits here".to_string();
                self.warn("never-awaited", position, "this waiter is never awaited".into(), Some(advice));
            }
            ValueKind::Bool if operator => {
                let advice = "write assert(…) around it, or check(…)".to_string();
                self.warn("unused-value", position, "nothing is made of this comparison".into(), Some(advice));
            }
            _ => {}
        }
    }

    /// Checks the condition of `if` and `while`.
    fn condition(&mut self, expression: &Expr) {
        // a `loop` has no condition
        if !matches!(expression, Expr::Unit(_)) {
            self.truth(expression, "a condition");
        }
    }

    /// Checks an expression that has to be true or false.
    pub fn truth(&mut self, expression: &Expr, what: &str) {
        let kind = self.expression(expression);
        if !matches!(kind, ValueKind::Bool | ValueKind::Unknown) {
            let message = format!("{what} is true or false, not {}", kind.in_words());
            let advice = kind.is_waiter().then(|| "await it, and look at the event that comes of it".to_string());
            self.error("argument-kind", start_of(expression), message, advice);
        }
    }

    /// Whether the code after a statement is certainly unreachable.
    fn never_goes_on(&self, statement: &Stmt) -> bool {
        let block = |statements: &[Stmt]| statements.iter().any(|statement| self.never_goes_on(statement));
        let ends = |name: &str| matches!(name, "fail" | "skip" | "exit") && !self.functions.contains_key(name);
        match statement {
            Stmt::Return(..) | Stmt::BreakLoop(..) => true,
            Stmt::FnCall(call, _) => call.namespace.is_empty() && ends(&call.name),
            Stmt::Expr(expression) => {
                matches!(&**expression, Expr::FnCall(call, _) if call.namespace.is_empty() && ends(&call.name))
            }
            Stmt::Block(inner) => block(inner.statements()),
            Stmt::If(flow, _) => block(flow.body.statements()) && block(flow.branch.statements()),
            // without a `break` it only ends with the test or the function
            Stmt::While(flow, _) => matches!(flow.expr, Expr::Unit(_)) && !has_break(flow.body.statements()),
            _ => false,
        }
    }
}

/// Whether there is a `break` among these statements, also in an inner loop.
fn has_break(statements: &[Stmt]) -> bool {
    let mut found = false;
    for statement in statements {
        statement.walk(&mut vec![], &mut |path| {
            if let Some(rhai::ASTNode::Stmt(Stmt::BreakLoop(_, flags, _))) = path.last() {
                found |= flags.intersects(ASTFlags::BREAK);
            }
            true
        });
    }
    found
}

fn start_of_statement(statement: &Stmt) -> Position {
    match statement {
        Stmt::Expr(expression) => start_of(expression),
        Stmt::Assignment(assignment) => start_of(&assignment.1.lhs),
        other => other.position(),
    }
}

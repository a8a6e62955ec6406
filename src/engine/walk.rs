//! A walk over a script's syntax tree that follows scopes and the types it can be sure of.

use super::check::place;
use super::functions::{self, Function, ModuleFunctions};
use super::kinds::Kind;
use crate::diagnostic::{Diagnostic, Place, nearest};
use crate::script::Script;
use rhai::{AST, Expr, Position, Stmt};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

pub struct Walk<'a> {
    pub script: &'a Script,
    pub diagnostics: Vec<Diagnostic>,
    /// Commands that the script is known to send.
    pub commands: Vec<(String, Place)>,
    /// The script's own functions, closures among them.
    pub functions: HashMap<String, Vec<Rc<Function>>>,
    pub modules: HashMap<String, Option<ModuleFunctions>>,
    /// Names that some map of the script has as a property: they may be called as methods.
    pub properties: HashSet<String>,
    ast: &'a AST,
    /// Variables in sight, the innermost last.
    pub scope: Vec<(String, Kind)>,
    /// Agents that the file declares: functions see them.
    agents: Vec<String>,
    /// All variables of the top level, to say why a function does not see them.
    top_level: HashSet<String>,
    in_function: bool,
    /// The operand of an `await` is being walked.
    pub awaited: bool,
}

impl<'a> Walk<'a> {
    pub fn new(script: &'a Script, ast: &'a AST, modules: HashMap<String, Option<ModuleFunctions>>) -> Walk<'a> {
        let mut walk = Walk {
            script,
            ast,
            functions: functions::of(ast),
            modules,
            diagnostics: vec![],
            commands: vec![],
            properties: HashSet::new(),
            scope: vec![],
            agents: vec![],
            top_level: HashSet::new(),
            in_function: false,
            awaited: false,
        };
        walk.look_ahead();
        walk
    }

    /// Collects what counts wherever it stands.
    fn look_ahead(&mut self) {
        for statement in self.ast.statements() {
            if let Stmt::Var(var, ..) = statement {
                self.top_level.insert(var.0.name.to_string());
                if matches!(&var.1, Expr::FnCall(call, _) if matches!(call.name.as_str(), "agent" | "uanew" | "uafind" | "on"))
                {
                    self.agents.push(var.0.name.to_string());
                }
            }
        }
        let properties = &mut self.properties;
        self.ast.walk(&mut |path| {
            match path.last() {
                Some(rhai::ASTNode::Expr(Expr::Map(map, _))) => {
                    properties.extend(map.0.iter().map(|(name, _)| name.name.to_string()));
                }
                Some(rhai::ASTNode::Expr(Expr::Property(property, _))) => {
                    properties.insert(property.2.to_string());
                }
                _ => {}
            }
            true
        });
    }

    /// Walks the whole script: its statements, then its functions.
    pub fn program(&mut self) {
        self.statements(self.ast.statements());
        self.in_function = true;
        let named: Vec<_> = self.functions.iter().filter(|(name, _)| !name.starts_with("anon$")).collect();
        let named: Vec<_> = named.into_iter().flat_map(|(_, functions)| functions.clone()).collect();
        for function in named {
            let parameters = function.params.iter().map(|name| (name.clone(), Kind::Unknown)).collect();
            self.function(&function, parameters);
        }
    }

    pub fn error(&mut self, position: Position, message: String, advice: Option<String>) {
        let mut error = Diagnostic::error(message).at(place(self.script, position));
        error.advice = advice;
        self.diagnostics.push(error);
    }

    fn block(&mut self, statements: &[Stmt]) {
        let depth = self.scope.len();
        self.statements(statements);
        self.scope.truncate(depth);
    }

    pub fn statements(&mut self, statements: &[Stmt]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Var(var, ..) => {
                let kind = self.expression(&var.1);
                self.scope.push((var.0.name.to_string(), kind));
            }
            Stmt::If(flow, _) => {
                self.expression(&flow.expr);
                self.block(flow.body.statements());
                self.block(flow.branch.statements());
            }
            Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                self.expression(&flow.expr);
                self.block(flow.body.statements());
            }
            Stmt::For(parts, _) => {
                let (variable, counter, flow) = &**parts;
                let kind = match self.expression(&flow.expr) {
                    Kind::Events => Kind::Event,
                    _ => Kind::Unknown,
                };
                let depth = self.scope.len();
                self.scope.push((variable.name.to_string(), kind));
                self.scope.extend(counter.iter().map(|counter| (counter.name.to_string(), Kind::Number)));
                self.statements(flow.body.statements());
                self.scope.truncate(depth);
            }
            Stmt::TryCatch(flow, _) => {
                self.block(flow.body.statements());
                let depth = self.scope.len();
                if let Expr::Variable(name, ..) = &flow.expr {
                    self.scope.push((name.1.to_string(), Kind::Unknown));
                }
                self.statements(flow.branch.statements());
                self.scope.truncate(depth);
            }
            Stmt::Switch(switch, _) => {
                self.expression(&switch.0);
                for case in &switch.1.expressions {
                    self.expression(&case.lhs);
                    self.expression(&case.rhs);
                }
            }
            Stmt::Assignment(assignment) => {
                self.expression(&assignment.1.rhs);
                self.expression(&assignment.1.lhs);
                if let Expr::Variable(name, ..) = &assignment.1.lhs {
                    // it may hold anything from here on
                    self.forget(&name.1);
                }
            }
            Stmt::FnCall(call, position) => {
                self.call(call, *position);
            }
            Stmt::Block(block) => self.block(block.statements()),
            Stmt::Expr(expression) => {
                self.expression(expression);
            }
            Stmt::BreakLoop(Some(expression), ..) | Stmt::Return(Some(expression), ..) => {
                self.expression(expression);
            }
            _ => {}
        }
    }

    fn all<'e>(&mut self, expressions: impl Iterator<Item = &'e Expr>) {
        for expression in expressions {
            self.expression(expression);
        }
    }

    fn forget(&mut self, name: &str) {
        if let Some((_, kind)) = self.scope.iter_mut().rev().find(|(known, _)| known == name) {
            *kind = Kind::Unknown;
        }
    }

    /// Walks an expression and gives what its value is known to be.
    pub fn expression(&mut self, expression: &Expr) -> Kind {
        match expression {
            Expr::IntegerConstant(..) | Expr::FloatConstant(..) => Kind::Number,
            Expr::StringConstant(..) => Kind::Text,
            Expr::BoolConstant(..) => Kind::Bool,
            Expr::InterpolatedString(parts, _) => {
                self.all(parts.iter());
                Kind::Text
            }
            Expr::Array(elements, _) => {
                let kinds: Vec<_> = elements.iter().map(|element| self.expression(element)).collect();
                Kind::of_list(&kinds)
            }
            Expr::Map(map, _) => {
                self.all(map.0.iter().map(|(_, value)| value));
                Kind::Map
            }
            Expr::Variable(variable, _, position) if variable.2.is_empty() => self.variable(&variable.1, *position),
            Expr::FnCall(call, position) => self.call(call, *position),
            Expr::Dot(parts, ..) => {
                let receiver = self.expression(&parts.lhs);
                self.chain(receiver, &parts.rhs)
            }
            Expr::Index(parts, ..) => {
                let list = self.expression(&parts.lhs);
                self.indexed(list, &parts.rhs)
            }
            Expr::And(operands, _) | Expr::Or(operands, _) => {
                self.all(operands.iter());
                Kind::Bool
            }
            Expr::Coalesce(operands, _) => {
                self.all(operands.iter());
                Kind::Unknown
            }
            Expr::Stmt(block) => match block.statements() {
                [Stmt::Share(_), Stmt::Expr(closure)] => self.expression(closure),
                statements => {
                    self.block(statements);
                    Kind::Unknown
                }
            },
            Expr::DynamicConstant(value, _) => {
                self.closure(value, &[], Kind::Unknown);
                Kind::Unknown
            }
            Expr::Custom(custom, _) => self.custom(custom),
            _ => Kind::Unknown,
        }
    }

    /// What follows a dot: a property, a method, and what follows those.
    fn chain(&mut self, receiver: Kind, rest: &Expr) -> Kind {
        match rest {
            Expr::Property(property, position) => self.property(receiver, &property.2, *position),
            Expr::MethodCall(call, position) => self.method(receiver, call, *position),
            Expr::Dot(parts, ..) => {
                let next = self.chain(receiver, &parts.lhs);
                self.chain(next, &parts.rhs)
            }
            Expr::Index(parts, ..) => {
                let list = self.chain(receiver, &parts.lhs);
                self.indexed(list, &parts.rhs)
            }
            _ => Kind::Unknown,
        }
    }

    /// What follows `[`: the index, and what follows `]`.
    fn indexed(&mut self, list: Kind, rest: &Expr) -> Kind {
        let element = if list == Kind::Events { Kind::Event } else { Kind::Unknown };
        match rest {
            Expr::Dot(parts, ..) => {
                self.expression(&parts.lhs);
                self.chain(element, &parts.rhs)
            }
            Expr::Index(parts, ..) => {
                self.expression(&parts.lhs);
                self.indexed(element, &parts.rhs)
            }
            index => {
                self.expression(index);
                element
            }
        }
    }

    fn variable(&mut self, name: &str, position: Position) -> Kind {
        if let Some((_, kind)) = self.scope.iter().rev().find(|(known, _)| known == name) {
            return *kind;
        }
        if self.in_function && self.agents.iter().any(|agent| agent == name) {
            return Kind::Agent;
        }
        if self.functions.contains_key(name) {
            return Kind::Unknown;
        }
        let advice = if self.in_function && self.top_level.contains(name) {
            format!("functions see the file's agents, not its other variables: give `{name}` to the function")
        } else {
            let agents = self.agents.iter().filter(|_| self.in_function);
            let known = self.scope.iter().map(|(known, _)| known).chain(agents);
            match nearest(name, known.map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("declare it before: let {name} = …;"),
            }
        };
        self.error(position, format!("there is no variable `{name}` here"), Some(advice));
        Kind::Unknown
    }
}

//! Checks accounts and options of agents that are written out: finds what no agent would accept.

use super::walk::Walk;
use crate::agent::{Account, account_option};
use crate::event::Ended;
use rhai::{Expr, FnCallExpr, Position};

impl Walk<'_> {
    /// Checks the arguments of `agent(…)` and `uanew(…)`.
    pub fn agent(&mut self, call: &FnCallExpr) {
        if !matches!(call.name.as_str(), "agent" | "uanew") {
            return;
        }
        if let Some(Expr::StringConstant(account, position)) = call.args.first() {
            self.refused(Account::check(account, &[]), *position);
        }
        let Some(Expr::Map(options, _)) = call.args.get(1).filter(|_| call.name == "agent") else { return };
        for (key, value) in &options.0 {
            match account_option(&key.name) {
                Ok(()) if key.name == "name" => {}
                Ok(()) if key.name == "config" && matches!(value, Expr::Map(..)) => self.settings(value),
                Ok(()) => {
                    if let Some(text) = constant(value) {
                        self.refused(Account::check("a", &[(key.name.to_string(), text)]), value.start_position());
                    }
                }
                Err(Some(near)) => {
                    let message = format!("an agent has no option `{}`", key.name);
                    self.error("unknown-option", key.pos, message, Some(format!("did you mean `{near}`?")));
                }
                Err(None) => {
                    let message = format!("no known baresip has an account parameter `{}`", key.name);
                    self.warn("unknown-option", key.pos, message, None);
                }
            }
        }
    }

    /// Checks baresip's settings in `config: #{ … }`.
    fn settings(&mut self, value: &Expr) {
        let Expr::Map(settings, _) = value else { return };
        for (key, value) in &settings.0 {
            // the name is checked even if the value is not written out
            let text = constant(value).unwrap_or_else(|| "1".into());
            self.refused(Account::check("a", &[(format!("config.{}", key.name), text)]), key.pos);
        }
    }

    fn refused(&mut self, checked: Result<(), Ended>, position: Position) {
        if let Err(Ended { message, advice, .. }) = checked {
            self.error("account", position, message, advice);
        }
    }
}

/// A value that is written out, in the form that an account has.
fn constant(value: &Expr) -> Option<String> {
    match value {
        Expr::StringConstant(text, _) => Some(text.to_string()),
        Expr::IntegerConstant(number, _) => Some(number.to_string()),
        Expr::BoolConstant(truth, _) => Some(truth.to_string()),
        _ => None,
    }
}

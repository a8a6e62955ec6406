//! Checks the arguments of calls: their kinds, and values that can't be right.

use super::kinds::ValueKind;
use super::walk::Walk;
use crate::diagnostic::nearest;
use crate::engine::api::method::Takes;
use crate::engine::api::methods::find_method;
use crate::engine::api::names;
use crate::engine::language::duration::Millis;
use crate::engine::rules::heard::{end_of, sent_of};
use crate::engine::rules::pattern::Pattern;
use crate::event::{Ended, is_no_flow_hash};
use rhai::{Expr, FnCallExpr, Position};

/// SIP methods (RFC 3261, 3262, 3265, 3311, 3428, 3515, 3903, 6086).
const SIP_METHODS: [&str; 14] = [
    "ACK",
    "BYE",
    "CANCEL",
    "INFO",
    "INVITE",
    "MESSAGE",
    "NOTIFY",
    "OPTIONS",
    "PRACK",
    "PUBLISH",
    "REFER",
    "REGISTER",
    "SUBSCRIBE",
    "UPDATE",
];

/// The kind of a mistake in a value.
const CODE: &str = "argument-value";

impl Walk<'_> {
    /// Whether a native function with this number of arguments takes these kinds. `receiver`: the value before the dot.
    pub fn kinds(
        &mut self,
        receiver: Option<ValueKind>,
        call: &FnCallExpr,
        arguments: &[ValueKind],
        position: Position,
    ) {
        let name = call.name.as_str();
        let given: Vec<ValueKind> = receiver.into_iter().chain(arguments.iter().copied()).collect();
        let mut fitting =
            names::signatures(name).iter().filter(|known| known.parameters.len() == given.len()).peekable();
        // a function of the file: its parameters take anything
        if fitting.peek().is_none() {
            return;
        }
        let fits = |known: &names::Signature| known.parameters.iter().zip(&given).all(|(id, kind)| kind.fits(*id));
        if !fitting.any(fits) {
            let words: Vec<_> = arguments.iter().map(|kind| kind.in_words()).collect();
            let message = format!("`{name}` can't be called with ({})", words.join(", "));
            let waiter = arguments.iter().any(|kind| kind.is_waiter());
            let usage = match receiver {
                Some(receiver) => names::usage(name, Some(&|id| receiver.fits(id))),
                None => names::usage(name, None),
            };
            let advice = match usage {
                // `await … in 5s` is parsed as `5s.contains(…)`
                _ if waiter && arguments.contains(&ValueKind::Duration) && name == "contains" => {
                    Some("the time of an `await` stands behind `within`: await … within 5s".to_string())
                }
                _ if waiter && !matches!(name, "all" | "any") => {
                    Some("a waiter has to be awaited first: (await …)".to_string())
                }
                usage => usage.map(|usage| format!("it is called so: {usage}")),
            };
            return self.error("argument-kind", position, message, advice);
        }
        let takes = find_method(name).map_or(Takes::Values, |method| method.takes);
        if receiver == Some(ValueKind::Agent) && takes != Takes::Values {
            let unfit = |kind: &ValueKind| {
                let word = [
                    ValueKind::Unknown,
                    ValueKind::Text,
                    ValueKind::Number,
                    ValueKind::Bool,
                    ValueKind::Duration,
                    ValueKind::Agent,
                ];
                !word.contains(kind)
            };
            if let Some((argument, kind)) = call.args.iter().zip(arguments).find(|(_, kind)| unfit(kind)) {
                let message = format!("`{name}` takes a text or an agent, not {}", kind.in_words());
                self.error("argument-kind", argument.start_position(), message, None);
            }
        }
    }

    /// Checks the values that functions get.
    pub fn function_values(&mut self, call: &FnCallExpr, arguments: &[ValueKind], position: Position) {
        match (call.name.as_str(), arguments, &call.args[..]) {
            ("sleep" | "timeout", [_], [time]) => self.time(time, arguments[0]),
            ("hash", _, [Expr::StringConstant(hash, position), ..]) => self.hash(hash, *position),
            ("assert_eq", [left, right, ..], [a, b, ..]) => {
                self.compared("assert_eq", (a, *left), (b, *right), position);
            }
            ("step", [_, kind], [_, block @ Expr::Stmt(_)]) if *kind != ValueKind::Closure => {
                let message = "a closure is due here, not a block".to_string();
                let advice = "write || before it: step(\"…\", || { … })".to_string();
                self.error("argument-kind", block.start_position(), message, Some(advice));
            }
            _ => {}
        }
    }

    /// Checks the hash that a flow is compared with. A placeholder fails the run, which then shows the hash to write.
    fn hash(&mut self, hash: &str, position: Position) {
        // in a compiled testfile it is the directive, which the testfile's compiler checks
        if self.script.lines.is_empty() && is_no_flow_hash(hash.trim()) {
            let message = format!("`{hash}` is not a hash, which has 16 hex digits");
            let advice = "take it out: a run shows the hash, and `telefonist run --update` writes it here".to_string();
            self.warn("argument-value", position, message, Some(advice));
        }
    }

    /// Checks the values that methods get.
    pub fn values(&mut self, receiver: ValueKind, call: &FnCallExpr, position: Position) {
        match receiver {
            ValueKind::Agent | ValueKind::Call => self.values_of_party(receiver, call),
            ValueKind::Waiter(_) | ValueKind::Waiters(_) => self.values_of_waiter(receiver, call, position),
            _ => {}
        }
    }

    fn values_of_party(&mut self, receiver: ValueKind, call: &FnCallExpr) {
        match (call.name.as_str(), &call.args[..]) {
            ("hangup", [Expr::IntegerConstant(status, position), ..]) if !(400..=699).contains(status) => {
                let message = format!("no agent rejects a call with {status}");
                let advice =
                    "the codes go from 400 to 699; without one it hangs up. A 302 comes from a proxy, or from sipp";
                self.error(CODE, *position, message, Some(advice.into()));
            }
            (name, [Expr::StringConstant(target, position), ..])
                if find_method(name).is_some_and(|method| method.takes == Takes::Target) =>
            {
                self.target(target, *position);
            }
            ("cmd", [Expr::StringConstant(command, position)]) => {
                let (word, target) = command.trim().split_once(' ').unwrap_or((command.trim(), ""));
                self.target_of_command(word, target, *position);
            }
            ("cmd", [Expr::StringConstant(word, _), Expr::StringConstant(target, position)])
                if receiver == ValueKind::Agent =>
            {
                self.target_of_command(word, target, *position);
            }
            ("sip", what) => self.values_of_sip(what),
            ("dtmf", [Expr::StringConstant(digits, position)]) => self.digits(digits, *position),
            ("closed", [Expr::Array(list, _)]) => list.iter().for_each(|reason| self.closing_reason(reason)),
            ("closed", [reason]) => self.closing_reason(reason),
            ("log", [Expr::StringConstant(text, position)]) if receiver == ValueKind::Agent => {
                if let Err(why) = Pattern::log(text) {
                    let message = format!("`{text}` is no regular expression: {why}");
                    let advice = "a sign that is meant as itself has a backslash before it: `\\(` in backticks, \"\\\\(\" in quotes";
                    self.error(CODE, *position, message, Some(advice.into()));
                }
            }
            _ => {}
        }
    }

    fn values_of_waiter(&mut self, receiver: ValueKind, call: &FnCallExpr, position: Position) {
        match (receiver, call.name.as_str(), &call.args[..]) {
            (ValueKind::Waiter(_), "count", [Expr::IntegerConstant(count, position)])
                if !(1..=1000).contains(count) =>
            {
                let message = format!("count({count}) is not possible");
                self.error(CODE, *position, message, Some("1 to 1000 events can be awaited at once".into()));
            }
            (ValueKind::Waiter(Some(of)) | ValueKind::Waiters(Some(of)), name @ ("sent" | "again"), [])
                if of != "SIP" && !(name == "sent" && sent_of(of).is_some()) =>
            {
                let message = format!("{name}() goes with sip(…), not with {of}");
                self.error(CODE, position, message, Some("alice.sip(\"BYE\").sent()".into()));
            }
            (ValueKind::Waiter(Some(of)) | ValueKind::Waiters(Some(of)), "ended", []) if end_of(of).is_none() => {
                let message = format!("ended() goes with speech() and tone(…), not with {of}");
                self.error(CODE, position, message, Some("bob.speech().ended()".into()));
            }
            (ValueKind::Waiter(Some(of)) | ValueKind::Waiters(Some(of)), "header", [name, ..]) if of != "SIP" => {
                let message = format!("header(…) goes with sip(…); {of} has no headers");
                let advice = "alice.sip(\"INVITE\").header(\"X-Id\", \"42\")".to_string();
                self.error(CODE, name.start_position(), message, Some(advice));
            }
            _ => {}
        }
    }

    /// Checks the arguments of `sip(…)`: a status, a list of these, a method, a status and a method.
    fn values_of_sip(&mut self, what: &[Expr]) {
        match what {
            [Expr::IntegerConstant(status, position), ..] if !(100..=699).contains(status) => {
                let message = format!("{status} is no SIP response code");
                self.error(CODE, *position, message, Some("they go from 100 to 699".into()));
            }
            [Expr::Array(list, _)] => list.iter().for_each(|one| self.response_codes(one)),
            [Expr::StringConstant(method, position)] | [_, Expr::StringConstant(method, position)] => {
                let code_of = method.parse::<u16>().is_ok();
                if !code_of && !SIP_METHODS.iter().any(|known| known.eq_ignore_ascii_case(method)) {
                    let message = format!("`{method}` is no SIP method that is known here");
                    let near = nearest(method, SIP_METHODS).map(|near| format!("did you mean `{near}`?"));
                    self.warn(CODE, *position, message, near);
                }
            }
            _ => {}
        }
    }

    fn digits(&mut self, digits: &str, position: Position) {
        let digit = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#' | 'A'..='D' | 'a'..='d');
        if let Some(other) = digits.chars().find(|c| !digit(*c)) {
            let message = format!("`{other}` is no DTMF digit");
            self.warn(CODE, position, message, Some("the digits are 0 to 9, *, #, and A to D".into()));
        } else if digits.is_empty() {
            let advice = "any digit: event(\"CALL_DTMF_START\")".to_string();
            self.error(CODE, position, "there is no digit".to_string(), Some(advice));
        }
    }

    fn closing_reason(&mut self, reason: &Expr) {
        match reason {
            Expr::IntegerConstant(status, position) => self.closing(*status, *position),
            Expr::StringConstant(reason, position) => self.reason(reason, *position),
            _ => {}
        }
    }

    /// Checks an element of a list in `sip(…)`.
    fn response_codes(&mut self, what: &Expr) {
        let position = what.start_position();
        match what {
            Expr::IntegerConstant(status, _) if !(100..=699).contains(status) => {
                let message = format!("{status} is no SIP response code");
                self.error("argument-value", position, message, Some("they go from 100 to 699".into()));
            }
            Expr::StringConstant(text, _) if text.parse::<u16>().is_err() => {
                let advice = "wait for one of several methods so: any([alice.sip(\"BYE\"), alice.sip(\"CANCEL\")])";
                let message = "a list in sip(…) holds response codes".to_string();
                self.error("argument-value", position, message, Some(advice.into()));
            }
            _ => {}
        }
    }

    /// Checks the target of a command that ends with it.
    fn target_of_command(&mut self, word: &str, target: &str, position: Position) {
        if matches!(word, "dial" | "transfer" | "atransferstart" | "options") && !target.contains(" userdata=") {
            self.target(target, position);
        }
    }

    /// Checks the target of a command.
    fn target(&mut self, target: &str, position: Position) {
        let Err(Ended { message, advice, .. }) = crate::agent::target(target) else { return };
        // an agent's name may contain blanks
        match target.contains(' ') && !target.contains(['<', '"', ':', '+', '\n']) {
            true => self.warn("target", position, message, advice),
            false => self.error("target", position, message, advice),
        }
    }

    /// Checks the code of a response that closes a call.
    pub fn closing(&mut self, status: i64, position: Position) {
        if !(300..=699).contains(&status) {
            let message = format!("no call is closed by a response {status}");
            self.error("argument-value", position, message, Some("those codes go from 300 to 699".into()));
        }
    }

    /// Checks a duration that is written as text: "5s".
    pub fn value_of_duration(&mut self, time: &Expr) {
        if let Expr::StringConstant(text, position) = time
            && let Err(message) = Millis::from_script(&text.clone().into())
        {
            self.error("await-time", *position, message, None);
        }
    }
}

//! The parser: reads the lines, tracks macros and agents, and collects all mistakes.

use super::agents::{self, Agents};
use super::chain::{self, LAST_WAIT, trim};
use super::directive::{self, Directive, WORDS, Wrong};
use super::macros::{MAX_MACROS, Macros, Part, Writer};
use super::told::{Told, short};
use super::{Command, Content, Line, MAX_BYTES, MAX_COMMAND, MAX_PARTS, Piece, Step, TestFile, To};
use crate::diagnostic::{Diagnostic, Place, Source, nearest};
use crate::event::{EVENT_NAMES, NEVER_IN_FLOW, SENT_NAMES, is_no_flow_hash};
use std::ops::Range;
use std::sync::Arc;

pub struct Parser<'a> {
    source: &'a Arc<Source>,
    macros: Macros,
    /// Macros that the file may not redefine.
    given: &'a [(String, String)],
    /// The names of all `_account`s: they hold for the whole file.
    accounts: Vec<&'a str>,
    agents: Agents,
    lines: Vec<Line>,
    /// Of all chains, and the directives.
    parts: usize,
    told: Told,
}

impl<'a> Parser<'a> {
    pub fn new(source: &'a Arc<Source>, given: &'a [(String, String)]) -> Parser<'a> {
        let mut macros = Macros::default();
        given.iter().for_each(|(name, value)| macros.define(name, value, Writer::Stranger));
        let account = |line: &'a str| {
            let (word, name) = line.trim().split_once(char::is_whitespace)?;
            word.eq_ignore_ascii_case("_account").then_some(name.trim())
        };
        Parser {
            source,
            macros,
            given,
            accounts: source.text.lines().filter_map(account).collect(),
            agents: Agents::default(),
            lines: Vec::new(),
            parts: 0,
            told: Told { source: source.clone(), diagnostics: Vec::new(), errors: 0, warnings: 0 },
        }
    }

    pub fn parse(mut self) -> Result<TestFile, Vec<Diagnostic>> {
        let text = self.source.text.as_str();
        if text.len() > MAX_BYTES {
            let message = format!("the testfile has {} bytes; the limit is {MAX_BYTES} (256 KiB)", text.len());
            let place = Place { source: self.source.clone(), span: 0..0 };
            return Err(vec![Diagnostic::error(message).at(place).advice("split it into several testfiles")]);
        }
        let mut start = 0;
        for (number, line) in (1..).zip(text.split('\n')) {
            let span = trim(text, start..start + line.len());
            start += line.len() + 1;
            self.line(number, span.clone());
            if self.parts > MAX_PARTS {
                self.told.error(span, format!("the testfile has more than {MAX_PARTS} chain parts"), || {
                    "split it into several testfiles, repeat it with `_run`, or write a loop in a Rhai script".into()
                });
                break;
            }
        }
        let lines = self.lines;
        self.told.finish().map(|warnings| TestFile { source: self.source.clone(), lines, warnings })
    }

    fn line(&mut self, number: u32, span: Range<usize>) {
        let text = &self.source.text[span.clone()];
        if text.is_empty() {
            return;
        }
        if let Some(at) = text.find('\r') {
            // what stands behind it would be part of a comment or of a macro, and never be run
            let at = span.start + at;
            self.told.error(at..at + 1, "a carriage return (CR) within a line", || {
                "save the file with line ends of LF, or of CR and LF".into()
            });
            return;
        }
        if let Some(comment) = text.strip_prefix('#') {
            return self.lines.push(Line { number, span, content: Content::Comment(comment.to_string()) });
        }
        self.parts += 1;
        let length = text.find(char::is_whitespace).unwrap_or(text.len());
        let word = text[..length].to_lowercase();
        let value = |length: usize| trim(&self.source.text, span.start + length..span.end);
        let line = span.clone();
        let content = if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("hash:")) {
            self.directive("_hash", value(5), span)
        } else if word == "_define" {
            self.define(value(length), span)
        } else if WORDS.contains(&word.as_str()) {
            self.directive(&word, value(length), span)
        } else {
            self.parts -= 1;
            self.step_line(span, length)
        };
        self.lines.extend(content.map(|content| Line { number, span: line, content }));
    }

    fn directive(&mut self, word: &str, value: Range<usize>, line: Range<usize>) -> Option<Content> {
        let text = &self.source.text[value.clone()];
        match directive::read(word, text)? {
            Ok(directive) => {
                if let Directive::Accept(names) | Directive::Ignore(names) = &directive {
                    self.event_names(directive.word(), names.is_empty(), value.clone(), line);
                }
                if let Directive::Hash(hash) = &directive
                    && is_no_flow_hash(hash)
                {
                    self.told.warning(
                        value.clone(),
                        format!("`{}` is not a hash, which has 16 hex digits", short(hash)),
                        || {
                            "leave `_hash` empty: a run shows the hash, and `telefonist run --update` writes it here"
                                .into()
                        },
                    );
                }
                if directive.counts_once() {
                    self.replace(&directive, &value);
                }
                Some(Content::Directive(directive, value))
            }
            Err(Wrong { message, advice }) => {
                self.told.error(if value.is_empty() { line } else { value }, message, || advice);
                None
            }
        }
    }

    fn event_names(&mut self, word: &str, empty: bool, value: Range<usize>, line: Range<usize>) {
        if empty {
            self.told.warning(line, format!("`{word}` names no event"), || {
                format!("write event names behind it, as in `{word} CALL_ESTABLISHED, CALL_CLOSED`")
            });
        }
        for Piece { text, span } in directive::event_names(&self.source.text[value.clone()], value.start) {
            if word == "_accept" && NEVER_IN_FLOW.contains(&text.as_str()) {
                self.told.warning(span, format!("`{text}` never enters the hash"), || {
                    "take it away; a script named by `_include` can judge it".into()
                });
            } else if !directive::is_event_name(&text) {
                self.told.warning(span, format!("no agent has an event `{}`", short(&text)), || {
                    match nearest(&text, EVENT_NAMES.iter().chain(SENT_NAMES).copied()) {
                        Some(known) => format!("did you mean `{known}`?"),
                        None => "the names are baresip's (CALL_ESTABLISHED, CALL_CLOSED, ...), and AUDIO_REPORT".into(),
                    }
                });
            }
        }
    }

    /// Forgets an earlier directive of the same kind.
    fn replace(&mut self, directive: &Directive, value: &Range<usize>) {
        let earlier =
            |line: &Line| matches!(&line.content, Content::Directive(known, _) if known.word() == directive.word());
        if let Some(at) = self.lines.iter().rposition(earlier) {
            let number = self.lines.remove(at).number;
            if *directive != Directive::Strict {
                self.told.warning(
                    value.clone(),
                    format!("`{}` was set before; this one counts", directive.word()),
                    || format!("take one of the two away; the first is on line {number}"),
                );
            }
        }
    }

    fn define(&mut self, rest: Range<usize>, line: Range<usize>) -> Option<Content> {
        let text = &self.source.text[rest.clone()];
        let Some((name, value)) = text.split_once(char::is_whitespace).map(|(name, value)| (name, value.trim())) else {
            let missing = if text.is_empty() { "a name and a value" } else { "a value" };
            self.told.error(line, format!("`_define` needs {missing}"), || {
                "write a name and what it stands for, as in `_define ua1 sip:alice@127.0.0.1`".into()
            });
            return None;
        };
        let (value, writer) = match self.given.iter().rev().find(|(given, _)| given == name) {
            Some((_, given)) => (given.as_str(), Writer::Given),
            None => (value, Writer::File),
        };
        self.macros.define(name, value, writer);
        if self.macros.len() > MAX_MACROS {
            self.told.error(rest, format!("the testfile defines more than {MAX_MACROS} macros"), || {
                "split it into several testfiles".into()
            });
            self.macros = Macros::default();
        }
        Some(Content::Define { name: name.to_string(), value: value.to_string() })
    }

    /// `word` is the length of the first word.
    fn step_line(&mut self, span: Range<usize>, word: usize) -> Option<Content> {
        let text = &self.source.text[span.clone()];
        let Ok(line) = self.macros.expand(text, span.start) else {
            self.told.error(span, "the macros make the testfile longer than 1 MiB", || {
                "shorten the values of the macros, or split the testfile".into()
            });
            return None;
        };
        // a macro's name may begin with `_` too
        if text.starts_with('_') && line.text.starts_with('_') {
            let word = &text[..word];
            self.told.error(
                span.start..span.start + word.len(),
                format!("unknown directive `{}`", short(word)),
                || match nearest(word, WORDS.iter().copied()) {
                    Some(known) => format!("did you mean `{known}`?"),
                    None => format!("the directives are: {}", WORDS.join(", ")),
                },
            );
            return None;
        }
        let parts = chain::parts(&line.text);
        if let Some(origin) = chain::made_by_a_given_value(&line, &parts) {
            self.told.error(origin, "the value given for this name would become a step, or part one off", || {
                "a value from outside (--define, --env-file, a job's `define`) stands for what follows a command: write `|` and commands into \
                 the testfile; for one word that is a command, `_define` its name there, too"
                    .into()
            });
            return None;
        }
        let mut steps = Vec::new();
        for part in parts {
            self.parts += 1;
            steps.extend(self.step(&line.part(part)));
        }
        if !matches!(steps.last(), None | Some(Step::Wait(_))) {
            self.parts += 1;
            steps.push(Step::Wait(LAST_WAIT));
        }
        (!steps.is_empty()).then_some(Content::Chain(steps))
    }

    fn step(&mut self, part: &Part<'_>) -> Option<Step> {
        match chain::wait(part.text()) {
            Some(Ok(wait)) => Some(Step::Wait(wait)),
            Some(Err(chain::TooLong)) => {
                self.told.error(part.origin(), "the wait is longer than a day", || {
                    "write a wait of at most `1440m`; units are `ms`, `s` and `m`".into()
                });
                None
            }
            None => self.command(part),
        }
    }

    fn command(&mut self, part: &Part<'_>) -> Option<Step> {
        let text = part.text();
        let first = text.find(char::is_whitespace).unwrap_or(text.len());
        let (target, command) = match &text[..first] {
            "uanew" | "uafind" | "uadelall" => (None, 0..text.len()),
            _ => self.agents.target(text),
        };
        let command = part.sub(command);
        let text = command.text();
        if text.is_empty() {
            self.told.error(part.origin(), "there is no command behind the agent's name", || {
                "write one, as in `ua1:hangup`".into()
            });
            return None;
        }
        if text.len() > MAX_COMMAND {
            let message = format!("the command has {} bytes; an agent takes {MAX_COMMAND} at most", text.len());
            self.told.error(command.origin(), message, || "shorten it, or the values of its macros".into());
            return None;
        }
        let first = text.find(char::is_whitespace).unwrap_or(text.len());
        let (word, params) = (command.sub(0..first), command.sub(trim(text, first..text.len())));
        match word.text() {
            "uanew" => self.create(&word, &params),
            "uafind" => self.find(&word, &params),
            "uadelall" => {
                self.agents.delete_all();
                Some(Step::DeleteAll)
            }
            _ => {
                let to = match target {
                    Some(alias) => To::Named(part.sub(alias).piece()),
                    None => self.active(&word),
                };
                let params = (!params.text().is_empty()).then(|| params.piece());
                Some(Step::Command(Command { to, word: word.piece(), params }))
            }
        }
    }

    /// The active agent takes a command that names no agent, or none that exists.
    fn active(&mut self, word: &Part<'_>) -> To {
        let Some(active) = self.agents.active() else {
            self.told.warning(word.origin(), format!("there is no agent to take `{}`", short(word.text())), || {
                "the run ends here as Error; start an agent before, as in `uanew <sip:alice@127.0.0.1>;regint=0`".into()
            });
            return To::Nobody;
        };
        let named = agents::target_colon(word.text()).map(|colon| word.sub(agents::meant(word.text(), 0..colon)));
        if let Some(named) = named.filter(|named| !named.text().is_empty()) {
            self.told.warning(named.origin(), format!("there is no agent `{}`", short(named.text())), || {
                match (self.agents.of_user(named.text()), nearest(named.text(), self.agents.aliases())) {
                    (Some(alias), _) => format!("{}; as it is, all of it goes to `{active}`", called(alias)),
                    (None, Some(known)) => format!("did you mean `{known}`? As it is, all of it goes to `{active}`"),
                    (None, None) => format!(
                        "as it is, all of it goes to `{active}`; start an agent of that name before, with `uanew`"
                    ),
                }
            });
        }
        To::Active(active.clone())
    }

    fn create(&mut self, word: &Part<'_>, account: &Part<'_>) -> Option<Step> {
        let text = account.text();
        let start = &text[..text.find([';', ' ']).unwrap_or(text.len())];
        let named = self.accounts.iter().find(|name| **name == start).map(|name| name.to_string());
        let alias = named.as_deref().unwrap_or_else(|| agents::alias(text));
        if alias.is_empty() {
            let place = if account.text().is_empty() { word } else { account };
            self.told.error(place.origin(), "`uanew` needs an account", || {
                "write its address of record, as in `uanew <sip:alice@127.0.0.1>;regint=0`".into()
            });
            return None;
        }
        if text.contains('<') && alias.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            self.told.error(account.origin(), format!("no line above defines the macro `{}`", short(alias)), || {
                format!("write what it stands for before it is used, as in `_define {alias} sip:alice@127.0.0.1`")
            });
        }
        self.agents.create(alias);
        for name in agents::wav_names(account.text()) {
            let name = account.sub(name);
            if name.text().contains(['/', '\\']) || matches!(name.text(), "" | "." | "..") {
                self.told.error(name.origin(), "a WAV file is named without its folder", || {
                    "put it into <data_dir>/sounds/ and write its name alone, as in `;input_wav=alice.wav`".into()
                });
            }
        }
        Some(Step::Create { account: account.piece(), named })
    }

    fn find(&mut self, word: &Part<'_>, params: &Part<'_>) -> Option<Step> {
        let alias = params.sub(agents::meant(params.text(), 0..params.text().len()));
        if alias.text().is_empty() {
            self.told.error(word.origin(), "`uafind` needs the alias of an agent", || {
                "write its address of record, as in `uafind sip:alice@127.0.0.1`".into()
            });
            return None;
        }
        if !self.agents.find(alias.text()) {
            self.told.warning(alias.origin(), format!("there is no agent `{}`", short(alias.text())), || {
                match (self.agents.of_user(alias.text()), nearest(alias.text(), self.agents.aliases())) {
                    (Some(known), _) => format!("{}; the run ends here as Error", called(known)),
                    (None, Some(known)) => format!("did you mean `{known}`? The run ends here as Error"),
                    (None, None) => "the run ends here as Error; start the agent before with `uanew`".into(),
                }
            });
        }
        Some(Step::Find { alias: alias.piece() })
    }
}

/// What to do about an agent that is called by its user alone.
fn called(alias: &str) -> String {
    format!("that agent is called `{alias}`: write so, or a short name for it, as in `_define ua1 {alias}`")
}

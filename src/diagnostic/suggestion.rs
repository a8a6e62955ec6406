//! Suggestions for an editor: a word that may stand at a place of a text, or stands there.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The word itself: `dial`.
    pub text: String,
    pub sort: Sort,
    /// How it is called, or what kind of value it is: `agent.dial(value)`, `an agent`; may be empty.
    pub usage: String,
    /// What it does, in a sentence or more; may be empty.
    pub doc: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    Variable,
    Function,
    Method,
    Field,
    Event,
    Command,
    Module,
    /// A word of the language.
    Word,
    Directive,
}

impl Sort {
    pub fn word(self) -> &'static str {
        match self {
            Sort::Variable => "variable",
            Sort::Function => "function",
            Sort::Method => "method",
            Sort::Field => "field",
            Sort::Event => "event",
            Sort::Command => "command",
            Sort::Module => "module",
            Sort::Word => "word",
            Sort::Directive => "directive",
        }
    }
}

impl Suggestion {
    pub fn new(text: &str, sort: Sort, usage: &str, doc: &str) -> Suggestion {
        Suggestion { text: text.to_string(), sort, usage: usage.to_string(), doc: doc.to_string() }
    }

    /// Those that begin with what is written already, whatever its case; in the order of the alphabet, each once.
    pub fn beginning_with(all: Vec<Suggestion>, written: &str) -> Vec<Suggestion> {
        let written = written.to_lowercase();
        let mut fitting: Vec<_> = all.into_iter().filter(|one| one.text.to_lowercase().starts_with(&written)).collect();
        // stable: of two with one name the first is nearer to the place
        fitting.sort_by(|a, b| a.text.cmp(&b.text));
        fitting.dedup_by(|a, b| a.text == b.text);
        fitting
    }
}

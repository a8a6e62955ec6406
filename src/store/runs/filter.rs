//! Which runs of the index: a filter, and what it is in SQL.

use super::status::RunStatus;
use crate::event::Time;
use crate::record::Trigger;
use crate::store::name::key;
use rusqlite::types::Value;

/// Which runs; what is empty does not matter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunFilter {
    /// The name of a project, in whatever case.
    pub project: Option<String>,
    /// The name of a test of a project, in whatever case: all its blocks.
    pub test: Option<String>,
    /// A part of the test's file or block, in whatever case.
    pub text: Option<String>,
    pub statuses: Vec<RunStatus>,
    pub triggers: Vec<Trigger>,
    /// Started then or later.
    pub since: Option<Time>,
    /// Started before then.
    pub until: Option<Time>,
}

/// What has to hold of a run, as SQL with its values.
pub(super) struct Conditions {
    pub(super) all: Vec<String>,
    pub(super) values: Vec<Value>,
}

impl Conditions {
    pub(super) fn of(filter: &RunFilter) -> Conditions {
        let mut conditions = Conditions { all: vec![], values: vec![] };
        let mut when = |condition: &str, value: Option<Value>| {
            if let Some(value) = value {
                let place = conditions.value(value);
                conditions.all.push(condition.replace('?', &place));
            }
        };
        when("project_key = ?", filter.project.as_deref().map(|name| key(name).into()));
        when("test_key = ?", filter.test.as_deref().map(|name| key(name).into()));
        when("started >= ?", filter.since.map(Value::from));
        when("started < ?", filter.until.map(Value::from));
        when("search LIKE ? ESCAPE '!'", filter.text.as_deref().map(|text| part(text).into()));
        conditions.one_of("status", filter.statuses.iter().map(|status| status.word()));
        conditions.one_of("cause", filter.triggers.iter().map(|trigger| trigger.word()));
        conditions
    }

    pub(super) fn value(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn one_of(&mut self, column: &str, words: impl Iterator<Item = &'static str>) {
        let places: Vec<String> = words.map(|word| self.value(word.to_string())).collect();
        if !places.is_empty() {
            self.all.push(format!("{column} IN ({})", places.join(", ")));
        }
    }

    pub(super) fn text(&self) -> String {
        if self.all.is_empty() { String::new() } else { format!("WHERE {}", self.all.join(" AND ")) }
    }
}

/// A pattern of LIKE for what has that text in it.
fn part(text: &str) -> String {
    let plain = key(text).replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{plain}%")
}

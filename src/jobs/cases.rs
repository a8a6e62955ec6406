//! Orders → pinned texts → cases that can be run.

use super::order::{From, Payload, Text};
use super::view::Told;
use super::{Jobs, Order, Refused, What};
use crate::diagnostic::{self, Diagnostic, Source};
use crate::engine::Loader;
use crate::pipeline::{Case, History, Selection, TestId, Workplace};
use crate::store::{Kind, Problem, Test, test_of_file};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Jobs {
    /// The order with its texts pinned, and the id of its project.
    pub(super) fn payload(&self, order: &Order) -> Result<(Option<i64>, Payload), Refused> {
        let store = &self.0.store;
        let options = order.options.clone();
        let saved = |test: Test, blocks: Option<Vec<String>>| Text {
            rhai: test.kind == Kind::Rhai,
            from: From::Saved { test: test.id, version: test.version },
            name: test.name,
            blocks,
        };
        let (project, texts) = match &order.what {
            What::Project(project) => {
                (Some(*project), store.tests(*project)?.into_iter().map(|test| saved(test, None)).collect())
            }
            What::Tests { project, tests, block } => {
                let blocks = block.iter().map(|block| vec![block.clone()]).next();
                let tests: Result<Vec<Test>, Problem> = tests.iter().map(|test| store.test(*test)).collect();
                (Some(*project), tests?.into_iter().map(|test| saved(test, blocks.clone())).collect())
            }
            What::Failed(project) => {
                let texts = store.tests(*project)?.into_iter().map(|test| saved(test, None)).collect();
                let name = Some(store.project(*project)?.name);
                let payload = self.failed(*project, Payload { project: name, texts, options: options.clone() });
                (Some(*project), payload)
            }
            What::Text { project, name, kind, text } => {
                let name = crate::store::test_name(name, *kind)?;
                let from = From::Text(text.clone());
                (*project, vec![Text { name, rhai: *kind == Kind::Rhai, from, blocks: None }])
            }
            What::Rerun(run) => {
                let run = store.run(run)?;
                let gone = |what: &str| Problem::Missing(Diagnostic::error(format!("the run belongs to no {what}")));
                let project = store.project_named(&run.project.ok_or_else(|| gone("project"))?)?;
                let (name, _) = test_of_file(Path::new(&run.file)).ok_or_else(|| gone("saved test"))?;
                let test = store.test_named(project.id, name)?;
                (Some(project.id), vec![saved(test, run.block.map(|block| vec![block]))])
            }
        };
        let name = project.map(|project| store.project(project)).transpose()?.map(|project| project.name);
        Ok((project, Payload { project: name, texts, options }))
    }

    /// What of it did not pass the last time.
    fn failed(&self, project: i64, payload: Payload) -> Vec<Text> {
        let workplace = self.workplace_of(&payload, crate::record::Trigger::Manual);
        let cases = self.cases(&workplace, Some(project), &payload);
        let names: Vec<(String, TestId)> = cases.iter().map(|(name, case)| (name.clone(), case.test.clone())).collect();
        let selection = Selection { last_failed: true, ..Selection::default() };
        let history = History::of(workplace.data_dir());
        let failed = selection.of(cases.into_iter().map(|(_, case)| case).collect(), &history);
        let failed: Vec<(&str, Option<&str>)> = failed
            .iter()
            .filter_map(|case| {
                let (name, _) = names.iter().find(|(_, test)| *test == case.test)?;
                Some((name.as_str(), case.test.block.as_deref()))
            })
            .collect();
        let picked = |text: Text| {
            let mine = failed.iter().filter(|(name, _)| *name == text.name);
            let blocks: Vec<Option<&str>> = mine.map(|(_, block)| *block).collect();
            let named = blocks.iter().map(|block| block.map(str::to_string)).collect();
            (!blocks.is_empty()).then(|| Text { blocks: named, ..text.clone() })
        };
        payload.texts.iter().cloned().filter_map(picked).collect()
    }

    /// The tests of the texts, each with its text's name; one that is gone is a case that can't be run.
    pub(super) fn cases(&self, workplace: &Workplace, project: Option<i64>, payload: &Payload) -> Vec<(String, Case)> {
        let mut cases = vec![];
        for text in &payload.texts {
            let kind = if text.rhai { Kind::Rhai } else { Kind::Classic };
            let file = file(payload.project.as_deref(), &kind.file_name(&text.name));
            let whole = TestId { stored: true, ..TestId::of_file(&file) };
            let found = match self.text(text) {
                Ok(source) => {
                    let source = Source::new(file.display().to_string(), source);
                    Case::of_source(workplace, whole, &source, &self.files(project))
                }
                Err(problem) => vec![Case::refused(whole, problem.diagnostic())],
            };
            let picked = |case: &Case| match (&text.blocks, &case.test.block) {
                (Some(blocks), Some(block)) => blocks.iter().any(|one| **one == **block),
                _ => true,
            };
            cases.extend(found.into_iter().filter(picked).map(|case| (text.name.clone(), case)));
        }
        cases
    }

    fn text(&self, text: &Text) -> Result<String, Problem> {
        match &text.from {
            From::Text(text) => Ok(text.clone()),
            From::Saved { test, version } => Ok(self.0.store.version(*test, *version)?.text),
        }
    }

    /// What scripts of a project may import: its other scripts, by name.
    pub fn files(&self, project: Option<i64>) -> Loader {
        let store = self.0.store.clone();
        Arc::new(move |file| {
            let found = || {
                let (name, kind) = test_of_file(Path::new(file)).filter(|(name, _)| !name.contains('/'))?;
                let test = store.test_named(project?, name).ok().filter(|test| test.kind == kind)?;
                Some(store.text(test.id).ok()?.text)
            };
            found().ok_or_else(|| "the project has no such script".to_string())
        })
    }
}

/// How reports name the test's file: `PBX/basic_call`.
pub fn file(project: Option<&str>, name: &str) -> PathBuf {
    project.map_or_else(|| PathBuf::from(name), |project| Path::new(project).join(name))
}

/// Why cases can't be run.
pub(super) fn problems(cases: &[(String, Case)]) -> Vec<Told> {
    let told = |(test, case): &(String, Case)| {
        let refusal = case.compiled.as_ref().err()?;
        Some(Told { test: test.clone(), problems: diagnostic::json(&refusal.problems) })
    };
    cases.iter().filter_map(told).collect()
}

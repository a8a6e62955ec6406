//! What the texts of tests declare (tags, blocks), read once for each version.

use crate::diagnostic::Source;
use crate::diagnostic::mask_secrets;
use crate::event::lock;
use crate::jobs::{Jobs, file};
use crate::pipeline::{Case, TestId, Workplace};
use crate::record::Trigger;
use crate::run::Inputs;
use crate::store::{Problem, Project, Test};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The most that are remembered; beyond that, all are read again.
const MOST: usize = 10_000;

/// By the tests' ids.
#[derive(Default)]
pub struct Outlines(Mutex<BTreeMap<i64, (u32, Arc<Outline>)>>);

/// Empty for a text with errors.
#[derive(Debug, Default)]
pub struct Outline {
    pub tags: Vec<String>,
    /// The names of its tests, where it has them in blocks.
    pub blocks: Vec<String>,
}

impl Outlines {
    /// # Errors
    /// The test is gone.
    pub fn of(&self, jobs: &Jobs, project: &Project, test: &Test) -> Result<Arc<Outline>, Problem> {
        let known = lock(&self.0).get(&test.id).cloned();
        if let Some((_, outline)) = known.filter(|(version, _)| *version == test.version) {
            return Ok(outline);
        }
        let text = jobs.store().version(test.id, test.version)?.text;
        let outline = Arc::new(outline(jobs, project, test, text));
        let mut all = lock(&self.0);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(test.id, (test.version, outline.clone()));
        Ok(outline)
    }
}

fn outline(jobs: &Jobs, project: &Project, test: &Test, text: String) -> Outline {
    let workplace = without_secrets(jobs.workplace(), Some(&project.name));
    let path = file(Some(&project.name), &test.kind.file_name(&test.name));
    let source = Source::new(path.display().to_string(), text);
    let whole = TestId { stored: true, ..TestId::of_file(&path) };
    let mut outline = Outline::default();
    for case in Case::of_source(&workplace, whole, &source, &jobs.files(Some(project.id))) {
        let new = case.tags().iter().filter(|tag| !outline.tags.contains(tag)).cloned();
        let new: Vec<String> = new.collect();
        outline.tags.extend(new);
        outline.blocks.extend(case.test.block.as_deref().map(str::to_string));
    }
    outline
}

/// A workplace for texts that are only looked at: their top level may do what it likes with a secret, and whoever asks sees
/// what comes of it.
pub fn without_secrets(workplace: &Workplace, project: Option<&str>) -> Workplace {
    const HIDDEN: &str = "***";
    let given = workplace.inputs();
    let hidden = |(name, _): (&String, &String)| (name.clone(), HIDDEN.to_string());
    let inputs = Inputs {
        secrets: given.secrets.iter().map(hidden).collect(),
        accounts: given.accounts.iter().map(|(name, line)| (name.clone(), mask_secrets(line))).collect(),
        environment: given.environment.clone().map(|look| {
            let hidden: crate::run::Lookup = Arc::new(move |name: &str| look(name).map(|_| HIDDEN.to_string()));
            hidden
        }),
        ..(**given).clone()
    };
    workplace.of_job(project.map(str::to_string), Trigger::Api, inputs)
}

//! What all runs of one invocation share: the data folder, the agents' supervisor, the user's request to stop.

use super::{Interrupt, sounds};
use crate::agent::{Settings, Supervisor};
use crate::diagnostic::Diagnostic;
use crate::event::lock;
use crate::notify::Post;
use crate::record::Trigger;
use crate::run::Inputs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

pub struct Workplace {
    data_dir: PathBuf,
    settings: Settings,
    supervisor: Arc<OnceLock<Result<Arc<Supervisor>, Diagnostic>>>,
    inputs: Arc<Inputs>,
    /// On a server: who sends messages about the runs.
    post: Option<Arc<Post>>,
    /// Runs of one process write the sounds one after another.
    preparing: Arc<Mutex<()>>,
    /// Whose tests these are, on a server, and what has them run.
    project: Option<String>,
    trigger: Option<Trigger>,
    pub interrupt: Arc<Interrupt>,
}

impl Workplace {
    /// `data_dir` is absolute; nothing is created or started before the first run.
    pub fn new(data_dir: PathBuf, settings: Settings) -> Workplace {
        Workplace {
            data_dir,
            settings,
            inputs: Arc::default(),
            post: None,
            supervisor: Arc::default(),
            preparing: Arc::default(),
            project: None,
            trigger: None,
            interrupt: Arc::default(),
        }
    }

    /// Gives the tests their parameters, secrets and accounts.
    pub fn with_inputs(self, inputs: Inputs) -> Workplace {
        Workplace { inputs: Arc::new(inputs), ..self }
    }

    /// Leaves messages about the runs to the worker of a server.
    pub fn with_post(self, post: Arc<Post>) -> Workplace {
        Workplace { post: Some(post), ..self }
    }

    /// One that shares data folder and agents with this one, but is interrupted alone; its runs say whose they are.
    pub fn of_job(&self, project: Option<String>, trigger: Trigger, inputs: Inputs) -> Workplace {
        Workplace {
            data_dir: self.data_dir.clone(),
            settings: self.settings.clone(),
            inputs: Arc::new(inputs),
            post: self.post.clone(),
            supervisor: self.supervisor.clone(),
            preparing: self.preparing.clone(),
            project,
            trigger: Some(trigger),
            interrupt: Arc::default(),
        }
    }

    pub fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    pub fn trigger(&self) -> Option<Trigger> {
        self.trigger
    }

    pub fn inputs(&self) -> &Arc<Inputs> {
        &self.inputs
    }

    pub fn post(&self) -> Option<&Post> {
        self.post.as_deref()
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The supervisor of the agents, made on first use. An error tells that there is no agent to run, and what to do.
    pub fn supervisor(&self) -> Result<Arc<Supervisor>, Diagnostic> {
        self.supervisor.get_or_init(|| Supervisor::new(self.settings.clone())).clone()
    }

    /// Makes sure that runs can be kept and that the built-in sounds are files.
    pub fn prepare(&self) -> Result<(), Diagnostic> {
        let _one = lock(&self.preparing);
        sounds::materialise(&self.data_dir).map_err(|error| {
            Diagnostic::error(format!("the data folder `{}` can't be written: {error}", self.data_dir.display()))
                .advice("name another one with --data-dir, or make this one writable")
        })
    }
}

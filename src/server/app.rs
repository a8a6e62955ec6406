//! The state that all requests share.

use super::admin_key::Access;
use super::console::Console;
use super::failure::Failure;
use super::figures::AllFigures;
use super::hub::Hub;
use super::measure::Measure;
use super::metrics::Metrics;
use super::options::{DEFAULT_PASSWORD, FIRST_USER, Options};
use super::outlines::Outlines;
use crate::event::{Time, lock};
use crate::jobs::Jobs;
use crate::notify::Post;
use crate::pipeline::Workplace;
use crate::schedule::Scheduler;
use crate::store::Store;
use axum::http::StatusCode;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// The server, for its handlers.
pub struct App {
    pub store: Arc<Store>,
    pub jobs: Jobs,
    pub workplace: Arc<Workplace>,
    pub access: Access,
    pub hub: Hub,
    pub console: Console,
    /// Whoever reads events of runs has it meanwhile: however many look on, they take one processor at most from the runs.
    pub reading: tokio::sync::Semaphore,
    /// True once the server is to end; whoever listens is a connection that is to be ended.
    pub ending: tokio::sync::watch::Sender<bool>,
    pub metrics: Arc<Metrics>,
    pub scheduler: Scheduler,
    pub post: Arc<Post>,
    pub options: Options,
    /// When it began.
    pub started: Time,
    /// A word that no other start has.
    pub build: String,
    pub default_password: Mutex<bool>,
    /// Turns of those who want a text looked at.
    pub checking: Arc<Semaphore>,
    pub outlines: Outlines,
    pub figures: AllFigures,
    pub measure: Measure,
}

impl App {
    /// Whether the first user still has the password that everybody knows.
    pub fn has_default_password(&self) -> bool {
        *lock(&self.default_password)
    }

    /// Looks at it again.
    pub fn password_changed(&self) {
        let known = self.store.verify_password(FIRST_USER, DEFAULT_PASSWORD).is_ok_and(|user| user.is_some());
        *lock(&self.default_password) = known;
    }
}

/// Does what blocks (the store, the disk, the compiler) on a thread for that.
pub async fn blocking<T: Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce(&App) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let app = app.clone();
    tokio::task::spawn_blocking(move || work(&app)).await.unwrap_or_else(|_| {
        // it has panicked, which the terminal has told
        Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "the request could not be served")
            .advice("see the server's log"))
    })
}

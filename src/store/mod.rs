//! Projects, their tests with every saved version, the index of runs, the queue, schedules, webhooks and what became of their messages, users and what lets them in: in
//! a database below the data directory. Only this module holds SQL; what it gives are plain types. It asks no clock: `now` and all
//! times are milliseconds since the epoch.

mod api_keys;
mod database;
mod deliveries;
mod exchange;
mod host;
mod kept;
mod maintenance;
mod last_runs;
mod name;
mod problem;
mod projects;
mod queue;
mod retention;
mod runs;
mod saved;
mod schedules;
mod schema;
mod secret;
mod sessions;
mod settings;
mod time;
mod unpack;
mod users;
mod version;
mod webhooks;

pub use api_keys::{ApiKey, Scope};
pub use database::Store;
pub use deliveries::{Delivery, DeliveryState, NewDelivery, Outcome, Undelivered};
pub use exchange::{Existing, Exported, Import, Imported};
pub use host::Host;
pub use kept::kept_runs;
pub use last_runs::Tally;
pub use maintenance::{Gone, Maintained};
pub use name::{Kind, key, name, test_name, test_of_file};
pub use problem::{Conflict, Problem};
pub use projects::Project;
pub use queue::{Job, JobState, NewJob, Queued};
pub use retention::Retention;
pub use runs::{Cursor, Rebuilt, Run, RunFilter, RunPage, RunStatus};
pub use saved::{NewTest, Save, Test, VersionInfo};
pub use schedules::{Due, NewSchedule, Schedule};
pub use secret::Secret;
pub use sessions::Session;
pub use users::User;
pub use version::Version;
pub use webhooks::{NewWebhook, Webhook, WebhookKind};

//! Webhooks: where results of a project, or of all, are sent. Sending is for `notify`.

use super::database::{Store, all, change, insert, one};
use super::problem::Problem;
use super::projects;
use super::secret::Secret;
use crate::event::Time;
use rusqlite::{Connection, Row, params};

/// What the receiver understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookKind {
    /// MS Teams, a MessageCard.
    Teams,
    /// MS Teams, an Adaptive Card.
    TeamsCard,
    Slack,
    /// JSON, signed where there is a secret.
    Json,
}

impl WebhookKind {
    pub const ALL: [WebhookKind; 4] =
        [WebhookKind::Teams, WebhookKind::TeamsCard, WebhookKind::Slack, WebhookKind::Json];

    pub fn word(self) -> &'static str {
        match self {
            WebhookKind::Teams => "teams",
            WebhookKind::TeamsCard => "teams-card",
            WebhookKind::Slack => "slack",
            WebhookKind::Json => "json",
        }
    }

    pub(super) fn from_word(word: &str) -> WebhookKind {
        WebhookKind::ALL.into_iter().find(|known| known.word() == word).unwrap_or(WebhookKind::Json)
    }
}

/// What a webhook is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewWebhook {
    /// The id of its project; none: for all.
    pub project: Option<i64>,
    pub kind: WebhookKind,
    /// Its path may let in whoever knows it.
    pub url: Secret,
    /// What bodies are signed with (HMAC-SHA256); none: they are not.
    pub secret: Option<Secret>,
    /// Nothing is sent of runs that passed or were skipped.
    pub only_failures: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    pub id: i64,
    pub what: NewWebhook,
    pub created: Time,
}

const WEBHOOK: &str = "SELECT id, project, kind, url, secret, only_failures, created FROM webhooks";

fn webhook(row: &Row) -> rusqlite::Result<Webhook> {
    let (kind, url, secret): (String, String, String) = (row.get(2)?, row.get(3)?, row.get(4)?);
    let what = NewWebhook {
        project: row.get(1)?,
        kind: WebhookKind::from_word(&kind),
        url: Secret::new(url),
        secret: Some(secret).filter(|secret| !secret.is_empty()).map(Secret::new),
        only_failures: row.get(5)?,
    };
    Ok(Webhook { id: row.get(0)?, what, created: row.get(6)? })
}

impl Store {
    /// All webhooks, the oldest first.
    pub fn webhooks(&self) -> Result<Vec<Webhook>, Problem> {
        self.read(|connection| all(connection, &format!("{WEBHOOK} ORDER BY id"), (), webhook))
    }

    /// # Errors
    /// There is none of that id.
    pub fn webhook(&self, id: i64) -> Result<Webhook, Problem> {
        self.read(|connection| by_id(connection, id))
    }

    /// Those that hear of a project's runs: its own, and those for all; of runs without a project, those for all.
    pub fn webhooks_of(&self, project: Option<i64>) -> Result<Vec<Webhook>, Problem> {
        let query = format!("{WEBHOOK} WHERE project IS NULL OR project = ?1 ORDER BY id");
        self.read(|connection| all(connection, &query, (project,), webhook))
    }

    /// # Errors
    /// There is no such project.
    pub fn create_webhook(&self, new: &NewWebhook, now: Time) -> Result<Webhook, Problem> {
        let made =
            "INSERT INTO webhooks (project, kind, url, secret, only_failures, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            RETURNING id";
        self.write(|transaction| {
            let (secret, only_failures) = columns(transaction, new)?;
            let values = params![new.project, new.kind.word(), new.url.reveal(), secret, only_failures, now];
            by_id(transaction, insert(transaction, made, values)?)
        })
    }

    /// # Errors
    /// There is no such webhook, or no such project.
    pub fn change_webhook(&self, id: i64, new: &NewWebhook) -> Result<Webhook, Problem> {
        let changed =
            "UPDATE webhooks SET project = ?2, kind = ?3, url = ?4, secret = ?5, only_failures = ?6 WHERE id = ?1";
        self.write(|transaction| {
            let (secret, only_failures) = columns(transaction, new)?;
            let values = params![id, new.project, new.kind.word(), new.url.reveal(), secret, only_failures];
            change(transaction, changed, values)?;
            by_id(transaction, id)
        })
    }

    /// # Errors
    /// There is none of that id.
    pub fn delete_webhook(&self, id: i64) -> Result<(), Problem> {
        self.write(|transaction| match change(transaction, "DELETE FROM webhooks WHERE id = ?1", (id,))? {
            0 => Err(Problem::missing("webhook", id)),
            _ => Ok(()),
        })
    }
}

/// What is written of some fields, once its project is known to be there.
fn columns<'a>(connection: &Connection, new: &'a NewWebhook) -> Result<(&'a str, i32), Problem> {
    if let Some(project) = new.project {
        projects::by_id(connection, project)?;
    }
    Ok((new.secret.as_ref().map_or("", Secret::reveal), i32::from(new.only_failures)))
}

fn by_id(connection: &Connection, id: i64) -> Result<Webhook, Problem> {
    let found = one(connection, &format!("{WEBHOOK} WHERE id = ?1"), (id,), webhook)?;
    found.ok_or_else(|| Problem::missing("webhook", id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_hears_of_its_own_webhooks_and_of_those_for_all() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let [one, two] = ["one", "two"].map(|name| store.create_project(name, Time(1.0)).unwrap().id);
        let url = Secret::new("https://example.invalid/hook/TOKEN");
        let all = NewWebhook { project: None, kind: WebhookKind::Teams, url, secret: None, only_failures: true };
        let secret = Some(Secret::new("SIGNING"));
        let own =
            NewWebhook { project: Some(one), kind: WebhookKind::Json, secret, only_failures: false, ..all.clone() };
        let made = [&all, &own].map(|new| store.create_webhook(new, Time(2.0)).unwrap());
        assert_eq!((&made[0].what, &made[1].what), (&all, &own));
        assert!(!format!("{made:?}").contains("TOKEN") && !format!("{made:?}").contains("SIGNING"));
        assert_eq!(store.webhooks_of(Some(one)).unwrap(), made);
        assert_eq!(store.webhooks_of(Some(two)).unwrap(), made[..1]);
        assert_eq!(store.webhooks_of(None).unwrap(), made[..1]);
        assert_eq!(store.webhook(made[1].id).unwrap(), made[1]);
        let moved = NewWebhook { project: Some(two), kind: WebhookKind::TeamsCard, ..own.clone() };
        assert_eq!(store.change_webhook(made[1].id, &moved).unwrap().what, moved);
        let nowhere = NewWebhook { project: Some(99), ..own.clone() };
        assert!(matches!(store.create_webhook(&nowhere, Time(2.0)), Err(Problem::Missing(_))));
        assert!(matches!(store.change_webhook(99, &own), Err(Problem::Missing(_))));
        store.delete_project(two, Time(3.0)).unwrap();
        assert_eq!(store.webhooks().unwrap(), made[..1]);
        store.delete_webhook(made[0].id).unwrap();
        assert!(matches!(store.delete_webhook(made[0].id), Err(Problem::Missing(_))));
    }
}

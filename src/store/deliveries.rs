//! Deliveries: messages about a run to webhooks, and what became of them. They are deleted with their run. `notify` sends them.

use super::database::{Store, all, change, insert, one};
use super::host::{self, Host};
use super::problem::Problem;
use super::webhooks::WebhookKind;
use crate::event::Time;
use rusqlite::{Connection, Row, params};
use std::collections::HashMap;

/// Why one ends that nobody can send any more.
const LOST: &str = "the server was stopped before it could be sent, and the URL of a `_webhook` is not kept";

/// A message about a run that is to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDelivery {
    /// The id of the run.
    pub run: String,
    /// None: a `_webhook` of the test.
    pub webhook: Option<i64>,
    pub kind: WebhookKind,
    /// Scheme, host and port of its URL, and no more.
    pub address: String,
    /// What is sent, without secrets.
    pub body: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    Pending,
    Sent,
    Failed,
}

impl DeliveryState {
    pub fn word(self) -> &'static str {
        match self {
            DeliveryState::Pending => "pending",
            DeliveryState::Sent => "sent",
            DeliveryState::Failed => "failed",
        }
    }
}

/// A message about a run, and what became of it so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Later ones have greater ones.
    pub id: i64,
    /// Its id; `job-N` where a test of that job could not begin.
    pub run: String,
    /// None: a `_webhook` of the test. It may have been deleted since.
    pub webhook: Option<i64>,
    pub kind: WebhookKind,
    /// Scheme, host and port of its URL.
    pub address: String,
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it was not taken the last time that it was not, or why it is not sent any more.
    pub error: Option<String>,
    pub queued: Time,
    /// When it was tried last.
    pub tried: Option<Time>,
    /// When it is tried next, while it is pending.
    pub due: Option<Time>,
    pub ended: Option<Time>,
}

/// What came of a delivery.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It was tried, and taken.
    Sent,
    /// It was tried in vain, and is tried again.
    Again { why: String, due: Time },
    /// It was tried in vain for the last time.
    Refused(String),
    /// It is given up without being tried once more.
    GivenUp(String),
}

/// A delivery of a host that is gone, with what it was to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Undelivered {
    pub delivery: Delivery,
    pub body: String,
}

const DELIVERY: &str =
    "SELECT id, run, webhook, kind, address, state, attempts, error, queued, tried, due, ended FROM deliveries";

fn delivery(row: &Row) -> rusqlite::Result<Delivery> {
    let (kind, state): (String, String) = (row.get(3)?, row.get(5)?);
    Ok(Delivery {
        id: row.get(0)?,
        run: row.get(1)?,
        webhook: row.get(2)?,
        kind: WebhookKind::from_word(&kind),
        address: row.get(4)?,
        state: match state.as_str() {
            "pending" => DeliveryState::Pending,
            "sent" => DeliveryState::Sent,
            _ => DeliveryState::Failed,
        },
        attempts: row.get(6)?,
        error: row.get(7)?,
        queued: row.get(8)?,
        tried: row.get(9)?,
        due: row.get(10)?,
        ended: row.get(11)?,
    })
}

impl Store {
    /// Notes what this host is about to send; gives them in the same order.
    pub fn queue_deliveries(&self, new: &[NewDelivery], host: &Host, now: Time) -> Result<Vec<Delivery>, Problem> {
        let queued = "INSERT INTO deliveries (run, webhook, kind, address, body, state, attempts, host, queued, due)
            VALUES (?1, ?2, ?3, ?4, ?5, 'pending', 0, ?6, ?7, ?7) RETURNING id";
        self.write(|transaction| {
            let queue = |new: &NewDelivery| {
                // what can't be sent after a restart is not kept for one
                let body = if new.webhook.is_some() { new.body.as_str() } else { "" };
                let values = params![new.run, new.webhook, new.kind.word(), new.address, body, host.id(), now];
                by_id(transaction, insert(transaction, queued, values)?)
            };
            new.iter().map(queue).collect()
        })
    }

    /// Notes what came of a pending delivery.
    ///
    /// # Errors
    /// It is not pending, or not there: its run may have been deleted.
    pub fn note_delivery(&self, id: i64, outcome: &Outcome, now: Time) -> Result<Delivery, Problem> {
        self.write(|transaction| note(transaction, id, outcome, now))
    }

    /// What a host that is gone had still to send: what goes to a webhook is this host's from now on, and is given, the oldest
    /// first; of a `_webhook` nobody knows the URL, so that it fails. To be called when a host begins.
    pub fn recover_deliveries(&self, host: &Host, now: Time) -> Result<Vec<Undelivered>, Problem> {
        let pending = "SELECT id, webhook, body, host FROM deliveries WHERE state = 'pending' ORDER BY id";
        self.write(|transaction| {
            let read = |row: &Row| -> rusqlite::Result<(i64, Option<i64>, String, String)> {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            };
            let mut there = HashMap::new();
            let mut recovered = vec![];
            for (id, webhook, body, other) in all(transaction, pending, (), read)? {
                if *there.entry(other).or_insert_with_key(|other| host::is_there(self.data_dir(), other)) {
                    continue;
                }
                if webhook.is_none() {
                    note(transaction, id, &Outcome::GivenUp(LOST.into()), now)?;
                    continue;
                }
                change(transaction, "UPDATE deliveries SET host = ?2 WHERE id = ?1", (id, host.id()))?;
                recovered.push(Undelivered { delivery: by_id(transaction, id)?, body });
            }
            Ok(recovered)
        })
    }

    /// # Errors
    /// There is none of that id: its run may have been deleted.
    pub fn delivery(&self, id: i64) -> Result<Delivery, Problem> {
        self.read(|connection| by_id(connection, id))
    }

    /// Those of a run, the oldest first.
    pub fn deliveries(&self, run: &str) -> Result<Vec<Delivery>, Problem> {
        self.read(|connection| all(connection, &format!("{DELIVERY} WHERE run = ?1 ORDER BY id"), (run,), delivery))
    }

    /// The last ones to a webhook, the newest first.
    pub fn deliveries_to(&self, webhook: i64, limit: u32) -> Result<Vec<Delivery>, Problem> {
        let query = format!("{DELIVERY} WHERE webhook = ?1 ORDER BY id DESC LIMIT ?2");
        self.read(|connection| all(connection, &query, (webhook, limit), delivery))
    }
}

fn note(connection: &Connection, id: i64, outcome: &Outcome, now: Time) -> Result<Delivery, Problem> {
    let (state, error, due) = match outcome {
        Outcome::Sent => (DeliveryState::Sent, None, None),
        Outcome::Again { why, due } => (DeliveryState::Pending, Some(why), Some(*due)),
        Outcome::Refused(why) | Outcome::GivenUp(why) => (DeliveryState::Failed, Some(why), None),
    };
    let tried = (!matches!(outcome, Outcome::GivenUp(_))).then_some(now);
    let ended = (state != DeliveryState::Pending).then_some(now);
    let noted = "UPDATE deliveries SET state = ?2, error = coalesce(?3, error), due = ?4, ended = ?5,
            attempts = attempts + ?6, tried = coalesce(?7, tried), body = CASE ?2 WHEN 'pending' THEN body ELSE '' END
        WHERE id = ?1 AND state = 'pending'";
    let values = params![id, state.word(), error, due, ended, i32::from(tried.is_some()), tried];
    match change(connection, noted, values)? {
        0 => Err(Problem::missing("pending delivery", id)),
        _ => by_id(connection, id),
    }
}

fn by_id(connection: &Connection, id: i64) -> Result<Delivery, Problem> {
    let found = one(connection, &format!("{DELIVERY} WHERE id = ?1"), (id,), delivery)?;
    found.ok_or_else(|| Problem::missing("delivery", id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Header, RunFolder};

    fn new(run: &str, webhook: Option<i64>) -> NewDelivery {
        let (address, body) = ("https://example.invalid".into(), format!("BODY of {run}"));
        NewDelivery { run: run.into(), webhook, kind: WebhookKind::Slack, address, body }
    }

    /// A store, a host, and one pending delivery for each of these.
    fn queued(new: &[NewDelivery]) -> (tempfile::TempDir, Store, Host, Vec<i64>) {
        let data = tempfile::tempdir().unwrap();
        let (store, host) = (Store::open(data.path()).unwrap(), Host::take(data.path()).unwrap());
        let queued = store.queue_deliveries(new, &host, Time(1.0)).unwrap();
        let ids = queued.iter().map(|delivery| delivery.id).collect();
        (data, store, host, ids)
    }

    #[test]
    fn each_attempt_is_noted_until_it_is_taken() {
        let (_data, store, _host, ids) = queued(&[new("r", Some(7))]);
        let pending = &store.deliveries("r").unwrap()[0];
        assert_eq!((pending.state, pending.attempts, pending.due), (DeliveryState::Pending, 0, Some(Time(1.0))));
        let again = Outcome::Again { why: "it answered 500".into(), due: Time(9.0) };
        let tried = store.note_delivery(ids[0], &again, Time(2.0)).unwrap();
        assert_eq!((tried.state, tried.attempts, tried.due), (DeliveryState::Pending, 1, Some(Time(9.0))));
        let sent = store.note_delivery(ids[0], &Outcome::Sent, Time(9.5)).unwrap();
        assert_eq!((sent.state, sent.attempts, sent.due), (DeliveryState::Sent, 2, None));
        assert_eq!(
            (sent.tried, sent.ended, sent.error.as_deref()),
            (Some(Time(9.5)), Some(Time(9.5)), Some("it answered 500"))
        );
        assert_eq!(store.delivery(ids[0]).unwrap(), sent);
        // what is over stays as it is
        let late = store.note_delivery(ids[0], &Outcome::Refused("late".into()), Time(10.0));
        assert!(matches!(late, Err(Problem::Missing(_))));
        assert_eq!(store.deliveries_to(7, 10).unwrap(), [sent]);
    }

    #[test]
    fn what_is_given_up_was_not_tried_and_the_newest_come_first() {
        let (_data, store, _host, ids) = queued(&[new("a", Some(7)), new("b", Some(7)), new("b", None)]);
        let given_up = store.note_delivery(ids[0], &Outcome::GivenUp("too many wait".into()), Time(2.0)).unwrap();
        assert_eq!((given_up.state, given_up.attempts, given_up.tried), (DeliveryState::Failed, 0, None));
        let to = |limit| store.deliveries_to(7, limit).unwrap().iter().map(|delivery| delivery.id).collect::<Vec<_>>();
        assert_eq!((to(10), to(1)), (vec![ids[1], ids[0]], vec![ids[1]]));
        assert_eq!(store.deliveries("b").unwrap().len(), 2);
    }

    #[test]
    fn a_host_takes_over_what_another_left_but_for_urls_that_nobody_knows() {
        let (data, store, gone, ids) = queued(&[new("r", Some(7)), new("r", None)]);
        let there = Host::take(data.path()).unwrap();
        let others = store.queue_deliveries(&[new("r", Some(7))], &there, Time(1.0)).unwrap();
        let me = Host::take(data.path()).unwrap();
        assert_eq!(store.recover_deliveries(&me, Time(3.0)).unwrap(), []);
        drop(gone);
        let recovered = store.recover_deliveries(&me, Time(3.0)).unwrap();
        assert_eq!(recovered.len(), 1);
        assert_eq!((recovered[0].delivery.id, recovered[0].body.as_str()), (ids[0], "BODY of r"));
        let lost = store.delivery(ids[1]).unwrap();
        assert_eq!((lost.state, lost.error.as_deref()), (DeliveryState::Failed, Some(LOST)));
        assert_eq!(store.delivery(others[0].id).unwrap().state, DeliveryState::Pending);
        // it is this host's now
        assert_eq!(store.recover_deliveries(&Host::take(data.path()).unwrap(), Time(4.0)).unwrap(), []);
    }

    #[test]
    fn nothing_is_left_of_a_body_when_it_is_over() {
        let (data, store, _host, ids) = queued(&[new("r", Some(7)), new("r", None)]);
        let bodies = || {
            store.vacuum().unwrap();
            let bytes = std::fs::read(data.path().join("telefonist.db")).unwrap();
            String::from_utf8_lossy(&bytes).matches("BODY").count()
        };
        assert_eq!(bodies(), 1);
        store.note_delivery(ids[0], &Outcome::Sent, Time(2.0)).unwrap();
        assert_eq!(bodies(), 0);
    }

    #[test]
    fn they_go_with_their_run() {
        let (data, store, host, _) = queued(&[new("other", Some(7))]);
        let run = || {
            let folder = RunFolder::create(data.path(), "t", Time(1.0)).unwrap();
            let header = Header::new(folder.id(), "t", "t", Time(1.0), "a");
            std::fs::write(folder.events(), serde_json::to_string(&header).unwrap() + "\n").unwrap();
            store.index_run(folder.id()).unwrap();
            store.queue_deliveries(&[new(folder.id(), Some(7))], &host, Time(1.0)).unwrap();
            folder
        };
        let [deleted, vanished, unindexed] = [(); 3].map(|()| run());
        let [id, gone, also_gone] = [&deleted, &vanished, &unindexed].map(|folder| folder.id().to_string());
        drop(deleted);
        store.delete_run(&id).unwrap();
        std::fs::remove_dir_all(vanished.path()).unwrap();
        store.rebuild_runs().unwrap();
        std::fs::remove_dir_all(unindexed.path()).unwrap();
        store.index_run(&also_gone).unwrap();
        for id in [id, gone, also_gone] {
            assert_eq!(store.deliveries(&id).unwrap(), []);
        }
        assert_eq!(store.deliveries("other").unwrap().len(), 1);
    }
}

//! The active deliveries: each waits for its time and for a free place, is attempted, and its outcome is stored.

use super::attempt::{self, Answer};
use super::policy::Policy;
use super::sign::signature;
use crate::diagnostic::{Diagnostic, Severity};
use crate::event::{Clock, Time, lock};
use crate::store::{Delivery, Outcome, Problem, Secret, Store, WebhookKind};
use reqwest::Client;
use reqwest::header::{HeaderMap, HeaderValue};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::select;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// How many are sent at the same time, to whomever: each has a socket.
const AT_ONCE: usize = 16;
const FULL: &str = "too many messages wait; this was the oldest of them";
const DELETED: &str = "the webhook was deleted";

/// Who hears of what becomes of messages, from whatever thread.
pub trait Watcher: Send + Sync {
    /// A delivery was queued, tried, or ended.
    fn changed(&self, delivery: &Delivery);
    /// What came of a message could not be noted.
    fn warn(&self, warning: Diagnostic);
}

/// Where a message goes.
pub enum Target {
    /// A webhook in the store, read again before each attempt.
    Webhook(i64),
    /// A `_webhook`.
    Url(Secret),
}

/// A delivery under way.
pub struct Letter {
    pub id: i64,
    pub target: Target,
    /// Scheme, host and port: the receiver.
    pub address: String,
    pub kind: WebhookKind,
    pub body: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due: Time,
}

/// Ends when the letter's place among those that wait is taken away.
pub type Place = oneshot::Receiver<()>;

#[derive(Default)]
struct Waiting {
    ended: bool,
    /// The ids of those that are not being sent at this moment.
    letters: BTreeMap<i64, oneshot::Sender<()>>,
}

pub struct Worker {
    pub store: Arc<Store>,
    pub client: Client,
    pub policy: Policy,
    pub watcher: Arc<dyn Watcher>,
    waiting: Mutex<Waiting>,
    /// The places of each receiver that something is sent to.
    receivers: Mutex<HashMap<String, Arc<Semaphore>>>,
    places: Arc<Semaphore>,
}

pub fn now() -> Time {
    Clock::system().now()
}

impl Worker {
    pub fn new(store: Arc<Store>, client: Client, policy: Policy, watcher: Arc<dyn Watcher>) -> Worker {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Worker { store, client, policy, watcher, waiting: Mutex::default(), receivers: Mutex::default(), places }
    }

    /// A place among those that wait; none when the worker has ended.
    pub fn place(&self, id: i64) -> Option<Place> {
        let mut waiting = lock(&self.waiting);
        if waiting.ended {
            return None;
        }
        let (held, place) = oneshot::channel();
        waiting.letters.insert(id, held);
        Some(place)
    }

    /// Gives up the oldest where more wait than may. Blocks while the store writes.
    pub fn make_room(&self) {
        loop {
            let mut waiting = lock(&self.waiting);
            let oldest = if waiting.letters.len() > self.policy.waiting { waiting.letters.pop_first() } else { None };
            drop(waiting);
            let Some((id, _)) = oldest else { return };
            note(&self.store, &*self.watcher, id, &Outcome::GivenUp(FULL.into()));
        }
    }

    /// All that wait go on waiting in the store alone.
    pub fn end(&self) {
        let mut waiting = lock(&self.waiting);
        waiting.ended = true;
        waiting.letters.clear();
    }

    /// Sends a letter, as often as that takes.
    pub async fn carry(self: Arc<Self>, mut letter: Letter, mut place: Place) {
        // a clock that was set back must not hold it up
        let pause = Duration::try_from_secs_f64((letter.due - now()) / 1000.0).unwrap_or_default();
        let mut pause = pause.min(self.policy.longest);
        loop {
            let turn = async {
                sleep(pause).await;
                self.turn(&letter.address).await
            };
            let turn = select! {
                turn = turn => turn,
                _ = &mut place => return,
            };
            // who takes it off the list decides about it
            if lock(&self.waiting).letters.remove(&letter.id).is_none() {
                return;
            }
            let answer = self.attempt(&letter).await;
            drop(turn);
            letter.attempts += 1;
            let outcome;
            (outcome, pause) = self.outcome(&letter, answer);
            let again = matches!(outcome, Outcome::Again { .. });
            // it waits before others hear that it does
            let next = if again { self.place(letter.id) } else { None };
            let (worker, id) = (self.clone(), letter.id);
            let noted = spawn_blocking(move || note(&worker.store, &*worker.watcher, id, &outcome)).await;
            match next {
                Some(next) if noted.unwrap_or(false) => place = next,
                _ => {
                    lock(&self.waiting).letters.remove(&letter.id);
                    return;
                }
            }
        }
    }

    /// A place at the receiver, and one of all.
    async fn turn(&self, address: &str) -> Option<[OwnedSemaphorePermit; 2]> {
        let receiver = {
            let mut receivers = lock(&self.receivers);
            receivers.retain(|_, places| Arc::strong_count(places) > 1);
            receivers.entry(address.into()).or_insert_with(|| Arc::new(Semaphore::new(self.policy.at_once))).clone()
        };
        Some([receiver.acquire_owned().await.ok()?, self.places.clone().acquire_owned().await.ok()?])
    }

    /// None: there is nowhere to send it to any more.
    async fn attempt(&self, letter: &Letter) -> Option<Answer> {
        let (url, secret) = match self.target(letter).await {
            Ok(target) => target,
            Err(Problem::Missing(_)) => return None,
            Err(problem) => return Some(Answer::NotNow(problem.diagnostic().message, None)),
        };
        let headers = headers(letter.kind, Some(letter.id), secret.as_ref(), &letter.body);
        Some(attempt::post(&self.client, url.reveal(), headers, letter.body.clone(), self.policy.limit).await)
    }

    /// URL, and what the body is signed with.
    async fn target(&self, letter: &Letter) -> Result<(Secret, Option<Secret>), Problem> {
        let url = match &letter.target {
            Target::Url(url) => Ok(url.clone()),
            Target::Webhook(id) => Err(*id),
        };
        let (store, id) = (self.store.clone(), letter.id);
        let found = spawn_blocking(move || {
            // its run may have been deleted, and it with it
            store.delivery(id)?;
            match url {
                Ok(url) => Ok((url, None)),
                Err(webhook) => store.webhook(webhook).map(|webhook| (webhook.what.url, webhook.what.secret)),
            }
        });
        // the runtime is ending, and this with it
        found.await.unwrap_or_else(|error| Err(Problem::Broken(Diagnostic::error(error.to_string()))))
    }

    /// What to note of an answer, and how long it waits for the next attempt, if there is one.
    fn outcome(&self, letter: &Letter, answer: Option<Answer>) -> (Outcome, Duration) {
        let (why, asked) = match answer {
            None => return (Outcome::GivenUp(DELETED.into()), Duration::ZERO),
            Some(Answer::Taken) => return (Outcome::Sent, Duration::ZERO),
            Some(Answer::Never(why)) => return (Outcome::Refused(why), Duration::ZERO),
            Some(Answer::NotNow(why, asked)) => (why, asked),
        };
        let chance = getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX));
        match self.policy.pause(letter.attempts, asked, chance) {
            Some(pause) => (Outcome::Again { why, due: now() + pause }, pause),
            None => (Outcome::Refused(why), Duration::ZERO),
        }
    }
}

/// What comes with a body: of the generic JSON, which message it is, and by whom.
pub fn headers(kind: WebhookKind, delivery: Option<i64>, secret: Option<&Secret>, body: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if kind != WebhookKind::Json {
        return headers;
    }
    if let Some(id) = delivery {
        headers.insert("x-telefonist-delivery", HeaderValue::from(id));
    }
    let timestamp = now().as_seconds() as u64;
    if let Some(secret) = secret
        && let Ok(signature) = format!("sha256={}", signature(secret, timestamp, body)).parse()
    {
        headers.insert("x-telefonist-timestamp", HeaderValue::from(timestamp));
        headers.insert("x-telefonist-signature", signature);
    }
    headers
}

/// Notes what came of a delivery; false: it is gone.
fn note(store: &Store, watcher: &dyn Watcher, id: i64, outcome: &Outcome) -> bool {
    match store.note_delivery(id, outcome, now()) {
        Ok(delivery) => watcher.changed(&delivery),
        Err(Problem::Missing(_)) => return false,
        Err(problem) => watcher.warn(Diagnostic { severity: Severity::Warning, ..problem.diagnostic() }),
    }
    true
}

//! The worker of a server, which sends the results of its runs, and the store, which has all of them.

use super::attempt::{self, address};
use super::message::{Finished, Told, body};
use super::policy::Policy;
use super::send::not_sent;
use super::worker::{Letter, Target, Watcher, Worker, headers, now};
use crate::diagnostic::{Diagnostic, Severity};
use crate::event::lock;
use crate::store::{Delivery, Host, NewDelivery, NewWebhook, Problem, Secret, Store, Undelivered, WebhookKind};
use std::sync::{Arc, Mutex};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// Where a browser finds the run of an id, if anywhere.
pub type Link = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What a [`Post`] works with.
pub struct Setup {
    pub store: Arc<Store>,
    /// What its tasks run on, with I/O and time.
    pub runtime: Handle,
    pub policy: Policy,
    pub link: Link,
    pub watcher: Arc<dyn Watcher>,
}

/// Sends messages about runs to their `_webhook`s and to the webhooks of the store, beside the runs. Each is a
/// [`Delivery`] in the store from the beginning. When this is dropped, what is not sent stays pending there.
pub struct Post {
    /// Which its deliveries belong to.
    host: Host,
    runtime: Handle,
    link: Link,
    worker: Arc<Worker>,
    tasks: Mutex<JoinSet<()>>,
}

impl Post {
    /// Begins, and goes on with what hosts left that are gone. Blocks while the store works.
    ///
    /// # Errors
    /// The store can't be written, or the certificates of this machine not be read.
    pub fn start(setup: Setup) -> Result<Post, Diagnostic> {
        let Setup { store, runtime, policy, link, watcher } = setup;
        let host = Host::take(store.data_dir())?;
        let worker = Arc::new(Worker::new(store, attempt::client()?, policy, watcher));
        let post = Post { host, runtime, link, worker, tasks: Mutex::default() };
        let left = post.worker.store.recover_deliveries(&post.host, now())?;
        post.take_on(left.into_iter().filter_map(again).collect());
        Ok(post)
    }

    /// Queues the messages about a run, or about a test that could not begin: to its own `_webhook`s, and to the webhooks of its project and of all. Blocks while the
    /// store works; waits for no receiver. A warning: the store does not work, nothing is sent.
    pub fn run_over(&self, finished: Finished, urls: &[String]) -> Option<Diagnostic> {
        let link = match &finished.what {
            Told::Run(run) => (self.link)(run),
            Told::Job(_) | Told::Trial => None,
        };
        let finished = Finished { link, ..finished };
        let problem = self.queue(&finished, urls).err()?.diagnostic();
        let message = format!("the result could not be sent to webhooks: {}", problem.message);
        Some(Diagnostic { message, severity: Severity::Warning, ..problem })
    }

    fn queue(&self, finished: &Finished, urls: &[String]) -> Result<(), Problem> {
        let store = &self.worker.store;
        let project = match finished.project.as_deref().map(|name| store.project_named(name)).transpose() {
            Ok(project) => project.map(|project| project.id),
            // deleted or renamed since
            Err(Problem::Missing(_)) => None,
            Err(problem) => return Err(problem),
        };
        let webhooks = store.webhooks_of(project)?.into_iter().map(|webhook| (Some(webhook.id), webhook.what));
        let own = urls.iter().map(|url| (None, of_test(url)));
        let all: Vec<_> = own.chain(webhooks).filter(|(_, what)| !(what.only_failures && finished.is_fine())).collect();
        if all.is_empty() {
            return Ok(());
        }
        let new = |(id, what): &(Option<i64>, NewWebhook)| NewDelivery {
            run: finished.what.key(),
            webhook: *id,
            kind: what.kind,
            address: shown(what),
            body: body(what.kind, finished).to_string(),
        };
        let new: Vec<_> = all.iter().map(new).collect();
        let queued = store.queue_deliveries(&new, &self.host, now())?;
        queued.iter().for_each(|delivery| self.worker.watcher.changed(delivery));
        let target = |(id, what): (Option<i64>, NewWebhook)| id.map_or(Target::Url(what.url), Target::Webhook);
        let letters = queued.into_iter().zip(new).zip(all.into_iter().map(target));
        self.take_on(letters.map(|((delivery, new), target)| letter(delivery, new.body, target)).collect());
        Ok(())
    }

    fn take_on(&self, letters: Vec<Letter>) {
        // when this has ended they have no places, and stay pending
        let placed = |letter: Letter| Some((self.worker.place(letter.id)?, letter));
        let placed: Vec<_> = letters.into_iter().filter_map(placed).collect();
        self.worker.make_room();
        let mut tasks = lock(&self.tasks);
        // what is over need not be remembered
        while tasks.try_join_next().is_some() {}
        for (place, letter) in placed {
            tasks.spawn_on(self.worker.clone().carry(letter, place), &self.runtime);
        }
    }

    /// Sends a message to a webhook that says what it is, once, and notes nothing. To be called on the runtime.
    ///
    /// # Errors
    /// It was not taken, and why.
    pub async fn try_out(&self, webhook: &NewWebhook) -> Result<(), Diagnostic> {
        let shown = address(webhook.url.reveal())?;
        let body = body(webhook.kind, &Finished::trial(now())).to_string();
        let headers = headers(webhook.kind, None, webhook.secret.as_ref(), &body);
        let worker = &self.worker;
        let answer = attempt::post(&worker.client, webhook.url.reveal(), headers, body, worker.policy.limit).await;
        answer.problem().map_or(Ok(()), |why| Err(not_sent(&shown, &why)))
    }

    /// Ends: attempts that are under way come to their end, and what waits stays pending.
    pub async fn end(&self) {
        self.worker.end();
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        while tasks.join_next().await.is_some() {}
    }
}

/// What a `_webhook` is: it takes a MessageCard.
fn of_test(url: &str) -> NewWebhook {
    NewWebhook { project: None, kind: WebhookKind::Teams, url: Secret::new(url), secret: None, only_failures: false }
}

fn shown(webhook: &NewWebhook) -> String {
    address(webhook.url.reveal()).unwrap_or_else(|_| "no URL".into())
}

fn letter(delivery: Delivery, body: String, target: Target) -> Letter {
    let Delivery { id, address, kind, attempts, queued, due, .. } = delivery;
    Letter { id, target, address, kind, body, attempts, due: due.unwrap_or(queued) }
}

fn again(left: Undelivered) -> Option<Letter> {
    let target = Target::Webhook(left.delivery.webhook?);
    Some(letter(left.delivery, left.body, target))
}

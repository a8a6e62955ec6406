//! What happens on the server besides the events of runs, numbered by topic, for clients that watch and reconnect.

use crate::event::{Time, lock};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// How many messages of a topic are kept for those who come back.
const KEPT: usize = 1000;
/// More topics than projects are had by nobody; the one that was silent longest goes.
const TOPICS: usize = 1000;

/// A message as it is sent, with its number and topic.
pub type Message = Arc<Value>;

#[derive(Clone, Default)]
pub struct Hub(Arc<Mutex<BTreeMap<String, Topic>>>);

struct Topic {
    /// The number of the newest message; the first has 1.
    last: u64,
    messages: VecDeque<Message>,
    changed: watch::Sender<u64>,
}

impl Default for Topic {
    fn default() -> Topic {
        Topic { last: 0, messages: VecDeque::new(), changed: watch::Sender::new(0) }
    }
}

/// What a reader of a topic gets.
#[derive(Debug, PartialEq)]
pub struct Read {
    pub messages: Vec<Message>,
    /// Numbers that it asked for and that are gone: from, to.
    pub gap: Option<(u64, u64)>,
}

impl Hub {
    fn topics<T>(&self, work: impl FnOnce(&mut BTreeMap<String, Topic>) -> T) -> T {
        work(&mut lock(&self.0))
    }

    /// Tells those who listen to a topic; `kind` is the message's `t`, `fields` what else it says.
    pub fn tell(&self, topic: &str, kind: &str, fields: Value, now: Time) {
        self.topics(|topics| {
            let entry = entry(topics, topic);
            entry.last += 1;
            let mut message = json!({ "topic": topic, "seq": entry.last, "ts": now, "t": kind });
            if let (Value::Object(message), Value::Object(fields)) = (&mut message, fields) {
                message.extend(fields);
            }
            entry.messages.push_back(Arc::new(message));
            if entry.messages.len() > KEPT {
                entry.messages.pop_front();
            }
            entry.changed.send_replace(entry.last);
        });
    }

    /// The messages of a topic after a number.
    pub fn since(&self, topic: &str, seen: u64) -> Read {
        self.topics(|topics| {
            let Some(entry) = topics.get(topic) else { return Read { messages: vec![], gap: None } };
            let first = entry.last + 1 - entry.messages.len() as u64;
            let from = first.max(seen + 1);
            let messages = entry.messages.iter().skip((from - first) as usize).cloned().collect();
            Read { messages, gap: (seen + 1 < first).then_some((seen + 1, first - 1)) }
        })
    }

    /// Changes with each message of a topic: the number of the newest.
    pub fn watch(&self, topic: &str) -> watch::Receiver<u64> {
        self.topics(|topics| entry(topics, topic).changed.subscribe())
    }
}

/// The topic of that name, a new one where there is none.
fn entry<'a>(topics: &'a mut BTreeMap<String, Topic>, topic: &str) -> &'a mut Topic {
    if !topics.contains_key(topic) && topics.len() >= TOPICS {
        let silent = topics.iter().filter(|(_, topic)| topic.changed.receiver_count() == 0);
        let silent = silent.min_by_key(|(_, topic)| topic.last).map(|(name, _)| name.clone());
        silent.map(|name| topics.remove(&name));
    }
    topics.entry(topic.to_string()).or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(read: &Read) -> Vec<u64> {
        read.messages.iter().filter_map(|message| message["seq"].as_u64()).collect()
    }

    #[test]
    fn who_comes_back_gets_what_was_missed_and_is_told_what_is_gone() {
        let hub = Hub::default();
        assert_eq!(hub.since("jobs", 0), Read { messages: vec![], gap: None });
        let mut watch = hub.watch("jobs");
        assert_eq!(*watch.borrow_and_update(), 0);
        for n in 1..=3 {
            hub.tell("jobs", "job.end", json!({ "job": n }), Time(7.0));
        }
        hub.tell("agents", "agent.start", json!({}), Time(8.0));
        assert!(watch.has_changed().unwrap() && *watch.borrow() == 3);
        let read = hub.since("jobs", 1);
        assert_eq!((numbers(&read), read.gap), (vec![2, 3], None));
        let expected = json!({ "topic": "jobs", "seq": 2, "ts": 7.0, "t": "job.end", "job": 2 });
        assert_eq!(*hub.since("jobs", 1).messages[0], expected);
        assert_eq!(numbers(&hub.since("jobs", 9)), Vec::<u64>::new());
        for n in 4..=KEPT as u64 + 5 {
            hub.tell("jobs", "job.end", json!({ "job": n }), Time(9.0));
        }
        let read = hub.since("jobs", 2);
        assert_eq!((numbers(&read).len(), numbers(&read)[0], read.gap), (KEPT, 6, Some((3, 5))));
    }

    #[test]
    fn topics_are_bounded() {
        let hub = Hub::default();
        let _listener = hub.watch("kept");
        for n in 0..TOPICS + 10 {
            hub.tell(&format!("project:{n}"), "x", json!({}), Time(0.0));
        }
        hub.topics(|topics| assert!(topics.len() <= TOPICS && topics.contains_key("kept")));
    }
}

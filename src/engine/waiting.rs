//! Waiting: `await` on waiters.

use super::at::Site;
use super::duration::Millis;
use super::errors::{Failure, plain_type, wrong_at};
use super::event_value::{EventValue, reading};
use super::matching::{Found, Member, Scan};
use super::shortfall::{Refusal, Shortfall, describe};
use super::state::{Fallible, Run, lock};
use super::waiter::Waiter;
use crate::event::{Ended, Event, Note, Wake};
use rhai::{Dynamic, FnPtr, NativeCallContext};
use std::sync::Arc;

/// A message about an await looks so far back in the log.
const LATEST: usize = 20_000;
/// So many events are remembered that fitted but for a closure.
const REFUSED: usize = 20;

/// One await that is going on.
struct Await<'a> {
    run: &'a Run,
    call: &'a NativeCallContext<'a>,
    waiter: &'a Waiter,
    site: &'a Site,
    scan: Scan,
    /// Fitted but for a closure; the newest first.
    refused: Vec<Refusal>,
    /// When it began: milliseconds since the epoch.
    from: f64,
}

/// `await W [within D]`: the event, or the events in the shape of what was awaited.
pub fn wait_for(
    run: &Run,
    call: &NativeCallContext,
    waiter: &Waiter,
    within: Option<Millis>,
    site: &Site,
) -> Fallible<Dynamic> {
    run.may_act(site)?;
    let scan = Scan::new(&waiter.want)
        .ok_or_else(|| wrong_at("there are too many ways to satisfy this: nest any([…]) less", site.position))?;
    let mut going = Await { run, call, waiter, site, scan, refused: vec![], from: 0.0 };
    going.start_agents()?;
    let time = within.unwrap_or_else(|| *lock(&run.within));
    going.from = run.log().now();
    let deadline = going.from + time.0;
    let end_of_time = run.declare_wait(site, time);
    let (backlog, mut next) = going.backlog();
    for event in &backlog {
        if let Some(found) = going.offer(event)? {
            return Ok(taken(run, found));
        }
    }
    note_waiting(run, waiter.in_words(), time, site);
    loop {
        match run.log().wait(next, deadline.min(end_of_time)) {
            Wake::Stopped(_) => return Err(run.stopped(site)),
            Wake::Timeout if end_of_time < deadline => return Err(run.end(run.too_long(), site)),
            Wake::Timeout => return Err(going.timeout(time, None)),
            Wake::New => {
                for event in run.log().since(next) {
                    next = event.n as usize + 1;
                    if event.time > end_of_time && end_of_time < deadline {
                        return Err(run.end(run.too_long(), site));
                    }
                    if event.time > deadline {
                        return Err(going.timeout(time, None));
                    }
                    if let Some(found) = going.offer(&event)? {
                        return Ok(taken(run, found));
                    }
                }
                if let Some(why) = going.hopeless(next) {
                    // an agent that went away by itself ends the run, and that is the reason
                    return Err(match run.log().stopped() {
                        Some(_) => run.stopped(site),
                        None => going.timeout(time, Some(why)),
                    });
                }
            }
        }
    }
}

/// `await W.quiet(…) during D`: nothing of it came since the last command or await before it, nor does until the time is over.
pub fn stay_quiet(
    run: &Run,
    call: &NativeCallContext,
    waiter: &Waiter,
    during: Millis,
    site: &Site,
) -> Fallible<Dynamic> {
    run.may_act(site)?;
    let scan = Scan::new(&waiter.want).ok_or_else(|| wrong_at("this can't be awaited", site.position))?;
    let mut going = Await { run, call, waiter, site, scan, refused: vec![], from: run.log().now() };
    going.start_agents()?;
    let deadline = run.log().now() + during.0;
    let end_of_time = run.declare_wait(site, during);
    let mut next = waiter.quiet_from.unwrap_or_default();
    note_waiting(run, format!("no {}", waiter.in_words()), during, site);
    loop {
        match run.log().wait(next, deadline.min(end_of_time)) {
            Wake::Stopped(_) => return Err(run.stopped(site)),
            Wake::Timeout if end_of_time < deadline => return Err(run.end(run.too_long(), site)),
            Wake::Timeout => return Ok(silent(run, next)),
            Wake::New => {
                let events = run.log().since(next);
                for event in &events {
                    // what comes after the time is over does not count, even if it is here already
                    if event.time > deadline {
                        return Ok(silent(run, next));
                    }
                    next = event.n as usize + 1;
                    for member in going.fitting(event)? {
                        going.scan.offer(member, event);
                    }
                    // it is solved anew only by an event that fits; what an earlier await took counts too
                    if let Some(found) = going.scan.solve(|_| true) {
                        return Err(going.not_quiet(&found, during));
                    }
                }
                run.keep_up();
            }
        }
    }
}

/// What a person who watches the run wants to know meanwhile.
pub(super) fn note_waiting(run: &Run, what: String, limit: Millis, site: &Site) {
    run.host.note(Note::Waiting { what, limit: limit.0, at: Some(run.at(site)) });
}

impl Await<'_> {
    fn start_agents(&self) -> Fallible<()> {
        let mut agents: Vec<_> = self.scan.members().iter().map(|member| member.agent.clone()).collect();
        agents.sort();
        agents.dedup();
        let started = self.run.host.start(&agents, &self.run.at(self.site));
        started.map_err(|ended| self.run.end(ended, self.site))
    }

    /// What came before and may still be taken, and where the log goes on after it.
    fn backlog(&self) -> (Vec<Arc<Event>>, usize) {
        let marks = self.run.marks();
        let mut wanted: Vec<_> =
            self.scan.members().iter().map(|member| (&member.agent, member.pattern.sort())).collect();
        wanted.sort();
        wanted.dedup();
        let mut backlog: Vec<_> =
            wanted.into_iter().flat_map(|(agent, sort)| marks.live(agent, sort)).cloned().collect();
        backlog.sort_by_key(|event| event.n);
        (backlog, marks.seen())
    }

    /// Takes an event into account: what was found, if that is enough now.
    fn offer(&mut self, event: &Arc<Event>) -> Fallible<Option<Found>> {
        let members = self.fitting(event)?;
        if members.is_empty() {
            return Ok(None);
        }
        let mut marks = self.run.marks();
        // what may not be taken any more (a flood has gone over it) must not make each later look at the rest longer
        if !marks.is_live(event) {
            return Ok(None);
        }
        for member in members {
            self.scan.offer(member, event);
        }
        let found = self.scan.solve(|event| marks.is_live(event));
        for event in found.iter().flat_map(Found::events) {
            marks.consume(event);
        }
        Ok(found)
    }

    /// The members that an event fits; their closures are asked, with no lock held.
    fn fitting(&mut self, event: &Arc<Event>) -> Fallible<Vec<usize>> {
        let mut fitting = vec![];
        for (n, member) in self.scan.members().iter().enumerate() {
            if member.fits(event) {
                match refusal(self.call, &self.waiter.conditions[n], event, self.site)? {
                    None => fitting.push(n),
                    Some(refusal) => {
                        // the newest is the nearest miss
                        self.refused.truncate(REFUSED);
                        self.refused.insert(0, refusal);
                    }
                }
            }
        }
        Ok(fitting)
    }

    /// Why what is missing can't come any more, where that is known by event number `next`.
    fn hopeless(&self, next: usize) -> Option<String> {
        let marks = self.run.marks();
        // what the scan has not been offered yet may be all that it needs
        if marks.seen() != next {
            return None;
        }
        let closed = |member: &Member| {
            let call = member.call.as_ref().and_then(|call| call.id());
            member.pattern.ends_with_its_call() && call.is_some_and(|call| marks.is_closed(&member.agent, call))
        };
        let never = |member: &Member| marks.is_gone(&member.agent) || closed(member);
        if !self.scan.members().iter().any(never) {
            return None;
        }
        let member = self.scan.hopeless(|event| marks.is_live(event), never)?;
        let why =
            if closed(member) { "this call is closed".to_string() } else { format!("{} has ended", member.agent) };
        Some(format!("it can't come any more: {why}"))
    }

    /// What a message about this await may have to tell of.
    fn latest(&self) -> Vec<Arc<Event>> {
        let log = self.run.log();
        let mut next = log.len().saturating_sub(LATEST);
        let mut events: Vec<Arc<Event>> = vec![];
        loop {
            let more = log.since(next);
            let Some(last) = more.last() else { return events };
            next = last.n as usize + 1;
            events.extend(more);
        }
    }

    fn not_quiet(&self, found: &Found, during: Millis) -> Box<rhai::EvalAltResult> {
        let mut events = found.events();
        events.sort_by_key(|event| event.n);
        let told = |event: &&Arc<Event>| {
            let told = describe(event, &|uri| name_of(self.run, uri));
            format!("{told} at {}", event.agent.as_deref().unwrap_or_default())
        };
        let told = events.iter().map(told).collect::<Vec<_>>().join(", ");
        let message = format!("{told}, where {} of quiet were due", during.in_words());
        Failure::new("quiet", Ended::failed(message)).raise(self.run, self.site)
    }

    /// It did not come in time; or, before that, `never` says why it does not come at all.
    fn timeout(&self, time: Millis, never: Option<String>) -> Box<rhai::EvalAltResult> {
        let marks = self.run.marks();
        let events = self.latest();
        let missing = self.scan.missing(|event| marks.is_live(event));
        let missing: Vec<_> = missing.iter().map(|(n, found)| (&self.scan.members()[*n], *found)).collect();
        let name_of = |uri: &str| name_of(self.run, uri);
        let shortfall =
            Shortfall { missing: &missing, events: &events, marks: &marks, refused: &self.refused, name_of: &name_of };
        let message = format!("no {} within {}", shortfall.subject(), time.in_words());
        let seconds = |time: f64| format!("{:.3} s", (time - self.run.began) / 1000.0);
        let end = if never.is_some() { self.run.log().now() } else { self.from + time.0 };
        let since = format!("it was awaited from {} of the run to {}", seconds(self.from), seconds(end));
        let details = shortfall.details().into_iter().chain(never).chain([since]).collect();
        let ended = Ended { details, ..Ended::failed(message) };
        drop(marks);
        Failure::new("timeout", ended).raise(self.run, self.site)
    }
}

/// Which closure of a member says no to an event, if one does.
fn refusal(
    call: &NativeCallContext,
    conditions: &[FnPtr],
    event: &Arc<Event>,
    site: &Site,
) -> Fallible<Option<Refusal>> {
    for (n, condition) in conditions.iter().enumerate() {
        let asked = || condition.call_within_context::<Dynamic>(call, (EventValue(event.clone()),));
        let (answer, read) = reading(asked);
        match answer?.as_bool() {
            Ok(true) => {}
            Ok(false) => {
                let which = (conditions.len() > 1).then_some(n + 1);
                return Ok(Some(Refusal { event: event.clone(), which, read }));
            }
            Err(kind) => {
                let kind = plain_type(kind);
                let message = format!("the closure of where(…) has to give true or false; it gave {kind}");
                return Err(wrong_at(message, site.position));
            }
        }
    }
    Ok(None)
}

/// The agent of the run behind a URI: `sip:bob@127.0.0.1:5070;transport=udp` → bob.
fn name_of(run: &Run, uri: &str) -> Option<Arc<str>> {
    let plain = uri.split(';').next().unwrap_or(uri).trim_matches(['<', '>']);
    let without_port = plain.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    run.host.find(plain).or_else(|| run.host.find(without_port?.0))
}

/// What an await found. A `quiet` after it counts from there, not from when the script goes on: more may have come meanwhile.
fn taken(run: &Run, found: Found) -> Dynamic {
    let newest = found.events().iter().map(|event| event.n as usize + 1).max();
    run.acted(newest.unwrap_or_default());
    value_of(found)
}

/// It was quiet before event number `next`.
fn silent(run: &Run, next: usize) -> Dynamic {
    run.acted(next);
    Dynamic::UNIT
}

fn value_of(found: Found) -> Dynamic {
    match found {
        Found::One(event) => Dynamic::from(EventValue(event)),
        Found::Many(events) => {
            events.into_iter().map(|event| Dynamic::from(EventValue(event))).collect::<Vec<_>>().into()
        }
        Found::All(all) => all.into_iter().map(value_of).collect::<Vec<_>>().into(),
    }
}

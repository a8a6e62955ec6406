//! Waiting: `await` on waiters.

use super::event_value::{EventValue, reading};
use super::listening;
use super::waiter::Waiter;
use crate::engine::language::duration::Millis;
use crate::engine::language::words::plain_type;
use crate::engine::rules::marks::Marks;
use crate::engine::rules::matching::{FoundEvents, Member};
use crate::engine::rules::shortfall::{RefusedEvent, Shortfall, describe};
use crate::engine::rules::taking::Taking;
use crate::engine::script::failure::{Fallible, ScriptFailure, wrong_at};
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::event::{Body, Concern, Ended, Event, Note, Time, Wake, is_of_sound, lock};
use rhai::{Dynamic, FnPtr, NativeCallContext};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// How far a message about an await looks back in the log, in events.
const LATEST: usize = 20_000;
/// The most events that are remembered which only a closure rejected.
const REFUSED: usize = 20;

/// One await that is going on.
struct Await<'a> {
    run: &'a ScriptRun,
    call: &'a NativeCallContext<'a>,
    waiter: &'a Waiter,
    site: &'a Site,
    taking: Taking,
    /// Events that only a closure rejected, newest first.
    refused: Vec<RefusedEvent>,
    /// When it began.
    from: Time,
}

/// `await W [within D]`: the event, or the events in the shape of what was awaited.
pub fn wait_for(
    run: &ScriptRun,
    call: &NativeCallContext,
    waiter: &Waiter,
    within: Option<Millis>,
    site: &Site,
) -> Fallible<Dynamic> {
    run.may_act(site)?;
    start_agents(run, waiter, site)?;
    let (waiter, _listening) = &listening::begin(run, waiter, site)?;
    let (taking, backlog, mut next) = {
        let marks = run.marks();
        let (taking, backlog) = Taking::begin(&waiter.want, &marks)
            .ok_or_else(|| wrong_at("there are too many ways to satisfy this: nest any([…]) less", site.position))?;
        (taking, backlog, marks.seen())
    };
    // losses before `next`
    run.throw_loss(site)?;
    let mut going = Await { run, call, waiter, site, taking, refused: vec![], from: Time::EPOCH };
    let time = within.unwrap_or_else(|| *lock(&run.within));
    going.from = run.log().now();
    let deadline = going.from + time;
    let end_of_time = run.declare_wait(site, time);
    for event in &backlog {
        if let Some(found) = going.offer(event)? {
            return Ok(taken(run, waiter, found));
        }
    }
    note_waiting(run, waiter.in_words(), time, site);
    let (concern, anything) = (going.taking.scan.concern(), Concern::anything());
    // whether everything that had come was looked at when it was last asked if more can come
    let mut is_settled = false;
    loop {
        let concern = if is_settled { &concern } else { &anything };
        match run.log().wait_for(next, deadline.min(end_of_time), concern) {
            Wake::Stopped(_) => return Err(run.stopped(site)),
            Wake::Timeout if end_of_time < deadline => return Err(run.end(run.too_long(), site)),
            Wake::Timeout => return Err(going.timeout(time, None)),
            Wake::New => {
                if let Some(found) = going.offer_news(&mut next, time, end_of_time)? {
                    return Ok(taken(run, waiter, found));
                }
                let never = {
                    let marks = run.marks();
                    // events that the scan has not seen yet may be enough
                    is_settled = marks.seen() == next;
                    if is_settled { going.hopeless(&marks) } else { None }
                };
                if let Some(why) = never {
                    return Err(going.timeout(time, Some(why)));
                }
            }
        }
    }
}

/// `await W.quiet(…) during D`: no such event has come since the last command or await before it, and none comes until
/// the time is over.
pub fn stay_quiet(
    run: &ScriptRun,
    call: &NativeCallContext,
    waiter: &Waiter,
    during: Millis,
    site: &Site,
) -> Fallible<Dynamic> {
    run.may_act(site)?;
    start_agents(run, waiter, site)?;
    let (waiter, _listening) = &listening::begin(run, waiter, site)?;
    let begun = Taking::begin(&waiter.want, &run.marks());
    let (taking, _) = begun.ok_or_else(|| wrong_at("this can't be awaited", site.position))?;
    let mut going = Await { run, call, waiter, site, taking, refused: vec![], from: run.log().now() };
    let deadline = run.log().now() + during;
    let end_of_time = run.declare_wait(site, during);
    let mut next = waiter.quiet_from.unwrap_or_default();
    note_waiting(run, format!("no {}", waiter.in_words()), during, site);
    let concern = going.taking.scan.concern();
    loop {
        match run.log().wait_for(next, deadline.min(end_of_time), &concern) {
            Wake::Stopped(_) => return Err(run.stopped(site)),
            Wake::Timeout if end_of_time < deadline => return Err(run.end(run.too_long(), site)),
            Wake::Timeout if run.log().len() <= next => return Ok(silent(run, next)),
            // events that woke nobody were quiet, too
            Wake::Timeout | Wake::New => {
                let events = run.log().since(next);
                for event in &events {
                    // events after the end of the time do not count, even if they are here already
                    if event.time > deadline {
                        return Ok(silent(run, next));
                    }
                    next = event.n as usize + 1;
                    run.throw_if_lost(event, site)?;
                    // what an earlier await took counts too
                    let scan = &going.taking.scan;
                    let fitting = (0..scan.members().len()).filter(|n| scan.members()[*n].fits(event)).collect();
                    let fitting: Vec<usize> = going.agreed(fitting, event)?;
                    for member in &fitting {
                        going.taking.scan.offer(*member, event);
                    }
                    if fitting.is_empty() {
                        continue;
                    }
                    if let Some(found) = going.taking.scan.solve(|_| true) {
                        return Err(going.not_quiet(&found, during));
                    }
                }
                run.keep_up();
            }
        }
    }
}

/// Notes what the script waits for, for people who watch the run.
pub(in crate::engine) fn note_waiting(run: &ScriptRun, what: String, limit: Millis, site: &Site) {
    run.host.note(Note::Waiting { what, limit: limit.0, at: Some(run.at(site)) });
}

/// Starts those agents of a waiter that are not running.
fn start_agents(run: &ScriptRun, waiter: &Waiter, site: &Site) -> Fallible<()> {
    let mut agents = waiter.want.agents();
    agents.sort();
    agents.dedup();
    let started = run.host.start(&agents, &run.at(site));
    started.map_err(|ended| run.refuse(ended, site))
}

impl Await<'_> {
    /// Offers the events from number `next` on, and moves `next` behind them. `time`: how long the await waits.
    fn offer_news(&mut self, next: &mut usize, time: Millis, end_of_time: Time) -> Fallible<Option<FoundEvents>> {
        let (run, deadline) = (self.run, self.from + time);
        for event in run.log().since(*next) {
            *next = event.n as usize + 1;
            if event.time > end_of_time && end_of_time < deadline {
                return Err(run.end(run.too_long(), self.site));
            }
            if event.time > deadline {
                return Err(self.timeout(time, None));
            }
            run.throw_if_lost(&event, self.site)?;
            if let Some(found) = self.offer(&event)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Offers an event; returns what was found if that is enough now.
    fn offer(&mut self, event: &Arc<Event>) -> Fallible<Option<FoundEvents>> {
        // most events fit nothing: the marks need not be locked for them
        if !self.taking.scan.members().iter().any(|member| member.fits(event)) {
            return Ok(None);
        }
        let fitting = self.taking.fitting(&self.run.marks(), event);
        let fitting = self.agreed(fitting, event)?;
        match fitting.is_empty() {
            true => Ok(None),
            false => Ok(self.taking.offer(&mut self.run.marks(), &fitting, event)),
        }
    }

    /// The members whose closures accept an event. Closures are called without holding a lock.
    fn agreed(&mut self, fitting: Vec<usize>, event: &Arc<Event>) -> Fallible<Vec<usize>> {
        let mut agreed = vec![];
        for n in fitting {
            match refusal(self.call, &self.waiter.conditions[n], event, self.site)? {
                None => agreed.push(n),
                Some(refusal) => {
                    // the newest is the nearest miss
                    self.refused.truncate(REFUSED);
                    self.refused.insert(0, refusal);
                }
            }
        }
        Ok(agreed)
    }

    /// Why the missing events can't come any more, if that is known.
    fn hopeless(&self, marks: &Marks) -> Option<String> {
        let alone = self.run.branches.load(Relaxed) == 0;
        let never = |member: &Member| never(marks, member, alone);
        if !self.taking.scan.members().iter().any(|member| never(member).is_some()) {
            return None;
        }
        let member =
            self.taking.scan.hopeless(|event| self.taking.may_take(marks, event), |member| never(member).is_some())?;
        never(member)
    }

    /// The events that a message about this await may mention.
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

    fn not_quiet(&self, found: &FoundEvents, during: Millis) -> Box<rhai::EvalAltResult> {
        let mut events = found.events();
        events.sort_by_key(|event| event.n);
        let told = |event: &&Arc<Event>| {
            let told = describe(event, &|uri| name_of(self.run, uri));
            format!("{told} at {}", event.agent.as_deref().unwrap_or_default())
        };
        let told = events.iter().map(told).collect::<Vec<_>>().join(", ");
        let message = format!("{told}, where {} of quiet were due", during.in_words());
        self.run.raise(ScriptFailure::new("quiet", Ended::failed(message)), self.site)
    }

    /// The failure of this await: a timeout, or earlier, if `never` says why the event can't come.
    fn timeout(&self, time: Millis, never: Option<String>) -> Box<rhai::EvalAltResult> {
        let marks = self.run.marks();
        let events = self.latest();
        let scan = &self.taking.scan;
        let missing = scan.missing(|event| self.taking.may_take(&marks, event));
        let missing: Vec<_> = missing.iter().map(|(n, found)| (&scan.members()[*n], *found)).collect();
        let name_of = |uri: &str| name_of(self.run, uri);
        let past = |member: &Member, event: &Event| self.taking.past(&marks, member, event);
        let shortfall = Shortfall {
            missing: &missing,
            events: &events,
            marks: &marks,
            past: &past,
            refused: &self.refused,
            name_of: &name_of,
        };
        let message = match &never {
            Some(why) => format!("no {}, and it can't come any more: {why}", shortfall.subject()),
            None => format!("no {} within {}", shortfall.subject(), time.in_words()),
        };
        let seconds = |time: Time| format!("{:.3} s", (time - self.run.began) / 1000.0);
        let (from, end) = (seconds(self.from), seconds(self.from + time));
        // an await that can't be satisfied ends at once
        let since = never.is_none().then(|| format!("it was awaited from {from} of the run to {end}"));
        let details = shortfall.details().into_iter().chain(since).collect();
        let ended = Ended { details, ..Ended::failed(message) };
        drop(marks);
        self.run.wait_is_over();
        self.run.raise(ScriptFailure::new("timeout", ended), self.site)
    }
}

/// The closure of a member that rejects an event, if one does.
fn refusal(
    call: &NativeCallContext,
    conditions: &[FnPtr],
    event: &Arc<Event>,
    site: &Site,
) -> Fallible<Option<RefusedEvent>> {
    for (n, condition) in conditions.iter().enumerate() {
        let asked = || condition.call_within_context::<Dynamic>(call, (EventValue(event.clone()),));
        let (answer, read) = reading(asked);
        match answer?.as_bool() {
            Ok(true) => {}
            Ok(false) => {
                let which = (conditions.len() > 1).then_some(n + 1);
                return Ok(Some(RefusedEvent { event: event.clone(), which, read }));
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

/// Why no event can fit a member any more, if that is known. `alone`: no other branch of the script is active.
fn never(marks: &Marks, member: &Member, alone: bool) -> Option<String> {
    let agent = &member.agent;
    if marks.is_gone(agent) {
        return Some(format!("{agent} has ended"));
    }
    if !member.pattern.ends_with_its_call() {
        return None;
    }
    match &member.call {
        Some(call) => call.id().filter(|id| marks.is_closed(agent, id)).map(|_| "this call is closed".to_string()),
        None => {
            let done = alone
                && !member.pattern.is_of_a_call_that_comes()
                && marks.is_done_calling(agent, member.pattern.is_of_an_own_call());
            done.then(|| format!("{agent} has no call any more, and nobody calls it"))
        }
    }
}

/// The agent that a URI belongs to: `sip:bob@127.0.0.1:5070;transport=udp` → bob.
fn name_of(run: &ScriptRun, uri: &str) -> Option<Arc<str>> {
    let plain = uri.split(';').next().unwrap_or(uri).trim_matches(['<', '>']);
    let without_port = plain.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    run.host.find(plain).or_else(|| run.host.find(without_port?.0))
}

/// The value of an await. A later `quiet` counts from the events found, not from when the script continues: more may
/// have come in between.
fn taken(run: &ScriptRun, waiter: &Waiter, found: FoundEvents) -> Dynamic {
    let events = found.events();
    let is_of_sound = |event: &&&Arc<Event>| matches!(&event.body, Body::Event(said) if is_of_sound(&said.name));
    let of_sound: Vec<u64> = events.iter().filter(is_of_sound).map(|event| event.n).collect();
    // it may be chance which of several alternatives comes first
    if !of_sound.is_empty() && !waiter.want.has_any() {
        run.host.note(Note::Awaited { events: of_sound });
    }
    let newest = events.iter().map(|event| event.n as usize + 1).max();
    run.acted(newest.unwrap_or_default());
    value_of(found)
}

/// The value of a `quiet` that held up to event number `next`.
fn silent(run: &ScriptRun, next: usize) -> Dynamic {
    run.acted(next);
    run.marks().know(next);
    Dynamic::UNIT
}

fn value_of(found: FoundEvents) -> Dynamic {
    match found {
        FoundEvents::One(event) => Dynamic::from(EventValue(event)),
        FoundEvents::Many(events) => {
            events.into_iter().map(|event| Dynamic::from(EventValue(event))).collect::<Vec<_>>().into()
        }
        FoundEvents::All(all) => all.into_iter().map(value_of).collect::<Vec<_>>().into(),
    }
}

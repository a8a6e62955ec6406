//! Why a run did not pass, as its record shows it: the last SIP exchange of the call in question, who refused and why, who never
//! answered, codecs, media, registrations, agents that died.
//!
//! [`Evidence`] takes the events one by one and keeps little of each agent, so that a run may be as long as it wants. What is not
//! sure is stated with a "probably"; what is not known is not stated.

mod accepted;
mod agent;
mod answer;
mod beside;
mod case;
mod codecs;
mod connections;
mod contacts;
mod credentials;
mod decryption;
mod dialog;
mod difference;
mod digits;
mod ended;
mod exchange;
mod log_lines;
mod lost;
mod malformed;
mod meanings;
mod media;
mod names;
mod nat;
mod passwords;
mod payload;
mod refer;
mod refused;
mod registration;
mod request;
mod responses;
mod row;
mod strays;
mod transfer;
mod traversal;
mod unacknowledged;
mod unanswered;
pub mod unheard;
mod unread;
mod unsent;
mod unusable;
mod wording;

#[cfg(test)]
mod tests;

use super::{Finding, Reason, Status, Verdict};
use crate::event::{Body, Event, Note, Time};
use crate::flow::Flow;
use agent::Agent;
use case::Question;
use names::Names;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Agents that are remembered; those that come later are not.
const AGENTS: usize = 500;

/// The most findings, lines in a finding, and lines in all that fit on a screen.
pub const FINDINGS: usize = 5;
pub const LINES: usize = 8;
const LINES_OF_ALL: usize = 26;

/// What a run's events say of a cause; see [`Evidence::explain`].
#[derive(Debug, Default)]
pub struct Evidence {
    /// When the run began, and the time of the last event before the host stopped the agents.
    began: Time,
    end: Time,
    /// The time of the last event of all.
    stopped: Time,
    /// The last step is done.
    over: bool,
    agents: BTreeMap<Arc<str>, Agent>,
    names: Names,
}

/// A finding, and how much it explains.
type Weighed = (u8, Finding);

/// From this weight on, a finding explains why what a test waits for did not come.
const CAUSE: u8 = 73;

impl Evidence {
    /// `began` is when the run did: times are relative to it, as in reports.
    pub fn new(began: Time) -> Evidence {
        Evidence { began, ..Evidence::default() }
    }

    /// Takes the next event of the run.
    pub fn event(&mut self, event: &Event) {
        self.stopped = event.time;
        if !self.over {
            self.end = event.time;
        }
        if let Body::Note(Note::StepsDone | Note::Ended(_)) = event.body {
            self.over = true;
        }
        let Some(name) = &event.agent else { return };
        if !self.agents.contains_key(name) {
            if self.agents.len() == AGENTS {
                return;
            }
            self.agents.insert(name.clone(), Agent::default());
        }
        let Some(agent) = self.agents.get_mut(name) else { return };
        match &event.body {
            Body::Note(Note::AgentStarting { aor, address, local, .. }) => {
                agent.start(address);
                self.names.started(name, aor, address, *local);
            }
            Body::Note(Note::AgentStopping) => agent.stopping = true,
            Body::Note(Note::CallSound { id: Some(id), sound, .. }) => {
                if let Some(dialog) = agent.dialogs.iter_mut().rfind(|dialog| dialog.call_id == *id) {
                    dialog.sound = Some(sound.clone());
                }
            }
            // an agent that was told to quit ends well, and too early all the same
            Body::Note(Note::AgentLost { status } | Note::AgentStopped { status }) if !self.over && !agent.stopping => {
                agent.lost = Some((status.clone(), event.time));
            }
            // what an agent that is stopped says is not the test's, but for the numbers of its calls
            Body::Event(of_agent) if !agent.stopping || of_agent.name == "AUDIO_REPORT" => {
                agent.event(of_agent, event.time);
            }
            Body::Log(line) if agent.stopping => {
                agent.last_words(line);
                agent.of_a_call(line);
            }
            Body::Log(line) => agent.log(line, event.time),
            Body::Sip(sip) if !agent.stopping => {
                self.names.sip(name, sip);
                agent.sip(sip, event.time);
            }
            Body::Sip(sip) => agent.last_sip(sip),
            Body::Command(command) if !self.over => {
                agent.command(event.n, &command.text, event.time, command.at.as_ref())
            }
            Body::Response(response) if !self.over && !response.ok => agent.refuses(response.to, &response.data),
            _ => {}
        }
    }

    /// Adds to a verdict that is not Pass what explains it, the weightiest first; one screen at most. Where the test waited in vain and
    /// the record shows the cause, the first reason names the cause, and what was awaited follows. `baseline` is the flow of the last
    /// run that passed.
    pub fn explain(&self, verdict: &mut Verdict, flow: &Flow, baseline: Option<&str>) {
        let question = Question::of(self, verdict);
        let mut found = self.found(&question, verdict, flow, baseline);
        let is_cause = question.awaited.is_some() && found.first().is_some_and(|(weight, _)| *weight >= CAUSE);
        if let Some(reason) = verdict.reasons.first_mut().filter(|_| is_cause) {
            let (_, cause) = found.remove(0);
            let awaited = std::mem::replace(&mut reason.message, cause.about);
            reason.details.splice(0..0, std::iter::once(awaited).chain(cause.lines));
        }
        verdict.findings = found.into_iter().map(|(_, finding)| finding).collect();
    }

    fn found(&self, question: &Question, verdict: &Verdict, flow: &Flow, baseline: Option<&str>) -> Vec<Weighed> {
        if matches!(verdict.status, Status::Pass | Status::Skipped) {
            return vec![];
        }
        let mut found = lost::find(self, verdict);
        found.extend(refused::find(self, question));
        found.extend(registration::find(self, question));
        found.extend(contacts::find(self, question));
        found.extend(strays::find(self, question));
        for case in question.cases(self) {
            let told = [
                unsent::find(&case),
                traversal::find(&case, question),
                unusable::find(&case),
                answer::find(&case, question),
                payload::find(&case),
                decryption::find(&case),
                beside::find(&case, question),
                responses::find(&case),
                unanswered::find(&case, question),
                unacknowledged::find(&case),
                codecs::find(&case),
                media::find(&case),
                nat::find(&case, question),
                digits::find(&case, question),
                transfer::find(&case, question),
                ended::find(&case, question),
            ];
            let told: Vec<Weighed> = told.into_iter().flatten().collect();
            // nobody says that it is this call: only what is wrong with it counts
            if question.is_named() || !told.is_empty() {
                found.extend(exchange::find(&case));
            }
            found.extend(told);
        }
        found.extend(unread::find(self, question));
        found.extend(difference::find(verdict, flow, baseline));
        bounded(found)
    }

    /// What speaks against a run though its test found nothing: ACKs and BYEs that never left.
    pub fn unsent(&self) -> Vec<Reason> {
        unsent::reasons(self)
    }

    /// Sides of calls that heard nothing, though sound was offered both ways.
    pub fn unheard(&self) -> Vec<Reason> {
        unheard::reasons(self)
    }

    /// An event's place in the run: seconds since it began.
    fn clock(&self, time: Time) -> String {
        format!("{:.3} s", (time - self.began).max(0.0) / 1000.0)
    }
}

/// The weightiest findings, cut to what a screen holds.
fn bounded(mut found: Vec<Weighed>) -> Vec<Weighed> {
    found.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let mut room = LINES_OF_ALL;
    let mut kept: Vec<Weighed> = vec![];
    for (weight, finding) in found {
        let lines: Vec<String> = finding.lines.iter().take(LINES).map(|line| wording::short(line)).collect();
        let finding = Finding { about: wording::short(&finding.about), lines };
        if kept.len() == FINDINGS || finding.lines.len() > room || kept.iter().any(|(_, known)| *known == finding) {
            continue;
        }
        room -= finding.lines.len();
        kept.push((weight, finding));
    }
    kept
}

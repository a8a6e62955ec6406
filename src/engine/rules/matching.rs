//! Decides which events satisfy an await. Pure: it is offered events and tells when they are enough.

use super::digits;
use super::live::MOST;
use super::pattern::Pattern;
use crate::event::{Body, Concern, Event, Note};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, OnceLock};

/// Events of one agent that fit one pattern.
#[derive(Debug, Clone)]
pub struct Member {
    pub agent: Arc<str>,
    pub pattern: Pattern,
    /// `.count(n)`: this number of events, as a list.
    pub count: Option<usize>,
    /// A closure decides too; the caller asks it before it offers an event.
    pub conditional: bool,
    /// A message that one await has taken is accepted too.
    pub again: bool,
    /// Only events of that call.
    pub call: Option<Arc<Which>>,
}

/// Identifies a call of an agent.
#[derive(Debug, Default, PartialEq)]
pub struct Which {
    /// baresip's id of the call, once it is known. It is also its Call-ID.
    id: OnceLock<String>,
    /// Until then: the first outgoing call from this number of the log on.
    from: u64,
}

impl Which {
    pub fn from_id(id: &str) -> Which {
        Which { id: OnceLock::from(id.to_string()), from: 0 }
    }

    /// A call that is being made. Old versions of baresip don't give its id at once.
    pub fn next_from(from: u64) -> Which {
        Which { id: OnceLock::new(), from }
    }

    pub fn id(&self) -> Option<&str> {
        self.id.get().map(String::as_str)
    }

    /// Whether an event of the agent belongs to this call. The event may reveal the call's id.
    pub fn has(&self, event: &Event) -> bool {
        match &event.body {
            Body::Event(of_agent) => {
                let Some(call) = &of_agent.call else { return false };
                let outgoing = of_agent.direction.as_deref() == Some("outgoing");
                if self.id.get().is_none() && event.n >= self.from && outgoing {
                    let _ = self.id.set(call.clone());
                }
                self.id() == Some(call)
            }
            Body::Sip(sip) => self.id() == Some(&sip.call_id),
            _ => false,
        }
    }
}

impl Member {
    /// Whether an event comes from the right agent and call, and fits the pattern.
    pub fn fits(&self, event: &Event) -> bool {
        event.agent.as_ref() == Some(&self.agent)
            && self.pattern.fits(event)
            && self.call.as_ref().is_none_or(|call| call.has(event))
    }

    /// Whether an event may fit, or may mean that nothing fits any more: only such events need to wake the await.
    fn is_concerned_by(&self, event: &Event) -> bool {
        event.agent.as_ref() == Some(&self.agent)
            && match &event.body {
                Body::Event(said) if said.name.eq_ignore_ascii_case("CALL_CLOSED") => true,
                Body::Note(Note::AgentStopped { .. }) => true,
                _ => self.pattern.is_of_kind(event),
            }
    }

    /// Whether past events count too. Each call or request has one such event.
    pub fn counts_on(&self) -> bool {
        self.count.is_some() && self.pattern.comes_once()
    }

    fn needs(&self) -> usize {
        self.count.unwrap_or_else(|| self.pattern.run().map_or(1, |digits| digits.chars().count()))
    }

    /// Whether one event satisfies it, and not a list of events.
    fn is_single(&self) -> bool {
        self.count.is_none() && self.pattern.run().is_none()
    }
}

/// What is awaited. Members are numbered in the order of the text.
#[derive(Debug, Clone)]
pub enum Want {
    One(Member),
    All(Vec<Want>),
    Any(Vec<Want>),
}

impl Want {
    /// What it consists of.
    pub fn members_mut(&mut self) -> Vec<&mut Member> {
        match self {
            Want::One(member) => vec![member],
            Want::All(wants) | Want::Any(wants) => wants.iter_mut().flat_map(Want::members_mut).collect(),
        }
    }

    /// Whether it contains an `any`.
    pub fn has_any(&self) -> bool {
        match self {
            Want::One(_) => false,
            Want::All(wants) => wants.iter().any(Want::has_any),
            Want::Any(_) => true,
        }
    }

    /// The agents of all members, with repetitions.
    pub fn agents(&self) -> Vec<Arc<str>> {
        match self {
            Want::One(member) => vec![member.agent.clone()],
            Want::All(wants) | Want::Any(wants) => wants.iter().flat_map(Want::agents).collect(),
        }
    }
}

/// The events found, in the shape of the want; for an `any`, only what came.
#[derive(Debug, Clone, PartialEq)]
pub enum FoundEvents {
    One(Arc<Event>),
    Many(Vec<Arc<Event>>),
    All(Vec<FoundEvents>),
}

/// A want without `any`: member numbers.
#[derive(Debug, Clone)]
enum MatchPlan {
    One(usize),
    All(Vec<MatchPlan>),
}

impl MatchPlan {
    fn members(&self, into: &mut Vec<usize>) {
        match self {
            MatchPlan::One(member) => into.push(*member),
            MatchPlan::All(plans) => plans.iter().for_each(|plan| plan.members(into)),
        }
    }
}

/// The search of one await: its want, and the events that have fitted so far.
#[derive(Debug)]
pub struct Scan {
    members: Arc<[Member]>,
    /// Any of these is enough; the earlier one wins a tie.
    plans: Vec<MatchPlan>,
    /// By member, in the order of their offers. Events older than the marks keep can't be taken any more.
    candidates: Vec<Candidates>,
}

/// Events that one member may take.
#[derive(Debug, Clone, Default)]
struct Candidates {
    /// Past events of a count: fewer than it needs, so that it takes at least one new event.
    past: VecDeque<Arc<Event>>,
    new: VecDeque<Arc<Event>>,
}

impl Candidates {
    fn iter(&self) -> impl Iterator<Item = &Arc<Event>> {
        self.past.iter().chain(&self.new)
    }
}

/// The most ways to satisfy one await that are tried; `any` within `all` multiplies them.
const MOST_PLANS: usize = 256;

impl Scan {
    /// None if nested `any` and `all` allow too many ways to satisfy them.
    pub fn new(want: &Want) -> Option<Scan> {
        let mut members = vec![];
        let plans = plans(want, &mut members)?;
        let candidates = vec![Candidates::default(); members.len()];
        Some(Scan { members: members.into(), plans, candidates })
    }

    /// The events that wake the await.
    pub fn concern(&self) -> Concern {
        let members = self.members.clone();
        Concern::of(move |event| members.iter().any(|member| member.is_concerned_by(event)))
    }

    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Offers an event that fits a member.
    pub fn offer(&mut self, member: usize, event: &Arc<Event>) {
        push(&mut self.candidates[member].new, event, MOST);
    }

    /// Offers a past event that fits a member with a count.
    pub fn offer_past(&mut self, member: usize, event: &Arc<Event>) {
        let most = self.members[member].needs() - 1;
        push(&mut self.candidates[member].past, event, most);
    }

    /// The events that satisfy the want, each used once. `live`: whether an event may still be taken.
    pub fn solve(&self, live: impl Fn(&Event) -> bool) -> Option<FoundEvents> {
        let enough = |member: &usize| {
            let found = self.candidates[*member].iter().filter(|event| live(event));
            found.take(self.members[*member].needs()).count() == self.members[*member].needs()
        };
        self.plans.iter().find_map(|plan| {
            let mut members = vec![];
            plan.members(&mut members);
            if !members.iter().all(enough) {
                return None;
            }
            let chosen = self.choose(&self.slots(plan), &live);
            let mut chosen = chosen.into_iter().collect::<Option<Vec<_>>>()?.into_iter();
            Some(self.shape(plan, &mut chosen))
        })
    }

    /// The members that the closest way still lacks, with the number of events found for each.
    pub fn missing(&self, live: impl Fn(&Event) -> bool) -> Vec<(usize, usize)> {
        let lacks = self.plans.iter().map(|plan| {
            let slots = self.slots(plan);
            let chosen = self.choose(&slots, &live);
            let mut lacks: Vec<(usize, usize)> = vec![];
            for member in slots.iter().zip(&chosen).filter(|(_, event)| event.is_none()).map(|(member, _)| *member) {
                if !lacks.iter().any(|(known, _)| *known == member) {
                    let found = slots.iter().zip(&chosen).filter(|(slot, event)| **slot == member && event.is_some());
                    lacks.push((member, found.count()));
                }
            }
            lacks
        });
        let mut lacks: Vec<_> = lacks.collect();
        let least = lacks.iter().map(Vec::len).min().unwrap_or(0);
        lacks.retain(|lack| lack.len() == least);
        let mut missing = lacks.concat();
        let mut known = HashSet::new();
        missing.retain(|(member, _)| known.insert(*member));
        missing
    }

    /// A member that no event can fit any more, according to `never`, if every way to satisfy the want needs such a
    /// member.
    pub fn hopeless(&self, live: impl Fn(&Event) -> bool, never: impl Fn(&Member) -> bool) -> Option<&Member> {
        let lost = self.plans.iter().map(|plan| {
            let slots = self.slots(plan);
            let chosen = self.choose(&slots, &live);
            let lacking = slots.iter().zip(&chosen).filter(|(_, event)| event.is_none());
            lacking.map(|(slot, _)| &self.members[*slot]).find(|member| never(member))
        });
        lost.collect::<Option<Vec<_>>>()?.first().copied()
    }

    /// One slot per event that a plan needs: the number of its member.
    fn slots(&self, plan: &MatchPlan) -> Vec<usize> {
        let mut members = vec![];
        plan.members(&mut members);
        members.into_iter().flat_map(|member| std::iter::repeat_n(member, self.members[member].needs())).collect()
    }

    /// Assigns an event to each slot; first to digits in a row, because no other event can replace them.
    fn choose(&self, slots: &[usize], live: &impl Fn(&Event) -> bool) -> Vec<Option<Arc<Event>>> {
        let mut chosen = vec![None; slots.len()];
        let mut taken = HashSet::new();
        let mut rows = vec![];
        for (first, member) in slots.iter().enumerate() {
            let Some(digits) = self.members[*member].pattern.run().filter(|_| !rows.contains(member)) else { continue };
            rows.push(*member);
            let free = self.candidates[*member].iter().filter(|event| live(event) && !taken.contains(&event.n));
            for (n, event) in digits::row(free, digits).into_iter().enumerate() {
                taken.insert(event.n);
                chosen[first + n] = Some(event);
            }
        }
        let others: Vec<usize> = (0..slots.len()).filter(|slot| !rows.contains(&slots[*slot])).collect();
        let members: Vec<usize> = others.iter().map(|slot| slots[*slot]).collect();
        let assigned = self.assign(&members, &|event: &Event| live(event) && !taken.contains(&event.n));
        for (slot, event) in others.into_iter().zip(assigned) {
            chosen[slot] = event;
        }
        chosen
    }

    /// Assigns a separate event to each slot if possible: augmenting paths in a bipartite graph, so that a picky member
    /// gets the event that a less picky one does not need.
    fn assign(&self, slots: &[usize], live: &impl Fn(&Event) -> bool) -> Vec<Option<Arc<Event>>> {
        let mut owners: BTreeMap<u64, usize> = Default::default();
        // with at least as many candidates as slots, each slot finds a free one
        let options =
            |member: &usize| self.candidates[*member].iter().filter(|event| live(event)).take(slots.len()).collect();
        let options: Vec<Vec<&Arc<Event>>> = slots.iter().map(options).collect();
        for slot in 0..slots.len() {
            augment(slot, &options, &mut owners, &mut Default::default());
        }
        let mut chosen = vec![None; slots.len()];
        for (n, slot) in owners {
            chosen[slot] = options[slot].iter().find(|event| event.n == n).map(|event| (*event).clone());
        }
        chosen
    }

    fn shape(&self, plan: &MatchPlan, chosen: &mut impl Iterator<Item = Arc<Event>>) -> FoundEvents {
        match plan {
            MatchPlan::All(plans) => FoundEvents::All(plans.iter().map(|plan| self.shape(plan, chosen)).collect()),
            MatchPlan::One(member) => {
                let member = &self.members[*member];
                let mut events: Vec<_> = chosen.take(member.needs()).collect();
                events.sort_by_key(|event| event.n);
                match (member.is_single(), events.pop()) {
                    (true, Some(event)) => FoundEvents::One(event),
                    (_, last) => FoundEvents::Many(events.into_iter().chain(last).collect()),
                }
            }
        }
    }
}

impl FoundEvents {
    /// All events, in no order that matters.
    pub fn events(&self) -> Vec<&Arc<Event>> {
        match self {
            FoundEvents::One(event) => vec![event],
            FoundEvents::Many(events) => events.iter().collect(),
            FoundEvents::All(all) => all.iter().flat_map(FoundEvents::events).collect(),
        }
    }
}

/// Adds an event to the newest ones.
fn push(events: &mut VecDeque<Arc<Event>>, event: &Arc<Event>, most: usize) {
    events.push_back(event.clone());
    if events.len() > most {
        events.pop_front();
    }
}

/// Finds an event for a slot, and moves other slots to other events if necessary.
fn augment(
    slot: usize,
    options: &[Vec<&Arc<Event>>],
    owners: &mut BTreeMap<u64, usize>,
    tried: &mut HashSet<u64>,
) -> bool {
    if let Some(free) = options[slot].iter().find(|event| !owners.contains_key(&event.n)) {
        owners.insert(free.n, slot);
        return true;
    }
    for event in &options[slot] {
        let owner = owners.get(&event.n).copied();
        if tried.insert(event.n) && owner.is_none_or(|owner| augment(owner, options, owners, tried)) {
            owners.insert(event.n, slot);
            return true;
        }
    }
    false
}

fn plans(want: &Want, members: &mut Vec<Member>) -> Option<Vec<MatchPlan>> {
    match want {
        Want::One(member) => {
            members.push(member.clone());
            Some(vec![MatchPlan::One(members.len() - 1)])
        }
        Want::Any(wants) => {
            let mut all = vec![];
            for want in wants {
                all.extend(plans(want, members)?);
            }
            (all.len() <= MOST_PLANS).then_some(all)
        }
        Want::All(wants) => {
            let mut all: Vec<Vec<MatchPlan>> = vec![vec![]];
            for want in wants {
                let ways = plans(want, members)?;
                if all.len() * ways.len() > MOST_PLANS {
                    return None;
                }
                let longer = |way: &MatchPlan| {
                    all.iter().map(|done| [&done[..], std::slice::from_ref(way)].concat()).collect::<Vec<_>>()
                };
                all = ways.iter().flat_map(longer).collect();
            }
            Some(all.into_iter().map(MatchPlan::All).collect())
        }
    }
}

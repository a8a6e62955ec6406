//! What a registrar says of an account's contacts: the agent's own is missing, or others are there too, so that a call may ring at
//! another phone, that of a test that runs at the same time, say.

use super::agent::Agent;
use super::case::Question;
use super::wording::short;
use super::{Evidence, Weighed};
use crate::sip::uri::Uri;
use crate::verdict::Finding;

/// For agents that waited for something to come in.
pub fn find(evidence: &Evidence, question: &Question) -> Vec<Weighed> {
    let awaits_incoming = ["CALL_INCOMING", "INVITE", "MESSAGE"].iter().any(|word| question.awaits(word));
    let named = question.agents.iter().filter(|_| awaits_incoming).filter_map(|name| {
        let agent = evidence.agents.get(name)?;
        missing(name, agent).map(|finding| (88, finding)).or_else(|| Some((87, shared(evidence, name, agent)?)))
    });
    // an agent that somebody else called in vain
    let others =
        evidence.agents.iter().filter(|(name, _)| question.awaited.is_some() && !question.agents.contains(name));
    named.chain(others.filter_map(|(name, agent)| Some((70, missing(name, agent)?)))).collect()
}

fn place(contact: &str) -> Option<String> {
    let uri = Uri::parse(contact)?;
    Some(uri.port.map_or(uri.host.to_string(), |port| format!("{}:{port}", uri.host)))
}

/// The registrar took the REGISTER, and the bindings that it lists lack that of the agent. A registrar or a proxy may write another
/// address into a Contact (NAT), and leaves its user.
fn missing(name: &str, agent: &Agent) -> Option<Finding> {
    let (own, listed) = (agent.contact.as_deref()?, agent.contacts.as_ref()?);
    agent.registration.as_ref().filter(|failed| failed.is_none())?;
    let user = |contact: &str| Uri::parse(contact).and_then(|uri| uri.user.map(String::from));
    let is_own = |contact: &String| place(contact) == place(own) || (user(own).is_some() && user(contact) == user(own));
    if listed.iter().any(is_own) {
        return None;
    }
    let lines = vec![
        format!("{} registered {}", short(name), short(own)),
        match listed.first() {
            None => "the 200 to its REGISTER has no Contact".into(),
            Some(first) => format!("the 200 to its REGISTER has {} other Contacts: {}", listed.len(), short(first)),
        },
        "the 200 lists all contacts of the account (RFC 3261 section 10.3): what is not there is not called".into(),
    ];
    Some(Finding { about: format!("the registrar does not list {}'s Contact", short(name)), lines })
}

fn shared(evidence: &Evidence, name: &str, agent: &Agent) -> Option<Finding> {
    let contacts = agent.contacts.as_ref()?;
    let is_own = |contact: &&String| place(contact).is_some_and(|place| place == agent.address);
    let others: Vec<&String> = contacts.iter().filter(|contact| !is_own(contact)).collect();
    // an agent behind a NAT, or over a connection, has a contact that is not its socket
    let foreign = others.len() > usize::from(others.len() == contacts.len());
    let aor = agent.account.split_once('<')?.1.split(['>', ';']).next()?;
    let who = |contact: &&String| match place(contact).and_then(|place| evidence.names.agent_at(&place).cloned()) {
        Some(agent) => format!("{}, which is {}", short(contact), short(&agent)),
        None => short(contact),
    };
    let mut lines: Vec<String> = others.iter().map(|contact| format!("also at {}", who(contact))).collect();
    lines.push(
        "probably another test, or a phone, is registered with the account: what is sent to it may go there".into(),
    );
    let about = format!("{} has {} contacts, {} one of them", short(aor), contacts.len(), short(name));
    foreign.then_some(Finding { about, lines })
}

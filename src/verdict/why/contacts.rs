//! Accounts with several contacts: a call to one may ring at another phone, that of a test that runs at the same time, say.

use super::case::Question;
use super::wording::short;
use super::{Evidence, Weighed};
use crate::sip::uri::Uri;
use crate::verdict::Finding;

/// For agents that waited for something to come in.
pub fn find(evidence: &Evidence, question: &Question) -> Vec<Weighed> {
    let awaits_incoming = ["CALL_INCOMING", "INVITE", "MESSAGE"].iter().any(|word| question.awaits(word));
    let shared = question.agents.iter().filter(|_| awaits_incoming).filter_map(|name| {
        let agent = evidence.agents.get(name)?;
        let place = |contact: &str| {
            let uri = Uri::parse(contact)?;
            Some(uri.port.map_or(uri.host.to_string(), |port| format!("{}:{port}", uri.host)))
        };
        let is_own = |contact: &&String| place(contact).is_some_and(|place| place == agent.address);
        let others: Vec<&String> = agent.contacts.iter().filter(|contact| !is_own(contact)).collect();
        // an agent behind a NAT, or over a connection, has a contact that is not its socket
        let foreign = others.len() > usize::from(others.len() == agent.contacts.len());
        let aor = agent.account.split_once('<')?.1.split(['>', ';']).next()?;
        let who = |contact: &&String| match place(contact).and_then(|place| evidence.names.agent_at(&place).cloned()) {
            Some(agent) => format!("{}, which is {}", short(contact), short(&agent)),
            None => short(contact),
        };
        let mut lines: Vec<String> = others.iter().map(|contact| format!("also at {}", who(contact))).collect();
        lines.push(
            "probably another test, or a phone, is registered with the account: what is sent to it may go there".into(),
        );
        let about = format!("{} has {} contacts, {} one of them", short(aor), agent.contacts.len(), short(name));
        foreign.then_some((87, Finding { about, lines }))
    });
    shared.collect()
}

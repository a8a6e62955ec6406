//! Registrations that failed: which account, at which registrar, what the last response was (RFC 3261 section 10.2).

use super::case::{Case, Question};
use super::request::Refusal;
use super::wording::short;
use super::{Evidence, Weighed, connections, credentials, responses, unanswered};
use crate::verdict::Finding;

/// When an agent registers again after a number of failures, as in baresip (libre's sipreg).
fn next_try(failures: u32) -> String {
    let most = (30_u32 << failures.min(6)).min(1800);
    format!("{} to {most} s after the failure", most / 2)
}

/// The most that are listed: after the first ones the cause is clear.
const TOLD: usize = 2;

/// Why a registrar refused: what the agent can't do, or the response.
fn why(case: &Case, refusal: &Refusal) -> String {
    let response = responses::answer(case, refusal);
    if !matches!(refusal.code, 401 | 407) {
        return response;
    }
    match credentials::lacking(case) {
        Some(lacking) => format!("{lacking} ({response})"),
        None if case.dialog.passwords.algorithms.is_empty() => format!("the {} has no challenge", refusal.code),
        None => response,
    }
}

pub fn find(evidence: &Evidence, question: &Question) -> Vec<Weighed> {
    let failed = evidence.agents.iter().filter_map(|(name, agent)| {
        let dialog = agent.last("REGISTER");
        let refusal = dialog.and_then(|dialog| dialog.refusal.as_ref());
        let unanswered = dialog.and_then(|dialog| {
            let request = dialog.last_request().filter(|row| row.out)?;
            dialog.responses().next().is_none().then_some(request)
        });
        let (about, mut lines) = match (dialog, &agent.registration) {
            // it may be just under way, or be refreshed
            (_, Some(None)) => return None,
            (Some(dialog), _) if refusal.is_some() || unanswered.is_some() => {
                let case = Case { evidence, name, agent, dialog };
                let at = dialog.request.uri.as_str();
                match (refusal, unanswered) {
                    // the first 401 belongs to every registration
                    (Some(refusal), _) if agent.registration.is_none() && matches!(refusal.code, 401 | 407) => {
                        return None;
                    }
                    (Some(refusal), _) => {
                        (format!("at {at} failed: {}", why(&case, refusal)), responses::explain(&case, refusal))
                    }
                    (None, Some(request)) => {
                        let earlier = unanswered::earlier(&case, request).map(unanswered::after);
                        let when = earlier.unwrap_or_else(|| "at all".into());
                        (format!("at {at} got no answer {when}"), unanswered::silence_lines(&case, request))
                    }
                    (None, None) => return None,
                }
            }
            (None, result) => {
                let uri = agent.account.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(uri, _)| uri);
                let uri = uri.unwrap_or_default();
                let (about, mut lines) = match result {
                    Some(failed) => connections::failed(failed.as_ref()?, uri, (name, agent), evidence)?,
                    None => connections::pending(uri, agent, evidence, agent.registering?)?,
                };
                lines.insert(0, format!("account {uri}"));
                (about, lines)
            }
            _ => return None,
        };
        if agent.failures > 0 {
            let challenged = refusal.is_some_and(|refusal| matches!(refusal.code, 401 | 407));
            if agent.was_registered && !challenged {
                lines.push(
                    "it was registered before: probably the registrar was restarted or can't be reached any more"
                        .into(),
                );
            }
            lines.push(format!("{} tries again by itself {}", short(name), next_try(agent.failures)));
        }
        let weight = if question.agents.contains(name) { 88 } else { 70 };
        Some((weight, Finding { about: format!("{}'s registration {about}", short(name)), lines }))
    });
    let mut failed: Vec<Weighed> = failed.collect();
    failed.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    failed.truncate(TOLD);
    failed
}

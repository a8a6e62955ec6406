//! Messages that break the rules of SIP so that the agent can't use them: tags, numbers, branches, lengths.

use super::dialog::{Dialog, number};
use super::row::Row;
use super::wording::short;
use crate::event::SipEvent;
use crate::sip::uri::{NameAddr, Uri};

const SAME_AS_REQUEST: &str = "a response has Via, From, Call-ID and CSeq of its request (RFC 3261 section 8.2.6.2)";
const SAME_DIALOG: &str = "a dialog is known by its Call-ID and both tags (RFC 3261 section 12)";
/// For a message without a Call-ID, too.
pub const NECESSARY: &str = "each request has To, From, CSeq, Call-ID and Via (RFC 3261 section 8.1.1)";

/// What is wrong with a message that comes within a dialog, if anything is.
pub fn of(dialog: &Dialog, sip: &SipEvent, row: &Row) -> Option<(String, &'static str)> {
    let (wrong, why) = match row.status {
        Some(code) => of_response(dialog, sip, row, code),
        None => of_request(dialog, sip, row),
    }
    .or_else(|| length(sip))?;
    Some((format!("the {} {wrong}", named(row)), why))
}

/// What is wrong with a response whose branch is that of a request with another Call-ID.
pub fn of_another_call(sip: &SipEvent, row: &Row, call_id: &str) -> (String, &'static str) {
    let name = named(row);
    let wrong = match sip.call_id.as_str() {
        "" => format!("the {name} has no Call-ID"),
        other => format!("the {name} has the Call-ID {}, its request {}", short(other), short(call_id)),
    };
    (wrong, SAME_AS_REQUEST)
}

/// `200 OK`, `BYE`
fn named(row: &Row) -> String {
    match row.status {
        Some(code) => format!("{code} {}", short(&row.phrase)).trim_end().to_string(),
        None => short(&row.method),
    }
}

fn of_response(dialog: &Dialog, sip: &SipEvent, row: &Row, code: u16) -> Option<(String, &'static str)> {
    let mut requests = dialog.rows.iter().rev().filter(|request| request.out && request.status.is_none());
    let same_branch = |request: &&Row| !row.branch.is_empty() && request.branch == row.branch;
    let differs = |what: &str, it: &str, request: &str| {
        let wrong = match it.is_empty() {
            true => format!("has no {what}"),
            false => format!("has the {what} {}, its request {}", short(it), short(request)),
        };
        Some((wrong, SAME_AS_REQUEST))
    };
    let request = requests.clone().filter(same_branch).find(|request| request.method == row.method);
    match request.or_else(|| requests.clone().find(same_branch)) {
        Some(request) if request.cseq != row.cseq => return differs("CSeq", &row.cseq, &request.cseq),
        Some(request) if request.from_tag != row.from_tag => {
            return differs("From tag", &row.from_tag, &request.from_tag);
        }
        Some(_) => {}
        None => {
            if let Some(request) = requests.find(|request| request.cseq == row.cseq && !request.branch.is_empty()) {
                return differs("Via branch", &row.branch, &request.branch);
            }
        }
    }
    let is_reliable = sip.header("Require").is_some_and(|value| value.contains("100rel"));
    if is_reliable && (101..200).contains(&code) && sip.header("RSeq").is_none() {
        return Some(("has no RSeq".into(), "a reliable response has a number (RFC 3262 section 3)"));
    }
    let answers = row.method == "INVITE" && (200..300).contains(&code);
    if answers && row.tag.is_empty() {
        return Some(("has no To tag".into(), "an answer to an INVITE needs one (RFC 3261 section 12.1.1)"));
    }
    let wrong = contact(sip).filter(|_| answers)?;
    Some((wrong, "ACK and BYE go to the Contact of the answer (RFC 3261 section 12.1.2)"))
}

/// What is wrong with the Contact of a message that makes a dialog.
fn contact(sip: &SipEvent) -> Option<String> {
    let contact = sip.header("Contact").map(str::trim).unwrap_or_default();
    if contact.is_empty() {
        return Some("has no Contact".into());
    }
    let address = NameAddr::parse(contact).and_then(|address| Uri::parse(address.uri));
    let is_sip = address.is_some_and(|uri| ["sip", "sips"].iter().any(|sip| uri.scheme.eq_ignore_ascii_case(sip)));
    (!is_sip).then(|| format!("has the Contact {}, which is no SIP URI", short(contact)))
}

/// What a request lacks on its own, or has and should not.
fn of_its_own(sip: &SipEvent, row: &Row) -> Option<(String, &'static str)> {
    let lacks = |name: &&&str| sip.header(name).is_none_or(|value| value.trim().is_empty());
    if let Some(name) = ["To", "From", "CSeq", "Via"].iter().find(lacks) {
        return Some((format!("has no {name}"), NECESSARY));
    }
    let method = row.cseq.split_ascii_whitespace().nth(1).unwrap_or_default();
    if !method.eq_ignore_ascii_case(&row.method) {
        let wrong = format!("has the CSeq {}, which is of another method", short(&row.cseq));
        return Some((wrong, "the CSeq has the method of its request (RFC 3261 section 8.1.1.5)"));
    }
    if row.method != "INVITE" {
        return None;
    }
    if row.from_tag.is_empty() {
        return Some(("has no From tag".into(), "each request has one (RFC 3261 section 8.1.1.3)"));
    }
    let begins = row.tag.is_empty();
    let wrong = contact(sip).filter(|_| begins)?;
    Some((wrong, "an INVITE has one SIP URI as its Contact (RFC 3261 section 8.1.1.8)"))
}

/// A CANCEL that cancels none of the INVITEs that came with its Call-ID.
fn of_cancel(dialog: &Dialog, row: &Row) -> Option<(String, &'static str)> {
    let mut invites = dialog.rows.iter().rev().filter(|row| !row.out && row.status.is_none() && row.method == "INVITE");
    let last = invites.clone().next()?;
    let fits = invites.any(|invite| invite.branch == row.branch);
    (!fits).then(|| {
        let wrong = format!("has the Via branch {}, its INVITE {}", short(&row.branch), short(&last.branch));
        (wrong, "a CANCEL has the Via of its INVITE: that is how it is found (RFC 3261 section 9.1)")
    })
}

fn of_request(dialog: &Dialog, sip: &SipEvent, row: &Row) -> Option<(String, &'static str)> {
    if let Some(wrong) = of_its_own(sip, row) {
        return Some(wrong);
    }
    if row.method == "CANCEL" {
        return of_cancel(dialog, row);
    }
    if row.tag.is_empty() || dialog.tags.is_empty() {
        return None;
    }
    if !dialog.tags.contains(&row.from_tag) {
        let known = dialog.tags.last().map_or("", String::as_str);
        return Some((format!("has the From tag {}, the dialog {}", short(&row.from_tag), short(known)), SAME_DIALOG));
    }
    if row.tag != dialog.own_tag {
        return Some((
            format!("has the To tag {}, the dialog {}", short(&row.tag), short(&dialog.own_tag)),
            SAME_DIALOG,
        ));
    }
    let counted = |cseq: &str| number(cseq).and_then(|number| number.parse::<u32>().ok());
    let mut earlier = dialog.rows.iter().rev().filter(|row| !row.out && row.status.is_none());
    if row.method == "ACK" {
        let mut invites = earlier.filter(|row| row.method == "INVITE").peekable();
        let last = invites.peek().map(|row| row.cseq.clone())?;
        let fits = invites.any(|invite| counted(&invite.cseq) == counted(&row.cseq));
        return (!fits).then(|| {
            let wrong = format!("has the CSeq {}, the answer is to {}", short(&row.cseq), short(&last));
            (wrong, "an ACK has the number of its INVITE (RFC 3261 section 13.2.2.4)")
        });
    }
    let last = earlier.find(|row| row.begins())?;
    let older = counted(&row.cseq) <= counted(&last.cseq) && row.begins() && row.cseq != last.cseq;
    older.then(|| {
        let wrong = format!("has the CSeq {}, the request before it {}", short(&row.cseq), short(&last.cseq));
        (wrong, "each request within a dialog has a higher number (RFC 3261 section 12.2.1.1)")
    })
}

/// A datagram that ends before its message does. What comes after the message is not looked at; over a connection only
/// Content-Length tells where that ends.
fn length(sip: &SipEvent) -> Option<(String, &'static str)> {
    let stated = sip.header("Content-Length")?.trim();
    let (_, body) = sip.param.split_once("\r\n\r\n")?;
    // what is no UTF-8 was replaced, and is longer now
    if sip.transport != "UDP" || body.contains('\u{fffd}') {
        return None;
    }
    let wrong = match stated.parse::<usize>() {
        Ok(length) if length <= body.len() => return None,
        Ok(length) => format!("says Content-Length {length}, and {} bytes came", body.len()),
        Err(_) => format!("says Content-Length {}, which is no length", short(stated)),
    };
    Some((wrong, "a datagram holds a whole message (RFC 3261 section 18.3)"))
}

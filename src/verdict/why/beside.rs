//! Requests beside an INVITE that went wrong: PRACK (RFC 3262) and CANCEL (RFC 3261 section 9).

use super::Weighed;
use super::case::{Case, Question};
use super::connections::UNDER_WAY;
use super::row::Row;
use super::unanswered::silence_lines;
use super::wording::{seconds, short};
use crate::verdict::Finding;

/// Above what the INVITE itself shows: that it rang, or was under way.
const WEIGHT: u8 = 91;

pub fn find(case: &Case, question: &Question) -> Option<Weighed> {
    let dialog = case.dialog;
    let request =
        |method: &str| dialog.rows.iter().rfind(|row| row.out && row.status.is_none() && row.method == method);
    question.awaited.as_ref()?;
    if let Some(cancel) = request("CANCEL") {
        return answer(case, cancel).or_else(|| cancelled(case, cancel));
    }
    // a call that was answered needs no PRACK any more
    let prack = request("PRACK").filter(|_| dialog.established.is_none() && dialog.refusal.is_none())?;
    answer(case, prack)
}

/// The final response to a request.
fn final_response<'a>(case: &Case<'a>, request: &Row) -> Option<&'a Row> {
    let answers = |row: &&Row| !row.out && row.method == request.method && row.cseq == request.cseq;
    case.dialog.rows.iter().filter(answers).rfind(|row| row.status >= Some(200))
}

/// What is wrong with the answer to a PRACK or a CANCEL.
fn answer(case: &Case, request: &Row) -> Option<Weighed> {
    let (title, method) = (case.title(), &request.method);
    let (about, lines) = match final_response(case, request) {
        Some(response) if response.status < Some(300) => return None,
        Some(response) => {
            let (code, phrase) = (response.status.unwrap_or_default(), short(&response.phrase));
            let from = case.who(&response.src);
            (format!("the {method} in {title} was refused: {code} {phrase} from {from}"), vec![])
        }
        None if case.evidence.end - request.first < UNDER_WAY => return None,
        None => (format!("{title} got no answer to its {method}"), silence_lines(case, request)),
    };
    Some((WEIGHT, Finding { about, lines }))
}

/// What became of an INVITE whose CANCEL was taken: its final response is 487, and no answer.
fn cancelled(case: &Case, cancel: &Row) -> Option<Weighed> {
    let of_invite = |row: &&Row| {
        let number = |cseq: &str| cseq.split(' ').next().map(String::from);
        !row.out && row.method == "INVITE" && row.first >= cancel.first && number(&row.cseq) == number(&cancel.cseq)
    };
    let last = case.dialog.rows.iter().filter(of_invite).rfind(|row| row.status >= Some(200));
    let (what, line) = match last {
        Some(row) if row.status < Some(300) => {
            let later = seconds(row.first - cancel.first);
            ("was answered, though it was cancelled", format!("the answer came {later} after the CANCEL"))
        }
        Some(_) => return None,
        None if case.evidence.end - cancel.first < UNDER_WAY => return None,
        None => (
            "was cancelled, and the INVITE got no final response",
            "the peer took the CANCEL; a 487 to the INVITE is due (RFC 3261 section 9.2)".into(),
        ),
    };
    Some((WEIGHT, Finding { about: format!("{} {what}", case.title()), lines: vec![line] }))
}

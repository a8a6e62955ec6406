//! Two flows side by side: which lines are missing, which came instead.

use std::fmt::{self, Write};

/// Lines around a change that are shown too.
const CONTEXT: usize = 2;

/// The longest table of the line comparison, in cells; flows that differ in more than that are shown one after the other.
const CELLS: usize = 4_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Both,
    Missing,
    Extra,
}

/// The difference as lines that begin with `- ` (missing), `+ ` (extra) or two spaces. A change is shown with the lines
/// around it and those that it stands below (agent, call); `…` stands for what is left out. Empty for equal texts.
pub fn diff(old: &str, new: &str) -> String {
    let edits = edits(&old.lines().collect::<Vec<_>>(), &new.lines().collect::<Vec<_>>());
    let shown = shown(&edits);
    let mut text = String::new();
    let mut gap = false;
    for ((edit, line), shown) in edits.iter().zip(shown) {
        if !shown {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            text.push_str("  …\n");
        }
        let mark = match edit {
            Edit::Both => ' ',
            Edit::Missing => '-',
            Edit::Extra => '+',
        };
        let _ = writeln!(text, "{mark} {line}");
    }
    if gap && !text.is_empty() {
        text.push_str("  …\n");
    }
    text
}

/// A line of one text or of both, with its number in each, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideLine<'a> {
    pub text: &'a str,
    pub old: Option<usize>,
    pub new: Option<usize>,
}

/// All lines of both texts, in order: those of both, those that are missing, those that came instead.
pub fn side_by_side<'a>(old: &'a str, new: &'a str) -> Vec<SideLine<'a>> {
    let (mut a, mut b) = (0, 0);
    let next = |number: &mut usize, is_there: bool| {
        *number += usize::from(is_there);
        is_there.then_some(*number)
    };
    let edits = edits(&old.lines().collect::<Vec<_>>(), &new.lines().collect::<Vec<_>>());
    let line = |(edit, text): (Edit, &'a str)| SideLine {
        text,
        old: next(&mut a, edit != Edit::Extra),
        new: next(&mut b, edit != Edit::Missing),
    };
    edits.into_iter().map(line).collect()
}

/// Where two flows part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The agent and the call, `bob, call 1, incoming, alice`; empty where whole agents differ.
    pub place: String,
    /// The line that should be there.
    pub missing: Option<String>,
    /// The line that is there instead.
    pub extra: Option<String>,
}

impl fmt::Display for Difference {
    /// "`CALL_DTMF_END` is missing (bob, call 1, incoming, alice)"
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.missing, &self.extra) {
            (Some(missing), Some(extra)) => write!(f, "instead of `{missing}` came `{extra}`")?,
            (Some(missing), None) => write!(f, "`{missing}` is missing")?,
            (None, Some(extra)) => write!(f, "`{extra}` is too much")?,
            (None, None) => {}
        }
        match self.place.as_str() {
            "" => Ok(()),
            place => write!(f, " ({place})"),
        }
    }
}

/// The first change between two flows; none for equal ones.
pub fn first_difference(old: &str, new: &str) -> Option<Difference> {
    differences(old, new).into_iter().next()
}

/// Each change between two flows, by its first lines.
pub fn differences(old: &str, new: &str) -> Vec<Difference> {
    let edits = edits(&old.lines().collect::<Vec<_>>(), &new.lines().collect::<Vec<_>>());
    let begins = |index: usize| edits[index].0 != Edit::Both && (index == 0 || edits[index - 1].0 == Edit::Both);
    let change = |first: usize| {
        let run = || edits[first..].iter().take_while(|(edit, _)| *edit != Edit::Both);
        let find =
            |wanted: Edit| run().find(|(edit, _)| *edit == wanted).map(|(_, line)| line.trim_start().to_string());
        let above = headers_above(&edits, first);
        let place = above.iter().rev().map(|index| edits[*index].1.trim()).collect::<Vec<_>>().join(", ");
        Difference { place, missing: find(Edit::Missing), extra: find(Edit::Extra) }
    };
    (0..edits.len()).filter(|index| begins(*index)).map(change).collect()
}

fn shown(edits: &[(Edit, &str)]) -> Vec<bool> {
    let mut shown = vec![false; edits.len()];
    for index in (0..edits.len()).filter(|index| edits[*index].0 != Edit::Both) {
        let end = edits.len().min(index + CONTEXT + 1);
        shown[index.saturating_sub(CONTEXT)..end].fill(true);
    }
    let starts = (1..=edits.len()).filter(|index| shown.get(*index) == Some(&true) && !shown[index - 1]);
    for start in starts.collect::<Vec<_>>() {
        headers_above(edits, start).into_iter().for_each(|index| shown[index] = true);
    }
    shown
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The lines that a line stands below, the nearest first.
fn headers_above(edits: &[(Edit, &str)], index: usize) -> Vec<usize> {
    let mut depth = indent(edits[index].1);
    let mut above = vec![];
    for at in (0..index).rev() {
        if depth == 0 {
            break;
        }
        if indent(edits[at].1) < depth {
            depth = indent(edits[at].1);
            above.push(at);
        }
    }
    above
}

/// The lines of both texts with what became of them, by their longest common subsequence.
fn edits<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Edit, &'a str)> {
    let same = |(a, b): &(&&str, &&str)| a == b;
    let start = old.iter().zip(new).take_while(same).count();
    let end = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(same).count();
    let (a, b) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    let mut edits: Vec<_> = old[..start].iter().map(|line| (Edit::Both, *line)).collect();
    if a.len().saturating_add(1).saturating_mul(b.len() + 1) > CELLS {
        edits.extend(a.iter().map(|line| (Edit::Missing, *line)));
        edits.extend(b.iter().map(|line| (Edit::Extra, *line)));
    } else {
        edits.extend(aligned(a, b));
    }
    edits.extend(old[old.len() - end..].iter().map(|line| (Edit::Both, *line)));
    edits
}

fn aligned<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<(Edit, &'a str)> {
    // table[i * width + j]: how much a[i..] and b[j..] have in common
    let width = b.len() + 1;
    let mut table = vec![0u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i * width + j] = match a[i] == b[j] {
                true => table[(i + 1) * width + j + 1] + 1,
                false => table[(i + 1) * width + j].max(table[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut edits = Vec::with_capacity(a.len() + b.len());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            edits.push((Edit::Both, a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && table[(i + 1) * width + j] >= table[i * width + j + 1]) {
            edits.push((Edit::Missing, a[i]));
            i += 1;
        } else {
            edits.push((Edit::Extra, b[j]));
            j += 1;
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OLD: &str = "\
alice
  call 1, outgoing, bob
    CALL_RINGING
    CALL_ESTABLISHED
    CALL_CLOSED local
bob
  call 1, incoming, alice
    CALL_INCOMING
    CALL_ESTABLISHED
    CALL_DTMF_START 1
    CALL_DTMF_END
    CALL_CLOSED remote
    media
      CALL_RTPESTAB audio
";

    #[test]
    fn a_change_is_shown_below_its_agent_and_call() {
        let new = OLD.replace("    CALL_DTMF_END\n", "").replace("CALL_CLOSED remote", "CALL_CLOSED 486 Busy Here");
        let expected = "  …
  bob
    call 1, incoming, alice
  …
      CALL_ESTABLISHED
      CALL_DTMF_START 1
-     CALL_DTMF_END
-     CALL_CLOSED remote
+     CALL_CLOSED 486 Busy Here
      media
        CALL_RTPESTAB audio
";
        assert_eq!(diff(OLD, &new), expected);
        let first = first_difference(OLD, &new).unwrap();
        assert_eq!(first.place, "bob, call 1, incoming, alice");
        assert_eq!(first.missing.as_deref(), Some("CALL_DTMF_END"));
        assert_eq!(first.extra.as_deref(), Some("CALL_CLOSED 486 Busy Here"));
    }

    #[test]
    fn equal_and_empty_texts() {
        assert_eq!(diff(OLD, OLD), "");
        assert_eq!(first_difference(OLD, OLD), None);
        assert_eq!(diff("", "a\n"), "+ a\n");
        assert_eq!(diff("a\n", ""), "- a\n");
    }

    #[test]
    fn huge_texts_that_have_little_in_common_end_soon() {
        let lines = |from: u32| (from..from + 20_000).map(|n| format!("{n}\n")).collect::<String>();
        assert_eq!(diff(&lines(0), &lines(50_000)).lines().count(), 40_000);
    }

    proptest! {
        /// What is not missing is the new text, what is not extra the old one.
        #[test]
        fn both_texts_can_be_told_from_the_edits(
            a in prop::collection::vec("[ab]{1,2}", 0..12),
            b in prop::collection::vec("[ab]{1,2}", 0..12),
        ) {
            let a: Vec<_> = a.iter().map(String::as_str).collect();
            let b: Vec<_> = b.iter().map(String::as_str).collect();
            let edits = edits(&a, &b);
            let without = |out: Edit| edits.iter().filter(|(e, _)| *e != out).map(|(_, l)| *l).collect::<Vec<_>>();
            prop_assert_eq!(without(Edit::Extra), a);
            prop_assert_eq!(without(Edit::Missing), b);
        }
    }
}

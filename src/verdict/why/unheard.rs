//! Calls in which one side heard nothing, though sound was offered both ways: which side, since when, and why.

use super::case::{Case, Question};
use super::dialog::{Dialog, Packets};
use super::wording::short;
use super::{Evidence, decryption, media, nat, payload};
use crate::event::{CallSound, Time, TrackSound};
use crate::verdict::Reason;

/// Silence of this length is none yet, ms.
pub const LONGEST_SILENCE: f64 = 2000.0;
/// The most calls that are named.
const MOST: usize = 8;
/// Fewer packets (a second has 50) say nothing.
const FEW_PACKETS: u64 = 25;
/// How the recorder's log begins where it could not write.
const NOT_RECORDED: &str = "recorder: no more recording";

/// From, to, in milliseconds since the epoch.
type Stretch = (f64, f64);

/// A warning for each side that heard nothing.
pub fn reasons(evidence: &Evidence) -> Vec<Reason> {
    let cases = evidence
        .agents
        .iter()
        .flat_map(|(name, agent)| agent.dialogs.iter().map(move |dialog| Case { evidence, name, agent, dialog }));
    let mut reasons: Vec<Reason> = cases.filter_map(|case| reason(&case)).collect();
    if reasons.len() > MOST {
        let more = reasons.len() - MOST;
        reasons.truncate(MOST);
        reasons.push(Reason::new(format!("in {more} more calls one side heard nothing")));
    }
    reasons
}

fn reason(case: &Case) -> Option<Reason> {
    // baresip records no call that only sends: then the packets count
    let only_sends = |packets: Packets| packets.sent >= FEW_PACKETS && packets.received == 0;
    let nothing = CallSound::default();
    let sound = match &case.dialog.sound {
        Some(sound) => sound,
        None if case.dialog.packets.is_some_and(only_sends) => &nothing,
        None => return None,
    };
    // an agent that is gone sends nothing, and the run says that it is gone
    if case.agent.lost.is_some() || case.other_side().is_some_and(|(_, other, _)| other.lost.is_some()) {
        return None;
    }
    if case.agent.alarms.iter().any(|(_, line)| line.starts_with(NOT_RECORDED)) {
        return None;
    }
    let expected = expected(case);
    let nothing_came = expected.iter().flat_map(|stretch| uncovered(*stretch, sound.received.as_ref()));
    let silence_came = expected.iter().flat_map(|stretch| sound.unheard.iter().map(|quiet| common(*stretch, *quiet)));
    let longest = |stretches: &mut dyn Iterator<Item = Stretch>| {
        stretches.filter(|stretch| length(stretch) > LONGEST_SILENCE).max_by(|a, b| length(a).total_cmp(&length(b)))
    };
    let (came, stretch) = match (longest(&mut nothing_came.into_iter()), longest(&mut silence_came.into_iter())) {
        (Some(stretch), _) => ("no RTP that it could decode came", stretch),
        (None, Some(stretch)) => ("the other side sent sound, and only silence came", stretch),
        (None, None) => return None,
    };
    let (name, seconds) = (short(case.name), length(&stretch) / 1000.0);
    let since = case.evidence.clock(Time(stretch.0));
    let message = format!("{name} heard nothing for {seconds:.1} s in {}, from {since} on: {came}", case.title());
    Some(
        Reason { details: causes(case), ..Reason::new(message) }
            .advice("docs/media.md says what this means; fail_on(\"audio\") makes it fail"),
    )
}

fn length((from, to): &Stretch) -> f64 {
    to - from
}

fn common(one: Stretch, other: Stretch) -> Stretch {
    (one.0.max(other.0), one.1.min(other.1))
}

/// When the call was up, and both sides were offered to send and to receive.
fn expected(case: &Case) -> Vec<Stretch> {
    let Dialog { established, closed, end, both_ways, .. } = case.dialog;
    let Some(Time(established)) = *established else { return vec![] };
    let ends = [closed.as_ref().map(|(time, _)| *time), end.as_ref().map(|end| end.time), Some(case.evidence.end)];
    let ended = ends.into_iter().flatten().fold(Time::NEVER, Time::min).0;
    let changes: Vec<(f64, bool)> =
        both_ways.iter().map(|(time, both)| (time.0, *both)).chain([(ended, false)]).collect();
    let stretches = changes.windows(2).filter(|pair| pair[0].1).map(|pair| (pair[0].0, pair[1].0));
    stretches.map(|stretch| common(stretch, (established, ended))).filter(|stretch| length(stretch) > 0.0).collect()
}

/// What of a stretch no sound came in.
fn uncovered(stretch: Stretch, received: Option<&TrackSound>) -> Vec<Stretch> {
    let Some(received) = received else { return vec![stretch] };
    let Some(begins) = received.begins else { return vec![] };
    // what was not analysed counts as heard
    let span = received.missing.iter().map(|(_, to)| *to).fold(received.seconds * 1000.0, f64::max);
    let missing = received.missing.iter().map(|(from, to)| (begins + from, begins + to));
    let around = [(f64::MIN, begins), (begins + span, f64::MAX)];
    missing.chain(around).map(|hole| common(stretch, hole)).collect()
}

/// Why, as far as the record shows it.
fn causes(case: &Case) -> Vec<String> {
    let question = Question::default();
    let other = case.other_side().map(|(name, agent, dialog)| Case { name, agent, dialog, ..*case });
    let found = payload::find(case)
        .or_else(|| decryption::find(case))
        .or_else(|| nat::find(case, &question))
        .or_else(|| nat::find(other.as_ref()?, &question));
    let mut lines: Vec<String> =
        found.map(|(_, finding)| std::iter::once(finding.about).chain(finding.lines).collect()).unwrap_or_default();
    let mut add = |line: String| {
        if !lines.contains(&line) {
            lines.push(line);
        }
    };
    media::oddities(case).into_iter().for_each(&mut add);
    let packets =
        [(case.name, case.dialog.packets)].into_iter().chain(other.map(|other| (other.name, other.dialog.packets)));
    packets.filter_map(|(name, packets)| Some(media::counted(name, &packets?))).for_each(add);
    lines
}

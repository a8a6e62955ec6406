//! What is wrong with a received sound, in plain words with figures.
use super::align::{Delay, Echo, delay_by_second, find_delay_and_echo};
use super::bands::BandSpectrogram;
use super::fault::{self, Fault, Finding};
use super::levels::{Levels, measure_levels};
use super::missing::{MissingPlace, MissingRun, find_dropouts};
use super::prompt::{HEARD_SCORE, PromptMatch, SPEED_LIMIT, compare_prompt, rank_prompts};
use super::quality::{POOR_BELOW_EXPECTED, measure_quality};
use super::silence::{NOTHING_DBFS, Presence, classify_presence};
use super::steady::{SteadyTone, find_hum, find_steady_tones};
use super::{Sound, Span};

/// Received this much louder or quieter than sent is a fault, dB.
const GAIN_LIMIT_DB: f64 = 8.0;
/// A noise floor above this, dBFS, and this much above the reference's, dB, is a fault.
const NOISE_LIMIT_DBFS: f64 = -52.0;
const NOISE_OVER_REFERENCE_DB: f64 = 10.0;
/// Speech less than this above its noise cannot be compared any more, dB.
const LEAST_SNR_DB: f64 = 15.0;
/// A missing part shorter than this is a dropout where others are, in seconds: some packets, no gap.
const LONGEST_DROPOUT: f64 = 0.13;

/// What a received sound is judged by.
pub struct Expectation<'a> {
    /// What was sent. Speech, for a score.
    pub reference: &'a Sound,
    /// Other prompts that may have been played instead, with their names.
    pub others: &'a [(&'a str, &'a Sound)],
    /// The score to expect (see [`super::quality::expected_quality`]). None: the score is measured, and not judged.
    pub expected_mos: Option<f64>,
}

/// A received sound, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The faults, the one that explains most first. Empty: none was found.
    pub findings: Vec<Finding>,
    /// Its levels.
    pub levels: Levels,
    /// How it compares with the reference.
    pub prompt: Option<PromptMatch>,
    /// How much later it was received, from the start of both sounds.
    pub delay: Option<Delay>,
    /// MOS-LQO, narrow band.
    pub mos: Option<f64>,
    /// What could not be analysed, and why.
    pub not_analysed: Vec<String>,
}

impl Judgement {
    /// Whether a fault of this kind was found.
    pub fn has(&self, fault: Fault) -> bool {
        self.findings.iter().any(|finding| finding.fault == fault)
    }

    fn add(&mut self, fault: Fault, text: String) {
        self.findings.push(Finding { fault, text, span: None });
    }
}

/// Judges a received sound by what was sent: silence, the prompt, clipping, gain, missing parts, echo, tones, noise,
/// speed and quality, in this order; silence and another prompt end it, since nothing can be compared. Five seconds take
/// about 8 ms, the score another 15 ms.
pub fn judge_sound(received: &Sound, expected: &Expectation) -> Judgement {
    let levels = measure_levels(received);
    let mut judged =
        Judgement { findings: Vec::new(), levels, prompt: None, delay: None, mos: None, not_analysed: Vec::new() };
    if measure_levels(expected.reference).loudest_dbfs < NOTHING_DBFS {
        judged.not_analysed.push("the reference is silent: nothing can be compared with it".into());
        return judged;
    }
    if !judge_presence(&mut judged, received) {
        return judged;
    }
    let reference = BandSpectrogram::new(expected.reference);
    let bands = BandSpectrogram::new(received);
    let Some(prompt) = compare_prompt(&reference, &bands) else {
        judged.not_analysed.push("a sound of less than 0.2 s cannot be compared".into());
        return judged;
    };
    if judge_prompt(&mut judged, received, expected, &prompt, &bands) {
        judge_level(&mut judged, &prompt);
        judge_time(&mut judged, received, expected.reference, &prompt);
        judge_quality(&mut judged, received, expected, &prompt);
        fault::order_findings(&mut judged.findings);
    }
    judged.prompt = Some(prompt);
    judged
}

fn judge_presence(judged: &mut Judgement, received: &Sound) -> bool {
    let loudest = judged.levels.loudest_dbfs;
    match classify_presence(received) {
        Presence::Sound => return true,
        Presence::Nothing if received.samples.is_empty() => judged.add(Fault::Silent, "nothing was received".into()),
        Presence::Nothing => {
            judged.add(Fault::Silent, format!("only silence was received (loudest {loudest:.0} dBFS)"))
        }
        Presence::ComfortNoise => {
            judged.add(
                Fault::OnlyComfortNoise,
                format!("only steady noise was received ({loudest:.0} dBFS), as in a pause"),
            );
        }
    }
    false
}

/// Whether the reference was heard, so that the rest can be judged.
fn judge_prompt(
    judged: &mut Judgement,
    received: &Sound,
    expected: &Expectation,
    prompt: &PromptMatch,
    bands: &BandSpectrogram,
) -> bool {
    let bands_of = |(_, sound): &(&str, &Sound)| BandSpectrogram::new(sound);
    let others: Vec<BandSpectrogram> = expected.others.iter().map(bands_of).collect();
    if let Some((place, best)) = rank_prompts(&others, bands).first()
        && best.is_heard()
        && best.score > prompt.score
    {
        let (name, score) = (expected.others[*place].0, best.score);
        judged.add(
            Fault::WrongPrompt,
            format!("{name} was heard instead (likeness {score:.2}, the expected one {:.2})", prompt.score),
        );
        return false;
    }
    if let Some(text) = wrong_order(expected.reference, bands, prompt) {
        judged.add(Fault::WrongOrder, text);
        return false;
    }
    if prompt.is_heard() || prompt.heard >= 0.4 && prompt.segments.iter().any(|segment| segment.correlation > 0.8) {
        return true;
    }
    let snr = judged.levels.active_dbfs - judged.levels.floor_dbfs;
    let tones = find_steady_tones(received);
    let toned: f64 = tones.iter().map(|tone| tone.span.length()).sum();
    if toned > 0.3 * received.seconds() {
        judged.add(
            Fault::SteadyTone,
            format!("a tone of {:.0} Hz was heard instead ({:.0} dBFS)", tones[0].hz, tones[0].dbfs),
        );
    } else if snr < LEAST_SNR_DB {
        let floor = judged.levels.floor_dbfs;
        judged.add(
            Fault::TooNoisy,
            format!("too noisy to say what was heard: noise {floor:.0} dBFS, {snr:.0} dB below the loud parts"),
        );
    } else {
        judged.add(
            Fault::NotTheReference,
            format!("something else was heard (likeness {:.2}, at least {HEARD_SCORE} expected)", prompt.score),
        );
    }
    false
}

/// When the second half was heard before the first.
fn wrong_order(reference: &Sound, bands: &BandSpectrogram, prompt: &PromptMatch) -> Option<String> {
    if prompt.is_whole() || reference.seconds() < 2.0 {
        return None;
    }
    let middle = reference.seconds() / 2.0;
    let half = |from: f64, to: f64| compare_prompt(&BandSpectrogram::new(&reference.part(Span { from, to })), bands);
    let (first, second) = (half(0.0, middle)?, half(middle, reference.seconds())?);
    let both = first.heard.min(second.heard) >= 0.6 && first.score.min(second.score) > HEARD_SCORE;
    let swapped = both && second.starts_at + 0.7 * middle < first.starts_at;
    swapped.then(|| {
        let (early, late) = (second.starts_at.max(0.0), first.starts_at);
        format!("the parts came in another order: the second half at {early:.1} s, the first at {late:.1} s")
    })
}

fn judge_level(judged: &mut Judgement, prompt: &PromptMatch) {
    if judged.levels.is_clipped() {
        let rate = judged.levels.clipped_runs_per_second;
        judged.add(Fault::Clipped, format!("clipped: {rate:.0} cut-off peaks a second"));
    }
    let gain = prompt.gain_db;
    if gain > GAIN_LIMIT_DB {
        judged.add(Fault::TooLoud, format!("{gain:.0} dB louder than sent"));
    } else if gain < -GAIN_LIMIT_DB {
        judged.add(Fault::TooQuiet, format!("{:.0} dB quieter than sent", -gain));
    }
}

/// Missing parts, tones, noise, speed, echo, and the delay.
fn judge_time(judged: &mut Judgement, received: &Sound, reference: &Sound, prompt: &PromptMatch) {
    let around = Span { from: prompt.starts_at - 0.3, to: prompt.starts_at + reference.seconds() + 0.7 };
    let heard = received.part(around);
    let (mut delay, echo) = find_delay_and_echo(reference, &heard);
    if let Some(found) = &mut delay {
        found.seconds += around.from.max(0.0);
    }
    judged.delay = delay.filter(Delay::is_sure);
    if judged.delay.is_none() {
        let delays = delay_by_second(reference, received, prompt.starts_at);
        judged.not_analysed.push(match (delays.first(), delays.last()) {
            (Some((_, first)), Some((_, last))) if (first - last).abs() > 0.002 => {
                format!("no single delay: it goes from {:.0} to {:.0} ms", first * 1000.0, last * 1000.0)
            }
            _ => "the delay could not be measured".into(),
        });
    }
    judge_missing(judged, received, reference, prompt);
    if let (Some(_), Some(Echo { seconds, level_db })) = (judged.delay, echo) {
        judged.add(Fault::Echo, format!("an echo after {:.0} ms, about {:.0} dB below", seconds * 1000.0, -level_db));
    }
    judge_noise(judged, &heard, reference, prompt);
    if let Some(speed) = prompt.speed.filter(|speed| (speed - 1.0).abs() > SPEED_LIMIT) {
        let percent = (speed - 1.0) * 100.0;
        let how = if percent > 0.0 { "fast" } else { "slow" };
        judged.add(Fault::WrongSpeed, format!("{:.1} % too {how}", percent.abs()));
    }
}

fn judge_missing(judged: &mut Judgement, received: &Sound, reference: &Sound, prompt: &PromptMatch) {
    let dropouts = match judged.delay {
        Some(delay) => find_dropouts(reference, received, delay.seconds, prompt.gain_db),
        None => Vec::new(),
    };
    let is_long = |run: &&MissingRun| run.span.length() >= LONGEST_DROPOUT;
    let in_gap = |span: &Span| {
        let near = |run: &MissingRun| span.from < run.span.to + 0.05 && span.to > run.span.from - 0.05;
        span.length() >= LONGEST_DROPOUT || prompt.missing.iter().filter(is_long).any(near)
    };
    let short: Vec<&Span> = dropouts.iter().filter(|span| !in_gap(span)).collect();
    if !short.is_empty() {
        let total = short.iter().map(|span| span.length()).sum::<f64>() * 1000.0;
        let count = if short.len() == 1 { "a dropout".into() } else { format!("{} dropouts", short.len()) };
        judged.add(Fault::Dropouts, format!("{count}, {total:.0} ms in all: lost packets"));
    }
    for run in prompt.missing.iter().filter(|run| short.is_empty() || is_long(run)) {
        let (fault, what) = match run.place {
            MissingPlace::Start => (Fault::CutStart, "the start is missing"),
            MissingPlace::Middle => (Fault::Gap, "a part is missing"),
            MissingPlace::End => (Fault::CutEnd, "the end is missing"),
        };
        let text = format!("{what}: {:.2} s to {:.2} s of what was sent", run.span.from, run.span.to);
        judged.findings.push(Finding { fault, text, span: Some(run.span) });
    }
}

fn judge_noise(judged: &mut Judgement, heard: &Sound, reference: &Sound, prompt: &PromptMatch) {
    let hum = find_hum(heard).filter(|_| find_hum(reference).is_none());
    if let Some(tone) = hum {
        judged.add(Fault::SteadyTone, format!("a tone of {:.0} Hz sounds throughout ({:.0} dBFS)", tone.hz, tone.dbfs));
        return;
    }
    let tones = find_steady_tones(heard);
    if let Some(SteadyTone { hz, dbfs, span }) = tones.first().filter(|_| find_steady_tones(reference).is_empty()) {
        judged.add(Fault::SteadyTone, format!("a tone of {hz:.0} Hz ({dbfs:.0} dBFS) at {:.1} s", span.from));
    }
    // an echo fills the pauses as well
    if judged.has(Fault::Echo) {
        return;
    }
    let (floor, sent) = (measure_levels(heard).floor_dbfs - prompt.gain_db, measure_levels(reference).floor_dbfs);
    if floor > NOISE_LIMIT_DBFS.max(sent + NOISE_OVER_REFERENCE_DB) {
        judged.add(Fault::Noisy, format!("noise of {floor:.0} dBFS, sent with {sent:.0} dBFS"));
    }
}

fn judge_quality(judged: &mut Judgement, received: &Sound, expected: &Expectation, prompt: &PromptMatch) {
    let (reference, start) = (expected.reference, prompt.starts_at);
    let heard = received.part(Span { from: start - 0.2, to: start + reference.seconds() + 0.5 });
    match measure_quality(reference, &heard) {
        Ok(mos) => judged.mos = Some(mos),
        Err(why) => judged.not_analysed.push(format!("no quality score: {why}")),
    }
    if let (Some(mos), Some(wanted)) = (judged.mos, expected.expected_mos)
        && mos < wanted - POOR_BELOW_EXPECTED
    {
        judged.add(Fault::PoorQuality, format!("quality {mos:.2} (PESQ, MOS-LQO), {wanted:.2} expected"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::damage::{gained, speech};
    use super::*;

    #[test]
    fn a_sound_louder_than_sent_is_too_loud() {
        let (sent, heard) = (gained(&speech("bob"), -20.0), gained(&speech("bob"), -6.0));
        let judged = judge_sound(&heard, &Expectation { reference: &sent, others: &[], expected_mos: None });
        assert_eq!(judged.findings.len(), 1, "{:?}", judged.findings);
        assert_eq!(
            (judged.findings[0].fault, judged.findings[0].text.as_str()),
            (Fault::TooLoud, "14 dB louder than sent")
        );
    }
}

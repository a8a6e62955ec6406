//! What can be wrong with a received sound.
use super::Span;

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing was received.
    Silent,
    /// Only comfort noise was received.
    OnlyComfortNoise,
    /// Another of the known prompts was heard.
    WrongPrompt,
    /// Too much noise to say what was heard.
    TooNoisy,
    /// Something was heard, but not the reference.
    NotTheReference,
    /// The parts of the reference were heard in another order.
    WrongOrder,
    /// Peaks are cut off.
    Clipped,
    /// Much louder than sent.
    TooLoud,
    /// Much quieter than sent.
    TooQuiet,
    /// The start is missing.
    CutStart,
    /// The end is missing.
    CutEnd,
    /// A part in the middle is missing.
    Gap,
    /// Packets are missing, each too short for a gap.
    Dropouts,
    /// The reference comes back later, quieter.
    Echo,
    /// A tone sounds that was not sent.
    SteadyTone,
    /// Noise that was not sent.
    Noisy,
    /// Too fast or too slow.
    WrongSpeed,
    /// A score well below what is expected.
    PoorQuality,
}

/// A fault that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Its kind.
    pub fault: Fault,
    /// A sentence with the figures.
    pub text: String,
    /// Where in the reference, for a part of it.
    pub span: Option<Span>,
}

/// By kind, and within a kind by place. The score comes last: everything above explains it.
pub(super) fn order_findings(findings: &mut [Finding]) {
    let from = |finding: &Finding| finding.span.map_or(0.0, |span| span.from);
    findings.sort_by(|a, b| a.fault.cmp(&b.fault).then(from(a).total_cmp(&from(b))));
}

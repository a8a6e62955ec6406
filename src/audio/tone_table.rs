//! Call progress tones of some countries.
use ToneKind::{Busy, Congestion, Dial, Ringback};

/// What a tone means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ToneKind {
    /// Dial (ITU-T E.180).
    Dial,
    /// The called party is busy (E.180).
    Busy,
    /// No circuit is free (E.180; in North America reorder).
    Congestion,
    /// The called party's telephone rings (E.180).
    Ringback,
    /// Special information: three rising tones before an announcement (E.180).
    SpecialInformation,
    /// A fax machine calls: CNG, 1100 Hz (ITU-T T.30).
    FaxCalling,
    /// A fax machine or modem answers: CED or ANS, 2100 Hz (T.30, V.25).
    FaxAnswer,
}

/// A tone of a country: frequencies that sound together, and milliseconds on, off, on … (none: continuous).
pub struct NationalTone {
    /// ISO 3166 code.
    pub country: &'static str,
    /// What it means there.
    pub kind: ToneKind,
    /// Hz.
    pub hz: &'static [f64],
    /// Milliseconds.
    pub cadence: &'static [u16],
}

const fn tone(country: &'static str, kind: ToneKind, hz: &'static [f64], cadence: &'static [u16]) -> NationalTone {
    NationalTone { country, kind, hz, cadence }
}

const F400: &[f64] = &[400.0];
const F420: &[f64] = &[420.0];
const F425: &[f64] = &[425.0];
const F440: &[f64] = &[440.0];
const F450: &[f64] = &[450.0];
const AU_PAIR: &[f64] = &[413.0, 438.0];
const GB_RINGING: &[f64] = &[400.0, 450.0];
const PRECISE_DIAL: &[f64] = &[350.0, 440.0];
const PRECISE_BUSY: &[f64] = &[480.0, 620.0];
const PRECISE_RINGING: &[f64] = &[440.0, 480.0];

/// From ITU-T E.180 Supplement 2 (various tones used in national networks). Tones that are modulated (ringback of
/// India and Japan, dial tone of India) are left out: they are no sum of two frequencies.
pub const NATIONAL_TONES: &[NationalTone] = &[
    tone("AT", Dial, F420, &[]),
    tone("AT", Busy, F420, &[400, 400]),
    tone("AT", Congestion, F420, &[200, 200]),
    tone("AT", Ringback, F420, &[1000, 5000]),
    tone("AU", Dial, AU_PAIR, &[]),
    tone("AU", Busy, F425, &[375, 375]),
    tone("AU", Ringback, AU_PAIR, &[400, 200, 400, 2000]),
    tone("BE", Dial, F425, &[]),
    tone("BE", Busy, F425, &[500, 500]),
    tone("BE", Congestion, F425, &[167, 167]),
    tone("BE", Ringback, F425, &[1000, 3000]),
    tone("BR", Dial, F425, &[]),
    tone("BR", Busy, F425, &[250, 250]),
    tone("BR", Congestion, F425, &[250, 250, 750, 250]),
    tone("BR", Ringback, F425, &[1000, 4000]),
    tone("CH", Dial, F425, &[]),
    tone("CH", Busy, F425, &[500, 500]),
    tone("CH", Congestion, F425, &[200, 200]),
    tone("CH", Ringback, F425, &[1000, 4000]),
    tone("CN", Dial, F450, &[]),
    tone("CN", Busy, F450, &[350, 350]),
    tone("CN", Congestion, F450, &[700, 700]),
    tone("CN", Ringback, F450, &[1000, 4000]),
    tone("CZ", Dial, F425, &[330, 330, 660, 660]),
    tone("CZ", Busy, F425, &[330, 330]),
    tone("CZ", Congestion, F425, &[165, 165]),
    tone("CZ", Ringback, F425, &[1000, 4000]),
    tone("DE", Dial, F425, &[]),
    tone("DE", Busy, F425, &[480, 480]),
    tone("DE", Congestion, F425, &[240, 240]),
    tone("DE", Ringback, F425, &[1000, 4000]),
    tone("DK", Dial, F425, &[]),
    tone("DK", Busy, F425, &[500, 500]),
    tone("DK", Congestion, F425, &[200, 200]),
    tone("DK", Ringback, F425, &[1000, 4000]),
    tone("ES", Dial, F425, &[]),
    tone("ES", Busy, F425, &[200, 200]),
    tone("ES", Congestion, F425, &[200, 200, 200, 200, 200, 600]),
    tone("ES", Ringback, F425, &[1500, 3000]),
    tone("FI", Dial, F425, &[]),
    tone("FI", Busy, F425, &[300, 300]),
    tone("FI", Congestion, F425, &[200, 200]),
    tone("FI", Ringback, F425, &[1000, 4000]),
    tone("FR", Dial, F440, &[]),
    tone("FR", Busy, F440, &[500, 500]),
    tone("FR", Congestion, F440, &[250, 250]),
    tone("FR", Ringback, F440, &[1500, 3500]),
    tone("GB", Dial, PRECISE_DIAL, &[]),
    tone("GB", Busy, F400, &[375, 375]),
    tone("GB", Congestion, F400, &[400, 350, 225, 525]),
    tone("GB", Ringback, GB_RINGING, &[400, 200, 400, 2000]),
    tone("IN", Busy, F400, &[750, 750]),
    tone("IN", Congestion, F400, &[250, 250]),
    tone("IT", Dial, F425, &[200, 200, 600, 1000]),
    tone("IT", Busy, F425, &[500, 500]),
    tone("IT", Congestion, F425, &[200, 200]),
    tone("IT", Ringback, F425, &[1000, 4000]),
    tone("JP", Dial, F400, &[]),
    tone("JP", Busy, F400, &[500, 500]),
    tone("NL", Dial, F425, &[]),
    tone("NL", Busy, F425, &[500, 500]),
    tone("NL", Congestion, F425, &[250, 250]),
    tone("NL", Ringback, F425, &[1000, 4000]),
    tone("NO", Dial, F425, &[]),
    tone("NO", Busy, F425, &[500, 500]),
    tone("NO", Congestion, F425, &[200, 200]),
    tone("NO", Ringback, F425, &[1000, 4000]),
    tone("PL", Dial, F425, &[]),
    tone("PL", Busy, F425, &[500, 500]),
    tone("PL", Ringback, F425, &[1000, 4000]),
    tone("PT", Dial, F425, &[]),
    tone("PT", Busy, F425, &[500, 500]),
    tone("PT", Congestion, F425, &[200, 200]),
    tone("PT", Ringback, F425, &[1000, 5000]),
    tone("RU", Dial, F425, &[]),
    tone("RU", Busy, F425, &[350, 350]),
    tone("RU", Congestion, F425, &[175, 175]),
    tone("RU", Ringback, F425, &[800, 3200]),
    tone("SE", Dial, F425, &[]),
    tone("SE", Busy, F425, &[250, 250]),
    tone("SE", Congestion, F425, &[250, 750]),
    tone("SE", Ringback, F425, &[1000, 5000]),
    tone("US", Dial, PRECISE_DIAL, &[]),
    tone("US", Busy, PRECISE_BUSY, &[500, 500]),
    tone("US", Congestion, PRECISE_BUSY, &[250, 250]),
    tone("US", Ringback, PRECISE_RINGING, &[2000, 4000]),
];

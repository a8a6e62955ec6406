//! What a codec costs in the E-model (ITU-T G.113, appendix I).

/// A codec's figures for the E-model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CodecImpairment {
    /// The codec as SDP calls it.
    pub codec: &'static str,
    /// What else decides: bit rate, concealment.
    pub variant: &'static str,
    /// Equipment impairment factor Ie.
    pub ie: f64,
    /// Packet-loss robustness Bpl, where G.113 has one.
    pub bpl: Option<f64>,
}

const fn codec(codec: &'static str, variant: &'static str, ie: f64, bpl: Option<f64>) -> CodecImpairment {
    CodecImpairment { codec, variant, ie, bpl }
}

/// The planning values of ITU-T G.113 appendix I, narrow band, random loss. G.722, Opus
/// and iLBC have no narrow-band value there: for them the E-model says nothing.
pub const CODEC_IMPAIRMENTS: &[CodecImpairment] = &[
    codec("PCMU", "without concealment", 0.0, Some(4.3)),
    codec("PCMU", "with concealment (G.711 appendix I)", 0.0, Some(25.1)),
    codec("PCMA", "without concealment", 0.0, Some(4.3)),
    codec("PCMA", "with concealment (G.711 appendix I)", 0.0, Some(25.1)),
    codec("G726-40", "", 2.0, None),
    codec("G726-32", "", 7.0, None),
    codec("G726-24", "", 25.0, None),
    codec("G726-16", "", 50.0, None),
    codec("G728", "16 kbit/s", 7.0, None),
    codec("G728", "12.8 kbit/s", 20.0, None),
    codec("G729", "8 kbit/s", 10.0, None),
    codec("G729", "annex A with VAD (annex B)", 11.0, Some(19.0)),
    codec("G723", "6.3 kbit/s with VAD", 15.0, Some(16.1)),
    codec("G723", "5.3 kbit/s", 19.0, None),
    codec("GSM", "full rate", 20.0, None),
    codec("GSM-EFR", "", 5.0, Some(10.0)),
    codec("AMR", "12.2 kbit/s (as GSM-EFR)", 5.0, Some(10.0)),
];

/// The variants of a codec, whatever its case. None known: an empty list.
pub fn codec_impairments(codec: &str) -> impl Iterator<Item = &'static CodecImpairment> {
    CODEC_IMPAIRMENTS.iter().filter(move |known| known.codec.eq_ignore_ascii_case(codec))
}

#[cfg(test)]
mod tests {
    use super::super::emodel::{Connection, rate_connection};
    use super::*;

    #[test]
    fn the_variants_of_a_codec_are_found() {
        assert_eq!(codec_impairments("pcmu").map(|known| known.bpl).collect::<Vec<_>>(), [Some(4.3), Some(25.1)]);
        assert_eq!(codec_impairments("opus").count(), 0);
    }

    /// Without loss: as measured against PESQ, the order holds.
    #[test]
    fn codecs_keep_their_order() {
        let mos = |name: &str| {
            let known = codec_impairments(name).next().unwrap();
            rate_connection(&Connection { ie: known.ie, ..Connection::default() }).mos
        };
        let order = ["PCMU", "AMR", "G726-32", "GSM", "G726-16"].map(mos);
        assert!(order.windows(2).all(|pair| pair[0] > pair[1]), "{order:?}");
        for (found, wanted) in order.into_iter().zip([4.41, 4.29, 4.24, 3.74, 2.22]) {
            assert!((found - wanted).abs() < 0.03, "{order:?}");
        }
    }
}

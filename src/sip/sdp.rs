//! What a session description says about its media (RFC 8866), as far as tests ask for it.

use std::fmt;

/// One `m=` line and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// `audio`, `video`, …
    pub kind: String,
    /// 0: the stream is refused or ended.
    pub port: u16,
    /// `RTP/AVP`, `RTP/SAVP`, `UDP/TLS/RTP/SAVP`, …
    pub protocol: String,
    /// In the order of preference.
    pub formats: Vec<Format>,
    pub direction: Direction,
    /// The address of its own `c=` line, else of the session's; as written.
    pub address: Option<String>,
    /// How the keys of SRTP are exchanged: `a=crypto` of its own (SDES, RFC 4568), `a=fingerprint`, its own or the session's (DTLS,
    /// RFC 5763).
    pub sdes: bool,
    pub dtls: bool,
    /// Tag and suite of each `a=crypto`: `1 AES_CM_128_HMAC_SHA1_80`.
    pub suites: Vec<String>,
}

/// What holds for all media that say nothing else.
#[derive(Default)]
struct Session {
    direction: Direction,
    address: Option<String>,
    dtls: bool,
}

/// An RTP payload type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// The number, as written.
    pub payload: String,
    /// From `rtpmap`, else the static assignment (RFC 3551 section 6), else empty.
    pub codec: String,
    /// The RTP clock, Hz.
    pub rate: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    #[default]
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    fn parse(attribute: &str) -> Option<Direction> {
        match attribute {
            "sendrecv" => Some(Direction::SendRecv),
            "sendonly" => Some(Direction::SendOnly),
            "recvonly" => Some(Direction::RecvOnly),
            "inactive" => Some(Direction::Inactive),
            _ => None,
        }
    }
}

impl fmt::Display for Direction {
    /// As the attribute is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        })
    }
}

/// What both sides agreed on for one stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Negotiated {
    pub protocol: String,
    /// As the answer spells it: `PCMU`, `opus`.
    pub codec: String,
}

/// The session description that a body is, or holds as a part (RFC 2046 section 5.1); `kind` is its Content-Type, empty where it has
/// none.
pub fn in_body<'a>(kind: &str, body: &'a str) -> Option<&'a str> {
    let (main, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    let main = main.trim().to_ascii_lowercase();
    match main.as_str() {
        "application/sdp" => Some(body).filter(|body| !body.trim().is_empty()),
        "" => Some(body).filter(|body| body.trim_start().starts_with("v=0")),
        _ if main.starts_with("multipart/") => {
            let boundary = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
            let (_, boundary) = boundary.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
            let boundary = format!("--{}", boundary.trim().trim_matches('"'));
            body.split(boundary.as_str()).skip(1).find_map(|part| part_with_sdp(part.trim_start_matches(['\r', '\n'])))
        }
        _ => None,
    }
}

/// The body of a part whose headers say that it is a session description.
fn part_with_sdp(part: &str) -> Option<&str> {
    let (headers, body) = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n"))?;
    let kinds = headers.lines().filter_map(|line| line.split_once(':'));
    let mut kinds = kinds.filter(|(name, _)| name.trim().eq_ignore_ascii_case("content-type"));
    kinds.any(|(_, kind)| kind.trim().to_ascii_lowercase().starts_with("application/sdp")).then_some(body)
}

/// The media of a session description, in order. What is not understood is skipped: an SDP is never refused.
pub fn parse(text: &str) -> Vec<Media> {
    let mut session = Session::default();
    let mut media: Vec<Media> = vec![];
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        match (key, media.last_mut()) {
            ("m", _) => media.extend(media_line(value, &session)),
            ("c", Some(media)) => media.address = connection_address(value).or(media.address.take()),
            ("c", None) => session.address = connection_address(value),
            ("a", Some(media)) => media.attribute(value),
            ("a", None) => {
                session.direction = Direction::parse(value.trim()).unwrap_or(session.direction);
                session.dtls |= value.starts_with("fingerprint:");
            }
            _ => {}
        }
    }
    media
}

/// Protocol and codec of the first stream of a kind: those of the answer, where the codec is its first that carries
/// media and that the offer has too. None when the answer lacks the stream or refuses it.
pub fn negotiated(offer: &str, answer: &str, kind: &str) -> Option<Negotiated> {
    let first = |text| parse(text).into_iter().find(|media| media.kind == kind);
    let (offered, answered) = (first(offer)?, first(answer).filter(|media| media.port != 0)?);
    let mut codecs = answered.formats.iter().filter(|format| format.carries_media());
    let codec = codecs.find(|format| offered.formats.iter().any(|other| other.same_codec(format)));
    let codec = codec.map_or(String::new(), |format| format.codec.clone());
    Some(Negotiated { protocol: answered.protocol, codec })
}

impl Media {
    fn attribute(&mut self, attribute: &str) {
        let attribute = attribute.trim();
        if let Some(crypto) = attribute.strip_prefix("crypto:") {
            self.sdes = true;
            self.suites.push(crypto.split_ascii_whitespace().take(2).collect::<Vec<_>>().join(" "));
        }
        self.dtls |= attribute.starts_with("fingerprint:");
        if let Some(direction) = Direction::parse(attribute) {
            self.direction = direction;
        } else if let Some((payload, encoding)) = attribute.strip_prefix("rtpmap:").and_then(|map| map.split_once(' '))
        {
            let mut parts = encoding.trim().split('/');
            let codec = parts.next().unwrap_or("");
            let rate = parts.next().and_then(|rate| rate.parse().ok());
            for format in self.formats.iter_mut().filter(|format| format.payload == payload) {
                format.codec = codec.to_string();
                format.rate = rate;
            }
        }
    }
}

impl fmt::Display for Format {
    /// `opus/48000`; `payload 97` if its codec is not named.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.codec.as_str(), self.rate) {
            ("", _) => write!(f, "payload {}", self.payload),
            (codec, Some(rate)) => write!(f, "{codec}/{rate}"),
            (codec, None) => f.write_str(codec),
        }
    }
}

impl Format {
    /// Not DTMF events, not comfort noise.
    pub fn carries_media(&self) -> bool {
        !self.codec.eq_ignore_ascii_case("telephone-event") && !self.codec.eq_ignore_ascii_case("CN")
    }

    pub fn same_codec(&self, other: &Format) -> bool {
        self.codec.eq_ignore_ascii_case(&other.codec) && self.rate == other.rate
    }
}

/// `audio 49170/2 RTP/AVP 0 8 101`
fn media_line(value: &str, session: &Session) -> Option<Media> {
    let mut words = value.split_ascii_whitespace();
    let kind = words.next()?.to_string();
    let port = words.next()?.split('/').next()?.parse().ok()?;
    let protocol = words.next()?.to_string();
    let formats = words.map(static_format).collect();
    let (direction, address, dtls) = (session.direction, session.address.clone(), session.dtls);
    Some(Media { kind, port, protocol, formats, direction, address, sdes: false, dtls, suites: vec![] })
}

/// `IN IP4 224.2.1.1/127/3`
fn connection_address(value: &str) -> Option<String> {
    let address = value.split_ascii_whitespace().nth(2)?;
    address.split('/').next().map(str::to_string)
}

fn static_format(payload: &str) -> Format {
    let (codec, rate) = match payload {
        "0" => ("PCMU", Some(8000)),
        "3" => ("GSM", Some(8000)),
        "4" => ("G723", Some(8000)),
        "8" => ("PCMA", Some(8000)),
        "9" => ("G722", Some(8000)),
        "10" | "11" => ("L16", Some(44100)),
        "13" => ("CN", Some(8000)),
        "15" => ("G728", Some(8000)),
        "18" => ("G729", Some(8000)),
        "26" => ("JPEG", Some(90000)),
        "31" => ("H261", Some(90000)),
        "34" => ("H263", Some(90000)),
        _ => ("", None),
    };
    Format { payload: payload.to_string(), codec: codec.to_string(), rate }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
        m=audio 20956 RTP/AVP 0 8 96 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:96 opus/48000/2\r\n\
        a=rtpmap:101 telephone-event/8000\r\na=sendonly\r\nm=video 0 RTP/AVP 31\r\nc=IN IP6 ::1\r\n";

    #[test]
    fn a_description_alone_or_as_a_part() {
        let parts = format!(
            "--b=1\r\nContent-Type: text/plain\r\n\r\nv=0\r\n--b=1\r\ncontent-type : Application/SDP\r\nX: y\r\n\r\n{OFFER}\r\n--b=1--\r\n"
        );
        let found = in_body("Multipart/Mixed; x=y; Boundary=\"b=1\"", &parts).map(parse);
        assert_eq!(found, Some(parse(OFFER)));
        assert_eq!(in_body("application/SDP;charset=utf-8", OFFER), Some(OFFER));
        assert_eq!(in_body("", OFFER), Some(OFFER));
        for (kind, body) in [("text/plain", OFFER), ("application/sdp", ""), ("multipart/mixed", OFFER), ("", "hello")]
        {
            assert_eq!(in_body(kind, body), None, "{kind}");
        }
    }

    #[test]
    fn keys_of_a_stream_and_of_the_session() {
        let keys = |text: &str| parse(text).iter().map(|media| (media.sdes, media.dtls)).collect::<Vec<_>>();
        let stream = "m=audio 1 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\nm=video 2 RTP/SAVP 96\r\n";
        assert_eq!(keys(stream), [(true, false), (false, false)]);
        assert_eq!(keys(&format!("a=fingerprint:SHA-256 00\r\n{stream}")), [(true, true), (false, true)]);
        assert_eq!(keys("m=audio 1 UDP/TLS/RTP/SAVP 0\r\na=fingerprint:SHA-256 00\r\n"), [(false, true)]);
    }

    #[test]
    fn media_lines_with_what_belongs_to_them() {
        let media = parse(OFFER);
        assert_eq!(media.len(), 2);
        let audio = &media[0];
        assert_eq!((audio.kind.as_str(), audio.port, audio.protocol.as_str()), ("audio", 20956, "RTP/AVP"));
        let codecs: Vec<_> = audio.formats.iter().map(|f| (f.codec.as_str(), f.rate)).collect();
        let events = ("telephone-event", Some(8000));
        assert_eq!(codecs, [("PCMU", Some(8000)), ("PCMA", Some(8000)), ("opus", Some(48000)), events]);
        assert_eq!((audio.direction, audio.address.as_deref()), (Direction::SendOnly, Some("127.0.0.1")));
        assert_eq!((media[1].port, media[1].direction), (0, Direction::SendRecv));
        assert_eq!((media[1].formats[0].codec.as_str(), media[1].address.as_deref()), ("H261", Some("::1")));
    }

    #[test]
    fn a_direction_of_the_session_holds_for_its_media() {
        let media =
            parse("c=IN IP4 224.2.1.1/127/3\na=inactive\nm=audio 9 RTP/SAVP 9\nm=audio 9 RTP/SAVP 3\na=recvonly\n");
        assert_eq!((media[0].direction, media[1].direction), (Direction::Inactive, Direction::RecvOnly));
        assert_eq!(media[0].address.as_deref(), Some("224.2.1.1"));
    }

    #[test]
    fn formats_and_directions_in_words() {
        let media = parse("m=audio 9 RTP/AVP 0 97 98\r\na=rtpmap:98 x\r\na=inactive\r\n").remove(0);
        let words: Vec<_> = media.formats.iter().map(Format::to_string).collect();
        assert_eq!(
            (words, media.direction.to_string()),
            (vec!["PCMU/8000".into(), "payload 97".into(), "x".into()], "inactive".into())
        );
    }

    #[test]
    fn the_answer_says_what_is_spoken() {
        let agreed = |answer| negotiated(OFFER, answer, "audio").map(|n| (n.protocol, n.codec));
        let of = |protocol: &str, codec: &str| Some((protocol.to_string(), codec.to_string()));
        assert_eq!(
            agreed("m=audio 9000 RTP/AVP 101 8\r\na=rtpmap:101 telephone-event/8000\r\n"),
            of("RTP/AVP", "PCMA")
        );
        assert_eq!(agreed("m=audio 9000 RTP/SAVP 18 107\r\na=rtpmap:107 opus/48000/2"), of("RTP/SAVP", "opus"));
        assert_eq!(agreed("m=audio 9000 RTP/AVP 18"), of("RTP/AVP", ""));
        assert_eq!(agreed("m=audio 0 RTP/AVP 0"), None);
        assert_eq!(agreed("m=video 9000 RTP/AVP 31"), None);
        assert_eq!(agreed(""), None);
    }

    proptest! {
        #[test]
        fn never_panics(text in "(?s)([mca]=[ -~]{0,40}\r?\n|[mca]=.{0,20}){0,12}") {
            let _ = negotiated(&text, &text, "audio");
            let _ = in_body("multipart/mixed;boundary=a", &text);
        }
    }
}

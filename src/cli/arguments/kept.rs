//! Arguments of the verbs for one kept run.

use super::DataArguments;
use super::values;
use crate::export::Format;
use clap::Args;
use std::path::PathBuf;

pub const LADDER_EXAMPLES: &str = "\
Examples:
  telefonist ladder last
  telefonist ladder basic_call              the only kept run whose id contains this
  telefonist ladder artifacts/20261123-231105-basic_call-3f2a
  telefonist ladder last | less             80 columns wide; on a terminal, as wide as the terminal

If the lanes do not fit side by side, each line names both ends.";

pub const EXPORT_EXAMPLES: &str = "\
Formats:
  pcap  the SIP messages and the RTP as a capture; SIP over TLS appears as plain TCP between the same ports
  flow  the text that the hash is made of
  sip   the SIP messages as text
  log   the log lines of the agents
  json  header, verdict and all events as one object
  wav   what the agents heard: a WAV file, or a zip of several
  zip   all of these, plus the files of the run

Examples:
  telefonist export last --format pcap
  telefonist export last --format pcap --no-rtp
  telefonist export last --format sip --output - | less
  telefonist export 20261123-231105 --format zip --output call.zip

Wireshark and tshark assign some ports to other protocols (for example UDP 5072) and show no SIP there. To see it:
  tshark -o tcp.try_heuristic_first:TRUE -o udp.try_heuristic_first:TRUE -r FILE";

#[derive(Args, Debug)]
pub struct LadderArguments {
    /// A kept run: its id, a unique part of it, `last`, or the path of its folder
    pub run: PathBuf,
    #[command(flatten)]
    pub data: DataArguments,
}

#[derive(Args, Debug)]
pub struct ExportArguments {
    /// A kept run: its id, a unique part of it, `last`, or the path of its folder
    pub run: PathBuf,
    /// pcap, flow, sip, log, json, wav or zip
    #[arg(long, value_name = "FORMAT", value_parser = values::format())]
    pub format: Format,
    /// File to write, overwritten if it exists; `-` is standard output (default: <RUN>.<FORMAT>, never overwritten)
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Leave the RTP and RTCP of the calls out of the capture
    #[arg(long)]
    pub no_rtp: bool,
    #[command(flatten)]
    pub data: DataArguments,
}

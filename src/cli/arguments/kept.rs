//! What the verbs for one kept run are told.

use super::DataArguments;
use super::values;
use crate::export::Format;
use clap::Args;
use std::path::PathBuf;

pub const LADDER_EXAMPLES: &str = "\
Examples:
  telefonist ladder last
  telefonist ladder basic_call              the only kept run with that in its id
  telefonist ladder artifacts/20261123-231105-basic_call-3f2a
  telefonist ladder last | less             as wide as 80 columns; on a terminal as wide as that

Where more lanes are than fit side by side, each line names both ends.";

pub const EXPORT_EXAMPLES: &str = "\
Formats:
  pcap  the SIP messages as a capture; what went over TLS is there as plain TCP between the same ports
  flow  what the hash is made of
  sip   the SIP messages as text
  log   the log lines of the agents
  json  header, verdict and all events as one object
  wav   what the agents heard: one WAV file, or a zip of several
  zip   all of these, and the files of the run

Examples:
  telefonist export last --format pcap
  telefonist export last --format sip --output - | less
  telefonist export 20261123-231105 --format zip --output call.zip

Wireshark and tshark take some ports for those of other protocols (UDP 5072 is one) and show no SIP there; this makes them look:
  tshark -o tcp.try_heuristic_first:TRUE -o udp.try_heuristic_first:TRUE -r FILE";

#[derive(Args, Debug)]
pub struct LadderArguments {
    /// A kept run: its id, a part of that, `last`, or the path of its folder
    pub run: PathBuf,
    #[command(flatten)]
    pub data: DataArguments,
}

#[derive(Args, Debug)]
pub struct ExportArguments {
    /// A kept run: its id, a part of that, `last`, or the path of its folder
    pub run: PathBuf,
    /// pcap, flow, sip, log, json, wav or zip
    #[arg(long, value_name = "FORMAT", value_parser = values::format())]
    pub format: Format,
    /// The file, which is overwritten; `-` is the standard output (default: <RUN>.<FORMAT>, if there is no such file)
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub data: DataArguments,
}

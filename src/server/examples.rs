//! The examples that the program carries, as tests for a project. They need no peer and import nothing but `std/…`.

use crate::store::Kind;

/// Name, kind and text of each.
#[rustfmt::skip]
pub const EXAMPLES: [(&str, Kind, &str); 18] = [
    ("attended_transfer", Kind::Classic, include_str!("../../examples/attended_transfer")),
    ("attended_transfer_rhai", Kind::Rhai, include_str!("../../examples/attended_transfer.rhai")),
    ("basic_call", Kind::Classic, include_str!("../../examples/basic_call")),
    ("basic_call_rhai", Kind::Rhai, include_str!("../../examples/basic_call.rhai")),
    ("blind_transfer", Kind::Classic, include_str!("../../examples/blind_transfer")),
    ("busy_then_free", Kind::Rhai, include_str!("../../examples/busy_then_free.rhai")),
    ("dtmf", Kind::Classic, include_str!("../../examples/dtmf")),
    ("dtmf_rhai", Kind::Rhai, include_str!("../../examples/dtmf.rhai")),
    ("failover", Kind::Rhai, include_str!("../../examples/failover.rhai")),
    ("hold_resume", Kind::Classic, include_str!("../../examples/hold_resume")),
    ("menu", Kind::Rhai, include_str!("../../examples/menu.rhai")),
    ("rejected_call", Kind::Classic, include_str!("../../examples/rejected_call")),
    ("rows", Kind::Rhai, include_str!("../../examples/rows.rhai")),
    ("several_tests", Kind::Rhai, include_str!("../../examples/several_tests.rhai")),
    ("soak", Kind::Rhai, include_str!("../../examples/soak.rhai")),
    ("tls_srtp", Kind::Classic, include_str!("../../examples/tls_srtp")),
    ("two_calls", Kind::Rhai, include_str!("../../examples/two_calls.rhai")),
    ("waits", Kind::Rhai, include_str!("../../examples/waits.rhai")),
];

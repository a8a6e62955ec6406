//! Any JSON an agent may send is an event, a response, or an error.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = telefonist::agent::vocabulary::parse_line(data);
});

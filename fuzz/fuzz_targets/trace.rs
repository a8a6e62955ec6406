//! Any output of an agent splits into log lines and SIP messages.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = telefonist::agent::trace::split_all(data);
});

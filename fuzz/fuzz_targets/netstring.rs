//! Any bytes on the control port are frames, or an error.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = telefonist::agent::ctrl::decode_all(data);
});

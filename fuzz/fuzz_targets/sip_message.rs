//! Any bytes are a SIP message, or an error.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = telefonist::sip::Message::parse(data);
});

//! Any text is a header value, or nothing.
#![no_main]
use telefonist::sip::headers;

libfuzzer_sys::fuzz_target!(|data: &str| {
    let _ = (headers::credentials(data), headers::reasons(data), headers::warnings(data), headers::retry_after(data));
    let _ = headers::values(data).count();
});

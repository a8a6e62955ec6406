//! Any text is a testfile or a list of diagnostics.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = telefonist::testfile::parse(&telefonist::diagnostic::Source::new("fuzz", String::from_utf8_lossy(data)), &[]);
});

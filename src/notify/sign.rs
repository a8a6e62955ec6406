//! The signature that proves to a receiver that a body is ours. docs/webhooks.md shows how to check it.

use crate::store::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA256 of `<timestamp>.<body>`, in hex; the timestamp is in seconds since the epoch.
pub fn signature(secret: &Secret, timestamp: u64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("{timestamp}.").as_bytes());
    mac.update(body.as_bytes());
    let bytes = mac.finalize().into_bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_openssl_says() {
        // printf '1795000000.{"a":1}' | openssl dgst -sha256 -hmac key
        let expected = "1bd16f4bb96630234f5d9db1391a58d04079ea2aaf515271f43b4b91dcdfe987";
        assert_eq!(signature(&Secret::new("key"), 1_795_000_000, r#"{"a":1}"#), expected);
        assert_ne!(signature(&Secret::new("key"), 1_795_000_001, r#"{"a":1}"#), expected);
    }
}

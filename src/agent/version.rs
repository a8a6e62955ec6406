//! Versions of baresip.

/// A version of baresip.
pub type Version = (u32, u32, u32);

/// `2.0`, `2.0.1`
pub fn version_text((major, minor, patch): Version) -> String {
    if patch == 0 { format!("{major}.{minor}") } else { format!("{major}.{minor}.{patch}") }
}

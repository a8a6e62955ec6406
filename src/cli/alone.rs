//! What the program does by itself when it may be the only file: linked statically, or in an empty root.

#![expect(unsafe_code, reason = "configures the name lookups of the C library")]

use std::path::PathBuf;

/// Host names are looked up in /etc/hosts and at the servers of /etc/resolv.conf, whatever /etc/nsswitch.conf says. Other sources are
/// shared libraries, which fit the C library that they were built with, and a static program has brought its own.
#[cfg(all(target_feature = "crt-static", target_env = "gnu"))]
pub fn look_up_names_alone() {
    unsafe extern "C" {
        // nss.h; these two sources are part of the C library since its version 2.34
        fn __nss_configure_lookup(database: *const libc::c_char, sources: *const libc::c_char) -> libc::c_int;
    }
    for (database, sources) in [(c"hosts", c"files dns"), (c"passwd", c"files")] {
        // SAFETY: C strings; no other thread runs yet. It fails for unknown names only.
        unsafe { __nss_configure_lookup(database.as_ptr(), sources.as_ptr()) };
    }
}

/// Our own executable, which agents are started from; none if the system does not tell.
pub fn own_program() -> Option<PathBuf> {
    std::env::current_exe().ok().or_else(as_started)
}

/// What the kernel was asked to start, which it tells without /proc.
fn as_started() -> Option<PathBuf> {
    use std::ffi::{CStr, OsStr};
    use std::os::unix::ffi::OsStrExt;
    // SAFETY: reads the auxiliary vector
    let name = unsafe { libc::getauxval(libc::AT_EXECFN) } as *const libc::c_char;
    if name.is_null() {
        return None;
    }
    // SAFETY: the kernel put a C string there, which lasts as long as the process
    let name = unsafe { CStr::from_ptr(name) };
    std::path::absolute(OsStr::from_bytes(name.to_bytes())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_program_is_known_without_proc() {
        let started = as_started().unwrap().canonicalize().unwrap();
        assert_eq!(started, std::env::current_exe().unwrap().canonicalize().unwrap());
    }
}

//! baresip, linked statically, as a function.
//!
//! The sources of baresip and libre come with the crate `ringo-core`; `build.rs` adds the modules that it leaves
//! out and our own (`modules/*.c`). A program that calls [`main`] behaves as `baresip` does with the same
//! arguments; `module NAME.so` in its config loads a module that is part of the binary.

#![expect(unsafe_code, reason = "calls C")]

mod listener;

pub use listener::{Ear, Listener, listen, say};

use std::ffi::{CString, c_char, c_int};
use std::ptr;

include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// The version of the baresip in this binary, such as `4.12.0`, as its build set it.
pub const VERSION: &str = env!("TELEFONIST_BARESIP_VERSION");

unsafe extern "C" {
    // baresip's src/main.c, with `main` renamed
    fn telefonist_baresip_main(argc: c_int, argv: *mut *mut c_char) -> c_int;
}

/// The names of the modules in this binary, sorted, without `.so`.
pub fn modules() -> &'static [&'static str] {
    CARRIED
}

/// Runs baresip in this process until it quits, and returns its exit code.
///
/// `args` holds what baresip's `main` gets, the program's name first. To be called once in a process, by its main
/// thread, for baresip keeps global state and installs signal handlers.
///
/// # Errors
/// 0 is a normal end; an error while starting comes as its errno value (98: the SIP port is taken, 22: also for
/// empty `args`); 254 after wrong options. A second SIGINT or SIGTERM ends the process without returning.
pub fn main(args: &[CString]) -> i32 {
    const EINVAL: i32 = 22;
    let Ok(argc @ 1..) = c_int::try_from(args.len()) else {
        return EINVAL;
    };
    // getopt reorders argv, so baresip gets strings of its own; they live as long as the process.
    let mut argv: Vec<*mut c_char> = args.iter().map(|arg| arg.clone().into_raw()).collect();
    argv.push(ptr::null_mut());
    // SAFETY: argv holds argc valid C strings and a null pointer, as C wants it for main.
    unsafe { telefonist_baresip_main(argc, argv.as_mut_ptr()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_agent_needs_is_carried() {
        for name in ["g711", "opus", "srtp", "dtls_srtp", "menu", "ctrl_tcp", "recorder", "callreport"] {
            assert!(modules().contains(&name), "{name} is missing in {:?}", modules());
        }
        assert!(modules().is_sorted());
    }

    #[test]
    fn the_version_is_a_version() {
        assert!(VERSION.split('.').all(|part| part.parse::<u32>().is_ok()), "{VERSION}");
    }

    #[test]
    fn no_arguments_are_refused() {
        assert_eq!(main(&[]), 22);
    }
}

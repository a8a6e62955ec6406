//! baresip as a program: `agent -s -f CONFDIR`.

use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;

fn main() {
    let args: Result<Vec<CString>, _> = std::env::args_os().map(|arg| CString::new(arg.into_vec())).collect();
    match args {
        Ok(args) => std::process::exit(telefonist_baresip::main(&args)),
        Err(e) => {
            eprintln!("agent: {e}");
            std::process::exit(254);
        }
    }
}

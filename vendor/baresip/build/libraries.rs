//! The C libraries that the archives and our codecs need, and how each is linked.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Codecs of our own, with their files in `modules/`, the libraries that they need, and the Debian packages that
/// bring those. Without its libraries a codec is left out.
pub const CODECS: &[Codec] = &[
    Codec {
        name: "amr",
        files: &["amr.c", "amr_payload.c"],
        libraries: &["opencore-amrnb", "opencore-amrwb", "vo-amrwbenc"],
        packages: "libopencore-amrnb-dev libopencore-amrwb-dev libvo-amrwbenc-dev",
    },
    Codec { name: "g726", files: &["g726.c"], libraries: &["spandsp"], packages: "libspandsp-dev" },
    Codec { name: "g729", files: &["g729.c"], libraries: &["bcg729"], packages: "libbcg729-dev" },
    Codec { name: "gsm", files: &["gsm.c"], libraries: &["gsm"], packages: "libgsm1-dev" },
];

/// Linked as an archive where there is one: the binary then runs where the library is not installed.
const AS_ARCHIVE: [&str; 10] =
    ["ssl", "crypto", "spandsp", "opus", "z", "opencore-amrnb", "opencore-amrwb", "vo-amrwbenc", "bcg729", "gsm"];

pub struct Codec {
    pub name: &'static str,
    pub files: &'static [&'static str],
    libraries: &'static [&'static str],
    packages: &'static str,
}

impl Codec {
    /// Whether its libraries are installed. Says so if not.
    pub fn is_possible(&self) -> bool {
        let possible = self.libraries.iter().all(|name| find(name, "a").or_else(|| find(name, "so")).is_some());
        if !possible {
            println!(
                "cargo:warning=the embedded agent is built without the codec {}: for it, install {}, \
                 run `cargo clean -p telefonist-baresip` and build again",
                self.name, self.packages
            );
        }
        possible
    }
}

/// Links an archive under a name of our own, for a search path may hold another one of the same name: Debian's
/// libssl.a beside the one that openssl-sys built.
pub fn link_archive(archive: &Path, name: &str) {
    assert!(archive.is_file(), "{} is missing: {}", archive.display(), super::LAYOUT);
    let link = PathBuf::from(super::var("OUT_DIR")).join(format!("libtelefonist_{name}.a"));
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(archive, &link).unwrap_or_else(|e| panic!("cannot make {}: {e}", link.display()));
    println!("cargo:rustc-link-lib=static:-bundle=telefonist_{name}");
}

/// What ringo-core's archives need, in its order (separated by US): `-lNAME` or the path of an archive. What our
/// codecs need comes before the C library.
pub fn link_libraries(after: &str, g722: bool, codecs: &[&Codec]) {
    let (mut openssl, mut others) = (Vec::new(), Vec::new());
    let of_codecs = codecs.iter().flat_map(|codec| codec.libraries).copied();
    others.extend(of_codecs.filter(|name| *name != "spandsp"));
    for item in after.split('\u{1f}') {
        let path = Path::new(item);
        match item.strip_prefix("-l") {
            // asked for even where g722 was left out because the library is not there
            Some("spandsp") if !g722 => {}
            Some(name) => others.push(name),
            None => openssl.push(path),
        }
    }
    for name in ["ssl", "crypto"] {
        // Debian's OpenSSL is named as /usr/lib/libssl.a, where it is not.
        match openssl.iter().find(|p| p.ends_with(format!("lib{name}.a")) && p.is_file()) {
            Some(built) => link_archive(built, name),
            None => link_library(name),
        }
    }
    others.into_iter().for_each(link_library);
}

fn link_library(name: &str) {
    match find(name, "a").filter(|_| AS_ARCHIVE.contains(&name)) {
        Some(path) => link_archive(&path, name),
        None if is_static() => println!("cargo:rustc-link-lib=static:-bundle={name}"),
        None => println!("cargo:rustc-link-lib=dylib={name}"),
    }
}

/// Where the compiler finds a library.
fn find(name: &str, extension: &str) -> Option<PathBuf> {
    let compiler = cc::Build::new().cargo_metadata(false).get_compiler();
    let asked = compiler.to_command().arg(format!("-print-file-name=lib{name}.{extension}")).output().ok()?;
    let path = PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim());
    // The compiler answers with the bare name when it does not know the file.
    path.is_absolute().then_some(path)
}

/// Whether the program is to have no shared libraries at all (`make static`).
fn is_static() -> bool {
    env::var("CARGO_CFG_TARGET_FEATURE").is_ok_and(|features| features.split(',').any(|name| name == "crt-static"))
}

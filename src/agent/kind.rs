//! Which baresip the agents of a host are, learned before the first one starts.

use super::Settings;
use super::version::Version;
use crate::diagnostic::Diagnostic;
use crate::event::Ended;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
    /// What is executed.
    pub program: PathBuf,
    /// It is our own program, and takes `__agent` first.
    pub embedded: bool,
    pub version: Version,
    /// Names without `.so`.
    pub modules: BTreeSet<String>,
    /// Where its modules lie; none for the embedded one, which carries them.
    pub module_path: Option<PathBuf>,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor, patch) = self.version;
        write!(f, "baresip {major}.{minor}.{patch} ")?;
        if self.embedded { write!(f, "(embedded)") } else { write!(f, "({})", self.program.display()) }
    }
}

/// The version of the baresip in this binary, if there is one.
pub fn embedded_version() -> Option<&'static str> {
    #[cfg(feature = "embedded")]
    return Some(telefonist_baresip::VERSION);
    #[cfg(not(feature = "embedded"))]
    None
}

impl Kind {
    /// Learns what the settings' agent is. Starts an external program once, for its banner.
    ///
    /// # Errors
    /// There is no agent, or it is no baresip; with what to do.
    pub fn of(settings: &Settings) -> Result<Kind, Diagnostic> {
        match (&settings.baresip, embedded_version()) {
            (Some(program), _) => external(program, &settings.hidden),
            (None, Some(version)) => embedded(settings, version),
            (None, None) => Err(Diagnostic::error("this telefonist carries no agent of its own").advice(
                "name a baresip with --baresip /path/to/baresip or --baresip PATH (Debian: apt-get install baresip-core), \
                 or build with the feature `embedded`",
            )),
        }
    }

    pub fn has(&self, module: &str) -> bool {
        self.modules.contains(module)
    }

    /// The error of an agent that is to do what it has no module for.
    pub(super) fn lacks(&self, what: &str, module: &str) -> Ended {
        let advice = format!("install baresip's module {module}, or leave --baresip out to use the embedded agent");
        Ended { advice: Some(advice), ..Ended::error(format!("{what} needs the module {module}: {self} has none")) }
    }

    #[cfg(test)]
    pub fn for_tests(version: Version) -> Kind {
        let modules =
            ["srtp", "dtls_srtp", "g711", "g722", "opus", "aufile", "aubridge", "ctrl_tcp"].map(str::to_string).into();
        Kind { program: "/usr/bin/baresip".into(), embedded: false, version, modules, module_path: None }
    }
}

#[cfg(feature = "embedded")]
fn embedded(settings: &Settings, version: &str) -> Result<Kind, Diagnostic> {
    let program = settings.own_program.clone();
    Ok(Kind {
        program: program.ok_or_else(|| Diagnostic::error("the system does not say where this program is"))?,
        embedded: true,
        version: parse_version(version).unwrap_or_default(),
        modules: telefonist_baresip::modules().iter().map(|name| name.to_string()).collect(),
        module_path: None,
    })
}

#[cfg(not(feature = "embedded"))]
fn embedded(_settings: &Settings, _version: &str) -> Result<Kind, Diagnostic> {
    unreachable!("without the feature there is no embedded version")
}

fn external(program: &Path, hidden: &[OsString]) -> Result<Kind, Diagnostic> {
    let unusable = |why: String| {
        Diagnostic::error(format!("`{}` can't be used as agent: {why}", program.display())).advice(
            "name a baresip 1.0 or newer with --baresip (Debian: apt-get install baresip-core), or leave --baresip out to use the embedded agent",
        )
    };
    let banner = banner(program, hidden).map_err(&unusable)?;
    let version = banner.split("baresip v").nth(1).and_then(parse_version);
    let version = version.ok_or_else(|| unusable("it does not say `baresip v…` when asked for its usage".into()))?;
    let module_path = module_path(program).ok_or_else(|| unusable("the folder of its modules is not found".into()))?;
    let entries = module_path.read_dir().map_err(|error| unusable(error.to_string()))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let modules: BTreeSet<String> = names.filter_map(|name| Some(name.strip_suffix(".so")?.to_string())).collect();
    match ["ctrl_tcp", "menu", "g711"].iter().find(|needed| !modules.contains(**needed)) {
        Some(needed) => Err(unusable(format!("its module {needed} is not in {}", module_path.display()))),
        None => Ok(Kind {
            program: program.to_path_buf(),
            embedded: false,
            version,
            modules,
            module_path: Some(module_path),
        }),
    }
}

/// What it says of its usage; it exits with 254 afterwards.
fn banner(program: &Path, hidden: &[OsString]) -> Result<String, String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let mut command = tokio::process::Command::new(program);
        hidden.iter().for_each(|name| _ = command.env_remove(name));
        command.arg("-h").stdin(Stdio::null()).kill_on_drop(true);
        match tokio::time::timeout(Duration::from_secs(5), command.output()).await {
            Err(_) => Err("it does not answer when asked for its usage (-h)".into()),
            Ok(Err(error)) => Err(error.to_string()),
            Ok(Ok(output)) => {
                Ok([output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat())
            }
        }
    })
}

/// `4.12.0 Copyright…` → (4, 12, 0); a missing patch is 0.
fn parse_version(text: &str) -> Option<Version> {
    let word = text.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
    let mut numbers = word.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??, numbers.next().flatten().unwrap_or(0)))
}

/// Beside the program, as `make install` puts it; else where the program itself would look; else where distributions do.
fn module_path(program: &Path) -> Option<PathBuf> {
    let multiarch = format!("lib/{}-linux-gnu/baresip/modules", std::env::consts::ARCH);
    let below = |root: &Path| ["lib/baresip/modules", "lib64/baresip/modules", &multiarch].map(|path| root.join(path));
    let real = program.canonicalize().ok();
    let beside = real.as_deref().and_then(|program| program.parent()?.parent()).map(below);
    let built_in = real.and_then(|program| built_in_path(&std::fs::read(program).ok()?));
    let usual = ["/usr/local", "/usr"].map(|root| below(Path::new(root)));
    let all = beside.into_iter().flatten().chain(built_in).chain(usual.into_iter().flatten());
    all.into_iter().find(|folder| folder.join("ctrl_tcp.so").is_file())
}

/// The folder of modules that was built into a program: the text that ends with `/baresip/modules`.
fn built_in_path(program: &[u8]) -> Option<PathBuf> {
    const END: &[u8] = b"/baresip/modules\0";
    let at = program.windows(END.len()).position(|window| window == END)?;
    let start = program[..at].iter().rposition(|byte| !byte.is_ascii_graphic()).map_or(0, |before| before + 1);
    let path = std::str::from_utf8(&program[start..at + END.len() - 1]).ok()?;
    path.starts_with('/').then(|| path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_banners() {
        assert_eq!(parse_version("1.0.0 Copyright (C) 2010"), Some((1, 0, 0)));
        assert_eq!(parse_version("4.12.0"), Some((4, 12, 0)));
        assert_eq!(parse_version("3.5"), Some((3, 5, 0)));
        assert_eq!(parse_version("x"), None);
    }

    #[test]
    fn the_folder_of_modules_is_read_from_the_program() {
        let program = b"\x7fELF\x00%s\n\x00/opt/sip/lib/baresip/modules\x00rest";
        assert_eq!(built_in_path(program), Some("/opt/sip/lib/baresip/modules".into()));
        for other in [&b"/baresip/modules"[..], b"", b"\0x/baresip/modules\0"] {
            assert_eq!(built_in_path(other), None);
        }
        assert_eq!(module_path(Path::new("/usr/bin/baresip")), Some("/usr/lib/baresip/modules".into()));
    }

    #[test]
    fn debians_baresip_is_recognised() {
        let kind = external(Path::new("/usr/bin/baresip"), &[]).expect("baresip-core is installed");
        assert_eq!((kind.version, kind.has("aufile"), kind.has("auconv")), ((1, 0, 0), true, false));
    }

    #[test]
    fn what_is_no_baresip_is_refused_with_advice() {
        let refused = external(Path::new("/bin/true"), &[]).unwrap_err();
        assert!(refused.message.contains("does not say `baresip v…`") && refused.advice.is_some());
    }
}

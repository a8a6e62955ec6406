//! Puts baresip together: the archives that ringo-core built, the modules it leaves out, our own modules,
//! the files of either that `patches/` mends, and a module table that names them all.

mod flags;
mod libraries;
mod patches;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use flags::{Commands, Flags};
use libraries::{CODECS, Codec, link_archive, link_libraries};

/// The ringo-core that this script was written for; its layout is nobody's promise.
const RINGO_CORE: &str = "ringo-core 0.17.0";
const LAYOUT: &str = "the layout of ringo-core 0.17.0 is not as expected";

/// Modules of baresip that ringo-core ships as source but does not build, with their files.
const EXTRA: &[(&str, &[&str])] = &[
    ("account", &["account.c"]),
    ("augain", &["augain.c"]),
    ("contact", &["contact.c"]),
    ("ctrl_tcp", &[CTRL_TCP, "tcp_netstring.c", "netstring/netstring.c"]),
    ("debug_cmd", &["debug_cmd.c"]),
    ("echo", &["echo.c"]),
    ("in_band_dtmf", &["in_band_dtmf.c"]),
    ("menu", &["menu.c", "static_menu.c", "dynamic_menu.c"]),
    ("mixausrc", &["mixausrc.c"]),
    ("mixminus", &["mixminus.c"]),
    ("natpmp", &["natpmp.c", "libnatpmp.c"]),
    ("pcp", &["pcp.c", "listener.c"]),
    ("presence", &["presence.c", "subscriber.c", "notifier.c", "publisher.c"]),
    ("rtcpsummary", &["rtcpsummary.c"]),
    ("serreg", &["serreg.c"]),
    ("uuid", &["uuid.c"]),
    ("vumeter", &["vumeter.c"]),
];

/// It obeys whoever connects: `modules/control.c` stands between it and the port.
const CTRL_TCP: &str = "ctrl_tcp.c";

/// Our own modules, with their files in `modules/`.
const OWN: &[(&str, &[&str])] = &[
    ("callreport", &["callreport.c"]),
    ("listener", &["listener.c"]),
    ("recorder", &["recorder.c", "track.c", "wav.c"]),
    ("rtpcapture", &["rtpcapture.c"]),
    ("silence", &["silence.c"]),
];

/// Built by ringo-core but not offered: it renews every UA when an interface changes, in the middle of a test.
const LEFT_OUT: &[&str] = &["netroam"];

/// Missing ones mean that ringo-core was built without a library; each with the Debian package that brings it.
const REQUIRED: &[(&str, &str)] = &[("g711", "build-essential"), ("opus", "libopus-dev"), ("dtls_srtp", "libssl-dev")];

fn main() {
    for folder in ["build", "modules", "patches"] {
        println!("cargo:rerun-if-changed={folder}");
    }

    let out = PathBuf::from(var("OUT_DIR"));
    let baresip_lib = PathBuf::from(var("DEP_RINGO_CORE_BARESIP_LIB"));
    let re_lib = PathBuf::from(var("DEP_RINGO_CORE_RE_LIB"));
    let build = build_folder(&baresip_lib);
    let commands = Commands::read(&[&build, &build.with_file_name("re-build")]);
    // account.c has no flags of its own
    let account = commands.find(|file| file.ends_with("baresip/src/account.c"));
    let (account, flags) = account.unwrap_or_else(|| panic!("baresip was built without its src/account.c: {LAYOUT}"));
    let source = account.ancestors().nth(2).expect("account.c has a folder");

    let mut modules = modules_of(&build.join("src/static.c"));
    let alsa = env::var_os("CARGO_FEATURE_ALSA").map(|_| ("alsa", "libasound2-dev"));
    for (name, package) in REQUIRED.iter().copied().chain(alsa) {
        assert!(
            modules.iter().any(|m| m == name),
            "{RINGO_CORE} was built without baresip's module {name}: \
             install the package {package}, run `cargo clean -p ringo-core` and build again"
        );
    }
    modules.retain(|m| !LEFT_OUT.contains(&m.as_str()));
    let g722 = modules.iter().any(|m| m == "g722");
    let codecs: Vec<&Codec> = CODECS.iter().filter(|codec| codec.is_possible()).collect();
    modules.extend(EXTRA.iter().chain(OWN).map(|(name, _)| name.to_string()));
    modules.extend(codecs.iter().map(|codec| codec.name.to_string()));
    modules.sort();
    modules.dedup();

    compile(&out, &commands, source, &Modules { flags: &flags, names: &modules, codecs: &codecs, g722 });
    // Ours come first and whole, so that their mod_table is found before the one in libbaresip.a. Nothing is
    // bundled into the rlib: a package with a lib and a bin would then link both tables.
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=static:+whole-archive,-bundle=telefonist_modules");
    link_archive(&baresip_lib, "baresip");
    link_archive(&re_lib, "re");
    link_libraries(&var("DEP_RINGO_CORE_LINK_AFTER_ARCHIVES"), g722, &codecs);

    let list: String = modules.iter().map(|m| format!("{m:?}, ")).collect();
    let rust = format!("const CARRIED: &[&str] = &[{list}];\n");
    fs::write(out.join("modules.rs"), rust).expect("cannot write modules.rs");
    println!("cargo:rustc-env=TELEFONIST_BARESIP_VERSION={}", flags.version());
}

fn var(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: {RINGO_CORE} no longer hands it on, so vendor/baresip/build has to be adapted")
    })
}

/// ringo-core's `OUT_DIR/baresip-build`, from `OUT_DIR/baresip-install/lib/libbaresip.a`.
fn build_folder(baresip_lib: &Path) -> PathBuf {
    baresip_lib
        .ancestors()
        .map(|dir| dir.join("baresip-build"))
        .find(|dir| dir.join("compile_commands.json").is_file())
        .unwrap_or_else(|| panic!("no baresip-build/compile_commands.json above {}: {LAYOUT}", baresip_lib.display()))
}

/// The modules in libbaresip.a, read from the table that its build generated.
fn modules_of(table: &Path) -> Vec<String> {
    let text = fs::read_to_string(table).unwrap_or_else(|e| panic!("cannot read {}: {e}: {LAYOUT}", table.display()));
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("&exports_")?.strip_suffix(','))
        .map(str::to_string)
        .collect()
}

/// What goes into the archive of modules.
struct Modules<'a> {
    /// Those of baresip's own files.
    flags: &'a Flags,
    /// All that the table names.
    names: &'a [String],
    codecs: &'a [&'a Codec],
    g722: bool,
}

/// `libtelefonist_modules.a`: the extra modules, our own, the patched files, the module table and baresip's main.
fn compile(out: &Path, commands: &Commands, source: &Path, modules: &Modules) {
    let Modules { flags, names, codecs, g722 } = *modules;
    let vendor = source.parent().expect("baresip's source is in vendor/");
    let mut patched = patches::apply(Path::new("patches"), vendor, &out.join("patched"));
    let mut parts = Vec::new();

    let mut upstream = flags.build();
    upstream.warnings(false).include(source.join("include"));
    let mut guarded = upstream.clone();
    guarded.define("tcp_listen", "control_listen").define("tcp_accept", "control_accept");
    for (name, files) in EXTRA {
        let folder = source.join("modules").join(name);
        for file in files.iter().map(|f| folder.join(f)) {
            assert!(file.is_file(), "{} is missing: {RINGO_CORE} no longer ships this module", file.display());
            let mut build = if file.ends_with(CTRL_TCP) { &guarded } else { &upstream }.clone();
            match patched.remove(&file) {
                Some(ours) => patches::compile(&mut build, &file, &ours),
                None => _ = build.file(file),
            }
            parts.push(build);
        }
    }
    // The linker finds them before it looks into the archives that hold the original ones.
    for (file, ours) in patched {
        let (_, flags) = commands.find(|compiled| compiled == file).unwrap_or_else(|| {
            panic!("patches/ changes {}, which {RINGO_CORE} does not compile", file.display());
        });
        let mut build = flags.build();
        patches::compile(&mut build, &file, &ours);
        parts.push(build);
    }

    let table = out.join("mod_table.c");
    fs::write(&table, mod_table(names)).expect("cannot write mod_table.c");
    let mut own = flags.build();
    own.file(table).file("modules/control.c").warnings(true).extra_warnings(true);
    // the patched sessions call it, and it knows them
    own.file("modules/session_timer.c").include(vendor.join("re/src/sipsess"));
    for file in OWN.iter().flat_map(|(_, files)| *files).chain(codecs.iter().flat_map(|codec| codec.files)) {
        own.file(Path::new("modules").join(file));
    }
    if g722 {
        own.file("modules/spandsp_dot.c");
    }

    let mut main = flags.build();
    main.warnings(false).define("main", "telefonist_baresip_main").file(source.join("src/main.c"));

    let mut archive = cc::Build::new();
    archive.cargo_metadata(false);
    for part in parts.into_iter().chain([own, main]) {
        archive.objects(part.compile_intermediates());
    }
    archive.compile("telefonist_modules");
}

fn mod_table(modules: &[String]) -> String {
    let declared: String = modules.iter().map(|m| format!("extern const struct mod_export exports_{m};\n")).collect();
    let entries: String = modules.iter().map(|m| format!("\t&exports_{m},\n")).collect();
    format!(
        "#include <re_types.h>\n#include <re_mod.h>\n{declared}\
         extern const struct mod_export *mod_table[];\nconst struct mod_export *mod_table[] = {{\n{entries}\tNULL\n}};\n"
    )
}

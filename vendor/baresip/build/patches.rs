//! Files of baresip and libre with our changes: `patches/re/src/sip/auth.c.patch` changes `re/src/sip/auth.c`.
//! patches/README.md says how they are made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Writes the changed files to `out`. Gives the path of each original file with that of the changed one.
pub fn apply(patches: &Path, vendor: &Path, out: &Path) -> BTreeMap<PathBuf, PathBuf> {
    let mut changed = BTreeMap::new();
    for patch in files(patches).into_iter().filter(|file| file.extension().is_some_and(|e| e == "patch")) {
        let name = patch.strip_prefix(patches).expect("it is in this folder").with_extension("");
        assert!(name.extension().is_some_and(|e| e == "c"), "{}: only .c files can be patched", patch.display());
        let original = vendor.join(&name);
        let ours = out.join(&name);
        let text = fs::read_to_string(&original)
            .unwrap_or_else(|e| panic!("{}: cannot read {}: {e}", patch.display(), original.display()));
        fs::create_dir_all(ours.parent().expect("a file has a folder"))
            .expect("cannot make the folder of a patched file");
        fs::write(&ours, apply_one(&patch, &text)).expect("cannot write a patched file");
        changed.insert(original, ours);
    }
    changed
}

fn apply_one(patch: &Path, original: &str) -> String {
    let text = fs::read_to_string(patch).unwrap_or_else(|e| panic!("cannot read {}: {e}", patch.display()));
    let parsed = diffy::Patch::from_str(&text).unwrap_or_else(|e| panic!("{} is no patch: {e}", patch.display()));
    assert!(!parsed.hunks().is_empty(), "{} changes nothing", patch.display());
    diffy::apply(original, &parsed).unwrap_or_else(|e| {
        panic!(
            "{} does not fit its file: {e}; write it again for this version, or delete it if upstream has the change \
             (vendor/baresip/patches/README.md)",
            patch.display()
        )
    })
}

/// Has the compiler take the changed file. It looks for includes in quotes beside the original one, and among our own.
pub fn compile(build: &mut cc::Build, original: &Path, ours: &Path) {
    build.warnings(true).include(original.parent().expect("a file has a folder")).include("modules").file(ours);
}

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("cannot read {}: {e}", folder.display()));
        for path in entries.map(|entry| entry.expect("cannot read a folder of patches").path()) {
            if path.is_dir() { &mut folders } else { &mut found }.push(path);
        }
    }
    found
}

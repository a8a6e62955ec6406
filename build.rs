//! Makes the web UI part of the program, and packs the program's relocations.

fn main() {
    // when `make ui` has built another one, the program that embeds it is rebuilt
    println!("cargo::rerun-if-changed=ui/dist");
    // Each agent is a process of this program, and reads its table of relocations: 2 MB, or 30 kB packed.
    println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
}

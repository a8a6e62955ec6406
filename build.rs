//! Says that the web UI is part of the program: when `make ui` has built another one, the program that embeds it is built anew.

fn main() {
    println!("cargo::rerun-if-changed=ui/dist");
}

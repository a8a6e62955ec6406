//! Makes the web UI part of the program: when `make ui` has built another one, the program that embeds it is rebuilt.

fn main() {
    println!("cargo::rerun-if-changed=ui/dist");
}

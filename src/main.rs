//! The telefonist program: arguments in, exit code out.

/// Events are made in one thread and freed in another, which costs several times as much with glibc's.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    telefonist::cli::main()
}

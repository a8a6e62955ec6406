//! The telefonist program: arguments in, exit code out.

fn main() -> std::process::ExitCode {
    telefonist::cli::main()
}

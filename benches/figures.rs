//! `cargo bench -p tanist-benches`: measures every figure and prints it beside its target.
use std::process::ExitCode;

fn main() -> ExitCode {
    let names: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    tanist_benches::run(&names)
}

//! `cargo bench -p tanist-benches`: measures every figure and prints it beside its target.
use std::alloc::System;
use std::process::ExitCode;
use zeroizing_alloc::ZeroAlloc;

// As the program has it.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    let names: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    tanist_benches::run(&names)
}

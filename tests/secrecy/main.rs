//! Key work keeps its secrets: the real program under a debugger and under strace.
//!
//! Needs gdb and strace; where one is absent, or may not trace, the tests that need it say so.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
mod bip39;
mod call;
mod chain;
mod control;
mod elf;
mod image;
mod memory;
mod needle;
mod scene;
mod trace;

//! The process that becomes the signer.
use crate::exit::Exit;
use crate::failure::Failure;
use std::ffi::OsString;

/// Returns only where this process could not become `argv`.
pub(super) fn run(supervisor: u32, argv: &[OsString]) -> Box<Failure> {
    let error = watchdog_supervise::process::stage(supervisor, argv);
    Failure::new(Exit::Error, "signer_not_started", "the signer was not started").caused_by(&error)
}

//! What stands between the supervisor and the signer for a moment, in the new process.
use rustix::process::{Signal, getppid, set_parent_process_death_signal, setsid};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// A process that cannot become the signer. It ends without having run anything.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// No program was named.
    #[error("no program to run")]
    Empty,
    /// The supervisor ended before its end could be noticed.
    #[error("the supervisor has ended")]
    Orphaned,
    /// The system said no.
    #[error("{0} failed")]
    System(&'static str, #[source] std::io::Error),
}

/// Turns this process into `argv`: in a session of its own, and killed at once by the kernel when
/// `supervisor`, its parent, ends. Returns only where that failed.
///
/// The kernel watches the *thread* that started this process, and forgets the wish where the program
/// has more rights than its caller (set-user-ID, file capabilities): such a signer is found by its mark.
/// Source: prctl(2), `PR_SET_PDEATHSIG`.
pub fn stage(supervisor: u32, argv: &[OsString]) -> StageError {
    let Some((program, arguments)) = argv.split_first() else { return StageError::Empty };
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return StageError::System("asking for a signal at the supervisor's end", error.into());
    }
    // Looked at after the wish: from here on the signal comes, before it nobody would have sent it.
    let parent = getppid().and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok());
    if parent != Some(supervisor) {
        return StageError::Orphaned;
    }
    if let Err(error) = setsid() {
        return StageError::System("making a session", error.into());
    }
    StageError::System("running the signer", Command::new(program).args(arguments).exec())
}

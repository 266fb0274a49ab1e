//! For tests of restarts: ends the process at the crash point that `TANIST_CRASH_AT` counts to.
use rustix::process::{Signal, getpid, kill_process};
use watchdog_core::crash;

/// Number of the point, from 1, at which the process kills itself.
const CRASH_AT: &str = "TANIST_CRASH_AT";

/// Arms the crash point, where one is named. Nothing is flushed and nothing is told, as in a power cut.
pub(super) fn arm() {
    let at = std::env::var_os(CRASH_AT).and_then(|at| at.to_str()?.parse().ok());
    if let Some(at) = at {
        crash::arm(at, move |point| {
            anstream::eprintln!("crash point {at}: {point}");
            kill_process(getpid(), Signal::KILL).ok();
        });
    }
}

//! Keeps secrets out of core dumps and off the swap.
use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{DumpableBehavior, Resource, geteuid, getrlimit, set_dumpable_behavior};

/// Forbids core dumps, and locks memory as it is touched. What the system does not allow is told and
/// gone without.
pub(super) fn protect() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "core dumps cannot be forbidden: set `LimitCORE=0`");
    }
    // Under a limit that is large enough today, a later allocation would fail instead of this call.
    let is_unlimited = getrlimit(Resource::Memlock).current.is_none() || geteuid().is_root();
    if !is_unlimited {
        tracing::warn!("memory is not locked and may be swapped out: set `LimitMEMLOCK=infinity`");
        return;
    }
    if let Err(error) = mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT) {
        tracing::warn!(%error, "memory is not locked and may be swapped out: set `LimitMEMLOCK=infinity`");
    }
}

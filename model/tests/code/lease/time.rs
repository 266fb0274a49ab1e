//! What the model's ticks are on real clocks.
//!
//! A tick is a third of the lease, so that an instant between two ticks is either before the moment at which the
//! sidecar begins to stop the signer, or after the one at which it has stopped. A tick that the node's clock loses takes
//! only as long as a clock may lose in one lease, ρ = 1/1000 of it: in it time passes for all but the node. So a lease
//! that lost its tick ends by the node's clock as late as the specification assumes, and no later.
use std::time::Duration;
use tanist_model::sidecar::{LEASE, WATCHDOG};
use watchdog_core::clock::Uptime;
use watchdog_supervise::sidecar::SidecarTimes;

/// A tick that no clock loses.
const TICK: Duration = Duration::from_secs(5);
/// ρ of the specification, section 6.2, as one part in this many.
const DRIFT: u32 = 1000;
/// Looks of the sidecar in a tick.
pub(super) const LOOKS: u32 = 20;

/// When everything begins, on all clocks.
pub(super) fn start() -> Uptime {
    Uptime(Duration::from_hours(1))
}

/// Time to live of the node's lease.
pub(super) fn ttl() -> Duration {
    TICK * u32::from(LEASE)
}

/// What the store says that it grants. A store may be generous, and the engine still counts with what the node has
/// published.
pub(super) fn granted() -> Duration {
    ttl() + TICK
}

/// Time after the last feeding at which the device resets the machine.
pub(super) fn device() -> Duration {
    TICK * u32::from(WATCHDOG)
}

/// How long a tick is that the node's clock loses.
pub(super) fn lost() -> Duration {
    ttl() / DRIFT
}

/// Time from one look of the sidecar to the next.
pub(super) fn look() -> Duration {
    TICK / LOOKS
}

/// The sidecar's times.
pub(super) fn times() -> SidecarTimes {
    SidecarTimes { tick: look(), ..SidecarTimes::of(ttl()) }
}

#[test]
fn an_instant_is_never_between_the_first_word_to_the_signer_and_its_end() {
    let (times, asked) = (times(), start());
    assert_eq!(times.check(), Ok(()));
    let until = times.lapse_at(asked);
    let last = asked.after(TICK * u32::from(LEASE - 1));
    assert!(last < times.stop_at(until), "with a tick left the signer runs");
    assert!(until.after(lost()) < asked.after(ttl()), "without one it is gone, also by a clock that is slow");
}

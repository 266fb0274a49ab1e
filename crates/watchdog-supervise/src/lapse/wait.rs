//! How long is waited for a node whose lease was taken. Pure.
use crate::doubt::Doubt;
use crate::sidecar::holder::Holder;
use std::time::Duration;
use watchdog_core::clock::Uptime;
use watchdog_core::lease::Held;

/// Drift assumed between two clocks: one part in this many.
const DRIFT: u32 = 1000;

/// The wait for a node, in one term of the engine's on the node's lease.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Wait {
    token: u64,
    end: Uptime,
    time: Duration,
}

impl Wait {
    /// The wait that begins at `taken`, when the lease was taken as `held` at the latest; `holder` is what the node had
    /// published of itself by then. `requires_device` says that the end of the wait shall be a proof.
    ///
    /// # Errors
    /// The node has published no watchdog device where one is required: no wait proves that it has stopped.
    pub fn begun(held: Held, taken: Uptime, holder: &Holder, requires_device: bool) -> Result<Self, Doubt> {
        if requires_device && holder.device.is_none() {
            let reason = "the node's watchdog device was not confirmed active in its last term";
            return Err(Doubt::Weak(reason.to_owned()));
        }
        let time = lapse_bound(holder.lease, holder.device.unwrap_or_default());
        Ok(Self { token: held.token(), end: taken.after(time), time })
    }

    /// Whether it goes on, now that the lease is held as `held`: a term that lapsed on the way may have been the
    /// node's again.
    pub fn goes_on(&self, held: Held) -> bool {
        held.token() == self.token
    }

    /// Whether the node has stopped by `now`.
    pub fn is_over(&self, now: Uptime) -> bool {
        now >= self.end
    }

    /// When it is over.
    pub fn end(&self) -> Uptime {
        self.end
    }

    /// How long it takes.
    pub fn time(&self) -> Duration {
        self.time
    }

    /// The engine's term on the node's lease.
    pub fn token(&self) -> u64 {
        self.token
    }
}

/// `node_lease · (1 + ρ) + watchdog_timeout`.
pub fn lapse_bound(lease: Duration, device: Duration) -> Duration {
    let drift = lease.checked_div(DRIFT).unwrap_or_default();
    lease.saturating_add(drift).saturating_add(device)
}

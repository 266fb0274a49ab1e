//! Waiting until a node has fenced itself.
mod wait;

use crate::doubt::{Doubt, FenceError};
use crate::fence::{Evidence, Fence, Rehearsal};
use crate::order::{Order, Target};
use crate::sidecar::holder::Holder;
use async_trait::async_trait;
use serde_json::json;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
pub use wait::{Wait, lapse_bound};
use watchdog_core::causes;
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;
use watchdog_core::lease::{Held, Lease, LeaseError};

/// Pause between two attempts to take the node's lease.
const LOOK: Duration = Duration::from_millis(500);

/// The node's own lease, taken over by the engine.
///
/// Whoever takes it knows that the node renews it no more. From then on it waits
/// `node_lease · (1 + ρ) + watchdog_timeout`, both as the node has published them before it started its
/// signer: after the first part the sidecar has stopped the signer, unless it hangs; after the second the
/// watchdog device has reset the machine. A grant holds for one term, so the node that comes back may not
/// sign: fenced it stays.
///
/// Proves only where the published watchdog device was confirmed active; source: safety model, section
/// 5.4, rung 5. It sends nothing to the node, and so works where the node cannot be reached.
pub struct Lapse {
    lease: Arc<dyn Lease>,
    requires_device: bool,
    /// Token of the engine's own term that was waited out. Lost with the process: who only holds the
    /// lease has not waited yet.
    waited: Mutex<Option<u64>>,
}

impl fmt::Debug for Lapse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lapse").field("requires_device", &self.requires_device).finish_non_exhaustive()
    }
}

impl Lapse {
    /// The lease of one node. `requires_device` says that the node has a watchdog device: the fence then
    /// proves, and fails where the device was not confirmed. Without it, it is likely at most.
    pub fn new(lease: Arc<dyn Lease>, requires_device: bool) -> Self {
        Self { lease, requires_device, waited: Mutex::new(None) }
    }

    /// Takes the lease as soon as the node has lost it.
    async fn take(&self, cx: &Cx) -> Result<Held, Doubt> {
        loop {
            match cx.bound(self.lease.hold(cx)).await? {
                Ok(held) => return Ok(held),
                Err(error) => tracing::debug!(error = causes::line(&error), "node's lease not taken yet"),
            }
            cx.sleep_until(cx.clock().uptime().after(LOOK)).await?;
        }
    }

    /// Keeps the lease until the end of `wait`.
    async fn wait_out(&self, mut held: Held, wait: Wait, cx: &Cx) -> Result<(), Doubt> {
        loop {
            let now = cx.clock().uptime();
            if wait.is_over(now) {
                return Ok(());
            }
            let third = held.until().since(now).checked_div(3).unwrap_or_default();
            cx.sleep_until(wait.end().min(now.after(third.max(LOOK)))).await?;
            match cx.bound(self.lease.hold(cx)).await? {
                Ok(again) if wait.goes_on(again) => held = again,
                Ok(_) | Err(LeaseError::Taken { .. }) => {
                    let reason = "the node's lease was lost again while the end of the node was waited for";
                    return Err(Doubt::Weak(reason.to_owned()));
                }
                Err(error) => tracing::debug!(error = causes::line(&error), "node's lease not renewed"),
            }
        }
    }

    /// What the node published last about itself.
    async fn published(&self, target: &Target, cx: &Cx) -> Result<(Holder, u64), Doubt> {
        let beat = cx.bound(self.lease.heartbeat(cx)).await?.map_err(|error| unreachable(&error))?;
        let beat = beat.ok_or_else(|| Doubt::Weak("the node's sidecar has never been seen".to_owned()))?;
        let holder: Holder = beat.holder.parse().map_err(|_| Doubt::Strange("no sidecar wrote it".to_owned()))?;
        if holder.target == *target {
            Ok((holder, beat.token))
        } else {
            Err(Doubt::Elsewhere(format!("it is about {}", holder.target)))
        }
    }
}

#[async_trait]
impl Fence for Lapse {
    fn strength(&self) -> Strength {
        if self.requires_device { Strength::Proves } else { Strength::Likely }
    }

    async fn fence(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        let held = self.take(cx).await?;
        let taken = cx.clock().uptime();
        // Read after the lease was taken: the node publishes before it starts a signer, so no newer term
        // of it can have had one.
        let (holder, term) = self.published(&order.target, cx).await?;
        let wait = Wait::begun(held, taken, &holder, self.requires_device)?;
        self.wait_out(held, wait, cx).await?;
        *self.waited.lock().unwrap_or_else(PoisonError::into_inner) = Some(wait.token());
        let evidence = json!({
            "node_term": term, "own_term": wait.token(), "waited_seconds": wait.time().as_secs_f64(),
            "node_lease_seconds": holder.lease.as_secs_f64(), "watchdog_seconds": holder.device.map(|d| d.as_secs_f64()),
        });
        Ok(Evidence(evidence))
    }

    /// Holds as long as the node has no newer term since one was waited out here. A node that is back shows
    /// one, though it may not sign in it: then a fence that speaks to the node must tell.
    async fn verify(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        let waited = *self.waited.lock().unwrap_or_else(PoisonError::into_inner);
        match cx.bound(self.lease.hold(cx)).await? {
            Ok(held) if waited != Some(held.token()) => {
                let reason =
                    "the node's lease is held here, and the time until the node has stopped was not waited out";
                Err(Doubt::Weak(reason.to_owned()).into())
            }
            Ok(held) => Ok(Evidence(json!({ "own_term": held.token(), "node": order.target.node }))),
            Err(LeaseError::Taken { holder }) => {
                Err(Doubt::StillThere(format!("{holder} holds the node's lease again")).into())
            }
            Err(error) => Err(unreachable(&error).into()),
        }
    }

    async fn rehearse(&self, target: &Target, cx: &Cx) -> Result<Rehearsal, FenceError> {
        let (holder, term) = self.published(target, cx).await?;
        let bound = lapse_bound(holder.lease, holder.device.unwrap_or_default()).as_secs_f64();
        let found = format!(
            "the node's lease had term {term}; this fence would take up to {bound:.1} s from the moment it is taken over"
        );
        let lacking = match (self.requires_device, holder.device) {
            (true, None) => {
                vec!["the node's watchdog device is not confirmed active: a fence by it would prove nothing".to_owned()]
            }
            _ => vec![],
        };
        Ok(Rehearsal { found, lacking })
    }

    async fn lift(&self, _: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        let held = cx.bound(self.lease.hold(cx)).await?;
        if let Ok(held) = held {
            cx.bound(self.lease.release(held, cx)).await?.map_err(|error| unreachable(&error))?;
        }
        // The node may hold its lease again; the right to sign in it is granted by another fence.
        Ok(Evidence(json!({ "released": true })))
    }
}

fn unreachable(error: &LeaseError) -> Doubt {
    Doubt::Weak(format!("the node's lease cannot be read: {}", causes::line(error)))
}

//! What a node runs, starts and stops.
use crate::doubt::Doubt;
use async_trait::async_trait;
use std::fmt;
use std::time::Duration;
use watchdog_core::clock::Uptime;
use watchdog_core::cx::Cx;

/// Pause between two looks at a signer that is ending.
const LOOK: Duration = Duration::from_millis(25);

/// Whatever holds the key on this node, as something to start and stop. All calls are short: none
/// waits for the signer.
#[async_trait]
pub trait Signer: fmt::Debug + Send + Sync {
    /// Starts it. Only under the lock of the node's memory, and where nothing of it is left.
    async fn start(&self, cx: &Cx) -> Result<(), Doubt>;

    /// Tells it to end. May be repeated.
    async fn press(&self, force: Force, cx: &Cx) -> Result<(), Doubt>;

    /// Looks what is there of it, children and orphans included.
    async fn presence(&self, cx: &Cx) -> Result<Presence, Doubt>;

    /// Sees to it that nothing but this crate starts it, also after a reboot. May be repeated.
    async fn bar(&self, cx: &Cx) -> Result<(), Doubt>;

    /// Whether [`bar`](Self::bar) holds, read anew.
    async fn is_barred(&self, cx: &Cx) -> Result<bool, Doubt>;

    /// Takes [`bar`](Self::bar) back as far as starting it needs that. May be repeated.
    async fn unbar(&self, cx: &Cx) -> Result<(), Doubt>;
}

/// How a signer is told to end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Force {
    /// It may finish what it does: SIGTERM.
    Ask,
    /// At once: SIGKILL.
    Kill,
}

/// What is there of a signer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Presence {
    /// Nothing.
    Absent,
    /// Something; what, for people.
    Present(String),
}

/// Stops `signer`: asks, kills after `grace`, and looks until nothing is left at two looks in a row or
/// `cx` is over.
pub(crate) async fn put_out(signer: &dyn Signer, grace: Duration, cx: &Cx) -> Result<(), Doubt> {
    cx.bound(until_absent(signer, grace, cx)).await?
}

async fn until_absent(signer: &dyn Signer, grace: Duration, cx: &Cx) -> Result<(), Doubt> {
    let until: Uptime = cx.clock().uptime().after(grace);
    let mut absent = 0_u8;
    let mut asked = false;
    loop {
        match signer.presence(cx).await? {
            Presence::Absent if absent > 0 => return Ok(()),
            Presence::Absent => absent += 1,
            Presence::Present(_) if cx.clock().uptime() >= until => {
                absent = 0;
                signer.press(Force::Kill, cx).await?;
            }
            Presence::Present(_) => {
                absent = 0;
                if !asked {
                    asked = true;
                    signer.press(Force::Ask, cx).await?;
                }
            }
        }
        cx.sleep_until(cx.clock().uptime().after(LOOK)).await?;
    }
}

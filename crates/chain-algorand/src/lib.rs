//! Algorand adapter of the failover watchdog: keys and addresses.
use watchdog_core::chain::Offline;

/// The chain, for a registry: `Registry::default().with_offline::<Algorand>()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Algorand;

impl Offline for Algorand {
    const NAME: &'static str = "algorand";
}

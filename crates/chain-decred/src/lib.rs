//! Decred adapter of the failover watchdog: keys and addresses.
use watchdog_core::chain::Offline;

/// The chain, for a registry: `Registry::default().with_offline::<Decred>()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decred;

impl Offline for Decred {
    const NAME: &'static str = "decred";
}

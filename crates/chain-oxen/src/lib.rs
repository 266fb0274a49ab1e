//! Oxen adapter of the failover watchdog: keys and addresses.
use watchdog_core::chain::Offline;

/// The chain, for a registry: `Registry::default().with_offline::<Oxen>()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Oxen;

impl Offline for Oxen {
    const NAME: &'static str = "oxen";
}

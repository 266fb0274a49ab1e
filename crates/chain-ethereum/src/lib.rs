//! Ethereum adapter of the failover watchdog: keys and addresses.
use watchdog_core::chain::Offline;

/// The chain, for a registry: `Registry::default().with_offline::<Ethereum>()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ethereum;

impl Offline for Ethereum {
    const NAME: &'static str = "ethereum";
}

//! The one list of chains.
use watchdog_core::registry::Registry;

/// Every chain built into this binary, one line and one feature each.
pub(crate) fn registry() -> Registry {
    let registry = Registry::default();
    #[cfg(feature = "radix")]
    let registry = registry.with::<chain_radix::Radix>();
    #[cfg(feature = "algorand")]
    let registry = registry.with_offline::<chain_algorand::Algorand>();
    #[cfg(feature = "decred")]
    let registry = registry.with_offline::<chain_decred::Decred>();
    #[cfg(feature = "ethereum")]
    let registry = registry.with_offline::<chain_ethereum::Ethereum>();
    #[cfg(feature = "oxen")]
    let registry = registry.with_offline::<chain_oxen::Oxen>();
    registry
}

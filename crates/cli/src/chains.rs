//! The one list of chains.
use watchdog_core::registry::Registry;

/// Every chain built into this binary, one line and one feature each.
pub(crate) fn registry() -> Registry {
    let registry = Registry::default();
    #[cfg(feature = "radix")]
    let registry = registry.with::<chain_radix::Radix>();
    registry
}

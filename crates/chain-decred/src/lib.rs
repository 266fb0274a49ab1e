//! Decred adapter of the failover watchdog: keys, addresses, scripts and signed messages.
//!
//! Read [`keys`] for what a seed becomes, [`address`] and [`script`] for what is paid to it,
//! [`message`] for what it signs. Operators read `docs/chains/decred.md`.
pub mod address;
pub mod algorithm;
mod base58;
pub mod hash;
pub mod keys;
pub mod message;
pub mod network;
pub mod script;

use address::DecredAddresses;
use keys::DecredKeys;
use watchdog_core::chain::{AddressReader, Offline};
use watchdog_core::keys::KeyDerivation;

/// The chain, for a registry: `Registry::default().with_offline::<Decred>()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decred;

impl Offline for Decred {
    const NAME: &'static str = "decred";

    fn keys() -> Option<&'static dyn KeyDerivation> {
        Some(&DecredKeys)
    }

    fn addresses() -> Option<&'static dyn AddressReader> {
        Some(&DecredAddresses)
    }
}

//! Oxen and Session adapter of the failover watchdog: keys and addresses.
//!
//! Read [`mnemonic`] and [`keys`] for what wallets, Session accounts and service nodes hold,
//! [`address`] for the texts that are public, and [`bls`] for the BN254 signatures that the rewards
//! contract checks. Operators read `docs/chains/oxen.md`.
//!
//! Sources: oxen-core 11.0.6, eth-sn-contracts (commit 681af289).
pub mod address;
pub mod bls;
pub mod keys;
pub mod mnemonic;
pub mod network;

mod keccak;
mod tool;

use address::OxenAddresses;
use keys::OxenKeys;
use watchdog_core::chain::{AddressReader, Offline};
use watchdog_core::keys::KeyDerivation;

/// The chain, for a registry: `Registry::default().with_offline::<Oxen>()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Oxen;

impl Offline for Oxen {
    const NAME: &'static str = "oxen";

    fn keys() -> Option<&'static dyn KeyDerivation> {
        Some(&OxenKeys)
    }

    fn addresses() -> Option<&'static dyn AddressReader> {
        Some(&OxenAddresses)
    }
}

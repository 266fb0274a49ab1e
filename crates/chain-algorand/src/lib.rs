//! Algorand adapter of the failover watchdog: keys and addresses.
//!
//! Read [`mnemonic`] for the chain's own 25 words, [`keys`] for the wallets' trees of ARC-52 and for
//! signatures, [`address`] for the text form of an account. Operators read
//! `docs/chains/algorand.md`.
pub mod address;
pub mod keys;
pub mod mnemonic;
pub mod network;

use address::AlgorandAddresses;
use keys::AlgorandKeys;
use watchdog_core::chain::{AddressReader, Offline};
use watchdog_core::keys::KeyDerivation;

/// The chain, for a registry: `Registry::default().with_offline::<Algorand>()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Algorand;

impl Offline for Algorand {
    const NAME: &'static str = "algorand";

    fn keys() -> Option<&'static dyn KeyDerivation> {
        Some(&AlgorandKeys)
    }

    fn addresses() -> Option<&'static dyn AddressReader> {
        Some(&AlgorandAddresses)
    }
}

//! Ethereum adapter of the failover watchdog: keys, keystores and addresses.
//!
//! Read [`keys`] for derivation (EIP-2333 and EIP-2334, BIP-44), [`keystore`] for EIP-2335,
//! [`address`] for EIP-55 and withdrawal credentials, [`legacy`] for the files of the validator
//! supervisor that tanist replaces. Operators read `docs/chains/ethereum.md`.
pub mod address;
mod hexadecimal;
pub mod keys;
pub mod keystore;
pub mod legacy;
pub mod network;

use address::EthereumAddresses;
use keys::EthereumKeys;
use watchdog_core::chain::{AddressReader, Offline};
use watchdog_core::keys::KeyDerivation;

/// The chain, for a registry: `Registry::default().with_offline::<Ethereum>()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ethereum;

impl Offline for Ethereum {
    const NAME: &'static str = "ethereum";

    fn keys() -> Option<&'static dyn KeyDerivation> {
        Some(&EthereumKeys)
    }

    fn addresses() -> Option<&'static dyn AddressReader> {
        Some(&EthereumAddresses)
    }
}

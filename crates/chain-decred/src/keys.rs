//! Seeds, keys and their text forms, and derivation under the shared traits.
mod derivation;
mod extended;
mod inspection;
mod pool;
mod private;
mod public;
mod seed;
mod source;
mod tool;
mod wif;
pub mod words;

pub use derivation::{DecredKeys, LEGACY, SLIP44};
pub use extended::ExtendedKey;
pub use pool::{PoolKey, pool_key};
pub use private::PrivateKey;
pub use public::{InvalidKey, PublicKey};
pub use seed::Seed;
pub use wif::Wif;

use crate::network::{Network, UnknownNetwork};
use watchdog_core::keys::KeyError;
use watchdog_core::secret::Secret;

/// The network of this name.
fn network(name: &watchdog_core::keys::Network) -> Result<Network, KeyError> {
    Network::parse(name.name()).map_err(|e| KeyError::Network { given: e.0, known: UnknownNetwork::KNOWN })
}

/// `bytes` in hex: the only copy that is left.
fn secret_hex(bytes: &[u8]) -> Secret {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    Secret::new(text)
}

/// Without white space around it.
fn trimmed(text: &str) -> Secret {
    Secret::new(text.trim().to_owned())
}

/// Both belong to one network.
fn same_network(found: Network, expected: Network) -> Result<(), KeyError> {
    if found == expected {
        return Ok(());
    }
    Err(KeyError::OtherNetwork { found: found.to_string(), expected: expected.to_string() })
}

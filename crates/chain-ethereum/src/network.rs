//! Networks by name. Keys and addresses are the same on all of them.
use watchdog_core::keys::{KeyError, Network};

/// Those that are known, as text.
const KNOWN: &str = "`mainnet`, `sepolia`, `hoodi`, `gnosis` or `chiado`";

/// Every network that is known, the main one first.
pub static NETWORKS: [Network; 5] = [
    Network::known("mainnet"),
    Network::known("sepolia"),
    Network::known("hoodi"),
    Network::known("gnosis"),
    Network::known("chiado"),
];

/// Nothing, if there is a network of this name.
///
/// # Errors
/// [`KeyError::Network`].
pub fn checked(name: &str) -> Result<(), KeyError> {
    if NETWORKS.iter().any(|network| network.name() == name) {
        Ok(())
    } else {
        Err(KeyError::Network { given: name.to_owned(), known: KNOWN })
    }
}

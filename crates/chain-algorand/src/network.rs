//! Networks by name.
use watchdog_core::keys::{KeyError, Network};

/// Every network, the main one first. Keys and addresses are the same on all of them.
pub static NETWORKS: [Network; 5] = [
    Network::known("mainnet"),
    Network::known("testnet"),
    Network::known("betanet"),
    Network::known("fnet"),
    Network::known("localnet"),
];

/// The networks, as text.
const KNOWN: &str = "`mainnet`, `testnet`, `betanet`, `fnet` or `localnet` (any private network)";

/// Whether `name` is one of [`NETWORKS`].
///
/// # Errors
/// [`KeyError::Network`]: it is not.
pub fn check(name: &str) -> Result<(), KeyError> {
    if NETWORKS.iter().any(|network| network.name() == name) {
        Ok(())
    } else {
        Err(KeyError::Network { given: name.to_owned(), known: KNOWN })
    }
}

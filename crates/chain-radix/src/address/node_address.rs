//! Addresses of nodes among each other.
use super::{AddressError, text};
use crate::keys::NodeKey;
use crate::network::Network;
use std::fmt;
use std::str::FromStr;

/// Address of a node in the peer-to-peer layer, `node_rdx1…`: its public key.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NodeAddress {
    /// Network of the text form.
    pub network: Network,
    /// Key of the node, the same that a validator is configured with.
    pub key: NodeKey,
}

impl fmt::Display for NodeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write_m(f, "node", self.network, self.key.as_bytes())
    }
}

impl FromStr for NodeAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (hrp, bytes) = text::decode_m(text)?;
        let network = hrp.strip_prefix("node_").and_then(Network::with_suffix);
        let network = network.ok_or(AddressError::Prefix(hrp))?;
        let key = NodeKey::new(text::exactly(&bytes)?).map_err(|_| AddressError::Key)?;
        Ok(Self { network, key })
    }
}

//! Addresses of the network that came before Babylon.
use super::{AddressError, text};
use crate::keys::PublicKey;
use crate::network::Network;
use std::fmt;
use std::str::FromStr;

/// First byte of an address that is a public key.
const PUBLIC_KEY: u8 = 0x04;

/// Account address of Olympia, `rdx1…` or on test networks `tdx1…`: bech32 of a secp256k1 key.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OlympiaAddress {
    is_mainnet: bool,
    key: [u8; 33],
}

impl OlympiaAddress {
    /// The address of `key`; `None` for an ed25519 key, which Olympia did not have.
    pub const fn new(network: Network, key: &PublicKey) -> Option<Self> {
        match key {
            PublicKey::Secp256k1(key) => Some(Self { is_mainnet: network.id() == Network::MAINNET.id(), key: *key }),
            PublicKey::Ed25519(_) => None,
        }
    }

    /// Whether it is of the main network.
    pub const fn is_mainnet(&self) -> bool {
        self.is_mainnet
    }

    /// The key: its account on Babylon is [`super::AccountAddress::preallocated`].
    pub const fn public_key(&self) -> PublicKey {
        PublicKey::Secp256k1(self.key)
    }

    const fn hrp(self) -> &'static str {
        if self.is_mainnet { "rdx" } else { "tdx" }
    }
}

impl fmt::Display for OlympiaAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![PUBLIC_KEY];
        bytes.extend(self.key);
        text::write_old(f, self.hrp(), &bytes)
    }
}

impl FromStr for OlympiaAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (hrp, bytes) = text::decode_old(text)?;
        let is_mainnet = match hrp.as_str() {
            "rdx" => true,
            "tdx" => false,
            _ => return Err(AddressError::Prefix(hrp)),
        };
        let bytes: [u8; 34] = text::exactly(&bytes)?;
        let [first, key @ ..] = bytes;
        if first != PUBLIC_KEY {
            return Err(AddressError::Entity(first));
        }
        PublicKey::secp256k1(key).map_err(|_| AddressError::Key)?;
        Ok(Self { is_mainnet, key })
    }
}

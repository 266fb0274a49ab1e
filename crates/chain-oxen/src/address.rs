//! Addresses of wallets, and the other public texts of this chain.
//!
//! A wallet address is a network, a kind, and two public keys. Source: oxen-core
//! `cryptonote_basic`, functions `get_account_address_as_str` and `get_account_address_from_str`.
mod account_id;
mod base58;
mod digits;
mod error;
mod evm;
mod explain;
mod snode;

pub use account_id::AccountId;
pub(crate) use digits::exactly;
pub use error::AddressError;
pub use evm::EvmAddress;
pub use explain::{Explanation, OxenAddresses, explain};
pub use snode::SnodeName;

use crate::keccak::keccak256;
use crate::network::Network;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use std::fmt;
use std::str::FromStr;

/// Bytes of the checksum.
const CHECKSUM: usize = 4;

/// Characters of an address: with a prefix of one byte or two, without and with a payment id.
const LENGTHS: [usize; 4] = [95, 97, 106, 108];

/// What a wallet address is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// The primary address of a wallet.
    Standard,
    /// The primary address with a payment id in it.
    Integrated([u8; 8]),
    /// One of a wallet's further addresses.
    Subaddress,
}

impl Kind {
    /// Its name, lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Integrated(_) => "integrated",
            Self::Subaddress => "subaddress",
        }
    }

    /// What it begins with on `network`.
    pub const fn prefix(self, network: Network) -> u64 {
        let prefixes = network.prefixes();
        match self {
            Self::Standard => prefixes.standard,
            Self::Integrated(_) => prefixes.integrated,
            Self::Subaddress => prefixes.subaddress,
        }
    }

    fn payment_id(&self) -> &[u8] {
        match self {
            Self::Integrated(id) => id,
            _ => &[],
        }
    }
}

/// A wallet address. Both keys are points of the curve.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Address {
    network: Network,
    kind: Kind,
    spend: [u8; 32],
    view: [u8; 32],
}

impl Address {
    /// The address of two public keys.
    ///
    /// # Errors
    /// [`AddressError::Point`].
    pub fn new(network: Network, kind: Kind, spend: [u8; 32], view: [u8; 32]) -> Result<Self, AddressError> {
        for (key, name) in [(&spend, "spend"), (&view, "view")] {
            point(key).ok_or(AddressError::Point(name))?;
        }
        Ok(Self { network, kind, spend, view })
    }

    /// Reads an address of any network and kind. One of `localdev` is taken for one of `devnet`,
    /// which it does not differ from.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let bytes = base58::decode(text).map_err(|error| match error {
            // What is cut off is often too large for the last block as well.
            AddressError::Overflow { .. } if !LENGTHS.contains(&text.len()) => AddressError::Length,
            error => error,
        })?;
        let (body, check) = bytes.split_last_chunk::<CHECKSUM>().ok_or(AddressError::Length)?;
        let (prefix, rest) = varint(body).ok_or(AddressError::Length)?;
        let sound = keccak256(&[body]).starts_with(check);
        let Some((network, kind)) = of_prefix(prefix) else {
            // A mistyped beginning looks like an unknown prefix, too; the checksum tells.
            return Err(if sound { AddressError::Prefix(prefix) } else { AddressError::Checksum });
        };
        let (spend, rest) = rest.split_first_chunk().ok_or(AddressError::Length)?;
        let (view, rest) = rest.split_first_chunk().ok_or(AddressError::Length)?;
        let kind = match kind {
            Kind::Integrated(_) => Kind::Integrated(rest.try_into().map_err(|_| AddressError::Length)?),
            kind if rest.is_empty() => kind,
            _ => return Err(AddressError::Length),
        };
        if !sound {
            return Err(AddressError::Checksum);
        }
        Self::new(network, kind, *spend, *view)
    }

    /// Reads an address that must belong to `network`.
    ///
    /// # Errors
    /// As [`Address::parse`], and [`AddressError::Network`].
    pub fn parse_on(text: &str, network: Network) -> Result<Self, AddressError> {
        Self::parse(text)?.on(network)
    }

    /// This address, if it can be one of `network`.
    ///
    /// # Errors
    /// [`AddressError::Network`].
    pub fn on(self, network: Network) -> Result<Self, AddressError> {
        if self.network.prefixes() == network.prefixes() {
            Ok(Self { network, ..self })
        } else {
            Err(AddressError::Network { found: self.network, expected: network })
        }
    }

    /// The same wallet's address with a payment id in it; `None` for a subaddress, which has none.
    #[must_use]
    pub const fn with_payment_id(self, id: [u8; 8]) -> Option<Self> {
        match self.kind {
            Kind::Subaddress => None,
            Kind::Standard | Kind::Integrated(_) => Some(Self { kind: Kind::Integrated(id), ..self }),
        }
    }

    /// Its network.
    pub const fn network(&self) -> Network {
        self.network
    }

    /// What it is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Number that it begins with.
    pub const fn prefix(&self) -> u64 {
        self.kind.prefix(self.network)
    }

    /// Public spend key.
    pub const fn spend_key(&self) -> &[u8; 32] {
        &self.spend
    }

    /// Public view key.
    pub const fn view_key(&self) -> &[u8; 32] {
        &self.view
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(96);
        push_varint(&mut bytes, self.prefix());
        bytes.extend(self.spend);
        bytes.extend(self.view);
        bytes.extend(self.kind.payment_id());
        let check = keccak256(&[&bytes]);
        bytes.extend(check.iter().take(CHECKSUM));
        f.write_str(&base58::encode(&bytes))
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

/// The point of a public key, if these bytes are the one encoding of a point. Source: oxen-core
/// `ge_frombytes_vartime`, which takes no other encoding either.
pub(crate) fn point(key: &[u8; 32]) -> Option<EdwardsPoint> {
    CompressedEdwardsY(*key).decompress().filter(|point| point.compress().as_bytes() == key)
}

fn of_prefix(prefix: u64) -> Option<(Network, Kind)> {
    let kinds = [Kind::Standard, Kind::Integrated([0; 8]), Kind::Subaddress];
    let all = Network::ALL.into_iter().flat_map(|network| kinds.map(|kind| (network, kind)));
    all.into_iter().find(|(network, kind)| kind.prefix(*network) == prefix)
}

/// The number at the front, 7 bits a byte, lowest first, and what follows it; `None` where it does
/// not end, is longer than it needs to be, or has more than 63 bits.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = bytes.iter().take(9).position(|byte| *byte < 0x80)? + 1;
    let (number, rest) = bytes.split_at_checked(length)?;
    let canonical = length == 1 || number.last() != Some(&0);
    let value = number.iter().rev().fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f));
    canonical.then_some((value, rest))
}

fn push_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_and_have_one_encoding() {
        for number in [0, 1, 114, 127, 128, 156, 3930, 5850, 16383, 16384, u64::MAX >> 1] {
            let mut bytes = Vec::new();
            push_varint(&mut bytes, number);
            bytes.push(7);
            assert_eq!(varint(&bytes), Some((number, [7].as_slice())));
        }
        for bytes in [[].as_slice(), &[0x80], &[0xf2, 0], &[0xff; 20]] {
            assert_eq!(varint(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_key_with_a_second_encoding_is_no_point() {
        let mut one = [0; 32];
        one[0] = 1;
        assert!(point(&one).is_some());
        // y = 1 with the sign of x = 0, and y = p + 1.
        let mut signed = one;
        signed[31] = 0x80;
        assert!(point(&signed).is_none());
        let mut high = [0xff; 32];
        (high[0], high[31]) = (0xee, 0x7f);
        assert!(point(&high).is_none());
    }

    #[test]
    fn all_prefixes_differ_except_those_of_devnet_and_localdev() {
        for network in Network::ALL {
            for kind in [Kind::Standard, Kind::Integrated([0; 8]), Kind::Subaddress] {
                let (found, found_kind) = of_prefix(kind.prefix(network)).unwrap();
                assert_eq!(found_kind, kind);
                assert_eq!(found, if network == Network::Localdev { Network::Devnet } else { network });
            }
        }
    }
}

//! Addresses.
mod error;
mod explain;

pub use error::AddressError;
pub use explain::{DecredAddresses, explain};

use crate::algorithm::Algorithm;
use crate::base58::{self, Base58Error, Checksum};
use crate::hash::hash160;
use crate::keys::{ExtendedKey, PublicKey};
use crate::network::{Network, Prefix};
use std::fmt;
use std::str::FromStr;

/// Longest address: 39 bytes. Source: dcrd, `stdaddr.DecodeAddressV0`.
const LONGEST: usize = 54;

/// Bit of an address of a public key that says that y is odd.
const ODD: u8 = 0x80;

/// Where coins are sent, with the network they are on.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Address {
    network: Network,
    payload: Payload,
}

/// What coins are sent to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Payload {
    /// P2PKH: a key by its hash, and what it signs with.
    PublicKeyHash(Algorithm, [u8; 20]),
    /// P2SH: a script by its hash.
    ScriptHash([u8; 20]),
    /// P2PK: a key.
    PublicKey(PublicKey),
}

impl Address {
    /// P2PKH of `key`.
    pub fn of_key_hash(network: Network, key: &PublicKey) -> Self {
        Self { network, payload: Payload::PublicKeyHash(key.algorithm(), key.hash160()) }
    }

    /// P2PK of `key`.
    pub const fn of_key(network: Network, key: PublicKey) -> Self {
        Self { network, payload: Payload::PublicKey(key) }
    }

    /// P2SH of `script`.
    pub fn of_script(network: Network, script: &[u8]) -> Self {
        Self { network, payload: Payload::ScriptHash(hash160(script)) }
    }

    /// An address of any kind.
    pub const fn new(network: Network, payload: Payload) -> Self {
        Self { network, payload }
    }

    /// Its network.
    pub const fn network(&self) -> Network {
        self.network
    }

    /// What it is of.
    pub const fn payload(&self) -> Payload {
        self.payload
    }

    /// Reads an address that must be of `network`.
    ///
    /// # Errors
    /// What is wrong with it; [`AddressError::Network`] where it is of another.
    pub fn parse_on(text: &str, network: Network) -> Result<Self, AddressError> {
        let address: Self = text.parse()?;
        if address.network == network {
            Ok(address)
        } else {
            Err(AddressError::Network { found: address.network, expected: network })
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        looks_possible(text)?;
        let decoded = base58::decode(text, Checksum::Double).map_err(|error| refusal(text, error))?;
        let Some((id, data)) = decoded.payload().split_first_chunk::<2>() else {
            return Err(AddressError::Length { found: 0, expected: 20 });
        };
        let (network, prefix) = Network::of_address_id(*id).ok_or(AddressError::Prefix(*id))?;
        let payload = match prefix {
            Prefix::PublicKeyHash(algorithm) => Payload::PublicKeyHash(algorithm, hash(data)?),
            Prefix::ScriptHash => Payload::ScriptHash(hash(data)?),
            Prefix::PublicKey => Payload::PublicKey(public_key(data)?),
        };
        Ok(Self { network, payload })
    }
}

/// Refuses what is better named before it is decoded.
fn looks_possible(text: &str) -> Result<(), AddressError> {
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if text.trim() != text {
        return Err(AddressError::Blank);
    }
    if ExtendedKey::resembles_private(text) {
        return Err(AddressError::Private);
    }
    if text.len() > LONGEST { Err(AddressError::TooLong(text.chars().count())) } else { Ok(()) }
}

fn refusal(text: &str, error: Base58Error) -> AddressError {
    match error {
        Base58Error::Character(place) => AddressError::Character(place),
        // A private key has another checksum, and must be named before it is sent anywhere.
        Base58Error::Checksum if base58::decode(text, Checksum::Single).is_ok() => AddressError::Private,
        Base58Error::Length | Base58Error::Checksum => AddressError::Checksum,
    }
}

fn hash(data: &[u8]) -> Result<[u8; 20], AddressError> {
    data.try_into().map_err(|_| AddressError::Length { found: data.len(), expected: 20 })
}

/// Reads algorithm and oddness of y in one byte, and x; of Ed25519 the key itself.
fn public_key(data: &[u8]) -> Result<PublicKey, AddressError> {
    let Ok(&[first, ref rest @ ..]) = <&[u8; 33]>::try_from(data) else {
        return Err(AddressError::Length { found: data.len(), expected: 33 });
    };
    let number = first & !ODD;
    let algorithm = Algorithm::from_byte(number).ok_or(AddressError::Algorithm(number))?;
    let key = match algorithm {
        Algorithm::Ed25519 if first & ODD != 0 => return Err(AddressError::Oddness),
        Algorithm::Ed25519 => PublicKey::new(algorithm, rest),
        Algorithm::Ecdsa | Algorithm::Schnorr => {
            let mut key = [2 | first >> 7; 33];
            key.iter_mut().skip(1).zip(rest).for_each(|(to, from)| *to = *from);
            PublicKey::new(algorithm, &key)
        }
    };
    key.map_err(|_| AddressError::OffCurve)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (prefix, data) = match &self.payload {
            Payload::PublicKeyHash(algorithm, hash) => (Prefix::PublicKeyHash(*algorithm), hash.to_vec()),
            Payload::ScriptHash(hash) => (Prefix::ScriptHash, hash.to_vec()),
            Payload::PublicKey(key) => (Prefix::PublicKey, key_data(key)),
        };
        let id = self.network.address_id(prefix);
        f.write_str(&base58::encode(&[id.as_slice(), &data].concat(), Checksum::Double))
    }
}

fn key_data(key: &PublicKey) -> Vec<u8> {
    let number = key.algorithm().byte();
    match (key.algorithm(), key.as_bytes()) {
        (Algorithm::Ecdsa | Algorithm::Schnorr, [form, x @ ..]) => [&[number | (form & 1) << 7], x].concat(),
        (_, whole) => [&[number], whole].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{PrivateKey, Wif};

    fn key(algorithm: Algorithm) -> PublicKey {
        PrivateKey::new(algorithm, &[3; 32]).unwrap().public_key()
    }

    fn refused(payload: &[u8]) -> AddressError {
        base58::encode(payload, Checksum::Double).parse::<Address>().unwrap_err()
    }

    #[test]
    fn every_kind_of_every_network_has_its_letters_and_comes_back() {
        for (network, letter) in [(Network::Mainnet, 'D'), (Network::Testnet3, 'T'), (Network::Simnet, 'S')] {
            let script = Address::of_script(network, &[0x51]);
            let kinds = [(Algorithm::Ecdsa, 's'), (Algorithm::Ed25519, 'e'), (Algorithm::Schnorr, 'S')];
            let keys = kinds.into_iter().flat_map(|(algorithm, second)| {
                let key = key(algorithm);
                [(Address::of_key_hash(network, &key), second), (Address::of_key(network, key), 'k')]
            });
            for (address, second) in keys.chain([(script, 'c')]) {
                let text = address.to_string();
                assert!(text.starts_with(&format!("{letter}{second}")), "{text}");
                assert_eq!(text.parse(), Ok(address));
                assert_eq!(Address::parse_on(&text, network), Ok(address));
            }
        }
    }

    #[test]
    fn a_refusal_is_exact() {
        let good = Address::of_key_hash(Network::Mainnet, &key(Algorithm::Ecdsa)).to_string();
        let says = |text: &str| text.parse::<Address>().unwrap_err();
        assert_eq!(says(""), AddressError::Empty);
        assert_eq!(says(&format!("{good} ")), AddressError::Blank);
        assert_eq!(says(&good.repeat(2)), AddressError::TooLong(70));
        assert_eq!(says(&good.replacen('s', "0", 1)), AddressError::Character(2));
        assert_eq!(says(&good[..34]), AddressError::Checksum);
        assert_eq!(refused(&[0; 22]), AddressError::Prefix([0, 0]));
        assert_eq!(refused(&[7, 0x3f, 1]), AddressError::Length { found: 1, expected: 20 });
        assert_eq!(refused(&[7, 0x1a, 1]), AddressError::Length { found: 1, expected: 20 });
        assert_eq!(refused(&[0x13, 0x86, 1]), AddressError::Length { found: 1, expected: 33 });
        assert_eq!(refused(&[]), AddressError::Length { found: 0, expected: 20 });
        let p2pk = |first: u8, x: u8| refused(&[[0x13, 0x86, first].as_slice(), &[x; 32]].concat());
        assert_eq!(p2pk(0, 0xff), AddressError::OffCurve);
        assert_eq!(p2pk(3, 1), AddressError::Algorithm(3));
        assert_eq!(p2pk(0x81, 1), AddressError::Oddness);
        let network = Address::parse_on(&good, Network::Simnet);
        assert_eq!(network, Err(AddressError::Network { found: Network::Mainnet, expected: Network::Simnet }));
    }

    #[test]
    fn a_private_key_is_named_as_such_and_not_quoted() {
        let key = PrivateKey::new(Algorithm::Ecdsa, &[3; 32]).unwrap();
        let wif = Wif { network: Network::Mainnet, key }.to_text();
        let extended = ExtendedKey::root(Network::Mainnet, &[3; 32]).unwrap().to_private_text().unwrap();
        for secret in [wif, extended] {
            assert_eq!(secret.expose().parse::<Address>(), Err(AddressError::Private));
        }
    }
}

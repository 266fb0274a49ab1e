//! Networks, and how their texts begin.
use crate::algorithm::Algorithm;
use std::fmt;

/// A network of Decred.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Network {
    /// The network whose coins are worth something.
    Mainnet,
    /// The third public test network.
    Testnet3,
    /// A private network for tests.
    Simnet,
}

/// Which coin type stands in a path.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CoinType {
    /// The registered one, of every new wallet.
    Slip44,
    /// The one before it, which old wallets and pools may still use.
    Legacy,
}

/// What an address pays to, as far as its prefix says.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Prefix {
    /// The hash of a public key.
    PublicKeyHash(Algorithm),
    /// The hash of a script.
    ScriptHash,
    /// A public key; its first byte says of which algorithm.
    PublicKey,
}

impl Prefix {
    const ALL: [Self; 5] = [
        Self::PublicKeyHash(Algorithm::Ecdsa),
        Self::PublicKeyHash(Algorithm::Ed25519),
        Self::PublicKeyHash(Algorithm::Schnorr),
        Self::ScriptHash,
        Self::PublicKey,
    ];
}

impl Network {
    /// All of them, the main network first.
    pub const ALL: [Self; 3] = [Self::Mainnet, Self::Testnet3, Self::Simnet];

    /// Name as dcrd has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mainnet => "mainnet",
            Self::Testnet3 => "testnet3",
            Self::Simnet => "simnet",
        }
    }

    /// The network of this name; `testnet` is the one test network there is.
    ///
    /// # Errors
    /// There is no such network.
    pub fn parse(text: &str) -> Result<Self, UnknownNetwork> {
        let name = if text == "testnet" { "testnet3" } else { text };
        let network = Self::ALL.into_iter().find(|network| network.name() == name);
        network.ok_or_else(|| UnknownNetwork(text.to_owned()))
    }

    /// Number of the coin in the second step of a path. Source: dcrd, `chaincfg`, `SLIP0044CoinType`
    /// and `LegacyCoinType`.
    pub const fn coin_type(self, coin: CoinType) -> u32 {
        match (self, coin) {
            (Self::Mainnet, CoinType::Slip44) => 42,
            (Self::Mainnet, CoinType::Legacy) => 20,
            (Self::Testnet3 | Self::Simnet, CoinType::Slip44) => 1,
            (Self::Testnet3, CoinType::Legacy) => 11,
            (Self::Simnet, CoinType::Legacy) => 115,
        }
    }

    /// First bytes of an address. Source: dcrd, `chaincfg`, `PubKeyAddrID` and its neighbours.
    pub(crate) const fn address_id(self, prefix: Prefix) -> [u8; 2] {
        match (self, prefix) {
            (Self::Mainnet, Prefix::PublicKeyHash(Algorithm::Ecdsa)) => [0x07, 0x3f],
            (Self::Mainnet, Prefix::PublicKeyHash(Algorithm::Ed25519)) => [0x07, 0x1f],
            (Self::Mainnet, Prefix::PublicKeyHash(Algorithm::Schnorr)) => [0x07, 0x01],
            (Self::Mainnet, Prefix::ScriptHash) => [0x07, 0x1a],
            (Self::Mainnet, Prefix::PublicKey) => [0x13, 0x86],
            (Self::Testnet3, Prefix::PublicKeyHash(Algorithm::Ecdsa)) => [0x0f, 0x21],
            (Self::Testnet3, Prefix::PublicKeyHash(Algorithm::Ed25519)) => [0x0f, 0x01],
            (Self::Testnet3, Prefix::PublicKeyHash(Algorithm::Schnorr)) => [0x0e, 0xe3],
            (Self::Testnet3, Prefix::ScriptHash) => [0x0e, 0xfc],
            (Self::Testnet3, Prefix::PublicKey) => [0x28, 0xf7],
            (Self::Simnet, Prefix::PublicKeyHash(Algorithm::Ecdsa)) => [0x0e, 0x91],
            (Self::Simnet, Prefix::PublicKeyHash(Algorithm::Ed25519)) => [0x0e, 0x71],
            (Self::Simnet, Prefix::PublicKeyHash(Algorithm::Schnorr)) => [0x0e, 0x53],
            (Self::Simnet, Prefix::ScriptHash) => [0x0e, 0x6c],
            (Self::Simnet, Prefix::PublicKey) => [0x27, 0x6f],
        }
    }

    /// Network and kind of the address that begins so.
    pub(crate) fn of_address_id(id: [u8; 2]) -> Option<(Self, Prefix)> {
        let all = Self::ALL.into_iter().flat_map(|network| Prefix::ALL.map(|prefix| (network, prefix)));
        all.into_iter().find(|(network, prefix)| network.address_id(*prefix) == id)
    }

    /// First bytes of a private key in text. Source: dcrd, `chaincfg`, `PrivateKeyID`.
    pub(crate) const fn wif_id(self) -> [u8; 2] {
        match self {
            Self::Mainnet => [0x22, 0xde],
            Self::Testnet3 => [0x23, 0x0e],
            Self::Simnet => [0x23, 0x07],
        }
    }

    /// First bytes of an extended private key. Source: dcrd, `chaincfg`, `HDPrivateKeyID`.
    pub(crate) const fn private_node_id(self) -> [u8; 4] {
        match self {
            Self::Mainnet => [0x02, 0xfd, 0xa4, 0xe8],
            Self::Testnet3 => [0x04, 0x35, 0x83, 0x97],
            Self::Simnet => [0x04, 0x20, 0xb9, 0x03],
        }
    }

    /// First bytes of an extended public key. Source: dcrd, `chaincfg`, `HDPublicKeyID`.
    pub(crate) const fn public_node_id(self) -> [u8; 4] {
        match self {
            Self::Mainnet => [0x02, 0xfd, 0xa9, 0x26],
            Self::Testnet3 => [0x04, 0x35, 0x87, 0xd1],
            Self::Simnet => [0x04, 0x20, 0xbd, 0x3d],
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no network.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("there is no network `{0}`: use {known}", known = UnknownNetwork::KNOWN)]
pub struct UnknownNetwork(pub String);

impl UnknownNetwork {
    /// What is known, for messages.
    pub(crate) const KNOWN: &'static str = "`mainnet`, `testnet3` or `simnet`";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_is_found_by_its_name_and_by_the_bytes_of_its_addresses() {
        for network in Network::ALL {
            assert_eq!(Network::parse(network.name()), Ok(network));
            for prefix in Prefix::ALL {
                assert_eq!(Network::of_address_id(network.address_id(prefix)), Some((network, prefix)));
            }
        }
        assert_eq!(Network::parse("testnet"), Ok(Network::Testnet3));
        assert_eq!(Network::parse("Mainnet"), Err(UnknownNetwork("Mainnet".to_owned())));
        assert_eq!(Network::of_address_id([0, 0]), None);
    }
}

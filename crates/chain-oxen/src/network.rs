//! The networks of Oxen.
use crate::address::EvmAddress;
use std::fmt;

/// A network of Oxen. Source: oxen-core `network_config`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Network {
    /// The main network.
    Mainnet,
    /// The public test network.
    Testnet,
    /// The developers' network.
    Devnet,
    /// The network that tests contracts before the main network gets them.
    Stagenet,
    /// A network on one machine; its addresses are those of `devnet`.
    Localdev,
}

/// What an address begins with, as a number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Prefixes {
    /// Of a primary address.
    pub standard: u64,
    /// Of an address with a payment id.
    pub integrated: u64,
    /// Of a subaddress.
    pub subaddress: u64,
}

impl Network {
    /// All networks, the main one first.
    pub const ALL: [Self; 5] = [Self::Mainnet, Self::Testnet, Self::Devnet, Self::Stagenet, Self::Localdev];

    /// All names, as text.
    pub const NAMES: &'static str = "`mainnet`, `testnet`, `devnet`, `stagenet` or `localdev`";

    /// The network of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.name() == name)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mainnet => "mainnet",
            Self::Testnet => "testnet",
            Self::Devnet => "devnet",
            Self::Stagenet => "stagenet",
            Self::Localdev => "localdev",
        }
    }

    /// What its addresses begin with.
    pub const fn prefixes(self) -> Prefixes {
        let (standard, integrated, subaddress) = match self {
            Self::Mainnet => (114, 115, 116),
            Self::Testnet => (156, 157, 158),
            Self::Devnet | Self::Localdev => (3930, 4442, 5850),
            Self::Stagenet => (4888, 5272, 5656),
        };
        Prefixes { standard, integrated, subaddress }
    }

    /// Chain id of the EVM chain that holds its contracts.
    pub const fn evm_chain_id(self) -> u64 {
        match self {
            Self::Mainnet => 42161,
            Self::Testnet | Self::Devnet | Self::Stagenet => 421_614,
            Self::Localdev => 31337,
        }
    }

    /// Its rewards contract, where there is one for all. Source: addresses published with the token.
    pub const fn rewards_contract(self) -> Option<EvmAddress> {
        match self {
            Self::Mainnet => Some(EvmAddress::new([
                0xc2, 0xb9, 0xfc, 0x25, 0x1a, 0xc0, 0x68, 0x76, 0x3e, 0xbd, 0xfd, 0xec, 0xc7, 0x92, 0xe3, 0x35, 0x2e,
                0x35, 0x1c, 0x00,
            ])),
            _ => None,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_is_found_by_its_name_and_by_no_other() {
        for network in Network::ALL {
            assert_eq!(Network::parse(network.name()), Some(network));
        }
        assert_eq!(Network::parse("Mainnet"), None);
        assert_eq!(Network::parse(""), None);
    }

    #[test]
    fn the_rewards_contract_of_the_main_network_is_the_published_one() {
        let contract = Network::Mainnet.rewards_contract().unwrap().to_string();
        assert_eq!(contract, "0xC2B9fC251aC068763EbDfdecc792E3352E351c00");
    }
}

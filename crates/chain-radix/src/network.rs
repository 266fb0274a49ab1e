//! Radix networks: numbers, names, and the ending of every address prefix.
use crate::address::{Address, ComponentAddress, NodeId, ResourceAddress};
use crate::keys::Curve;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;

/// A network by its number.
///
/// Printed and serialised as the logical name where it has one (`mainnet`), as the number
/// otherwise; read from either.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Network(u8);

/// Networks with a name. Source: babylon-node `Network`.
const NAMES: [(u8, &str); 21] = [
    (1, "mainnet"),
    (2, "stokenet"),
    (3, "releasenet"),
    (4, "rcnet"),
    (5, "milestonenet"),
    (6, "devopsnet"),
    (7, "sandpitnet"),
    (10, "adapanet"),
    (11, "nebunet"),
    (12, "kisharnet"),
    (13, "ansharnet"),
    (14, "zabanet"),
    (32, "gilganet"),
    (33, "enkinet"),
    (34, "hammunet"),
    (35, "nergalnet"),
    (36, "mardunet"),
    (37, "dumunet"),
    (240, "localnet"),
    (241, "inttestnet"),
    (242, "simulator"),
];

/// Networks whose address prefix does not end in their number.
const SUFFIXES: [(u8, &str); 4] = [(1, "rdx"), (240, "loc"), (241, "test"), (242, "sim")];

impl Network {
    /// The main network.
    pub const MAINNET: Self = Self(1);
    /// The public test network.
    pub const STOKENET: Self = Self(2);
    /// A network on one machine.
    pub const LOCALNET: Self = Self(240);
    /// The simulator of the Radix tools.
    pub const SIMULATOR: Self = Self(242);

    /// The network of this number; every number is one.
    pub const fn new(id: u8) -> Self {
        Self(id)
    }

    /// Its number, as it stands in transactions and paths.
    pub const fn id(self) -> u8 {
        self.0
    }

    /// Logical name, what the Core API wants in `network`; `None` for a network without one.
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|(id, _)| *id == self.0).map(|(_, name)| *name)
    }

    /// Networks with a name, in the order of their numbers.
    pub fn named() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(id, _)| Self(*id))
    }

    /// What address prefixes end in: `rdx`, `tdx_2_`.
    pub fn suffix(self) -> Cow<'static, str> {
        match SUFFIXES.iter().find(|(id, _)| *id == self.0) {
            Some((_, suffix)) => Cow::Borrowed(*suffix),
            None => Cow::Owned(format!("tdx_{:x}_", self.0)),
        }
    }

    /// The network whose prefixes end in `suffix`.
    pub fn with_suffix(suffix: &str) -> Option<Self> {
        if let Some((id, _)) = SUFFIXES.iter().find(|(_, s)| *s == suffix) {
            return Some(Self(*id));
        }
        let hex = suffix.strip_prefix("tdx_")?.strip_suffix('_')?;
        let network = Self(u8::from_str_radix(hex, 16).ok()?);
        // One spelling only: no padding, no capitals, no number that has a name of its own.
        (network.suffix() == suffix).then_some(network)
    }

    /// Reads a logical name or a number from 0 to 255.
    ///
    /// # Errors
    /// Neither of both.
    pub fn parse(text: &str) -> Result<Self, UnknownNetwork> {
        let named = NAMES.iter().find(|(_, name)| *name == text).map(|(id, _)| *id);
        let digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        named.or_else(|| text.parse().ok().filter(|_| digits)).map(Self).ok_or_else(|| UnknownNetwork(text.to_owned()))
    }

    /// XRD, the token that fees are paid in.
    pub fn xrd(self) -> ResourceAddress {
        ResourceAddress::known(Address::known(self, NodeId::new(XRD)))
    }

    /// The resource whose items are the owner badges of validators.
    pub fn validator_owner_badge(self) -> ResourceAddress {
        ResourceAddress::known(Address::known(self, NodeId::new(VALIDATOR_OWNER_BADGE)))
    }

    /// The resource whose items are the signatures of keys of this curve: whoever signed a transaction
    /// shows one of them. Source: radix-common `SECP256K1_SIGNATURE_RESOURCE`,
    /// `ED25519_SIGNATURE_RESOURCE`.
    pub fn signature_badge(self, curve: Curve) -> ResourceAddress {
        let node_id = match curve {
            Curve::Ed25519 => ED25519_SIGNATURE,
            Curve::Secp256k1 => SECP256K1_SIGNATURE,
        };
        ResourceAddress::known(Address::known(self, NodeId::new(node_id)))
    }

    /// The component that counts epochs and rounds.
    pub fn consensus_manager(self) -> Address {
        Address::known(self, NodeId::new(CONSENSUS_MANAGER))
    }

    /// The component that gives test XRD away; on the main network it gives none.
    pub fn faucet(self) -> ComponentAddress {
        ComponentAddress::known(Address::known(self, NodeId::new(FAUCET)))
    }
}

// Node ids of what every network has from its first transaction on, the same on each.
const XRD: [u8; 30] = [
    0x5d, 0xa6, 0x63, 0x18, 0xc6, 0x31, 0x8c, 0x61, 0xf5, 0xa6, 0x1b, 0x4c, 0x63, 0x18, 0xc6, 0x31, 0x8c, 0xf7, 0x94,
    0xaa, 0x8d, 0x29, 0x5f, 0x14, 0xe6, 0x31, 0x8c, 0x63, 0x18, 0xc6,
];
const VALIDATOR_OWNER_BADGE: [u8; 30] = [
    0x9a, 0x4c, 0x63, 0x18, 0xc6, 0x31, 0x8c, 0x66, 0x34, 0x6e, 0x98, 0xcc, 0x63, 0x18, 0xc6, 0x31, 0x8c, 0xf7, 0xd6,
    0x3a, 0xa2, 0xa9, 0x13, 0xc6, 0xa6, 0x31, 0x8c, 0x63, 0x18, 0xc6,
];
const SECP256K1_SIGNATURE: [u8; 30] = [
    0x9a, 0x4c, 0x63, 0x18, 0xc6, 0x31, 0x8c, 0x68, 0x67, 0x01, 0x82, 0x0c, 0x63, 0x18, 0xc6, 0x31, 0x8c, 0xf7, 0xd7,
    0x51, 0x39, 0xd5, 0xaa, 0xd5, 0xe6, 0x31, 0x8c, 0x63, 0x18, 0xc6,
];
const ED25519_SIGNATURE: [u8; 30] = [
    0x9a, 0x4c, 0x63, 0x18, 0xc6, 0x31, 0x8c, 0x6c, 0xb5, 0x54, 0x82, 0x0c, 0x63, 0x18, 0xc6, 0x31, 0x8c, 0xf7, 0xa9,
    0x51, 0xd7, 0xa9, 0xe5, 0x47, 0xc6, 0x31, 0x8c, 0x63, 0x18, 0xc6,
];
const CONSENSUS_MANAGER: [u8; 30] = [
    0x86, 0x0c, 0x63, 0x18, 0xc6, 0x31, 0x8c, 0x6c, 0x4e, 0x1b, 0x40, 0xcc, 0x63, 0x18, 0xc6, 0x31, 0x8c, 0xf7, 0xbc,
    0xa5, 0x2e, 0xb5, 0x4a, 0x6a, 0x86, 0x31, 0x8c, 0x63, 0x18, 0xc6,
];
const FAUCET: [u8; 30] = [
    0xc0, 0x56, 0x63, 0x18, 0xc6, 0x31, 0x8c, 0x64, 0xf7, 0x98, 0xca, 0xcc, 0x63, 0x18, 0xc6, 0x31, 0x8c, 0xf7, 0xbe,
    0x8a, 0xf7, 0x8a, 0x78, 0xf8, 0xa6, 0x31, 0x8c, 0x63, 0x18, 0xc6,
];

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

impl std::str::FromStr for Network {
    type Err = UnknownNetwork;

    fn from_str(text: &str) -> Result<Self, UnknownNetwork> {
        Self::parse(text)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "network must be a name (`mainnet`) or a number from 0 to 255")]
        enum Written {
            Number(u8),
            Name(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(id) => Ok(Self(id)),
            Written::Name(name) => Self::parse(&name).map_err(de::Error::custom),
        }
    }
}

impl JsonSchema for Network {
    fn schema_name() -> Cow<'static, str> {
        "RadixNetwork".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Radix network by logical name (`mainnet`, `stokenet`) or number.",
            "type": ["string", "integer"],
            "minimum": 0,
            "maximum": 255,
        })
    }
}

/// There is no such network.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("there is no Radix network `{0}`: use a name such as `mainnet` or `stokenet`, or a number from 0 to 255")]
pub struct UnknownNetwork(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_one_suffix_and_every_suffix_one_number() {
        for id in 0..=255 {
            let network = Network::new(id);
            assert_eq!(Network::with_suffix(&network.suffix()), Some(network));
            assert_eq!(Network::parse(&network.to_string()), Ok(network));
            assert_eq!(Network::parse(&id.to_string()), Ok(network));
        }
        for bad in ["", "rdX", "tdx_1_", "tdx_02_", "tdx_A_", "tdx_f0_", "tdx_100_", "tdx__", "tdx_2", "tdx_+2_"] {
            assert_eq!(Network::with_suffix(bad), None, "{bad}");
        }
    }

    #[test]
    fn suffixes_of_networks_without_a_name_follow_the_number() {
        for (id, suffix) in
            [(3, "tdx_3_"), (9, "tdx_9_"), (15, "tdx_f_"), (34, "tdx_22_"), (99, "tdx_63_"), (255, "tdx_ff_")]
        {
            assert_eq!(Network::new(id).suffix(), suffix);
        }
        assert_eq!(Network::new(34).name(), Some("hammunet"));
        assert_eq!(Network::new(99).name(), None);
    }

    /// Source: Gateway API `/status/network-configuration`, `well_known_addresses` of mainnet and stokenet.
    #[test]
    fn signature_badges_are_those_of_the_ledger() {
        for (network, curve, address) in [
            (Network::MAINNET, Curve::Ed25519, "resource_rdx1nfxxxxxxxxxxed25sgxxxxxxxxx002236757237xxxxxxxxxed25sg"),
            (Network::MAINNET, Curve::Secp256k1, "resource_rdx1nfxxxxxxxxxxsecpsgxxxxxxxxx004638826440xxxxxxxxxsecpsg"),
            (
                Network::STOKENET,
                Curve::Ed25519,
                "resource_tdx_2_1nfxxxxxxxxxxed25sgxxxxxxxxx002236757237xxxxxxxxx3e2cpa",
            ),
            (
                Network::STOKENET,
                Curve::Secp256k1,
                "resource_tdx_2_1nfxxxxxxxxxxsecpsgxxxxxxxxx004638826440xxxxxxxxxcdcdpa",
            ),
        ] {
            assert_eq!(network.signature_badge(curve).to_string(), address);
        }
    }

    #[test]
    fn names_and_numbers_are_read_and_nothing_else() {
        let read = |json: &str| serde_json::from_str::<Network>(json).ok();
        assert_eq!(read("\"stokenet\""), Some(Network::STOKENET));
        assert_eq!(read("2"), Some(Network::STOKENET));
        assert_eq!(read("\"2\""), Some(Network::STOKENET));
        for bad in ["256", "-1", "\"Mainnet\"", "\"main\"", "\"+1\"", "\"\"", "null", "1.5"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}

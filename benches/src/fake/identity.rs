//! Keys and addresses of the fake network; all of them are known to everybody.
use crate::Outcome;
use chain_radix::address::{AccountAddress, Address, NodeAddress, NodeId, ValidatorAddress};
use chain_radix::keys::{Curve, NodeKey, SigningKey};
use chain_radix::network::Network;

/// Validators besides the watched one, as many as the main network has.
const OTHERS: u8 = 99;

/// Who is who.
#[derive(Debug)]
pub(crate) struct Identity {
    /// Logical name of the network.
    pub(crate) network: String,
    /// The watched validator.
    pub(crate) validator: String,
    /// The account that holds its badge.
    pub(crate) account: String,
    /// Key of that account, 64 hex digits.
    pub(crate) owner_key: String,
    /// Consensus keys of node a and node b.
    pub(crate) node_keys: [String; 2],
    /// Addresses of node a and node b as peers.
    pub(super) node_addresses: [String; 2],
    /// Address and key of each other validator.
    pub(super) others: Vec<(String, String)>,
    /// XRD.
    pub(super) xrd: String,
    /// Collection and local id of the badge.
    pub(super) badge: (String, String),
}

impl Identity {
    /// The same every time.
    pub(super) fn new() -> Outcome<Self> {
        let network = Network::LOCALNET;
        let owner = SigningKey::new(Curve::Ed25519, &[9; 32]).ok_or("the owner's key is none")?;
        let validator = validator(network, 0)?;
        let badge = validator.owner_badge();
        let (key_a, key_b) = (node_key(1)?, node_key(2)?);
        let peer = |key| NodeAddress { network, key }.to_string();
        let other = |place| Ok((validator_text(network, place)?, node_key(place + 10)?.to_string()));
        Ok(Self {
            network: network.to_string(),
            validator: validator.to_string(),
            account: AccountAddress::preallocated(network, &owner.public_key()).to_string(),
            owner_key: owner.to_hex().expose().to_owned(),
            node_keys: [key_a.to_string(), key_b.to_string()],
            node_addresses: [peer(key_a), peer(key_b)],
            others: (1..=OTHERS).map(other).collect::<Outcome<_>>()?,
            xrd: network.xrd().to_string(),
            badge: (badge.resource.to_string(), badge.local_id.to_string()),
        })
    }
}

fn node_key(seed: u8) -> Outcome<NodeKey> {
    let key = SigningKey::new(Curve::Secp256k1, &[seed; 32]).ok_or("a node's key is none")?;
    Ok(NodeKey::new(key.public_key().as_bytes().try_into()?)?)
}

fn validator(network: Network, place: u8) -> Outcome<ValidatorAddress> {
    let mut bytes = [place; NodeId::LEN];
    bytes[0] = 0x83;
    Ok(ValidatorAddress::try_from(Address::new(network, NodeId::new(bytes))?)?)
}

fn validator_text(network: Network, place: u8) -> Outcome<String> {
    Ok(validator(network, place)?.to_string())
}

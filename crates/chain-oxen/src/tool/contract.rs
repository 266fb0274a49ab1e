//! What a proof of possession is about, from arguments.
use super::{bytes, refused, text};
use crate::address::{EvmAddress, point};
use crate::bls::{Domain, Message, PublicKey};
use crate::network::Network;
use serde_json::{Map, Value};
use watchdog_core::keys::KeyError;
use watchdog_core::keys::tool::{Argument, Count, Inputs};

pub(super) const OPERATOR: Argument = text("operator", "Ethereum address of the operator", Count::One);

pub(super) const NODE: Argument =
    text("service-node-pubkey", "Ed25519 public key of the service node, 64 hex digits", Count::One);

pub(super) const CHAIN_ID: Argument =
    text("chain-id", "EVM chain id; that of the network where it is left out", Count::Optional);

pub(super) const CONTRACT: Argument = text(
    "rewards-contract",
    "address of the rewards contract; that of mainnet where it is left out and the network is mainnet",
    Count::Optional,
);

/// Who is meant, and where it holds.
pub(super) struct Terms {
    domain: Domain,
    operator: EvmAddress,
    node: [u8; 32],
}

impl Terms {
    pub(super) fn read(inputs: &Inputs) -> Result<Self, KeyError> {
        let node = bytes(inputs, NODE.name)?;
        point(&node).ok_or_else(|| refused(NODE.name, "it is no Ed25519 public key: check it for a mistyped digit"))?;
        Ok(Self { domain: domain(inputs)?, operator: evm(OPERATOR.name, inputs.text(OPERATOR.name)?)?, node })
    }

    pub(super) fn message(&self, key: &PublicKey) -> Message {
        self.domain.proof_of_possession(key, &self.operator, &self.node)
    }

    pub(super) fn facts(&self, key: &PublicKey) -> Map<String, Value> {
        [
            ("bls_public_key", key.to_string().into()),
            ("operator", self.operator.to_string().into()),
            ("service_node_pubkey", hex::encode(self.node).into()),
            ("chain_id", self.domain.chain_id.into()),
            ("rewards_contract", self.domain.contract.to_string().into()),
        ]
        .map(|(name, value): (_, Value)| (name.to_owned(), value))
        .into_iter()
        .collect()
    }
}

fn domain(inputs: &Inputs) -> Result<Domain, KeyError> {
    let network = inputs.network().map(|network| {
        Network::parse(network.name())
            .ok_or_else(|| KeyError::Network { given: network.name().to_owned(), known: Network::NAMES })
    });
    let network = network.transpose()?;
    let chain_id = match (inputs.texts(CHAIN_ID.name).first(), network) {
        (Some(text), _) => text.parse().map_err(|_| refused(CHAIN_ID.name, "it must be a whole number"))?,
        (None, Some(network)) => network.evm_chain_id(),
        (None, None) => return Err(refused(CHAIN_ID.name, "give it, or name the network with --network")),
    };
    let contract = match (inputs.texts(CONTRACT.name).first(), network.and_then(Network::rewards_contract)) {
        (Some(text), _) => evm(CONTRACT.name, text)?,
        (None, Some(known)) => known,
        (None, None) => return Err(refused(CONTRACT.name, "give it: only that of mainnet is known by itself")),
    };
    Ok(Domain { chain_id, contract })
}

fn evm(argument: &'static str, text: &str) -> Result<EvmAddress, KeyError> {
    text.parse().map_err(|e: crate::address::AddressError| refused(argument, e.to_string()))
}

//! What is signed, and for which contract.
use super::PublicKey;
use super::hash::{Hashed, to_g2};
use crate::address::EvmAddress;
use crate::keccak::keccak256;

/// The contract that a signature is meant for: it holds nowhere else.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Domain {
    /// EVM chain id.
    pub chain_id: u64,
    /// The rewards contract; all zeros in uptime proofs of hard fork 20.
    pub contract: EvmAddress,
}

impl Domain {
    /// The node's own proof that it holds the secret of `key`. Names the operator, also for a node
    /// of several contributors.
    pub fn proof_of_possession(&self, key: &PublicKey, operator: &EvmAddress, node: &[u8; 32]) -> Message {
        self.message("BLS_SIG_TRYANDINCREMENT_POP", &[&key.to_bytes(), operator.as_bytes(), node])
    }

    /// The network's statement that `recipient` has earned `amount` atomic units so far.
    pub fn reward(&self, recipient: &EvmAddress, amount: u128) -> Message {
        let amount = [[0; 16], amount.to_be_bytes()].concat();
        self.message("BLS_SIG_TRYANDINCREMENT_REWARD", &[recipient.as_bytes(), &amount])
    }

    /// The network's statement that the node of `key` may leave; `at` is the Unix time in seconds.
    pub fn exit(&self, key: &PublicKey, at: u64) -> Message {
        self.message("BLS_SIG_TRYANDINCREMENT_EXIT", &[&key.to_bytes(), &uint256(at)])
    }

    /// The network's statement that the node of `key` may be liquidated; `at` as in
    /// [`Domain::exit`].
    pub fn liquidate(&self, key: &PublicKey, at: u64) -> Message {
        self.message("BLS_SIG_TRYANDINCREMENT_LIQUIDATE", &[&key.to_bytes(), &uint256(at)])
    }

    fn message(&self, purpose: &str, parts: &[&[u8]]) -> Message {
        let bytes = [&[self.tag(purpose).as_slice()], parts].concat().concat();
        Message { bytes, hash_tag: self.tag("BLS_SIG_HASH_TO_FIELD_TAG") }
    }

    fn tag(&self, name: &str) -> [u8; 32] {
        keccak256(&[name.as_bytes(), &uint256(self.chain_id), self.contract.as_bytes()])
    }
}

fn uint256(number: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.iter_mut().rev().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
    bytes
}

/// A message with its domain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    bytes: Vec<u8>,
    hash_tag: [u8; 32],
}

impl Message {
    /// The bytes that are hashed, as the contract and `msg_to_sign` of oxend have them.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The point that is signed; `None` for a message of which no candidate is a point. None is
    /// known, and about one in 2^256 is expected.
    pub fn hash(&self) -> Option<Hashed> {
        to_g2(&self.bytes, &self.hash_tag)
    }
}

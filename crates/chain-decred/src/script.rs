//! Scripts of version 0: what pays to an address, what gives it voting rights, and the tickets of a
//! pool.
mod multisig;

pub use multisig::{ScriptError, multisig, ticket};

use crate::address::{Address, Payload};
use crate::algorithm::Algorithm;
use crate::keys::PublicKey;

/// Operations, by their names in dcrd, `txscript`.
mod op {
    pub(super) const DATA_20: u8 = 0x14;
    pub(super) const DATA_32: u8 = 0x20;
    pub(super) const DATA_33: u8 = 0x21;
    /// One below the operation that pushes 1.
    pub(super) const ZERO: u8 = 0x50;
    pub(super) const DUP: u8 = 0x76;
    pub(super) const EQUAL: u8 = 0x87;
    pub(super) const EQUAL_VERIFY: u8 = 0x88;
    pub(super) const HASH160: u8 = 0xa9;
    pub(super) const CHECK_SIG: u8 = 0xac;
    pub(super) const CHECK_MULTISIG: u8 = 0xae;
    pub(super) const SSTX: u8 = 0xba;
    pub(super) const CHECK_SIG_ALT: u8 = 0xbe;
}

/// The script of an output that pays to `address`. Source: dcrd, `stdaddr`, `PaymentScript`.
pub fn payment(address: &Address) -> Vec<u8> {
    match address.payload() {
        Payload::PublicKeyHash(algorithm, hash) => {
            let head = [op::DUP, op::HASH160, op::DATA_20];
            [head.as_slice(), &hash, &[op::EQUAL_VERIFY], check(algorithm)].concat()
        }
        Payload::ScriptHash(hash) => [[op::HASH160, op::DATA_20].as_slice(), &hash, &[op::EQUAL]].concat(),
        Payload::PublicKey(key) => [push(&key).as_slice(), check(key.algorithm())].concat(),
    }
}

/// The script of a ticket's first output, which gives `address` the right to vote; `None` where it
/// can have none. Source: dcrd, `stdaddr.StakeAddress`.
pub fn voting_rights(address: &Address) -> Option<Vec<u8>> {
    match address.payload() {
        Payload::PublicKeyHash(Algorithm::Ecdsa, _) | Payload::ScriptHash(_) => {
            Some([[op::SSTX].as_slice(), &payment(address)].concat())
        }
        Payload::PublicKeyHash(..) | Payload::PublicKey(_) => None,
    }
}

/// Pushes a public key.
fn push(key: &PublicKey) -> Vec<u8> {
    let length = match key.algorithm() {
        Algorithm::Ed25519 => op::DATA_32,
        Algorithm::Ecdsa | Algorithm::Schnorr => op::DATA_33,
    };
    [&[length], key.as_bytes()].concat()
}

/// Checks a signature of this algorithm.
const fn check(algorithm: Algorithm) -> &'static [u8] {
    match algorithm {
        Algorithm::Ecdsa => &[op::CHECK_SIG],
        Algorithm::Ed25519 => &[op::ZERO + 1, op::CHECK_SIG_ALT],
        Algorithm::Schnorr => &[op::ZERO + 2, op::CHECK_SIG_ALT],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::PrivateKey;
    use crate::network::Network;

    /// Source: dcrd, `stdaddr`, comments of `PaymentScript` for each kind.
    #[test]
    fn other_algorithms_are_checked_by_their_number() {
        for (algorithm, tail) in [(Algorithm::Ed25519, "51be"), (Algorithm::Schnorr, "52be")] {
            let key = PrivateKey::new(algorithm, &[3; 32]).unwrap().public_key();
            let length = if algorithm == Algorithm::Ed25519 { "20" } else { "21" };
            let by_key = Address::of_key(Network::Mainnet, key);
            assert_eq!(hex::encode(payment(&by_key)), format!("{length}{key}{tail}"));
            let by_hash = Address::of_key_hash(Network::Mainnet, &key);
            let hash = hex::encode(key.hash160());
            assert_eq!(hex::encode(payment(&by_hash)), format!("76a914{hash}88{tail}"));
            assert_eq!((voting_rights(&by_key), voting_rights(&by_hash)), (None, None));
        }
    }
}

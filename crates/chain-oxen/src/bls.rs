//! BLS signatures over BN254 (`alt_bn128`), as the rewards contract checks them.
//!
//! Keys are points of G1, signatures are points of G2. Multiplication by a secret takes a time that
//! depends on it: this is for an operator's own machine, not for a server that signs on request.
//! Source: eth-sn-contracts `libraries/BN256G2.sol`, `libraries/BN256Hash2G2.sol`,
//! `ServiceNodeRewards.sol`.
mod field;
mod hash;
mod message;
mod public_key;
mod secret_key;
mod signature;

pub use hash::Hashed;
pub use message::{Domain, Message};
pub use public_key::PublicKey;
pub use secret_key::SecretKey;
pub use signature::Signature;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::EvmAddress;
    use ark_bn254::{Bn254, G1Affine};
    use ark_ec::AffineRepr;
    use ark_ec::pairing::Pairing;
    use zeroize::Zeroizing;

    fn key(byte: u8) -> SecretKey {
        SecretKey::from_be_bytes(&Zeroizing::new([byte; 32])).unwrap()
    }

    fn domain() -> Domain {
        Domain { chain_id: 31337, contract: EvmAddress::new([7; 20]) }
    }

    #[test]
    fn a_signature_holds_for_its_message_key_and_domain_alone() {
        let (own, other) = (key(5), key(6));
        let recipient = EvmAddress::new([9; 20]);
        let message = domain().reward(&recipient, 1000);
        let signature = own.sign(&message).unwrap();
        assert!(signature.verifies(&message, &own.public_key()));
        assert!(!signature.verifies(&message, &other.public_key()));
        assert!(!signature.verifies(&domain().reward(&recipient, 1001), &own.public_key()));
        assert!(!signature.verifies(&domain().reward(&EvmAddress::new([8; 20]), 1000), &own.public_key()));
        for elsewhere in [Domain { chain_id: 31338, ..domain() }, Domain { contract: recipient, ..domain() }] {
            assert!(!signature.verifies(&elsewhere.reward(&recipient, 1000), &own.public_key()));
        }
    }

    #[test]
    fn every_purpose_has_its_own_message() {
        let (own, node) = (key(5), [3; 32]);
        let public = own.public_key();
        let exit = domain().exit(&public, 1_790_000_000);
        let liquidate = domain().liquidate(&public, 1_790_000_000);
        assert_eq!(exit.bytes()[32..], liquidate.bytes()[32..]);
        assert!(!own.sign(&exit).unwrap().verifies(&liquidate, &public));
        assert!(own.sign(&liquidate).unwrap().verifies(&liquidate, &public));
        let operator = EvmAddress::new([4; 20]);
        let proof = domain().proof_of_possession(&public, &operator, &node);
        let reward = domain().reward(&operator, 5);
        assert_eq!([&proof, &exit, &reward].map(|m| m.bytes().len()), [148, 128, 84]);
        assert_eq!(exit.bytes()[96..120], [0; 24]);
        assert_eq!(exit.bytes()[120..], 1_790_000_000_u64.to_be_bytes());
        assert_eq!(reward.bytes()[32..52], [4; 20]);
    }

    #[test]
    fn an_aggregate_holds_for_all_signers_and_for_no_other_set() {
        let keys = [key(1), key(2), key(3)];
        let message = domain().exit(&keys[0].public_key(), 5);
        let all = PublicKey::aggregate(keys.iter().map(SecretKey::public_key)).unwrap();
        let two = Signature::aggregate(keys[..2].iter().map(|key| key.sign(&message).unwrap())).unwrap();
        assert!(!two.verifies(&message, &all));
        let signers = all.without([keys[2].public_key()]).unwrap();
        assert!(two.verifies(&message, &signers));
        let three = Signature::aggregate([two, keys[2].sign(&message).unwrap()]).unwrap();
        assert!(three.verifies(&message, &all));
        assert!(PublicKey::aggregate([]).is_none());
        assert!(Signature::aggregate([]).is_none());
        assert!(signers.without(keys[..2].iter().map(SecretKey::public_key)).is_none());
    }

    /// e(s·G1, H) = e(G1, s·H): the pairing itself, beside the one call that verifies.
    #[test]
    fn the_pairing_moves_the_secret_from_one_group_to_the_other() {
        let own = key(5);
        let message = domain().reward(&EvmAddress::new([1; 20]), 1);
        let hashed = message.hash().unwrap();
        let left = Bn254::pairing(own.public_key().point(), hashed.point);
        assert_eq!(left, Bn254::pairing(G1Affine::generator(), own.sign(&message).unwrap().point()));
    }

    #[test]
    fn points_survive_their_bytes_and_others_are_refused() {
        let public = key(5).public_key();
        assert_eq!(PublicKey::from_bytes(&public.to_bytes()), Some(public));
        let signature = key(5).sign(&domain().reward(&EvmAddress::new([1; 20]), 1)).unwrap();
        assert_eq!(Signature::from_bytes(&signature.to_bytes()), Some(signature));
        for place in [0, 31, 32, 63] {
            let (mut key, mut sig) = (public.to_bytes(), signature.to_bytes());
            key[place] ^= 1;
            sig[place * 2] ^= 1;
            assert_eq!(PublicKey::from_bytes(&key), None);
            assert_eq!(Signature::from_bytes(&sig), None);
        }
        for same in [0, 0xff] {
            assert_eq!(PublicKey::from_bytes(&[same; 64]), None);
            assert_eq!(Signature::from_bytes(&[same; 128]), None);
        }
    }
}

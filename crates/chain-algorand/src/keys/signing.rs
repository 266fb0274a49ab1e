//! Private keys that sign.
use super::{ExtendedPrivate, KeyText, PublicKey, Seed, Signature};
use crate::address::Address;
use curve25519_dalek::Scalar;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use ed25519_dalek::{Signer, VerifyingKey};
use sha2::Sha512;
use std::fmt;

/// What stands before the signed bytes, so that a signature for one purpose serves no other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Domain {
    /// `MX`: bytes that mean nothing to the chain.
    Bytes,
    /// `TX`: a transaction in its canonical encoding.
    Transaction,
    /// `Program`: a logic signature that may act for the account from then on.
    Program,
    /// Nothing: the bytes as they are, which can be any of the others.
    Raw,
}

impl Domain {
    /// The bytes of the prefix.
    pub const fn prefix(self) -> &'static [u8] {
        match self {
            Self::Bytes => b"MX",
            Self::Transaction => b"TX",
            Self::Program => b"Program",
            Self::Raw => b"",
        }
    }

    fn before(self, message: &[u8]) -> Vec<u8> {
        [self.prefix(), message].concat()
    }
}

/// A private key in either form. Never printed; wiped on drop.
pub enum SigningKey {
    /// Made from a seed.
    Seed(Box<ed25519_dalek::SigningKey>),
    /// Of a tree of ARC-52: a scalar and a nonce prefix, no seed.
    Expanded(Box<ExpandedKey>),
}

/// A scalar and a nonce prefix with their public key.
pub struct ExpandedKey {
    secret: ExpandedSecretKey,
    public: VerifyingKey,
}

impl SigningKey {
    /// Its public key.
    pub fn public_key(&self) -> PublicKey {
        match self {
            Self::Seed(key) => PublicKey::of_key(&key.verifying_key()),
            Self::Expanded(key) => PublicKey::of_key(&key.public),
        }
    }

    /// Signs `message` in `domain`. The same key and message always give the same signature.
    pub fn sign(&self, domain: Domain, message: &[u8]) -> Signature {
        let message = domain.before(message);
        let signature = match self {
            Self::Seed(key) => key.sign(&message),
            Self::Expanded(key) => raw_sign::<Sha512>(&key.secret, &message, &key.public),
        };
        Signature::new(signature.to_bytes())
    }
}

impl From<&Seed> for SigningKey {
    fn from(seed: &Seed) -> Self {
        Self::Seed(Box::new(ed25519_dalek::SigningKey::from_bytes(seed.as_bytes())))
    }
}

impl From<&ExtendedPrivate> for SigningKey {
    fn from(key: &ExtendedPrivate) -> Self {
        let scalar = Scalar::from_bytes_mod_order(**key.scalar());
        let secret = ExpandedSecretKey { scalar, hash_prefix: **key.prefix() };
        let public = VerifyingKey::from(&secret);
        Self::Expanded(Box::new(ExpandedKey { secret, public }))
    }
}

impl From<&KeyText> for SigningKey {
    fn from(key: &KeyText) -> Self {
        match key {
            KeyText::Seed(seed) => seed.into(),
            KeyText::Extended(key) => key.into(),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.public_key().address())
    }
}

impl fmt::Debug for ExpandedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExpandedKey(..)")
    }
}

/// Whether `signature` is of the key of `address` over `message` in `domain`. False for an address
/// that is no public key. An account that was rekeyed signs with another key, which is not known
/// here.
pub fn verifies(address: &Address, domain: Domain, message: &[u8], signature: &Signature) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
    VerifyingKey::from_bytes(address.as_bytes())
        .is_ok_and(|key| key.verify_strict(&domain.before(message), &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: RFC 8032, section 7.1, test 2.
    #[test]
    fn a_seed_signs_as_published() {
        let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
        let KeyText::Seed(seed) = KeyText::read(seed.as_bytes()).unwrap() else { panic!("it is a seed") };
        let signature = SigningKey::from(&seed).sign(Domain::Raw, &[0x72]);
        assert_eq!(
            signature.to_hex(),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
    }

    #[test]
    fn a_signature_holds_in_its_own_domain_only() {
        let key = SigningKey::from(&ExtendedPrivate::new(&[0x40; 96]).unwrap());
        let address = key.public_key().address();
        let domains = [Domain::Bytes, Domain::Transaction, Domain::Program, Domain::Raw];
        for signed in domains {
            let signature = key.sign(signed, b"message");
            for asked in domains {
                assert_eq!(verifies(&address, asked, b"message", &signature), signed == asked);
            }
        }
        assert!(verifies(&address, Domain::Raw, b"MXmessage", &key.sign(Domain::Bytes, b"message")));
        assert!(!verifies(&Address::ZERO, Domain::Raw, b"", &Signature::new([0; 64])));
    }

    #[test]
    fn the_debug_form_shows_the_address_only() {
        let key = SigningKey::from(&Seed::new(&[0xc5; 32]));
        assert_eq!(format!("{key:?}"), format!("SigningKey(of {})", key.public_key().address()));
    }
}

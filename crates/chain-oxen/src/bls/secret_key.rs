//! Secret keys.
use super::field;
use super::{Message, PublicKey, Signature};
use ark_bn254::{Fr, G1Affine, G1Projective, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{BigInt, BigInteger, BitIteratorBE, PrimeField};
use std::fmt;
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// A secret number from 1 to below the order of the groups. Wiped on drop; never printed.
pub struct SecretKey {
    scalar: Zeroizing<BigInt<4>>,
    reduced: bool,
    public: PublicKey,
}

impl SecretKey {
    /// The key of 32 bytes, big-endian, less as many times the order of the groups as fit; `None`
    /// where nothing is left. Source: oxen-core `bls_signer.cpp`, which stores the number as drawn.
    pub fn from_be_bytes(bytes: &Zeroizing<[u8; 32]>) -> Option<Self> {
        // Done here, since the library's own reduction leaves copies on the heap.
        let mut scalar = Zeroizing::new(BigInt::new(field::limbs(bytes)));
        let mut reduced = false;
        while *scalar >= Fr::MODULUS {
            scalar.sub_with_borrow(&Fr::MODULUS);
            reduced = true;
        }
        // Doubling and adding: the library's faster way puts the secret into growing numbers.
        let point = G1Projective::from(G1Affine::generator()).mul_bits_be(BitIteratorBE::new(scalar.0.as_slice()));
        let public = PublicKey::new(point.into_affine())?;
        Some(Self { scalar, reduced, public })
    }

    /// Whether the bytes stood for a number beyond the order, so that others give the same key.
    pub const fn was_reduced(&self) -> bool {
        self.reduced
    }

    /// The number, 64 hex digits.
    pub fn to_hex(&self) -> Secret {
        let mut bytes = Zeroizing::new([0; 32]);
        field::write(&self.scalar.0, bytes.as_mut_slice());
        Secret::new(hex::encode(bytes.as_slice()))
    }

    /// Its public key.
    pub const fn public_key(&self) -> PublicKey {
        self.public
    }

    /// Signs `message`; `None` where it has no point (see [`Message::hash`]).
    pub fn sign(&self, message: &Message) -> Option<Signature> {
        let bits = BitIteratorBE::new(self.scalar.0.as_slice());
        Some(Signature::new(G2Projective::from(message.hash()?.point).mul_bits_be(bits).into_affine()))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(hex: &str) -> Option<SecretKey> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(hex, bytes.as_mut_slice()).unwrap();
        SecretKey::from_be_bytes(&bytes)
    }

    const ORDER: &str = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    const ORDER_AND_TWO: &str = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000003";

    #[test]
    fn a_number_beyond_the_order_is_the_key_of_what_is_left() {
        let (two, beyond) = (key(&format!("{:064x}", 2)).unwrap(), key(ORDER_AND_TWO).unwrap());
        assert_eq!((two.was_reduced(), beyond.was_reduced()), (false, true));
        assert_eq!(two.public_key(), beyond.public_key());
        assert_eq!(beyond.to_hex().expose(), format!("{:064x}", 2));
        assert!(key(&"ff".repeat(32)).unwrap().was_reduced());
    }

    #[test]
    fn nothing_is_no_key() {
        assert!(key(&"00".repeat(32)).is_none());
        assert!(key(ORDER).is_none());
    }

    #[test]
    fn the_key_of_one_is_the_generator_and_of_the_order_less_one_its_mirror() {
        assert_eq!(key(&format!("{:064x}", 1)).unwrap().public_key().point(), G1Affine::generator());
        let last = key(&ORDER.replace("f0000001", "f0000000")).unwrap();
        assert_eq!(last.public_key().point(), -G1Affine::generator());
    }

    #[test]
    fn no_debug_text_shows_the_secret() {
        let own = key(&"5a".repeat(32)).unwrap();
        assert!(!format!("{own:?}").contains(own.to_hex().expose()));
        assert!(!format!("{own:?}").contains("5a5a5a5a"));
    }
}

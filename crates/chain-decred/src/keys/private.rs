//! Private keys of all algorithms.
use super::public::PublicKey;
use super::secret_hex;
use crate::algorithm::Algorithm;
use curve25519_dalek::{EdwardsPoint, Scalar};
use std::fmt;
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// A private key and what it signs with. Never printed; wiped on drop.
#[derive(Clone)]
pub struct PrivateKey {
    bytes: Zeroizing<[u8; 32]>,
    public: PublicKey,
}

impl PrivateKey {
    /// The key of these 32 bytes, big-endian in every algorithm: a number from 1 and below the order
    /// of the curve. `None` for any other.
    pub fn new(algorithm: Algorithm, bytes: &[u8; 32]) -> Option<Self> {
        let public = match algorithm {
            Algorithm::Ecdsa | Algorithm::Schnorr => {
                PublicKey::new(algorithm, &k256::SecretKey::from_slice(bytes).ok()?.public_key().to_sec1_bytes())
            }
            Algorithm::Ed25519 => PublicKey::new(algorithm, &multiple_of_base(bytes)?),
        };
        Some(Self { bytes: Zeroizing::new(*bytes), public: public.ok()? })
    }

    /// Its algorithm.
    pub const fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Its public key.
    pub const fn public_key(&self) -> PublicKey {
        self.public
    }

    /// As 64 hex digits.
    pub fn to_hex(&self) -> Secret {
        secret_hex(self.bytes.as_slice())
    }
}

/// The Ed25519 key of a private scalar; `None` for zero and from the order of the group on.
///
/// Keys of Decred are such scalars, not the seeds of RFC 8032. Source: dcrd,
/// `edwards.PrivKeyFromScalar`.
fn multiple_of_base(bytes: &[u8; 32]) -> Option<[u8; 32]> {
    let mut little = Zeroizing::new(*bytes);
    little.reverse();
    let scalar = Zeroizing::new(Option::<Scalar>::from(Scalar::from_canonical_bytes(*little))?);
    (*scalar != Scalar::ZERO).then(|| EdwardsPoint::mul_base(&scalar).compress().to_bytes())
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(of {:?})", self.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_number_below_the_order_of_its_curve() {
        for algorithm in Algorithm::ALL {
            assert!(PrivateKey::new(algorithm, &[0; 32]).is_none());
            assert!(PrivateKey::new(algorithm, &[0xff; 32]).is_none());
            assert!(PrivateKey::new(algorithm, &[1; 32]).is_some());
        }
        // Between both orders: a key of one curve only.
        assert!(PrivateKey::new(Algorithm::Ed25519, &[0x11; 32]).is_none());
        assert!(PrivateKey::new(Algorithm::Schnorr, &[0x11; 32]).is_some());
    }

    #[test]
    fn a_private_key_is_not_printed() {
        let key = PrivateKey::new(Algorithm::Ecdsa, &[0x5a; 32]).unwrap();
        assert_eq!(key.to_hex().expose(), "5a".repeat(32));
        assert!(!format!("{key:?}").contains("5a5a"));
        assert!(!format!("{key:?}").contains("90, 90"));
    }
}

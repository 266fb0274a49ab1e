//! Public keys.
use crate::address::Address;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::traits::IsIdentity;
use ed25519_dalek::VerifyingKey;
use std::fmt;
use watchdog_core::keys::KeyError;

/// A public key that some private key has: a point of the group that the base point makes, other
/// than zero, in its one spelling.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Takes 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::Key`]: no private key has this public key.
    pub fn new(bytes: [u8; 32]) -> Result<Self, KeyError> {
        let point = Self(bytes)
            .point()
            .filter(|point| !point.is_identity() && point.is_torsion_free() && point.compress().to_bytes() == bytes);
        point.map(|_| Self(bytes)).ok_or(KeyError::Key("its 32 bytes are no public key"))
    }

    /// The key of a multiple of the base point.
    pub(super) fn of_point(point: &EdwardsPoint) -> Self {
        Self(point.compress().to_bytes())
    }

    /// The key of a private key that was just made.
    pub(super) fn of_key(key: &VerifyingKey) -> Self {
        Self(*key.as_bytes())
    }

    /// The point.
    pub(super) fn point(&self) -> Option<EdwardsPoint> {
        CompressedEdwardsY(self.0).decompress()
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its account.
    pub const fn address(&self) -> Address {
        Address::new(self.0)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sources: the identity and a point of order 8 as in libsodium's list of small-order points;
    /// the identity's second spelling is p + 1.
    #[test]
    fn points_that_no_private_key_reaches_are_refused() {
        for bytes in [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0200000000000000000000000000000000000000000000000000000000000000",
        ] {
            let bytes = hex::decode(bytes).unwrap().try_into().unwrap();
            assert!(PublicKey::new(bytes).is_err(), "{bytes:?}");
        }
    }
}

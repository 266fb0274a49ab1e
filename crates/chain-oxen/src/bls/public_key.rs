//! Public keys.
use super::field;
use ark_bn254::{G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup};
use std::fmt;

/// A public key: a point of G1 that is not the neutral one.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct PublicKey(G1Affine);

impl PublicKey {
    /// Reads X and Y, 32 bytes each, big-endian; `None` where they are no point.
    pub fn from_bytes(bytes: &[u8; 64]) -> Option<Self> {
        let point = G1Affine::new_unchecked(field::nth(bytes, 0)?, field::nth(bytes, 1)?);
        // Every point of the curve is of the group.
        point.is_on_curve().then_some(point).and_then(Self::new)
    }

    pub(super) fn new(point: G1Affine) -> Option<Self> {
        (!point.is_zero()).then_some(Self(point))
    }

    /// X and Y, 32 bytes each, big-endian.
    pub fn to_bytes(&self) -> [u8; 64] {
        field::to_be(&[self.0.x, self.0.y])
    }

    /// The point.
    pub const fn point(&self) -> G1Affine {
        self.0
    }

    /// The key of all these together; `None` where there are none, or they cancel out. Only keys
    /// whose owners have proven possession may be put together.
    pub fn aggregate(keys: impl IntoIterator<Item = Self>) -> Option<Self> {
        let sum: G1Projective = keys.into_iter().map(|key| key.0.into_group()).sum();
        Self::new(sum.into_affine())
    }

    /// What is left of an aggregate without those who did not sign; `None` where that is nothing.
    #[must_use]
    pub fn without(&self, others: impl IntoIterator<Item = Self>) -> Option<Self> {
        let sum: G1Projective = others.into_iter().map(|key| key.0.into_group()).sum();
        Self::new((self.0.into_group() - sum).into_affine())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

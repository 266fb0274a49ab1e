//! Signatures.
use super::{Message, PublicKey, field};
use ark_bn254::{Bn254, Fq2, G1Affine, G2Affine, G2Projective};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::Zero;
use std::fmt;

/// A signature: a point of G2.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Signature(G2Affine);

impl Signature {
    /// Reads x and y, the real part of each before the imaginary one, 32 bytes each, big-endian;
    /// `None` where they are no point of the group. The EVM has the parts the other way round.
    pub fn from_bytes(bytes: &[u8; 128]) -> Option<Self> {
        let part = |place| field::nth(bytes, place);
        let point = G2Affine::new_unchecked(Fq2::new(part(0)?, part(1)?), Fq2::new(part(2)?, part(3)?));
        let sound = point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve() && !point.is_zero();
        sound.then_some(Self(point))
    }

    pub(super) const fn new(point: G2Affine) -> Self {
        Self(point)
    }

    /// As [`Signature::from_bytes`] reads it.
    pub fn to_bytes(&self) -> [u8; 128] {
        field::to_be(&[self.0.x.c0, self.0.x.c1, self.0.y.c0, self.0.y.c1])
    }

    /// The point.
    pub const fn point(&self) -> G2Affine {
        self.0
    }

    /// Whether `key` made it over `message`.
    pub fn verifies(&self, message: &Message, key: &PublicKey) -> bool {
        let Some(hashed) = message.hash() else { return false };
        Bn254::multi_pairing([-G1Affine::generator(), key.point()], [self.0, hashed.point]).is_zero()
    }

    /// The signature of all these together over one message; `None` where there are none, or they
    /// cancel out.
    pub fn aggregate(signatures: impl IntoIterator<Item = Self>) -> Option<Self> {
        let sum: G2Projective = signatures.into_iter().map(|signature| signature.0.into_group()).sum();
        (!sum.is_zero()).then(|| Self(sum.into_affine()))
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({self})")
    }
}

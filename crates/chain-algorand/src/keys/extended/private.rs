//! Extended private keys.
use super::{ExtendedPublic, NO_HEX};
use crate::keys::PublicKey;
use crate::keys::half::{Half, sum};
use crate::keys::text::hidden_hex;
use curve25519_dalek::Scalar;
use curve25519_dalek::constants::ED25519_BASEPOINT_TABLE;
use curve25519_dalek::edwards::EdwardsPoint;
use std::fmt;
use watchdog_core::keys::KeyError;
use watchdog_core::secret::Secret;
use zeroize::{Zeroize, Zeroizing};

/// Extended private key of 96 bytes: scalar, nonce prefix, chain code. Wiped on drop.
#[derive(Clone)]
pub struct ExtendedPrivate {
    scalar: Half,
    prefix: Half,
    chain_code: Half,
}

impl ExtendedPrivate {
    /// Length in bytes.
    pub const LEN: usize = 96;

    /// Takes scalar, nonce prefix and chain code in this order.
    ///
    /// # Errors
    /// [`KeyError::Key`]: the scalar is not 2^254 to 2^255 - 8 in steps of 8.
    pub fn new(bytes: &[u8; Self::LEN]) -> Result<Self, KeyError> {
        let mut parts = [Half::default(), Half::default(), Half::default()];
        parts.iter_mut().flat_map(|part| part.iter_mut()).zip(bytes).for_each(|(to, from)| *to = *from);
        let [scalar, prefix, chain_code] = parts;
        Self::from_parts(scalar, prefix, chain_code)
            .ok_or(KeyError::Key("its first 32 bytes are no scalar of an extended private key"))
    }

    /// As [`ExtendedPrivate::new`]; `None` for such a scalar.
    pub(in crate::keys) fn from_parts(scalar: Half, prefix: Half, chain_code: Half) -> Option<Self> {
        let [first, .., last] = &*scalar;
        (first.trailing_zeros() >= 3 && last & 0xc0 == 0x40).then_some(Self { scalar, prefix, chain_code })
    }

    /// Reads 192 hex digits.
    ///
    /// # Errors
    /// [`KeyError::Key`].
    pub fn from_hex(text: &Secret) -> Result<Self, KeyError> {
        let text = text.expose().trim();
        let mut bytes = Zeroizing::new([0; Self::LEN]);
        if text.len() != 2 * Self::LEN {
            return Err(KeyError::Key("an extended private key has 96 bytes, 192 hex digits"));
        }
        hex::decode_to_slice(text, bytes.as_mut_slice()).map_err(|_| NO_HEX)?;
        Self::new(&bytes)
    }

    /// As 192 hex digits.
    pub fn to_hex(&self) -> Secret {
        hidden_hex(&[self.scalar.as_slice(), self.prefix.as_slice(), self.chain_code.as_slice()])
    }

    /// The public half.
    pub fn public(&self) -> ExtendedPublic {
        let key = PublicKey::of_point(&times_base(&self.scalar));
        ExtendedPublic::new(key, *self.chain_code)
    }

    /// The scalar, lowest byte first.
    pub(in crate::keys) const fn scalar(&self) -> &Half {
        &self.scalar
    }

    /// What nonces of signatures are hashed from.
    pub(in crate::keys) const fn prefix(&self) -> &Half {
        &self.prefix
    }

    /// The chain code.
    pub(in crate::keys) const fn chain_code(&self) -> &Half {
        &self.chain_code
    }

    /// The 96 bytes.
    pub(in crate::keys) fn bytes(&self) -> Zeroizing<[u8; Self::LEN]> {
        let mut bytes = Zeroizing::new([0; Self::LEN]);
        let parts = self.scalar.iter().chain(self.prefix.iter()).chain(self.chain_code.iter());
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// The key whose scalar is larger by eight times `left` and whose prefix by `right`; `None`
    /// where that scalar is 2^255 or more.
    pub(in crate::keys) fn plus(&self, left: &Half, right: &Half, chain_code: Half) -> Option<Self> {
        Self::from_parts(sum(&self.scalar, left, 3), sum(&self.prefix, right, 0), chain_code)
    }
}

impl fmt::Debug for ExtendedPrivate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExtendedPrivate(..)")
    }
}

/// `scalar` times the base point, in the same time for all scalars below 2^255.
pub(in crate::keys) fn times_base(scalar: &[u8; 32]) -> EdwardsPoint {
    let mut scalar = Scalar::from_bytes_mod_order(*scalar);
    let point = ED25519_BASEPOINT_TABLE * &scalar;
    scalar.zeroize();
    point
}

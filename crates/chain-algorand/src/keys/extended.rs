//! Extended keys: a key and the chain code that its children come from.
use super::PublicKey;
use super::half::{Half, sum};
use super::text::hidden_hex;
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
    pub(super) fn from_parts(scalar: Half, prefix: Half, chain_code: Half) -> Option<Self> {
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
        ExtendedPublic { key, chain_code: *self.chain_code }
    }

    /// The scalar, lowest byte first.
    pub(super) const fn scalar(&self) -> &Half {
        &self.scalar
    }

    /// What nonces of signatures are hashed from.
    pub(super) const fn prefix(&self) -> &Half {
        &self.prefix
    }

    /// The chain code.
    pub(super) const fn chain_code(&self) -> &Half {
        &self.chain_code
    }

    /// The 96 bytes.
    pub(super) fn bytes(&self) -> Zeroizing<[u8; Self::LEN]> {
        let mut bytes = Zeroizing::new([0; Self::LEN]);
        let parts = self.scalar.iter().chain(self.prefix.iter()).chain(self.chain_code.iter());
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// The key whose scalar is larger by eight times `left` and whose prefix by `right`; `None`
    /// where that scalar is 2^255 or more.
    pub(super) fn plus(&self, left: &Half, right: &Half, chain_code: Half) -> Option<Self> {
        Self::from_parts(sum(&self.scalar, left, 3), sum(&self.prefix, right, 0), chain_code)
    }
}

impl fmt::Debug for ExtendedPrivate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExtendedPrivate(..)")
    }
}

const NO_HEX: KeyError = KeyError::Key("an extended key is hex, it has a character that is no hex digit");

/// `scalar` times the base point, in the same time for all scalars below 2^255.
pub(super) fn times_base(scalar: &[u8; 32]) -> EdwardsPoint {
    let mut scalar = Scalar::from_bytes_mod_order(*scalar);
    let point = ED25519_BASEPOINT_TABLE * &scalar;
    scalar.zeroize();
    point
}

/// Extended public key of 64 bytes: public key, chain code.
///
/// Together with the private key of any child that is not hardened it gives away the private key
/// that it belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ExtendedPublic {
    key: PublicKey,
    chain_code: [u8; 32],
}

impl ExtendedPublic {
    /// Length in bytes.
    pub const LEN: usize = 64;

    /// Takes a key and its chain code.
    pub const fn new(key: PublicKey, chain_code: [u8; 32]) -> Self {
        Self { key, chain_code }
    }

    /// Reads 128 hex digits.
    ///
    /// # Errors
    /// [`KeyError::Key`], also where the first half is no public key.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let mut halves = [[0; 32]; 2];
        if text.len() != 2 * Self::LEN {
            return Err(KeyError::Key("an extended public key has 64 bytes, 128 hex digits"));
        }
        hex::decode_to_slice(text, halves.as_flattened_mut()).map_err(|_| NO_HEX)?;
        let [key, chain_code] = halves;
        Ok(Self { key: PublicKey::new(key)?, chain_code })
    }

    /// The public key.
    pub const fn key(&self) -> PublicKey {
        self.key
    }

    /// The chain code.
    pub const fn chain_code(&self) -> &[u8; 32] {
        &self.chain_code
    }
}

impl fmt::Display for ExtendedPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.key, hex::encode(self.chain_code))
    }
}

/// An extended key of either kind, told apart by its length.
#[derive(Clone, Debug)]
pub enum ExtendedKey {
    /// 192 hex digits.
    Private(ExtendedPrivate),
    /// 128 hex digits.
    Public(ExtendedPublic),
}

impl ExtendedKey {
    /// Reads either, white space around it allowed.
    ///
    /// # Errors
    /// [`KeyError::Key`].
    pub fn from_hex(text: &Secret) -> Result<Self, KeyError> {
        let public = text.expose().trim();
        match public.len() {
            192 => ExtendedPrivate::from_hex(text).map(Self::Private),
            128 => ExtendedPublic::from_hex(public).map(Self::Public),
            _ => Err(KeyError::Key("an extended key has 192 hex digits if private, 128 if public")),
        }
    }

    /// The public half.
    pub fn public(&self) -> ExtendedPublic {
        match self {
            Self::Private(key) => key.public(),
            Self::Public(key) => *key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        ExtendedKey::from_hex(&Secret::new(text.to_owned())).unwrap_err().to_string()
    }

    #[test]
    fn a_refusal_names_length_digit_scalar_or_point() {
        for (text, why) in [
            (String::new(), "192 hex digits if private"),
            ("0".repeat(191), "192 hex digits if private"),
            ("zz".repeat(96), "no hex digit"),
            ("zz".repeat(64), "no hex digit"),
            ("00".repeat(96), "no scalar"),
            ("ff".repeat(96), "no scalar"),
            ("02".repeat(64), "no public key"),
        ] {
            assert!(refusal(&text).contains(why), "{text}: {}", refusal(&text));
        }
        assert!(ExtendedKey::from_hex(&Secret::new("40".repeat(96))).is_ok());
    }

    #[test]
    fn the_debug_form_of_a_private_key_is_silent() {
        let key = ExtendedPrivate::new(&[0x40; 96]).unwrap();
        assert_eq!(format!("{key:?}"), "ExtendedPrivate(..)");
        assert_eq!(key.to_hex().expose(), "40".repeat(96));
    }
}

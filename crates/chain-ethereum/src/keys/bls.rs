//! Consensus keys: BLS12-381 with public keys of 48 bytes, and the tree that EIP-2333 grows of them.
use super::tree_path::TreePath;
use crate::hexadecimal;
use blst::min_pk;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// Order of the group, big-endian. Source: EIP-2333, `r`.
const ORDER: [u8; 32] = [
    0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8, 0x08, 0x09, 0xa1, 0xd8, 0x05, 0x53, 0xbd, 0xa4,
    0x02, 0xff, 0xfe, 0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01,
];

/// A private key from 1 to r - 1. Never printed; wiped on drop.
#[derive(Clone)]
pub struct SecretKey(min_pk::SecretKey);

impl SecretKey {
    /// Root of the tree of `seed`; `None` below 32 bytes. Source: EIP-2333, `derive_master_SK`.
    pub fn root(seed: &[u8]) -> Option<Self> {
        min_pk::SecretKey::derive_master_eip2333(seed).ok().map(Self)
    }

    /// The key one step below; every index has one. Source: EIP-2333, `derive_child_SK`.
    #[must_use]
    pub fn child(&self, index: u32) -> Self {
        Self(self.0.derive_child_eip2333(index))
    }

    /// The key at `path` below this one, which is taken for the root.
    #[must_use]
    pub fn derive(&self, path: &TreePath) -> Self {
        path.components().iter().fold(self.clone(), |key, index| key.child(*index))
    }

    /// The key of these bytes, big-endian; `None` for zero and from r on.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        min_pk::SecretKey::from_bytes(bytes).ok().map(Self)
    }

    /// Key of validator `index` on development networks, known to everybody: SHA-256 of the index in
    /// 32 bytes, read little-endian, modulo r. Source: the mocked start of the consensus clients.
    pub fn interop(index: u64) -> Option<Self> {
        let mut preimage = [0; 32];
        preimage.iter_mut().zip(index.to_le_bytes()).for_each(|(to, from)| *to = from);
        let mut number: [u8; 32] = Sha256::digest(preimage).into();
        number.reverse();
        // The hash is below 2^256, which is less than three times r.
        while number >= ORDER {
            subtract(&mut number, &ORDER);
        }
        Self::from_bytes(&number)
    }

    /// The key, big-endian.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The key as `0x` and 64 hex digits.
    pub fn to_hex(&self) -> Secret {
        hexadecimal::secret(self.to_bytes().as_slice())
    }

    /// Its public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.sk_to_pk().to_bytes())
    }
}

/// `number - less`, both big-endian; `number` is not below `less`.
fn subtract(number: &mut [u8; 32], less: &[u8; 32]) {
    let mut borrow = false;
    for (digit, less) in number.iter_mut().zip(less).rev() {
        let (first, under) = digit.overflowing_sub(*less);
        let (second, under_again) = first.overflowing_sub(borrow.into());
        *digit = second;
        borrow = under || under_again;
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public_key())
    }
}

/// A public key: a point of the right subgroup, compressed, and not the one at infinity.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct PublicKey([u8; 48]);

impl PublicKey {
    /// Length in bytes.
    pub const LEN: usize = 48;

    /// The key of these bytes.
    ///
    /// # Errors
    /// They are no valid public key.
    pub fn new(bytes: [u8; Self::LEN]) -> Result<Self, PublicKeyError> {
        min_pk::PublicKey::key_validate(&bytes).map_err(|_| PublicKeyError::Point)?;
        Ok(Self(bytes))
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Withdrawal credentials of type 0x00: a zero byte and the last 31 of the key's SHA-256.
    /// Source: consensus-specs, `BLS_WITHDRAWAL_PREFIX`.
    pub fn withdrawal_credentials(&self) -> [u8; 32] {
        let mut credentials: [u8; 32] = Sha256::digest(self.0).into();
        let [first, ..] = &mut credentials;
        *first = 0;
        credentials
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal::prefixed(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = PublicKeyError;

    /// Hex of either case, with or without `0x`.
    fn from_str(text: &str) -> Result<Self, PublicKeyError> {
        Self::new(hexadecimal::exactly(text).ok_or(PublicKeyError::Form)?)
    }
}

/// A text or bytes are no public key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicKeyError {
    /// Not 48 bytes in hex.
    #[error("a consensus public key has 48 bytes, 96 hex digits")]
    Form,
    /// Not a point of the group, or the one at infinity.
    #[error(
        "it has the length of a consensus public key, but is no point of the BLS12-381 group: check it digit by digit"
    )]
    Point,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_outside_the_range_do_not_exist() {
        let mut largest = ORDER;
        largest[31] = 0;
        assert!(SecretKey::from_bytes(&[0; 32]).is_none());
        assert!(SecretKey::from_bytes(&ORDER).is_none());
        assert!(SecretKey::from_bytes(&[0xff; 32]).is_none());
        assert_eq!(*SecretKey::from_bytes(&largest).unwrap().to_bytes(), largest);
    }

    #[test]
    fn a_seed_below_32_bytes_has_no_tree() {
        assert!(SecretKey::root(&[7; 31]).is_none());
        assert!(SecretKey::root(&[7; 32]).is_some());
    }

    #[test]
    fn points_that_nobody_can_sign_for_are_no_public_keys() {
        let infinity: String = "c0".to_owned() + &"00".repeat(47);
        // On the curve, yet outside the subgroup: x = 4. Source: bls12-381 `g1` cofactor.
        let outside: String = "80".to_owned() + &"00".repeat(46) + "04";
        for text in [infinity, outside, "ff".repeat(48)] {
            assert_eq!(text.parse::<PublicKey>(), Err(PublicKeyError::Point), "{text}");
        }
        assert_eq!("0xa99a".parse::<PublicKey>(), Err(PublicKeyError::Form));
    }

    #[test]
    fn no_debug_text_holds_a_private_key() {
        let key = SecretKey::from_bytes(&[0x12; 32]).unwrap();
        assert_eq!(key.to_hex().expose(), "0x".to_owned() + &"12".repeat(32));
        assert!(!format!("{key:?}").contains(&"12".repeat(8)));
    }
}

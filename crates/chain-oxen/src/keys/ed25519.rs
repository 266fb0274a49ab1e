//! Ed25519 keys as libsodium has them, and what is made of them.
use super::private_hex::encode;
use crate::address::SnodeName;
use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use std::fmt;
use subtle::ConstantTimeEq;
use watchdog_core::keys::KeyError;
use watchdog_core::secret::Secret;
use zeroize::{Zeroize, Zeroizing};

/// An Ed25519 key. Wiped on drop; never printed.
pub struct Ed25519Key(SigningKey);

impl Ed25519Key {
    /// The key of a seed.
    pub fn of_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Reads libsodium's form: the seed, and the public key.
    ///
    /// # Errors
    /// [`KeyError::Mismatch`] where the public key is not that of the seed. oxend does not look.
    pub fn of_keypair(bytes: &[u8; 64]) -> Result<Self, KeyError> {
        let (seed, public) = bytes.split_first_chunk().ok_or(KeyError::Mismatch)?;
        let key = Self::of_seed(seed);
        let same: bool = key.public().as_slice().ct_eq(public).into();
        if same { Ok(key) } else { Err(KeyError::Mismatch) }
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The X25519 public key.
    pub fn x25519_public(&self) -> [u8; 32] {
        self.0.verifying_key().to_montgomery().to_bytes()
    }

    /// The X25519 secret key. Source: libsodium `crypto_sign_ed25519_sk_to_curve25519`.
    pub fn x25519_secret(&self) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new(self.0.to_scalar_bytes());
        if let [first, .., last] = bytes.as_mut_slice() {
            *first &= 0xf8;
            *last = *last & 0x7f | 0x40;
        }
        bytes
    }

    /// The secret of the primary key that a node without the file `key` has: the same scalar, less
    /// than the order of the group.
    pub fn primary_secret(&self) -> Zeroizing<[u8; 32]> {
        let mut scalar = self.0.to_scalar();
        let bytes = Zeroizing::new(scalar.to_bytes());
        scalar.zeroize();
        bytes
    }

    /// Name in lokinet.
    pub fn snode(&self) -> SnodeName {
        SnodeName::new(self.public())
    }

    /// Libsodium's form in hex, as `key_ed25519` holds it.
    pub fn keypair_hex(&self) -> Secret {
        encode(Zeroizing::new(self.0.to_keypair_bytes()).as_slice())
    }

    /// Seed and X25519 secret, by field name.
    pub(super) fn private(&self) -> BTreeMap<&'static str, Secret> {
        BTreeMap::from([
            ("ed25519_seed", encode(self.0.as_bytes())),
            ("x25519_secret_key", encode(self.x25519_secret().as_slice())),
        ])
    }
}

impl fmt::Debug for Ed25519Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ed25519Key(of {})", hex::encode(self.public()))
    }
}

//! Extended public keys.
use super::NO_HEX;
use crate::keys::PublicKey;
use std::fmt;
use watchdog_core::keys::KeyError;

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

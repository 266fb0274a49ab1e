//! Keystores of EIP-2335, version 4: one BLS private key under a password.
//!
//! [`Keystore::parse`] checks the form, [`Keystore::decrypt`] runs the costly derivation within
//! limits, [`Recipe::seal`] writes one.
pub mod cost;
mod document;
pub mod error;
pub mod password;
pub mod seal;

use crate::keys::bls::{PublicKey, SecretKey};
use aes::Aes128;
use aes::cipher::{KeyIvInit, StreamCipher};
pub use cost::{Cost, Strength};
use ctr::Ctr128BE;
pub use error::KeystoreError;
pub use password::PasswordForm;
pub use seal::Recipe;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// A keystore whose form is right. Holds nothing in the clear.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Keystore {
    /// What the password is made costly with; may be more than is allowed.
    pub cost: Cost,
    /// Where the key stands in its tree, as the file says; empty where it stands in none.
    pub path: String,
    /// Name of the file, a UUID.
    pub uuid: String,
    /// What somebody wrote about it.
    pub description: Option<String>,
    /// Public key that the file names, not known to be a point of the group.
    pub public_key: Option<[u8; PublicKey::LEN]>,
    salt: Vec<u8>,
    checksum: [u8; 32],
    iv: [u8; 16],
    cipher_text: [u8; 32],
}

/// What was in a keystore.
#[derive(Debug)]
pub struct Opened {
    /// The key.
    pub key: SecretKey,
    /// In which form the password was right.
    pub form: PasswordForm,
}

impl Keystore {
    /// Reads a keystore. Costs nothing: what it asks for is checked when it is opened.
    ///
    /// # Errors
    /// What is wrong with its form.
    pub fn parse(json: &[u8]) -> Result<Self, KeystoreError> {
        document::parse(json)
    }

    /// Opens it. The key is compared with [`Keystore::public_key`] where the file names one; the
    /// checksum covers neither the initialisation vector nor the public key.
    ///
    /// Costs one key derivation (some 256 MiB and half a second for a usual one) for a password in
    /// standard form; a wrong one is tried in the other forms too.
    ///
    /// # Errors
    /// [`KeystoreError::TooExpensive`] before anything is computed; [`KeystoreError::Password`],
    /// [`KeystoreError::Secret`], [`KeystoreError::Mismatch`].
    pub fn decrypt(&self, password: &Secret) -> Result<Opened, KeystoreError> {
        for form in PasswordForm::ALL {
            let Some(bytes) = form.bytes(password.expose()) else { continue };
            match self.decrypt_with(&bytes) {
                Ok(key) => return Ok(Opened { key, form }),
                Err(KeystoreError::Password) => {}
                Err(error) => return Err(error),
            }
        }
        Err(KeystoreError::Password)
    }

    fn decrypt_with(&self, password: &[u8]) -> Result<SecretKey, KeystoreError> {
        let key = self.cost.derive(password, &self.salt)?;
        if !bool::from(checksum(&key, &self.cipher_text).ct_eq(&self.checksum)) {
            return Err(KeystoreError::Password);
        }
        let mut secret = Zeroizing::new(self.cipher_text);
        apply_cipher(&key, &self.iv, &mut secret);
        let secret = SecretKey::from_bytes(&secret);
        let secret =
            secret.ok_or(KeystoreError::Secret("what it holds is zero or not below the order of BLS12-381"))?;
        match self.public_key {
            Some(expected) if secret.public_key().as_bytes() != &expected => Err(KeystoreError::Mismatch),
            _ => Ok(secret),
        }
    }
}

/// SHA-256 of the second half of the derived key and the cipher text.
fn checksum(key: &[u8; 32], cipher_text: &[u8; 32]) -> [u8; 32] {
    let (_, second) = key.split_at(16);
    Sha256::new().chain_update(second).chain_update(cipher_text).finalize().into()
}

/// AES-128 in counter mode under the first half of the derived key: encrypts and decrypts.
fn apply_cipher(key: &[u8; 32], iv: &[u8; 16], bytes: &mut [u8; 32]) {
    let [first @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = key;
    Ctr128BE::<Aes128>::new(first.into(), iv.into()).apply_keystream(bytes);
}

impl fmt::Display for Keystore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EIP-2335 keystore, {}", self.cost)
    }
}

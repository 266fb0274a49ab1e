//! The root key, and the keys made of it.
use super::descriptor::Descriptor;
use super::error::LegacyError;
use super::keyed_hash::keyed;
use argon2::{Argon2, Params, Version};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// Purpose of the checksum in a descriptor.
const CHECKSUM: &str = "VALIDATOR SUPERVISOR KEY CHECKSUM";

/// Purpose of every key that is made of the root key.
const DERIVATION: &str = "VALIDATOR SUPERVISOR KEY DERIVATION";

/// Tag of the archive's key.
const BACKUP: &[u8] = b"BACKUP KEY";

/// The supervisor's root key; wiped on drop.
pub struct RootKey(Zeroizing<[u8; 16]>);

impl RootKey {
    /// The root key of `descriptor`. Costs 1 GiB and some seconds, except for the weak algorithm.
    ///
    /// # Errors
    /// [`LegacyError::Password`], [`LegacyError::Memory`].
    pub fn derive(descriptor: &Descriptor, password: &Secret) -> Result<Self, LegacyError> {
        let (algorithm, mut key) = (descriptor.algorithm, Zeroizing::new([0; 16]));
        let params = Params::new(algorithm.memory_bytes() / 1024, algorithm.passes(), 1, Some(key.len()));
        let argon2 = Argon2::new(argon2::Algorithm::Argon2id, Version::V0x13, params.map_err(|_| LegacyError::Memory)?);
        let derived = argon2.hash_password_into(password.expose().as_bytes(), &descriptor.salt, key.as_mut_slice());
        derived.map_err(|_| LegacyError::Memory)?;
        let checksum = keyed(key.as_slice(), CHECKSUM, &[]).ok_or(LegacyError::Password)?;
        if bool::from(checksum.ct_eq(&descriptor.checksum)) { Ok(Self(key)) } else { Err(LegacyError::Password) }
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Key of the archives.
    pub fn backup_key(&self) -> BackupKey {
        // A key of 16 bytes is one that BLAKE2b has.
        BackupKey(keyed(self.0.as_slice(), DERIVATION, BACKUP).unwrap_or_default())
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey(..)")
    }
}

/// Key of the archives; wiped on drop.
pub struct BackupKey(Zeroizing<[u8; 32]>);

impl BackupKey {
    /// The key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Tells keys apart without revealing them: the first 8 bytes of SHA-256.
    pub fn fingerprint(&self) -> [u8; 8] {
        let hash: [u8; 32] = Sha256::digest(self.0.as_slice()).into();
        let mut first = [0; 8];
        first.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        first
    }
}

impl fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupKey(..)")
    }
}

//! Why a keystore cannot be opened or written.
use super::cost::LIMIT;
use watchdog_core::keys::KeyError;

/// A keystore cannot be opened or written. Never quotes password or key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeystoreError {
    /// Not a keystore, or something in it is missing or of the wrong form.
    #[error("{0}")]
    Malformed(&'static str),
    /// Another version of the format.
    #[error("its version is not 4: only keystores of EIP-2335 hold consensus keys")]
    Version,
    /// Another key derivation function.
    #[error("its key derivation function is neither `scrypt` nor `pbkdf2`")]
    Kdf,
    /// PBKDF2 over another hash.
    #[error("its pseudo-random function is not `hmac-sha256`")]
    Prf,
    /// Another checksum.
    #[error("its checksum function is not `sha256`")]
    Checksum,
    /// Another cipher.
    #[error("its cipher is not `aes-128-ctr`")]
    Cipher,
    /// Parameters that the derivation function does not have.
    #[error("{0}")]
    Parameters(&'static str),
    /// More work or memory than is given to a keystore.
    #[error("it asks for {asked}; the limit is {LIMIT}")]
    TooExpensive {
        /// What it asks for.
        asked: String,
    },
    /// The checksum differs: a wrong password, or a damaged salt, checksum or cipher text.
    #[error("the password is wrong")]
    Password,
    /// The key inside has another public key than the keystore names.
    #[error("the key inside is not that of its public key")]
    Mismatch,
    /// What is inside is no BLS private key.
    #[error("{0}")]
    Secret(&'static str),
}

impl From<KeystoreError> for KeyError {
    fn from(error: KeystoreError) -> Self {
        match error {
            KeystoreError::Password => Self::Password,
            KeystoreError::Mismatch => Self::Mismatch,
            KeystoreError::TooExpensive { asked } => Self::Cost { asked, limit: LIMIT },
            KeystoreError::Malformed(what) | KeystoreError::Parameters(what) | KeystoreError::Secret(what) => {
                Self::Keystore(what)
            }
            KeystoreError::Version => Self::Keystore("its version is not 4, that of EIP-2335 (3 is an account's)"),
            KeystoreError::Kdf => Self::Keystore("its key derivation function is neither `scrypt` nor `pbkdf2`"),
            KeystoreError::Prf => Self::Keystore("its pseudo-random function is not `hmac-sha256`"),
            KeystoreError::Checksum => Self::Keystore("its checksum function is not `sha256`"),
            KeystoreError::Cipher => Self::Keystore("its cipher is not `aes-128-ctr`"),
        }
    }
}

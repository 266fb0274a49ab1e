//! What keys are derived from.
use crate::secret::Secret;
use std::fmt;
use zeroize::Zeroizing;

/// What keys are derived from.
#[derive(Clone, Debug)]
pub enum Material {
    /// Mnemonic words, white space between two; where the chain's wallets write a seed in hex into
    /// the same field, that too.
    Phrase(Secret),
    /// Seed, hex.
    Seed(Secret),
    /// Encrypted keystore of the chain.
    Keystore {
        /// Content of the file.
        json: Vec<u8>,
        /// Its password.
        password: Secret,
    },
    /// Extended key, private or public, in the chain's text form.
    ExtendedKey(Secret),
    /// A private key in a file of its own, such as a node's.
    KeyFile(KeyFile),
}

impl Material {
    /// What it is called in messages.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Phrase(_) => "a phrase",
            Self::Seed(_) => "a seed",
            Self::Keystore { .. } => "a keystore",
            Self::ExtendedKey(_) => "an extended key",
            Self::KeyFile(_) => "a key file",
        }
    }
}

/// Content of a key file, wiped on drop, with the file's own name: some chains keep keys of several
/// kinds in files that differ in nothing else.
#[derive(Clone)]
pub struct KeyFile {
    /// Last component of the path, such as `key_bls`; empty where the content came without a name.
    pub name: String,
    /// Content, as it is on disk.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile").field("name", &self.name).finish_non_exhaustive()
    }
}

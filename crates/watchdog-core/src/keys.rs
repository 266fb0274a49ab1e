//! Mnemonic to keys, the same command for every chain.
use schemars::JsonSchema;
use serde::Serialize;
use crate::secret::Secret;

/// A network by the chain's own name for it: `mainnet`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Network(pub &'static str);

/// A way from material to keys by its name on the command line: `cap26`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Scheme(pub &'static str);

/// What keys are derived from.
#[derive(Debug)]
pub enum Material {
    /// Mnemonic words, one space between two.
    Phrase(Secret),
    /// Seed, hex.
    Seed(Secret),
    /// Encrypted keystore of the chain.
    Keystore {
        /// The file.
        json: Vec<u8>,
        /// Its password.
        password: Secret,
    },
    /// Extended private key in the chain's text form.
    ExtendedKey(Secret),
    /// A node's own key file, as text.
    KeyFile(Secret),
}

/// Which branch of the tree.
#[derive(Clone, Debug)]
pub enum KeyPath {
    /// Index in the scheme's standard path, from 0.
    Index(u32),
    /// A full path in the scheme's notation.
    Full(String),
}

/// A derived key. Its JSON is one element of what `tanist keys derive --json` prints.
#[derive(Debug, JsonSchema, Serialize)]
pub struct DerivedKey {
    /// Full path used.
    pub path: String,
    /// Public key, lower-case hex, in the chain's own encoding.
    pub public_key: String,
    /// Address in the chain's text form.
    pub address: String,
    /// Private key; written only to the place that was asked for.
    #[serde(skip)]
    #[schemars(skip)]
    pub secret: Secret,
}

/// A chain's key derivation. Pure: no I/O, no async, no randomness.
pub trait KeyDerivation: Send + Sync {
    /// Networks known, the default one first.
    fn networks(&self) -> &'static [Network];
    /// Schemes known, the default one first.
    fn schemes(&self) -> &'static [Scheme];
    /// The costly part, once: phrase to seed, keystore to secret. An absent passphrase is empty.
    fn open(&self, material: Material, scheme: &Scheme, network: &Network, passphrase: &Secret) -> Result<Box<dyn KeySource>, KeyError>;
}

/// Opened material.
pub trait KeySource: Send {
    /// One branch of the tree; cheap, may be called for any number of paths.
    fn key(&self, path: &KeyPath) -> Result<DerivedKey, KeyError>;
}

/// A key cannot be derived. Never quotes the material.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Wrong word, wrong number of words, or wrong checksum. Never says which word.
    #[error("mnemonic is not valid for this chain")]
    Phrase,
    /// The scheme does not take this kind of material.
    #[error("scheme `{0}` cannot start from this material")]
    Material(&'static str),
    /// The keystore's password is wrong, or the keystore is damaged.
    #[error("keystore cannot be opened")]
    Keystore,
    /// The path is not one of this scheme.
    #[error("path `{0}` is not one of this scheme")]
    Path(String),
}

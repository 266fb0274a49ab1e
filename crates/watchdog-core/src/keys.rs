//! Mnemonic to keys, the same command for every chain.
//!
//! The costly part of a derivation (PBKDF2, scrypt) runs once, in [`KeyDerivation::open`]; every
//! [`KeySource::key`] after it is one cheap branch of the tree. Nothing here does I/O, waits or
//! draws random numbers, and no error quotes the material.
pub mod bip32;
mod hmac;
pub mod path;
pub mod phrase;
pub mod slip10;

use crate::secret::Secret;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// A network by the chain's own name for it (`mainnet`), or by its number where the chain has
/// numbers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Network(Cow<'static, str>);

impl Network {
    /// A network that the chain crate names itself.
    pub const fn known(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A network as somebody typed it; the chain decides whether it exists.
    pub fn named(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A way from material to keys by its name on the command line: `cap26`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Scheme(pub &'static str);

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What keys are derived from.
#[derive(Debug)]
pub enum Material {
    /// Mnemonic words, white space between two.
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
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyPath {
    /// A branch of the scheme's standard path.
    Standard(Branch),
    /// A full path in the scheme's notation.
    Full(String),
}

impl KeyPath {
    /// The branch at `index` of the scheme's standard path, everything else at its default.
    pub const fn index(index: u32) -> Self {
        Self::Standard(Branch { role: None, account: None, change: None, index })
    }
}

/// A branch of a standard path. What is `None` takes the scheme's default; a scheme refuses what it
/// has no level for, instead of ignoring it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Branch {
    /// What the key stands for, on chains whose wallets tell these apart.
    pub role: Option<Role>,
    /// Account level.
    pub account: Option<u32>,
    /// Change level.
    pub change: Option<u32>,
    /// Last level, from 0.
    pub index: u32,
}

/// What a key stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Holds assets.
    Account,
    /// Logs in.
    Persona,
}

/// A derived key. Its JSON is part of what `tanist keys derive --json` prints; the private key is
/// never in it.
#[derive(Debug, JsonSchema, Serialize)]
pub struct DerivedKey {
    /// Full path used.
    pub path: String,
    /// Public key, lower-case hex, in the chain's own encoding.
    pub public_key: String,
    /// Address in the chain's text form; absent where the scheme has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Further public facts under the chain's own field names, for example `owner_badge`.
    #[serde(flatten)]
    pub extra: BTreeMap<&'static str, serde_json::Value>,
    /// Private key in the chain's text form; written only to the place that was asked for.
    #[serde(skip)]
    #[schemars(skip)]
    pub secret: Secret,
}

/// A chain's key derivation. Pure: no I/O, no async, no randomness.
pub trait KeyDerivation: Send + Sync {
    /// Networks known by name, the default one first. A chain may accept others by number.
    fn networks(&self) -> &'static [Network];
    /// Schemes known, the default one first.
    fn schemes(&self) -> &'static [Scheme];
    /// The costly part, once: phrase to seed, keystore to secret. An absent passphrase is empty.
    ///
    /// # Errors
    /// What is wrong with the material, the scheme or the network, never quoting the material.
    fn open(
        &self,
        material: Material,
        scheme: &Scheme,
        network: &Network,
        passphrase: &Secret,
    ) -> Result<Box<dyn KeySource>, KeyError>;
}

/// Opened material; wiped when dropped.
pub trait KeySource: Send {
    /// One branch of the tree; cheap, may be called for any number of paths.
    ///
    /// # Errors
    /// The path is not one of the scheme, or leads to no valid key.
    fn key(&self, path: &KeyPath) -> Result<DerivedKey, KeyError>;
}

/// A key cannot be derived. Never quotes the material.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The mnemonic has another number of words than the scheme takes.
    #[error("mnemonic has {found} words: give {expected}")]
    WordCount {
        /// Words found.
        found: usize,
        /// Counts allowed, as text.
        expected: &'static str,
    },
    /// A word is not in the list. Says which by its place, from 1, and never the word.
    #[error("word {0} of the mnemonic is not in the word list: check its spelling")]
    UnknownWord(usize),
    /// All words exist, but they do not belong together.
    #[error("checksum of the mnemonic is wrong: a word is mistaken or two are swapped")]
    Checksum,
    /// The seed is not hex, or has the wrong length.
    #[error("seed is not valid: {0}")]
    Seed(&'static str),
    /// The scheme does not take this kind of material.
    #[error("scheme `{scheme}` cannot start from {material}")]
    Material {
        /// The scheme.
        scheme: &'static str,
        /// The kind of material, as text.
        material: &'static str,
    },
    /// The chain has no such scheme.
    #[error("there is no scheme `{given}`: use one of {known}")]
    Scheme {
        /// As given.
        given: String,
        /// Those that exist, as text.
        known: &'static str,
    },
    /// The chain has no such network.
    #[error("there is no network `{given}`: use {known}")]
    Network {
        /// As given.
        given: String,
        /// What is accepted, as text.
        known: &'static str,
    },
    /// The keystore's password is wrong.
    #[error("keystore password is wrong")]
    Password,
    /// The keystore is damaged or of an unknown form.
    #[error("keystore cannot be opened: {0}")]
    Keystore(&'static str),
    /// A key file or extended key is damaged or of an unknown form.
    #[error("key is not valid: {0}")]
    Key(&'static str),
    /// The path is not one of this scheme.
    #[error("path `{path}` is not one of scheme `{scheme}`: {reason}")]
    Path {
        /// The path as given.
        path: String,
        /// The scheme.
        scheme: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The scheme's standard path has no such level.
    #[error("scheme `{scheme}` has no {level} level: leave it out")]
    Level {
        /// The scheme.
        scheme: &'static str,
        /// `account`, `change`, …
        level: &'static str,
    },
    /// An index is beyond what a path component can hold.
    #[error("index {0} is too large: the largest is 2147483647")]
    Index(u32),
    /// One branch in about 2^127 leads to no key; the standard says to take another.
    #[error("path `{0}` leads to no valid key: use the next index")]
    Barren(String),
}

impl KeyError {
    /// Whether the request was wrong (path, scheme, network), rather than the secret material.
    pub const fn is_request(&self) -> bool {
        matches!(
            self,
            Self::Material { .. }
                | Self::Scheme { .. }
                | Self::Network { .. }
                | Self::Path { .. }
                | Self::Level { .. }
                | Self::Index(_)
                | Self::Barren(_)
        )
    }
}

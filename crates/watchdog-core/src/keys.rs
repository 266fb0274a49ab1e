//! Mnemonic to keys, the same command for every chain.
//!
//! The costly part of a derivation (PBKDF2, scrypt) runs once, in [`KeyDerivation::open`]; every
//! [`KeySource::key`] after it is one cheap branch of the tree. Nothing here does I/O, waits or
//! draws random numbers, and no error quotes the material.
pub mod bip32;
mod derived;
mod entropy;
mod error;
mod hmac;
mod inspection;
mod material;
pub mod path;
pub mod phrase;
pub mod slip10;
pub mod tool;

use crate::secret::Secret;
pub use derived::DerivedKey;
pub use entropy::Entropy;
pub use error::KeyError;
pub use inspection::Inspection;
pub use material::{KeyFile, Material};
use std::borrow::Cow;
use std::fmt;
use zeroize::Zeroizing;

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

/// A chain's key derivation. Pure: no I/O, no async, no randomness of its own.
pub trait KeyDerivation: Send + Sync {
    /// Networks known by name, the default one first. A chain may accept others by number.
    fn networks(&self) -> &'static [Network];

    /// Schemes that can be asked for, the default one first.
    fn schemes(&self) -> &'static [Scheme];

    /// The costly part, once: phrase to seed, keystore to secret. Without a `scheme` the material
    /// decides where it can be of one scheme only, else the first of [`KeyDerivation::schemes`] is
    /// used. An absent passphrase is empty; a scheme without passphrases refuses any other.
    ///
    /// # Errors
    /// What is wrong with the material, the scheme or the network, never quoting the material.
    fn open(
        &self,
        material: Material,
        scheme: Option<&Scheme>,
        network: &Network,
        passphrase: &Secret,
    ) -> Result<Box<dyn KeySource>, KeyError>;

    /// What `content` is: a phrase, key file, keystore or extended key of this chain. `name` is the
    /// name of the file it was read from, empty where there was none. Runs no costly derivation and
    /// needs no password.
    ///
    /// # Errors
    /// [`KeyError::Unrecognised`], or what is wrong with it where its format is beyond doubt.
    fn inspect(&self, name: &str, content: &[u8]) -> Result<Inspection, KeyError>;

    /// A fresh phrase of `scheme` (the first one where absent), of as many words as were asked for,
    /// else of the scheme's usual number.
    ///
    /// # Errors
    /// No such scheme or number of words, or no randomness.
    fn generate(
        &self,
        scheme: Option<&Scheme>,
        words: Option<usize>,
        entropy: &mut dyn Entropy,
    ) -> Result<Secret, KeyError>;

    /// `key` in an encrypted keystore of the chain, which [`Material::Keystore`] opens again.
    ///
    /// # Errors
    /// [`KeyError::Unsupported`] where the chain has no keystores; otherwise the key holds no private
    /// half, or there is no randomness.
    fn seal(
        &self,
        key: &DerivedKey,
        password: &Secret,
        entropy: &mut dyn Entropy,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let _ = (key, password, entropy);
        Err(KeyError::Unsupported("no keystores"))
    }

    /// Key work that only this chain knows, in the order that help shows.
    fn tools(&self) -> &'static [tool::Tool] {
        &[]
    }
}

/// Opened material; wiped when dropped.
pub trait KeySource: Send {
    /// The scheme that it was opened with: the one asked for, or the one that the material decided.
    fn scheme(&self) -> Scheme;

    /// One branch of the tree; cheap, may be called for any number of paths.
    ///
    /// # Errors
    /// The path is not one of the scheme, or leads to no valid key.
    fn key(&self, path: &KeyPath) -> Result<DerivedKey, KeyError>;
}

//! Keys that come alone: a keystore, a file with one private key.
use super::bls::SecretKey;
use super::derivation::{BIP44, EIP2334};
use super::execution::ExecutionKey;
use super::execution_source::execution;
use super::tree_source::consensus;
use crate::hexadecimal::secret_bytes;
use crate::keystore::Keystore;
use serde_json::Value;
use std::collections::BTreeMap;
use watchdog_core::keys::{DerivedKey, KeyError, KeyPath, KeySource, Scheme};
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// One key, at index 0 and at its own path where that is known.
#[derive(Debug)]
pub(super) struct SingleSource {
    key: Single,
    path: Option<String>,
    extra: BTreeMap<&'static str, Value>,
}

enum Single {
    Consensus(SecretKey),
    Execution(ExecutionKey, Zeroizing<[u8; 32]>),
}

impl std::fmt::Debug for Single {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Consensus(key) => key.fmt(f),
            Self::Execution(key, _) => key.fmt(f),
        }
    }
}

impl SingleSource {
    fn new(key: Single) -> Self {
        Self { key, path: None, extra: BTreeMap::new() }
    }

    /// The key of `keystore`, which must name its public key: the checksum inside does not cover
    /// everything that the private key depends on.
    pub(super) fn of_keystore(keystore: &Keystore, password: &Secret) -> Result<Self, KeyError> {
        if keystore.public_key.is_none() {
            return Err(KeyError::Keystore(
                "it names no public key, so nobody could see that it is damaged: add `pubkey`, that of your validator",
            ));
        }
        let opened = keystore.decrypt(password)?;
        let extra = BTreeMap::from([
            ("keystore_uuid", keystore.uuid.as_str().into()),
            ("kdf_strength", keystore.cost.strength().name().into()),
            ("password_form", opened.form.name().into()),
        ]);
        let path = Some(keystore.path.clone()).filter(|path| !path.is_empty());
        Ok(Self { key: Single::Consensus(opened.key), path, extra })
    }

    /// A BLS private key in hex.
    pub(super) fn of_consensus_file(content: &[u8]) -> Result<Self, KeyError> {
        Self::consensus_key(text(content)?).map(|key| Self::new(Single::Consensus(key)))
    }

    /// A secp256k1 private key in hex.
    pub(super) fn of_execution_file(content: &[u8]) -> Result<Self, KeyError> {
        let secret = key_bytes(text(content)?)?;
        let key = ExecutionKey::of_secret(&secret);
        let key = key.ok_or(KeyError::Key("it is zero or not below the order of secp256k1"))?;
        Ok(Self::new(Single::Execution(key, secret)))
    }

    /// Reads a BLS private key in hex.
    pub(super) fn consensus_key(text: &str) -> Result<SecretKey, KeyError> {
        let key = SecretKey::from_bytes(&*key_bytes(text)?);
        key.ok_or(KeyError::Key("it is zero or not below the order of BLS12-381"))
    }
}

fn text(content: &[u8]) -> Result<&str, KeyError> {
    std::str::from_utf8(content).map_err(|_| KeyError::Key("the file is not text: it must hold 64 hex digits"))
}

fn key_bytes(text: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    secret_bytes(text).ok_or(KeyError::Key("it must be 32 bytes, 64 hex digits with or without `0x`"))
}

impl KeySource for SingleSource {
    fn scheme(&self) -> Scheme {
        match self.key {
            Single::Consensus(_) => EIP2334,
            Single::Execution(..) => BIP44,
        }
    }

    fn key(&self, path: &KeyPath) -> Result<DerivedKey, KeyError> {
        let is_own = match path {
            KeyPath::Full(path) => self.path.as_ref() == Some(path),
            standard @ KeyPath::Standard(_) => *standard == KeyPath::index(0),
        };
        if !is_own {
            return Err(KeyError::Path {
                path: match path {
                    KeyPath::Full(path) => path.clone(),
                    KeyPath::Standard(branch) => format!("index {}", branch.index),
                },
                scheme: self.scheme().0,
                reason: "the file holds one key: leave out path and levels, and ask for index 0".to_owned(),
            });
        }
        let mut derived = match &self.key {
            Single::Consensus(key) => consensus(key),
            Single::Execution(key, secret) => execution(key, Some(secret)),
        };
        derived.path.clone_from(&self.path);
        derived.extra.extend(self.extra.clone());
        Ok(derived)
    }
}

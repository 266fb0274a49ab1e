//! Opened material, one key after the other.
use super::extended::{ExtendedKey, ExtendedPrivate, ExtendedPublic};
use super::{ALGORAND_25, PublicKey, Seed, Variant, path};
use crate::mnemonic;
use std::collections::BTreeMap;
use watchdog_core::keys::path::DerivationPath;
use watchdog_core::keys::{Branch, DerivedKey, KeyError, KeyPath, KeySource, Scheme};

/// An opened source.
#[derive(Debug)]
pub(super) enum Opened {
    /// The one key of a seed.
    Seed(Seed),
    /// The one key of a key file.
    File(Variant, ExtendedPrivate),
    /// A whole tree.
    Tree(Variant, ExtendedPrivate),
    /// What lies below a key of a tree, by default an account's.
    Below(Variant, ExtendedKey),
}

impl KeySource for Opened {
    fn scheme(&self) -> Scheme {
        match self {
            Self::Seed(_) => ALGORAND_25,
            Self::File(variant, _) | Self::Tree(variant, _) | Self::Below(variant, _) => variant.scheme(),
        }
    }

    fn key(&self, path: &KeyPath) -> Result<DerivedKey, KeyError> {
        match self {
            Self::Seed(seed) => no_levels(path).map(|()| of_seed(seed)),
            Self::File(variant, key) => one_key(path, variant.scheme())
                .map(|()| DerivedKey { address: Some(key.public().key().address().to_string()), ..of_private(key) }),
            Self::Tree(variant, root) => in_tree(*variant, root, path),
            Self::Below(variant, key) => below(*variant, key, path),
        }
    }
}

/// A seed has no levels at all.
fn no_levels(path: &KeyPath) -> Result<(), KeyError> {
    let scheme = ALGORAND_25.0;
    let level = match path {
        KeyPath::Standard(Branch { account: Some(_), .. }) => "account",
        KeyPath::Standard(Branch { change: Some(_), .. }) => "change",
        KeyPath::Standard(Branch { role: Some(watchdog_core::keys::Role::Persona), .. }) => "persona",
        KeyPath::Standard(Branch { index: 1.., .. }) => "index",
        KeyPath::Standard(_) => return Ok(()),
        KeyPath::Full(path) => {
            let reason = "25 words are one key and no tree, leave the path out".to_owned();
            return Err(KeyError::Path { path: path.clone(), scheme, reason });
        }
    };
    Err(KeyError::Level { scheme, level })
}

/// A key file of a tree holds one key of it.
fn one_key(path: &KeyPath, scheme: Scheme) -> Result<(), KeyError> {
    let path = match path {
        KeyPath::Standard(branch) if *branch == Branch::default() => return Ok(()),
        KeyPath::Standard(branch) => path::standard(branch, scheme)?.to_string(),
        KeyPath::Full(path) => path.clone(),
    };
    let reason = "a key file holds one key and no tree, leave the path out or give it as an extended key".to_owned();
    Err(KeyError::Path { path, scheme: scheme.0, reason })
}

fn in_tree(variant: Variant, root: &ExtendedPrivate, path: &KeyPath) -> Result<DerivedKey, KeyError> {
    let path = match path {
        KeyPath::Standard(branch) => path::standard(branch, variant.scheme())?,
        KeyPath::Full(text) => path::full(text, variant.scheme())?,
    };
    let barren = || KeyError::Barren(path.to_string());
    let (key, account) = match path::account(&path) {
        None => (variant.private(root, &path).ok_or_else(barren)?, None),
        Some(to_account) => {
            let account = variant.private(root, &to_account).ok_or_else(barren)?;
            (variant.private(&account, &path::below(&path)).ok_or_else(barren)?, Some(account.public()))
        }
    };
    let mut derived = DerivedKey { path: Some(path.to_string()), ..of_private(&key) };
    if path::is_account_key(&path) {
        derived.address = Some(key.public().key().address().to_string());
    }
    if let Some(account) = account {
        derived.extra.insert("account_xpub", account.to_string().into());
    }
    Ok(derived)
}

fn below(variant: Variant, key: &ExtendedKey, path: &KeyPath) -> Result<DerivedKey, KeyError> {
    let path = match path {
        KeyPath::Standard(Branch { account: Some(_), .. }) => {
            let reason = "an extended key is that of one account, leave it out".to_owned();
            return Err(KeyError::Argument { argument: "account", reason });
        }
        KeyPath::Standard(branch) => path::below_account(branch, variant.scheme())?,
        KeyPath::Full(text) => path::parsed(text, variant.scheme())?,
    };
    let barren = || KeyError::Barren(path.to_string());
    let (derived, public) = match key {
        ExtendedKey::Private(key) => {
            let key = variant.private(key, &path).ok_or_else(barren)?;
            (of_private(&key), key.public().key())
        }
        ExtendedKey::Public(_) if is_hardened(&path) => {
            return Err(KeyError::PublicOnly { wanted: "a hardened component" });
        }
        ExtendedKey::Public(key) => {
            let key = variant.public(key, &path).ok_or_else(barren)?;
            (of_public(&key), key.key())
        }
    };
    Ok(DerivedKey { path: Some(path.to_string()), address: Some(public.address().to_string()), ..derived })
}

fn is_hardened(path: &DerivationPath) -> bool {
    path.components().iter().any(|step| step.is_hardened())
}

fn of_seed(seed: &Seed) -> DerivedKey {
    let public: PublicKey = seed.public_key();
    DerivedKey {
        public_key: public.to_string(),
        address: Some(public.address().to_string()),
        secret: Some(seed.to_hex()),
        private: BTreeMap::from([("mnemonic", mnemonic::spell(seed)), ("sdk_private_key", seed.to_sdk_text())]),
        ..DerivedKey::default()
    }
}

fn of_private(key: &ExtendedPrivate) -> DerivedKey {
    DerivedKey {
        secret: Some(key.to_hex()),
        private: BTreeMap::from([("xprv", key.to_hex())]),
        ..of_public(&key.public())
    }
}

fn of_public(key: &ExtendedPublic) -> DerivedKey {
    DerivedKey {
        public_key: key.key().to_string(),
        extra: BTreeMap::from([("xpub", key.to_string().into())]),
        ..DerivedKey::default()
    }
}

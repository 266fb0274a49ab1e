//! Consensus keys out of a seed.
use super::bls::SecretKey;
use super::derivation::EIP2334;
use super::tree_path::{KeyUse, TreePath, TreePathError};
use crate::hexadecimal;
use std::collections::BTreeMap;
use watchdog_core::keys::{Branch, DerivedKey, KeyError, KeyPath, KeySource, Scheme};

/// The part of a seed's tree that every path of EIP-2334 leads through, `m/12381/3600`.
#[derive(Debug)]
pub(super) struct TreeSource(SecretKey);

impl TreeSource {
    pub(super) fn new(seed: &[u8]) -> Result<Self, KeyError> {
        let root = SecretKey::root(seed).ok_or(KeyError::Seed("EIP-2333 needs at least 32 bytes, 64 hex digits"))?;
        Ok(Self(TreePath::trunk().into_iter().fold(root, |key, index| key.child(index))))
    }
}

impl KeySource for TreeSource {
    fn scheme(&self) -> Scheme {
        EIP2334
    }

    fn key(&self, path: &KeyPath) -> Result<DerivedKey, KeyError> {
        let path = match path {
            KeyPath::Standard(branch) => TreePath::signing(index(branch)?),
            KeyPath::Full(text) => text.parse().map_err(|error: TreePathError| KeyError::Path {
                path: text.clone(),
                scheme: EIP2334.0,
                reason: error.to_string(),
            })?,
        };
        let (last, rest) = path.below_trunk();
        let above = rest.iter().fold(self.0.clone(), |key, index| key.child(*index));
        let key = above.child(last);
        let withdrawal = match path.key_use() {
            Some(KeyUse::Signing) => Some(above.public_key()),
            Some(KeyUse::Withdrawal) => Some(key.public_key()),
            None => None,
        };
        let mut derived = consensus(&key);
        derived.path = Some(path.to_string());
        derived.extra.extend(path.key_use().map(|key_use| ("key_use", key_use.name().into())));
        if let Some(withdrawal) = withdrawal {
            derived.extra.insert("withdrawal_public_key", withdrawal.to_string().into());
            let credentials = hexadecimal::prefixed(&withdrawal.withdrawal_credentials());
            derived.extra.insert("bls_withdrawal_credentials", credentials.into());
        }
        Ok(derived)
    }
}

/// The index, of a branch that names nothing else.
fn index(branch: &Branch) -> Result<u32, KeyError> {
    let none = |level| Err(KeyError::Level { scheme: EIP2334.0, level });
    match branch {
        Branch { role: Some(_), .. } => none("entity"),
        Branch { account: Some(_), .. } => none("account"),
        Branch { change: Some(_), .. } => none("change"),
        branch => Ok(branch.index),
    }
}

/// What is known of a consensus key by itself.
pub(super) fn consensus(key: &SecretKey) -> DerivedKey {
    DerivedKey {
        public_key: key.public_key().to_string(),
        extra: BTreeMap::from([("curve", "bls12_381".into())]),
        secret: Some(key.to_hex()),
        ..DerivedKey::default()
    }
}

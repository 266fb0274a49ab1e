//! Execution keys out of a seed or an extended key.
use super::derivation::BIP44;
use super::execution::ExecutionKey;
use super::extended::{ExtendedKey, KeyHalf};
use crate::hexadecimal;
use std::collections::BTreeMap;
use watchdog_core::keys::bip32::Node;
use watchdog_core::keys::path::{Component, DerivationPath, PathError};
use watchdog_core::keys::{Branch, DerivedKey, KeyError, KeyPath, KeySource, Role, Scheme};
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// First component. Source: BIP-44.
const PURPOSE: u32 = 44;

/// Second component, Ether. Source: SLIP-0044.
const COIN: u32 = 60;

/// A node of the tree of BIP-32; a seed's own is its root.
#[derive(Debug)]
pub(super) struct ExecutionSource(ExtendedKey);

impl ExecutionSource {
    pub(super) fn new(seed: &[u8]) -> Result<Self, KeyError> {
        let root = Node::root(seed).ok_or_else(|| KeyError::Barren("m".to_owned()))?;
        Ok(Self(ExtendedKey { depth: 0, parent: [0; 4], child: 0, half: KeyHalf::Private(root) }))
    }

    pub(super) fn of_extended_key(text: &Secret) -> Result<Self, KeyError> {
        ExtendedKey::parse(text).map(Self)
    }

    /// `m/44'/60'/account'/change/index`. A level that the extended key has passed is its own.
    fn standard(&self, branch: &Branch) -> Result<DerivationPath, KeyError> {
        let passed = |depth| (self.0.depth == depth).then_some(self.0.child & !(1 << 31));
        let account = branch.account.or_else(|| passed(3)).unwrap_or_default();
        let change = branch.change.or_else(|| passed(4)).unwrap_or_default();
        let steps = [(PURPOSE, true), (COIN, true), (account, true), (change, false), (branch.index, false)];
        steps
            .into_iter()
            .map(|(number, hardened)| {
                let step = if hardened { Component::hardened(number) } else { Component::normal(number) };
                step.ok_or(KeyError::Index(number))
            })
            .collect()
    }

    /// The steps that are left of `path` from this node on.
    fn below(&self, path: &DerivationPath) -> Result<DerivationPath, KeyError> {
        let start = [PURPOSE, COIN].map(Component::hardened);
        if path.components().iter().zip(start).any(|(step, expected)| Some(*step) != expected) {
            return Err(refused(&path.to_string(), "it must start with m/44'/60'"));
        }
        let depth = usize::from(self.0.depth);
        let here = depth.checked_sub(1).map(|last| path.components().get(last).map(|step| step.number()));
        match here {
            Some(None) => Err(refused(&path.to_string(), &format!("the extended key is at depth {depth} already"))),
            Some(Some(number)) if number != self.0.child => {
                let own = Component::normal(self.0.child & !(1 << 31)).map(Component::index).unwrap_or_default();
                let mark = if self.0.child >> 31 == 1 { "'" } else { "" };
                let reason = format!("the extended key is the one at {own}{mark} in component {depth}");
                Err(refused(&path.to_string(), &reason))
            }
            _ => Ok(path.components().iter().skip(depth).copied().collect()),
        }
    }
}

impl KeySource for ExecutionSource {
    fn scheme(&self) -> Scheme {
        BIP44
    }

    fn key(&self, path: &KeyPath) -> Result<DerivedKey, KeyError> {
        let path = match path {
            KeyPath::Standard(Branch { role: Some(Role::Persona), .. }) => {
                return Err(KeyError::Level { scheme: BIP44.0, level: "persona" });
            }
            KeyPath::Standard(branch) => self.standard(branch)?,
            KeyPath::Full(text) => text.parse().map_err(|error: PathError| refused(text, &error.to_string()))?,
        };
        let rest = self.below(&path)?;
        let barren = || KeyError::Barren(path.to_string());
        let mut derived = match &self.0.half {
            KeyHalf::Private(node) => {
                let secret = node.derive(&rest).ok_or_else(barren)?.private_key();
                execution(&ExecutionKey::of_secret(&secret).ok_or_else(barren)?, Some(&secret))
            }
            KeyHalf::Public(_) if rest.components().iter().any(|step| step.is_hardened()) => {
                return Err(KeyError::PublicOnly { wanted: "a step marked with `'`" });
            }
            KeyHalf::Public(node) => {
                let key = node.derive(&rest).ok_or_else(barren)?.public_key();
                execution(&ExecutionKey::from_compressed(&key).ok_or_else(barren)?, None)
            }
        };
        if self.0.depth == 0 {
            derived.path = Some(path.to_string());
        } else {
            // What lies above an extended key cannot be seen from it.
            let below = rest.to_string().trim_start_matches(['m', '/']).to_owned();
            derived.extra.insert("extended_key_depth", self.0.depth.into());
            derived.extra.insert("path_below_extended_key", below.into());
        }
        Ok(derived)
    }
}

fn refused(path: &str, reason: &str) -> KeyError {
    KeyError::Path { path: path.to_owned(), scheme: BIP44.0, reason: reason.to_owned() }
}

/// What is known of an execution key by itself.
pub(super) fn execution(key: &ExecutionKey, secret: Option<&Zeroizing<[u8; 32]>>) -> DerivedKey {
    DerivedKey {
        public_key: hexadecimal::prefixed(&key.compressed()),
        address: Some(key.address().to_string()),
        extra: BTreeMap::from([
            ("curve", "secp256k1".into()),
            ("public_key_uncompressed", hexadecimal::prefixed(&key.uncompressed()).into()),
        ]),
        secret: secret.map(|secret| hexadecimal::secret(secret.as_slice())),
        ..DerivedKey::default()
    }
}

//! The two ways to take a step in a tree of ARC-52.
use super::scheme::{ARC52_KHOVRATOVICH, ARC52_PEIKERT};
use super::{ExtendedPrivate, ExtendedPublic, khovratovich, peikert};
use watchdog_core::keys::Scheme;
use watchdog_core::keys::path::DerivationPath;

/// How much of a hash is added to a key. The variants agree in the root and in no step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Variant {
    /// 247 bits, the default of ARC-52.
    Peikert,
    /// 224 bits, the original BIP32-Ed25519.
    Khovratovich,
}

impl Variant {
    /// Its scheme.
    pub const fn scheme(self) -> Scheme {
        match self {
            Self::Peikert => ARC52_PEIKERT,
            Self::Khovratovich => ARC52_KHOVRATOVICH,
        }
    }

    /// The key at `path` below `key`; `None` where a step leads to no valid key.
    pub fn private(self, key: &ExtendedPrivate, path: &DerivationPath) -> Option<ExtendedPrivate> {
        path.components().iter().try_fold(key.clone(), |key, step| match self {
            Self::Peikert => peikert::private(&key, *step),
            Self::Khovratovich => khovratovich::private(&key, *step),
        })
    }

    /// The public key at `path` below `key`; `None` where a step leads to no valid key or is
    /// hardened, which only private keys can do.
    pub fn public(self, key: &ExtendedPublic, path: &DerivationPath) -> Option<ExtendedPublic> {
        path.components().iter().try_fold(*key, |key, step| match self {
            Self::Peikert => peikert::public(&key, *step),
            Self::Khovratovich => khovratovich::public(&key, *step),
        })
    }
}

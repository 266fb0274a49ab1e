//! Schemes by name.
use super::Variant;
use watchdog_core::keys::{KeyError, Scheme};

/// One seed per account, written as 25 words.
pub const ALGORAND_25: Scheme = Scheme("algorand-25");

/// The tree of ARC-52 as wallets use it.
pub const ARC52_PEIKERT: Scheme = Scheme("arc52-peikert");

/// The same tree with the truncation of the original BIP32-Ed25519.
pub const ARC52_KHOVRATOVICH: Scheme = Scheme("arc52-khovratovich");

/// Every scheme, the default one first.
pub(super) static SCHEMES: [Scheme; 3] = [ALGORAND_25, ARC52_PEIKERT, ARC52_KHOVRATOVICH];

/// The scheme of this name.
///
/// # Errors
/// [`KeyError::Scheme`]: there is none.
pub(super) fn named(name: &str) -> Result<Scheme, KeyError> {
    SCHEMES.iter().find(|scheme| scheme.0 == name).copied().ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> KeyError {
    KeyError::Scheme { given: name.to_owned(), known: "`algorand-25`, `arc52-peikert`, `arc52-khovratovich`" }
}

/// What a scheme starts from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A seed of 32 bytes.
    Single,
    /// A tree.
    Tree(Variant),
}

impl Kind {
    /// What the scheme of this name is.
    ///
    /// # Errors
    /// [`KeyError::Scheme`]: there is none.
    pub(super) fn of(scheme: &Scheme) -> Result<Self, KeyError> {
        match *scheme {
            ALGORAND_25 => Ok(Self::Single),
            ARC52_PEIKERT => Ok(Self::Tree(Variant::Peikert)),
            ARC52_KHOVRATOVICH => Ok(Self::Tree(Variant::Khovratovich)),
            other => Err(unknown(other.0)),
        }
    }

    /// The scheme.
    pub(super) const fn scheme(self) -> Scheme {
        match self {
            Self::Single => ALGORAND_25,
            Self::Tree(variant) => variant.scheme(),
        }
    }
}

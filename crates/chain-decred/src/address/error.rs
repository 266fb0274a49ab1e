//! Why a text is not an address.
use crate::network::Network;

/// A text is not an address, or not the one that is needed here. Quotes nothing but two bytes,
/// because what was given by mistake may be secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Nothing was given.
    #[error("address is empty")]
    Empty,
    /// White space before or behind it.
    #[error("address has white space before or behind it: leave it out")]
    Blank,
    /// More characters than any address has.
    #[error("address has {0} characters, the longest has 53")]
    TooLong(usize),
    /// A character that base58 does not have, by its place from 1.
    #[error("character {0} of the address cannot occur in one")]
    Character(usize),
    /// Mistyped, cut off, or of a chain whose checksums are others.
    #[error("checksum of the address is wrong: it is mistyped, cut off or of another chain")]
    Checksum,
    /// It is no address at all, and nobody else should see it.
    #[error("this is a private key, not an address: keep it to yourself")]
    Private,
    /// No known kind and network.
    #[error("first bytes {:02x}{:02x} are not those of an address of Decred", .0[0], .0[1])]
    Prefix([u8; 2]),
    /// Wrong number of bytes behind the prefix.
    #[error("address holds {found} bytes, this kind has {expected}")]
    Length {
        /// Bytes found.
        found: usize,
        /// Bytes of the kind.
        expected: usize,
    },
    /// A public key that signs in no known way.
    #[error("address holds a public key of the unknown signature algorithm {0}")]
    Algorithm(u8),
    /// An Ed25519 key that is marked like one of the other curve.
    #[error("address marks y of an Ed25519 key as odd, which only keys of secp256k1 have")]
    Oddness,
    /// The key inside is none.
    #[error("address holds no point of the curve: nobody could spend what is sent to it")]
    OffCurve,
    /// A valid address of another network.
    #[error("address is of {found}, {expected} is needed here")]
    Network {
        /// Its network.
        found: Network,
        /// The one it must belong to.
        expected: Network,
    },
    /// A valid address of another kind.
    #[error("address is of another kind: {expected} is needed here")]
    Kind {
        /// What is needed, with its article.
        expected: &'static str,
    },
    /// Another valid text that cannot be explained.
    #[error(transparent)]
    Key(#[from] watchdog_core::keys::KeyError),
}

//! Why a text is not the address that was expected.
use super::entity::EntityType;
use crate::network::Network;

/// A text is not an address, or not the one that is needed here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Nothing was given.
    #[error("address is empty")]
    Empty,
    /// No `1` between prefix and rest.
    #[error("address has no `1` after its prefix: it is cut off or not an address")]
    Separator,
    /// Letters in both cases.
    #[error("address mixes capital and small letters: write it in small letters")]
    MixedCase,
    /// A character that cannot occur.
    #[error("address has the character `{0}`, which cannot occur in one")]
    Character(char),
    /// Mistyped or cut off.
    #[error("checksum of the address is wrong: it is mistyped or cut off")]
    Checksum,
    /// The other checksum: bech32 where bech32m belongs, or the reverse.
    #[error("address has the checksum of {found}, this form uses {expected}")]
    Variant {
        /// What it has.
        found: &'static str,
        /// What it needs.
        expected: &'static str,
    },
    /// Bits after the last byte that are not zero.
    #[error("address has superfluous bits at its end")]
    Padding,
    /// Wrong number of bytes behind the prefix.
    #[error("address holds {found} bytes, this kind has {expected}")]
    Length {
        /// Bytes found.
        found: usize,
        /// Bytes of the kind.
        expected: usize,
    },
    /// No known kind and network.
    #[error("its prefix is not one of a Radix address")]
    Prefix(String),
    /// The first byte has no meaning.
    #[error("address is of no known entity: its first byte is 0x{0:02x}")]
    Entity(u8),
    /// The prefix says one thing, the bytes another.
    #[error("prefix of the address says `{prefix}`, its bytes say {entity}")]
    KindMismatch {
        /// Kind of the prefix.
        prefix: &'static str,
        /// Type of the bytes.
        entity: EntityType,
    },
    /// A valid address of another network.
    #[error("address of {found}, configured network {configured}")]
    Network {
        /// Its network.
        found: Network,
        /// The one it must belong to.
        configured: Network,
    },
    /// A valid address of another kind.
    #[error("address is of {found}, {expected} is needed here")]
    Kind {
        /// What it is.
        found: EntityType,
        /// What is needed, with its article.
        expected: &'static str,
    },
    /// The key inside is none.
    #[error("address holds no valid public key")]
    Key,
    /// Not a local id in one of its text forms.
    #[error("it is not a local id: write `#number#`, `<name>`, `[hex]` or `{{four groups of 16 hex digits}}`")]
    LocalId(String),
    /// Not `resource:local id`.
    #[error("it is not a non-fungible id: write the resource address, `:`, and the local id")]
    NonFungibleId(String),
    /// No form of text that this chain knows.
    #[error("it is not an address, hash, local id or key of Radix")]
    Unrecognised(String),
}

//! Why a text is not an address.

/// A text is not an address. Places count from 1.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Nothing was given.
    #[error("address is empty")]
    Empty,
    /// Not 58 characters.
    #[error("address has {0} characters, 58 are needed: it is cut off or something is attached")]
    Length(usize),
    /// A small letter.
    #[error("character {0} of the address is a small letter: write it in capital letters")]
    Case(usize),
    /// A character that cannot occur.
    #[error("character {place} of the address is {character:?}: only A to Z and 2 to 7 can occur")]
    Character {
        /// Its place.
        place: usize,
        /// The character.
        character: char,
    },
    /// Mistyped.
    #[error("checksum of the address is wrong: it is mistyped")]
    Checksum,
    /// Bytes and checksum are right, the two bits after them are not zero.
    #[error("address is not canonical: its last character has superfluous bits, nodes take only {0}")]
    NonCanonical(String),
    /// Hex that is no public key.
    #[error("these 32 bytes are no public key: no account has them as its key")]
    NoKey,
}

impl AddressError {
    /// The refusal of `character` at `place`.
    pub(super) fn character(place: usize, character: char) -> Self {
        if character.is_ascii_lowercase() { Self::Case(place) } else { Self::Character { place, character } }
    }
}

//! Why a text is not the address that was expected.
use crate::network::Network;

/// A text is not an address, or not the one that is needed here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Nothing was given.
    #[error("address is empty: give one")]
    Empty,
    /// A character that cannot occur.
    #[error("character {place} of the address is `{character}`, which cannot occur in one: check the text")]
    Character {
        /// The character.
        character: char,
        /// Its place, from 1.
        place: usize,
    },
    /// A block of digits stands for more than its bytes can hold.
    #[error("block {block} of the address (11 characters each) stands for too large a number: it is mistyped")]
    Overflow {
        /// Its place, from 1.
        block: usize,
    },
    /// Too short, too long, or of a length that cannot occur.
    #[error("address has the wrong length: it is cut off or has too many characters")]
    Length,
    /// Mistyped.
    #[error("checksum of the address is wrong: it is mistyped or cut off")]
    Checksum,
    /// An address of another coin.
    #[error("address begins with the number {0}, which is none of Oxen: it may be one of another coin")]
    Prefix(u64),
    /// A key inside is none.
    #[error("{0} key in the address is not a point of the curve: nobody can spend from it")]
    Point(&'static str),
    /// A valid address of another network.
    #[error("address of {found}, asked for {expected}: name the right network or another address")]
    Network {
        /// Its network.
        found: Network,
        /// The one it must belong to.
        expected: Network,
    },
    /// There is no such network.
    #[error("there is no network `{0}`: use {known}", known = Network::NAMES)]
    UnknownNetwork(String),
    /// Not `0x` and 40 hex digits.
    #[error("Ethereum address must be `0x` and 40 hex digits")]
    EvmForm,
    /// Capital and small letters that do not fit the digits.
    #[error("capital letters of the Ethereum address do not fit it (EIP-55): it is mistyped; copy it again")]
    EvmChecksum,
    /// Not `05` and 64 hex digits.
    #[error("Session account id must be `05` and 64 hex digits, all letters in one case")]
    AccountId,
    /// Not 52 characters of base32z and `.snode`.
    #[error("service-node name must be 52 characters of base32z in small letters, and `.snode`")]
    SnodeForm,
    /// The name does not hold a key.
    #[error("service-node name holds no Ed25519 public key: it is mistyped")]
    SnodeKey,
    /// Hex that is no key.
    #[error("these {0} bytes of hex are no public key of this chain: it is mistyped or of another chain")]
    Key(usize),
}

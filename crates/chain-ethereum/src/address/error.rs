//! Why a text is no address.
use crate::keys::bls::PublicKeyError;

/// A text is no address, public key or withdrawal credentials. Never quotes it: it may be a private
/// key by mistake.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// 40 hex digits without `0x`.
    #[error("`0x` is missing before the 40 hex digits")]
    MissingPrefix,
    /// 42 characters that do not start with `0x`.
    #[error("it must start with `0x`, with a small x")]
    Prefix,
    /// Another number of characters than an address has.
    #[error("it has {0} characters, an address has 42: `0x` and 40 hex digits")]
    Length(usize),
    /// A character that is no hex digit.
    #[error("character {0} is no hex digit")]
    NotHex(usize),
    /// Capital and small letters do not agree with the digits.
    #[error("checksum is wrong: a digit was mistyped, or the case of a letter was changed (EIP-55)")]
    Checksum,
    /// Not a consensus public key.
    #[error(transparent)]
    PublicKey(#[from] PublicKeyError),
    /// 32 bytes whose first one is no type of withdrawal credentials.
    #[error(
        "it has 32 bytes, but withdrawal credentials start with 00, 01 or 02: if it is a private key, show it to nobody"
    )]
    WithdrawalType,
    /// Bytes between the type and the address are not zero.
    #[error("in withdrawal credentials of type {0:#04x} the 11 bytes after the type must be zero")]
    WithdrawalPadding(u8),
}

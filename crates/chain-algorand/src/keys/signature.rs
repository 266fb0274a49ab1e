//! Signatures as text.
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use std::fmt;
use std::str::FromStr;

/// An Ed25519 signature, 64 bytes.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Takes the bytes; only [`super::verifies`] says whether it signs anything.
    pub const fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// As 128 hex digits.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(&self.0))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({self})")
    }
}

impl FromStr for Signature {
    type Err = NotASignature;

    /// Takes base64 (88 characters) or hex (128 digits).
    fn from_str(text: &str) -> Result<Self, NotASignature> {
        let encoding = if text.len() == 128 { HEXLOWER_PERMISSIVE } else { BASE64 };
        let bytes = encoding.decode(text.as_bytes()).map_err(|_| NotASignature)?;
        bytes.try_into().map(Self).map_err(|_| NotASignature)
    }
}

/// A text is no signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it is no signature: give 64 bytes in base64 (88 characters) or hex (128 digits)")]
pub struct NotASignature;

//! Account ids of Session.
use super::{AddressError, exactly};
use std::fmt;
use std::str::FromStr;

/// A Session account: `05` and the X25519 public key. It holds no checksum, so a mistyped digit
/// gives another account.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct AccountId([u8; 32]);

impl AccountId {
    /// What it begins with.
    pub const PREFIX: &'static str = "05";

    /// The account of an X25519 public key.
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The X25519 public key.
    pub const fn key(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        text.strip_prefix(Self::PREFIX).and_then(exactly).map(Self).ok_or(AddressError::AccountId)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, hex::encode(self.0))
    }
}

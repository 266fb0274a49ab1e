//! Text ids of transactions.
use super::{AddressError, text};
use crate::network::Network;
use std::fmt;
use std::str::FromStr;

/// Which hash of a transaction.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum HashKind {
    /// The intent: what a transaction is known by.
    Intent,
    /// The intent with its signatures.
    SignedIntent,
    /// A part of a transaction of the second version.
    Subintent,
    /// The whole payload.
    Notarized,
}

impl HashKind {
    const ALL: [Self; 4] = [Self::Intent, Self::SignedIntent, Self::Subintent, Self::Notarized];

    /// First part of the text's prefix: `txid`.
    pub const fn hrp_kind(self) -> &'static str {
        match self {
            Self::Intent => "txid",
            Self::SignedIntent => "signedintent",
            Self::Subintent => "subtxid",
            Self::Notarized => "notarizedtransaction",
        }
    }
}

/// A hash of a transaction on one network; as text `txid_rdx1…`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct HashId {
    /// Which hash.
    pub kind: HashKind,
    /// Network of the text form; not part of the hash.
    pub network: Network,
    /// The hash.
    pub hash: [u8; 32],
}

impl fmt::Display for HashId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write_m(f, self.kind.hrp_kind(), self.network, &self.hash)
    }
}

impl FromStr for HashId {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (hrp, bytes) = text::decode_m(text)?;
        let split = HashKind::ALL.into_iter().find_map(|kind| {
            let suffix = hrp.strip_prefix(kind.hrp_kind())?.strip_prefix('_')?;
            Some((kind, Network::with_suffix(suffix)?))
        });
        let (kind, network) = split.ok_or(AddressError::Prefix(hrp))?;
        Ok(Self { kind, network, hash: text::exactly(&bytes)? })
    }
}

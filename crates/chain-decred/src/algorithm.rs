//! What a key signs with.
use std::fmt;

/// A signature algorithm of Decred, by which keys and addresses of one curve are told apart.
///
/// Source: dcrd, `dcrec.SignatureType`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Algorithm {
    /// ECDSA on secp256k1: every wallet.
    Ecdsa,
    /// Ed25519, with a private scalar where others have a seed.
    Ed25519,
    /// EC-Schnorr-DCRv0 on secp256k1.
    Schnorr,
}

impl Algorithm {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Ecdsa, Self::Ed25519, Self::Schnorr];

    /// Name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ecdsa => "ecdsa",
            Self::Ed25519 => "ed25519",
            Self::Schnorr => "schnorr",
        }
    }

    /// Its number in private keys and in addresses of public keys.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Ecdsa => 0,
            Self::Ed25519 => 1,
            Self::Schnorr => 2,
        }
    }

    /// The algorithm of this number.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.byte() == byte)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

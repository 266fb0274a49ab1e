//! Public keys and signatures of both curves.
use k256::ecdsa::signature::hazmat::PrehashVerifier;
use k256::ecdsa::{RecoveryId, VerifyingKey};
use std::fmt;

/// A curve that accounts can use.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Curve {
    /// Accounts and personas of Babylon.
    Ed25519,
    /// Accounts of Olympia, and every node.
    Secp256k1,
}

impl Curve {
    /// Name of the curve in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Secp256k1 => "secp256k1",
        }
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A public key as transactions carry it. Decoded ones need not lie on the curve: see
/// [`PublicKey::is_valid`].
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub enum PublicKey {
    /// 32 bytes.
    Ed25519([u8; 32]),
    /// 33 bytes, compressed.
    Secp256k1([u8; 33]),
}

impl PublicKey {
    /// A secp256k1 key that lies on the curve.
    ///
    /// # Errors
    /// It does not.
    pub fn secp256k1(bytes: [u8; 33]) -> Result<Self, InvalidKey> {
        let key = Self::Secp256k1(bytes);
        if key.is_valid() { Ok(key) } else { Err(InvalidKey) }
    }

    /// Reads a valid key from 64 (ed25519) or 66 (secp256k1) hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = hex::decode(text).ok()?;
        let key = match bytes.len() {
            32 => Self::Ed25519(bytes.try_into().ok()?),
            33 => Self::Secp256k1(bytes.try_into().ok()?),
            _ => return None,
        };
        key.is_valid().then_some(key)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Ed25519(bytes) => bytes,
            Self::Secp256k1(bytes) => bytes,
        }
    }

    /// Its curve.
    pub const fn curve(&self) -> Curve {
        match self {
            Self::Ed25519(_) => Curve::Ed25519,
            Self::Secp256k1(_) => Curve::Secp256k1,
        }
    }

    /// `key_type` of the Gateway and Core API: `EddsaEd25519` or `EcdsaSecp256k1`.
    pub const fn api_type(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EddsaEd25519",
            Self::Secp256k1(_) => "EcdsaSecp256k1",
        }
    }

    /// Whether it is a point of its curve.
    pub fn is_valid(&self) -> bool {
        match self {
            Self::Ed25519(bytes) => ed25519_dalek::VerifyingKey::from_bytes(bytes).is_ok(),
            // The parser also knows a form of 33 bytes that starts with 5; the ledger does not.
            Self::Secp256k1(bytes) => matches!(bytes, [2 | 3, ..]) && VerifyingKey::from_sec1_bytes(bytes).is_ok(),
        }
    }

    /// Whether `signature` over `hash` is of this key, as nodes judge a notary's signature:
    /// secp256k1 with low s only, the recovery id being any that exists. Source: radix-common
    /// `verify_secp256k1`, `verify_ed25519`.
    pub fn verifies(&self, hash: &[u8; 32], signature: &Signature) -> bool {
        match (self, signature) {
            (Self::Ed25519(key), Signature::Ed25519(bytes)) => {
                let signature = ed25519_dalek::Signature::from_bytes(bytes);
                ed25519_dalek::VerifyingKey::from_bytes(key)
                    .is_ok_and(|key| key.verify_strict(hash, &signature).is_ok())
            }
            (Self::Secp256k1(key), Signature::Secp256k1([recovery, rs @ ..])) => {
                let Ok(signature) = k256::ecdsa::Signature::from_slice(rs) else { return false };
                let key = VerifyingKey::from_sec1_bytes(key);
                RecoveryId::from_byte(*recovery).is_some()
                    && signature.normalize_s() == signature
                    && key.is_ok_and(|key| key.verify_prehash(hash, &signature).is_ok())
            }
            _ => false,
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} {self})", self.curve())
    }
}

/// Bytes that are no point of the curve.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("public key is not a point of its curve")]
pub struct InvalidKey;

/// A signature over a 32-byte hash.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub enum Signature {
    /// 64 bytes.
    Ed25519([u8; 64]),
    /// Recovery id, r, s: 65 bytes.
    Secp256k1([u8; 65]),
}

impl Signature {
    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Ed25519(bytes) => bytes,
            Self::Secp256k1(bytes) => bytes,
        }
    }

    /// Its curve.
    pub const fn curve(&self) -> Curve {
        match self {
            Self::Ed25519(_) => Curve::Ed25519,
            Self::Secp256k1(_) => Curve::Secp256k1,
        }
    }

    /// The secp256k1 key that made it over `hash`, as nodes judge an intent signature; `None` for
    /// ed25519, which does not tell, and where no key fits. Source: radix-common
    /// `verify_and_recover_secp256k1`.
    pub fn signer(&self, hash: &[u8; 32]) -> Option<PublicKey> {
        let Self::Secp256k1([recovery, rs @ ..]) = self else { return None };
        let signature = k256::ecdsa::Signature::from_slice(rs).ok()?;
        let key = VerifyingKey::recover_from_prehash(hash, &signature, RecoveryId::from_byte(*recovery)?).ok()?;
        let bytes = key.to_sec1_point(true).as_bytes().try_into().ok()?;
        Some(PublicKey::Secp256k1(bytes))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({} {})", self.curve(), hex::encode(self.as_bytes()))
    }
}

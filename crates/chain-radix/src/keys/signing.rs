//! Private keys.
use super::public::{Curve, PublicKey, Signature};
use std::fmt;
use watchdog_core::secret::Secret;
use zeroize::{Zeroize, Zeroizing};

/// A private key of either curve. Never printed; wiped on drop.
pub enum SigningKey {
    /// ed25519.
    Ed25519(Box<ed25519_dalek::SigningKey>),
    /// secp256k1.
    Secp256k1(Box<k256::ecdsa::SigningKey>),
}

impl SigningKey {
    /// The key of these 32 bytes; `None` where the curve has no such key (secp256k1 only).
    pub fn new(curve: Curve, bytes: &[u8; 32]) -> Option<Self> {
        match curve {
            Curve::Ed25519 => Some(Self::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(bytes)))),
            Curve::Secp256k1 => {
                k256::ecdsa::SigningKey::from_slice(bytes).ok().map(|key| Self::Secp256k1(Box::new(key)))
            }
        }
    }

    /// Reads 64 hex digits, white space around them allowed; `None` for anything else.
    pub fn from_hex(curve: Curve, text: &Secret) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.expose().trim(), bytes.as_mut_slice()).ok()?;
        Self::new(curve, &bytes)
    }

    /// The key as 64 hex digits.
    pub fn to_hex(&self) -> Secret {
        match self {
            Self::Ed25519(key) => Secret::new(hex::encode(key.as_bytes())),
            Self::Secp256k1(key) => {
                let mut bytes = key.to_bytes();
                let text = Secret::new(hex::encode(bytes));
                bytes.as_mut_slice().zeroize();
                text
            }
        }
    }

    /// Its curve.
    pub const fn curve(&self) -> Curve {
        match self {
            Self::Ed25519(_) => Curve::Ed25519,
            Self::Secp256k1(_) => Curve::Secp256k1,
        }
    }

    /// Its public key.
    pub fn public_key(&self) -> PublicKey {
        match self {
            Self::Ed25519(key) => PublicKey::Ed25519(key.verifying_key().to_bytes()),
            Self::Secp256k1(key) => {
                let mut bytes = [0; 33];
                let point = key.verifying_key().to_sec1_point(true);
                bytes.iter_mut().zip(point.as_bytes()).for_each(|(to, from)| *to = *from);
                PublicKey::Secp256k1(bytes)
            }
        }
    }

    /// Signs the hash of an intent or signed intent. The same key and hash always give the same
    /// signature: ed25519 as such, secp256k1 by RFC 6979 with low s, as recovery id, r, s.
    pub fn sign(&self, hash: &[u8; 32]) -> Signature {
        match self {
            Self::Ed25519(key) => {
                Signature::Ed25519(ed25519_dalek::Signer::sign(key.as_ref(), hash.as_slice()).to_bytes())
            }
            Self::Secp256k1(key) => {
                let (signature, recovery) = key.sign_prehash_recoverable(hash);
                let mut bytes = [recovery.to_byte(); 65];
                bytes.iter_mut().skip(1).zip(signature.to_bytes()).for_each(|(to, from)| *to = from);
                Signature::Secp256k1(bytes)
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.public_key())
    }
}

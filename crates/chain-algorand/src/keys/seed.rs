//! The seed of one account.
use super::PublicKey;
use super::text::hidden_hex;
use data_encoding::BASE64;
use ed25519_dalek::SigningKey;
use std::fmt;
use watchdog_core::keys::KeyError;
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// The 32 bytes that an Ed25519 key is made from. Wiped on drop.
#[derive(Clone)]
pub struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// Takes 32 bytes; every 32 bytes are a seed.
    pub fn new(bytes: &[u8; 32]) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        seed.copy_from_slice(bytes);
        Self(seed)
    }

    /// Takes the 64 bytes that SDKs call a private key: the seed and its public key.
    ///
    /// # Errors
    /// [`KeyError::Mismatch`]: the public key is another's.
    pub fn with_public_key(bytes: &[u8; 64]) -> Result<Self, KeyError> {
        let (seed, public) = super::half::split(bytes);
        let seed = Self(seed);
        if seed.public_key().as_bytes() == &*public { Ok(seed) } else { Err(KeyError::Mismatch) }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As 64 hex digits.
    pub fn to_hex(&self) -> Secret {
        hidden_hex(&[self.0.as_slice()])
    }

    /// Seed and public key in base64, the private key of the SDKs.
    pub fn to_sdk_text(&self) -> Secret {
        let mut bytes = Zeroizing::new([0; 64]);
        let public = self.public_key();
        let parts = self.0.iter().chain(public.as_bytes());
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        Secret::new(BASE64.encode(bytes.as_slice()))
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::of_key(&SigningKey::from_bytes(&self.0).verifying_key())
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

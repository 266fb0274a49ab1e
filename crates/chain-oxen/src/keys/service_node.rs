//! Keys of a service node.
use super::Ed25519Key;
use super::private_hex::encode;
use crate::bls;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use watchdog_core::keys::{DerivedKey, KeyError};
use zeroize::Zeroizing;

/// A key of a service node. Wiped on drop; never printed.
pub enum ServiceNodeKey {
    /// Of `key_ed25519`.
    Ed25519(Ed25519Key),
    /// Of `key_bls`.
    Bls {
        /// The key.
        key: bls::SecretKey,
        /// As the file has it, big-endian.
        bytes: Zeroizing<[u8; 32]>,
    },
    /// Of `key`.
    Legacy {
        /// The number, little-endian.
        bytes: Zeroizing<[u8; 32]>,
        /// Its public key.
        public: [u8; 32],
    },
}

impl ServiceNodeKey {
    /// The key of a number below the order of the group, little-endian.
    ///
    /// # Errors
    /// [`KeyError::Key`] for any other number, and for zero.
    pub fn legacy(bytes: &Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        let scalar = Zeroizing::new(Scalar::from_bytes_mod_order(**bytes));
        if scalar.as_bytes() != &**bytes || *scalar == Scalar::ZERO {
            return Err(KeyError::Key("`key` stands for no secret key: it is damaged or not this file"));
        }
        let public = EdwardsPoint::mul_base(&scalar).compress().to_bytes();
        Ok(Self::Legacy { bytes: bytes.clone(), public })
    }

    /// Public key in hex, as oxend shows it.
    pub fn public_key(&self) -> String {
        match self {
            Self::Ed25519(key) => hex::encode(key.public()),
            Self::Bls { key, .. } => key.public_key().to_string(),
            Self::Legacy { public, .. } => hex::encode(public),
        }
    }

    /// What anybody may know, by field name.
    pub fn facts(&self) -> BTreeMap<&'static str, Value> {
        match self {
            Self::Ed25519(key) => BTreeMap::from([
                ("key_file", "key_ed25519".into()),
                ("x25519_public_key", hex::encode(key.x25519_public()).into()),
                ("primary_public_key", hex::encode(key.public()).into()),
                ("snode", key.snode().to_string().into()),
            ]),
            Self::Bls { key, .. } => BTreeMap::from([
                ("key_file", "key_bls".into()),
                ("bls_public_key", key.public_key().to_string().into()),
                ("scalar_reduced", key.was_reduced().into()),
            ]),
            Self::Legacy { public, .. } => {
                BTreeMap::from([("key_file", "key".into()), ("primary_public_key", hex::encode(public).into())])
            }
        }
    }

    /// Everything, for handing out.
    pub fn derived(&self) -> DerivedKey {
        let (secret, private) = match self {
            Self::Ed25519(key) => {
                let mut private = key.private();
                private.insert("primary_secret_key", encode(key.primary_secret().as_slice()));
                (key.keypair_hex(), private)
            }
            Self::Bls { key, bytes } => (encode(bytes.as_slice()), BTreeMap::from([("reduced_scalar", key.to_hex())])),
            Self::Legacy { bytes, .. } => (encode(bytes.as_slice()), BTreeMap::new()),
        };
        DerivedKey {
            public_key: self.public_key(),
            extra: self.facts(),
            secret: Some(secret),
            private,
            ..DerivedKey::default()
        }
    }
}

impl fmt::Debug for ServiceNodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceNodeKey(of {})", self.public_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeyFileKind;

    #[test]
    fn a_legacy_number_that_is_zero_or_not_below_the_order_is_damaged() {
        for bytes in [[0; 32], [0xff; 32]] {
            let error = KeyFileKind::Legacy.open(hex::encode(bytes).as_bytes()).unwrap_err();
            assert!(matches!(error, KeyError::Key(_)), "{error}");
        }
    }

    #[test]
    fn a_bls_key_of_zero_is_damaged() {
        assert!(matches!(KeyFileKind::Bls.open(&[0; 32]), Err(KeyError::Key(_))));
    }

    #[test]
    fn no_debug_text_shows_a_secret() {
        let public = Ed25519Key::of_seed(&[7; 32]).public();
        let pair = [[7; 32], public].concat();
        for (kind, content) in
            [(KeyFileKind::Ed25519, pair), (KeyFileKind::Bls, vec![7; 32]), (KeyFileKind::Legacy, vec![7; 32])]
        {
            let key = kind.open(&content).unwrap();
            assert!(!format!("{key:?}").contains("07070707"));
            let derived = key.derived();
            assert!(!format!("{derived:?}{}", serde_json::to_string(&derived).unwrap()).contains("07070707"));
            assert!(derived.secret.unwrap().expose().starts_with("07070707"));
        }
    }
}

//! Writing keystores.
use super::cost::Cost;
use super::error::KeystoreError;
use super::{apply_cipher, checksum, document, password};
use crate::keys::bls::SecretKey;
use serde_json::json;
use watchdog_core::keys::{Entropy, KeyError};
use watchdog_core::secret::Secret;

/// Everything that a keystore is made of besides key and password. The same recipe, key and password
/// give the same bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recipe {
    /// What the password is made costly with. Take [`Cost::STANDARD`] outside of tests.
    pub cost: Cost,
    /// Salt of the key derivation; never used twice.
    pub salt: [u8; 32],
    /// Initialisation vector of the cipher; never used twice.
    pub iv: [u8; 16],
    /// Name of the file, a UUID.
    pub uuid: String,
    /// Where the key stands in its tree; empty where it stands in none.
    pub path: String,
    /// A word about it.
    pub description: String,
}

impl Recipe {
    /// A recipe of standard cost with fresh salt, vector and UUID, for the key at `path`.
    ///
    /// # Errors
    /// [`KeyError::Entropy`].
    pub fn draw(path: &str, entropy: &mut dyn Entropy) -> Result<Self, KeyError> {
        let (mut salt, mut iv, mut uuid) = ([0; 32], [0; 16], [0; 16]);
        entropy.fill(&mut salt)?;
        entropy.fill(&mut iv)?;
        entropy.fill(&mut uuid)?;
        Ok(Self {
            cost: Cost::STANDARD,
            salt,
            iv,
            uuid: random_uuid(uuid),
            path: path.to_owned(),
            description: "tanist".to_owned(),
        })
    }

    /// `key` under `password`, as pretty JSON with a newline.
    ///
    /// # Errors
    /// [`KeystoreError::Parameters`], [`KeystoreError::TooExpensive`], or the UUID is none.
    pub fn seal(&self, key: &SecretKey, password: &Secret) -> Result<String, KeystoreError> {
        if !document::is_uuid(&self.uuid) {
            return Err(KeystoreError::Malformed("`uuid` is no UUID"));
        }
        let derived = self.cost.derive(&password::standard(password.expose()), &self.salt)?;
        let mut cipher_text = key.to_bytes();
        apply_cipher(&derived, &self.iv, &mut cipher_text);
        let salt = hex::encode(self.salt);
        let (function, params) = match self.cost {
            Cost::Scrypt { n, r, p } => ("scrypt", json!({ "dklen": 32, "n": n, "r": r, "p": p, "salt": salt })),
            Cost::Pbkdf2 { c } => ("pbkdf2", json!({ "dklen": 32, "c": c, "prf": "hmac-sha256", "salt": salt })),
        };
        let document = json!({
            "crypto": {
                "kdf": { "function": function, "params": params, "message": "" },
                "checksum": {
                    "function": "sha256",
                    "params": {},
                    "message": hex::encode(checksum(&derived, &cipher_text)),
                },
                "cipher": {
                    "function": "aes-128-ctr",
                    "params": { "iv": hex::encode(self.iv) },
                    "message": hex::encode(cipher_text.as_slice()),
                },
            },
            "description": self.description,
            "pubkey": hex::encode(key.public_key().as_bytes()),
            "path": self.path,
            "uuid": self.uuid,
            "version": 4,
        });
        Ok(format!("{document:#}\n"))
    }
}

/// Version 4, variant 1. Source: RFC 9562, section 5.4.
fn random_uuid(mut bytes: [u8; 16]) -> String {
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = *version & 0x0f | 0x40;
    *variant = *variant & 0x3f | 0x80;
    let mut text = hex::encode(bytes);
    for place in [20, 16, 12, 8] {
        text.insert(place, '-');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_become_a_uuid_of_version_4() {
        assert_eq!(random_uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(random_uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
        assert!(document::is_uuid(&random_uuid([0x5a; 16])));
    }
}

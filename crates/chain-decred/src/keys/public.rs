//! Public keys of all algorithms.
use crate::algorithm::Algorithm;
use crate::hash::hash160;
use curve25519_dalek::edwards::CompressedEdwardsY;
use std::fmt;
use std::str::FromStr;

/// A valid public key. As text 66 hex digits (64 for Ed25519); secp256k1 keys are always compressed.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct PublicKey {
    algorithm: Algorithm,
    /// The key; of Ed25519 behind one zero.
    bytes: [u8; 33],
}

impl PublicKey {
    /// A key of `algorithm`: 33 bytes, compressed, or 32 for Ed25519.
    ///
    /// # Errors
    /// Another length, another form, or no point of the curve.
    pub fn new(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, InvalidKey> {
        let mut key = Self { algorithm, bytes: [0; 33] };
        let room = if algorithm == Algorithm::Ed25519 { &mut key.bytes[1..] } else { &mut key.bytes[..] };
        if room.len() != bytes.len() {
            return Err(InvalidKey::Length { found: bytes.len(), expected: room.len() });
        }
        room.copy_from_slice(bytes);
        if is_point(algorithm, bytes) { Ok(key) } else { Err(InvalidKey::OffCurve) }
    }

    /// Its algorithm.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The bytes: 33, or 32 of Ed25519.
    pub fn as_bytes(&self) -> &[u8] {
        match self.algorithm {
            Algorithm::Ed25519 => &self.bytes[1..],
            Algorithm::Ecdsa | Algorithm::Schnorr => &self.bytes,
        }
    }

    /// What addresses hold of it.
    pub fn hash160(&self) -> [u8; 20] {
        hash160(self.as_bytes())
    }
}

/// Whether `bytes` are the one form of a point of the algorithm's curve.
fn is_point(algorithm: Algorithm, bytes: &[u8]) -> bool {
    match algorithm {
        Algorithm::Ecdsa | Algorithm::Schnorr => {
            matches!(bytes, [2 | 3, ..]) && k256::PublicKey::from_sec1_bytes(bytes).is_ok()
        }
        Algorithm::Ed25519 => CompressedEdwardsY::from_slice(bytes)
            .is_ok_and(|key| key.decompress().is_some_and(|point| point.compress() == key)),
    }
}

/// Reads a compressed ECDSA key in hex.
impl FromStr for PublicKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let mut bytes = [0; 33];
        if text.len() != 66 {
            return Err(InvalidKey::Length { found: text.len() / 2, expected: 33 });
        }
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidKey::Hex)?;
        Self::new(Algorithm::Ecdsa, &bytes)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} {self})", self.algorithm)
    }
}

/// Bytes that are no public key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKey {
    /// Not hex.
    #[error("public key has a character that is no hex digit")]
    Hex,
    /// Another number of bytes.
    #[error("public key has {found} bytes, {expected} are needed")]
    Length {
        /// Bytes found.
        found: usize,
        /// Bytes of a key of this algorithm.
        expected: usize,
    },
    /// No point of the curve, or not in compressed form.
    #[error("public key is not a compressed point of its curve")]
    OffCurve,
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

    #[test]
    fn only_compressed_points_are_read() {
        assert_eq!(KEY.parse::<PublicKey>().unwrap().to_string(), KEY);
        for (text, error) in [
            (String::new(), InvalidKey::Length { found: 0, expected: 33 }),
            (KEY[2..].to_owned(), InvalidKey::Length { found: 32, expected: 33 }),
            ("zz".repeat(33), InvalidKey::Hex),
            ("é".repeat(33), InvalidKey::Hex),
            (format!("04{}", &KEY[2..]), InvalidKey::OffCurve),
            (format!("05{}", &KEY[2..]), InvalidKey::OffCurve),
            (format!("02{}", "ff".repeat(32)), InvalidKey::OffCurve),
        ] {
            assert_eq!(text.parse::<PublicKey>(), Err(error), "{text}");
        }
    }

    #[test]
    fn ed25519_keys_have_one_form() {
        let base = "5866666666666666666666666666666666666666666666666666666666666666";
        let key = PublicKey::new(Algorithm::Ed25519, &hex::decode(base).unwrap()).unwrap();
        assert_eq!(key.to_string(), base);
        // y = 1 + p is another way to write y = 1.
        let mut again = [0xff; 32];
        (again[0], again[31]) = (0xee, 0x7f);
        assert_eq!(PublicKey::new(Algorithm::Ed25519, &again), Err(InvalidKey::OffCurve));
        let short = PublicKey::new(Algorithm::Ed25519, &again[1..]);
        assert_eq!(short, Err(InvalidKey::Length { found: 31, expected: 32 }));
    }
}

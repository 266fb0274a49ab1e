//! Execution keys: secp256k1, and the account that each one has.
use crate::address::ExecutionAddress;
use crate::hexadecimal;
use k256::ecdsa::{SigningKey, VerifyingKey};
use sha3::{Digest, Keccak256};
use std::fmt;

/// A public key of an account.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct ExecutionKey(VerifyingKey);

impl ExecutionKey {
    /// The key of these 33 bytes; `None` where they are no point of the curve.
    pub fn from_compressed(bytes: &[u8; 33]) -> Option<Self> {
        // The parser also knows a form of 33 bytes that starts with 5.
        if !matches!(bytes, [2 | 3, ..]) {
            return None;
        }
        VerifyingKey::from_sec1_bytes(bytes).ok().map(Self)
    }

    /// The public key of a private one, big-endian; `None` for zero and from the order of the curve
    /// on.
    pub fn of_secret(bytes: &[u8; 32]) -> Option<Self> {
        SigningKey::from_slice(bytes).ok().map(|key| Self(*key.verifying_key()))
    }

    /// 33 bytes.
    pub fn compressed(&self) -> [u8; 33] {
        let mut bytes = [0; 33];
        bytes.iter_mut().zip(self.0.to_sec1_point(true).as_bytes()).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// 65 bytes, the first of them 4.
    pub fn uncompressed(&self) -> [u8; 65] {
        let mut bytes = [0; 65];
        bytes.iter_mut().zip(self.0.to_sec1_point(false).as_bytes()).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// The account: the last 20 bytes of the Keccak-256 of both coordinates. Source: yellow paper,
    /// appendix F.
    pub fn address(&self) -> ExecutionAddress {
        let [_, coordinates @ ..] = self.uncompressed();
        let mut address = [0; ExecutionAddress::LEN];
        address.iter_mut().zip(Keccak256::digest(coordinates).iter().skip(12)).for_each(|(to, from)| *to = *from);
        ExecutionAddress::new(address)
    }
}

impl fmt::Debug for ExecutionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExecutionKey({})", hexadecimal::prefixed(&self.compressed()))
    }
}

//! Hashes of Decred.
mod blake256;

pub use blake256::blake256;
use ripemd::{Digest, Ripemd160};

/// BLAKE-256 of BLAKE-256.
pub fn double_blake256(data: &[u8]) -> [u8; 32] {
    blake256(&blake256(data))
}

/// RIPEMD-160 of BLAKE-256: what addresses hold of keys and scripts.
pub fn hash160(data: &[u8]) -> [u8; 20] {
    Ripemd160::digest(blake256(data)).into()
}

//! Keccak-256 as of before the standard: what `CryptoNote` and Ethereum call it.
use sha3::{Digest, Keccak256};

/// Hash of all parts, one after the other.
pub(crate) fn keccak256(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Keccak256::new(), Digest::chain_update).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: the hash of nothing, which Ethereum's yellow paper calls the empty code hash.
    #[test]
    fn it_is_keccak_and_not_sha_3() {
        let empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
        assert_eq!(hex::encode(keccak256(&[])), empty);
        assert_eq!(keccak256(&[b"ab", b"", b"c"]), keccak256(&[b"abc"]));
    }
}

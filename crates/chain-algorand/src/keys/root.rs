//! The root of a tree of ARC-52.
use super::ExtendedPrivate;
use super::half::{hmac, split};
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

/// Hashes tried: half of all are taken, so that no seed needs this many.
const TRIES: usize = 256;

/// The root of `seed`, the 64 bytes that BIP-39 stretches a phrase to (not the entropy of the
/// phrase). `None` after 256 hashes without a key, which happens to no seed.
///
/// Source: ARC-52, `fromSeed`: keys whose third-highest bit is set are hashed again.
pub fn root(seed: &[u8; 64]) -> Option<ExtendedPrivate> {
    let hash: Zeroizing<[u8; 64]> = Zeroizing::new(Sha512::digest(seed).into());
    let (mut left, mut right) = split(&hash);
    let mut tries = 0;
    while matches!(*left, [.., last] if last & 0x20 != 0) {
        if tries == TRIES {
            return None;
        }
        (left, right) = hmac(&left, &[right.as_slice()]);
        tries += 1;
    }
    if let [first, .., last] = left.as_mut_slice() {
        *first &= 0xf8;
        *last = *last & 0x7f | 0x40;
    }
    let chain_code = Zeroizing::new(Sha256::new().chain_update([1]).chain_update(seed).finalize().into());
    ExtendedPrivate::from_parts(left, right, chain_code)
}

//! BLAKE-256: the finalist of the SHA-3 competition, with 14 rounds and without a salt.
//!
//! Neither BLAKE2s nor BLAKE3, which give other results. Source: "SHA-3 proposal BLAKE", version
//! 1.3, section 2.1; names of values are those of the paper.
use zeroize::Zeroizing;

/// Bytes that are compressed at once.
const BLOCK: usize = 64;

/// Initial chain value, that of SHA-256.
const IV: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// First digits of pi.
const C: [u32; 16] = [
    0x243f_6a88,
    0x85a3_08d3,
    0x1319_8a2e,
    0x0370_7344,
    0xa409_3822,
    0x299f_31d0,
    0x082e_fa98,
    0xec4e_6c89,
    0x4528_21e6,
    0x38d0_1377,
    0xbe54_66cf,
    0x34e9_0c6c,
    0xc0ac_29b7,
    0xc97c_50dd,
    0x3f84_d5b5,
    0xb547_0917,
];

/// Order of the words in each of ten rounds; the other four begin again.
const SIGMA: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

/// Number of rounds.
const ROUNDS: usize = 14;

/// Words that one G works on: four columns, then four diagonals.
const LANES: [[usize; 4]; 8] = [
    [0, 4, 8, 12],
    [1, 5, 9, 13],
    [2, 6, 10, 14],
    [3, 7, 11, 15],
    [0, 5, 10, 15],
    [1, 6, 11, 12],
    [2, 7, 8, 13],
    [3, 4, 9, 14],
];

/// BLAKE-256 of `data`. Copies of the data are wiped.
pub fn blake256(data: &[u8]) -> [u8; 32] {
    let mut state = IV;
    let (blocks, rest) = data.as_chunks::<BLOCK>();
    let mut hashed = 0;
    for block in blocks {
        hashed += 512;
        compress(&mut state, block, hashed);
    }
    let bits = hashed + rest.len() as u64 * 8;
    finish(&mut state, rest, bits);
    let mut digest = [0; 32];
    for (to, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *to = word.to_be_bytes();
    }
    digest
}

/// Compresses what is left of the data (less than a block) with its padding: a one, zeros, a one,
/// and `bits`, the length of all data. A block without any data counts none.
fn finish(state: &mut [u32; 8], rest: &[u8], bits: u64) {
    let mut padded = Zeroizing::new([0; 2 * BLOCK]);
    // Room for both ones and the length, or another block.
    let blocks = if rest.len() < BLOCK - 8 { 1 } else { 2 };
    let end = blocks * BLOCK;
    padded[..rest.len()].copy_from_slice(rest);
    padded[rest.len()] = 0x80;
    padded[end - 9] |= 1;
    padded[end - 8..end].copy_from_slice(&bits.to_be_bytes());
    for (k, block) in padded.as_chunks::<BLOCK>().0.iter().take(blocks).enumerate() {
        let holds_data = k * BLOCK < rest.len();
        compress(state, block, if holds_data { bits } else { 0 });
    }
}

/// One block; `hashed` is the number of bits of data up to its end.
fn compress(state: &mut [u32; 8], block: &[u8; BLOCK], hashed: u64) {
    let mut m = Zeroizing::new([0; 16]);
    for (word, bytes) in m.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let [high, low] = [hashed >> 32, hashed & u64::from(u32::MAX)].map(|half| u32::try_from(half).unwrap_or_default());
    let mut v = Zeroizing::new([0; 16]);
    v[..8].copy_from_slice(state);
    v[8..].copy_from_slice(&C[..8]);
    for (k, count) in [(12, low), (13, low), (14, high), (15, high)] {
        v[k] ^= count;
    }
    for round in 0..ROUNDS {
        let order = &SIGMA[round % SIGMA.len()];
        for (pair, lane) in order.as_chunks::<2>().0.iter().zip(&LANES) {
            mix(&mut v, lane, m[pair[0]] ^ C[pair[1]], m[pair[1]] ^ C[pair[0]]);
        }
    }
    for (k, word) in state.iter_mut().enumerate() {
        *word ^= v[k] ^ v[k + 8];
    }
}

/// The function G of the paper.
#[allow(clippy::many_single_char_names, reason = "the paper has these")]
fn mix(v: &mut [u32; 16], &[a, b, c, d]: &[usize; 4], first: u32, second: u32) {
    v[a] = v[a].wrapping_add(v[b]).wrapping_add(first);
    v[d] = (v[d] ^ v[a]).rotate_right(16);
    v[c] = v[c].wrapping_add(v[d]);
    v[b] = (v[b] ^ v[c]).rotate_right(12);
    v[a] = v[a].wrapping_add(v[b]).wrapping_add(second);
    v[d] = (v[d] ^ v[a]).rotate_right(8);
    v[c] = v[c].wrapping_add(v[d]);
    v[b] = (v[b] ^ v[c]).rotate_right(7);
}

#[cfg(test)]
mod tests {
    use super::blake256;

    /// Source: "SHA-3 proposal BLAKE", version 1.3, section C.1: one block, and two.
    #[test]
    fn the_digests_of_the_paper_come_out() {
        let short = "0ce8d4ef4dd7cd8d62dfded9d4edb0a774ae6a41929a74da23109e8f11139c87";
        let long = "d419bad32d504fb7d44d460c42c5593fe544fa4c135dec31e21bd9abdcc22d41";
        assert_eq!(hex::encode(blake256(&[0])), short);
        assert_eq!(hex::encode(blake256(&[0; 72])), long);
    }

    #[test]
    fn every_length_around_a_block_has_a_digest_of_its_own() {
        let digests: std::collections::BTreeSet<_> = (0..=130).map(|len| blake256(&vec![0; len])).collect();
        assert_eq!(digests.len(), 131);
    }
}

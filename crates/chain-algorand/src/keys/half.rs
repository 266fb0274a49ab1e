//! Secret halves of hashes and keys, 32 bytes each.
use hmac::{Hmac, KeyInit, Mac, digest::common::Key};
use sha2::Sha512;
use zeroize::{Zeroize, Zeroizing};

/// 32 secret bytes, wiped on drop.
pub(super) type Half = Zeroizing<[u8; 32]>;

/// Both halves of 64 secret bytes.
pub(super) fn split(bytes: &[u8; 64]) -> (Half, Half) {
    let (mut left, mut right) = (Half::default(), Half::default());
    left.iter_mut().chain(right.iter_mut()).zip(bytes).for_each(|(to, from)| *to = *from);
    (left, right)
}

/// Left and right half of HMAC-SHA512 over the joined `parts`.
pub(super) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> (Half, Half) {
    // Keys shorter than a block of 128 bytes are padded with zeros.
    let mut block = Key::<Hmac<Sha512>>::default();
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha512>::new(&block);
    for part in parts {
        mac.update(part);
    }
    let tag: Zeroizing<[u8; 64]> = Zeroizing::new(mac.finalize().into_bytes().into());
    block.as_mut_slice().zeroize();
    split(&tag)
}

/// `left + right · 2^shift` modulo 2^256, lowest byte first. Takes the same time for all values;
/// `shift` is at most 3.
pub(super) fn sum(left: &[u8; 32], right: &[u8; 32], shift: u32) -> Half {
    let mut sum = Half::default();
    let mut carry = 0;
    for ((to, left), right) in sum.iter_mut().zip(left).zip(right) {
        let [low, high] = (u16::from(*left) + (u16::from(*right) << shift) + carry).to_le_bytes();
        *to = low;
        carry = u16::from(high);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carry_runs_through_and_falls_out_at_the_end() {
        let mut one = [0; 32];
        one[0] = 1;
        assert_eq!(*sum(&[0xff; 32], &one, 0), [0; 32]);
        let mut eight_less = [0xff; 32];
        eight_less[0] = 0xf7;
        assert_eq!(*sum(&[0xff; 32], &[0xff; 32], 3), eight_less);
        assert_eq!(sum(&[0; 32], &[0x80; 32], 3)[..3], [0, 4, 4]);
    }
}

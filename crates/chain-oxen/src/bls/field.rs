//! Numbers of the base field as 32 bytes, big-endian.
use ark_bn254::Fq;
use ark_ff::{BigInt, PrimeField};

/// The number; `None` where it is not below the prime.
pub(super) fn from_be(bytes: &[u8; 32]) -> Option<Fq> {
    Fq::from_bigint(BigInt::new(limbs(bytes)))
}

/// The 32 bytes at `place` of many, read as [`from_be`].
pub(super) fn nth(bytes: &[u8], place: usize) -> Option<Fq> {
    from_be(bytes.chunks_exact(32).nth(place)?.try_into().ok()?)
}

/// The 32 bytes of each number, one after the other.
pub(super) fn to_be<const N: usize>(numbers: &[Fq]) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, number) in bytes.chunks_exact_mut(32).zip(numbers) {
        write(&number.into_bigint().0, to);
    }
    bytes
}

/// Four 64-bit parts, lowest first. Makes no copy elsewhere.
pub(super) fn limbs(bytes: &[u8; 32]) -> [u64; 4] {
    let mut limbs = [0; 4];
    for (limb, part) in limbs.iter_mut().rev().zip(bytes.chunks_exact(8)) {
        *limb = part.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    }
    limbs
}

/// The reverse of [`limbs`]. Makes no copy elsewhere.
pub(super) fn write(limbs: &[u64; 4], bytes: &mut [u8]) {
    for (part, limb) in bytes.chunks_exact_mut(8).zip(limbs.iter().rev()) {
        part.copy_from_slice(&limb.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_below_the_prime_survive_and_others_are_refused() {
        let mut bytes: [u8; 32] = std::array::from_fn(|k| u8::try_from(k).unwrap());
        assert_eq!(to_be::<32>(&[from_be(&bytes).unwrap()]), bytes);
        write(&Fq::MODULUS.0, &mut bytes);
        assert_eq!(hex::encode(bytes), "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47");
        assert_eq!(from_be(&bytes), None);
        bytes[31] -= 1;
        assert!(from_be(&bytes).is_some());
    }
}

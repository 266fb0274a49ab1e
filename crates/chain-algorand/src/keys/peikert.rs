//! Steps that add 247 bits of a hash. Source: ARC-52, `deriveChildNodePrivate` and
//! `deriveChildNodePublic` with g = 9.
use super::extended::times_base;
use super::half::{Half, hmac, sum};
use super::{ExtendedPrivate, ExtendedPublic, PublicKey};
use curve25519_dalek::traits::IsIdentity;
use watchdog_core::keys::path::Component;

/// One step from a private key; `None` where the scalar would be 2^255 or more.
pub(super) fn private(key: &ExtendedPrivate, step: Component) -> Option<ExtendedPrivate> {
    let number = step.number().to_le_bytes();
    let ((left, right), (_, chain_code)) = if step.is_hardened() {
        let hash =
            |tag: u8| hmac(key.chain_code(), &[&[tag], key.scalar().as_slice(), key.prefix().as_slice(), &number]);
        (hash(0), hash(1))
    } else {
        let public = key.public().key();
        let hash = |tag: u8| hmac(key.chain_code(), &[&[tag], public.as_bytes(), &number]);
        (hash(2), hash(3))
    };
    key.plus(&truncated(left), &right, chain_code)
}

/// One step from a public key; `None` where the step is hardened or leads to the point zero.
pub(super) fn public(key: &ExtendedPublic, step: Component) -> Option<ExtendedPublic> {
    if step.is_hardened() {
        return None;
    }
    let number = step.number().to_le_bytes();
    let hash = |tag: u8| hmac(key.chain_code(), &[&[tag], key.key().as_bytes(), &number]);
    let ((left, _), (_, chain_code)) = (hash(2), hash(3));
    let point = key.key().point()? + times_base(&sum(&[0; 32], &truncated(left), 3));
    (!point.is_identity()).then(|| ExtendedPublic::new(PublicKey::of_point(&point), *chain_code))
}

/// The lowest 247 bits.
fn truncated(mut hash: Half) -> Half {
    if let [.., next, last] = hash.as_mut_slice() {
        *next &= 0x7f;
        *last = 0;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_that_leaves_its_range_is_refused() {
        let mut bytes = [0xff; 96];
        bytes[0] = 0xf8;
        bytes[31] = 0x7f;
        let largest = ExtendedPrivate::new(&bytes).unwrap();
        for step in [Component::normal(0), Component::hardened(0)] {
            assert!(private(&largest, step.unwrap()).is_none());
        }
    }

    #[test]
    fn a_public_key_takes_no_hardened_step() {
        let key = ExtendedPrivate::new(&[0x40; 96]).unwrap().public();
        assert!(public(&key, Component::hardened(0).unwrap()).is_none());
        assert!(public(&key, Component::normal(0).unwrap()).is_some());
    }
}

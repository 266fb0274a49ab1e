//! HMAC-SHA512, cut in halves as SLIP-0010 and BIP-32 use it.
use crate::secret::swept;
use hmac::{Hmac, KeyInit, Mac, digest::common::Key};
use sha2::Sha512;
use zeroize::{Zeroize, Zeroizing};

/// 32 secret bytes.
pub(super) type Half = Zeroizing<[u8; 32]>;

/// Left and right half of HMAC-SHA512 over the joined `parts`. `key` is at most one block (128
/// bytes), which HMAC pads with zeros.
pub(super) fn halves(key: &[u8], parts: &[&[u8]]) -> (Half, Half) {
    swept(|| of_tag(key, parts))
}

fn of_tag(key: &[u8], parts: &[&[u8]]) -> (Half, Half) {
    let mut block = Key::<Hmac<Sha512>>::default();
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha512>::new(&block);
    for part in parts {
        mac.update(part);
    }
    let mut tag = mac.finalize().into_bytes();
    let (mut left, mut right) = (Half::default(), Half::default());
    for (to, from) in left.iter_mut().chain(right.iter_mut()).zip(&tag) {
        *to = *from;
    }
    block.as_mut_slice().zeroize();
    tag.as_mut_slice().zeroize();
    (left, right)
}

//! `BLAKE2b` under a key and a purpose, as the supervisor makes every key of its own.
use blake2::digest::consts::{U16, U32};
use blake2::digest::{FixedOutput, Update};
use blake2::{Blake2b, Blake2bMac, Digest};
use zeroize::{Zeroize, Zeroizing};

/// 32 bytes from `message` under `key`, 1 to 64 bytes; `None` for a key of another length. The
/// purpose becomes the personalisation of `BLAKE2b` by its own 16-byte hash.
pub(super) fn keyed(key: &[u8], purpose: &str, message: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let personal = Blake2b::<U16>::digest(purpose);
    // The library takes a key of 65 to 128 bytes too, which the standard does not have.
    let key = Some(key).filter(|key| key.len() <= 64);
    let mut mac = Blake2bMac::<U32>::new_with_salt_and_personal(Some(key?), &[], &personal).ok()?;
    mac.update(message);
    let mut tag = mac.finalize_fixed();
    let mut hash = Zeroizing::new([0; 32]);
    hash.iter_mut().zip(&tag).for_each(|(to, from)| *to = *from);
    tag.as_mut_slice().zeroize();
    Some(hash)
}

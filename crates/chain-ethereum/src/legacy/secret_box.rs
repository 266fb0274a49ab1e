//! XSalsa20-Poly1305, libsodium's `secretbox`.
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit, StreamCipher};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What `cipher_text` holds, if `tag` is right for it: nothing is decrypted before that. The first 32
/// bytes of the key stream are the key of the tag.
pub(super) fn open(key: &[u8; 32], nonce: &[u8; 24], tag: &[u8; 16], cipher_text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut stream = XSalsa20::new(key.into(), nonce.into());
    let mut tag_key = Zeroizing::new([0; 32]);
    stream.apply_keystream(tag_key.as_mut_slice());
    let right = Poly1305::new((&*tag_key).into()).compute_unpadded(cipher_text);
    if !bool::from(right.as_slice().ct_eq(tag)) {
        return None;
    }
    let mut text = Zeroizing::new(cipher_text.to_vec());
    stream.apply_keystream(&mut text);
    Some(text)
}

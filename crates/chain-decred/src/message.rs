//! Signed messages, as wallets make them and voting services ask for them.
//!
//! A signature is 65 bytes in base64: a header that says which of four keys made it, r and s. It is
//! checked against an address, not a key. Source: dcrwallet, `signmessage`; vspd,
//! `VSP-Client-Signature`.
use crate::address::{Address, Payload};
use crate::algorithm::Algorithm;
use crate::hash::blake256;
use crate::keys::{PrivateKey, PublicKey};
use data_encoding::BASE64;
use k256::ecdsa::{RecoveryId, Signature, SigningKey, VerifyingKey};

/// What stands before every message, so that no signed message is a transaction.
const PREFIX: &[u8] = b"Decred Signed Message:\n";

/// Header of the first of four keys, in compressed form.
const HEADER: u8 = 31;

/// Bytes of a signature.
const LENGTH: usize = 65;

/// What is signed: BLAKE-256 of prefix and message, each behind its length.
pub fn digest(message: &[u8]) -> [u8; 32] {
    let mut signed = Vec::with_capacity(PREFIX.len() + message.len() + 10);
    for part in [PREFIX, message] {
        push_length(&mut signed, part.len() as u64);
        signed.extend_from_slice(part);
    }
    blake256(&signed)
}

/// A number in 1, 3, 5 or 9 bytes. Source: dcrd, `wire.WriteVarInt`.
fn push_length(to: &mut Vec<u8>, length: u64) {
    if let Ok(length @ 0..0xfd) = u8::try_from(length) {
        to.push(length);
    } else if let Ok(length) = u16::try_from(length) {
        to.push(0xfd);
        to.extend(length.to_le_bytes());
    } else if let Ok(length) = u32::try_from(length) {
        to.push(0xfe);
        to.extend(length.to_le_bytes());
    } else {
        to.push(0xff);
        to.extend(length.to_le_bytes());
    }
}

/// Signs `message` in base64. The same key and message always give the same text: RFC 6979, low s.
///
/// # Errors
/// [`MessageError::Algorithm`]: only ECDSA keys sign messages.
pub fn sign(key: &PrivateKey, message: &[u8]) -> Result<String, MessageError> {
    let signing = match key.algorithm() {
        Algorithm::Ecdsa => SigningKey::from_slice(key.as_bytes()).map_err(|_| MessageError::Algorithm)?,
        Algorithm::Ed25519 | Algorithm::Schnorr => return Err(MessageError::Algorithm),
    };
    let (signature, recovery) = signing.sign_prehash_recoverable(&digest(message));
    let mut bytes = [HEADER + recovery.to_byte(); LENGTH];
    bytes.iter_mut().skip(1).zip(signature.to_bytes()).for_each(|(to, from)| *to = from);
    Ok(BASE64.encode(&bytes))
}

/// Whether `signature` over `message` was made with the key of `address`.
///
/// # Errors
/// Says why not: the form of the signature, the kind of the address, or another message or key.
pub fn verify(address: &Address, signature: &str, message: &[u8]) -> Result<(), MessageError> {
    let Payload::PublicKeyHash(Algorithm::Ecdsa, hash) = address.payload() else {
        return Err(MessageError::Address);
    };
    let key = recover(signature, message)?;
    if key.hash160() == hash { Ok(()) } else { Err(MessageError::Mismatch) }
}

/// The one key that can have made `signature` over `message`.
fn recover(signature: &str, message: &[u8]) -> Result<PublicKey, MessageError> {
    let bytes = BASE64.decode(signature.as_bytes()).map_err(|_| MessageError::Base64)?;
    let Ok(&[header, ref rest @ ..]) = <&[u8; LENGTH]>::try_from(bytes.as_slice()) else {
        return Err(MessageError::Length(bytes.len()));
    };
    let recovery = header.checked_sub(HEADER).and_then(RecoveryId::from_byte).ok_or(MessageError::Header(header))?;
    let signature = Signature::from_slice(rest).map_err(|_| MessageError::Mismatch)?;
    let key = VerifyingKey::recover_from_prehash(&digest(message), &signature, recovery);
    let key = key.map_err(|_| MessageError::Mismatch)?;
    PublicKey::new(Algorithm::Ecdsa, key.to_sec1_point(true).as_bytes()).map_err(|_| MessageError::Mismatch)
}

/// A message was not signed, or not by whom it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// A key that signs in another way.
    #[error("only ECDSA keys sign messages")]
    Algorithm,
    /// An address that no message is checked against.
    #[error("messages are signed by P2PKH addresses (Ds…, Ts…, Ss…) alone")]
    Address,
    /// Not base64.
    #[error("signature is not base64")]
    Base64,
    /// Another number of bytes.
    #[error("signature has {0} bytes, 65 are needed")]
    Length(usize),
    /// A header of an uncompressed key, which Decred does not have, or of none.
    #[error("signature begins with {0}: 31 to 34 is needed")]
    Header(u8),
    /// Another message, key or address.
    #[error("signature was not made over this message with the key of this address")]
    Mismatch,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Network;

    #[test]
    fn lengths_take_as_many_bytes_as_they_need() {
        for (length, expected) in [
            (0, "00"),
            (0xfc, "fc"),
            (0xfd, "fdfd00"),
            (0xffff, "fdffff"),
            (0x1_0000, "fe00000100"),
            (0xffff_ffff, "feffffffff"),
            (0x1_0000_0000, "ff0000000001000000"),
        ] {
            let mut bytes = Vec::new();
            push_length(&mut bytes, length);
            assert_eq!(hex::encode(bytes), expected);
        }
    }

    #[test]
    fn a_refusal_says_what_does_not_fit() {
        let key = PrivateKey::new(Algorithm::Ecdsa, &[3; 32]).unwrap();
        let address = Address::of_key_hash(Network::Mainnet, &key.public_key());
        let signature = sign(&key, b"hello").unwrap();
        assert_eq!(verify(&address, &signature, b"hello"), Ok(()));
        assert_eq!(verify(&address, &signature, b"hello\n"), Err(MessageError::Mismatch));
        assert_eq!(verify(&address, "*", b"hello"), Err(MessageError::Base64));
        assert_eq!(verify(&address, "AAAA", b"hello"), Err(MessageError::Length(3)));
        let mut bytes = BASE64.decode(signature.as_bytes()).unwrap();
        for header in [0, 27, 30, 35, 255] {
            bytes[0] = header;
            assert_eq!(verify(&address, &BASE64.encode(&bytes), b"hello"), Err(MessageError::Header(header)));
        }
        bytes[0] = 31;
        bytes[1..].fill(0);
        assert_eq!(verify(&address, &BASE64.encode(&bytes), b"hello"), Err(MessageError::Mismatch));
        let by_key = Address::of_key(Network::Mainnet, key.public_key());
        assert_eq!(verify(&by_key, &signature, b"hello"), Err(MessageError::Address));
        let schnorr = PrivateKey::new(Algorithm::Schnorr, &[3; 32]).unwrap();
        assert_eq!(sign(&schnorr, b"hello"), Err(MessageError::Algorithm));
    }
}

//! Base58 with a checksum, in buffers that are wiped.
use crate::hash::{blake256, double_blake256};
use zeroize::Zeroizing;

/// Most bytes that a text holds: an extended key with its checksum.
const LONGEST: usize = 82;

/// Longest text of that many bytes. More is refused unread, because the work grows with the square
/// of the length.
const LONGEST_TEXT: usize = 112;

/// Bytes of a checksum.
const SUM: usize = 4;

/// How the last four bytes are made from all others.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Checksum {
    /// Start of BLAKE-256: private keys.
    Single,
    /// Start of BLAKE-256 of BLAKE-256: addresses and extended keys.
    Double,
}

impl Checksum {
    fn of(self, payload: &[u8]) -> [u8; SUM] {
        let [a, b, c, d, ..] = match self {
            Self::Single => blake256(payload),
            Self::Double => double_blake256(payload),
        };
        [a, b, c, d]
    }
}

/// Why a text cannot be decoded. Quotes nothing of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Base58Error {
    /// Place of a character that base58 does not have, from 1.
    Character(usize),
    /// Too long or too short for anything.
    Length,
    /// Damaged.
    Checksum,
}

/// What a text held; wiped on drop.
pub(crate) struct Decoded {
    bytes: Zeroizing<[u8; LONGEST]>,
    payload: usize,
}

impl Decoded {
    /// Everything but the checksum.
    pub(crate) fn payload(&self) -> &[u8] {
        self.bytes.get(..self.payload).unwrap_or_default()
    }
}

/// Reads `text` and checks it.
pub(crate) fn decode(text: &str, checksum: Checksum) -> Result<Decoded, Base58Error> {
    let (bytes, length) = raw(text)?;
    let payload = length.checked_sub(SUM).ok_or(Base58Error::Length)?;
    let decoded = Decoded { bytes, payload };
    let sum = decoded.bytes.get(payload..length).unwrap_or_default();
    if sum == checksum.of(decoded.payload()) { Ok(decoded) } else { Err(Base58Error::Checksum) }
}

fn raw(text: &str) -> Result<(Zeroizing<[u8; LONGEST]>, usize), Base58Error> {
    use bs58::decode::Error;
    if text.len() > LONGEST_TEXT {
        return Err(Base58Error::Length);
    }
    let mut bytes = Zeroizing::new([0; LONGEST]);
    let length = bs58::decode(text).onto(bytes.as_mut_slice()).map_err(|e| match e {
        Error::InvalidCharacter { index, .. } | Error::NonAsciiCharacter { index } => Base58Error::Character(index + 1),
        _ => Base58Error::Length,
    })?;
    Ok((bytes, length))
}

/// `payload`, at most 78 bytes, with its checksum as text. The text is the only copy that is left.
pub(crate) fn encode(payload: &[u8], checksum: Checksum) -> String {
    let mut bytes = Zeroizing::new([0; LONGEST]);
    let sum = checksum.of(payload);
    let length = payload.len() + sum.len();
    bytes.iter_mut().zip(payload.iter().chain(&sum)).for_each(|(to, from)| *to = *from);
    let mut digits = Zeroizing::new([0; LONGEST_TEXT]);
    let bytes = bytes.get(..length).unwrap_or_default();
    let written = bs58::encode(bytes).onto(digits.as_mut_slice()).unwrap_or_default();
    let mut text = String::with_capacity(written);
    text.extend(digits.iter().take(written).map(|digit| char::from(*digit)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_payload_fits_and_comes_back() {
        for payload in [[0xff; LONGEST - SUM], [0; LONGEST - SUM]] {
            for checksum in [Checksum::Single, Checksum::Double] {
                let text = encode(&payload, checksum);
                assert!(text.len() <= LONGEST_TEXT);
                assert_eq!(decode(&text, checksum).map(|d| d.payload().to_vec()), Ok(payload.to_vec()));
            }
        }
    }

    #[test]
    fn a_refusal_names_place_length_or_checksum() {
        let text = encode(&[1, 2, 3], Checksum::Double);
        let refusal = |text: &str| decode(text, Checksum::Double).map(|d| d.payload().len()).unwrap_err();
        assert_eq!(refusal(&format!("{text}0")), Base58Error::Character(text.len() + 1));
        assert_eq!(refusal("é"), Base58Error::Character(1));
        assert_eq!(refusal(""), Base58Error::Length);
        assert_eq!(refusal(&"1".repeat(100)), Base58Error::Length);
        assert_eq!(refusal(&"2".repeat(100_000)), Base58Error::Length);
        assert_eq!(decode(&text, Checksum::Single).map(|_| ()).unwrap_err(), Base58Error::Checksum);
    }
}

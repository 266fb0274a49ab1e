//! Algorand addresses in both directions.
//!
//! An address is 32 bytes: a public key, or the hash that stands for an application, a multisig or
//! a logic signature. Its text is base32 of these bytes and a checksum, without padding.
mod error;
mod explain;

pub use error::AddressError;
pub use explain::{AlgorandAddresses, explain};

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha512_256};
use std::fmt;
use std::str::FromStr;

/// Letters and digits of base32 in order. Source: RFC 4648, section 6.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The 32 bytes of an account.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Address([u8; 32]);

impl Address {
    /// 32 zero bytes; in transactions it stands for "absent", and nobody holds its key.
    pub const ZERO: Self = Self([0; 32]);

    /// Characters of the text form.
    pub const TEXT_LEN: usize = 58;

    /// The address of these bytes; every 32 bytes are one.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The account of an application. Source: go-algorand `AppIndex.Address`, SHA-512/256 over
    /// `appID` and the number as 8 bytes big-endian.
    pub fn of_application(app_id: u64) -> Self {
        Self(Sha512_256::new().chain_update(b"appID").chain_update(app_id.to_be_bytes()).finalize().into())
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether it is [`Address::ZERO`].
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    /// The last four bytes of SHA-512/256 of the address.
    pub fn checksum(&self) -> [u8; 4] {
        let hash: [u8; 32] = Sha512_256::digest(self.0).into();
        let [.., a, b, c, d] = hash;
        [a, b, c, d]
    }
}

impl From<[u8; 32]> for Address {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// Takes the one spelling that nodes take: 58 capitals and digits, the two bits that are left
    /// over zero. SDKs also take other bits there.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let found = text.chars().count();
        if found != Self::TEXT_LEN {
            return Err(if found == 0 { AddressError::Empty } else { AddressError::Length(found) });
        }
        let (bytes, rest) = decoded(text)?;
        let ([address @ .., _, _, _, _], [.., a, b, c, d]) = (&bytes, &bytes);
        let address = Self(*address);
        if address.checksum() != [*a, *b, *c, *d] {
            return Err(AddressError::Checksum);
        }
        if rest == 0 { Ok(address) } else { Err(AddressError::NonCanonical(address.to_string())) }
    }
}

/// The 36 bytes of 58 characters, and the two bits that are left over.
fn decoded(text: &str) -> Result<([u8; 36], u32), AddressError> {
    let mut bytes = [0; 36];
    let (mut room, mut bits, mut count) = (bytes.iter_mut(), 0_u32, 0_u32);
    for (k, character) in text.chars().enumerate() {
        let value = ALPHABET.iter().zip(0_u32..).find(|(c, _)| char::from(**c) == character).map(|(_, value)| value);
        let value = value.ok_or_else(|| AddressError::character(k + 1, character))?;
        bits = bits << 5 | value;
        count += 5;
        if count >= 8 {
            count -= 8;
            if let (Some(to), [.., byte]) = (room.next(), (bits >> count).to_be_bytes()) {
                *to = byte;
            }
            bits &= (1 << count) - 1;
        }
    }
    Ok((bytes, bits))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; 36];
        bytes.iter_mut().zip(self.0.iter().chain(&self.checksum())).for_each(|(to, from)| *to = *from);
        f.pad(&BASE32_NOPAD.encode(&bytes))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "HNVCPPGOW2SC2YVDVDICU3YNONSTEFLXDXREHJR2YBEKDC2Z3IUZSC6YGI";

    fn refusal(text: &str) -> AddressError {
        text.parse::<Address>().unwrap_err()
    }

    #[test]
    fn the_zero_address_has_the_text_that_everybody_knows() {
        assert_eq!(Address::ZERO.to_string(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAY5HFKQ");
        assert!(Address::ZERO.is_zero() && !GOOD.parse::<Address>().unwrap().is_zero());
    }

    #[test]
    fn the_three_other_spellings_of_the_last_character_are_refused_with_the_right_one() {
        assert!(GOOD.ends_with('I'));
        for last in ['J', 'K', 'L'] {
            let other = GOOD.replace("YGI", &format!("YG{last}"));
            assert_eq!(refusal(&other), AddressError::NonCanonical(GOOD.to_owned()));
        }
        assert_eq!(refusal(&GOOD.replace("YGI", "YGM")), AddressError::Checksum);
    }

    #[test]
    fn a_wrong_character_is_named_with_its_place() {
        let refused = |k: usize, c: char| {
            refusal(&GOOD.chars().enumerate().map(|(i, old)| if i == k { c } else { old }).collect::<String>())
        };
        assert_eq!(refused(0, '0'), AddressError::Character { place: 1, character: '0' });
        assert_eq!(refused(57, ' '), AddressError::Character { place: 58, character: ' ' });
        assert_eq!(refused(20, '\u{e9}'), AddressError::Character { place: 21, character: '\u{e9}' });
        assert_eq!(refused(5, 'p'), AddressError::Case(6));
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(refusal(""), AddressError::Empty);
        assert_eq!(refusal(&GOOD[..57]), AddressError::Length(57));
        assert_eq!(refusal(&"\u{e9}".repeat(29)), AddressError::Length(29));
        assert_eq!(refusal(&format!("{GOOD}======")), AddressError::Length(64));
    }
}

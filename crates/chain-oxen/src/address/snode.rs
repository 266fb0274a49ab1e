//! Names of service nodes in lokinet.
use super::{AddressError, point};
use std::fmt;
use std::str::FromStr;

/// Digits of base32z.
const DIGITS: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";

/// Number of digits: 256 bits, 5 each, the last one with 4 zeros behind.
const LENGTH: usize = 52;

const SUFFIX: &str = ".snode";

/// A service node by its Ed25519 public key: base32z and `.snode`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SnodeName([u8; 32]);

impl SnodeName {
    /// The name of a key.
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The Ed25519 public key.
    pub const fn key(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether `text` ends as such a name does.
    pub(super) fn is_likely(text: &str) -> bool {
        text.ends_with(SUFFIX)
    }

    /// Five bits at `place` of the key.
    fn bits(&self, place: usize) -> usize {
        (0..5).fold(0, |sum, k| {
            let bit = place * 5 + k;
            let byte = self.0.get(bit / 8).copied().unwrap_or_default();
            sum << 1 | usize::from(byte >> (7 - bit % 8) & 1)
        })
    }
}

impl FromStr for SnodeName {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let digits = text.strip_suffix(SUFFIX).ok_or(AddressError::SnodeForm)?;
        if digits.len() != LENGTH {
            return Err(AddressError::SnodeForm);
        }
        let mut key = [0_u8; 32];
        for (place, digit) in digits.bytes().enumerate() {
            let value = DIGITS.iter().position(|d| *d == digit).ok_or(AddressError::SnodeForm)?;
            for k in (0..5).filter(|k| value >> (4 - k) & 1 == 1) {
                let bit = place * 5 + k;
                // Four bits are left over; whatever stands there makes no second name of the key.
                *key.get_mut(bit / 8).ok_or(AddressError::SnodeForm)? |= 0x80 >> (bit % 8);
            }
        }
        point(&key).ok_or(AddressError::SnodeKey)?;
        Ok(Self(key))
    }
}

impl fmt::Display for SnodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = (0..LENGTH).filter_map(|place| DIGITS.get(self.bits(place)));
        let name: String = digits.map(|digit| char::from(*digit)).collect();
        write!(f, "{name}{SUFFIX}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "xxxj34umchenmf78mijdeegnthonzyybq5egkh1qetde8itkd4po.snode";

    #[test]
    fn a_key_has_one_name() {
        let name: SnodeName = NAME.parse().unwrap();
        assert_eq!(hex::encode(name.key()), "7bde9cea6b67102597a75d523420c28f202b800176d065724e444683d62a1e9b");
        assert_eq!(name.to_string(), NAME);
        for wrong in [
            NAME.replace("po.snode", "pt.snode"),
            NAME.replace("xxxj", "Xxxj"),
            NAME.replace("xxxj", "xxlj"),
            NAME.replace("xxxj", "xxj"),
            NAME.replace(".snode", ".loki"),
            String::new(),
        ] {
            assert_eq!(wrong.parse::<SnodeName>(), Err(AddressError::SnodeForm), "{wrong}");
        }
    }
}

//! Base58 of `CryptoNote`: 8 bytes at a time are 11 digits, so every block is checked by itself.
use super::AddressError;

const DIGITS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

const BLOCK: usize = 8;
const BLOCK_DIGITS: usize = 11;

/// Digits of a last block, by its number of bytes.
const LAST: [usize; 9] = [0, 2, 3, 5, 6, 7, 9, 10, 11];

/// No address of this chain is longer.
const DIGITS_MAX: usize = 110;

/// The text of `bytes`.
pub(super) fn encode(bytes: &[u8]) -> String {
    bytes.chunks(BLOCK).flat_map(digits).map(char::from).collect()
}

fn digits(block: &[u8]) -> Vec<u8> {
    let mut value = block.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
    let mut digits = vec![b'1'; LAST.get(block.len()).copied().unwrap_or_default()];
    for digit in digits.iter_mut().rev() {
        let at = usize::try_from(value % 58).unwrap_or_default();
        *digit = DIGITS.get(at).copied().unwrap_or_default();
        value /= 58;
    }
    digits
}

/// The bytes of `text`.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, AddressError> {
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if let Some((place, character)) = text.chars().enumerate().find(|(_, c)| place_of(*c).is_none()) {
        return Err(AddressError::Character { character, place: place + 1 });
    }
    if text.len() > DIGITS_MAX {
        return Err(AddressError::Length);
    }
    let mut bytes = Vec::with_capacity(DIGITS_MAX);
    for (block, digits) in text.as_bytes().chunks(BLOCK_DIGITS).enumerate() {
        let length = LAST.iter().position(|length| *length == digits.len()).ok_or(AddressError::Length)?;
        let value = digits.iter().fold(0, |sum: u128, digit| sum * 58 + place_of(char::from(*digit)).unwrap_or(0));
        let value = value.to_be_bytes();
        let (above, value) = value.split_at(value.len() - length);
        if above.iter().any(|byte| *byte != 0) {
            return Err(AddressError::Overflow { block: block + 1 });
        }
        bytes.extend(value);
    }
    Ok(bytes)
}

fn place_of(digit: char) -> Option<u128> {
    DIGITS.iter().position(|d| char::from(*d) == digit).and_then(|place| u128::try_from(place).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: Monero `tests/unit_tests/base58.cpp`, blocks of every length.
    #[test]
    fn blocks_of_every_length_come_out_as_published() {
        for (bytes, text) in [
            ("00", "11"),
            ("39", "1z"),
            ("ff", "5Q"),
            ("0000", "111"),
            ("ffff", "LUv"),
            ("000000", "11111"),
            ("ffffff", "2UzHL"),
            ("ffffffff", "7YXq9G"),
            ("ffffffffff", "VtB5VXc"),
            ("ffffffffffff", "3CUsUpv9t"),
            ("ffffffffffffff", "Ahg1opVcGW"),
            ("ffffffffffffffff", "jpXCZedGfVQ"),
            ("06156013762879f7ffffffffff", "22222222222VtB5VXc"),
        ] {
            let bytes = hex::decode(bytes).unwrap();
            assert_eq!(encode(&bytes), text);
            assert_eq!(decode(text), Ok(bytes));
        }
    }

    #[test]
    fn a_block_that_is_too_large_is_named() {
        for text in ["5R", "zz", "LUw", "2UzHM", "7YXq9H", "VtB5VXd", "3CUsUpv9u", "Ahg1opVcGX", "jpXCZedGfVR"] {
            assert_eq!(decode(text), Err(AddressError::Overflow { block: 1 }), "{text}");
        }
        assert_eq!(decode("22222222222zzzzzzzzzzz"), Err(AddressError::Overflow { block: 2 }));
    }

    #[test]
    fn texts_of_impossible_length_or_character_are_refused() {
        for length in [1, 4, 8, 12, 111, 10_000] {
            assert_eq!(decode(&"1".repeat(length)), Err(AddressError::Length), "{length}");
        }
        assert_eq!(decode(""), Err(AddressError::Empty));
        assert_eq!(decode("110"), Err(AddressError::Character { character: '0', place: 3 }));
        assert_eq!(decode("1é1"), Err(AddressError::Character { character: 'é', place: 2 }));
    }
}

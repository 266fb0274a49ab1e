//! Algorand's own mnemonic of 25 words, which is not BIP-39 although it uses its English words.
//!
//! 24 words hold the 32 bytes of a seed, 11 bits each, lowest bits first; the 25th is a checksum.
//! Nothing is stretched and there is no passphrase. Source: go-algorand `crypto/passphrase`.
use crate::keys::Seed;
use bip39::Language;
use sha2::{Digest, Sha512_256};
use watchdog_core::keys::KeyError;
use watchdog_core::secret::Secret;
use zeroize::{Zeroize, Zeroizing};

/// Words of a mnemonic.
pub const WORDS: usize = 25;

/// Longest word of the list.
const LONGEST: usize = 8;

/// Reads 25 English words in any case, white space between two.
///
/// # Errors
/// The word count, the place of an unknown word, another language where no word is known, bits that
/// must be zero, or the checksum; never a word.
pub fn parse(text: &Secret) -> Result<Seed, KeyError> {
    let found = text.expose().split_whitespace().count();
    if found != WORDS {
        return Err(KeyError::WordCount { found, expected: "25" });
    }
    let mut numbers = Zeroizing::new([0; WORDS]);
    let mut unknown = None;
    let mut known = 0;
    for (k, (to, word)) in numbers.iter_mut().zip(text.expose().split_whitespace()).enumerate() {
        match number(word) {
            Some(number) => (*to, known) = (number, known + 1),
            None => unknown = unknown.or(Some(k + 1)),
        }
    }
    match unknown {
        None => unpacked(&numbers),
        Some(_) if known == 0 => Err(KeyError::Language { expected: "English" }),
        Some(place) => Err(KeyError::UnknownWord(place)),
    }
}

/// The 25 words of `seed`, single spaces between them.
pub fn spell(seed: &Seed) -> Secret {
    let list = Language::English.word_list();
    // Room for everything at once: a buffer that grows leaves its old content behind.
    let mut text = String::with_capacity(WORDS * (LONGEST + 1));
    for number in packed(seed).iter() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(list.get(usize::from(*number)).copied().unwrap_or_default());
    }
    Secret::new(text)
}

/// Place of `word` in the list, from 0.
fn number(word: &str) -> Option<u16> {
    if word.len() > LONGEST {
        return None;
    }
    let mut buffer = Zeroizing::new([0; LONGEST]);
    let lower = buffer.get_mut(..word.len())?;
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    Language::English.find_word(std::str::from_utf8(lower).ok()?)
}

/// 24 numbers of 11 bits and the checksum.
fn packed(seed: &Seed) -> Zeroizing<[u16; WORDS]> {
    let mut numbers = Zeroizing::new([0; WORDS]);
    let (mut bits, mut count) = (0_u32, 0);
    let mut bytes = seed.as_bytes().iter();
    for number in numbers.iter_mut().take(WORDS - 1) {
        while count < 11 {
            bits |= u32::from(*bytes.next().unwrap_or(&0)) << count;
            count += 8;
        }
        *number = eleven(bits);
        bits >>= 11;
        count -= 11;
    }
    if let [.., last] = numbers.as_mut_slice() {
        *last = checksum(seed);
    }
    numbers
}

/// The seed of 24 numbers and their checksum.
fn unpacked(numbers: &[u16; WORDS]) -> Result<Seed, KeyError> {
    let [data @ .., last] = numbers;
    let mut bytes = Zeroizing::new([0; 33]);
    let (mut bits, mut count) = (0_u32, 0);
    let mut data = data.iter();
    for byte in bytes.iter_mut() {
        if count < 8 {
            bits |= u32::from(*data.next().unwrap_or(&0)) << count;
            count += 11;
        }
        let [low, ..] = bits.to_le_bytes();
        *byte = low;
        bits >>= 8;
        count -= 8;
    }
    let [seed @ .., padding] = &*bytes;
    if *padding != 0 {
        return Err(KeyError::Padding);
    }
    let seed = Seed::new(seed);
    if *last == checksum(&seed) { Ok(seed) } else { Err(KeyError::Checksum) }
}

/// The lowest 11 bits of SHA-512/256 of the seed, read lowest byte first.
fn checksum(seed: &Seed) -> u16 {
    let mut hash: [u8; 32] = Sha512_256::digest(seed.as_bytes()).into();
    let [a, b, ..] = hash;
    hash.zeroize();
    eleven(u32::from(u16::from_le_bytes([a, b])))
}

/// The lowest 11 bits.
fn eleven(bits: u32) -> u16 {
    let [a, b, ..] = bits.to_le_bytes();
    u16::from_le_bytes([a, b]) & 0x7ff
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS_OF_ZERO: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon invest";

    fn read(text: &str) -> Result<Seed, KeyError> {
        parse(&Secret::new(text.to_owned()))
    }

    #[test]
    fn words_in_capitals_and_with_other_white_space_are_the_same() {
        let loud = WORDS_OF_ZERO.to_uppercase().replace(' ', "\t\n ");
        assert_eq!(read(&loud).unwrap().as_bytes(), &[0; 32]);
        assert_eq!(spell(&read(&loud).unwrap()).expose(), WORDS_OF_ZERO);
    }

    #[test]
    fn a_refusal_names_count_place_language_or_checksum_and_never_a_word() {
        assert_eq!(read("").unwrap_err(), KeyError::WordCount { found: 0, expected: "25" });
        assert_eq!(read(&"abandon ".repeat(24)).unwrap_err(), KeyError::WordCount { found: 24, expected: "25" });
        assert_eq!(read(&WORDS_OF_ZERO.replace("invest", "abandon")).unwrap_err(), KeyError::Checksum);
        assert_eq!(read(&"bakteriell ".repeat(25)).unwrap_err(), KeyError::Language { expected: "English" });
        let unknown = read(&WORDS_OF_ZERO.replace("invest", "planted")).unwrap_err();
        assert_eq!(unknown, KeyError::UnknownWord(25));
        assert!(!format!("{unknown} {unknown:?}").contains("planted"));
    }

    #[test]
    fn a_last_data_word_with_more_than_three_bits_is_refused_before_the_checksum() {
        let padded = WORDS_OF_ZERO.replace("abandon invest", "ability invest");
        assert_eq!(read(&padded).unwrap_err(), KeyError::Checksum);
        let padded = WORDS_OF_ZERO.replace("abandon invest", "absurd invest");
        assert_eq!(read(&padded).unwrap_err(), KeyError::Padding);
    }
}

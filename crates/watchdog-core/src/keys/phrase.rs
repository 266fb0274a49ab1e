//! BIP-39 mnemonics, English list.
use super::KeyError;
use crate::secret::Secret;
use bip39::{Error, Language, Mnemonic};
use sha2::Sha512;
use std::borrow::Cow;
use zeroize::Zeroizing;

/// Rounds of PBKDF2. Source: BIP-39.
const ROUNDS: u32 = 2048;

/// Longest phrase: 24 words of at most 8 letters, and a space each.
const LONGEST: usize = 24 * 9;

/// A mnemonic whose words and checksum are right; wiped on drop.
pub struct Phrase(Mnemonic);

impl Phrase {
    /// Reads 12, 15, 18, 21 or 24 English words, white space between two, in NFKD as BIP-39 says.
    ///
    /// # Errors
    /// The word count, the place of an unknown word, or the checksum; never a word.
    pub fn parse(text: &Secret) -> Result<Self, KeyError> {
        let text = normalized(text.expose());
        Mnemonic::parse_in_normalized(Language::English, &text).map(Self).map_err(|e| match e {
            Error::BadWordCount(found) => KeyError::WordCount { found, expected: "12, 15, 18, 21 or 24" },
            Error::UnknownWord(place) => KeyError::UnknownWord(place + 1),
            _ => KeyError::Checksum,
        })
    }

    /// Number of words.
    pub fn words(&self) -> usize {
        self.0.word_count()
    }

    /// The 64-byte seed. Costs 2048 rounds of PBKDF2-HMAC-SHA512, so call it once.
    pub fn seed(&self, passphrase: &Secret) -> Zeroizing<[u8; 64]> {
        // Room for everything at once: a buffer that grows leaves its old content behind.
        let mut phrase = Zeroizing::new(String::with_capacity(LONGEST));
        for word in self.0.words() {
            if !phrase.is_empty() {
                phrase.push(' ');
            }
            phrase.push_str(word);
        }
        let passphrase = normalized(passphrase.expose());
        let mut salt = Zeroizing::new(String::with_capacity("mnemonic".len() + passphrase.len()));
        salt.push_str("mnemonic");
        salt.push_str(&passphrase);
        let mut seed = Zeroizing::new([0; 64]);
        pbkdf2::pbkdf2_hmac::<Sha512>(phrase.as_bytes(), salt.as_bytes(), ROUNDS, seed.as_mut_slice());
        seed
    }
}

impl std::fmt::Debug for Phrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phrase(..)")
    }
}

/// `text` in NFKD, in a buffer that is wiped.
fn normalized(text: &str) -> Zeroizing<String> {
    let mut text = Cow::Borrowed(text);
    Mnemonic::normalize_utf8_cow(&mut text);
    Zeroizing::new(text.into_owned())
}

/// Reads a seed of 16 to 64 bytes in hex, the range that SLIP-0010 and BIP-32 take.
///
/// # Errors
/// [`KeyError::Seed`].
pub fn seed_from_hex(text: &Secret) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let text = text.expose().trim();
    if !text.len().is_multiple_of(2) || !(32..=128).contains(&text.len()) {
        return Err(KeyError::Seed("it must be 16 to 64 bytes, 32 to 128 hex digits"));
    }
    let mut seed = Zeroizing::new(vec![0; text.len() / 2]);
    hex::decode_to_slice(text, &mut seed).map_err(|_| KeyError::Seed("it has a character that is no hex digit"))?;
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn refusal(text: &str) -> KeyError {
        Phrase::parse(&secret(text)).unwrap_err()
    }

    const ZEROS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    /// Source: trezor/python-mnemonic `vectors.json`, the vectors that BIP-39 refers to.
    #[test]
    fn the_published_seed_comes_out() {
        let seed = Phrase::parse(&secret(ZEROS)).unwrap().seed(&secret("TREZOR"));
        let expected = "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04";
        assert_eq!(hex::encode(*seed), expected);
    }

    #[test]
    fn phrase_and_passphrase_are_normalised_to_nfkd() {
        let wide: String = ZEROS.chars().map(|c| if c == ' ' { '\u{3000}' } else { wide(c) }).collect();
        let plain = Phrase::parse(&secret(ZEROS)).unwrap();
        let from_wide = Phrase::parse(&secret(&wide)).unwrap();
        assert_eq!(*plain.seed(&secret("Caf\u{e9}")), *from_wide.seed(&secret("Cafe\u{301}")));
    }

    fn wide(c: char) -> char {
        char::from_u32(c as u32 - 0x21 + 0xff01).unwrap()
    }

    #[test]
    fn a_refusal_names_count_place_or_checksum_and_never_a_word() {
        assert_eq!(refusal(""), KeyError::WordCount { found: 0, expected: "12, 15, 18, 21 or 24" });
        assert_eq!(refusal(&ZEROS.replacen("abandon ", "", 1)), {
            KeyError::WordCount { found: 11, expected: "12, 15, 18, 21 or 24" }
        });
        assert_eq!(refusal(&ZEROS.replace("about", "abandon")), KeyError::Checksum);
        let unknown = refusal(&ZEROS.replace("about", "planted"));
        assert_eq!(unknown, KeyError::UnknownWord(12));
        assert!(!format!("{unknown} {unknown:?}").contains("planted"));
        assert!(!format!("{:?}", Phrase::parse(&secret(ZEROS))).contains("abandon"));
    }

    #[test]
    fn a_seed_of_wrong_length_or_with_other_characters_is_refused() {
        assert_eq!(seed_from_hex(&secret(&"0f".repeat(16))).unwrap().len(), 16);
        for bad in ["", "0f", &"0".repeat(33), &"0f".repeat(65), &"0g".repeat(16)] {
            assert!(matches!(seed_from_hex(&secret(bad)), Err(KeyError::Seed(_))), "{bad}");
        }
    }
}

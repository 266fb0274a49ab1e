//! BIP-39 mnemonics, English list.
use super::{Entropy, Inspection, KeyError, Scheme};
use crate::secret::{Secret, swept};
use bip39::{Error, Language, Mnemonic};
use sha2::Sha512;
use std::collections::BTreeMap;
use std::ops::Deref;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Rounds of PBKDF2. Source: BIP-39.
const ROUNDS: u32 = 2048;

/// Longest phrase: 24 words of at most 8 letters, and a space each.
const LONGEST: usize = 24 * 9;

/// Number of words that can be asked for, and how many bytes of entropy they hold.
const SIZES: [(usize, usize); 5] = [(12, 16), (15, 20), (18, 24), (21, 28), (24, 32)];

/// Numbers of words, as text.
const COUNTS: &str = "12, 15, 18, 21 or 24";

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
            Error::BadWordCount(found) => KeyError::WordCount { found, expected: COUNTS },
            Error::UnknownWord(place) => KeyError::UnknownWord(place + 1),
            _ => KeyError::Checksum,
        })
    }

    /// Number of words.
    pub fn words(&self) -> usize {
        self.0.word_count()
    }

    /// The seed. Costs 2048 rounds of PBKDF2-HMAC-SHA512, so call it once.
    pub fn seed(&self, passphrase: &Secret) -> Seed {
        let phrase = spelt(&self.0);
        let passphrase = normalized(passphrase.expose());
        let mut salt = Zeroizing::new(String::with_capacity("mnemonic".len() + passphrase.len()));
        salt.push_str("mnemonic");
        salt.push_str(&passphrase);
        let mut seed = Box::new(Zeroizing::new([0; 64]));
        swept(|| {
            let phrase = phrase.expose().as_bytes();
            pbkdf2::pbkdf2_hmac::<Sha512>(phrase, salt.as_bytes(), ROUNDS, seed.as_mut_slice());
        });
        Seed(seed)
    }
}

/// The 64 bytes that a tree grows from, wiped on drop. They stay where they were made: an array that is
/// moved leaves its bytes behind.
pub struct Seed(Box<Zeroizing<[u8; 64]>>);

impl Deref for Seed {
    type Target = [u8; 64];

    fn deref(&self) -> &[u8; 64] {
        &self.0
    }
}

impl AsRef<[u8]> for Seed {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl Phrase {
    /// What the phrase is, for [`super::KeyDerivation::inspect`]; `schemes` are those that take it.
    pub fn inspection(&self, schemes: &[Scheme]) -> Inspection {
        let words = self.words();
        Inspection {
            format: "bip39_mnemonic",
            about: format!("BIP-39 mnemonic of {words} English words, checksum valid"),
            schemes: schemes.iter().map(|scheme| scheme.0).collect(),
            facts: BTreeMap::from([
                ("language", "english".into()),
                ("words", words.into()),
                ("checksum", "valid".into()),
            ]),
        }
    }
}

impl std::fmt::Debug for Phrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phrase(..)")
    }
}

/// A fresh mnemonic of `words` English words.
///
/// # Errors
/// [`KeyError::WordCount`] where there is no such mnemonic, [`KeyError::Entropy`].
pub fn generate(words: usize, entropy: &mut dyn Entropy) -> Result<Secret, KeyError> {
    let size = SIZES.iter().find(|(count, _)| *count == words);
    let (_, size) = size.ok_or(KeyError::WordCount { found: words, expected: COUNTS })?;
    let mut bytes = Zeroizing::new([0; 32]);
    let bytes = bytes.get_mut(..*size).unwrap_or_default();
    entropy.fill(bytes)?;
    let mnemonic = Mnemonic::from_entropy_in(Language::English, bytes).map_err(|_| KeyError::Checksum)?;
    Ok(spelt(&mnemonic))
}

/// `content` of a file as text, without its one trailing newline.
///
/// # Errors
/// [`KeyError::Unrecognised`]: it is not UTF-8.
pub fn text(content: &[u8]) -> Result<Secret, KeyError> {
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    let text = std::str::from_utf8(content).map_err(|_| KeyError::Unrecognised("it is not UTF-8 text".to_owned()))?;
    Ok(Secret::new(text.to_owned()))
}

/// The words with single spaces.
fn spelt(mnemonic: &Mnemonic) -> Secret {
    // Room for everything at once: a buffer that grows leaves its old content behind.
    let mut phrase = String::with_capacity(LONGEST);
    for word in mnemonic.words() {
        if !phrase.is_empty() {
            phrase.push(' ');
        }
        phrase.push_str(word);
    }
    Secret::new(phrase)
}

/// `text` in NFKD, in a buffer that is wiped and never grows.
fn normalized(text: &str) -> Zeroizing<String> {
    let length = text.nfkd().map(char::len_utf8).sum();
    let mut normal = Zeroizing::new(String::with_capacity(length));
    normal.extend(text.nfkd());
    normal
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

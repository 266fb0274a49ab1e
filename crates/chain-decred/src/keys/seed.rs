//! Seeds, as words and in hex.
use super::{secret_hex, words};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use watchdog_core::keys::phrase::Phrase;
use watchdog_core::keys::{Entropy, Inspection, KeyError, Scheme};
use watchdog_core::secret::Secret;
use words::Parity;
use zeroize::Zeroizing;

/// Fewest and most bytes.
const SIZES: std::ops::RangeInclusive<usize> = 16..=64;

/// Numbers of words, as text.
const COUNTS: &str = "33, as dcrwallet makes them, or another number from 17 to 65";

/// What stands in both of Decred's lengths, as text.
const SIZE: &str = "it must be 16 to 64 bytes: 32 to 128 hex digits, or 17 to 65 words with one blank between two";

/// Somebody else's words.
const BIP39: &str = "these are words of BIP-39, and wallets of Decred make no keys from them: \
    give the 33 words of its own list, or the seed in hex";

/// 16 to 64 random bytes that a wallet grows from; wiped on drop.
///
/// In words, byte `b` at place `i` is the `b`th word of the list for even or for odd places. One
/// more word holds the first byte of SHA-256 of SHA-256. Source: dcrwallet, `walletseed` and
/// `pgpwordlist`.
#[derive(Clone)]
pub struct Seed {
    /// In a place of their own: an array that is moved leaves its bytes behind.
    bytes: Box<Zeroizing<[u8; 64]>>,
    length: usize,
}

impl Seed {
    /// Number of words of a new seed: 32 bytes and the checksum.
    pub const WORDS: usize = 33;

    /// Takes 16 to 64 bytes.
    ///
    /// # Errors
    /// [`KeyError::Seed`]: another length.
    pub fn new(bytes: &[u8]) -> Result<Self, KeyError> {
        if !SIZES.contains(&bytes.len()) {
            return Err(KeyError::Seed(SIZE));
        }
        let mut seed = Self { bytes: Box::new(Zeroizing::new([0; 64])), length: bytes.len() };
        seed.bytes.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Ok(seed)
    }

    /// Reads words or hex, as the wallets do: white space around it is ignored, one item is hex,
    /// several with blanks between them are words in either case.
    ///
    /// # Errors
    /// Number of words, place of a word that is unknown or stands wrong, checksum, length, hex; a
    /// mnemonic of BIP-39 is named as such. Never quotes it.
    pub fn parse(text: &Secret) -> Result<Self, KeyError> {
        let text_trimmed = text.expose().trim();
        if !text_trimmed.contains(' ') {
            return Self::from_hex(text_trimmed);
        }
        Self::from_words(text_trimmed).map_err(|error| match Phrase::parse(text) {
            Ok(_) | Err(KeyError::Checksum) => KeyError::Seed(BIP39),
            Err(_) => error,
        })
    }

    /// Reads 32 to 128 hex digits in either case.
    ///
    /// # Errors
    /// [`KeyError::Seed`].
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; 64]);
        let length = text.len() / 2;
        if !text.len().is_multiple_of(2) || !SIZES.contains(&length) {
            return Err(KeyError::Seed(SIZE));
        }
        let bytes = bytes.get_mut(..length).unwrap_or_default();
        hex::decode_to_slice(text, bytes).map_err(|_| KeyError::Seed("it has a character that is no hex digit"))?;
        Self::new(bytes)
    }

    fn from_words(text: &str) -> Result<Self, KeyError> {
        let words = || text.split(' ').map(str::trim).filter(|word| !word.is_empty());
        let found = words().count();
        if !found.checked_sub(1).is_some_and(|length| SIZES.contains(&length)) {
            return Err(KeyError::WordCount { found, expected: COUNTS });
        }
        let mut bytes = Zeroizing::new([0; 65]);
        for (place, (word, to)) in words().zip(bytes.iter_mut()).enumerate() {
            let (byte, parity) = words::find(word).ok_or(KeyError::UnknownWord(place + 1))?;
            if parity != Parity::of(place) {
                return Err(KeyError::MisplacedWord(place + 1));
            }
            *to = byte;
        }
        let (seed, sum) = bytes.split_at(found - 1);
        let seed = Self::new(seed)?;
        if sum.first() == Some(&seed.checksum()) { Ok(seed) } else { Err(KeyError::Checksum) }
    }

    /// A fresh seed of so many words.
    ///
    /// # Errors
    /// [`KeyError::WordCount`], [`KeyError::Entropy`].
    pub fn generate(words: usize, entropy: &mut dyn Entropy) -> Result<Self, KeyError> {
        let length = words.checked_sub(1).filter(|length| SIZES.contains(length));
        let length = length.ok_or(KeyError::WordCount { found: words, expected: COUNTS })?;
        let mut seed = Self { bytes: Box::new(Zeroizing::new([0; 64])), length };
        entropy.fill(seed.bytes.get_mut(..length).unwrap_or_default())?;
        Ok(seed)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Number of words, the checksum among them.
    pub const fn word_count(&self) -> usize {
        self.length + 1
    }

    /// As words with single blanks, in the spelling of the list.
    pub fn to_words(&self) -> Secret {
        let sum = [self.checksum()];
        let words = || self.as_bytes().iter().chain(&sum).enumerate().map(|(place, byte)| words::word(*byte, place));
        // Room for everything at once: a buffer that grows leaves its old content behind.
        let mut text = String::with_capacity(words().map(|word| word.len() + 1).sum());
        for word in words() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        Secret::new(text)
    }

    /// In hex.
    pub fn to_hex(&self) -> Secret {
        secret_hex(self.as_bytes())
    }

    fn checksum(&self) -> u8 {
        let once = Zeroizing::new(<[u8; 32]>::from(Sha256::digest(self.as_bytes())));
        let [first, ..] = <[u8; 32]>::from(Sha256::digest(once.as_slice()));
        first
    }

    /// What a text that was read as this seed is, for inspection.
    pub(super) fn inspection(&self, in_words: bool, schemes: &[Scheme]) -> Inspection {
        let (bytes, words) = (self.length, self.word_count());
        let mut facts = BTreeMap::from([("seed_bytes", bytes.into())]);
        if in_words {
            facts.extend([("words", words.into()), ("checksum", "valid".into()), ("word_list", "pgp".into())]);
        }
        Inspection {
            format: if in_words { "decred_seed_words" } else { "decred_seed_hex" },
            about: if in_words {
                format!("Decred seed of {words} PGP words ({bytes} bytes), checksum valid")
            } else {
                format!("Decred seed of {bytes} bytes in hex, which has no checksum")
            },
            schemes: schemes.iter().map(|scheme| scheme.0).collect(),
            facts,
        }
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> KeyError {
        Seed::parse(&Secret::new(text.to_owned())).unwrap_err()
    }

    fn words(bytes: &[u8]) -> Vec<String> {
        Seed::new(bytes).unwrap().to_words().expose().split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_refusal_names_the_count_the_place_or_the_checksum_and_never_a_word() {
        let good = words(&[7; 32]);
        let changed = |place: usize, word: &str| {
            let mut words = good.clone();
            word.clone_into(&mut words[place]);
            refusal(&words.join(" "))
        };
        assert_eq!(changed(4, "planted"), KeyError::UnknownWord(5));
        assert_eq!(changed(4, "adviser"), KeyError::MisplacedWord(5));
        assert_eq!(changed(4, "absurd"), KeyError::Checksum);
        assert_eq!(refusal(&good[1..].join(" ")), KeyError::MisplacedWord(1));
        assert_eq!(refusal(&good[..16].join(" ")), KeyError::WordCount { found: 16, expected: COUNTS });
        assert_eq!(refusal(&vec!["absurd"; 66].join(" ")), KeyError::WordCount { found: 66, expected: COUNTS });
        for error in [changed(4, "planted"), changed(4, "adviser")] {
            assert!(!format!("{error} {error:?}").contains("planted"));
            assert!(!format!("{error} {error:?}").contains("adviser"));
        }
    }

    #[test]
    fn blanks_may_be_doubled_but_tabs_and_lines_do_not_part_words() {
        let good = words(&[7; 16]);
        assert!(Seed::parse(&Secret::new(format!("  {}\n", good.join("   ")))).is_ok());
        assert!(matches!(refusal(&good.join("\t")), KeyError::Seed(_)));
        assert!(matches!(refusal(&good.join("\n")), KeyError::Seed(_)));
        let one_tab = good.join(" ").replacen(' ', "\t", 1);
        assert_eq!(refusal(&one_tab), KeyError::WordCount { found: 16, expected: COUNTS });
    }

    #[test]
    fn words_of_bip_39_are_named_as_such() {
        let mut phrase = vec!["abandon"; 11];
        phrase.push("about");
        assert_eq!(refusal(&phrase.join(" ")), KeyError::Seed(BIP39));
        assert_eq!(refusal(&["abandon"; 24].join(" ")), KeyError::Seed(BIP39));
        assert!(matches!(refusal("abandon ability"), KeyError::WordCount { found: 2, .. }));
    }

    #[test]
    fn hex_of_another_length_or_with_other_characters_is_refused() {
        for text in ["", "0f", &"0".repeat(33), &"0f".repeat(15), &"0f".repeat(65), &"0g".repeat(16), &"é".repeat(16)]
        {
            assert!(matches!(refusal(text), KeyError::Seed(_)), "{text}");
        }
    }

    #[test]
    fn no_seed_is_printed() {
        let seed = Seed::new(&[0x5a; 16]).unwrap();
        assert!(!format!("{seed:?}").contains("5a"));
        assert!(!format!("{seed:?}").contains("90"));
    }
}

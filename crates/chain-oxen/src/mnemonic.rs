//! Mnemonics of Monero's kind, which Oxen wallets (25 words) and Session accounts (13) use.
//!
//! Every 4 bytes of the seed, little-endian, are three words; one more word is a checksum. With it
//! words may be cut to their first three letters. Source: oxen-core `mnemonics/electrum-words.cpp`.
mod words;

use watchdog_core::keys::KeyError;
use watchdog_core::secret::Secret;
use words::Spelling;
use zeroize::Zeroizing;

/// Longest phrase.
const WORDS_MAX: usize = 25;

/// Longest word, and a space.
const ROOM: usize = 13;

/// The language, as errors name it.
const LANGUAGE: &str = "English (the word list of Oxen and Monero, which is not that of BIP-39)";

/// Which phrases are taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// Any of them.
    Any,
    /// A wallet's: 25 words, or 24 without the checksum.
    Wallet,
    /// A Session account's: 13 words.
    Session,
}

impl Form {
    const fn takes(self, words: usize) -> bool {
        match self {
            Self::Any => matches!(words, 13 | 24 | 25),
            Self::Wallet => matches!(words, 24 | 25),
            Self::Session => words == 13,
        }
    }

    const fn counts(self) -> &'static str {
        match self {
            Self::Any => "25, 24 without the checksum word, or 13 of a Session account",
            Self::Wallet => "25, or 24 without the checksum word",
            Self::Session => "13",
        }
    }
}

/// A phrase that was read, or will be written. Wiped on drop.
pub struct Mnemonic {
    seed: Zeroizing<[u8; 32]>,
    /// 16 or 32.
    length: usize,
    words: usize,
}

impl Mnemonic {
    /// Reads a phrase, white space between two words.
    ///
    /// # Errors
    /// In this order: the word count; the language, where fewer than half of the words are English
    /// (of eleven lists of other languages that were measured none shares more than one word in 24 with this one); the place of
    /// the first unknown word; the checksum. Never a word.
    pub fn parse(text: &Secret, form: Form) -> Result<Self, KeyError> {
        let text = text.expose();
        let found = text.split_whitespace().count();
        if !form.takes(found) {
            return Err(KeyError::WordCount { found, expected: form.counts() });
        }
        let places = places(text, found)?;
        let data = found - found % 3;
        let (data, check) = (places.get(..data).unwrap_or_default(), places.get(data..found).unwrap_or_default());
        if check.first().is_some_and(|check| Some(*check) != checksum(data)) {
            return Err(KeyError::Checksum);
        }
        let mut seed = Zeroizing::new([0; 32]);
        for (bytes, words) in seed.chunks_exact_mut(4).zip(data.chunks_exact(3)) {
            bytes.copy_from_slice(&number(words).ok_or(KeyError::Checksum)?.to_le_bytes());
        }
        Ok(Self { seed, length: data.len() / 3 * 4, words: found })
    }

    /// The phrase of a seed of 16 bytes (13 words) or 32 (25 words); `None` for any other length.
    pub fn of_seed(bytes: &[u8]) -> Option<Self> {
        let words = match bytes.len() {
            16 => 13,
            32 => 25,
            _ => return None,
        };
        let mut seed = Zeroizing::new([0; 32]);
        seed.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Some(Self { seed, length: bytes.len(), words })
    }

    /// Number of words.
    pub const fn words(&self) -> usize {
        self.words
    }

    /// Whether the last word is a checksum.
    pub const fn has_checksum(&self) -> bool {
        self.words % 3 == 1
    }

    /// The seed: 16 bytes of a Session account, 32 of a wallet.
    pub fn seed(&self) -> &[u8] {
        self.seed.get(..self.length).unwrap_or_default()
    }

    /// The phrase with its checksum word, single spaces between two words.
    pub fn phrase(&self) -> Secret {
        let mut places = Zeroizing::new([0; WORDS_MAX]);
        for (three, bytes) in places.chunks_exact_mut(3).zip(self.seed().chunks_exact(4)) {
            three.copy_from_slice(&of_number(bytes));
        }
        let data = places.get(..self.length / 4 * 3).unwrap_or_default();
        // Room for everything at once: a buffer that grows leaves its old content behind.
        let mut phrase = String::with_capacity(WORDS_MAX * ROOM);
        for place in data.iter().copied().chain(checksum(data)) {
            if !phrase.is_empty() {
                phrase.push(' ');
            }
            phrase.push_str(words::word(place));
        }
        Secret::new(phrase)
    }
}

impl std::fmt::Debug for Mnemonic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mnemonic({} words)", self.words)
    }
}

/// Places of all words in the list.
fn places(text: &str, count: usize) -> Result<Zeroizing<[u16; WORDS_MAX]>, KeyError> {
    let mut places = Zeroizing::new([0; WORDS_MAX]);
    let (mut english, mut unknown) = (0, None);
    for (k, (place, word)) in places.iter_mut().zip(text.split_whitespace()).enumerate() {
        let found = words::find(word);
        english += usize::from(found.is_some());
        match found {
            Some(Spelling::Full(found)) => *place = found,
            // Only the checksum would tell a wrong short word from a right one.
            Some(Spelling::Short(found)) if count % 3 == 1 => *place = found,
            _ => unknown = unknown.or(Some(k + 1)),
        }
    }
    match unknown {
        None => Ok(places),
        Some(_) if english * 2 < count => Err(KeyError::Language { expected: LANGUAGE }),
        Some(place) => Err(KeyError::UnknownWord(place)),
    }
}

/// The checksum word repeats one of the data words.
fn checksum(data: &[u16]) -> Option<u16> {
    let mut hash = crc32fast::Hasher::new();
    for place in data {
        hash.update(words::prefix(*place).as_bytes());
    }
    let at = usize::try_from(hash.finalize()).ok()?.checked_rem(data.len())?;
    data.get(at).copied()
}

/// The number that three words stand for; `None` where it is 2^32 or more.
fn number(words: &[u16]) -> Option<u32> {
    let [first, second, third] = words else { return None };
    let base = u64::from(words::COUNT);
    let [first, second, third] = [first, second, third].map(|place| u64::from(*place));
    let step = |from: u64, to: u64| (base - from + to) % base;
    u32::try_from(first + base * step(first, second) + base * base * step(second, third)).ok()
}

/// The three words of 4 bytes, little-endian.
fn of_number(bytes: &[u8]) -> [u16; 3] {
    let number = bytes.iter().rev().fold(0, |sum: u32, byte| sum << 8 | u32::from(*byte));
    let base = u32::from(words::COUNT);
    let first = number % base;
    let second = (number / base + first) % base;
    let third = (number / base / base + second) % base;
    [first, second, third].map(|place| u16::try_from(place).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHRASE: &str = "gang myriad abrasive vague around quote withdrawn ulcers bounced chrome sword rafts hiding jeans itself orders imbalance godfather slower pouch satin feel anvil shuffled satin";
    const SPANISH: &str = "ábaco abdomen abeja abierto abogado abono aborto abrazo abrir abuelo abuso acabar academia acceso acción aceite acelga acento aceptar ácido aclarar acné acoger acoso ábaco";

    fn refusal(text: &str, form: Form) -> KeyError {
        Mnemonic::parse(&Secret::new(text.to_owned()), form).unwrap_err()
    }

    #[test]
    fn a_phrase_of_another_number_of_words_is_refused_by_its_number() {
        let words: Vec<_> = PHRASE.split(' ').collect();
        for (count, form) in [(0, Form::Any), (1, Form::Any), (12, Form::Any), (13, Form::Wallet), (14, Form::Any)] {
            let expected = form.counts();
            assert_eq!(refusal(&words[..count].join(" "), form), KeyError::WordCount { found: count, expected });
        }
        assert_eq!(refusal(PHRASE, Form::Session), KeyError::WordCount { found: 25, expected: "13" });
        assert!(matches!(refusal(&PHRASE.repeat(1000), Form::Any), KeyError::WordCount { .. }));
    }

    #[test]
    fn an_unknown_word_is_named_by_its_place_and_a_foreign_phrase_by_its_language() {
        assert_eq!(refusal(&PHRASE.replace("around", "arround"), Form::Any), KeyError::UnknownWord(5));
        assert_eq!(refusal(&PHRASE.replace("gang", "Gang"), Form::Any), KeyError::UnknownWord(1));
        assert_eq!(refusal(SPANISH, Form::Any), KeyError::Language { expected: LANGUAGE });
        let half = |english: usize| {
            let mut words: Vec<_> = PHRASE.split(' ').take(english).collect();
            words.resize(24, "zzzz");
            words.join(" ")
        };
        assert_eq!(refusal(&half(12), Form::Any), KeyError::UnknownWord(13));
        assert_eq!(refusal(&half(11), Form::Any), KeyError::Language { expected: LANGUAGE });
        assert!(!refusal(SPANISH, Form::Any).to_string().contains("abeja"));
    }

    #[test]
    fn short_words_need_the_checksum() {
        let short: Vec<_> = PHRASE.split(' ').map(|word| &word[..3]).collect();
        let read = Mnemonic::parse(&Secret::new(short.join(" ")), Form::Wallet).unwrap();
        assert_eq!(read.phrase().expose(), PHRASE);
        assert_eq!(refusal(&short[..24].join(" "), Form::Wallet), KeyError::UnknownWord(1));
    }

    #[test]
    fn three_words_that_stand_for_no_number_of_32_bits_are_refused() {
        let highest = Mnemonic::of_seed(&[0xff; 16]).unwrap();
        let read = Mnemonic::parse(&highest.phrase(), Form::Session).unwrap();
        assert_eq!(read.seed(), [0xff; 16]);
        let three = of_number(&[0xff; 4]);
        assert_eq!(number(&three), Some(u32::MAX));
        assert_eq!(number(&[three[0], three[1], (three[2] + 1) % words::COUNT]), None);
    }

    #[test]
    fn the_longest_word_leaves_room_for_its_space() {
        assert!((0..words::COUNT).all(|place| words::word(place).len() < ROOM));
    }

    #[test]
    fn no_debug_text_shows_a_word_or_the_seed() {
        let text = format!("{:?}", Mnemonic::parse(&Secret::new(PHRASE.to_owned()), Form::Any).unwrap());
        assert_eq!(text, "Mnemonic(25 words)");
    }
}

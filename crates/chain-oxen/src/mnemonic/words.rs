//! The English word list.
use std::sync::LazyLock;

/// Number of words, the base of the encoding.
pub(super) const COUNT: u16 = 1626;

/// Letters that tell a word from every other.
const PREFIX: usize = 3;

/// The list is data of this crate: lines that start with `#` explain, the others are words, sorted.
static WORDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("english.txt").lines().filter(|line| !line.starts_with('#')).collect());

/// A word's place in the list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Spelling {
    /// Written in full.
    Full(u16),
    /// Cut to its first three letters.
    Short(u16),
}

/// The word at `place`; empty beyond the end.
pub(super) fn word(place: u16) -> &'static str {
    WORDS.get(usize::from(place)).copied().unwrap_or_default()
}

/// First three letters of the word at `place`.
pub(super) fn prefix(place: u16) -> &'static str {
    word(place).get(..PREFIX).unwrap_or_default()
}

/// The place of `text`, which must be a word, or its first three letters and nothing more: a word
/// with other letters after them is mistyped, even though `oxend` takes it.
pub(super) fn find(text: &str) -> Option<Spelling> {
    let place = |found: usize| u16::try_from(found).ok();
    match WORDS.binary_search(&text) {
        Ok(found) => place(found).map(Spelling::Full),
        Err(next) if text.len() == PREFIX => {
            WORDS.get(next).filter(|word| word.starts_with(text)).and_then(|_| place(next)).map(Spelling::Short)
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};
    use std::collections::BTreeSet;

    #[test]
    fn the_list_is_the_published_one_sorted_and_told_apart_by_three_letters() {
        let text: String = WORDS.iter().flat_map(|word| [word, "\n"]).collect();
        let hash = "eaa6bce7dd92f4d6dd74f224264e0ef4ad21095d68ec77616b26ceb599baf4f7";
        assert_eq!(hex::encode(Sha256::digest(&text)), hash);
        assert_eq!(WORDS.len(), usize::from(COUNT));
        assert!(WORDS.is_sorted());
        assert_eq!(WORDS.iter().map(|word| &word[..PREFIX]).collect::<BTreeSet<_>>().len(), WORDS.len());
    }

    #[test]
    fn every_word_is_found_in_full_and_by_its_prefix_and_in_no_other_spelling() {
        for place in 0..COUNT {
            let word = word(place);
            assert_eq!(find(word), Some(Spelling::Full(place)));
            assert_eq!(find(prefix(place)), Some(Spelling::Short(place)));
            assert_eq!(find(&format!("{word}x")), None);
            assert_eq!(find(&word.to_uppercase()), None);
            assert!(find(&word[..2]).is_none());
        }
        assert_eq!(find(""), None);
        assert_eq!(find("zzz"), None);
    }
}

//! What is searched for: every form that a secret may have been left in, cut so that a part of it is found too.
use std::collections::BTreeSet;

/// Length of the parts that a secret is cut into. Whoever frees memory overwrites its beginning, so a whole secret is
/// seldom left.
const PART: usize = 8;

/// Bytes that must not be left behind.
#[derive(Clone, Debug)]
struct Needle {
    of: String,
    bytes: Vec<u8>,
}

/// Everything that must not be left behind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needles(Vec<Needle>);

impl Needles {
    /// Any four consecutive words of `phrase`, as they are, in capitals and with capital initials. A phrase of fewer
    /// words has none.
    pub(crate) fn phrase(mut self, phrase: &str) -> Self {
        let words: Vec<_> = phrase.split_whitespace().collect();
        for (k, four) in words.windows(4).enumerate() {
            let text = four.join(" ");
            for form in [text.clone(), text.to_uppercase(), text.to_lowercase(), capital_initials(four)] {
                self.add(format!("words {} to {} of the phrase", k + 1, k + 4), form.into_bytes());
            }
        }
        self
    }

    /// Any eight bytes of `secret`, and any sixteen of its hex digits in both cases, at every eighth place.
    pub(crate) fn bytes(mut self, name: &str, secret: &[u8]) -> Self {
        for (k, part) in secret.chunks_exact(PART).enumerate() {
            if is_telling(part) {
                let place = format!("bytes {} to {} of {name}", k * PART, k * PART + PART - 1);
                self.add(format!("{place}, raw"), part.to_vec());
                let hex = hex::encode(part);
                self.add(format!("{place}, hex"), hex.to_uppercase().into_bytes());
                self.add(format!("{place}, hex"), hex.into_bytes());
            }
        }
        self
    }

    /// Any eight characters of `secret` at every eighth place; where it is hex, what it stands for too.
    pub(crate) fn text(mut self, name: &str, secret: &str) -> Self {
        for (k, part) in secret.trim().as_bytes().chunks_exact(PART).enumerate().filter(|(_, part)| is_telling(part)) {
            self.add(format!("characters {} to {} of {name}", k * PART, k * PART + PART - 1), part.to_vec());
        }
        match hex::decode(secret.trim().trim_start_matches("0x")) {
            Ok(bytes) => self.bytes(name, &bytes),
            Err(_) => self,
        }
    }

    /// These and the others.
    pub(crate) fn and(mut self, others: Self) -> Self {
        others.0.into_iter().for_each(|needle| self.add(needle.of, needle.bytes));
        self
    }

    /// The same without what is a part of `public`, in hex or raw.
    pub(crate) fn without(mut self, public: &str) -> Self {
        let raw = hex::decode(public).unwrap();
        let is_in = |whole: &[u8], part: &[u8]| whole.windows(part.len()).any(|window| window == part);
        let upper = public.to_uppercase();
        self.0.retain(|Needle { bytes, .. }| {
            ![public.as_bytes(), upper.as_bytes(), &raw].iter().any(|whole| is_in(whole, bytes))
        });
        self
    }

    fn add(&mut self, of: String, bytes: Vec<u8>) {
        if self.0.iter().all(|known| known.bytes != bytes) {
            self.0.push(Needle { of, bytes });
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// What of it is in `haystack`, each with the place where it was found first.
    pub(crate) fn found_in(&self, haystack: &[u8]) -> Vec<(&str, usize)> {
        let mut by_start = vec![Vec::new(); 1 << 16];
        for (k, needle) in self.0.iter().enumerate() {
            by_start[start(&needle.bytes)].push(k);
        }
        let mut places = vec![None; self.0.len()];
        for place in 0..haystack.len().saturating_sub(1) {
            for k in &by_start[start(&haystack[place..])] {
                if places[*k].is_none() && haystack[place..].starts_with(&self.0[*k].bytes) {
                    places[*k] = Some(place);
                }
            }
        }
        self.0.iter().zip(places).filter_map(|(needle, place)| Some((needle.of.as_str(), place?))).collect()
    }
}

/// Whether it is more than zeros and the like, which are no secret.
fn is_telling(part: &[u8]) -> bool {
    part.iter().collect::<BTreeSet<_>>().len() > PART / 2
}

/// The first two bytes as a number.
fn start(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

fn capital_initials(words: &[&str]) -> String {
    let capital = |word: &&str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
    };
    words.iter().map(capital).collect::<Vec<_>>().join(" ")
}

#[test]
fn four_words_in_a_row_are_found_and_three_are_not() {
    let needles = Needles::default().phrase("one two three four five six");
    assert_eq!(needles.found_in(b"xx two three four five yy"), [("words 2 to 5 of the phrase", 3)]);
    assert_eq!(needles.found_in(b"TWO THREE FOUR FIVE").len(), 1);
    assert_eq!(needles.found_in(b"Three Four Five Six").len(), 1);
    assert_eq!(needles.found_in(b"one two three 4our four five six"), []);
}

#[test]
fn half_a_key_is_found_raw_and_in_hex() {
    let key: Vec<u8> = (100..132).collect();
    let needles = Needles::default().bytes("the key", &key);
    for left in [key[16..].to_vec(), hex::encode(&key[16..]).into_bytes(), hex::encode_upper(&key[16..]).into_bytes()] {
        let of = |(name, _): &(&str, usize)| name.starts_with("bytes 16 to 23") || name.starts_with("bytes 24 to 31");
        let found = needles.found_in(&[&b"...."[..], &left].concat());
        assert!(!found.is_empty() && found.iter().all(of), "{found:?}");
    }
    assert_eq!(needles.found_in(&key[17..24]), []);
    let by_text = Needles::default().text("the key", &hex::encode(&key));
    assert!(by_text.found_in(&key[16..]).iter().all(|(of, _)| of.ends_with("raw")));
}

//! Inputs that are nearly right.
use crate::corpus::Corpus;
use crate::random::Random;

/// Longest input, bytes: as much as the program reads of a secret.
const LONGEST: usize = 64 * 1024;

/// A word that no error about secret material may quote.
pub const MARK: &str = "zqxjkvbw";

/// Texts that decoders look for, and numbers at the ends of ranges.
const TOKENS: [&str; 36] = [
    MARK,
    "0",
    "-1",
    "1e9",
    "255",
    "65535",
    "262144",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "00",
    "'",
    "H",
    "/",
    "m/",
    "1",
    "0x",
    "\n",
    "\0",
    "\u{feff}",
    "\u{3000}",
    "e\u{301}",
    "\u{fdfa}",
    "{",
    "[",
    "\"n\":",
    "[[[[[[[[",
    "null",
    "nan",
    "inf",
    "%ff",
    "%00",
    "\u{1e}",
];

/// Makes an input out of what is known to be right: one to four changes, seldom none.
pub(crate) fn mutated(corpus: &Corpus, random: &mut Random) -> Vec<u8> {
    let mut input = corpus.pick(random).to_vec();
    for _ in 0..random.below(5) {
        change(&mut input, corpus, random);
    }
    input.truncate(LONGEST);
    input
}

fn change(input: &mut Vec<u8>, corpus: &Corpus, random: &mut Random) {
    match random.below(18) {
        0 | 1 => flip(input, random),
        2 | 3 => replace(input, random),
        4 => insert(input, &[random.byte()], random),
        5 => remove(input, random),
        6 => repeat(input, random),
        7 => swap(input, random),
        8 | 9 => insert(input, random.one_of(&TOKENS).copied().unwrap_or_default().as_bytes(), random),
        10 | 11 => number(input, random),
        12 => splice(input, corpus.pick(random), random),
        13 => input.truncate(random.below(input.len() + 1)),
        14 => input.iter_mut().for_each(|byte| *byte = byte.to_ascii_uppercase()),
        15 => lengthen(input, random),
        _ => lines(input, random),
    }
}

/// A line is left out, comes twice, or changes its place with another one.
fn lines(input: &mut Vec<u8>, random: &mut Random) {
    let mut lines: Vec<_> = input.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let (one, other) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(3) {
        0 => drop(lines.remove(one)),
        1 => lines.insert(other, lines[one].clone()),
        _ => lines.swap(one, other),
    }
    *input = lines.join(&b'\n');
}

fn flip(input: &mut [u8], random: &mut Random) {
    let place = random.below(input.len());
    let bit = 1_u8 << random.below(8);
    if let Some(byte) = input.get_mut(place) {
        *byte ^= bit;
    }
}

/// Another byte that is elsewhere in the input, so that the alphabet stays.
fn replace(input: &mut [u8], random: &mut Random) {
    let (from, to) = (random.below(input.len()), random.below(input.len()));
    if let (Some(new), true) = (input.get(from).copied(), to < input.len()) {
        input[to] = new;
    }
}

fn insert(input: &mut Vec<u8>, bytes: &[u8], random: &mut Random) {
    let place = random.below(input.len() + 1);
    input.splice(place..place, bytes.iter().copied());
}

fn range(input: &[u8], random: &mut Random) -> std::ops::Range<usize> {
    let start = random.below(input.len());
    start..(start + 1 + random.below(16)).min(input.len())
}

fn remove(input: &mut Vec<u8>, random: &mut Random) {
    let range = range(input, random);
    input.drain(range);
}

fn repeat(input: &mut Vec<u8>, random: &mut Random) {
    let range = range(input, random);
    let part = input[range].to_vec();
    insert(input, &part, random);
}

/// Two words change places.
fn swap(input: &mut Vec<u8>, random: &mut Random) {
    let mut words: Vec<_> = input.split(|byte| *byte == b' ').map(<[u8]>::to_vec).collect();
    let (one, other) = (random.below(words.len()), random.below(words.len()));
    words.swap(one, other);
    *input = words.join(&b' ');
}

/// A run of digits becomes another number.
fn number(input: &mut Vec<u8>, random: &mut Random) {
    let is_start = |k: &usize| input[*k].is_ascii_digit() && (*k == 0 || !input[*k - 1].is_ascii_digit());
    let starts: Vec<_> = (0..input.len()).filter(is_start).collect();
    let Some(start) = random.one_of(&starts).copied() else { return };
    let end = (start..input.len()).find(|k| !input[*k].is_ascii_digit()).unwrap_or(input.len());
    let new = match random.below(3) {
        0 => (1_u64 << random.below(64)).to_string(),
        1 => random.below(300).to_string(),
        _ => random.next().to_string(),
    };
    input.splice(start..end, new.into_bytes());
}

fn splice(input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    input.truncate(random.below(input.len() + 1));
    input.extend_from_slice(&other[random.below(other.len())..]);
}

/// The input again and again: what is done once a byte for each byte takes too long on these.
fn lengthen(input: &mut Vec<u8>, random: &mut Random) {
    let length = random.below(LONGEST);
    let range = range(input, random);
    let part = if random.below(2) == 0 { input.clone() } else { input[range].to_vec() };
    if !part.is_empty() {
        input.extend(part.iter().copied().cycle().take(length));
    }
}

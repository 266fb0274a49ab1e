//! Seeds in words and in hex, and the list of words.
use chain_decred::keys::{DecredKeys, Seed, words};
use serde_json::Value;
use watchdog_core::keys::{KeyDerivation, KeyError, Material, Network};
use watchdog_core::secret::Secret;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const WORD_LIST: Reader = Reader { path: "pgp_word_list.json", check: list };

pub(crate) const READERS: &[Reader] = &[Reader { path: "seed_words.json", check }, WORD_LIST];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match (case.text("kind")?, case.has("input")) {
        ("ok", false) => both_ways(case),
        ("ok", true) => case.equals("oracle", parsed(case.text("input")?)?),
        ("error", _) => is_refused(case),
        (kind, _) => Err(format!("unknown kind `{kind}`")),
    });
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// What is read, in hex.
fn parsed(text: &str) -> Result<String, String> {
    let seed = Seed::parse(&secret(text)).map_err(|e| e.to_string())?;
    Ok(seed.to_hex().expose().to_owned())
}

fn both_ways(case: Case<'_>) -> Result<(), String> {
    let (words, hex) = (case.text("words")?, case.text("seed_hex")?);
    case.equals("seed_hex", parsed(words)?)?;
    let seed = Seed::parse(&secret(hex)).map_err(|e| e.to_string())?;
    case.equals("words", seed.to_words().expose())?;
    case.equals("word_count", seed.word_count())
}

fn is_refused(case: Case<'_>) -> Result<(), String> {
    let input = case.text("input")?;
    let open = DecredKeys.open(Material::Phrase(secret(input)), None, &Network::known("mainnet"), &secret(""));
    match open.err() {
        Some(
            KeyError::WordCount { .. }
            | KeyError::UnknownWord(_)
            | KeyError::MisplacedWord(_)
            | KeyError::Checksum
            | KeyError::Seed(_),
        ) => Ok(()),
        Some(error) => Err(format!("refused for another reason: {error}")),
        None => Err("the seed is taken".to_owned()),
    }
}

/// Every word of the file is that of the crate, and the crate has no other.
fn list(document: &Value, tally: &mut Tally) {
    for (place, parity) in [(0, "even"), (1, "odd")] {
        let listed = document[parity].as_array().map_or(&[][..], Vec::as_slice);
        for byte in 0..=255 {
            let found = listed.get(usize::from(byte)).and_then(Value::as_str);
            let own = words::word(byte, place);
            let outcome = if found == Some(own) { Ok(()) } else { Err(format!("it is {found:?}, ours is {own}")) };
            tally.note(&format!("{parity} word {byte}"), outcome);
        }
    }
}

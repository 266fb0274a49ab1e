//! What a secret text or file is, without revealing it.
use super::derivation::COUNTS;
use super::{ALGORAND_25, ARC52_KHOVRATOVICH, ARC52_PEIKERT, ExtendedPublic, KeyText, PublicKey, Seed};
use crate::address::Address;
use crate::mnemonic;
use std::collections::BTreeMap;
use watchdog_core::keys::phrase::{self, Phrase};
use watchdog_core::keys::{Inspection, KeyError, Scheme};
use watchdog_core::secret::Secret;

const TREES: [Scheme; 2] = [ARC52_PEIKERT, ARC52_KHOVRATOVICH];

/// Recognises mnemonics, seeds and extended keys.
///
/// # Errors
/// [`KeyError::Unrecognised`], or what is wrong with it where its format is beyond doubt.
pub(super) fn inspect(content: &[u8]) -> Result<Inspection, KeyError> {
    if let (32, Ok(seed)) = (content.len(), KeyText::read(content)) {
        return Ok(key(&seed, "raw"));
    }
    let text = phrase::text(content)?;
    match text.expose().split_whitespace().count() {
        0 => Err(KeyError::Unrecognised("it is empty".to_owned())),
        1 => word(&text),
        mnemonic::WORDS => mnemonic::parse(&text).map(|seed| words(&seed)),
        12 | 15 | 18 | 21 | 24 => Ok(Phrase::parse(&text)?.inspection(&TREES)),
        found => Err(KeyError::WordCount { found, expected: COUNTS }),
    }
}

fn words(seed: &Seed) -> Inspection {
    let mut inspection = single("algorand_mnemonic", "Algorand mnemonic of 25 English words, checksum valid", seed);
    inspection.facts.extend([
        ("language", "english".into()),
        ("words", mnemonic::WORDS.into()),
        ("checksum", "valid".into()),
    ]);
    inspection
}

/// One word, so no phrase.
fn word(text: &Secret) -> Result<Inspection, KeyError> {
    let word = text.expose().trim();
    match word.len() {
        64 | 192 => Ok(key(&KeyText::read(word.as_bytes())?, "hex")),
        88 => Ok(key(&KeyText::read(word.as_bytes())?, "base64")),
        128 => wide(word),
        _ if word.parse::<Address>().is_ok() => {
            Err(KeyError::Unrecognised("it is an address, which is no secret".to_owned()))
        }
        _ => Err(KeyError::Unrecognised("it is neither words nor hex of 32, 64 or 96 bytes".to_owned())),
    }
}

/// 64 bytes in hex. Nothing of them is shown: one seed in sixteen also reads as a public key.
fn wide(word: &str) -> Result<Inspection, KeyError> {
    let is_hex = word.bytes().all(|c| c.is_ascii_hexdigit());
    match ExtendedPublic::from_hex(word) {
        Ok(_) => Ok(of_tree("extended_public_key", "extended public key, 64 bytes in hex")),
        Err(_) if is_hex => Ok(of_tree("bip39_seed", "seed of a BIP-39 phrase, 64 bytes in hex")),
        Err(_) => Err(KeyError::Unrecognised("it has a character that is no hex digit".to_owned())),
    }
}

fn key(key: &KeyText, encoding: &'static str) -> Inspection {
    let mut inspection = match key {
        KeyText::Seed(seed) => single("seed", "seed of a single key, 32 bytes", seed),
        KeyText::Extended(key) => {
            let mut inspection = of_tree("extended_private_key", "extended private key, 96 bytes");
            inspection.facts.insert("public_key", key.public().key().to_string().into());
            inspection
        }
    };
    inspection.facts.insert("encoding", encoding.into());
    inspection
}

fn single(format: &'static str, about: &str, seed: &Seed) -> Inspection {
    let (about, schemes) = (about.to_owned(), vec![ALGORAND_25.0]);
    Inspection { format, about, schemes, facts: facts(&seed.public_key()) }
}

fn of_tree(format: &'static str, about: &str) -> Inspection {
    let (about, schemes) = (about.to_owned(), TREES.iter().map(|scheme| scheme.0).collect());
    Inspection { format, about, schemes, facts: BTreeMap::new() }
}

fn facts(key: &PublicKey) -> BTreeMap<&'static str, serde_json::Value> {
    BTreeMap::from([("public_key", key.to_string().into()), ("address", key.address().to_string().into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "reward health exact casino huge retire collect solid phrase shoot rule solar access parrot sleep trap name web view tooth primary fish travel abstract asset\n";
    const SEED: &str = "c58d9a9c3652b7dfb2a5ce1ea5717ae7ac80816659e79634fee74d5ed55ef1fc";
    const ADDRESS: &str = "6FZ5MFZNT27FDUJNB36TNN6SBWV4ICTWNO7NDBX2NLFBDY7TZ7L76VDQNA";

    fn shown(content: &[u8]) -> String {
        let inspection = inspect(content).unwrap();
        serde_json::to_string(&inspection).unwrap()
    }

    #[test]
    fn every_format_is_named_and_none_revealed() {
        let raw = hex::decode(SEED).unwrap();
        let sdk = Seed::new(&raw.clone().try_into().unwrap()).to_sdk_text();
        let tree = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
        let public = ["3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29", SEED].concat();
        for (content, format) in [
            (ONE.as_bytes(), "algorand_mnemonic"),
            (SEED.as_bytes(), "seed"),
            (&raw, "seed"),
            (sdk.expose().as_bytes(), "seed"),
            (tree.as_bytes(), "bip39_mnemonic"),
            ("40".repeat(96).as_bytes(), "extended_private_key"),
            (public.as_bytes(), "extended_public_key"),
            ("02".repeat(64).as_bytes(), "bip39_seed"),
        ] {
            let shown = shown(content);
            assert!(shown.contains(&format!("\"format\":\"{format}\"")), "{shown}");
            for hidden in ["reward", "abandon", &SEED[..16], sdk.expose(), "40404040", "02020202"] {
                assert!(!shown.contains(hidden), "{shown}");
            }
            assert_eq!(shown.contains(ADDRESS), ["algorand_mnemonic", "seed"].contains(&format), "{shown}");
        }
    }

    #[test]
    fn what_is_nothing_of_ours_is_refused_with_its_reason() {
        for (content, why) in [
            (b"".as_slice(), "empty"),
            (b" \n", "empty"),
            (b"\xff", "UTF-8"),
            (b"hunter2", "neither words nor hex"),
            (ADDRESS.as_bytes(), "is an address"),
            (b"one two three", "3 words"),
            (b"a password of just 32 characters", "6 words"),
            (&b"z".repeat(128), "no hex digit"),
        ] {
            let refusal = inspect(content).unwrap_err().to_string();
            assert!(refusal.contains(why) && !refusal.contains("hunter2"), "{refusal}");
        }
    }
}

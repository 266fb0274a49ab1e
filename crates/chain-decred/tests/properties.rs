//! What holds for every seed, key, address and run of bytes.
#![allow(clippy::unwrap_used, reason = "strategies are part of the tests")]
use chain_decred::address::{Address, Payload, explain};
use chain_decred::algorithm::Algorithm;
use chain_decred::hash::{blake256, double_blake256};
use chain_decred::keys::{DecredKeys, ExtendedKey, PrivateKey, PublicKey, Seed, Wif, pool_key};
use chain_decred::message;
use chain_decred::network::Network;
use chain_decred::script;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use watchdog_core::keys::path::{Component, DerivationPath};
use watchdog_core::keys::{self, KeyDerivation, KeyError, KeyFile, KeyPath, Material};
use watchdog_core::secret::Secret;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn networks() -> impl Strategy<Value = Network> {
    select(Network::ALL.to_vec())
}

fn algorithms() -> impl Strategy<Value = Algorithm> {
    select(Algorithm::ALL.to_vec())
}

fn private_keys() -> impl Strategy<Value = PrivateKey> {
    (algorithms(), any::<[u8; 32]>()).prop_filter_map("the curve has no such key", |(algorithm, mut bytes)| {
        // Ed25519 keys are below 2^252: others would nearly all be filtered out.
        bytes[0] &= if algorithm == Algorithm::Ed25519 { 0x0f } else { 0xff };
        PrivateKey::new(algorithm, &bytes)
    })
}

fn ecdsa_keys() -> impl Strategy<Value = PrivateKey> {
    any::<[u8; 32]>().prop_filter_map("no such key", |bytes| PrivateKey::new(Algorithm::Ecdsa, &bytes))
}

fn addresses() -> impl Strategy<Value = Address> {
    let payload = prop_oneof![
        (algorithms(), any::<[u8; 20]>()).prop_map(|(algorithm, hash)| Payload::PublicKeyHash(algorithm, hash)),
        any::<[u8; 20]>().prop_map(Payload::ScriptHash),
        private_keys().prop_map(|key| Payload::PublicKey(key.public_key())),
    ];
    (networks(), payload).prop_map(|(network, payload)| Address::new(network, payload))
}

fn seeds() -> impl Strategy<Value = Seed> {
    vec(any::<u8>(), 16..=64).prop_map(|bytes| Seed::new(&bytes).unwrap())
}

fn steps(normal: bool) -> impl Strategy<Value = DerivationPath> {
    let step = (any::<bool>(), 0..1u32 << 31).prop_map(move |(hardened, index)| {
        if hardened && !normal { Component::hardened(index).unwrap() } else { Component::normal(index).unwrap() }
    });
    vec(step, 0..5).prop_map(|steps| steps.into_iter().collect())
}

fn extended_keys() -> impl Strategy<Value = ExtendedKey> {
    (networks(), seeds(), steps(false))
        .prop_map(|(network, seed, path)| ExtendedKey::root(network, seed.as_bytes()).unwrap().derive(&path).unwrap())
}

/// `text` with another printable character at one place; `None` where it is the same one.
fn changed(text: &str, place: Index, to: char) -> Option<String> {
    let mut chars: Vec<char> = text.chars().collect();
    let place = place.index(chars.len());
    (chars[place] != to).then(|| {
        chars[place] = to;
        chars.into_iter().collect()
    })
}

/// Any character that can be typed, those of base58 the most.
fn typed() -> impl Strategy<Value = char> {
    prop_oneof![4 => "[1-9A-HJ-NP-Za-km-z]", 1 => "[ -~]"].prop_map(|text| text.chars().next().unwrap())
}

/// `payload` with a right checksum.
fn encoded(payload: &[u8], sum: [u8; 32]) -> String {
    bs58::encode([payload, &sum[..4]].concat()).into_string()
}

fn open(material: Material) -> Result<Box<dyn keys::KeySource>, KeyError> {
    DecredKeys.open(material, None, &keys::Network::known("mainnet"), &secret(""))
}

proptest! {
    #[test]
    fn an_address_comes_back_and_one_changed_character_is_refused(
        address in addresses(), place in any::<Index>(), to in typed(),
    ) {
        let text = address.to_string();
        prop_assert_eq!(text.parse::<Address>(), Ok(address));
        let shown = explain(&text, Some(address.network())).unwrap();
        prop_assert_eq!(&shown["text"], &text);
        if let Some(changed) = changed(&text, place, to) {
            prop_assert!(changed.parse::<Address>().is_err(), "{}", changed);
            prop_assert!(explain(&changed, None).is_err(), "{}", changed);
        }
    }

    #[test]
    fn an_extended_key_comes_back_and_one_changed_character_is_refused(
        key in extended_keys(), place in any::<Index>(), to in typed(),
    ) {
        for text in [key.to_private_text().unwrap(), secret(&key.to_public_text())] {
            let again = ExtendedKey::parse_on(&text, key.network()).unwrap();
            let written = again.to_private_text().map_or_else(|| again.to_public_text(), |t| t.expose().to_owned());
            prop_assert_eq!(&written, text.expose());
            prop_assert_eq!(again.to_public_text(), key.to_public_text());
            if let Some(changed) = changed(text.expose(), place, to) {
                prop_assert!(ExtendedKey::parse(&Secret::new(changed)).is_err());
            }
        }
    }

    #[test]
    fn a_private_key_comes_back_and_one_changed_character_is_refused(
        network in networks(), key in private_keys(), place in any::<Index>(), to in typed(),
    ) {
        let text = Wif { network, key: key.clone() }.to_text();
        prop_assert_eq!(text.expose().len(), 53);
        let again = Wif::parse_on(&text, network).unwrap();
        prop_assert_eq!(again.key.as_bytes(), key.as_bytes());
        prop_assert_eq!(again.key.public_key(), key.public_key());
        prop_assert!(text.expose().parse::<Address>().is_err());
        if let Some(changed) = changed(text.expose(), place, to) {
            prop_assert!(Wif::parse(&Secret::new(changed)).is_err());
        }
    }

    #[test]
    fn a_seed_comes_back_from_words_and_hex_in_either_case(seed in seeds()) {
        for text in [seed.to_words(), seed.to_hex()] {
            for text in [text.expose().to_owned(), text.expose().to_uppercase(), format!("\n {} ", text.expose())] {
                let again = Seed::parse(&Secret::new(text)).unwrap();
                prop_assert_eq!(again.as_bytes(), seed.as_bytes());
            }
        }
        prop_assert_eq!(seed.to_words().expose().split(' ').count(), seed.word_count());
    }

    #[test]
    fn one_changed_character_of_a_seed_is_refused_or_makes_another_seed(
        seed in seeds(), place in any::<Index>(), to in "[ -~]",
    ) {
        let to = to.chars().next().unwrap();
        for text in [seed.to_words(), seed.to_hex()] {
            let Some(changed) = changed(text.expose(), place, to) else { continue };
            let same_letters = changed.eq_ignore_ascii_case(text.expose());
            match Seed::parse(&Secret::new(changed)) {
                Err(_) => prop_assert!(!same_letters),
                Ok(other) => prop_assert_eq!(other.as_bytes() == seed.as_bytes(), same_letters),
            }
        }
    }

    #[test]
    fn neighbouring_words_cannot_be_swapped_and_a_word_cannot_be_left_out(seed in seeds(), place in any::<Index>()) {
        let text = seed.to_words();
        let mut words: Vec<_> = text.expose().split(' ').collect();
        let place = place.index(words.len() - 1);
        words.swap(place, place + 1);
        prop_assert_eq!(Seed::parse(&Secret::new(words.join(" "))).unwrap_err(), KeyError::MisplacedWord(place + 1));
        words.swap(place, place + 1);
        words.remove(place);
        let error = Seed::parse(&Secret::new(words.join(" "))).unwrap_err();
        if words.len() > 16 {
            prop_assert_eq!(error, KeyError::MisplacedWord(place + 1));
        } else {
            prop_assert_eq!(error.code(), "word_count");
        }
    }

    #[test]
    fn public_derivation_leads_where_private_derivation_leads(key in extended_keys(), path in steps(true)) {
        let private = key.derive(&path).unwrap();
        let public = key.public().derive(&path).unwrap();
        prop_assert_eq!(public.to_public_text(), private.to_public_text());
        prop_assert_eq!(private.private_key().unwrap().public_key(), public.public_key().unwrap());
        prop_assert!(public.to_private_text().is_none());
    }

    #[test]
    fn a_users_address_is_that_of_the_derived_key(seed in seeds(), network in networks(), user in 0..1u32 << 31) {
        let root = ExtendedKey::root(network, seed.as_bytes()).unwrap();
        let account = root.derive(&"m/44'/1'/0'".parse().unwrap()).unwrap();
        let key = pool_key(&account.public(), user).unwrap();
        let derived = account.derive(&format!("m/0/{user}").parse().unwrap()).unwrap();
        prop_assert_eq!(key.public_key, derived.public_key().unwrap());
        prop_assert_eq!(key.address.to_string().parse::<Address>(), Ok(Address::of_key_hash(network, &key.public_key)));
        prop_assert_eq!(key.pubkey_address.payload(), Payload::PublicKey(key.public_key));
    }

    #[test]
    fn a_signed_message_is_verified_and_any_other_is_not(
        key in ecdsa_keys(), message in vec(any::<u8>(), 0..600), place in any::<Index>(), to in "[A-Za-z0-9+/=]",
        bit in 0..8u32,
    ) {
        let address = Address::of_key_hash(Network::Mainnet, &key.public_key());
        let signature = message::sign(&key, &message).unwrap();
        prop_assert_eq!(message::verify(&address, &signature, &message), Ok(()));
        prop_assert_eq!(message::sign(&key, &message), Ok(signature.clone()));
        if let Some(changed) = changed(&signature, place, to.chars().next().unwrap()) {
            prop_assert!(message::verify(&address, &changed, &message).is_err());
        }
        let mut other = message.clone();
        other.push(0);
        prop_assert!(message::verify(&address, &signature, &other).is_err());
        if !message.is_empty() {
            let mut other = message;
            let place = place.index(other.len());
            other[place] ^= 1 << bit;
            prop_assert!(message::verify(&address, &signature, &other).is_err());
        }
    }

    #[test]
    fn whatever_is_read_from_right_checksums_is_written_as_it_was(
        start in prop_oneof![
            select(vec![
                vec![0x07, 0x3f], vec![0x07, 0x1f], vec![0x0e, 0xe3], vec![0x0e, 0x6c],
                vec![0x13, 0x86, 0], vec![0x28, 0xf7, 0x80], vec![0x27, 0x6f, 1], vec![0x13, 0x86, 0x82],
                vec![0x22, 0xde, 0], vec![0x23, 0x0e, 1], vec![0x23, 0x07, 2],
                vec![0x02, 0xfd, 0xa4, 0xe8], vec![0x04, 0x35, 0x87, 0xd1],
            ]),
            vec(any::<u8>(), 0..4),
        ],
        rest in prop_oneof![
            vec(any::<u8>(), 20), vec(any::<u8>(), 32), vec(any::<u8>(), 74), vec(any::<u8>(), 0..80),
        ],
    ) {
        let payload = [start, rest].concat();
        let text = encoded(&payload, double_blake256(&payload));
        if let Ok(address) = text.parse::<Address>() {
            prop_assert_eq!(address.to_string(), text.as_str());
        }
        if let Ok(key) = ExtendedKey::parse(&secret(&text)) {
            let written = key.to_private_text().map_or_else(|| key.to_public_text(), |t| t.expose().to_owned());
            prop_assert_eq!(written, text);
        }
        let text = encoded(&payload, blake256(&payload));
        if let Ok(wif) = Wif::parse(&secret(&text)) {
            let written = wif.to_text();
            prop_assert_eq!(written.expose(), text.as_str());
        }
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in prop_oneof![any::<String>(), "[ -~]{0,140}", "[1-9A-HJ-NP-Za-km-z]{0,200}"]) {
        drop((text.parse::<Address>(), text.parse::<PublicKey>(), Network::parse(&text)));
        drop((explain(&text, None), explain(&text, Some(Network::Simnet))));
        drop((Seed::parse(&secret(&text)), Wif::parse(&secret(&text)), ExtendedKey::parse(&secret(&text))));
        let address = Address::new(Network::Mainnet, Payload::PublicKeyHash(Algorithm::Ecdsa, [0; 20]));
        prop_assert!(message::verify(&address, &text, text.as_bytes()).is_err());
        drop(DecredKeys.inspect(&text, text.as_bytes()));
        let file = KeyFile { name: text.clone(), bytes: text.as_bytes().to_vec().into() };
        for material in [
            Material::Phrase(secret(&text)),
            Material::Seed(secret(&text)),
            Material::ExtendedKey(secret(&text)),
            Material::KeyFile(file),
        ] {
            if let Ok(source) = open(material) {
                drop(source.key(&KeyPath::Full(text.clone())));
            }
        }
        let source = open(Material::Seed(secret(&"07".repeat(32)))).map_err(|e| e.to_string()).unwrap();
        drop(source.key(&KeyPath::Full(text)));
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in vec(any::<u8>(), 0..200)) {
        drop(DecredKeys.inspect("", &bytes));
        drop(open(Material::KeyFile(KeyFile { name: String::new(), bytes: bytes.clone().into() })));
        for algorithm in Algorithm::ALL {
            if let Ok(key) = PublicKey::new(algorithm, &bytes) {
                prop_assert_eq!(key.as_bytes(), bytes.as_slice());
            }
        }
        prop_assert_ne!(blake256(&bytes), message::digest(&bytes));
    }

    #[test]
    fn a_refusal_never_quotes_what_was_read(text in "[!-~]{12,140}") {
        let quoted = |error: String| error.contains(&text);
        for error in [
            text.parse::<Address>().err().map(|e| e.to_string()),
            Seed::parse(&secret(&text)).err().map(|e| e.to_string()),
            Wif::parse(&secret(&text)).err().map(|e| e.to_string()),
            ExtendedKey::parse(&secret(&text)).err().map(|e| e.to_string()),
            DecredKeys.inspect("", text.as_bytes()).err().map(|e| e.to_string()),
        ]
        .into_iter()
        .flatten()
        {
            prop_assert!(!quoted(error));
        }
    }

    #[test]
    fn a_ticket_script_names_both_keys_in_order(pool in ecdsa_keys(), user in ecdsa_keys(), network in networks()) {
        let (pool, user) = (pool.public_key(), user.public_key());
        let script = script::ticket(pool, user).unwrap();
        prop_assert_eq!(hex::encode(&script), format!("5121{pool}21{user}52ae"));
        let address = Address::of_script(network, &script);
        prop_assert_eq!(address.to_string().parse::<Address>(), Ok(address));
        let other = Address::of_script(network, &script::ticket(user, pool).unwrap());
        prop_assert_eq!(address == other, pool == user);
    }
}

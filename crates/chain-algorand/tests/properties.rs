//! What holds for every address, mnemonic, key and run of bytes.
#![allow(clippy::unwrap_used, reason = "strategies are part of the tests")]
use bip39::Language;
use chain_algorand::address::{Address, AddressError, explain};
use chain_algorand::keys::{
    AlgorandKeys, Domain, ExtendedKey, ExtendedPrivate, ExtendedPublic, KeyText, PublicKey, Seed, Signature,
    SigningKey, Variant, root, verifies,
};
use chain_algorand::mnemonic;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use watchdog_core::keys::path::{Component, DerivationPath};
use watchdog_core::keys::{KeyDerivation, KeyFile, KeyPath, Material, Network};
use watchdog_core::secret::Secret;

fn secret(text: impl Into<String>) -> Secret {
    Secret::new(text.into())
}

fn roots() -> impl Strategy<Value = ExtendedPrivate> {
    (any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|halves| {
        let seed: [u8; 64] = [halves.0, halves.1].concat().try_into().unwrap();
        root(&seed).unwrap()
    })
}

fn variants() -> impl Strategy<Value = Variant> {
    select(vec![Variant::Peikert, Variant::Khovratovich])
}

fn steps(hardened: bool) -> impl Strategy<Value = DerivationPath> {
    let step = (0..1_u32 << 31, any::<bool>()).prop_map(move |(index, mark)| {
        if hardened && mark { Component::hardened(index) } else { Component::normal(index) }
    });
    vec(step.prop_map(Option::unwrap), 0..5).prop_map(|steps| steps.into_iter().collect())
}

/// Text that gets past the first checks more often than any text does.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,80}",
        "[A-Z2-7]{58}",
        "([0-9a-f]{64}){1,3}",
        "[A-Za-z0-9+/]{86}==",
        vec(select(Language::English.word_list().as_slice()), 0..27).prop_map(|words| words.join(" ")),
    ]
}

proptest! {
    #[test]
    fn an_address_is_read_as_it_is_written(bytes: [u8; 32]) {
        let address = Address::new(bytes);
        prop_assert_eq!(address.to_string().parse(), Ok(address));
        prop_assert_eq!(address.to_string().len(), Address::TEXT_LEN);
    }

    #[test]
    fn an_address_with_one_other_character_is_refused(bytes: [u8; 32], at in 0..58_usize, other in any::<char>()) {
        let text = Address::new(bytes).to_string();
        let changed: String = text.chars().enumerate().map(|(k, c)| if k == at { other } else { c }).collect();
        prop_assume!(changed != text);
        prop_assert!(changed.parse::<Address>().is_err());
    }

    #[test]
    fn an_address_with_one_other_letter_of_the_alphabet_is_refused_for_checksum_or_spelling(
        bytes: [u8; 32], at in 0..58_usize, other in "[A-Z2-7]",
    ) {
        let text = Address::new(bytes).to_string();
        let mut changed = text.clone();
        changed.replace_range(at..=at, &other);
        prop_assume!(changed != text);
        let refusal = changed.parse::<Address>().unwrap_err();
        prop_assert!(matches!(refusal, AddressError::Checksum | AddressError::NonCanonical(_)), "{}", refusal);
        if let AddressError::NonCanonical(right) = refusal {
            prop_assert_eq!((right, at), (text, 57));
        }
    }

    #[test]
    fn a_seed_is_read_as_it_is_spelt(bytes: [u8; 32]) {
        let words = mnemonic::spell(&Seed::new(&bytes));
        prop_assert_eq!(words.expose().split(' ').count(), 25);
        let read = mnemonic::parse(&words).unwrap();
        prop_assert_eq!(read.as_bytes(), &bytes);
    }

    #[test]
    fn a_mnemonic_with_one_other_character_is_refused_or_is_another_seed(
        bytes: [u8; 32], at: prop::sample::Index, other in prop_oneof!["[a-z ]", any::<char>().prop_map(String::from)],
    ) {
        let words = mnemonic::spell(&Seed::new(&bytes)).expose().to_owned();
        let at = at.index(words.len());
        let mut changed = words.clone();
        changed.replace_range(at..=at, &other);
        // Only case and the kind of white space have no meaning.
        let meaning = |text: &str| text.split_whitespace().map(str::to_ascii_lowercase).collect::<Vec<_>>();
        prop_assume!(meaning(&changed) != meaning(&words));
        if let Ok(seed) = mnemonic::parse(&secret(changed)) {
            prop_assert_ne!(seed.as_bytes(), &bytes);
        }
    }

    #[test]
    fn a_mnemonic_with_one_other_word_is_another_seed_or_refused(
        bytes: [u8; 32], at in 0..25_usize, other in select(Language::English.word_list().as_slice()),
    ) {
        let words = mnemonic::spell(&Seed::new(&bytes)).expose().to_owned();
        let changed: Vec<_> = words.split(' ').enumerate().map(|(k, word)| if k == at { other } else { word }).collect();
        prop_assume!(changed.join(" ") != words);
        match mnemonic::parse(&secret(changed.join(" "))) {
            Ok(seed) => prop_assert_ne!(seed.as_bytes(), &bytes),
            Err(error) => prop_assert!(["checksum", "padding"].contains(&error.code()), "{}", error),
        }
    }

    #[test]
    fn a_seed_file_in_any_form_is_the_same_key(bytes: [u8; 32]) {
        let seed = Seed::new(&bytes);
        for content in [bytes.to_vec(), seed.to_hex().expose().into(), seed.to_sdk_text().expose().into()] {
            match KeyText::read(&content) {
                Ok(KeyText::Seed(read)) => prop_assert_eq!(read.as_bytes(), &bytes),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn an_extended_key_is_read_as_it_is_written(root in roots()) {
        let again = ExtendedPrivate::from_hex(&root.to_hex()).unwrap();
        let (again, root_text) = (again.to_hex(), root.to_hex());
        prop_assert_eq!(again.expose(), root_text.expose());
        let public = root.public();
        prop_assert_eq!(ExtendedPublic::from_hex(&public.to_string()), Ok(public));
        prop_assert!(PublicKey::new(*public.key().as_bytes()).is_ok());
    }

    #[test]
    fn a_public_key_leads_where_the_private_key_leads(root in roots(), variant in variants(), path in steps(false)) {
        let private = variant.private(&root, &path).unwrap();
        prop_assert_eq!(variant.public(&root.public(), &path), Some(private.public()));
    }

    #[test]
    fn the_variants_agree_in_the_root_only(root in roots(), path in steps(true)) {
        let [peikert, khovratovich] =
            [Variant::Peikert, Variant::Khovratovich].map(|variant| variant.private(&root, &path).unwrap().public());
        prop_assert_eq!(peikert == khovratovich, path.components().is_empty());
    }

    /// Second implementation: `ed25519-bip32`, which checks and signs keys of both variants.
    #[test]
    fn keys_of_a_tree_sign_as_another_implementation_signs(
        root in roots(), variant in variants(), path in steps(true), message in vec(any::<u8>(), 0..200),
    ) {
        let key = variant.private(&root, &path).unwrap();
        let bytes = hex::decode(key.to_hex().expose()).unwrap();
        let other = ed25519_bip32::XPrv::from_slice_verified(&bytes).unwrap();
        let signature = SigningKey::from(&key).sign(Domain::Raw, &message);
        let expected: ed25519_bip32::Signature<()> = other.sign(&message);
        prop_assert_eq!(signature.as_bytes(), expected.to_bytes());
        prop_assert_eq!(other.public().public_key(), *key.public().key().as_bytes());
        let address = key.public().key().address();
        prop_assert!(verifies(&address, Domain::Raw, &message, &signature));
    }

    #[test]
    fn a_signature_with_one_other_bit_does_not_hold(seed: [u8; 32], bit in 0..512_usize) {
        let key = SigningKey::from(&Seed::new(&seed));
        let mut bytes = *key.sign(Domain::Bytes, b"message").as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let signature = Signature::new(bytes);
        prop_assert_eq!(signature.to_string().parse(), Ok(signature));
        prop_assert_eq!(signature.to_hex().parse(), Ok(signature));
        prop_assert!(!verifies(&key.public_key().address(), Domain::Bytes, b"message", &signature));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in texts()) {
        drop(text.parse::<Address>());
        drop(explain(&text));
        drop(mnemonic::parse(&secret(text.as_str())));
        drop(ExtendedKey::from_hex(&secret(text.as_str())));
        if let Ok(signature) = text.parse::<Signature>() {
            prop_assert!([signature.to_string(), signature.to_hex()].contains(&text));
        }
        drop(AlgorandKeys.inspect("", text.as_bytes()));
        for material in [
            Material::ExtendedKey(secret(text.as_str())),
            Material::Seed(secret(text.as_str())),
            Material::KeyFile(KeyFile { name: String::new(), bytes: text.as_bytes().to_vec().into() }),
        ] {
            if let Ok(source) = AlgorandKeys.open(material, None, &Network::known("mainnet"), &secret("")) {
                drop(source.key(&KeyPath::index(0)));
                drop(source.key(&KeyPath::Full(text.clone())));
            }
        }
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in vec(any::<u8>(), 0..200)) {
        drop(KeyText::read(&bytes));
        drop(AlgorandKeys.inspect("key", &bytes));
    }

    #[test]
    fn any_32_bytes_are_a_seed_file_or_text(bytes: [u8; 32]) {
        let is_text = bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
        prop_assert_eq!(KeyText::read(&bytes).is_ok(), !is_text);
    }
}

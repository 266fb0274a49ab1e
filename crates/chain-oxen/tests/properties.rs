//! What holds for every key, address, phrase and run of bytes.
#![allow(clippy::unwrap_used, reason = "strategies are part of the tests")]
use chain_oxen::address::{AccountId, Address, EvmAddress, Kind, OxenAddresses, SnodeName, explain};
use chain_oxen::bls::{Domain, PublicKey, SecretKey, Signature};
use chain_oxen::keys::{Ed25519Key, KeyFileKind, OxenKeys, SessionAccount, WalletKeys};
use chain_oxen::mnemonic::{Form, Mnemonic};
use chain_oxen::network::Network;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use watchdog_core::chain::AddressReader;
use watchdog_core::keys::{KeyDerivation, KeyFile, Material};
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn networks() -> impl Strategy<Value = Network> {
    select(Network::ALL.to_vec())
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Standard), Just(Kind::Subaddress), any::<[u8; 8]>().prop_map(Kind::Integrated)]
}

fn addresses() -> impl Strategy<Value = Address> {
    let keys = (any::<[u8; 32]>(), any::<[u8; 32]>());
    (networks(), kinds(), keys).prop_map(|(network, kind, (spend, view))| {
        let [spend, view] = [spend, view].map(|seed| Ed25519Key::of_seed(&seed).public());
        Address::new(network, kind, spend, view).unwrap()
    })
}

fn mnemonics() -> impl Strategy<Value = Mnemonic> {
    let seeds = prop_oneof![vec(any::<u8>(), 16), vec(any::<u8>(), 32)];
    seeds.prop_map(|seed| Mnemonic::of_seed(&seed).unwrap())
}

fn bls_keys() -> impl Strategy<Value = SecretKey> {
    any::<[u8; 32]>().prop_filter_map("zero is no key", |bytes| SecretKey::from_be_bytes(&Zeroizing::new(bytes)))
}

/// Text with one character replaced by another that is not it.
fn changed(text: &str, at: Index, to: char) -> Option<String> {
    let mut characters: Vec<char> = text.chars().collect();
    let place = at.get_mut(&mut characters);
    if *place == to {
        return None;
    }
    *place = to;
    Some(characters.into_iter().collect())
}

/// What stands in texts of this chain, and a little that does not.
fn characters() -> impl Strategy<Value = char> {
    prop_oneof![4 => select(('0'..='9').chain('A'..='Z').chain('a'..='z').collect::<Vec<_>>()), 1 => any::<char>()]
}

proptest! {
    #[test]
    fn an_address_survives_its_text(address in addresses()) {
        let text = address.to_string();
        prop_assert_eq!(Address::parse_on(&text, address.network()), Ok(address));
        let shown = explain(&text, Some(address.network())).unwrap();
        prop_assert_eq!(shown.text, text);
        prop_assert_eq!(shown.kind, Some(address.kind().name()));
        for network in Network::ALL {
            let same = network.prefixes() == address.network().prefixes();
            prop_assert_eq!(Address::parse_on(&address.to_string(), network).is_ok(), same);
        }
    }

    #[test]
    fn one_other_character_makes_no_address(address in addresses(), at in any::<Index>(), to in characters()) {
        if let Some(text) = changed(&address.to_string(), at, to) {
            prop_assert!(Address::parse(&text).is_err());
            prop_assert!(explain(&text, None).is_err());
        }
    }

    #[test]
    fn a_text_that_is_cut_or_extended_makes_no_address(address in addresses(), at in any::<Index>(), more in characters()) {
        let text = address.to_string();
        prop_assert!(Address::parse(&text[..at.index(text.len())]).is_err());
        let longer = format!("{text}{more}");
        prop_assert!(Address::parse(&longer).is_err());
    }

    #[test]
    fn names_and_ids_survive_and_another_character_gives_another_or_none(
        seed in any::<[u8; 32]>(), at in any::<Index>(), to in characters(),
    ) {
        let key = Ed25519Key::of_seed(&seed);
        let (name, id) = (key.snode(), AccountId::new(key.x25519_public()));
        prop_assert_eq!(name.to_string().parse(), Ok(name));
        prop_assert_eq!(id.to_string().parse(), Ok(id));
        if let Some(text) = changed(&name.to_string(), at, to) {
            prop_assert_ne!(text.parse::<SnodeName>(), Ok(name));
        }
        if let Some(text) = changed(&id.to_string(), at, to) {
            prop_assert_ne!(text.parse::<AccountId>(), Ok(id));
        }
    }

    #[test]
    fn an_ethereum_address_survives_and_no_other_character_is_read_as_it(
        bytes in any::<[u8; 20]>(), at in any::<Index>(), to in characters(),
    ) {
        let address = EvmAddress::new(bytes);
        let text = address.to_string();
        prop_assert_eq!(text.parse(), Ok(address));
        prop_assert_eq!(text.to_lowercase().parse(), Ok(address));
        let letters = text.bytes().skip(2).filter(u8::is_ascii_alphabetic).count();
        if let Some(other) = changed(&text, at, to).filter(|_| letters > 2) {
            // All letters in one case are a spelling without a checksum.
            let one_case = [other.to_lowercase(), format!("0x{}", text[2..].to_uppercase())].contains(&other);
            prop_assert!(one_case || other.parse::<EvmAddress>() != Ok(address), "{}", other);
        }
    }

    #[test]
    fn a_phrase_survives_in_full_and_in_short_words(mnemonic in mnemonics()) {
        let phrase = mnemonic.phrase();
        let short: Vec<_> = phrase.expose().split(' ').map(|word| &word[..3]).collect();
        for text in [phrase.expose().to_owned(), short.join("  "), format!(" {}\n", phrase.expose())] {
            let read = Mnemonic::parse(&secret(&text), Form::Any).unwrap();
            prop_assert_eq!(read.seed(), mnemonic.seed());
            prop_assert_eq!(read.words(), phrase.expose().split(' ').count());
        }
    }

    #[test]
    fn one_other_character_in_a_phrase_is_refused_or_gives_another_seed(
        mnemonic in mnemonics(), at in any::<Index>(), to in prop_oneof![4 => proptest::char::range('a', 'z'), 1 => any::<char>()],
    ) {
        let phrase = mnemonic.phrase();
        let letter = phrase.expose().char_indices().nth(at.index(phrase.expose().len())).is_some_and(|(_, c)| c != ' ');
        let text = changed(phrase.expose(), at, to).filter(|_| letter && !to.is_whitespace());
        if let Some(Ok(read)) = text.map(|text| Mnemonic::parse(&secret(&text), Form::Any)) {
            prop_assert_ne!(read.seed(), mnemonic.seed());
        }
    }

    #[test]
    fn two_words_in_the_other_order_are_refused_or_give_another_seed(
        mnemonic in mnemonics(), first in any::<Index>(), second in any::<Index>(),
    ) {
        let phrase = mnemonic.phrase();
        let mut words: Vec<_> = phrase.expose().split(' ').collect();
        let data = words.len() - 1;
        let (first, second) = (first.index(data), second.index(data));
        if words[first] != words[second] {
            words.swap(first, second);
            if let Ok(read) = Mnemonic::parse(&secret(&words.join(" ")), Form::Any) {
                prop_assert_ne!(read.seed(), mnemonic.seed());
            }
        }
    }

    #[test]
    fn a_key_file_survives_raw_and_as_text(seed in any::<[u8; 32]>()) {
        let key = Ed25519Key::of_seed(&seed);
        let raw = [seed, key.public()].concat();
        let text = key.keypair_hex();
        for content in [raw.as_slice(), text.expose().as_bytes(), format!("0x{}\n", text.expose()).as_bytes()] {
            let opened = KeyFileKind::Ed25519.open(content).unwrap();
            prop_assert_eq!(opened.public_key(), hex::encode(key.public()));
            let derived = opened.derived();
            prop_assert_eq!(derived.secret.as_ref().map(Secret::expose), Some(text.expose()));
        }
    }

    #[test]
    fn one_other_bit_in_a_node_key_is_noticed(seed in any::<[u8; 32]>(), at in any::<Index>(), bit in 0..8_u8) {
        let mut raw = [seed, Ed25519Key::of_seed(&seed).public()].concat();
        *at.get_mut(&mut raw) ^= 1_u8 << bit;
        prop_assert!(KeyFileKind::Ed25519.open(&raw).is_err());
    }

    #[test]
    fn no_run_of_bytes_makes_a_reader_panic(bytes in vec(any::<u8>(), 0..200), kind in 0..3_usize, name in 0..4_usize) {
        let name = ["", "key", "key_bls", "key_ed25519"][name];
        let inspected = OxenKeys.inspect(name, &bytes);
        let file = KeyFile { name: name.to_owned(), bytes: Zeroizing::new(bytes.clone()) };
        let network = OxenKeys.networks()[kind].clone();
        let opened = OxenKeys.open(Material::KeyFile(file), None, &network, &secret(""));
        prop_assert!(name.is_empty() || inspected.is_ok() == opened.is_ok());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for material in [Material::Phrase(secret(&text)), Material::Seed(secret(&text))] {
            prop_assert!(OxenKeys.open(material, None, &network, &secret("")).is_err());
        }
        prop_assert!(OxenAddresses.explain(&text, None).is_err());
    }

    #[test]
    fn no_text_of_likely_characters_makes_a_reader_panic(
        text in prop_oneof!["[1-9A-HJ-NP-Za-km-z]{0,115}", "0x[0-9a-fA-F]{38,42}", "[0-9a-f]{60,130}", "[a-z1-9]{52}.snode"],
    ) {
        if let Ok(shown) = explain(&text, None) {
            // Whatever is explained is shown in its one spelling, which means the same.
            prop_assert_eq!(explain(&shown.text, None), Ok(shown.clone()));
            prop_assert_eq!(shown.text.to_lowercase(), text.to_lowercase());
        }
    }

    #[test]
    fn a_wallet_of_any_seed_has_different_addresses_everywhere(
        seed in any::<[u8; 32]>(), account in any::<u32>(), index in 1..=u32::MAX,
    ) {
        let keys = WalletKeys::of_seed(&seed).unwrap();
        let at = |account, index, network| keys.subwallet(account, index).address(network).unwrap();
        let sub = at(account, index, Network::Mainnet);
        prop_assert_eq!(sub.kind(), Kind::Subaddress);
        prop_assert_eq!(sub.to_string().parse(), Ok(sub));
        prop_assert_ne!(*sub.spend_key(), *at(0, 0, Network::Mainnet).spend_key());
        prop_assert_ne!(sub.to_string(), at(account, index, Network::Testnet).to_string());
    }

    #[test]
    fn an_account_is_that_of_its_key(seed in any::<[u8; 16]>()) {
        let account = SessionAccount::of_seed(&seed);
        let point = curve25519_dalek::montgomery::MontgomeryPoint::mul_base_clamped(*account.key().x25519_secret());
        prop_assert_eq!(*account.id().key(), point.to_bytes());
    }
}

proptest! {
    // Each case is a few pairings.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_proof_holds_for_what_it_names_and_for_nothing_else(
        own in bls_keys(), other in bls_keys(), operator in any::<[u8; 20]>(), node in any::<[u8; 32]>(),
        chain_id in any::<u64>(), place in any::<Index>(), which in 0..4,
    ) {
        let domain = Domain { chain_id, contract: EvmAddress::new([1; 20]) };
        let (key, operator) = (own.public_key(), EvmAddress::new(operator));
        let message = domain.proof_of_possession(&key, &operator, &node);
        let proof = own.sign(&message).unwrap();
        prop_assert!(proof.verifies(&message, &key));
        prop_assert_eq!(Signature::from_bytes(&proof.to_bytes()), Some(proof));
        prop_assert_eq!(PublicKey::from_bytes(&key.to_bytes()), Some(key));
        let (mut others, mut elsewhere) = (node, domain);
        let (mut by, mut of) = (operator, key);
        match which {
            0 => *place.get_mut(&mut others) ^= 1,
            1 => elsewhere.chain_id ^= 1,
            2 => by = EvmAddress::new(by.as_bytes().map(|byte| byte ^ 1)),
            _ => of = other.public_key(),
        }
        let wrong = elsewhere.proof_of_possession(&of, &by, &others);
        prop_assert!(!proof.verifies(&wrong, &key));
        prop_assert_eq!(proof.verifies(&message, &other.public_key()), key == other.public_key());
    }

    #[test]
    fn one_other_bit_makes_no_point_or_another_signature(own in bls_keys(), at in any::<Index>(), bit in 0..8_u8) {
        let message = Domain { chain_id: 1, contract: EvmAddress::new([1; 20]) }.reward(&EvmAddress::new([2; 20]), 7);
        let mut bytes = own.sign(&message).unwrap().to_bytes();
        *at.get_mut(&mut bytes) ^= 1_u8 << bit;
        let wrong = Signature::from_bytes(&bytes).is_some_and(|wrong| wrong.verifies(&message, &own.public_key()));
        prop_assert!(!wrong);
    }
}

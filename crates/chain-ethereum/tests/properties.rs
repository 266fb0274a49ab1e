//! What holds for every key, password, address and run of bytes.
use chain_ethereum::address::{AddressError, ExecutionAddress, WithdrawalCredentials, explain::explain};
use chain_ethereum::keys::bls::{PublicKey, SecretKey};
use chain_ethereum::keys::tree_path::KeyUse;
use chain_ethereum::keys::{EthereumKeys, ExtendedKey, TreePath};
use chain_ethereum::keystore::{Cost, Keystore, KeystoreError, PasswordForm, Recipe};
use chain_ethereum::legacy::root_key::BackupKey;
use chain_ethereum::legacy::{Archive, Descriptor, auth};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use watchdog_core::keys::KeyDerivation;
use watchdog_core::secret::Secret;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn keys() -> impl Strategy<Value = SecretKey> {
    any::<[u8; 32]>().prop_filter_map("zero, or not below the order", |bytes| SecretKey::from_bytes(&bytes))
}

/// Costs that are cheap enough for a test.
fn costs() -> impl Strategy<Value = Cost> {
    prop_oneof![
        (1..6u32, 1..4u64, 1..4u64).prop_map(|(log_n, r, p)| Cost::Scrypt { n: 1 << log_n, r, p }),
        (1..20u64).prop_map(|c| Cost::Pbkdf2 { c }),
    ]
}

fn recipes() -> impl Strategy<Value = Recipe> {
    let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
    (costs(), any::<[u8; 32]>(), any::<[u8; 16]>(), uuid, "[ -~]{0,40}", ".{0,40}")
        .prop_map(|(cost, salt, iv, uuid, path, description)| Recipe { cost, salt, iv, uuid, path, description })
}

fn addresses() -> impl Strategy<Value = ExecutionAddress> {
    any::<[u8; 20]>().prop_map(ExecutionAddress::new)
}

/// `text` with another character at `place`.
fn altered(text: &str, place: Index, by: char) -> Option<String> {
    let place = place.index(text.len());
    let (before, after) = (text.get(..place)?, text.get(place + 1..)?);
    let altered = format!("{before}{by}{after}");
    (altered != text).then_some(altered)
}

proptest! {
    #[test]
    fn what_was_sealed_is_opened_again(key in keys(), password in ".{0,20}", recipe in recipes()) {
        let sealed = recipe.seal(&key, &secret(&password)).unwrap();
        prop_assert!(!sealed.contains(&hex::encode(key.to_bytes())));
        let keystore = Keystore::parse(sealed.as_bytes()).unwrap();
        prop_assert_eq!(keystore.cost, recipe.cost);
        prop_assert_eq!(&keystore.path, &recipe.path);
        prop_assert_eq!(&keystore.uuid, &recipe.uuid);
        prop_assert_eq!(keystore.public_key, Some(*key.public_key().as_bytes()));
        let opened = keystore.decrypt(&secret(&password)).unwrap();
        prop_assert_eq!(opened.form, PasswordForm::Standard);
        prop_assert_eq!(opened.key.to_bytes(), key.to_bytes());
    }

    #[test]
    fn another_password_opens_nothing(key in keys(), password in "[a-z]{1,9}", more in "[ -~]{1,3}", recipe in recipes()) {
        let keystore = Keystore::parse(recipe.seal(&key, &secret(&password)).unwrap().as_bytes()).unwrap();
        let error = keystore.decrypt(&secret(&(password + &more))).unwrap_err();
        prop_assert_eq!(error, KeystoreError::Password);
    }

    #[test]
    fn control_codes_in_a_password_change_nothing(key in keys(), password in "[a-z]{0,9}", recipe in recipes()) {
        let keystore = Keystore::parse(recipe.seal(&key, &secret(&password)).unwrap().as_bytes()).unwrap();
        let opened = keystore.decrypt(&secret(&format!("\u{7f}{password}\r\n"))).unwrap();
        prop_assert_eq!(opened.form, PasswordForm::Standard);
    }

    #[test]
    fn no_damage_to_a_keystore_gives_another_key(
        key in keys(), recipe in recipes(), place in any::<Index>(), by in "[0-9a-f]",
    ) {
        let sealed = recipe.seal(&key, &secret("pw")).unwrap();
        if let Some(damaged) = altered(&sealed, place, by.chars().next().unwrap())
            && let Ok(keystore) = Keystore::parse(damaged.as_bytes())
            && keystore.public_key.is_some()
            && let Ok(opened) = keystore.decrypt(&secret("pw"))
        {
            prop_assert_eq!(opened.key.to_bytes(), key.to_bytes());
        }
    }

    #[test]
    fn an_address_comes_back_from_its_text(address in addresses()) {
        let text = address.to_string();
        let read = ExecutionAddress::parse(&text).unwrap();
        prop_assert!(read.is_checksummed);
        prop_assert_eq!(read.address, address);
        let lower = ExecutionAddress::parse(&text.to_ascii_lowercase()).unwrap();
        prop_assert_eq!(lower.address, address);
    }

    #[test]
    fn a_changed_character_never_passes_for_the_same_checksummed_address(
        address in addresses(), place in any::<Index>(), by in "[ -~]",
    ) {
        if let Some(text) = altered(&address.to_string(), place, by.chars().next().unwrap())
            && let Ok(read) = ExecutionAddress::parse(&text)
        {
            prop_assert!(read.address != address || !read.is_checksummed);
        }
    }

    #[test]
    fn a_letter_of_the_other_case_breaks_the_checksum(address in addresses(), place in 2..42usize) {
        let text = address.to_string();
        let letter = text.chars().nth(place).unwrap();
        let other = if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
        let letters = |is: fn(&char) -> bool| text.chars().skip(2).filter(is).count();
        // With fewer letters a change may leave only one case, which carries no checksum.
        if letter.is_ascii_alphabetic() && letters(char::is_ascii_lowercase) > 1 && letters(char::is_ascii_uppercase) > 1 {
            let text: String = text.chars().enumerate().map(|(k, c)| if k == place { other } else { c }).collect();
            prop_assert_eq!(ExecutionAddress::parse(&text), Err(AddressError::Checksum));
        }
    }

    #[test]
    fn withdrawal_credentials_come_back_from_their_bytes(address in addresses(), end in any::<[u8; 31]>()) {
        for credentials in [
            WithdrawalCredentials::Bls(end),
            WithdrawalCredentials::Execution(address),
            WithdrawalCredentials::Compounding(address),
        ] {
            prop_assert_eq!(WithdrawalCredentials::new(credentials.to_bytes()), Ok(credentials));
        }
    }

    #[test]
    fn a_public_key_comes_back_from_its_text_and_from_no_other(
        key in keys(), place in any::<Index>(), by in "[0-9a-f]",
    ) {
        let public = key.public_key();
        prop_assert_eq!(public.to_string().parse(), Ok(public));
        if let Some(text) = altered(&public.to_string(), place, by.chars().next().unwrap()) {
            prop_assert_ne!(text.parse::<PublicKey>(), Ok(public));
        }
    }

    #[test]
    fn a_tree_path_comes_back_from_its_text(rest in vec(any::<u32>(), 2..8)) {
        let text = rest.iter().fold("m/12381/3600".to_owned(), |text, component| format!("{text}/{component}"));
        let path: TreePath = text.parse().unwrap();
        prop_assert_eq!(path.to_string(), text);
        prop_assert_eq!(path.key_use() == Some(KeyUse::Signing), rest.len() == 3 && rest[1..] == [0, 0]);
    }

    #[test]
    fn explaining_any_text_ends_in_an_answer(text in prop_oneof![".{0,100}", "(0x)?[0-9a-fA-F]{0,100}", "(0x)?0[0-3](0{22})[0-9a-f]{40}"]) {
        if let Ok(facts) = explain(&text) {
            let again = explain(facts["text"].as_str().unwrap()).unwrap();
            prop_assert_eq!(&again["kind"], &facts["kind"]);
            prop_assert_eq!(&again["text"], &facts["text"]);
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in vec(any::<u8>(), 0..300), key in any::<[u8; 32]>()) {
        let text = secret(&String::from_utf8_lossy(&bytes));
        let _any_outcome = (
            Keystore::parse(&bytes).is_ok(),
            Descriptor::parse(&bytes).is_ok(),
            Archive::open(&BackupKey::new(key), &bytes).is_ok(),
            ExtendedKey::parse(&text).is_ok(),
            EthereumKeys.inspect("", &bytes).is_ok(),
            text.expose().parse::<TreePath>().is_ok(),
            auth::response(text.expose(), &text).is_ok(),
        );
    }

    #[test]
    fn no_text_that_looks_right_makes_a_reader_panic(
        text in prop_oneof![
            "x(prv|pub)[1-9A-HJ-NP-Za-km-z]{0,120}",
            "m(/[0-9'h]{0,12}){0,8}",
            "key_descriptor:\n( {0,2}(algo|salt|checksum): ['\"]?[0-9a-z]{0,40}['\"]?\n){0,4}",
        ],
    ) {
        let _any_outcome = (
            Descriptor::parse(text.as_bytes()).is_ok(),
            ExtendedKey::parse(&secret(&text)).is_ok(),
            EthereumKeys.inspect("", text.as_bytes()).is_ok(),
            text.parse::<TreePath>().is_ok(),
        );
    }

    /// Numbers, members and types that somebody hostile would choose: an answer comes at once.
    #[test]
    fn a_keystore_of_any_numbers_is_refused_without_work(
        n in select(vec!["0", "3", "-1", "1.5", "1e300", "4294967296", "18446744073709551615", "\"262144\"", "null"]),
        r in select(vec!["0", "8", "1073741824", "18446744073709551615", "[]"]),
        p in select(vec!["0", "1", "4294967295", "18446744073709551615", "{}"]),
    ) {
        let json = format!(
            r#"{{"version":4,"uuid":"00000000-0000-4000-8000-000000000000","path":"","crypto":{{
            "kdf":{{"function":"scrypt","params":{{"dklen":32,"n":{n},"r":{r},"p":{p},"salt":"00"}},"message":""}},
            "checksum":{{"function":"sha256","params":{{}},"message":"{}"}},
            "cipher":{{"function":"aes-128-ctr","params":{{"iv":"{}"}},"message":"{}"}}}}}}"#,
            "00".repeat(32), "00".repeat(16), "00".repeat(32),
        );
        let error = Keystore::parse(json.as_bytes()).and_then(|keystore| keystore.decrypt(&secret("pw"))).unwrap_err();
        let is_refused = matches!(error, KeystoreError::Parameters(_) | KeystoreError::TooExpensive { .. });
        prop_assert!(is_refused, "{:?}", error);
    }
}

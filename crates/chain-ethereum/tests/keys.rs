//! Keys the way that the program asks for them.
#![allow(clippy::unwrap_used, reason = "what the cases are made with is part of the tests")]
use chain_ethereum::keys::bls::SecretKey;
use chain_ethereum::keys::{BIP44, EIP2334, EthereumKeys, ExtendedKey};
use chain_ethereum::keystore::{Cost, Keystore, Recipe};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use watchdog_core::keys::bip32::Node;
use watchdog_core::keys::{
    Branch, DerivedKey, Entropy, KeyDerivation, KeyError, KeyFile, KeyPath, KeySource, Material, Network, Role, Scheme,
};
use watchdog_core::secret::Secret;

const MAINNET: Network = Network::known("mainnet");

/// Source: BIP-32, "Test vector 1", chain m.
const XPRV: &str =
    "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";

/// Source: BIP-32, "Test vector 1", chain m.
const XPUB: &str =
    "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8";

/// Seed of [`XPRV`].
const SEED: &str = "000102030405060708090a0b0c0d0e0f";

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn open(material: Material, scheme: Option<Scheme>) -> Result<Box<dyn KeySource>, KeyError> {
    EthereumKeys.open(material, scheme.as_ref(), &MAINNET, &secret(""))
}

fn seed(scheme: Scheme) -> Box<dyn KeySource> {
    open(Material::Seed(secret(&"5a".repeat(64))), Some(scheme)).unwrap()
}

fn file(content: &str) -> Material {
    Material::KeyFile(KeyFile { name: "key".to_owned(), bytes: content.as_bytes().to_vec().into() })
}

fn full(path: &str) -> KeyPath {
    KeyPath::Full(path.to_owned())
}

fn private(key: &DerivedKey) -> &str {
    key.secret.as_ref().unwrap().expose()
}

/// Counts, so that nothing it gives is the same twice.
struct Counting(u8);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), KeyError> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

fn recipe(path: &str) -> Recipe {
    let (uuid, description) = ("00000000-0000-4000-8000-000000000000".to_owned(), String::new());
    let cost = Cost::Scrypt { n: 2, r: 1, p: 1 };
    Recipe { cost, salt: [1; 32], iv: [2; 16], uuid, path: path.to_owned(), description }
}

fn keystore(path: &str, password: &str) -> Material {
    let key = SecretKey::from_bytes(&[7; 32]).unwrap();
    let json = recipe(path).seal(&key, &secret(password)).unwrap().into_bytes();
    Material::Keystore { json, password: secret(password) }
}

/// The text of an extended key.
fn extended(version: u32, depth: u8, child: u32, chain_code: &[u8; 32], key: &[u8]) -> String {
    let parent = if depth == 0 { [0; 4] } else { [1; 4] };
    let parts: [&[u8]; 6] = [&version.to_be_bytes(), &[depth], &parent, &child.to_be_bytes(), chain_code, key];
    let mut bytes = parts.concat();
    bytes.extend(Sha256::digest(Sha256::digest(&bytes)).iter().take(4));
    bs58::encode(bytes).into_string()
}

fn public_extended(depth: u8, child: u32, path: &str) -> Material {
    let node = Node::root(&hex::decode(SEED).unwrap()).unwrap().derive(&path.parse().unwrap()).unwrap();
    let text = extended(0x0488_b21e, depth, child, node.chain_code(), &node.public_key());
    Material::ExtendedKey(Secret::new(text))
}

#[test]
fn a_passphrase_that_would_change_nothing_is_refused() {
    for material in
        [Material::Seed(secret(&"5a".repeat(64))), file(&"11".repeat(32)), Material::ExtendedKey(secret(XPRV))]
    {
        let refused = EthereumKeys.open(material, None, &MAINNET, &secret("wet")).err();
        assert!(matches!(refused, Some(KeyError::Unsupported(_))), "{refused:?}");
    }
}

#[test]
fn a_scheme_refuses_what_it_has_no_level_for() {
    let empty = Branch::default();
    for (scheme, path) in [
        (EIP2334, KeyPath::Standard(Branch { role: Some(Role::Account), ..empty })),
        (EIP2334, KeyPath::Standard(Branch { account: Some(0), ..empty })),
        (EIP2334, KeyPath::Standard(Branch { change: Some(0), ..empty })),
        (EIP2334, full("m/44'/60'/0'/0/0")),
        (EIP2334, full("m/12381/3600/0")),
        (BIP44, KeyPath::Standard(Branch { role: Some(Role::Persona), ..empty })),
        (BIP44, KeyPath::Standard(Branch { index: 1 << 31, ..empty })),
        (BIP44, KeyPath::Standard(Branch { account: Some(1 << 31), ..empty })),
        (BIP44, full("m/44'/0'/0'/0/0")),
        (BIP44, full("m/44/60'/0'/0/0")),
        (BIP44, full("m/12381/3600/0/0")),
    ] {
        let error = seed(scheme).key(&path).unwrap_err();
        assert!(error.is_request(), "{path:?}: {error}");
    }
}

#[test]
fn the_largest_index_of_a_validator_is_not_that_of_an_account() {
    let key = seed(EIP2334).key(&KeyPath::index(u32::MAX)).unwrap();
    assert_eq!(key.path.as_deref(), Some("m/12381/3600/4294967295/0/0"));
    assert_eq!(seed(BIP44).key(&KeyPath::index(u32::MAX)).unwrap_err(), KeyError::Index(u32::MAX));
}

#[test]
fn every_network_has_the_same_keys_and_others_do_not_exist() {
    let open = |name: &str| {
        EthereumKeys.open(Material::Seed(secret(&"5a".repeat(64))), None, &Network::named(name), &secret(""))
    };
    let keys: Vec<_> = EthereumKeys
        .networks()
        .iter()
        .map(|network| open(network.name()).unwrap().key(&KeyPath::index(0)).unwrap().public_key)
        .collect();
    assert_eq!((keys.len(), keys.iter().all(|key| *key == keys[0])), (5, true));
    assert!(matches!(open("holesky").err(), Some(KeyError::Network { given, .. }) if given == "holesky"));
}

#[test]
fn material_that_a_scheme_does_not_take_is_refused() {
    for (material, scheme) in [
        (Material::ExtendedKey(secret(XPRV)), EIP2334),
        (keystore("", "pw"), BIP44),
        (Material::Seed(secret(SEED)), Scheme("cap26")),
    ] {
        let error = open(material, Some(scheme)).err().unwrap();
        assert!(matches!(error, KeyError::Material { .. } | KeyError::Scheme { .. }), "{error}");
    }
    assert!(matches!(open(Material::Seed(secret(SEED)), None).err(), Some(KeyError::Seed(_))));
}

#[test]
fn a_key_file_holds_one_key_of_the_curve_that_was_asked_for() {
    let digits = "12".repeat(32);
    for text in [digits.clone(), format!("0x{digits}\n"), digits.to_uppercase()] {
        for (scheme, has_address) in [(EIP2334, false), (BIP44, true)] {
            let source = open(file(&text), Some(scheme)).unwrap();
            let key = source.key(&KeyPath::index(0)).unwrap();
            assert_eq!((source.scheme(), private(&key)), (scheme, format!("0x{digits}").as_str()));
            assert_eq!((key.address.is_some(), key.path), (has_address, None));
            for path in [KeyPath::index(1), full("m/12381/3600/0/0/0"), full("m/44'/60'/0'/0/0")] {
                assert!(matches!(source.key(&path), Err(KeyError::Path { .. })));
            }
        }
    }
    let above_both = "ff".repeat(32);
    for text in ["", "0x", &digits[2..], &"zz".repeat(32), &"00".repeat(32), &above_both] {
        for scheme in [EIP2334, BIP44] {
            let error = open(file(text), Some(scheme)).err().unwrap();
            assert!(matches!(error, KeyError::Key(_)), "{error}");
            assert!(text.len() < 8 || !error.to_string().contains(text));
        }
    }
}

#[test]
fn a_keystore_gives_its_key_at_index_0_and_at_its_own_path_only() {
    let path = "m/12381/3600/7/0/0";
    let source = open(keystore(path, "pw"), None).unwrap();
    let key = source.key(&KeyPath::index(0)).unwrap();
    assert_eq!((source.scheme(), private(&key)), (EIP2334, format!("0x{}", "07".repeat(32)).as_str()));
    assert_eq!((key.path.as_deref(), &key.extra["password_form"]), (Some(path), &json!("standard")));
    assert_eq!(key.extra["kdf_strength"], "weak");
    assert_eq!(source.key(&full(path)).unwrap().public_key, key.public_key);
    for path in [KeyPath::index(1), full("m/12381/3600/8/0/0")] {
        assert!(matches!(source.key(&path), Err(KeyError::Path { .. })));
    }
    let Material::Keystore { json, .. } = keystore(path, "pw") else { unreachable!() };
    let wrong = Material::Keystore { json, password: secret("other") };
    assert_eq!(open(wrong, None).err(), Some(KeyError::Password));
}

#[test]
fn a_keystore_without_a_public_key_is_refused_with_what_to_do() {
    let Material::Keystore { json, .. } = keystore("", "pw") else { unreachable!() };
    let mut document: Value = serde_json::from_slice(&json).unwrap();
    let public = document["pubkey"].as_str().unwrap().to_owned();
    let mut open_with = |pubkey: Value| {
        document["pubkey"] = pubkey;
        let json = document.to_string().into_bytes();
        open(Material::Keystore { json, password: secret("pw") }, None)
    };
    let error = open_with(Value::Null).err().unwrap();
    assert!(matches!(error, KeyError::Keystore(why) if why.contains("add `pubkey`")), "{error}");
    assert!(open_with(json!("0x".to_owned() + &public)).is_ok());
    assert!(open_with(json!(public.to_uppercase())).is_ok());
    let other = SecretKey::from_bytes(&[8; 32]).unwrap().public_key();
    assert_eq!(open_with(json!(other.to_string())).err(), Some(KeyError::Mismatch));
}

/// A keystore of a program that hashes the password as it is. Ours would take control codes out, so
/// the derivation is done here.
fn made_by_a_program_that_keeps_control_codes(bytes: &str) -> Vec<u8> {
    let (salt, iv) = ([1; 32], [2; 16]);
    let mut derived = [0; 32];
    let params = scrypt::Params::new(1, 1, 1).unwrap();
    scrypt::scrypt(bytes.as_bytes(), &salt, &params, &mut derived).unwrap();
    let mut text = [7; 32];
    let mut cipher: ctr::Ctr128BE<aes::Aes128> = aes::cipher::KeyIvInit::new_from_slices(&derived[..16], &iv).unwrap();
    aes::cipher::StreamCipher::apply_keystream(&mut cipher, &mut text);
    let checksum = Sha256::digest([&derived[16..], &text].concat());
    let sealed = recipe("").seal(&SecretKey::from_bytes(&[7; 32]).unwrap(), &secret("")).unwrap();
    let mut document: Value = serde_json::from_str(&sealed).unwrap();
    document["crypto"]["cipher"]["message"] = json!(hex::encode(text));
    document["crypto"]["checksum"]["message"] = json!(hex::encode(checksum));
    document.to_string().into_bytes()
}

#[test]
fn a_newline_that_became_part_of_the_password_is_found_and_said() {
    for (hashed, given, form) in [
        ("pw", "pw", "standard"),
        ("pw", "pw\r", "standard"),
        ("pw\n", "pw", "newline_kept"),
        ("pw\r\n", "pw\r", "newline_kept"),
        ("pw\r", "pw\r", "control_codes_kept"),
        ("pw\n", "pw\n", "control_codes_kept"),
    ] {
        let json = made_by_a_program_that_keeps_control_codes(hashed);
        let source = open(Material::Keystore { json, password: secret(given) }, None).unwrap();
        assert_eq!(source.key(&KeyPath::index(0)).unwrap().extra["password_form"], form, "{given:?}");
    }
    let json = made_by_a_program_that_keeps_control_codes("pw\n\n");
    assert_eq!(open(Material::Keystore { json, password: secret("pw") }, None).err(), Some(KeyError::Password));
}

#[test]
fn a_sealed_key_is_opened_again_and_costs_what_deposit_tools_ask_for() {
    let key = seed(EIP2334).key(&KeyPath::index(3)).unwrap();
    let json = EthereumKeys.seal(&key, &secret("correct horse"), &mut Counting(0)).unwrap().to_vec();
    let parsed = Keystore::parse(&json).unwrap();
    assert_eq!((parsed.cost, parsed.path.as_str()), (Cost::STANDARD, "m/12381/3600/3/0/0"));
    let again = EthereumKeys.seal(&key, &secret("correct horse"), &mut Counting(99)).unwrap();
    assert_ne!(Keystore::parse(&again).unwrap().uuid, parsed.uuid);
    let opened = open(Material::Keystore { json, password: secret("correct horse") }, None).unwrap();
    let opened = opened.key(&KeyPath::index(0)).unwrap();
    assert_eq!((private(&opened), &opened.path), (private(&key), &key.path));
}

#[test]
fn what_cannot_be_sealed_is_refused_for_its_own_reason() {
    let key = || seed(EIP2334).key(&KeyPath::index(0)).unwrap();
    let seal = |key: &DerivedKey, password| EthereumKeys.seal(key, &secret(password), &mut Counting(0)).unwrap_err();
    let account = seed(BIP44).key(&KeyPath::index(0)).unwrap();
    assert!(matches!(seal(&account, "pw"), KeyError::Unsupported(_)));
    assert!(matches!(seal(&DerivedKey { secret: None, ..key() }, "pw"), KeyError::PublicOnly { .. }));
    assert!(matches!(seal(&key(), "\n"), KeyError::Argument { argument: "new-password-file", .. }));
    let other = seed(EIP2334).key(&KeyPath::index(1)).unwrap();
    assert_eq!(seal(&DerivedKey { secret: other.secret, ..key() }, "pw"), KeyError::Mismatch);
}

#[test]
fn an_extended_root_is_the_same_source_as_its_seed() {
    let from_seed = open(Material::Seed(secret(SEED)), Some(BIP44)).unwrap();
    let from_root = open(Material::ExtendedKey(secret(XPRV)), None).unwrap();
    assert_eq!(from_root.scheme(), BIP44);
    for path in [KeyPath::index(5), full("m/44'/60'/3'/1/2"), full("m")] {
        let [one, other] = [&from_seed, &from_root].map(|source| source.key(&path).unwrap());
        assert_eq!((private(&one), &one.path, &one.address), (private(&other), &other.path, &other.address));
    }
    let public = open(Material::ExtendedKey(secret(XPUB)), None).unwrap();
    assert!(matches!(public.key(&KeyPath::index(0)), Err(KeyError::PublicOnly { .. })));
    assert_eq!(public.key(&full("m")).unwrap().address, from_seed.key(&full("m")).unwrap().address);
}

#[test]
fn an_extended_public_key_shows_addresses_and_no_private_key() {
    let from_seed = open(Material::Seed(secret(SEED)), Some(BIP44)).unwrap();
    let hardened = 1 << 31;
    let of_account = open(public_extended(3, hardened | 2, "m/44'/60'/2'"), None).unwrap();
    let of_change = open(public_extended(4, 1, "m/44'/60'/2'/1"), None).unwrap();
    let expected = from_seed.key(&full("m/44'/60'/2'/1/9")).unwrap();
    let change = Branch { change: Some(1), index: 9, ..Branch::default() };
    for (source, path, below) in [
        (&of_account, KeyPath::Standard(change), "1/9"),
        (&of_account, full("m/44'/60'/2'/1/9"), "1/9"),
        (&of_change, KeyPath::index(9), "9"),
    ] {
        let key = source.key(&path).unwrap();
        assert_eq!((&key.address, &key.public_key), (&expected.address, &expected.public_key));
        assert_eq!((key.secret.is_none(), key.path.is_none()), (true, true));
        assert_eq!(key.extra["path_below_extended_key"], below);
    }
    for path in [
        full("m/44'/60'/3'/1/9"),
        full("m/44'/60'"),
        KeyPath::Standard(Branch { account: Some(0), ..Branch::default() }),
    ] {
        assert!(matches!(of_account.key(&path), Err(KeyError::Path { .. })), "{path:?}");
    }
}

#[test]
fn extended_keys_that_the_standard_calls_invalid_are_refused() {
    let node = Node::root(&[7; 32]).unwrap();
    let (code, public) = (node.chain_code(), node.public_key());
    let padded = [&[0], node.private_key().as_slice()].concat();
    let mut unpadded = padded.clone();
    unpadded[0] = 1;
    for text in [
        extended(0x0488_ade4, 0, 1, code, &padded),
        extended(0x0488_ade4, 0, 0, code, &unpadded),
        extended(0x0488_ade4, 0, 0, code, &[0; 33]),
        extended(0x0488_ade4, 0, 0, code, &public),
        extended(0x0488_b21e, 0, 0, code, &padded),
        extended(0x049d_7cb2, 0, 0, code, &public),
        XPRV.replace("PHi", "PHj"),
        XPRV.replace("PHi", "PH"),
        XPRV.replace("PHi", "PH0"),
        "x".repeat(5000),
        String::new(),
    ] {
        assert!(matches!(ExtendedKey::parse(&secret(&text)), Err(KeyError::Key(_))), "{text}");
    }
    assert!(ExtendedKey::parse(&secret(&extended(0x0488_ade4, 0, 0, code, &padded))).is_ok());
}

#[test]
fn every_form_of_material_is_recognised_without_revealing_it() {
    let mut entropy = Counting(0);
    let words = EthereumKeys.generate(None, None, &mut entropy).unwrap();
    assert_eq!(words.expose().split(' ').count(), 24);
    let Material::Keystore { json, .. } = keystore("m/12381/3600/0/0/0", "pw") else { unreachable!() };
    let json = String::from_utf8(json).unwrap();
    let descriptor = format!(r#"{{"algo":"argon2id","salt":"{}","checksum":"{}"}}"#, "12".repeat(16), "12".repeat(32));
    for (text, format, schemes) in [
        (words.expose(), "bip39_mnemonic", vec!["eip2334", "bip44"]),
        (&json, "eip2335_keystore", vec!["eip2334"]),
        (XPRV, "bip32_extended_private_key", vec!["bip44"]),
        (XPUB, "bip32_extended_public_key", vec!["bip44"]),
        (&"12".repeat(32), "raw_key", vec!["eip2334", "bip44"]),
        (&("0x".to_owned() + &"f1".repeat(32)), "raw_key", vec!["bip44"]),
        (SEED, "seed", vec!["bip44"]),
        (&"12".repeat(64), "seed", vec!["eip2334", "bip44"]),
        (&descriptor, "supervisor_key_descriptor", vec![]),
    ] {
        let found = EthereumKeys.inspect("", format!("{text}\n").as_bytes()).unwrap();
        assert_eq!((found.format, &found.schemes), (format, &schemes));
        let shown = serde_json::to_string(&found).unwrap();
        assert!(format == "bip32_extended_public_key" || !shown.contains(text.get(..24).unwrap()), "{shown}");
    }
    for (text, code) in [
        ("", "unrecognised"),
        ("abc", "unrecognised"),
        ("planted", "unrecognised"),
        ("planted words", "word_count"),
        ("{}", "keystore_invalid"),
        ("xpub1", "key_invalid"),
    ] {
        assert_eq!(EthereumKeys.inspect("", text.as_bytes()).unwrap_err().code(), code, "{text}");
    }
}

#[test]
fn a_keystore_that_asks_for_too_much_is_shown_and_not_opened() {
    let Material::Keystore { json, password } = keystore("", "pw") else { unreachable!() };
    let mut document: Value = serde_json::from_slice(&json).unwrap();
    document["crypto"]["kdf"]["params"]["n"] = json!(1u64 << 40);
    let json = document.to_string().into_bytes();
    let found = EthereumKeys.inspect("", &json).unwrap();
    assert_eq!(found.facts["kdf_strength"], "over_limit");
    let error = open(Material::Keystore { json, password }, None).err().unwrap();
    assert!(error.to_string().contains("n = 1099511627776") && error.to_string().contains("1 GiB"), "{error}");
}

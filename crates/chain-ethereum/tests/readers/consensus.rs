//! EIP-2333, EIP-2334 and the keys of development networks.
use chain_ethereum::keys::bls::SecretKey;
use chain_ethereum::keys::{EIP2334, EthereumKeys, TreePath, TreePathError};
use serde_json::Value;
use watchdog_core::keys::phrase::Phrase;
use watchdog_core::keys::tool::Inputs;
use watchdog_core::keys::{DerivedKey, Entropy, KeyDerivation, KeyError, KeyPath, KeySource, Material, Network};
use watchdog_core::secret::Secret;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[
    Reader { path: "eip2333.json", check: trees },
    Reader { path: "eip2334.json", check: paths },
    Reader { path: "interop_keys.json", check: interop },
];

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn bytes(case: Case<'_>, field: &str) -> Result<Vec<u8>, String> {
    let text = case.text(field)?;
    let digits = text.strip_prefix("0x").ok_or_else(|| format!("`{field}` has no 0x"))?;
    hex::decode(digits).map_err(|e| e.to_string())
}

/// A big-endian number in decimal digits.
fn decimal(number: &[u8]) -> String {
    let mut digits = vec![0u32];
    for byte in number {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += *digit * 256;
            *digit = carry % 10;
            carry /= 10;
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    }
    digits.iter().rev().filter_map(|digit| char::from_digit(*digit, 10)).collect()
}

fn trees(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match (case.text("kind")?, case.has("error")) {
        ("derive", false) => grows(case),
        ("derive", true) => has_no_tree(case),
        (kind, _) => Err(format!("unknown kind `{kind}`")),
    });
}

fn grows(case: Case<'_>) -> Result<(), String> {
    let master = SecretKey::root(&bytes(case, "seed")?).ok_or("the seed has no tree")?;
    case.equals("master_sk", master.to_hex().expose())?;
    case.equals("master_sk_dec", decimal(master.to_bytes().as_slice()))?;
    let child = master.child(case.number("child_index")?);
    case.equals("child_sk", child.to_hex().expose())?;
    case.equals("child_sk_dec", decimal(child.to_bytes().as_slice()))?;
    case.equals("child_pk", child.public_key().to_string())?;
    // EIP-2333: the child is hkdf_mod_r of the compressed Lamport public key, as a root is of a seed.
    let again = SecretKey::root(&bytes(case, "compressed_lamport_pk")?).ok_or("no key comes of it")?;
    case.equals("child_sk", again.to_hex().expose())
}

fn has_no_tree(case: Case<'_>) -> Result<(), String> {
    if SecretKey::root(&bytes(case, "seed")?).is_none() {
        return case.equals("error", "seed_too_short");
    }
    if case.number::<u32>("child_index").is_err() {
        return case.equals("error", "child_index_out_of_range");
    }
    Err("it leads to a key".to_owned())
}

fn paths(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match (case.text("kind")?, case.has("error")) {
        ("mnemonic", false) => derives(case),
        ("mnemonic", true) => is_no_mnemonic(case),
        ("path", is_error) => path(case, is_error),
        (kind, _) => Err(format!("unknown kind `{kind}`")),
    });
}

fn open(material: Material, passphrase: &str) -> Result<Box<dyn KeySource>, KeyError> {
    EthereumKeys.open(material, Some(&EIP2334), &Network::known("mainnet"), &secret(passphrase))
}

fn derives(case: Case<'_>) -> Result<(), String> {
    let (mnemonic, passphrase) = (case.text("mnemonic")?, case.text("passphrase")?);
    let phrase = Phrase::parse(&secret(mnemonic)).map_err(|e| e.to_string())?;
    case.equals("seed", format!("0x{}", hex::encode(phrase.seed(&secret(passphrase)))))?;
    let from_phrase = open(Material::Phrase(secret(mnemonic)), passphrase).map_err(|e| e.to_string())?;
    let from_seed = open(Material::Seed(secret(case.text("seed")?)), "").map_err(|e| e.to_string())?;
    for account in case.objects("accounts")? {
        for source in [&from_phrase, &from_seed] {
            let index = account.number("index")?;
            let full = |path: &str| source.key(&KeyPath::Full(path.to_owned())).map_err(|e| e.to_string());
            let signing = source.key(&KeyPath::index(index)).map_err(|e| e.to_string())?;
            signs(account, &signing)?;
            signs(account, &full(account.text("signing_path")?)?)?;
            let withdrawal = full(account.text("withdrawal_path")?)?;
            holds(account, "withdrawal", &withdrawal)?;
            credentials(account, &withdrawal)?;
        }
    }
    Ok(())
}

fn signs(account: Case<'_>, key: &DerivedKey) -> Result<(), String> {
    holds(account, "signing", key)?;
    account.equals("withdrawal_pk", key.extra.get("withdrawal_public_key").cloned())?;
    credentials(account, key)
}

fn credentials(account: Case<'_>, key: &DerivedKey) -> Result<(), String> {
    account.equals("bls_withdrawal_credentials", key.extra.get("bls_withdrawal_credentials").cloned())
}

fn holds(account: Case<'_>, key_use: &str, key: &DerivedKey) -> Result<(), String> {
    account.equals(&format!("{key_use}_path"), key.path.clone())?;
    account.equals(&format!("{key_use}_pk"), key.public_key.as_str())?;
    account.equals(&format!("{key_use}_sk"), key.secret.as_ref().map(Secret::expose))?;
    if key.extra.get("key_use") == Some(&key_use.into()) { Ok(()) } else { Err("another use is named".to_owned()) }
}

fn is_no_mnemonic(case: Case<'_>) -> Result<(), String> {
    let class = match open(Material::Phrase(secret(case.text("mnemonic")?)), case.text("passphrase")?).err() {
        Some(KeyError::Checksum) => "bad_checksum",
        Some(KeyError::WordCount { .. }) => "bad_word_count",
        Some(KeyError::UnknownWord(_)) => "unknown_word",
        other => return Err(format!("{other:?}")),
    };
    case.equals("error", class)
}

fn path(case: Case<'_>, is_error: bool) -> Result<(), String> {
    case.equals("purpose", "validator_signing_key")?;
    let text = case.text("path")?;
    match (text.parse().and_then(TreePath::for_signing), is_error) {
        (Ok(path), false) => {
            case.equals("components", path.components())?;
            case.equals("path", path.to_string())
        }
        (Err(error), true) => {
            let source = open(Material::Seed(secret(&"5a".repeat(32))), "").map_err(|e| e.to_string())?;
            let refusal = source.key(&KeyPath::Full(text.to_owned())).err();
            if !matches!(error, TreePathError::NotSigning) && !matches!(refusal, Some(KeyError::Path { .. })) {
                return Err(format!("{refusal:?}"));
            }
            case.equals("error", class(error)?)
        }
        (outcome, _) => Err(format!("{outcome:?}")),
    }
}

fn class(error: TreePathError) -> Result<&'static str, String> {
    Ok(match error {
        TreePathError::Empty => "empty",
        TreePathError::Root => "path_must_start_with_m",
        TreePathError::EmptyComponent(_) => "empty_component",
        TreePathError::Hardened(_) => "hardened_marker_not_allowed",
        TreePathError::Number(_) => "invalid_index",
        TreePathError::Range(_) => "index_out_of_range",
        TreePathError::Purpose(_) => "wrong_purpose",
        TreePathError::Coin(_) => "wrong_coin_type",
        TreePathError::Shallow(_) | TreePathError::NotSigning => "too_shallow_for_signing",
        error => return Err(error.to_string()),
    })
}

fn interop(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match case.text("kind")? {
        "interop" => is_known_to_everybody(case),
        kind => Err(format!("unknown kind `{kind}`")),
    });
}

/// There is nothing random about these keys.
struct Nothing;

impl Entropy for Nothing {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), KeyError> {
        Err(KeyError::Entropy)
    }
}

fn is_known_to_everybody(case: Case<'_>) -> Result<(), String> {
    let key = SecretKey::interop(case.number("index")?).ok_or("it has no key")?;
    case.equals("sk", key.to_hex().expose())?;
    case.equals("pk", key.public_key().to_string())?;
    let tool = EthereumKeys.tools().iter().find(|tool| tool.name == "interop-key").ok_or("there is no such tool")?;
    let inputs = Inputs::default().with_text("index", case.value("index")?.to_string());
    let answer = (tool.run)(&inputs, &mut Nothing).map_err(|e| e.to_string())?;
    case.equals("pk", answer.facts["public_key"].clone())?;
    case.equals("sk", answer.private.get("private_key").map(Secret::expose))
}

//! Mnemonic to keys and addresses.
use chain_radix::address::{AccountAddress, OlympiaAddress};
use chain_radix::keys::{CAP26, OLYMPIA, RadixKeys};
use serde_json::Value;
use watchdog_core::keys::phrase::Phrase;
use watchdog_core::keys::{DerivedKey, KeyDerivation, KeyError, KeyPath, Material, Network, Scheme};
use watchdog_core::secret::Secret;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] =
    &[Reader { path: "accounts.json", check }, Reader { path: "accounts_published.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match case.find("expected").map(Value::to_string).as_deref() {
        None => derives(case),
        Some("\"error\"") => is_refused(case),
        Some(expected) => Err(format!("unknown expectation {expected}")),
    });
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn scheme(case: Case<'_>) -> Result<Scheme, String> {
    match case.text("scheme")? {
        "cap26" => Ok(CAP26),
        "bip44_olympia" => Ok(OLYMPIA),
        scheme => Err(format!("unknown scheme `{scheme}`")),
    }
}

fn key(material: Material, passphrase: &str, case: Case<'_>) -> Result<DerivedKey, String> {
    let network = Network::named(case.number::<u8>("network_id")?.to_string());
    let path = KeyPath::index(case.number("index")?);
    let derive =
        || RadixKeys.open(material, Some(&scheme(case).ok()?), &network, &secret(passphrase)).ok()?.key(&path).ok();
    scheme(case)?;
    derive().ok_or_else(|| "no key is derived".to_owned())
}

fn derives(case: Case<'_>) -> Result<(), String> {
    let (mnemonic, passphrase) = (case.text("mnemonic")?, case.text("passphrase")?);
    let phrase = Phrase::parse(&secret(mnemonic)).map_err(|e| e.to_string())?;
    case.equals("words", phrase.words())?;
    case.equals("seed_hex", hex::encode(phrase.seed(&secret(passphrase))))?;

    let key = key(Material::Phrase(secret(mnemonic)), passphrase, case)?;
    holds(case, &key)?;
    // A seed is the same source without its words.
    let again = self::key(Material::Seed(secret(case.text("seed_hex")?)), "", case)?;
    holds(case, &again)?;
    // The full path leads to the key that the index leads to.
    let network = Network::named(case.number::<u8>("network_id")?.to_string());
    let source =
        RadixKeys.open(Material::Phrase(secret(mnemonic)), Some(&scheme(case)?), &network, &secret(passphrase));
    let full = source.and_then(|s| s.key(&KeyPath::Full(key.path.unwrap_or_default()))).map_err(|e| e.to_string())?;
    holds(case, &full)
}

fn holds(case: Case<'_>, key: &DerivedKey) -> Result<(), String> {
    case.equals("path", key.path.clone())?;
    case.equals("public_key_hex", key.public_key.as_str())?;
    case.equals("private_key_hex", key.secret.as_ref().map(Secret::expose))?;
    case.equals("curve", key.extra.get("curve").cloned())?;
    case.equals("account_address", key.address.clone())?;
    case.equals_or_absent("olympia_address", key.extra.get("olympia_address").cloned())?;
    let account: AccountAddress = case.text("account_address")?.parse().map_err(|e| format!("{e}"))?;
    case.equals("account_node_id_hex", account.node_id().to_string())?;
    case.equals("network_id", account.network().id())?;
    if case.has("olympia_address") {
        let old: OlympiaAddress = case.text("olympia_address")?.parse().map_err(|e| format!("{e}"))?;
        case.equals("public_key_hex", old.public_key().to_string())?;
        case.equals("olympia_address", old.to_string())?;
    }
    Ok(())
}

fn is_refused(case: Case<'_>) -> Result<(), String> {
    let mnemonic = case.text("mnemonic")?;
    for scheme in [CAP26, OLYMPIA] {
        let material = Material::Phrase(secret(mnemonic));
        match RadixKeys.open(material, Some(&scheme), &Network::known("mainnet"), &secret("")).err() {
            Some(KeyError::WordCount { .. } | KeyError::UnknownWord(_) | KeyError::Checksum) => {}
            Some(error) => return Err(format!("refused for another reason: {error}")),
            None => return Err("the mnemonic is taken".to_owned()),
        }
    }
    Ok(())
}

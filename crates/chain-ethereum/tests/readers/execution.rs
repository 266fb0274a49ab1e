//! BIP-44 on secp256k1.
use chain_ethereum::keys::{BIP44, EthereumKeys, ExecutionKey};
use serde_json::Value;
use watchdog_core::keys::path::{DerivationPath, PathError};
use watchdog_core::keys::phrase::Phrase;
use watchdog_core::keys::{
    Branch, DerivedKey, KeyDerivation, KeyError, KeyFile, KeyPath, KeySource, Material, Network,
};
use watchdog_core::secret::Secret;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "bip44_secp256k1.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match (case.text("kind")?, case.has("error")) {
        ("derive", false) => derives(case),
        ("path", true) => is_refused(case),
        (kind, _) => Err(format!("unknown kind `{kind}`")),
    });
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn open(material: Material, passphrase: &str) -> Result<Box<dyn KeySource>, String> {
    let opened = EthereumKeys.open(material, Some(&BIP44), &Network::known("mainnet"), &secret(passphrase));
    opened.map_err(|e| e.to_string())
}

fn derives(case: Case<'_>) -> Result<(), String> {
    let (mnemonic, passphrase) = (case.text("mnemonic")?, case.text("passphrase")?);
    let from_phrase = open(Material::Phrase(secret(mnemonic)), passphrase)?;
    let phrase = Phrase::parse(&secret(mnemonic)).map_err(|e| e.to_string())?;
    let seed = hex::encode(phrase.seed(&secret(passphrase)));
    let from_seed = open(Material::Seed(secret(&seed)), "")?;
    for account in case.objects("accounts")? {
        let path = account.text("path")?;
        for source in [&from_phrase, &from_seed] {
            let key = source.key(&KeyPath::Full(path.to_owned())).map_err(|e| e.to_string())?;
            account.equals("path", key.path.clone())?;
            holds(account, &key)?;
            if let Some(branch) = branch(path) {
                let key = source.key(&KeyPath::Standard(branch)).map_err(|e| e.to_string())?;
                account.equals("path", key.path.clone())?;
                holds(account, &key)?;
            }
        }
        let file = KeyFile { name: String::new(), bytes: account.text("private_key")?.as_bytes().to_vec().into() };
        let alone = open(Material::KeyFile(file), "")?.key(&KeyPath::index(0)).map_err(|e| e.to_string())?;
        holds(account, &alone)?;
        let public = hex::decode(account.text("public_key_compressed")?.trim_start_matches("0x"));
        let public = public.ok().and_then(|bytes| ExecutionKey::from_compressed(&bytes.try_into().ok()?));
        account.equals("address", public.map(|key| key.address().to_string()))?;
    }
    Ok(())
}

/// The branch of the standard path, where the path is one of it.
fn branch(path: &str) -> Option<Branch> {
    let path: DerivationPath = path.parse().ok()?;
    let [_, _, account, change, index] = path.components() else { return None };
    let [account, change] = [account, change].map(|step| Some(step.index()).filter(|index| *index != 0));
    Some(Branch { role: None, account, change, index: index.index() })
}

fn holds(account: Case<'_>, key: &DerivedKey) -> Result<(), String> {
    account.equals("private_key", key.secret.as_ref().map(Secret::expose))?;
    account.equals("public_key_compressed", key.public_key.as_str())?;
    account.equals("public_key_uncompressed", key.extra.get("public_key_uncompressed").cloned())?;
    account.equals("address", key.address.clone())
}

fn is_refused(case: Case<'_>) -> Result<(), String> {
    let path = case.text("path")?;
    let source = open(Material::Seed(secret(&"5a".repeat(32))), "")?;
    match source.key(&KeyPath::Full(path.to_owned())) {
        Err(error @ KeyError::Path { .. }) if error.is_request() => {}
        other => return Err(format!("{:?}", other.map(|key| key.path))),
    }
    let class = match path.parse::<DerivationPath>() {
        Err(PathError::Root) => "path_must_start_with_m",
        Err(PathError::Range(_)) => "index_out_of_range",
        Err(PathError::Number(place)) if path.split('/').nth(place) == Some("") => "empty_component",
        Err(PathError::Number(_)) => "invalid_index",
        other => return Err(format!("{other:?}")),
    };
    case.equals("error", class)
}

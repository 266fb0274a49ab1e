//! BIP-39 phrases to the tree of ARC-52, and signatures of its keys.
use chain_algorand::keys::{
    ARC52_KHOVRATOVICH, ARC52_PEIKERT, AlgorandKeys, Domain, KeyText, Signature, SigningKey, root, verifies,
};
use serde_json::Value;
use watchdog_core::keys::phrase::Phrase;
use watchdog_core::keys::{
    Branch, DerivedKey, KeyDerivation, KeyError, KeyFile, KeyPath, KeySource, Material, Network, Scheme,
};
use watchdog_core::secret::Secret;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "arc52.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| if case.flag("valid")? { derives(case) } else { is_refused(case) });
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn scheme(case: Case<'_>) -> Result<Scheme, String> {
    match case.text("variant")? {
        "peikert" => Ok(ARC52_PEIKERT),
        "khovratovich" => Ok(ARC52_KHOVRATOVICH),
        variant => Err(format!("unknown variant `{variant}`")),
    }
}

fn open(material: Material, scheme: Scheme, passphrase: &str) -> Result<Box<dyn KeySource>, String> {
    let source = AlgorandKeys.open(material, Some(&scheme), &Network::known("testnet"), &secret(passphrase));
    source.map_err(|e| e.to_string())
}

fn derives(case: Case<'_>) -> Result<(), String> {
    let (mnemonic, passphrase, scheme) = (case.text("mnemonic")?, case.text("passphrase")?, scheme(case)?);
    let seed = Phrase::parse(&secret(mnemonic)).map_err(|e| e.to_string())?.seed(&secret(passphrase));
    case.equals("seed_hex", hex::encode(*seed))?;
    case.equals("root_xprv_hex", root(&seed).map(|root| root.to_hex().expose().to_owned()))?;

    let (account, change, index) = (case.number("account")?, case.number("change")?, case.number("index")?);
    let branch = Branch { role: None, account: Some(account), change: Some(change), index };
    let phrase = open(Material::Phrase(secret(mnemonic)), scheme, passphrase)?;
    let seed = open(Material::Seed(secret(case.text("seed_hex")?)), scheme, "")?;
    for path in [KeyPath::Standard(branch), KeyPath::Full(case.text("path")?.to_owned())] {
        for source in [&phrase, &seed] {
            holds(case, &source.key(&path).map_err(|e| e.to_string())?)?;
        }
    }
    below_the_account(case, scheme, change, index)?;
    signs(case, scheme)
}

fn holds(case: Case<'_>, key: &DerivedKey) -> Result<(), String> {
    case.equals("path", key.path.as_deref())?;
    case.equals("xprv_hex", key.secret.as_ref().map(Secret::expose))?;
    case.equals("xprv_hex", key.private.get("xprv").map(Secret::expose))?;
    case.equals("xpub_hex", key.extra.get("xpub").cloned())?;
    case.equals("account_xpub_hex", key.extra.get("account_xpub").cloned())?;
    case.equals("public_key_hex", key.public_key.as_str())?;
    case.equals("address", key.address.as_deref())
}

/// The account's extended public key leads to the same key without anything private.
fn below_the_account(case: Case<'_>, scheme: Scheme, change: u32, index: u32) -> Result<(), String> {
    let account = open(Material::ExtendedKey(secret(case.text("account_xpub_hex")?)), scheme, "")?;
    let branch = Branch { change: Some(change), index, ..Branch::default() };
    let key = account.key(&KeyPath::Standard(branch)).map_err(|e| e.to_string())?;
    case.equals("xpub_hex", key.extra.get("xpub").cloned())?;
    case.equals("address", key.address.as_deref())
}

fn signs(case: Case<'_>, scheme: Scheme) -> Result<(), String> {
    let message = hex::decode(case.text("sign_message_hex")?).map_err(|e| e.to_string())?;
    let bytes = case.text("xprv_hex")?.as_bytes().to_vec();
    let key = SigningKey::from(&KeyText::read(&bytes).map_err(|e| e.to_string())?);
    let signature = key.sign(Domain::Raw, &message);
    case.equals("signature_hex", signature.to_hex())?;
    let expected: Signature = case.text("signature_hex")?.parse().map_err(|e| format!("{e}"))?;
    let address = case.text("address")?.parse().map_err(|e| format!("{e}"))?;
    if !verifies(&address, Domain::Raw, &message, &expected) {
        return Err("its signature does not hold".to_owned());
    }
    // In a key file it is the same key.
    let file = Material::KeyFile(KeyFile { name: String::new(), bytes: bytes.into() });
    let key = open(file, scheme, "")?.key(&KeyPath::index(0)).map_err(|e| e.to_string())?;
    case.equals("address", key.address.as_deref())
}

fn is_refused(case: Case<'_>) -> Result<(), String> {
    for scheme in [ARC52_PEIKERT, ARC52_KHOVRATOVICH] {
        let material = Material::Phrase(secret(case.text("mnemonic")?));
        let opened = AlgorandKeys.open(material, Some(&scheme), &Network::known("mainnet"), &secret(""));
        case.equals("error", opened.err().as_ref().map(KeyError::code))?;
    }
    Ok(())
}

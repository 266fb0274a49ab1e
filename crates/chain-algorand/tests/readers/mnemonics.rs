//! 25 words, seed, public key and address.
use chain_algorand::keys::{ALGORAND_25, AlgorandKeys};
use chain_algorand::mnemonic;
use serde_json::Value;
use watchdog_core::keys::{DerivedKey, KeyDerivation, KeyError, KeyPath, Material, Network};
use watchdog_core::secret::Secret;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "mnemonics.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| if case.flag("valid")? { derives(case) } else { is_refused(case) });
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn derives(case: Case<'_>) -> Result<(), String> {
    for material in [Material::Phrase(secret(case.text("mnemonic")?)), Material::Seed(secret(case.text("seed_hex")?))] {
        let source = AlgorandKeys.open(material, None, &Network::known("mainnet"), &secret(""));
        let source = source.map_err(|e| e.to_string())?;
        if source.scheme() != ALGORAND_25 {
            return Err(format!("it is opened as {}", source.scheme()));
        }
        holds(case, &source.key(&KeyPath::index(0)).map_err(|e| e.to_string())?)?;
    }
    Ok(())
}

fn holds(case: Case<'_>, key: &DerivedKey) -> Result<(), String> {
    let mnemonic = key.private.get("mnemonic").map(Secret::expose);
    case.equals("mnemonic", mnemonic)?;
    case.equals("checksum_word", mnemonic.and_then(|words| words.rsplit(' ').next()))?;
    case.equals("seed_hex", key.secret.as_ref().map(Secret::expose))?;
    case.equals("public_key_hex", key.public_key.as_str())?;
    case.equals("address", key.address.as_deref())
}

fn is_refused(case: Case<'_>) -> Result<(), String> {
    let error = mnemonic::parse(&secret(case.text("mnemonic")?)).err();
    case.equals("error", error.as_ref().map(KeyError::code))?;
    // The scheme by name refuses for the same reason.
    let material = Material::Phrase(secret(case.text("mnemonic")?));
    let opened = AlgorandKeys.open(material, Some(&ALGORAND_25), &Network::known("mainnet"), &secret(""));
    if opened.err() == error { Ok(()) } else { Err("it is refused for another reason".to_owned()) }
}

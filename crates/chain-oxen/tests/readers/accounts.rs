//! Session accounts.
use crate::{key, open, private, secret};
use chain_oxen::keys::{OxenKeys, SESSION};
use chain_oxen::mnemonic::{Form, Mnemonic};
use serde_json::Value;
use watchdog_core::keys::{DerivedKey, KeyDerivation, KeyError, Material};
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "session_account_13_words.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| if case.flag("valid")? { derives(case) } else { is_refused(case) });
}

fn derives(case: Case<'_>) -> Result<(), String> {
    let phrase = secret(case.text("mnemonic")?);
    let read = Mnemonic::parse(&phrase, Form::Session).map_err(|e| e.to_string())?;
    case.equals("seed16", hex::encode(read.seed()))?;
    case.equals("mnemonic", read.phrase().expose())?;
    let format = OxenKeys.inspect("", phrase.expose().as_bytes()).map_err(|e| e.to_string())?.format;
    if format != "session_mnemonic" {
        return Err(format!("it is taken for {format}"));
    }
    holds(case, &key(Material::Phrase(phrase))?)?;
    let from_seed = key(Material::Seed(secret(case.text("seed16")?)))?;
    case.equals("mnemonic", private(&from_seed, "mnemonic"))?;
    holds(case, &from_seed)
}

fn holds(case: Case<'_>, key: &DerivedKey) -> Result<(), String> {
    case.equals("ed25519_public", key.public_key.as_str())?;
    case.equals("x25519_public", key.extra.get("x25519_public_key").cloned())?;
    case.equals("session_id", key.address.clone())
}

fn is_refused(case: Case<'_>) -> Result<(), String> {
    for scheme in [None, Some(SESSION)] {
        match open(Material::Phrase(secret(case.text("mnemonic")?)), scheme, "mainnet").err() {
            Some(KeyError::Checksum | KeyError::UnknownWord(_) | KeyError::WordCount { .. }) => {}
            Some(error) => return Err(format!("refused for another reason: {error}")),
            None => return Err("the mnemonic is taken".to_owned()),
        }
    }
    Ok(())
}

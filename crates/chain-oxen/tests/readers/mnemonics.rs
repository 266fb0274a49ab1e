//! Wallets: words, keys, and addresses of every network and kind.
use crate::{key, open, private, secret};
use chain_oxen::address::Address;
use chain_oxen::keys::{OxenKeys, WALLET};
use chain_oxen::mnemonic::{Form, Mnemonic};
use serde_json::Value;
use watchdog_core::keys::{Branch, DerivedKey, KeyDerivation, KeyError, KeyPath, Material};
use watchdog_core::secret::Secret;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "mnemonics.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match (case.flag("valid")?, case.has("spend_secret")) {
        (true, true) => derives(case),
        (true, false) => reads(case).map(|_| ()),
        (false, _) => is_refused(case),
    });
}

/// The words stand for the seed.
fn reads(case: Case<'_>) -> Result<Mnemonic, String> {
    let phrase = secret(case.text("mnemonic")?);
    let read = Mnemonic::parse(&phrase, Form::Wallet).map_err(|e| e.to_string())?;
    case.equals("seed", hex::encode(read.seed()))?;
    let format = OxenKeys.inspect("", phrase.expose().as_bytes()).map_err(|e| e.to_string())?.format;
    if format == "oxen_mnemonic" { Ok(read) } else { Err(format!("it is taken for {format}")) }
}

fn derives(case: Case<'_>) -> Result<(), String> {
    case.equals("mnemonic", reads(case)?.phrase().expose())?;
    holds(case, &key(Material::Phrase(secret(case.text("mnemonic")?)))?)?;
    holds(case, &key(Material::Phrase(secret(case.text("mnemonic_24")?)))?)?;
    let from_seed = key(Material::Seed(secret(case.text("seed")?)))?;
    case.equals("mnemonic", private(&from_seed, "mnemonic"))?;
    holds(case, &from_seed)?;
    for network in ["mainnet", "testnet", "devnet", "stagenet"] {
        addresses(case, network)?;
    }
    Ok(())
}

fn holds(case: Case<'_>, key: &DerivedKey) -> Result<(), String> {
    case.equals("spend_secret", key.secret.as_ref().map(Secret::expose))?;
    case.equals("view_secret", private(key, "view_key"))?;
    case.equals("spend_public", key.public_key.as_str())?;
    case.equals("view_public", key.extra.get("view_public_key").cloned())?;
    case.equals("seed_is_canonical_scalar", key.extra.get("seed_is_canonical").cloned())
}

fn addresses(case: Case<'_>, network: &str) -> Result<(), String> {
    let expected = case.object("addresses")?.object(network)?;
    let source = open(Material::Phrase(secret(case.text("mnemonic")?)), Some(WALLET), network);
    let source = source.map_err(|e| e.to_string())?;
    let at = |account, index| {
        let branch = Branch { account: Some(account), index, ..Branch::default() };
        source.key(&KeyPath::Standard(branch)).map(|key| key.address).map_err(|e| e.to_string())
    };
    expected.equals("standard", at(0, 0)?)?;
    expected.equals("subaddress_0_1", at(0, 1)?)?;
    expected.equals("subaddress_1_0", at(1, 0)?)?;
    let id = hex::decode(case.text("payment_id")?).ok().and_then(|id| id.try_into().ok());
    let standard: Address = expected.text("standard")?.parse().map_err(|e| format!("{e}"))?;
    let integrated = standard.with_payment_id(id.ok_or("a payment id has 8 bytes")?);
    expected.equals("integrated", integrated.map(|address| address.to_string()))
}

fn is_refused(case: Case<'_>) -> Result<(), String> {
    let mnemonic = case.text("mnemonic")?;
    for scheme in [None, Some(WALLET)] {
        match open(Material::Phrase(secret(mnemonic)), scheme, "mainnet").err() {
            Some(KeyError::Checksum | KeyError::UnknownWord(_) | KeyError::WordCount { .. }) => {}
            Some(error) => return Err(format!("refused for another reason: {error}")),
            None => return Err("the mnemonic is taken".to_owned()),
        }
    }
    match OxenKeys.inspect("", mnemonic.as_bytes()) {
        Ok(found) => Err(format!("it is taken for {}", found.format)),
        Err(_) => Ok(()),
    }
}

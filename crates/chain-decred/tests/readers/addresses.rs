//! Addresses in both directions, with their scripts.
use crate::keys::network;
use chain_decred::address::{Address, DecredAddresses, Payload};
use chain_decred::algorithm::Algorithm;
use chain_decred::keys::PublicKey;
use chain_decred::script;
use serde_json::Value;
use watchdog_core::chain::AddressReader;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "addresses.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match (case.text("kind")?, case.has("pubkey_hex")) {
        ("ok", true) => of_key(case),
        ("ok", false) => decodes(case),
        ("error", _) => is_refused(case),
        (kind, _) => Err(format!("unknown kind `{kind}`")),
    });
}

fn parsed(case: Case<'_>) -> Result<Address, String> {
    Address::parse_on(case.text("address")?, network(case)?).map_err(|e| e.to_string())
}

fn of_key(case: Case<'_>) -> Result<(), String> {
    let key: PublicKey = case.text("pubkey_hex")?.parse().map_err(|e| format!("{e}"))?;
    let by_hash = Address::of_key_hash(network(case)?, &key);
    let address = match case.text("type")? {
        "p2pkh" => by_hash,
        "p2pk" => Address::of_key(network(case)?, key),
        other => return Err(format!("unknown type `{other}`")),
    };
    case.equals("address", address.to_string())?;
    if parsed(case)? != address {
        return Err("it is read as another address".to_owned());
    }
    let hash = case.has("hash160").then(|| hex::encode(key.hash160()));
    case.equals_or_absent("hash160", hash)?;
    case.equals_or_absent("p2pkh", (address != by_hash).then(|| by_hash.to_string()))?;
    case.equals("payment_script", hex::encode(script::payment(&address)))?;
    case.equals_or_absent("voting_rights_script", script::voting_rights(&address).map(hex::encode))?;
    explained(case)
}

/// What people are shown says the same.
fn explained(case: Case<'_>) -> Result<(), String> {
    let shown = DecredAddresses.explain(case.text("address")?, Some(case.text("network")?))?;
    let fields = ["type", "hash160", "p2pkh", "payment_script", "script_version", "voting_rights_script", "network"];
    for field in fields {
        case.equals_or_absent(field, shown.get(field).cloned())?;
    }
    case.equals_or_absent("pubkey_hex", shown.get("public_key").cloned().or_else(|| case.find("pubkey_hex").cloned()))
}

/// Compared with the name of the type that the reference read it as.
fn decodes(case: Case<'_>) -> Result<(), String> {
    let address = parsed(case)?;
    let name = match address.payload() {
        Payload::PublicKeyHash(Algorithm::Ecdsa, _) => "AddressPubKeyHashEcdsaSecp256k1V0",
        Payload::ScriptHash(_) => "AddressScriptHashV0",
        Payload::PublicKey(key) if key.algorithm() == Algorithm::Ecdsa => "AddressPubKeyEcdsaSecp256k1V0",
        other => return Err(format!("{other:?}")),
    };
    case.equals("oracle", name)?;
    case.equals("address", address.to_string())
}

fn is_refused(case: Case<'_>) -> Result<(), String> {
    let (text, network) = (case.text("address")?, network(case)?);
    let Err(error) = Address::parse_on(text, network) else { return Err("the address is taken".to_owned()) };
    if DecredAddresses.explain(text, Some(network.name())).is_ok() {
        return Err("it is explained".to_owned());
    }
    let expected = match case.text("why")? {
        "wrong network" => "address is of mainnet, testnet3 is needed here",
        "truncated" | "Bitcoin address" => {
            "checksum of the address is wrong: it is mistyped, cut off or of another chain"
        }
        "empty" => "address is empty",
        "bad character" => "character 2 of the address cannot occur in one",
        "trailing blank" => "address has white space before or behind it: leave it out",
        why => return Err(format!("unknown reason `{why}`")),
    };
    if error.to_string() == expected { Ok(()) } else { Err(format!("refused because {error}")) }
}

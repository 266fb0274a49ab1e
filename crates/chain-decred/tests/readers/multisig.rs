//! Scripts and addresses of a pool's tickets.
use crate::keys::network;
use chain_decred::address::Address;
use chain_decred::hash::hash160;
use chain_decred::keys::{InvalidKey, PublicKey};
use chain_decred::script::{ScriptError, multisig, payment, ticket, voting_rights};
use serde_json::Value;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "multisig.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match case.text("kind")? {
        "ok" => of_both(case),
        "order" => of_order(case),
        "error" => is_refused(case),
        kind => Err(format!("unknown kind `{kind}`")),
    });
}

fn say<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}

fn key(case: Case<'_>, field: &str) -> Result<PublicKey, String> {
    case.text(field)?.parse().map_err(say::<InvalidKey>)
}

fn of_both(case: Case<'_>) -> Result<(), String> {
    let network = network(case)?;
    let (pool, user) = (key(case, "pool_pubkey_hex")?, key(case, "user_pubkey_hex")?);
    case.equals("pool_pubkey_address", Address::of_key(network, pool).to_string())?;
    case.equals("user_pubkey_address", Address::of_key(network, user).to_string())?;
    let script = ticket(pool, user).map_err(say)?;
    case.equals("redeem_script_hex", hex::encode(&script))?;
    case.equals("redeem_script_hex", hex::encode(multisig(case.number("m")?, &[pool, user]).map_err(say)?))?;
    case.equals("script_hash160", hex::encode(hash160(&script)))?;
    let p2sh = Address::of_script(network, &script);
    case.equals("p2sh_address", p2sh.to_string())?;
    case.equals("payment_script", hex::encode(payment(&p2sh)))?;
    case.equals_or_absent("voting_rights_script", voting_rights(&p2sh).map(hex::encode))
}

fn keys(case: Case<'_>) -> Result<Result<Vec<PublicKey>, InvalidKey>, String> {
    let keys = case.value("keys")?.as_array().ok_or("`keys` is no array")?;
    Ok(keys.iter().map(|key| key.as_str().unwrap_or_default().parse()).collect())
}

fn of_order(case: Case<'_>) -> Result<(), String> {
    let keys = keys(case)?.map_err(say)?;
    let [pool, user] = keys.try_into().map_err(|_| "two keys make a ticket".to_owned())?;
    let address = |first, second| ticket(first, second).map(|script| (script, network(case)));
    for (field, made) in [("address", address(pool, user)), ("address_swapped", address(user, pool))] {
        let (script, network) = made.map_err(say)?;
        case.equals(field, Address::of_script(network?, &script).to_string())?;
    }
    Ok(())
}

fn is_refused(case: Case<'_>) -> Result<(), String> {
    network(case)?;
    let made = keys(case)?.map(|keys| multisig(case.number("m").unwrap_or_default(), &keys));
    match (case.text("why")?, made) {
        ("more signatures than keys", Ok(Err(ScriptError::Counts { .. })))
        | ("bad prefix", Err(InvalidKey::OffCurve))
        | ("short key", Err(InvalidKey::Length { .. })) => Ok(()),
        (why, other) => Err(format!("{why}: {other:?}")),
    }
}

//! Manifests and whole transactions, byte for byte.
use chain_radix::address::NonFungibleId;
use chain_radix::keys::{Curve, SigningKey};
use chain_radix::network::Network;
use chain_radix::tx::ValidatorCall;
use chain_radix::tx::{Authorization, Call, Epoch, Header, Inspection, Intent, Manifest, Notarized, Transaction};
use serde_json::Value;
use std::fmt::Display;
use std::str::FromStr;
use watchdog_core::secret::Secret;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[
    Reader { path: "transactions.json", check: transactions },
    Reader { path: "payload_negative.json", check: damaged },
];

fn transactions(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| {
        let call = call(case)?;
        let manifest = call.manifest().map_err(|e| e.to_string())?;
        let network = call.network();
        case.equals("manifest", manifest.text(network))?;
        case.equals("manifest_sbor_hex", hex::encode(manifest.payload()))?;
        if Manifest::decode(&bytes(case, "manifest_sbor_hex")?) != Ok(manifest.clone()) {
            return Err("the manifest does not come back".to_owned());
        }
        let notary = key(case.text("notary_curve")?, case.text("notary_private_key_hex")?)?;
        let header = header(case.object("header")?, &notary)?;
        signed(case, &Intent { header, manifest }, &notary)
    });
}

fn parsed<T: FromStr<Err: Display>>(case: Case<'_>, field: &str) -> Result<T, String> {
    case.text(field)?.parse().map_err(|e| format!("`{field}`: {e}"))
}

fn bytes(case: Case<'_>, field: &str) -> Result<Vec<u8>, String> {
    hex::decode(case.text(field)?).map_err(|e| format!("`{field}`: {e}"))
}

fn key(curve: &str, private: &str) -> Result<SigningKey, String> {
    let curve = match curve {
        "ed25519" => Curve::Ed25519,
        "secp256k1" => Curve::Secp256k1,
        curve => return Err(format!("unknown curve `{curve}`")),
    };
    SigningKey::from_hex(curve, &Secret::new(private.to_owned())).ok_or_else(|| "no private key".to_owned())
}

fn call(case: Case<'_>) -> Result<ValidatorCall, String> {
    let (kind, wanted) = match case.text("method")? {
        "update_key" | "update_key_via_manager" => ("update_key", Call::UpdateKey(parsed(case, "new_key_hex")?)),
        "register" => ("manifest", Call::Register),
        "unregister" => ("manifest", Call::Unregister),
        // Its argument stands only in the manifest.
        "update_accept_delegated_stake" => {
            let accepts = case.text("manifest")?.lines().any(|line| line.trim() == "true");
            ("manifest", Call::UpdateAcceptDelegatedStake(accepts))
        }
        method => return Err(format!("unknown method `{method}`")),
    };
    case.equals("kind", kind)?;
    let badge = NonFungibleId {
        resource: parsed(case, "owner_badge_resource")?,
        local_id: parsed(case, "owner_badge_local_id")?,
    };
    let authorization = if case.text("method")? == "update_key_via_manager" {
        Authorization::Manager { component: parsed(case, "owner_component")?, access_key: badge.clone() }
    } else {
        case.equals_or_absent("owner_component", None::<&str>)?;
        Authorization::Direct
    };
    let call = ValidatorCall {
        account: parsed(case, "account_address")?,
        validator: parsed(case, "validator_address")?,
        authorization,
        lock_fee: parsed(case, "lock_fee_xrd")?,
        call: wanted,
    };
    case.equals("lock_fee_xrd", call.lock_fee.to_string())?;
    if !matches!(call.call, Call::UpdateKey(_)) {
        case.equals_or_absent("new_key_hex", None::<&str>)?;
    }
    if call.badge() == badge { Ok(call) } else { Err(format!("the badge is {}", call.badge())) }
}

fn header(case: Case<'_>, notary: &SigningKey) -> Result<Header, String> {
    case.equals("notary_public_key_hex", notary.public_key().to_string())?;
    Ok(Header {
        network: Network::new(case.number("network_id")?),
        start_epoch: Epoch(case.number("start_epoch_inclusive")?),
        end_epoch: Epoch(case.number("end_epoch_exclusive")?),
        nonce: case.number("nonce")?,
        notary: notary.public_key(),
        notary_is_signatory: case.flag("notary_is_signatory")?,
        tip_percentage: case.number("tip_percentage")?,
    })
}

fn signed(case: Case<'_>, intent: &Intent, notary: &SigningKey) -> Result<(), String> {
    let expected = case.object("expected")?;
    let signers = case.objects("intent_signers")?;
    let signers: Vec<_> =
        signers.iter().map(|s| key(s.text("curve")?, s.text("private_key_hex")?)).collect::<Result<_, _>>()?;
    let signers: Vec<_> = signers.iter().collect();
    let transaction = intent.assemble(&signers, notary).map_err(|e| e.to_string())?;
    expected.equals("notarized_transaction_hex", hex::encode(transaction.payload()))?;
    let hashes = transaction.hashes();
    expected.equals("intent_hash", hashes.intent.to_string())?;
    expected.equals("intent_hash_hex", hex::encode(hashes.intent.hash))?;
    expected.equals("signed_intent_hash", hashes.signed_intent.to_string())?;
    expected.equals("notarized_transaction_hash", hashes.notarized.to_string())?;
    if intent.hash() != hashes.intent || Intent::decode(&intent.payload()) != Ok(intent.clone()) {
        return Err("the unsigned intent does not come back".to_owned());
    }
    let payload = bytes(expected, "notarized_transaction_hex")?;
    if Transaction::decode(&payload) != Ok(transaction.clone()) {
        return Err("the transaction does not come back".to_owned());
    }
    let broken = transaction.validate(intent.header.network).err();
    expected.equals("statically_valid", broken.is_none())?;
    let stored = Notarized::from_bytes(&payload).ok();
    let signed = intent.sign_with(&signers, notary).ok();
    if (stored.is_some(), &stored) != (broken.is_none(), &signed) {
        return Err("signing and reading do not keep the same rules".to_owned());
    }
    let inspection = Inspection::of(&payload).map_err(|e| e.to_string())?;
    case.equals("manifest", inspection.manifest)?;
    expected.equals("statically_valid", inspection.statically_valid)?;
    match (expected.find("static_error").map(Value::to_string), broken) {
        (None, None) => Ok(()),
        (Some(text), Some(broken))
            if text.contains(broken.rule()) && text.contains(expected.text("intent_hash_hex")?) =>
        {
            Ok(())
        }
        (text, broken) => Err(format!("`static_error` is {text:?}, ours {broken:?}")),
    }
}

fn damaged(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| {
        let payload = bytes(case, "notarized_transaction_hex")?;
        let decoded = Transaction::decode(&payload);
        case.equals("decodes", decoded.is_ok())?;
        let valid = decoded.is_ok_and(|t| t.validate(t.intent.header.network).is_ok());
        case.equals("statically_valid", valid)?;
        case.equals("statically_valid", Notarized::from_bytes(&payload).is_ok())
    });
}

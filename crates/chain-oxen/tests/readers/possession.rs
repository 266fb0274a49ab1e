//! Proofs of possession of BLS keys.
use chain_oxen::address::EvmAddress;
use chain_oxen::bls::{Domain, Message, PublicKey, SecretKey, Signature};
use serde_json::Value;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "bls_proof_of_possession.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    // A single case without its head is of the test deployment that the file names.
    let chain_id = document.get("chain_id").and_then(Value::as_u64).unwrap_or(421_614);
    let contract = document.get("rewards_contract").and_then(Value::as_str);
    let contract = contract.unwrap_or("0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512").parse();
    let domain = contract.map(|contract| Domain { chain_id, contract }).map_err(|e| format!("{e}"));
    tally.cases(document, |case| {
        let key = PublicKey::from_bytes(&bytes(case, "bls_public")?).ok_or("the key is no point")?;
        let message = message(case, &domain.clone()?, &key)?;
        let signature = Signature::from_bytes(&bytes(case, "signature")?).ok_or("the signature is no point")?;
        match (case.flag("valid")?, signature.verifies(&message, &key)) {
            (false, false) => Ok(()),
            (true, true) => proves(case, &message),
            (true, false) => Err("the proof is refused".to_owned()),
            (false, true) => Err("the proof is taken".to_owned()),
        }
    });
}

fn message(case: Case<'_>, domain: &Domain, key: &PublicKey) -> Result<Message, String> {
    let operator: EvmAddress = case.text("operator")?.parse().map_err(|e| format!("{e}"))?;
    Ok(domain.proof_of_possession(key, &operator, &bytes(case, "service_node_pubkey")?))
}

/// The key makes the same proof, byte for byte.
fn proves(case: Case<'_>, message: &Message) -> Result<(), String> {
    case.equals("message", hex::encode(message.bytes()))?;
    case.equals("try_counter", message.hash().ok_or("the message has no point")?.skipped)?;
    let secret = SecretKey::from_be_bytes(&bytes(case, "bls_secret")?.into()).ok_or("the secret is no key")?;
    case.equals("bls_public", secret.public_key().to_string())?;
    case.equals("signature", secret.sign(message).map(|signature| signature.to_string()))
}

fn bytes<const N: usize>(case: Case<'_>, field: &str) -> Result<[u8; N], String> {
    let bytes = hex::decode(case.text(field)?).map_err(|e| e.to_string())?;
    bytes.try_into().map_err(|_| format!("`{field}` has another length"))
}

//! Key files of service nodes.
use crate::{key, open, private};
use chain_oxen::keys::{KeyFileKind, OxenKeys};
use serde_json::Value;
use watchdog_core::keys::{DerivedKey, KeyDerivation, KeyError, KeyFile, Material};
use watchdog_core::secret::Secret;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "service_node_keys.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match (case.flag("valid")?, case.has("tool_must_reject")) {
        (true, false) => reads(case),
        (true, true) => is_put_together(case),
        (false, _) => is_refused(case),
    });
}

fn material(case: Case<'_>, content: &[u8]) -> Result<Material, String> {
    Ok(Material::KeyFile(KeyFile { name: case.text("file")?.to_owned(), bytes: content.to_vec().into() }))
}

fn reads(case: Case<'_>) -> Result<(), String> {
    let raw = hex::decode(case.text("raw_hex")?).map_err(|e| e.to_string())?;
    for content in [raw.as_slice(), case.text("text")?.as_bytes()] {
        let key = key(material(case, content)?)?;
        holds(case, &key)?;
        let inspection = OxenKeys.inspect(case.text("file")?, content).map_err(|e| e.to_string())?;
        if inspection.facts.get("public_key") != Some(&Value::from(key.public_key.as_str())) {
            return Err("inspection shows another public key".to_owned());
        }
    }
    Ok(())
}

fn holds(case: Case<'_>, key: &DerivedKey) -> Result<(), String> {
    let secret = key.secret.as_ref().map(Secret::expose);
    case.equals("raw_hex", secret)?;
    let fact = |field: &str| key.extra.get(field).cloned();
    match KeyFileKind::named(case.text("file")?) {
        Some(KeyFileKind::Ed25519) => {
            case.equals("ed25519_public", key.public_key.as_str())?;
            case.equals("seed", private(key, "ed25519_seed"))?;
            case.equals("x25519_secret", private(key, "x25519_secret_key"))?;
            case.equals("primary_secret", private(key, "primary_secret_key"))?;
            case.equals("x25519_public", fact("x25519_public_key"))?;
            case.equals("snode", fact("snode"))?;
        }
        Some(KeyFileKind::Bls) => {
            case.equals("bls_public", key.public_key.as_str())?;
            case.equals("bls_public", fact("bls_public_key"))?;
            case.equals("scalar_reduced", private(key, "reduced_scalar"))?;
            let was_reduced = case.text("scalar_reduced")? != case.text("raw_hex")?;
            if fact("scalar_reduced") != Some(was_reduced.into()) {
                return Err("the flag of a reduced scalar is wrong".to_owned());
            }
        }
        Some(KeyFileKind::Legacy) => case.equals("primary_public", key.public_key.as_str())?,
        None => return Err("unknown file".to_owned()),
    }
    case.equals_or_absent("primary_public", fact("primary_public_key"))
}

/// The reference takes the public half as it is written; this crate must not.
fn is_put_together(case: Case<'_>) -> Result<(), String> {
    if !case.flag("tool_must_reject")? || KeyFileKind::named(case.text("file")?) != Some(KeyFileKind::Ed25519) {
        return Err("unknown expectation".to_owned());
    }
    match open(material(case, case.text("text")?.as_bytes())?, None, "mainnet").err() {
        Some(KeyError::Mismatch) => {}
        other => return Err(format!("not refused as put together wrongly: {other:?}")),
    }
    let halves = |public: &str| Ok::<_, String>(format!("0x{}{}\n", case.text("seed")?, case.text(public)?));
    case.equals("text", halves("claimed_public")?)?;
    let own = key(material(case, halves("true_public")?.as_bytes())?)?;
    case.equals("true_public", own.public_key)
}

fn is_refused(case: Case<'_>) -> Result<(), String> {
    let name = case.text("file")?;
    if KeyFileKind::named(name).is_none() {
        return Err(format!("unknown file `{name}`"));
    }
    match open(material(case, case.text("text")?.as_bytes())?, None, "mainnet").err() {
        Some(KeyError::Key(_)) => Ok(()),
        Some(error) => Err(format!("refused for another reason: {error}")),
        None => Err("the file is taken".to_owned()),
    }
}

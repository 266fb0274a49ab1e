//! Files of the old validator supervisor.
use chain_ethereum::keys::EthereumKeys;
use chain_ethereum::legacy::root_key::BackupKey;
use chain_ethereum::legacy::{Archive, Descriptor, LegacyError, RootKey, auth};
use serde_json::{Map, Value};
use watchdog_core::keys::tool::{Answer, Inputs};
use watchdog_core::keys::{Entropy, KeyDerivation, KeyError};
use watchdog_core::secret::Secret;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "legacy_supervisor.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match (case.text("kind")?, case.has("error")) {
        ("key_descriptor", false) => unlocks(case),
        ("key_descriptor", true) => stays_locked(case),
        ("archive", false) => unpacks(case),
        ("archive", true) => stays_closed(case),
        ("rpc_auth", false) => answers(case),
        (kind, _) => Err(format!("unknown kind `{kind}`")),
    });
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// None of these tools draws anything.
struct Nothing;

impl Entropy for Nothing {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), KeyError> {
        Err(KeyError::Entropy)
    }
}

fn run(tool: &str, inputs: &Inputs) -> Result<Answer, KeyError> {
    let tool = EthereumKeys.tools().iter().find(|known| known.name == tool);
    (tool.ok_or(KeyError::Unsupported("no such tool"))?.run)(inputs, &mut Nothing)
}

fn descriptor(case: Case<'_>) -> Result<Vec<u8>, String> {
    Ok(case.value("descriptor")?.to_string().into_bytes())
}

fn unlocks(case: Case<'_>) -> Result<(), String> {
    let (bytes, password) = (descriptor(case)?, secret(case.text("password")?));
    let descriptor = Descriptor::parse(&bytes).map_err(|e| e.to_string())?;
    case.equals("algo", descriptor.algorithm.name())?;
    case.equals("opslimit", descriptor.algorithm.passes())?;
    case.equals("memlimit_bytes", descriptor.algorithm.memory_bytes())?;
    let root = RootKey::derive(&descriptor, &password).map_err(|e| e.to_string())?;
    case.equals("root_key", hex::encode(root.as_bytes()))?;
    case.equals("backup_key", hex::encode(root.backup_key().as_bytes()))?;
    if case.text("algo")? == "argon2id" {
        // The costly one once is enough.
        return Ok(());
    }
    let inputs = Inputs::default().with_file("descriptor", bytes).with_secret("password", password);
    let facts = run("legacy-key", &inputs).map_err(|e| e.to_string())?.facts;
    case.equals("algo", facts["algorithm"].clone())?;
    let shown = Value::Object(facts).to_string();
    if [case.text("root_key")?, case.text("backup_key")?].iter().any(|key| shown.contains(key)) {
        return Err("the tool shows a key".to_owned());
    }
    Ok(())
}

fn stays_locked(case: Case<'_>) -> Result<(), String> {
    let (bytes, password) = (descriptor(case)?, secret(case.text("password")?));
    let error = Descriptor::parse(&bytes).and_then(|descriptor| RootKey::derive(&descriptor, &password)).err();
    case.equals("error", class(error)?)?;
    let inputs = Inputs::default().with_file("descriptor", bytes).with_secret("password", password);
    match run("legacy-key", &inputs) {
        Err(KeyError::Password | KeyError::Keystore(_)) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn class(error: Option<LegacyError>) -> Result<&'static str, String> {
    match error {
        Some(LegacyError::Malformed(_)) => Ok("malformed"),
        Some(LegacyError::UnsupportedKdf) => Ok("unsupported_kdf"),
        Some(LegacyError::Password) => Ok("wrong_password"),
        Some(LegacyError::Authentication) => Ok("authentication_failed"),
        Some(LegacyError::Truncated) => Ok("truncated"),
        other => Err(format!("{other:?}")),
    }
}

fn archive(case: Case<'_>) -> Result<(BackupKey, Vec<u8>), String> {
    let decoded = |field| hex::decode(case.text(field)?).map_err(|e| format!("{field}: {e}"));
    let key = decoded("key")?.try_into().map_err(|_| "the key has not 32 bytes".to_owned())?;
    Ok((BackupKey::new(key), decoded("blob")?))
}

fn unpacks(case: Case<'_>) -> Result<(), String> {
    let (key, bytes) = archive(case)?;
    let archive = Archive::open(&key, &bytes).map_err(|e| e.to_string())?;
    case.equals("timestamp", archive.timestamp)?;
    let files: Map<_, _> =
        archive.files.iter().map(|(path, content)| (path.clone(), hex::encode(&**content).into())).collect();
    case.equals("files", files)?;
    if archive.missing().is_empty() { Ok(()) } else { Err(format!("{:?} are missing", archive.missing())) }
}

fn stays_closed(case: Case<'_>) -> Result<(), String> {
    let (key, bytes) = archive(case)?;
    case.equals("error", class(Archive::open(&key, &bytes).err())?)
}

fn answers(case: Case<'_>) -> Result<(), String> {
    let (challenge, key) = (case.text("challenge")?, secret(case.text("user_key")?));
    case.equals("response", auth::response(challenge, &key).map_err(|e| e.to_string())?)?;
    let inputs = Inputs::default().with_text("challenge", challenge).with_secret("key", key);
    case.equals("response", run("legacy-auth", &inputs).map_err(|e| e.to_string())?.facts["response"].clone())
}

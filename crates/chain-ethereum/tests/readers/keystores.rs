//! EIP-2335 in both directions.
use chain_ethereum::keys::EthereumKeys;
use chain_ethereum::keys::bls::SecretKey;
use chain_ethereum::keystore::{Cost, Keystore, KeystoreError, PasswordForm, Recipe, Strength, password};
use serde_json::Value;
use watchdog_core::keys::{KeyDerivation, KeyError, KeyPath, Material, Network};
use watchdog_core::secret::Secret;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] =
    &[Reader { path: "eip2335.json", check: decryptions }, Reader { path: "eip2335_encrypt.json", check: encryptions }];

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn json(case: Case<'_>) -> Result<Vec<u8>, String> {
    Ok(case.value("keystore")?.to_string().into_bytes())
}

fn decryptions(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match (case.text("kind")?, case.has("error")) {
        ("decrypt", false) => opens(case),
        ("decrypt", true) => is_refused(case),
        (kind, _) => Err(format!("unknown kind `{kind}`")),
    });
}

fn opens(case: Case<'_>) -> Result<(), String> {
    let password = case.text("password")?;
    case.equals("normalized_password", hex::encode(&*password::standard(password)))?;
    let (bytes, document) = (json(case)?, case.object("keystore")?);
    let keystore = Keystore::parse(&bytes).map_err(|e| e.to_string())?;
    document.equals_or_absent("description", keystore.description.clone())?;
    document.equals("path", keystore.path.as_str())?;
    describes(case, &keystore)?;
    let opened = keystore.decrypt(&secret(password)).map_err(|e| e.to_string())?;
    case.equals("secret", opened.key.to_hex().expose())?;
    if opened.form != PasswordForm::Standard {
        return Err(format!("the password is right in the form {}", opened.form.name()));
    }
    if keystore.public_key.is_none() || case.text("cost")? == "full" {
        return Ok(());
    }
    // Once more, the way that the program takes.
    let material = Material::Keystore { json: bytes, password: secret(password) };
    let source =
        EthereumKeys.open(material, None, &Network::known("mainnet"), &secret("")).map_err(|e| e.to_string())?;
    let key = source.key(&KeyPath::index(0)).map_err(|e| e.to_string())?;
    case.equals("secret", key.secret.as_ref().map(Secret::expose))?;
    document.equals("path", key.path.clone().unwrap_or_default())?;
    let public = document.text("pubkey")?;
    if key.public_key.trim_start_matches("0x") == public.trim_start_matches("0x") {
        Ok(())
    } else {
        Err(format!("`pubkey` is not {}", key.public_key))
    }
}

/// What the file says, and what `inspect` says of it without a password.
fn describes(case: Case<'_>, keystore: &Keystore) -> Result<(), String> {
    let strength = if case.text("cost")? == "full" { Strength::Sound } else { Strength::Weak };
    case.equals("cost", if keystore.cost.strength() == strength { case.text("cost")? } else { "another" })?;
    if !["full", "light"].contains(&case.text("cost")?) {
        return Err("unknown cost".to_owned());
    }
    let document = case.object("keystore")?;
    let found = EthereumKeys.inspect("", &json(case)?).map_err(|e| e.to_string())?;
    let fact = |name| found.facts.get(name).cloned();
    document.equals("uuid", fact("uuid"))?;
    document.equals("version", fact("version"))?;
    document.equals("path", fact("path"))?;
    let (crypto, found_kdf) = (document.object("crypto")?, fact("kdf_parameters").unwrap_or_default());
    crypto.object("kdf")?.equals("function", fact("kdf"))?;
    // What is not part of the keystore is compared, because it is an input of nothing else.
    crypto.object("kdf")?.equals("message", "")?;
    let params = crypto.object("kdf")?.object("params")?;
    ["n", "r", "p", "c"].iter().try_for_each(|name| params.equals_or_absent(name, found_kdf.get(name).cloned()))
}

fn is_refused(case: Case<'_>) -> Result<(), String> {
    let (bytes, password) = (json(case)?, secret(case.text("password")?));
    let opened = Keystore::parse(&bytes).and_then(|keystore| keystore.decrypt(&password));
    let class = match opened {
        Ok(_) => return Err("it is opened".to_owned()),
        Err(KeystoreError::Malformed(_)) => "malformed",
        Err(KeystoreError::Version) => "unsupported_version",
        Err(KeystoreError::Kdf) => "unsupported_kdf",
        Err(KeystoreError::Prf) => "unsupported_prf",
        Err(KeystoreError::Checksum) => "unsupported_checksum",
        Err(KeystoreError::Cipher) => "unsupported_cipher",
        Err(KeystoreError::Parameters(_)) => "invalid_kdf_params",
        Err(KeystoreError::TooExpensive { .. }) => "kdf_too_expensive",
        Err(KeystoreError::Password) => "wrong_password",
        Err(KeystoreError::Mismatch) => "pubkey_mismatch",
        Err(KeystoreError::Secret(_)) => "invalid_secret",
        Err(error) => return Err(error.to_string()),
    };
    case.equals("error", class)?;
    let material = Material::Keystore { json: bytes, password };
    let error = EthereumKeys.open(material, None, &Network::known("mainnet"), &secret("")).err();
    match (class, error) {
        ("wrong_password", Some(KeyError::Password))
        | ("pubkey_mismatch", Some(KeyError::Mismatch))
        | ("kdf_too_expensive", Some(KeyError::Cost { .. })) => Ok(()),
        (class, Some(KeyError::Keystore(_)))
            if !["wrong_password", "pubkey_mismatch", "kdf_too_expensive"].contains(&class) =>
        {
            Ok(())
        }
        (_, error) => Err(format!("{error:?}")),
    }
}

fn encryptions(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match case.text("kind")? {
        "encrypt" => seals(case),
        kind => Err(format!("unknown kind `{kind}`")),
    });
}

fn seals(case: Case<'_>) -> Result<(), String> {
    let recipe = recipe(case)?;
    let bytes: [u8; 32] = bytes(case.text("secret")?.trim_start_matches("0x"))?;
    let key = SecretKey::from_bytes(&bytes).ok_or("no such key")?;
    case.equals("secret", key.to_hex().expose())?;
    let text = recipe.seal(&key, &secret(case.text("password")?)).map_err(|e| e.to_string())?;
    let sealed: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    case.equals("keystore", sealed.clone())?;
    case.equals("kdf", sealed["crypto"]["kdf"].clone())?;
    let read = Keystore::parse(text.as_bytes()).map_err(|e| e.to_string())?;
    let opened = read.decrypt(&secret(case.text("password")?)).map_err(|e| e.to_string())?;
    case.equals("secret", opened.key.to_hex().expose())
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], String> {
    let bytes = hex::decode(text).map_err(|e| e.to_string())?;
    bytes.try_into().map_err(|_| format!("{text} has not {N} bytes"))
}

fn recipe(case: Case<'_>) -> Result<Recipe, String> {
    let kdf = case.object("kdf")?;
    let params = kdf.object("params")?;
    let cost = match kdf.text("function")? {
        "scrypt" => Cost::Scrypt { n: params.number("n")?, r: params.number("r")?, p: params.number("p")? },
        "pbkdf2" => Cost::Pbkdf2 { c: params.number("c")? },
        function => return Err(format!("unknown function `{function}`")),
    };
    Ok(Recipe {
        cost,
        salt: bytes(params.text("salt")?)?,
        iv: bytes(case.text("iv")?)?,
        uuid: case.text("uuid")?.to_owned(),
        path: case.text("path")?.to_owned(),
        description: case.text("description")?.to_owned(),
    })
}

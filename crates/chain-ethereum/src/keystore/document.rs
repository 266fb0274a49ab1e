//! The JSON of a keystore, read strictly: unknown members are ignored, known ones must be right.
use super::cost::Cost;
use super::error::KeystoreError;
use super::{Keystore, PublicKey};
use crate::hexadecimal;
use serde_json::{Map, Value};

/// Largest file that is read. A keystore has about 1 KiB.
const SIZE_MAX: usize = 1 << 16;

/// Longest path and description, in bytes.
const TEXT_MAX: usize = 4096;

type Object = Map<String, Value>;

const fn malformed(what: &'static str) -> KeystoreError {
    KeystoreError::Malformed(what)
}

pub(super) fn parse(json: &[u8]) -> Result<Keystore, KeystoreError> {
    if json.len() > SIZE_MAX {
        return Err(malformed("it is larger than 64 KiB"));
    }
    let document: Value = serde_json::from_slice(json).map_err(|_| malformed("it is not JSON"))?;
    let document = document.as_object().ok_or(malformed("it is no JSON object"))?;
    match document.get("version") {
        None => return Err(malformed("`version` is missing")),
        Some(version) if version.as_u64() == Some(4) => {}
        Some(_) => return Err(KeystoreError::Version),
    }
    let crypto = document.get("crypto").and_then(Value::as_object).ok_or(malformed("`crypto` is missing"))?;
    let (cost, salt) = kdf(&Module::of(crypto, "kdf").ok_or(malformed("`crypto.kdf` is missing or incomplete"))?)?;
    let checksum = Module::of(crypto, "checksum").ok_or(malformed("`crypto.checksum` is missing or incomplete"))?;
    let cipher = Module::of(crypto, "cipher").ok_or(malformed("`crypto.cipher` is missing or incomplete"))?;
    Ok(Keystore {
        cost,
        salt,
        checksum: self::checksum(&checksum)?,
        iv: initialisation_vector(&cipher)?,
        path: path(document)?,
        uuid: uuid(document)?,
        description: description(document)?,
        public_key: public_key(document)?,
        cipher_text: cipher_text(&cipher)?,
    })
}

/// `{function, params, message}`.
struct Module<'a> {
    function: &'a str,
    params: &'a Object,
    message: Option<&'a str>,
}

impl<'a> Module<'a> {
    fn of(crypto: &'a Object, name: &str) -> Option<Self> {
        let module = crypto.get(name)?.as_object()?;
        Some(Self {
            function: module.get("function")?.as_str()?,
            params: module.get("params")?.as_object()?,
            message: module.get("message").and_then(Value::as_str),
        })
    }

    fn number(&self, name: &str, wrong: &'static str) -> Result<u64, KeystoreError> {
        match self.params.get(name) {
            None => Err(malformed("a parameter of `crypto.kdf` is missing")),
            Some(number) => number.as_u64().ok_or(KeystoreError::Parameters(wrong)),
        }
    }
}

fn kdf(module: &Module<'_>) -> Result<(Cost, Vec<u8>), KeystoreError> {
    let cost = match module.function {
        "scrypt" => {
            let number = |name| module.number(name, "`n`, `r` and `p` of scrypt are numbers from 1 on");
            Cost::Scrypt { n: number("n")?, r: number("r")?, p: number("p")? }
        }
        "pbkdf2" => {
            match module.params.get("prf").map(Value::as_str) {
                None | Some(None) => return Err(malformed("`crypto.kdf.params.prf` is missing")),
                Some(Some("hmac-sha256")) => {}
                Some(Some(_)) => return Err(KeystoreError::Prf),
            }
            Cost::Pbkdf2 { c: module.number("c", "`c` of PBKDF2 is a number from 1 on")? }
        }
        _ => return Err(KeystoreError::Kdf),
    };
    let salt = module.params.get("salt").and_then(Value::as_str).and_then(|text| hex::decode(text).ok());
    let salt = salt.ok_or(malformed("`crypto.kdf.params.salt` is missing or not hex"))?;
    if module.number("dklen", "`dklen` must be 32")? != 32 {
        return Err(KeystoreError::Parameters("`dklen` must be 32"));
    }
    match cost.checked() {
        Err(error @ KeystoreError::Parameters(_)) => Err(error),
        _ => Ok((cost, salt)),
    }
}

fn checksum(module: &Module<'_>) -> Result<[u8; 32], KeystoreError> {
    if module.function != "sha256" {
        return Err(KeystoreError::Checksum);
    }
    let bytes = module.message.and_then(bytes);
    bytes.ok_or(malformed("`crypto.checksum.message` is missing or not 32 bytes in hex"))
}

fn initialisation_vector(module: &Module<'_>) -> Result<[u8; 16], KeystoreError> {
    if module.function != "aes-128-ctr" {
        return Err(KeystoreError::Cipher);
    }
    let bytes = module.params.get("iv").and_then(Value::as_str).and_then(bytes);
    bytes.ok_or(malformed("`crypto.cipher.params.iv` is missing or not 16 bytes in hex"))
}

fn cipher_text(module: &Module<'_>) -> Result<[u8; 32], KeystoreError> {
    let text = module.message.ok_or(malformed("`crypto.cipher.message` is missing"))?;
    let bytes = hex::decode(text).map_err(|_| malformed("`crypto.cipher.message` is not hex"))?;
    bytes.try_into().map_err(|_| KeystoreError::Secret("what it holds has not the 32 bytes of a private key"))
}

/// Exactly `N` bytes of hex, without `0x`.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

fn path(document: &Object) -> Result<String, KeystoreError> {
    let path = document.get("path").and_then(Value::as_str).filter(|path| is_plain(path));
    path.map(str::to_owned).ok_or(malformed("`path` is missing or no plain text"))
}

fn description(document: &Object) -> Result<Option<String>, KeystoreError> {
    match document.get("description") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= TEXT_MAX => Ok(Some(text.clone())),
        Some(_) => Err(malformed("`description` is no text of at most 4096 bytes")),
    }
}

/// A text that can be shown on one line.
fn is_plain(text: &str) -> bool {
    text.len() <= TEXT_MAX && !text.chars().any(char::is_control)
}

fn uuid(document: &Object) -> Result<String, KeystoreError> {
    let uuid = document.get("uuid").and_then(Value::as_str).filter(|uuid| is_uuid(uuid));
    uuid.map(str::to_owned).ok_or(malformed("`uuid` is missing or no UUID"))
}

/// 8-4-4-4-12 hex digits.
pub(super) fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|c| c == b'-' || c.is_ascii_hexdigit())
}

fn public_key(document: &Object) -> Result<Option<[u8; PublicKey::LEN]>, KeystoreError> {
    match document.get("pubkey") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => {
            let bytes = hexadecimal::exactly(text);
            bytes.map(Some).ok_or(malformed("`pubkey` is not 48 bytes in hex"))
        }
        Some(_) => Err(malformed("`pubkey` is no text")),
    }
}

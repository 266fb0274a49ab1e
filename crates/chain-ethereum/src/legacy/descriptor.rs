//! Key descriptors: how the root key follows from the password.
use super::error::LegacyError;
use serde_json::Value;
use std::collections::BTreeMap;

/// Largest file that is read; a descriptor has about 150 bytes, a whole configuration a few KiB.
const SIZE_MAX: usize = 1 << 20;

/// Names of its three fields.
const FIELDS: [&str; 3] = ["algo", "salt", "checksum"];

/// How much work a password is worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// Argon2id, 4 passes over 1 GiB: libsodium's "sensitive".
    Argon2id,
    /// Argon2id, 1 pass over 8 KiB: libsodium's minimum, which the supervisor took for tests.
    Argon2idWeak,
}

impl Algorithm {
    /// Name in the descriptor.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Argon2id => "argon2id",
            Self::Argon2idWeak => "argon2id_weak",
        }
    }

    /// Passes over the memory; libsodium's opslimit.
    pub const fn passes(self) -> u32 {
        match self {
            Self::Argon2id => 4,
            Self::Argon2idWeak => 1,
        }
    }

    /// Memory in bytes; libsodium's memlimit.
    pub const fn memory_bytes(self) -> u32 {
        match self {
            Self::Argon2id => 1 << 30,
            Self::Argon2idWeak => 1 << 13,
        }
    }
}

/// `key_descriptor` of the supervisor's configuration. Holds no secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Descriptor {
    /// How the root key is derived.
    pub algorithm: Algorithm,
    /// Salt of that.
    pub salt: [u8; 16],
    /// Tells the right root key.
    pub checksum: [u8; 32],
}

impl Descriptor {
    /// Reads the descriptor as JSON, or as lines `algo: …`, `salt: …`, `checksum: …`; by itself, or
    /// under `key_descriptor` in the supervisor's whole configuration.
    ///
    /// # Errors
    /// [`LegacyError::Malformed`], [`LegacyError::UnsupportedKdf`].
    pub fn parse(content: &[u8]) -> Result<Self, LegacyError> {
        let text = std::str::from_utf8(content).ok().filter(|text| text.len() <= SIZE_MAX);
        let text = text.ok_or(LegacyError::Malformed("the key descriptor is no text of at most 1 MiB"))?;
        let fields = if text.trim_start().starts_with('{') { json(text)? } else { lines(text)? };
        let [algorithm, salt, checksum] = FIELDS.map(|name| fields.get(name).map(String::as_str));
        let algorithm = match algorithm {
            None => return Err(LegacyError::Malformed("the key descriptor has no `algo`")),
            Some("argon2id") => Algorithm::Argon2id,
            Some("argon2id_weak") => Algorithm::Argon2idWeak,
            Some(_) => return Err(LegacyError::UnsupportedKdf),
        };
        Ok(Self {
            algorithm,
            salt: bytes(salt).ok_or(LegacyError::Malformed("the key descriptor's `salt` is not 16 bytes in hex"))?,
            checksum: bytes(checksum)
                .ok_or(LegacyError::Malformed("the key descriptor's `checksum` is not 32 bytes in hex"))?,
        })
    }
}

fn bytes<const N: usize>(text: Option<&str>) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text?, &mut bytes).ok()?;
    Some(bytes)
}

fn json(text: &str) -> Result<BTreeMap<String, String>, LegacyError> {
    let document: Value =
        serde_json::from_str(text).map_err(|_| LegacyError::Malformed("the key descriptor is no valid JSON"))?;
    let descriptor = document.get("key_descriptor").unwrap_or(&document);
    let field = |name: &str| Some((name.to_owned(), descriptor.get(name)?.as_str()?.to_owned()));
    Ok(FIELDS.into_iter().filter_map(field).collect())
}

/// The three lines that the supervisor's configuration has, not all of YAML.
fn lines(text: &str) -> Result<BTreeMap<String, String>, LegacyError> {
    let mut fields = BTreeMap::new();
    let has_parent = text.lines().any(|line| line.trim_end() == "key_descriptor:");
    let mut is_inside = !has_parent;
    for line in text.lines().map(str::trim_end) {
        if has_parent && !line.starts_with([' ', '#']) && !line.is_empty() {
            is_inside = line == "key_descriptor:";
        }
        let Some((name, value)) = line.trim_start().split_once(": ").filter(|_| is_inside) else { continue };
        if FIELDS.contains(&name) && fields.insert(name.to_owned(), unquoted(value.trim()).to_owned()).is_some() {
            return Err(LegacyError::Malformed("the key descriptor has a field twice"));
        }
    }
    Ok(fields)
}

fn unquoted(value: &str) -> &str {
    let inside = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('\'').or_else(|| inside('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(algorithm: Algorithm) -> Descriptor {
        Descriptor { algorithm, salt: [0x12; 16], checksum: [0x34; 32] }
    }

    #[test]
    fn a_descriptor_is_found_alone_and_in_a_whole_configuration() {
        let (salt, checksum) = ("12".repeat(16), "34".repeat(32));
        let alone = format!(r#"{{"algo":"argon2id","salt":"{salt}","checksum":"{checksum}"}}"#);
        let nested = format!(r#"{{"version":1,"key_descriptor":{alone}}}"#);
        let lines = format!("algo: argon2id\nchecksum: {checksum}\nsalt: '{salt}'\n");
        let whole = format!(
            "version: 1\neth2_network: mainnet\nkey_descriptor:\n  algo: argon2id\r\n  # old\n\n  salt: \"{salt}\"\n  \
             checksum: {checksum}\nrelease:\n  checksum: other\n"
        );
        for text in [alone, nested, lines, whole] {
            assert_eq!(Descriptor::parse(text.as_bytes()), Ok(descriptor(Algorithm::Argon2id)), "{text}");
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let (salt, checksum) = ("12".repeat(16), "34".repeat(32));
        let of = |algo: &str, salt: &str, checksum: &str| {
            Descriptor::parse(format!("algo: {algo}\nsalt: {salt}\nchecksum: {checksum}").as_bytes())
        };
        assert_eq!(of("argon2id_weak", &salt, &checksum), Ok(descriptor(Algorithm::Argon2idWeak)));
        assert_eq!(of("argon2i", &salt, &checksum), Err(LegacyError::UnsupportedKdf));
        assert!(
            matches!(of("argon2id", &salt[1..], &checksum), Err(LegacyError::Malformed(what)) if what.contains("salt"))
        );
        assert!(matches!(of("argon2id", &salt, "zz"), Err(LegacyError::Malformed(what)) if what.contains("checksum")));
        for text in ["", "{", "{}", "[]", "algo: argon2id\nalgo: argon2id"] {
            assert!(matches!(Descriptor::parse(text.as_bytes()), Err(LegacyError::Malformed(_))), "{text}");
        }
    }
}

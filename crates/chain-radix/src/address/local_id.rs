//! Which item of a non-fungible resource.
use super::AddressError;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Longest name and longest byte string.
const LONGEST: usize = 64;

/// A local id. Its text has one spelling: `#123#`, `<name>`, `[hex]`, `{hex-hex-hex-hex}`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum LocalId {
    /// 1 to 64 of `A-Z a-z 0-9 _`.
    Name(Name),
    /// A number.
    Integer(u64),
    /// 1 to 64 bytes.
    Bytes(Vec<u8>),
    /// 32 bytes drawn by the ledger.
    Ruid([u8; 32]),
}

/// The text of a [`LocalId::Name`].
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Name(String);

impl Name {
    /// Takes 1 to 64 of `A-Z a-z 0-9 _`; `None` for anything else.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
        fits.then_some(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl LocalId {
    /// A byte string of 1 to 64 bytes; `None` for another length.
    pub fn bytes(bytes: Vec<u8>) -> Option<Self> {
        (1..=LONGEST).contains(&bytes.len()).then_some(Self::Bytes(bytes))
    }
}

impl fmt::Display for LocalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "<{}>", name.0),
            Self::Integer(number) => write!(f, "#{number}#"),
            Self::Bytes(bytes) => write!(f, "[{}]", hex::encode(bytes)),
            Self::Ruid(bytes) => {
                f.write_str("{")?;
                for (k, group) in bytes.chunks(8).enumerate() {
                    write!(f, "{}{}", if k == 0 { "" } else { "-" }, hex::encode(group))?;
                }
                f.write_str("}")
            }
        }
    }
}

impl FromStr for LocalId {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let inside = |open: char, close: char| text.strip_prefix(open)?.strip_suffix(close);
        let read = if let Some(number) = inside('#', '#') {
            number.parse().ok().map(Self::Integer)
        } else if let Some(name) = inside('<', '>') {
            Name::new(name).map(Self::Name)
        } else if let Some(digits) = inside('[', ']') {
            hex::decode(digits).ok().and_then(Self::bytes)
        } else if let Some(groups) = inside('{', '}') {
            hex::decode(groups.replace('-', "")).ok().and_then(|b| b.try_into().ok()).map(Self::Ruid)
        } else {
            None
        };
        // One spelling only: no leading zeros, no capitals in hex, dashes in their places.
        read.filter(|id| id.to_string() == text).ok_or_else(|| AddressError::LocalId(text.to_owned()))
    }
}

impl Serialize for LocalId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LocalId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for LocalId {
    fn schema_name() -> Cow<'static, str> {
        "RadixLocalId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "`#number#`, `<name>`, `[hex]` or `{hex-hex-hex-hex}`.", "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written_the_same() {
        let ruid = "{1691ad9f3ab6f662-65593897c64ebb57-4a8883c13bf7b0c5-6b4da0862979a94b}";
        for text in ["#0#", "#18446744073709551615#", "<Card_7>", "[00ff]", ruid] {
            assert_eq!(text.parse::<LocalId>().unwrap().to_string(), text);
        }
        assert!(matches!(ruid.parse(), Ok(LocalId::Ruid(_))));
    }

    #[test]
    fn what_has_another_spelling_is_refused() {
        let long_name = format!("<{}>", "a".repeat(65));
        let long_bytes = format!("[{}]", "00".repeat(65));
        for text in [
            "",
            "#",
            "##",
            "#01#",
            "#+1#",
            "#18446744073709551616#",
            "<>",
            "<a b>",
            "<é>",
            "[]",
            "[0]",
            "[FF]",
            "[0g]",
            "{}",
            "{1691ad9f3ab6f66265593897c64ebb574a8883c13bf7b0c56b4da0862979a94b}",
            "7",
            "<a",
            &long_name,
            &long_bytes,
        ] {
            assert_eq!(text.parse::<LocalId>(), Err(AddressError::LocalId(text.to_owned())));
        }
    }
}

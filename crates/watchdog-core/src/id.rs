//! Names and numbers that must not be mixed up.
//!
//! A name is shared by its clones: one validator of a hundred thousand is named in many places.
use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Operator's name of a validator: the key of its config table.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ValidatorName(Arc<str>);

/// Operator's name of a node of a validator.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NodeName(Arc<str>);

/// Failure domain of a source: by default the host that is asked. Quorum counts origins, not sources.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Origin(Arc<str>);

impl ValidatorName {
    /// Accepts what is also reachable through the environment: `[a-z][a-z0-9_]{0,31}`.
    pub fn new(name: &str) -> Option<Self> {
        is_name(name).then(|| Self(name.into()))
    }
}

impl NodeName {
    /// Accepts `[a-z][a-z0-9_]{0,31}`.
    pub fn new(name: &str) -> Option<Self> {
        is_name(name).then(|| Self(name.into()))
    }
}

impl Origin {
    /// Accepts host names and addresses: `[a-z0-9._:-]{1,253}`.
    pub fn new(name: &str) -> Option<Self> {
        let is_host = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._:-".contains(&b);
        ((1..=253).contains(&name.len()) && name.bytes().all(is_host)).then(|| Self(name.into()))
    }
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let head = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
    head && name.len() <= 32 && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A name that breaks its rule. Says the rule.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{name}` is not a name: use {rule}")]
pub struct BadName {
    name: String,
    rule: &'static str,
}

/// Text form, both ways, of a name type whose `new` says what is allowed.
macro_rules! text {
    ($type:ident, $rule:literal) => {
        impl $type {
            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl std::str::FromStr for $type {
            type Err = BadName;

            fn from_str(name: &str) -> Result<Self, BadName> {
                Self::new(name).ok_or_else(|| BadName { name: name.to_owned(), rule: $rule })
            }
        }

        impl TryFrom<String> for $type {
            type Error = BadName;

            fn try_from(name: String) -> Result<Self, BadName> {
                name.parse()
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.as_str().to_owned()
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Named;

                impl Visitor<'_> for Named {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($rule)
                    }

                    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<$type, E> {
                        name.parse().map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Named)
            }
        }

        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $rule })
            }
        }
    };
}

text!(ValidatorName, "a lower-case letter, then up to 31 lower-case letters, digits and `_`");
text!(NodeName, "a lower-case letter, then up to 31 lower-case letters, digits and `_`");
text!(Origin, "a host name or address: 1 to 253 lower-case letters, digits, `.`, `_`, `:` and `-`");

/// One process of the watchdog: random, new at every start.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct InstanceId(#[serde(with = "hex::serde")] pub [u8; 16]);

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Number of a failover saga of one validator, from 1.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct SagaId(pub u64);

/// What an operator calls a saga: `op_<validator>_<number>`. Derived, so it survives restarts.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OperationId {
    /// Whose saga.
    pub validator: ValidatorName,
    /// Which one.
    pub saga: SagaId,
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "op_{}_{}", self.validator, self.saga.0)
    }
}

impl std::str::FromStr for OperationId {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let parse = || {
            let (validator, saga) = text.strip_prefix("op_")?.rsplit_once('_')?;
            Some(Self { validator: ValidatorName::new(validator)?, saga: SagaId(saga.parse().ok()?) })
        };
        parse().ok_or(BadName { name: text.to_owned(), rule: "`op_<validator>_<number>`" })
    }
}

impl Serialize for OperationId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Index of a step in its plan, from 0.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct StepIndex(pub u16);

/// Age of a command: lease token first, then a number that grows with every command. A target that
/// has seen a larger one refuses a smaller one.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Epoch {
    /// Fencing token of the lease, from 1.
    pub token: u64,
    /// Command number, from 1; never starts over for a validator.
    pub seq: u64,
}

impl Epoch {
    /// The next command's, sent under the lease with `token`.
    #[must_use]
    pub fn next(self, token: u64) -> Self {
        Self { token, seq: self.seq.saturating_add(1) }
    }
}

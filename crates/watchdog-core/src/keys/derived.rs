//! A key, ready to be handed out.
use crate::secret::Secret;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// A derived key. Its JSON is part of what `tanist keys derive --json` prints; nothing private is
/// ever in it.
#[derive(Debug, Default, JsonSchema, Serialize)]
pub struct DerivedKey {
    /// Full path used; absent where the scheme has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Public key, lower-case hex, in the chain's own encoding.
    pub public_key: String,
    /// Address in the chain's text form; absent where the scheme has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Further public facts under the chain's own field names, for example `owner_badge`.
    #[serde(flatten)]
    pub extra: BTreeMap<&'static str, serde_json::Value>,
    /// Private key in the chain's text form, hex unless the chain has another; absent where only the
    /// public half is known. Written only to the place that was asked for.
    #[serde(skip)]
    #[schemars(skip)]
    pub secret: Option<Secret>,
    /// Further private forms under the chain's own field names, for example `wif`. They go where
    /// the private key goes.
    #[serde(skip)]
    #[schemars(skip)]
    pub private: BTreeMap<&'static str, Secret>,
}

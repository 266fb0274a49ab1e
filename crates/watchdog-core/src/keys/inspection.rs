//! What a secret text or file is, without revealing it.
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What was recognised. Holds nothing private: formats, counts, costs, public keys and addresses.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Inspection {
    /// Name of the format, snake case: `bip39_mnemonic`, `eip2335_keystore`.
    pub format: &'static str,
    /// The same for people, one line without a full stop: `BIP-39 mnemonic of 24 English words`.
    pub about: String,
    /// Schemes of the chain that take it, the one that is used without `--scheme` first.
    pub schemes: Vec<&'static str>,
    /// Further public facts under the chain's own field names.
    #[serde(flatten)]
    pub facts: BTreeMap<&'static str, serde_json::Value>,
}

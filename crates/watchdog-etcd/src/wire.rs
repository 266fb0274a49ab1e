//! Bodies of etcd's JSON gateway: bytes are base64, 64-bit numbers are texts, zeros are left out.
//!
//! Source: etcd documentation, "gRPC gateway", and `rpc.proto` of API v3.
use data_encoding::BASE64;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64.encode(bytes.as_ref())
}

/// A condition of a transaction.
pub(crate) fn created_at(key: &str, revision: u64) -> Value {
    json!({ "key": encoded(key), "target": "CREATE", "result": "EQUAL", "createRevision": revision.to_string() })
}

/// The same: the key holds this value.
pub(crate) fn holds(key: &str, value: &str) -> Value {
    json!({ "key": encoded(key), "target": "VALUE", "result": "EQUAL", "value": encoded(value) })
}

pub(crate) fn put(key: &str, value: impl AsRef<[u8]>) -> Value {
    json!({ "requestPut": { "key": encoded(key), "value": encoded(value) } })
}

pub(crate) fn put_leased(key: &str, value: impl AsRef<[u8]>, lease: &str) -> Value {
    json!({ "requestPut": { "key": encoded(key), "value": encoded(value), "lease": lease } })
}

pub(crate) fn get(key: &str) -> Value {
    json!({ "requestRange": { "key": encoded(key) } })
}

pub(crate) fn get_range(from: &str, end: &str, most: usize) -> Value {
    json!({ "requestRange": { "key": encoded(from), "rangeEnd": encoded(end), "limit": most.to_string() } })
}

pub(crate) fn delete_range(from: &str, end: &str) -> Value {
    json!({ "requestDeleteRange": { "key": encoded(from), "rangeEnd": encoded(end) } })
}

pub(crate) fn transaction(compare: &[Value], success: &[Value], failure: &[Value]) -> Value {
    json!({ "compare": compare, "success": success, "failure": failure })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Header {
    #[serde(deserialize_with = "number")]
    pub(crate) revision: u64,
}

/// Answer to a transaction.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    pub(crate) header: Header,
    pub(crate) succeeded: bool,
    pub(crate) responses: Vec<Response>,
}

impl Answer {
    /// What the request at `place` of the branch taken found.
    pub(crate) fn found(&self, place: usize) -> &[KeyValue] {
        self.responses.get(place).map_or(&[], |response| &response.range.kvs)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Response {
    #[serde(alias = "responseRange", rename = "response_range")]
    pub(crate) range: Range,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Range {
    pub(crate) kvs: Vec<KeyValue>,
}

/// A key with its value.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct KeyValue {
    #[serde(deserialize_with = "bytes")]
    pub(crate) key: Vec<u8>,
    #[serde(deserialize_with = "bytes")]
    pub(crate) value: Vec<u8>,
    #[serde(alias = "createRevision", deserialize_with = "number")]
    pub(crate) create_revision: u64,
    #[serde(deserialize_with = "text")]
    pub(crate) lease: String,
}

impl KeyValue {
    pub(crate) fn value_text(&self) -> &str {
        std::str::from_utf8(&self.value).unwrap_or_default()
    }

    pub(crate) fn key_text(&self) -> &str {
        std::str::from_utf8(&self.key).unwrap_or_default()
    }
}

/// Answer to a grant, and the inside of one to a renewal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Granted {
    #[serde(rename = "ID", deserialize_with = "text")]
    pub(crate) id: String,
    /// Seconds; 0 where the lease is gone.
    #[serde(rename = "TTL", deserialize_with = "number")]
    pub(crate) ttl: u64,
}

/// Answer to a renewal: one message of a stream.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Renewed {
    pub(crate) result: Granted,
}

/// Answer to a log-in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Authenticated {
    pub(crate) token: String,
}

/// A refusal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Refused {
    pub(crate) message: String,
    pub(crate) error: Value,
    pub(crate) code: i64,
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let wrong = || serde::de::Error::custom("not a number that fits");
    match Value::deserialize(deserializer)? {
        Value::String(text) => text.parse().map_err(|_| wrong()),
        Value::Number(number) => number.as_u64().ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("not a text")),
    }
}

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    BASE64.decode(text.as_bytes()).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_texts_and_as_numbers() {
        for body in [
            json!({ "ID": "7587899261095505685", "TTL": "10" }),
            json!({ "ID": 7_587_899_261_095_505_685_u64, "TTL": 10 }),
        ] {
            let Granted { id, ttl } = serde_json::from_value(body).unwrap();
            assert_eq!((id.as_str(), ttl), ("7587899261095505685", 10));
        }
        for body in
            [json!({ "ID": {}, "TTL": "10" }), json!({ "ID": "7", "TTL": "-1" }), json!({ "ID": "7", "TTL": [] })]
        {
            assert!(serde_json::from_value::<Granted>(body.clone()).is_err(), "{body}");
        }
    }
}

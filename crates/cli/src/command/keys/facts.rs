//! A flat document of facts, in the order in which they are told and without a time: the same input
//! gives the same bytes.
use serde_json::{Map, Value};
use std::fmt::Write as _;
use watchdog_core::keys::{DerivedKey, Network, Scheme};
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// Names and values. A name is there once: the first one stays.
#[derive(Clone, Debug)]
pub(super) struct Facts(Vec<(String, Value)>);

impl Facts {
    /// A document of this schema.
    pub(super) fn new(schema: &str) -> Self {
        Self(vec![("schema".to_owned(), schema.into())])
    }

    /// `tanist/keys/v1`: one derived key, nothing private.
    pub(super) fn of_key(chain: &str, network: &Network, scheme: Scheme, key: &DerivedKey) -> Self {
        let mut facts = Self::new("tanist/keys/v1")
            .with("chain", chain)
            .with("network", network.name())
            .with("scheme", scheme.0)
            .maybe("path", key.path.as_deref())
            .with("public_key", key.public_key.as_str())
            .maybe("address", key.address.as_deref());
        for (name, value) in &key.extra {
            facts = facts.with(name, value.clone());
        }
        facts
    }

    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if self.0.iter().all(|(known, _)| known != name) {
            self.0.push((name.to_owned(), value.into()));
        }
        self
    }

    #[must_use]
    pub(super) fn maybe(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    #[must_use]
    pub(super) fn all(self, facts: Map<String, Value>) -> Self {
        facts.into_iter().fold(self, |all, (name, value)| all.with(&name, value))
    }

    /// One line of JSON, without a newline.
    pub(super) fn json(&self) -> String {
        let members: Vec<_> = self.0.iter().map(|(name, value)| format!("{}:{value}", Value::from(&**name))).collect();
        format!("{{{}}}", members.join(","))
    }

    /// One line of JSON with private members after the public ones, in memory that is wiped.
    pub(super) fn json_with(&self, private: &[(&str, &Secret)]) -> Zeroizing<Vec<u8>> {
        let public = self.json();
        // Room for everything at once: a character takes six bytes at most when escaped.
        let room: usize = private.iter().map(|(name, secret)| 6 * (name.len() + secret.expose().len()) + 8).sum();
        let mut line = Zeroizing::new(Vec::with_capacity(public.len() + room + 1));
        line.extend_from_slice(public.strip_suffix('}').unwrap_or(&public).as_bytes());
        for (name, secret) in private {
            line.push(b',');
            append(&mut line, name);
            line.push(b':');
            append(&mut line, secret.expose());
        }
        line.extend_from_slice(b"}\n");
        line
    }

    /// One line a fact for people; the schema is none of them.
    pub(super) fn text(&self) -> String {
        let told = || self.0.iter().filter(|(name, _)| name != "schema");
        let widest = told().map(|(name, _)| name.len()).max().unwrap_or_default();
        let mut text = String::new();
        for (name, value) in told() {
            writeln!(text, "{:<widest$}  {}", name.replace('_', " "), plain(value)).ok();
        }
        text
    }
}

/// `text` as a JSON string; a vector takes every byte.
fn append(line: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(line, text).ok();
}

/// A text without its quotes, texts in a row with commas between, all else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) if !all.is_empty() && all.iter().all(Value::is_string) => {
            all.iter().map(plain).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_keep_their_order_and_the_first_of_a_name_stays() {
        let facts = Facts::new("tanist/x/v1").with("b", "1").with("a", 2).with("b", "3");
        assert_eq!(facts.json(), r#"{"schema":"tanist/x/v1","b":"1","a":2}"#);
        assert_eq!(facts.text(), "b  1\na  2\n");
    }

    #[test]
    fn private_members_are_escaped_and_the_buffer_never_grows() {
        let facts = Facts::new("tanist/x/v1").with("last", serde_json::json!({ "in": {} }));
        let secret = Secret::new("\u{1}\"\\ü\u{1}".repeat(50));
        let line = facts.json_with(&[("private_key", &secret), ("wif", &secret)]);
        let parsed: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!((&parsed["private_key"], &parsed["wif"]), (&secret.expose().into(), &secret.expose().into()));
        assert_eq!(parsed["last"], serde_json::json!({ "in": {} }));
        let room = 6 * ("private_key".len() + "wif".len() + 2 * secret.expose().len()) + 16;
        assert_eq!(line.capacity(), facts.json().len() + room + 1);
    }
}

//! The effective configuration with the origin of each value.
use crate::layers::{Layers, origin};
use crate::schema::Node;
use figment::value::{Dict, Value};
use serde::Serialize;

/// One value.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Full key.
    pub key: String,
    /// The value; of a secret, its place.
    pub value: serde_json::Value,
    /// `default`, a file, a variable or a flag.
    pub origin: String,
}

/// Every value set, and every default that holds where none is set.
pub fn effective(layers: &Layers, schema: &serde_json::Value) -> Vec<Shown> {
    let mut shown = Vec::new();
    let all = layers.figment.find_value("").ok().and_then(Value::into_dict).unwrap_or_default();
    if let Some(root) = Node::root(schema) {
        table(&all, root, "", layers, &mut shown);
    }
    shown
}

fn table(values: &Dict, node: Node<'_>, at: &str, layers: &Layers, shown: &mut Vec<Shown>) {
    let full = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    // The table of a validator: the branch of its chain knows the keys.
    let chain = values.get("chain").and_then(Value::as_str);
    let node = node.branches().into_iter().find(|branch| branch.chain == chain).unwrap_or(node);
    let known = node.keys();
    let unset = known.iter().filter(|(key, _)| !values.contains_key(*key));
    for (key, value) in values {
        let below = node.below(key).into_iter().next();
        entry(value, below, full(key), layers, shown);
    }
    for (key, below) in unset {
        if below.member("properties").is_some() && !below.is_secret() {
            table(&Dict::new(), *below, &full(key), layers, shown);
        } else if let Some(value) = below.at.get("default").filter(|value| !value.is_null()) {
            shown.push(Shown { key: full(key), value: value.clone(), origin: "default".to_owned() });
        }
    }
    shown.sort_by(|one, other| one.key.cmp(&other.key));
}

fn entry(value: &Value, node: Option<Node<'_>>, key: String, layers: &Layers, shown: &mut Vec<Shown>) {
    let is_secret = node.is_some_and(|node| node.is_secret());
    match (value.as_dict(), node) {
        (Some(values), Some(node)) if !is_secret => table(values, node, &key, layers, shown),
        _ => {
            let from = value.as_dict().and_then(|dict| dict.values().next()).map_or_else(|| value.tag(), Value::tag);
            let origin = layers
                .locate(&key)
                .map_or_else(|| origin(layers.figment.get_metadata(from), &key), |place| place.to_string());
            let value = if is_secret { reference(value) } else { plain(value) };
            shown.push(Shown { key, value, origin });
        }
    }
}

/// Where a secret is, never more: what is no reference shows as nothing at all.
fn reference(value: &Value) -> serde_json::Value {
    let text = value
        .deserialize::<watchdog_core::config::SecretRef>()
        .map_or_else(|_| "<redacted>".to_owned(), |at| at.to_string());
    text.into()
}

fn plain(value: &Value) -> serde_json::Value {
    let value = serde_json::to_value(value).unwrap_or_default();
    without_credentials(value)
}

/// User and password of an address do not belong there; should they be, they are not shown.
fn without_credentials(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::String(text) => {
            let redacted = text.split_once("://").and_then(|(scheme, rest)| {
                let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
                let (authority, path) = rest.split_at_checked(end)?;
                let (_, host) = authority.rsplit_once('@')?;
                Some(format!("{scheme}://<redacted>@{host}{path}"))
            });
            redacted.unwrap_or(text).into()
        }
        serde_json::Value::Array(list) => list.into_iter().map(without_credentials).collect(),
        serde_json::Value::Object(map) => {
            map.into_iter().map(|(key, value)| (key, without_credentials(value))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_an_address_are_not_shown() {
        let shown = without_credentials("https://user:planted@gateway.example/x@y".into());
        assert_eq!(shown, "https://<redacted>@gateway.example/x@y");
        assert_eq!(without_credentials("https://gateway.example/a@b".into()), "https://gateway.example/a@b");
    }
}

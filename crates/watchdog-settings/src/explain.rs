//! What a key of the configuration means.
use crate::layers::variable;
use crate::schema::{Node, find};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write;

/// A key explained; one a chain where chains differ.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// The key.
    pub key: String,
    /// The chain whose table has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it takes.
    #[serde(rename = "type")]
    pub form: String,
    /// What holds where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Least and most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// The words allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
    /// An example.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
    /// Keys below it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// The variable that sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
}

/// Explains `key`; empty where there is none.
pub fn of(schema: &Value, key: &str) -> Vec<Explained> {
    find(schema, key).into_iter().map(|node| explain(node, key)).collect()
}

/// Keys next to `key`, for a hint.
pub fn beside(schema: &Value, key: &str) -> Vec<String> {
    let above = key.rsplit_once('.').map_or("", |(above, _)| above);
    find(schema, above).iter().flat_map(keys).collect()
}

fn keys(node: &Node<'_>) -> Vec<String> {
    let own = node.keys().into_iter().map(|(key, _)| key.to_owned());
    let of_chains = node
        .branches()
        .into_iter()
        .flat_map(|branch| branch.keys().into_iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>());
    let mut keys: Vec<_> = own.chain(of_chains).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn explain(node: Node<'_>, key: &str) -> Explained {
    let bound = |name: &str| node.member(name).map(ToString::to_string);
    let range = match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) => Some(format!("{least} or more")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (None, None) => None,
    };
    let values = words(node);
    Explained {
        key: if key.is_empty() { "top level".to_owned() } else { key.to_owned() },
        chain: node.chain.map(str::to_owned),
        description: node.member("description").and_then(Value::as_str).map(str::to_owned),
        form: form(node, !values.is_empty()),
        default: node.member("default").filter(|value| !value.is_null()).cloned(),
        range,
        values,
        example: node.member("examples").and_then(|examples| examples.get(0)).cloned(),
        keys: if node.is_secret() { Vec::new() } else { keys(&node) },
        variable: (!key.is_empty()).then(|| variable(key)),
    }
}

/// The words of an enumeration, whichever way it is written.
fn words(node: Node<'_>) -> Vec<Value> {
    if node.is_secret() {
        return Vec::new();
    }
    if let Some(list) = node.member("enum").and_then(Value::as_array) {
        return list.clone();
    }
    let consts = node.member("oneOf").and_then(Value::as_array);
    consts.into_iter().flatten().filter_map(|choice| choice.get("const").cloned()).collect()
}

fn form(node: Node<'_>, is_word: bool) -> String {
    if node.is_secret() {
        return "reference to a secret: { file = \"/path\" }, { credential = \"name\" }, { env = \"NAME\" } or { command = [\"program\", \"argument\"] }".to_owned();
    }
    if is_word {
        return "one of the words below".to_owned();
    }
    let own = node.member("type");
    let name = match own {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        Some(Value::String(name)) => Some(name.as_str()),
        _ => None,
    };
    match name {
        Some("string") => "text",
        Some("integer") => "whole number",
        Some("number") => "number",
        Some("boolean") => "true or false",
        Some("array") => "list",
        Some("object") => "table",
        _ => "value",
    }
    .to_owned()
}

/// For people.
pub fn text(explained: &[Explained]) -> String {
    let mut text = String::new();
    for one in explained {
        if !text.is_empty() {
            text.push('\n');
        }
        writeln!(text, "{}", one.key).ok();
        for line in one.description.iter().flat_map(|description| description.lines()) {
            writeln!(text, "  {line}").ok();
        }
        let mut row = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                writeln!(text, "  {name:<9}{value}").ok();
            }
        };
        let list = |values: &[String]| (!values.is_empty()).then(|| values.join(", "));
        row("chain", one.chain.clone());
        row("type", Some(one.form.clone()));
        row("values", list(&one.values.iter().map(bare).collect::<Vec<_>>()));
        row("range", one.range.clone());
        row("default", one.default.as_ref().map(ToString::to_string));
        row("example", one.example.as_ref().map(ToString::to_string));
        row("keys", list(&one.keys));
        row("variable", one.variable.clone());
    }
    text
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

//! JSON Schema of the configuration.
use crate::Settings;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use watchdog_core::registry::Registry;

/// The whole configuration as JSON Schema 2020-12.
pub fn of(registry: &Registry) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let validator = registry.schema(&mut generator);
    let mut root: Schema = generator.into_root_schema_for::<Settings>();
    if let Some(tables) = root.pointer_mut("/properties/validator") {
        let description = tables.get("description").cloned();
        *tables = json!({
            "type": "object",
            "propertyNames": { "pattern": "^[a-z][a-z0-9_]{0,31}$" },
            "additionalProperties": validator,
        });
        if let (Some(tables), Some(description)) = (tables.as_object_mut(), description) {
            tables.insert("description".to_owned(), description);
        }
    }
    without_defaults_of_tables(root.to_value())
}

/// A table's default is the defaults of its keys; repeating them as one object helps nobody.
fn without_defaults_of_tables(mut node: Value) -> Value {
    if let Some(members) = node.as_object_mut() {
        if members.get("default").is_some_and(Value::is_object) {
            members.remove("default");
        }
        let inner = std::mem::take(members);
        *members = inner.into_iter().map(|(key, value)| (key, without_defaults_of_tables(value))).collect();
    } else if let Some(entries) = node.as_array_mut() {
        for entry in entries {
            *entry = without_defaults_of_tables(entry.take());
        }
    }
    node
}

/// A place in the schema that a key leads to.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// The whole schema, for references.
    pub root: &'a Value,
    /// The place.
    pub at: &'a Map<String, Value>,
    /// The chain whose table it is in, where a chain owns it.
    pub chain: Option<&'a str>,
}

impl<'a> Node<'a> {
    /// The place of the whole configuration.
    pub fn root(root: &'a Value) -> Option<Self> {
        Some(Self { root, at: root.as_object()?, chain: None })
    }

    /// What the place says, its references followed; a member of the place itself wins.
    pub fn member(&self, name: &str) -> Option<&'a Value> {
        self.at.get(name).or_else(|| self.target()?.member(name))
    }

    /// The place that this one refers to: `$ref`, or the one alternative that is not null.
    fn target(&self) -> Option<Self> {
        let to = |at: &'a Value| Some(Self { at: at.as_object()?, ..*self });
        if let Some(path) = self.at.get("$ref").and_then(Value::as_str) {
            return to(self.root.pointer(path.strip_prefix('#')?)?);
        }
        let choices = ["anyOf", "oneOf", "allOf"].iter().find_map(|key| self.at.get(*key)?.as_array())?;
        let mut real = choices.iter().filter(|choice| choice.get("type").and_then(Value::as_str) != Some("null"));
        let first = real.next().filter(|choice| choice.get("if").is_none())?;
        if real.next().is_some() { None } else { to(first) }
    }

    /// Whether a secret is referred to here.
    pub fn is_secret(&self) -> bool {
        self.at.get("$ref").and_then(Value::as_str) == Some("#/$defs/SecretRef")
            || self.target().is_some_and(|target| target.is_secret())
    }

    /// Keys of a table with fixed keys, in their order.
    pub fn keys(&self) -> Vec<(&'a str, Self)> {
        let own = self.member("properties").and_then(Value::as_object);
        own.into_iter()
            .flatten()
            .filter_map(|(key, at)| Some((key.as_str(), Self { at: at.as_object()?, ..*self })))
            .collect()
    }

    /// The places that `key` leads to: one a chain where chains differ.
    pub fn below(&self, key: &str) -> Vec<Self> {
        let own = self.keys().into_iter().find(|(name, _)| *name == key).map(|(_, node)| node);
        if let Some(node) = own.filter(|_| self.branches().is_empty()) {
            return vec![node];
        }
        let from_branches: Vec<_> = self.branches().iter().flat_map(|branch| branch.below(key)).collect();
        if !from_branches.is_empty() {
            return from_branches;
        }
        let any = self.member("additionalProperties").and_then(Value::as_object);
        any.map(|at| Self { at, ..*self }).into_iter().collect()
    }

    /// The alternatives of a validator's table, one a chain.
    pub fn branches(&self) -> Vec<Self> {
        let branch = |choice: &'a Value| {
            let chain = choice.pointer("/if/properties/chain/const")?.as_str()?;
            Some(Self { at: choice.get("then")?.as_object()?, chain: Some(chain), ..*self })
        };
        self.at.get("allOf").and_then(Value::as_array).into_iter().flatten().filter_map(branch).collect()
    }
}

/// The places that a dotted key leads to.
pub fn find<'a>(root: &'a Value, key: &str) -> Vec<Node<'a>> {
    let mut nodes: Vec<_> = Node::root(root).into_iter().collect();
    for part in key.split('.').filter(|part| !part.is_empty()) {
        nodes = nodes.iter().flat_map(|node| node.below(part)).collect();
    }
    nodes
}

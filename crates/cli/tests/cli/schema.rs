//! The JSON Schema: generated, committed, and as strict as the program.
use crate::world::World;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config"))
}

fn schema() -> Value {
    let world = World::new();
    let ran = world.run(&["config", "schema"]);
    assert_eq!(ran.code, Some(0));
    serde_json::from_str(&ran.stdout).unwrap()
}

fn example() -> Value {
    let text = fs::read_to_string(folder().join("example.toml")).unwrap();
    let document: toml_edit::de::Deserializer = text.parse().unwrap();
    serde::Deserialize::deserialize(document).unwrap()
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    let world = World::new();
    let generated = world.run(&["config", "schema"]).stdout;
    let path = folder().join("schema.json");
    if std::env::var_os("TANIST_UPDATE").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "config/schema.json is out of date: `tanist config schema > config/schema.json`");
}

#[test]
fn the_schema_accepts_the_example() {
    assert_eq!(complaints(&schema(), &example()), Vec::<String>::new());
}

type Change = fn(&mut Value);

#[test]
fn the_schema_refuses_what_is_misspelt_unknown_incomplete_or_of_another_type() {
    let schema = schema();
    let cases: [(&str, Change); 9] = [
        ("misspelt key of the chain", |v| v["validator"]["radix_main"]["netwrok"] = json!("mainnet")),
        ("misspelt key of a table", |v| v["validator"]["radix_main"]["policy"]["mised"] = json!(4)),
        ("unknown table", |v| v["loki"] = json!({})),
        ("unknown chain", |v| v["validator"]["radix_main"]["chain"] = json!("radiks")),
        ("missing chain", |v| drop(v["validator"]["radix_main"].as_object_mut().unwrap().remove("chain"))),
        ("missing address", |v| drop(v["validator"]["radix_main"].as_object_mut().unwrap().remove("address"))),
        ("wrong type", |v| v["validator"]["radix_main"]["policy"]["missed"] = json!("four")),
        ("inline secret", |v| v["validator"]["radix_main"]["owner_key"]["secret"] = json!("words")),
        ("name that no variable reaches", |v| v["validator"]["Main"] = v["validator"]["radix_main"].clone()),
    ];
    for (name, change) in cases {
        let mut value = example();
        change(&mut value);
        assert!(!complaints(&schema, &value).is_empty(), "{name} was accepted");
    }
}

/// What the schema finds wrong with `value`. Knows the keywords that the schema uses, and refuses to
/// judge one that it does not know.
fn complaints(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "", &mut found);
    found
}

fn holds(root: &Value, schema: &Value, value: &Value) -> bool {
    let mut found = Vec::new();
    check(root, schema, value, "", &mut found);
    found.is_empty()
}

#[allow(clippy::match_same_arms, reason = "a keyword that holds stands beside the one that does not")]
fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(rules) = schema.as_object() else {
        if schema == &json!(false) {
            found.push(format!("{at}: nothing is allowed here"));
        }
        return;
    };
    let told = |what: &str| format!("{at}: {what}");
    for (keyword, rule) in rules {
        let list = || rule.as_array().unwrap();
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "examples" | "format" | "then" | "else" => {}
            "$ref" => {
                let target = root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap();
                check(root, target, value, at, found);
            }
            "type" => {
                let is = |name: &str| match name {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    "null" => value.is_null(),
                    other => panic!("type {other} is not known here"),
                };
                let fits = rule.as_str().map_or_else(|| list().iter().any(|name| is(name.as_str().unwrap())), is);
                if !fits {
                    found.push(told(&format!("is not {rule}")));
                }
            }
            "const" if value != rule => found.push(told(&format!("is not {rule}"))),
            "enum" if !list().contains(value) => found.push(told(&format!("is none of {rule}"))),
            "const" | "enum" => {}
            "minimum" if value.as_f64().is_some_and(|number| Some(number) < rule.as_f64()) => {
                found.push(told(&format!("is below {rule}")));
            }
            "maximum" if value.as_f64().is_some_and(|number| Some(number) > rule.as_f64()) => {
                found.push(told(&format!("is above {rule}")));
            }
            "minimum" | "maximum" => {}
            "pattern" if value.as_str().is_some_and(|text| !matches(rule.as_str().unwrap(), text)) => {
                found.push(told(&format!("does not match {rule}")));
            }
            "pattern" => {}
            "required" => {
                for key in list().iter().filter(|key| value.is_object() && value.get(key.as_str().unwrap()).is_none()) {
                    found.push(told(&format!("lacks {key}")));
                }
            }
            "allOf" => list().iter().for_each(|part| check(root, part, value, at, found)),
            "anyOf" if !list().iter().any(|part| holds(root, part, value)) => found.push(told("fits no alternative")),
            "oneOf" if list().iter().filter(|part| holds(root, part, value)).count() != 1 => {
                found.push(told("does not fit exactly one alternative"));
            }
            "anyOf" | "oneOf" => {}
            "if" if holds(root, rule, value) => {
                if let Some(then) = rules.get("then") {
                    check(root, then, value, at, found);
                }
            }
            "if" => {}
            "items" => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}[{place}]"), found);
                }
            }
            "properties" => {
                for (key, below) in rule.as_object().unwrap() {
                    if let Some(inner) = value.get(key) {
                        check(root, below, inner, &format!("{at}.{key}"), found);
                    }
                }
            }
            "propertyNames" => {
                for (key, _) in value.as_object().into_iter().flatten() {
                    check(root, rule, &json!(key), &format!("{at}.{key}"), found);
                }
            }
            "additionalProperties" => {
                let known = rules.get("properties").and_then(Value::as_object);
                for (key, inner) in value.as_object().into_iter().flatten() {
                    if known.is_none_or(|known| !known.contains_key(key)) {
                        check(root, rule, inner, &format!("{at}.{key}"), found);
                    }
                }
            }
            other => panic!("keyword {other} is not known here"),
        }
    }
}

/// The few patterns of the schema, written out.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern {
        "^https?://" => text.starts_with("http://") || text.starts_with("https://"),
        "^0[23][0-9a-fA-F]{64}$" => {
            text.len() == 66
                && (text.starts_with("02") || text.starts_with("03"))
                && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
        "^[a-z][a-z0-9_]{0,31}$" => watchdog_core::id::ValidatorName::new(text).is_some(),
        other => panic!("pattern {other} is not known here"),
    }
}

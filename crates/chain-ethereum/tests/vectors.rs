//! Every vector file of this chain, and any other folder of them named by `TANIST_VECTORS`.
#[path = "readers/addresses.rs"]
mod addresses;
#[path = "readers/consensus.rs"]
mod consensus;
#[path = "readers/execution.rs"]
mod execution;
#[path = "readers/keystores.rs"]
mod keystores;
#[path = "readers/supervisor.rs"]
mod supervisor;

use serde_json::Value;
use std::path::{Path, PathBuf};
use watchdog_testkit::vectors::{self, Reader, Tally};

/// One reader per file.
fn readers() -> Vec<Reader> {
    [addresses::READERS, consensus::READERS, execution::READERS, keystores::READERS, supervisor::READERS].concat()
}

fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

#[test]
fn every_case_of_every_vector_file_holds() {
    let folder = vectors::folder(&own_folder(), std::env::var_os("TANIST_VECTORS"), "ethereum");
    // Straight to standard output, so that the lines are seen where tests are captured.
    vectors::run(&folder, &readers(), &mut std::io::stdout().lock()).unwrap();
}

#[test]
fn no_vector_file_of_this_crate_is_missing() {
    for reader in readers() {
        assert!(own_folder().join(reader.path).is_file(), "{}", reader.path);
    }
}

/// Where an error is expected, these are what it is expected of. A keystore's words about itself are
/// free: any other path is as good. Names with a slash are no field names to the search: the test
/// after it looks at those.
fn is_refused_input(case: &Value, field: &str) -> bool {
    let is_error = case.get("error").is_some();
    match field.strip_prefix("/keystore/") {
        Some(words) => is_error || ["name", "path"].contains(&words) || words.starts_with("extra/"),
        None => {
            is_error && !["/error", "/kind", "/purpose"].contains(&field) || field.starts_with("/files/validators/")
        }
    }
}

/// Cheap cases first: of cases with the same fields, the first one is looked at.
fn by_cost(mut document: Value) -> Value {
    if let Some(cases) = document.get_mut("cases").and_then(Value::as_array_mut) {
        cases.sort_by_key(|case| case["cost"] == "full" || case["algo"] == "argon2id");
    }
    document
}

#[test]
fn no_field_of_any_case_can_change_unnoticed() {
    for reader in readers() {
        let file = std::fs::File::open(own_folder().join(reader.path)).unwrap();
        let document = by_cost(serde_json::from_reader(std::io::BufReader::new(file)).unwrap());
        let unnoticed = vectors::unnoticed(&document, &reader, is_refused_input);
        assert!(unnoticed.is_empty(), "{}: {unnoticed:?}", reader.path);
    }
}

#[test]
fn no_file_of_an_archive_can_change_unnoticed() {
    let [reader] = supervisor::READERS else { unreachable!() };
    let file = std::fs::File::open(own_folder().join(reader.path)).unwrap();
    let document: Value = serde_json::from_reader(std::io::BufReader::new(file)).unwrap();
    let mut changed = 0;
    for case in document["cases"].as_array().unwrap().iter().filter(|case| case["files"].is_object()) {
        for name in case["files"].as_object().unwrap().keys() {
            let mut case = case.clone();
            case["files"][name] = "00".into();
            let mut tally = Tally::default();
            (reader.check)(&serde_json::json!({ "cases": [case] }), &mut tally);
            assert_eq!(tally.failures().len(), 1, "{name}");
            changed += 1;
        }
    }
    assert!(changed >= 8);
}

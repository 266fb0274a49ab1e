//! Every vector file of this chain's keys and addresses, and any other folder of them named by
//! `TANIST_VECTORS`.
#[path = "readers/addresses.rs"]
mod addresses;
#[path = "readers/arc52.rs"]
mod arc52;
#[path = "readers/mnemonics.rs"]
mod mnemonics;

use serde_json::Value;
use std::path::{Path, PathBuf};
use watchdog_testkit::vectors::{self, Reader};

/// One reader per file.
fn readers() -> Vec<Reader> {
    [addresses::READERS, arc52::READERS, mnemonics::READERS].concat()
}

fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

#[test]
fn every_case_of_every_vector_file_holds() {
    let folder = vectors::folder(&own_folder(), std::env::var_os("TANIST_VECTORS"), "algorand");
    // Straight to standard output, so that the lines are seen where tests are captured.
    vectors::run(&folder, &readers(), &mut std::io::stdout().lock()).unwrap();
}

#[test]
fn no_vector_file_of_this_crate_is_missing() {
    for reader in readers() {
        assert!(own_folder().join(reader.path).is_file(), "{}", reader.path);
    }
}

/// Where an error is expected, these are what it is expected of.
fn is_refused_input(case: &Value, field: &str) -> bool {
    case.get("valid") == Some(&Value::Bool(false)) && ["/address", "/mnemonic"].contains(&field)
}

#[test]
fn no_field_of_any_case_can_change_unnoticed() {
    for reader in readers() {
        let file = std::fs::File::open(own_folder().join(reader.path)).unwrap();
        let document = serde_json::from_reader(std::io::BufReader::new(file)).unwrap();
        let unnoticed = vectors::unnoticed(&document, &reader, is_refused_input);
        assert!(unnoticed.is_empty(), "{}: {unnoticed:?}", reader.path);
    }
}

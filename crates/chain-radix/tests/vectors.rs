//! Every vector file of this chain, and any other folder of them named by `TANIST_VECTORS`.
#[path = "readers/accounts.rs"]
mod accounts;
#[path = "readers/addresses.rs"]
mod addresses;
#[path = "support/canned.rs"]
mod canned;
#[path = "readers/exchanges.rs"]
mod exchanges;
#[path = "readers/networks.rs"]
mod networks;
#[path = "readers/transactions.rs"]
mod transactions;

use serde_json::Value;
use std::path::{Path, PathBuf};
use watchdog_testkit::vectors::{self, Reader};

/// One reader per file.
fn readers() -> Vec<Reader> {
    [accounts::READERS, addresses::READERS, exchanges::READERS, networks::READERS, transactions::READERS].concat()
}

fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

#[test]
fn every_case_of_every_vector_file_holds() {
    let folder = vectors::folder(&own_folder(), std::env::var_os("TANIST_VECTORS"), "radix");
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
    case.get("expected").is_some_and(Value::is_string) && ["/address", "/mnemonic"].contains(&field)
        || case.get("decodes") == Some(&Value::Bool(false)) && field == "/notarized_transaction_hex"
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

//! Every vector file of the keys, addresses and scripts, and any other folder of them named by
//! `TANIST_VECTORS`.
#[path = "readers/addresses.rs"]
mod addresses;
#[path = "readers/hashes.rs"]
mod hashes;
#[path = "readers/keys.rs"]
mod keys;
#[path = "readers/messages.rs"]
mod messages;
#[path = "readers/multisig.rs"]
mod multisig;
#[path = "readers/seeds.rs"]
mod seeds;

use serde_json::Value;
use std::path::{Path, PathBuf};
use watchdog_testkit::vectors::{self, Reader};

/// One reader per file.
fn readers() -> Vec<Reader> {
    [addresses::READERS, hashes::READERS, keys::READERS, messages::READERS, multisig::READERS, seeds::READERS].concat()
}

fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

#[test]
fn every_case_of_every_vector_file_holds() {
    let folder = vectors::folder(&own_folder(), std::env::var_os("TANIST_VECTORS"), "decred");
    // Straight to standard output, so that the lines are seen where tests are captured.
    vectors::run(&folder, &readers(), &mut std::io::stdout().lock()).unwrap();
}

#[test]
fn no_vector_file_of_this_crate_is_missing() {
    for reader in readers() {
        assert!(own_folder().join(reader.path).is_file(), "{}", reader.path);
    }
}

/// Where an error is expected, these are what it is expected of, or why.
fn is_refused_input(case: &Value, field: &str) -> bool {
    let inputs = ["/input", "/account_xpub", "/address", "/wif", "/message", "/signature_base64", "/keys/0", "/keys/1"];
    field == "/why"
        || case["kind"] == "error" && inputs.contains(&field)
        // Neither 4 of 2 keys nor a damaged key becomes right with another number.
        || case["kind"] == "error" && field == "/m"
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

#[test]
fn no_word_of_the_list_can_change_unnoticed() {
    let file = std::fs::File::open(own_folder().join(seeds::WORD_LIST.path)).unwrap();
    let document: Value = serde_json::from_reader(std::io::BufReader::new(file)).unwrap();
    for list in ["even", "odd"] {
        for place in 0..256 {
            let mut changed = document.clone();
            changed[list][place] = "planted".into();
            let mut tally = vectors::Tally::default();
            (seeds::WORD_LIST.check)(&changed, &mut tally);
            assert_eq!(tally.failures().len(), 1, "{list} {place}");
        }
    }
}

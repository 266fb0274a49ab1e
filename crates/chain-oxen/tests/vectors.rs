//! Every vector file of this chain, and any other folder of them named by `TANIST_VECTORS`.
#[path = "readers/accounts.rs"]
mod accounts;
#[path = "readers/addresses.rs"]
mod addresses;
#[path = "readers/ethereum.rs"]
mod ethereum;
#[path = "readers/mnemonics.rs"]
mod mnemonics;
#[path = "readers/possession.rs"]
mod possession;
#[path = "readers/service_node.rs"]
mod service_node;

use serde_json::Value;
use std::path::{Path, PathBuf};
use watchdog_core::keys::{DerivedKey, KeyError, KeyPath, KeySource, Material, Network};
use watchdog_core::keys::{KeyDerivation, Scheme};
use watchdog_core::secret::Secret;
use watchdog_testkit::vectors::{self, Reader};

/// One reader per file.
fn readers() -> Vec<Reader> {
    [
        accounts::READERS,
        addresses::READERS,
        ethereum::READERS,
        mnemonics::READERS,
        possession::READERS,
        service_node::READERS,
    ]
    .concat()
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn open(material: Material, scheme: Option<Scheme>, network: &str) -> Result<Box<dyn KeySource>, KeyError> {
    chain_oxen::keys::OxenKeys.open(material, scheme.as_ref(), &Network::named(network), &secret(""))
}

fn key(material: Material) -> Result<DerivedKey, String> {
    let key = open(material, None, "mainnet").and_then(|source| source.key(&KeyPath::index(0)));
    key.map_err(|e| e.to_string())
}

fn private<'a>(key: &'a DerivedKey, field: &str) -> Option<&'a str> {
    key.private.get(field).map(Secret::expose)
}

fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

#[test]
fn every_case_of_every_vector_file_holds() {
    let folder = vectors::folder(&own_folder(), std::env::var_os("TANIST_VECTORS"), "oxen");
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
    let refused = case.get("valid") == Some(&Value::Bool(false));
    let inputs = ["/address", "/mnemonic", "/text", "/network", "/operator", "/signature", "/bls_public"];
    refused && (inputs.contains(&field) || field == "/service_node_pubkey")
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

//! Samples of Radix.
use super::{Bench, Sample, agree, some, text};
use serde_json::Value;

pub(crate) const SAMPLES: &[Sample] = &[
    Sample { file: "accounts", check: accounts },
    Sample { file: "accounts_published", check: derived },
    Sample { file: "addresses", check: addresses },
    Sample { file: "networks", check: networks },
];

fn accounts(bench: &Bench, document: &Value) {
    derived(bench, document);
    for case in some(document, |case| case["expected"] == "error") {
        let codes = ["checksum", "unknown_word", "word_count", "secret_invalid"];
        bench.refused(12, &codes, &["derive", "--chain", "radix", "--phrase-stdin"], text(case, "mnemonic"));
    }
}

fn derived(bench: &Bench, document: &Value) {
    for scheme in ["cap26", "bip44_olympia"] {
        if document["cases"].as_array().unwrap().iter().all(|case| case["scheme"] != scheme) {
            continue;
        }
        for case in some(document, |case| case["scheme"] == scheme) {
            derives(bench, case, if scheme == "cap26" { "cap26" } else { "olympia" });
        }
    }
}

fn derives(bench: &Bench, case: &Value, scheme: &str) {
    let (network, index) = (case["network_id"].to_string(), case["index"].to_string());
    let passphrase = bench.file("passphrase", text(case, "passphrase"));
    let arguments = ["derive", "--chain", "radix", "--scheme", scheme, "--network", &network, "--index", &index];
    let doors = ["--phrase-stdin", "--passphrase-file", passphrase, "--private-key-stdout"];
    let key = bench.found(&[&arguments[..], &doors].concat(), text(case, "mnemonic"));
    agree(
        &key,
        &[
            ("path", &case["path"]),
            ("public_key", &case["public_key_hex"]),
            ("private_key", &case["private_key_hex"]),
            ("address", &case["account_address"]),
            ("olympia_address", &case["olympia_address"]),
            ("curve", &case["curve"]),
        ],
    );
    let local = &text(case, "account_node_id_hex")[2..];
    assert!(text(&key, "owner_badge").ends_with(&format!(":[{local}]")), "{key}");
    let seed = bench.file("seed", text(case, "seed_hex"));
    let again = bench.found(&[&arguments[..], &["--seed-file", seed]].concat(), "");
    agree(&again, &[("address", &case["account_address"])]);
}

fn addresses(bench: &Bench, document: &Value) {
    for case in some(document, |case| case.get("expected").is_none()) {
        let found = bench.found(&["address", "--chain", "radix", text(case, "address")], "");
        let fields = ["network_id", "entity_type"].map(|field| (field, &case[field]));
        agree(&found, &fields);
        agree(&found, &[("payload", &case["node_id_hex"])]);
        let badge = |resource| format!("{resource}:{}", text(case, "owner_badge_local_id"));
        let badge = case["owner_badge_resource"].as_str().map(badge);
        agree(&found, &[("owner_badge", &badge.into())]);
    }
    for case in some(document, |case| case["expected"] == "error") {
        bench.refused(12, &["address_invalid"], &["address", "--chain", "radix", text(case, "address")], "");
    }
    for case in some(document, |case| case["expected"] == "error_when_network_differs") {
        let network = case["configured_network_id"].to_string();
        let arguments = ["address", "--chain", "radix", "--network", &network, text(case, "address")];
        bench.refused(12, &["address_invalid"], &arguments, "");
    }
}

fn networks(bench: &Bench, document: &Value) {
    let seed = bench.file("seed", "5a".repeat(64));
    for case in some(document, |_| true) {
        let found = bench.found(&["address", "--chain", "radix", text(case, "xrd")], "");
        agree(&found, &[("network_id", &case["network_id"]), ("network", &case["logical_name"])]);
        let name = text(case, "logical_name");
        let key = bench.found(&["derive", "--chain", "radix", "--network", name, "--seed-file", seed], "");
        assert!(text(&key, "address").starts_with(&format!("{}1", text(case, "account_hrp"))), "{key}");
    }
    bench.refused(
        11,
        &["unknown_network"],
        &["derive", "--chain", "radix", "--network", "256", "--seed-file", seed],
        "",
    );
}

//! Samples of Algorand.
use super::{Bench, Sample, agree, some, text};
use serde_json::Value;

pub(crate) const SAMPLES: &[Sample] = &[
    Sample { file: "addresses", check: addresses },
    Sample { file: "arc52", check: arc52 },
    Sample { file: "mnemonics", check: mnemonics },
];

const DERIVE: [&str; 4] = ["derive", "--chain", "algorand", "--phrase-stdin"];

/// Nothing at all does not come as far as the chain.
fn code(case: &Value) -> &str {
    if text(case, "mnemonic").is_empty() { "secret_invalid" } else { text(case, "error") }
}

fn mnemonics(bench: &Bench, document: &Value) {
    for case in some(document, |case| case["valid"] == true) {
        let key = bench.found(&[&DERIVE[..], &["--private-key-stdout"]].concat(), text(case, "mnemonic"));
        agree(
            &key,
            &[
                ("private_key", &case["seed_hex"]),
                ("public_key", &case["public_key_hex"]),
                ("address", &case["address"]),
                ("mnemonic", &case["mnemonic"]),
            ],
        );
    }
    for error in ["checksum", "padding", "unknown_word", "word_count"] {
        for case in some(document, |case| case["error"] == error) {
            let scheme = ["--scheme", "algorand-25"];
            bench.refused(12, &[code(case)], &[&DERIVE[..], &scheme].concat(), text(case, "mnemonic"));
        }
    }
}

fn arc52(bench: &Bench, document: &Value) {
    for case in some(document, |case| case["valid"] == true) {
        let scheme = format!("arc52-{}", text(case, "variant"));
        let levels = ["account", "change", "index"].map(|level| case[level].to_string());
        let [account, change, index] = levels.each_ref().map(String::as_str);
        let passphrase = bench.file("passphrase", text(case, "passphrase"));
        let branch = ["--account", account, "--change", change, "--index", index];
        let doors = ["--scheme", &scheme, "--passphrase-file", passphrase, "--private-key-stdout"];
        let key = bench.found(&[&DERIVE[..], &branch, &doors].concat(), text(case, "mnemonic"));
        agree(
            &key,
            &[
                ("path", &case["path"]),
                ("private_key", &case["xprv_hex"]),
                ("public_key", &case["public_key_hex"]),
                ("address", &case["address"]),
                ("account_xpub", &case["account_xpub_hex"]),
            ],
        );
        let xpub = bench.file("xpub", text(case, "account_xpub_hex"));
        let below = ["derive", "--chain", "algorand", "--scheme", &scheme, "--extended-key", xpub];
        let public = bench.found(&[&below[..], &["--change", change, "--index", index]].concat(), "");
        agree(&public, &[("address", &case["address"])]);
    }
    for case in some(document, |case| case["valid"] == false) {
        let scheme = ["--scheme", "arc52-peikert"];
        bench.refused(12, &[code(case)], &[&DERIVE[..], &scheme].concat(), text(case, "mnemonic"));
    }
}

fn addresses(bench: &Bench, document: &Value) {
    for case in some(document, |case| case["valid"] == true) {
        let found = bench.found(&["address", "--chain", "algorand", text(case, "address")], "");
        agree(&found, &[("payload", &case["public_key_hex"]), ("text", &case["address"])]);
    }
    for error in ["checksum", "encoding", "length"] {
        for case in some(document, |case| case["error"] == error) {
            bench.refused(12, &["address_invalid"], &["address", "--chain", "algorand", text(case, "address")], "");
        }
    }
}

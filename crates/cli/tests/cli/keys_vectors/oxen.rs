//! Samples of Oxen and Session.
use super::{Bench, Sample, agree, some, text};
use serde_json::Value;

pub(crate) const SAMPLES: &[Sample] = &[
    Sample { file: "addresses", check: addresses },
    Sample { file: "bls_proof_of_possession", check: bls_proof_of_possession },
    Sample { file: "eth_addresses", check: eth_addresses },
    Sample { file: "mnemonics", check: mnemonics },
    Sample { file: "service_node_keys", check: service_node_keys },
    Sample { file: "session_account_13_words", check: session },
];

const DERIVE: [&str; 3] = ["derive", "--chain", "oxen"];
const BAD_PHRASE: [&str; 4] = ["checksum", "unknown_word", "word_count", "wrong_language"];

fn addresses(bench: &Bench, document: &Value) {
    let explain = |case| ["address", "--chain", "oxen", "--network", text(case, "network"), text(case, "address")];
    for kind in ["standard", "integrated", "subaddress"] {
        for case in some(document, |case| case["valid"] == true && case["kind"] == kind) {
            let found = bench.found(&explain(case), "");
            agree(&found, &["kind", "network", "prefix", "payment_id"].map(|field| (field, &case[field])));
            agree(&found, &[("spend_public_key", &case["spend_public"]), ("view_public_key", &case["view_public"])]);
        }
    }
    for case in some(document, |case| case["valid"] == false) {
        bench.refused(12, &["address_invalid"], &explain(case), "");
    }
}

fn bls_proof_of_possession(bench: &Bench, document: &Value) {
    let (chain, contract) = (document["chain_id"].to_string(), text(document, "rewards_contract"));
    let place = ["--chain-id", &chain, "--rewards-contract", contract];
    let about =
        |case| ["--operator", text(case, "operator"), "--service-node-pubkey", text(case, "service_node_pubkey")];
    let verify = |case| {
        let proof = ["--bls-public-key", text(case, "bls_public"), "--proof", text(case, "signature")];
        [&["tool", "oxen", "bls-verify"][..], &proof, &about(case), &place].concat()
    };
    for case in some(document, |case| case["valid"] == true && case.get("bls_secret").is_some()) {
        let key = bench.file("key_bls", text(case, "bls_secret"));
        let prove = [&["tool", "oxen", "bls-prove", "--key-bls", key][..], &about(case), &place].concat();
        let answer = bench.found(&prove, "");
        agree(&answer["result"], &[("proof", &case["signature"]), ("bls_public_key", &case["bls_public"])]);
        agree(&bench.found(&verify(case), "")["result"], &[("valid", &true.into())]);
    }
    for case in some(document, |case| case["valid"] == false) {
        let ran = bench.keys(&verify(case), "");
        assert!(matches!(ran.code, Some(11 | 12)), "{ran:?}");
    }
}

fn eth_addresses(bench: &Bench, document: &Value) {
    for case in some(document, |case| case["valid"] == true && case.get("secret").is_some()) {
        let key = bench.file("key", text(case, "secret"));
        let answer = bench.found(&["tool", "oxen", "operator-address", "--private-key", key], "");
        agree(&answer["result"], &[("address", &case["address"])]);
    }
    for case in some(document, |case| case["valid"] == true && case.get("canonical").is_some()) {
        let found = bench.found(&["address", "--chain", "oxen", text(case, "address")], "");
        agree(&found, &[("text", &case["canonical"])]);
    }
    for case in some(document, |case| case["valid"] == false) {
        bench.refused(12, &["address_invalid"], &["address", "--chain", "oxen", text(case, "address")], "");
    }
}

fn mnemonics(bench: &Bench, document: &Value) {
    for network in ["mainnet", "testnet"] {
        for case in some(document, |case| case["addresses"][network].is_object()) {
            let doors = ["--network", network, "--phrase-stdin", "--private-key-stdout"];
            let key = bench.found(&[&DERIVE[..], &doors].concat(), text(case, "mnemonic"));
            agree(
                &key,
                &[
                    ("private_key", &case["spend_secret"]),
                    ("view_key", &case["view_secret"]),
                    ("public_key", &case["spend_public"]),
                    ("view_public_key", &case["view_public"]),
                    ("address", &case["addresses"][network]["standard"]),
                ],
            );
            let address = text(&case["addresses"][network], "standard");
            let payment = ["--address", address, "--payment-id", text(case, "payment_id")];
            let integrated = [&["tool", "oxen", "integrated-address", "--network", network][..], &payment].concat();
            let found = bench.found(&integrated, "");
            agree(&found["result"], &[("address", &case["addresses"][network]["integrated"])]);
        }
    }
    for case in some(document, |case| case["valid"] == false) {
        bench.refused(12, &BAD_PHRASE, &[&DERIVE[..], &["--phrase-stdin"]].concat(), text(case, "mnemonic"));
    }
}

fn service_node_keys(bench: &Bench, document: &Value) {
    for (name, public) in [("key_ed25519", "ed25519_public"), ("key", "primary_public"), ("key_bls", "bls_public")] {
        let is_valid = |case: &Value| case["valid"] == true && case.get("tool_must_reject").is_none();
        for case in some(document, |case| case["file"] == name && is_valid(case)) {
            for content in [hex::decode(text(case, "raw_hex")).unwrap(), text(case, "text").into()] {
                let file = bench.file(name, content);
                let key = bench.found(&[&DERIVE[..], &["--key-file", file, "--private-key-stdout"]].concat(), "");
                agree(&key, &[("public_key", &case[public]), ("private_key", &case["raw_hex"])]);
            }
        }
    }
    for case in some(document, |case| case["valid"] == false || case["tool_must_reject"] == true) {
        let file = bench.file(text(case, "file"), text(case, "text"));
        bench.refused(12, &["key_invalid", "public_key_mismatch"], &[&DERIVE[..], &["--key-file", file]].concat(), "");
    }
}

fn session(bench: &Bench, document: &Value) {
    let scheme = ["--scheme", "session", "--phrase-stdin"];
    for case in some(document, |case| case["valid"] == true) {
        let key = bench.found(&[&DERIVE[..], &scheme].concat(), text(case, "mnemonic"));
        agree(
            &key,
            &[
                ("public_key", &case["ed25519_public"]),
                ("x25519_public_key", &case["x25519_public"]),
                ("address", &case["session_id"]),
            ],
        );
    }
    for case in some(document, |case| case["valid"] == false) {
        bench.refused(12, &BAD_PHRASE, &[&DERIVE[..], &scheme].concat(), text(case, "mnemonic"));
    }
}

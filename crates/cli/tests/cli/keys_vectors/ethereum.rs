//! Samples of Ethereum.
use super::{Bench, Sample, agree, some, text};
use serde_json::Value;

pub(crate) const SAMPLES: &[Sample] = &[
    Sample { file: "bip44_secp256k1", check: bip44 },
    Sample { file: "eip2333", check: eip2333 },
    Sample { file: "eip2334", check: eip2334 },
    Sample { file: "eip2335", check: eip2335 },
    Sample { file: "eip2335_encrypt", check: eip2335_encrypt },
    Sample { file: "eip55", check: eip55 },
    Sample { file: "interop_keys", check: interop_keys },
    Sample { file: "legacy_supervisor", check: legacy_supervisor },
];

const PHRASE: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const DERIVE: [&str; 3] = ["derive", "--chain", "ethereum"];

fn bip44(bench: &Bench, document: &Value) {
    let scheme = ["--scheme", "bip44", "--phrase-stdin"];
    for case in some(document, |case| case["kind"] == "derive") {
        let passphrase = bench.file("passphrase", text(case, "passphrase"));
        let doors = ["--passphrase-file", passphrase, "--private-key-stdout", "--path"];
        for account in case["accounts"].as_array().unwrap() {
            let path = [text(account, "path")];
            let key = bench.found(&[&DERIVE[..], &scheme, &doors, &path].concat(), text(case, "mnemonic"));
            agree(
                &key,
                &[
                    ("path", &account["path"]),
                    ("private_key", &account["private_key"]),
                    ("public_key", &account["public_key_compressed"]),
                    ("public_key_uncompressed", &account["public_key_uncompressed"]),
                    ("address", &account["address"]),
                ],
            );
        }
    }
    for case in some(document, |case| case["kind"] == "path" && case.get("error").is_some()) {
        let path = ["--path", text(case, "path")];
        bench.refused(11, &["bad_path"], &[&DERIVE[..], &scheme, &path].concat(), PHRASE);
    }
}

/// The command line takes paths of EIP-2334 only, so a child of the root by itself is out of reach.
fn eip2333(bench: &Bench, document: &Value) {
    for case in some(document, |case| case.get("error").is_none()) {
        let seed = bench.file("seed", text(case, "seed"));
        let key = bench.found(&[&DERIVE[..], &["--seed-file", seed]].concat(), "");
        assert_eq!(key["path"], "m/12381/3600/0/0/0");
        let child = format!("m/{}", case["child_index"]);
        bench.refused(11, &["bad_path"], &[&DERIVE[..], &["--seed-file", seed, "--path", &child]].concat(), "");
    }
    for case in some(document, |case| case["error"] == "seed_too_short") {
        let seed = bench.file("seed", text(case, "seed"));
        bench.refused(12, &["seed_invalid"], &[&DERIVE[..], &["--seed-file", seed]].concat(), "");
    }
}

fn eip2334(bench: &Bench, document: &Value) {
    for case in some(document, |case| case["kind"] == "mnemonic" && case.get("error").is_none()) {
        let passphrase = bench.file("passphrase", text(case, "passphrase"));
        let doors = ["--phrase-stdin", "--passphrase-file", passphrase, "--private-key-stdout", "--index"];
        for account in case["accounts"].as_array().unwrap() {
            let index = account["index"].to_string();
            let key = bench.found(&[&DERIVE[..], &doors, &[&index]].concat(), text(case, "mnemonic"));
            agree(
                &key,
                &[
                    ("path", &account["signing_path"]),
                    ("private_key", &account["signing_sk"]),
                    ("public_key", &account["signing_pk"]),
                    ("withdrawal_public_key", &account["withdrawal_pk"]),
                ],
            );
        }
    }
    for case in some(document, |case| case["kind"] == "mnemonic" && case.get("error").is_some()) {
        let codes = ["checksum", "word_count", "unknown_word", "secret_invalid"];
        bench.refused(12, &codes, &[&DERIVE[..], &["--phrase-stdin"]].concat(), text(case, "mnemonic"));
    }
    for case in some(document, |case| case["kind"] == "path" && case.get("error").is_some()) {
        let path = ["--phrase-stdin", "--path", text(case, "path")];
        bench.refused(11, &["bad_path"], &[&DERIVE[..], &path].concat(), PHRASE);
    }
}

fn open(bench: &Bench, case: &Value) -> Vec<&'static str> {
    let keystore = bench.file("keystore.json", case["keystore"].to_string());
    let password = bench.file("password", text(case, "password"));
    [&DERIVE[..], &["--keystore", keystore, "--password-file", password, "--private-key-stdout"]].concat()
}

fn eip2335(bench: &Bench, document: &Value) {
    for case in some(document, |case| case.get("error").is_none()) {
        agree(&bench.found(&open(bench, case), ""), &[("private_key", &case["secret"])]);
    }
    for (error, code) in [
        ("wrong_password", "wrong_password"),
        ("pubkey_mismatch", "public_key_mismatch"),
        ("kdf_too_expensive", "too_costly"),
        ("malformed", "keystore_invalid"),
        ("unsupported_cipher", "keystore_invalid"),
    ] {
        for case in some(document, |case| case["error"] == error) {
            bench.refused(12, &[code], &open(bench, case), "");
        }
    }
}

/// The salt is drawn anew, so the file differs; what it opens to is the same.
fn eip2335_encrypt(bench: &Bench, document: &Value) {
    for (place, case) in some(document, |_| true).into_iter().enumerate() {
        let secret = &bench.found(&open(bench, case), "")["private_key"];
        assert_eq!(*secret, case["secret"]);
        let (key, made) = (bench.file("key", text(case, "secret")), format!("made_{place}.json"));
        let out = ["--key-file", key, "--keystore-out", &made, "--password-file", "password"];
        let written = bench.found(&[&DERIVE[..], &out].concat(), "");
        let back = ["--keystore", &made, "--password-file", "password", "--private-key-stdout"];
        let back = bench.found(&[&DERIVE[..], &back].concat(), "");
        agree(&back, &[("private_key", &case["secret"]), ("public_key", &written["public_key"])]);
    }
}

fn eip55(bench: &Bench, document: &Value) {
    let explain = |input| ["address", "--chain", "ethereum", input];
    for case in some(document, |case| case["kind"] == "checksum") {
        agree(&bench.found(&explain(text(case, "input")), ""), &[("text", &case["checksummed"])]);
    }
    for case in some(document, |case| case["kind"] == "parse" && case.get("error").is_none()) {
        agree(&bench.found(&explain(text(case, "input")), ""), &[("payload", &case["address"])]);
    }
    for error in ["bad_checksum", "bad_length", "not_hex"] {
        for case in some(document, |case| case["error"] == error) {
            bench.refused(12, &["address_invalid"], &explain(text(case, "input")), "");
        }
    }
}

fn interop_keys(bench: &Bench, document: &Value) {
    for case in some(document, |_| true) {
        let index = case["index"].to_string();
        let arguments = ["tool", "ethereum", "interop-key", "--index", &index, "--private-key-stdout"];
        let answer = bench.found(&arguments, "");
        agree(&answer, &[("private_key", &case["sk"])]);
        agree(&answer["result"], &[("public_key", &case["pk"])]);
    }
}

/// Argon2id at its full gibibyte is left to the crate's own tests.
fn legacy_supervisor(bench: &Bench, document: &Value) {
    let unlock = |case: &Value| {
        let (descriptor, password) = (case["descriptor"].to_string(), text(case, "password"));
        let descriptor = bench.file("descriptor.json", descriptor);
        let password = bench.file("password", password);
        ["tool", "ethereum", "legacy-key", "--descriptor", descriptor, "--password", password]
    };
    let is_descriptor =
        |case: &Value| case["kind"] == "key_descriptor" && case["descriptor"]["algo"] == "argon2id_weak";
    for case in some(document, |case| is_descriptor(case) && case.get("error").is_none()) {
        agree(&bench.found(&unlock(case), "")["result"], &[("password", &"right".into())]);
    }
    for case in some(document, |case| is_descriptor(case) && case["error"] == "wrong_password") {
        bench.refused(12, &["wrong_password"], &unlock(case), "");
    }
    let right = some(document, |case| is_descriptor(case) && case.get("error").is_none())[0];
    unlock(right);
    for case in some(document, |case| case["kind"] == "archive") {
        // No archive of the file is under the key of one of its descriptors.
        bench.file("archive", hex::decode(text(case, "blob")).unwrap());
        let arguments = ["--descriptor", "descriptor.json", "--password", "password", "--archive", "archive"];
        let arguments = [&["tool", "ethereum", "legacy-archive", "--out", "backup"][..], &arguments].concat();
        let ran = bench.keys(&arguments, "");
        assert_eq!(ran.code, Some(12), "{ran:?}");
        assert!(!bench.0.path("backup").exists());
    }
    for case in some(document, |case| case["kind"] == "rpc_auth") {
        let key = bench.file("key", text(case, "user_key"));
        let arguments = ["tool", "ethereum", "legacy-auth", "--challenge", text(case, "challenge"), "--key", key];
        agree(&bench.found(&arguments, "")["result"], &[("response", &case["response"])]);
    }
}

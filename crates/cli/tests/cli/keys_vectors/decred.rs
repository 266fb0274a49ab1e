//! Samples of Decred.
use super::{Bench, Sample, agree, some, text};
use serde_json::Value;

pub(crate) const SAMPLES: &[Sample] = &[
    Sample { file: "addresses", check: addresses },
    Sample { file: "blake256", check: blake256 },
    Sample { file: "hd_keys", check: hd_keys },
    Sample { file: "hd_leading_zero", check: hd_leading_zero },
    Sample { file: "message_signature", check: message_signature },
    Sample { file: "multisig", check: multisig },
    Sample { file: "seed_words", check: seed_words },
    Sample { file: "wif", check: wif },
    Sample { file: "xpub_addresses", check: xpub_addresses },
];

fn is(kind: &str) -> impl Fn(&Value) -> bool + '_ {
    move |case| case["kind"] == kind
}

fn derive<'a>(case: &'a Value, rest: &[&'a str]) -> Vec<&'a str> {
    [&["derive", "--chain", "decred", "--network", text(case, "network")], rest].concat()
}

fn addresses(bench: &Bench, document: &Value) {
    let explain = |case| ["address", "--chain", "decred", "--network", text(case, "network"), text(case, "address")];
    for case in some(document, is("ok")) {
        let found = bench.found(&explain(case), "");
        let fields = ["network", "type", "payment_script", "hash160"].map(|field| (field, &case[field]));
        agree(&found, fields.iter().filter(|(_, value)| !value.is_null()).copied().collect::<Vec<_>>().as_slice());
    }
    for case in some(document, is("error")) {
        bench.refused(12, &["address_invalid"], &explain(case), "");
    }
}

fn blake256(bench: &Bench, document: &Value) {
    for case in some(document, |_| true) {
        let message = bench.file("message", hex::decode(text(case, "message_hex")).unwrap());
        let answer = bench.found(&["tool", "decred", "blake256", "--file", message], "");
        agree(&answer["result"], &["blake256", "double_blake256", "hash160"].map(|field| (field, &case[field])));
    }
}

fn hd_keys(bench: &Bench, document: &Value) {
    for case in some(document, |_| true) {
        let seed = bench.file("seed", text(case, "seed_hex"));
        // Coin types of wallets from before SLIP-0044.
        let is_legacy = ["/20'", "/11'", "/115'"].iter().any(|coin| text(case, "path").contains(coin));
        let scheme = if is_legacy { "legacy" } else { "slip44" };
        let doors = ["--scheme", scheme, "--seed-file", seed, "--private-key-stdout", "--path", text(case, "path")];
        let key = bench.found(&derive(case, &doors), "");
        agree(
            &key,
            &[
                ("path", &case["path"]),
                ("private_key", &case["privkey_hex"]),
                ("public_key", &case["pubkey_hex"]),
                ("extended_private_key", &case["xprv"]),
                ("extended_public_key", &case["xpub"]),
            ],
        );
    }
}

fn hd_leading_zero(bench: &Bench, document: &Value) {
    for case in some(document, |case| case.get("child_xprv_decred").is_some()) {
        let seed = bench.file("seed", text(case, "seed_hex"));
        let doors = ["--seed-file", seed, "--private-key-stdout", "--path", text(case, "hardened_child_path")];
        agree(&bench.found(&derive(case, &doors), ""), &[("extended_private_key", &case["child_xprv_decred"])]);
        let address = ["--seed-file", seed, "--path", text(case, "address_path")];
        agree(&bench.found(&derive(case, &address), ""), &[("address", &case["address_decred"])]);
    }
}

fn message_signature(bench: &Bench, document: &Value) {
    let verify = |case| {
        let message = bench.file("message", text(case, "message"));
        let (network, address) = (text(case, "network"), text(case, "address"));
        let signed = ["--address", address, "--signature", text(case, "signature_base64"), "--message", message];
        [&["tool", "decred", "verify-message", "--network", network][..], &signed].concat()
    };
    for case in some(document, is("ok")) {
        agree(&bench.found(&verify(case), "")["result"], &[("valid", &true.into())]);
    }
    for case in some(document, is("error")) {
        let ran = bench.keys(&verify(case), "");
        assert!(matches!(ran.code, Some(11 | 12)), "{ran:?}");
    }
}

fn multisig(bench: &Bench, document: &Value) {
    let tool = |network, pool, user| {
        ["tool", "decred", "multisig", "--network", network, "--pool-key", pool, "--user-key", user]
    };
    for case in some(document, is("ok")) {
        let (pool, user) = (text(case, "pool_pubkey_hex"), text(case, "user_pubkey_hex"));
        let answer = bench.found(&tool(text(case, "network"), pool, user), "");
        let same = ["p2sh_address", "script_hash160", "payment_script", "voting_rights_script", "pool_pubkey_address"];
        agree(&answer["result"], &same.map(|field| (field, &case[field])));
        agree(&answer["result"], &[("redeem_script", &case["redeem_script_hex"])]);
    }
    for case in some(document, is("order")) {
        let (network, keys) = (text(case, "network"), [&case["keys"][0], &case["keys"][1]]);
        let [one, two] = keys.map(|key| key.as_str().unwrap());
        for (pool, user, address) in [(one, two, "address"), (two, one, "address_swapped")] {
            let answer = bench.found(&tool(network, pool, user), "");
            agree(&answer["result"], &[("p2sh_address", &case[address])]);
        }
    }
    // The tool asks for one signature of two keys and for nothing else.
    for case in some(document, |case| case["kind"] == "error" && case["m"] == 1) {
        let [pool, user] = [&case["keys"][0], &case["keys"][1]].map(|key| key.as_str().unwrap());
        bench.refused(11, &["bad_argument"], &tool(text(case, "network"), pool, user), "");
    }
}

fn seed_words(bench: &Bench, document: &Value) {
    for case in some(document, |case| case["kind"] == "ok" && case.get("words").is_some()) {
        for field in ["words", "seed_hex"] {
            let seed = bench.file("seed", text(case, field));
            let answer = bench.found(&["tool", "decred", "seed", "--seed", seed, "--private-key-stdout"], "");
            agree(&answer, &[("mnemonic", &case["words"]), ("seed_hex", &case["seed_hex"])]);
        }
        let words = bench.found(&["derive", "--chain", "decred", "--phrase-stdin"], text(case, "words"));
        let seed = bench.file("seed", text(case, "seed_hex"));
        let hex = bench.found(&["derive", "--chain", "decred", "--seed-file", seed], "");
        assert_eq!(words["address"], hex["address"]);
    }
    // Written another way, with the seed as the reference reads it.
    for case in some(document, |case| case["kind"] == "ok" && case.get("input").is_some()) {
        let seed = bench.file("seed", text(case, "input"));
        let answer = bench.found(&["tool", "decred", "seed", "--seed", seed, "--private-key-stdout"], "");
        agree(&answer, &[("seed_hex", &case["oracle"])]);
    }
    for case in some(document, is("error")) {
        let codes = ["checksum", "unknown_word", "word_count", "seed_invalid", "secret_invalid", "misplaced_word"];
        bench.refused(12, &codes, &["derive", "--chain", "decred", "--phrase-stdin"], text(case, "input"));
    }
}

fn wif(bench: &Bench, document: &Value) {
    for case in some(document, is("ok")) {
        let key = bench.file("key", text(case, "wif"));
        let found = bench.found(&derive(case, &["--key-file", key, "--private-key-stdout"]), "");
        agree(
            &found,
            &[("private_key", &case["privkey_hex"]), ("public_key", &case["pubkey_hex"]), ("wif", &case["wif"])],
        );
    }
    for case in some(document, is("error")) {
        let key = bench.file("key", text(case, "wif"));
        bench.refused(12, &["key_invalid", "wrong_network", "secret_invalid"], &derive(case, &["--key-file", key]), "");
    }
}

fn xpub_addresses(bench: &Bench, document: &Value) {
    for case in some(document, |case| case["kind"] == "ok" && case.get("user_id").is_some()) {
        let key = bench.file("xpub", text(case, "account_xpub"));
        let path = format!("m/{}", text(case, "path"));
        let found = bench.found(&derive(case, &["--extended-key", key, "--path", &path]), "");
        agree(&found, &[("public_key", &case["pubkey_hex"]), ("address", &case["address"])]);
        let private = bench.keys(&derive(case, &["--extended-key", key, "--path", &path, "--private-key-stdout"]), "");
        assert_eq!((private.code, &private.json()["error"]["code"]), (Some(11), &"public_only".into()));
    }
    for case in some(document, |case| case["kind"] == "error" && case.get("path").is_none()) {
        let key = bench.file("xpub", text(case, "account_xpub"));
        let codes = ["key_invalid", "wrong_network", "secret_invalid"];
        bench.refused(12, &codes, &derive(case, &["--extended-key", key]), "");
    }
}

//! The tools of this chain, as the program calls them.
#![allow(clippy::unwrap_used, reason = "helper functions are part of the tests")]
use chain_oxen::keys::OxenKeys;
use serde_json::{Value, json};
use watchdog_core::keys::tool::{Answer, ArgumentKind, Inputs};
use watchdog_core::keys::{Entropy, KeyDerivation, KeyError, Network};
use watchdog_core::secret::Secret;

/// No tool of this chain draws random bytes.
struct Dry;

impl Entropy for Dry {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), KeyError> {
        Err(KeyError::Entropy)
    }
}

fn run(name: &str, inputs: &Inputs) -> Result<Answer, KeyError> {
    let tool = OxenKeys.tools().iter().find(|tool| tool.name == name).unwrap();
    (tool.run)(inputs, &mut Dry)
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// First case of `bls_proof_of_possession.json`.
fn case() -> (Value, Value) {
    let document: Value = serde_json::from_str(include_str!("vectors/bls_proof_of_possession.json")).unwrap();
    (document["cases"][0].clone(), document)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

fn terms(operator: &str) -> Inputs {
    let (case, document) = case();
    Inputs::new(None)
        .with_text("operator", operator)
        .with_text("service-node-pubkey", text(&case, "service_node_pubkey"))
        .with_text("chain-id", document["chain_id"].to_string())
        .with_text("rewards-contract", text(&document, "rewards_contract"))
}

#[test]
fn a_proof_is_the_one_that_the_contract_takes() {
    let (case, _) = case();
    let key = format!("0x{}", text(&case, "bls_secret"));
    let made = run("bls-prove", &terms(text(&case, "operator")).with_secret("key-bls", secret(&key))).unwrap();
    assert_eq!(made.facts["proof"], case["signature"]);
    assert_eq!(made.facts["message"], case["message"]);
    assert_eq!(made.facts["bls_public_key"], case["bls_public"]);
    assert!(made.private.is_empty() && made.files.is_empty());

    let check = |operator: &str| {
        let inputs = terms(operator)
            .with_text("bls-public-key", text(&case, "bls_public"))
            .with_text("proof", text(&case, "signature"));
        run("bls-verify", &inputs)
    };
    assert_eq!(check(text(&case, "operator")).unwrap().facts["valid"], json!(true));
    let error = check("0x0000000000000000000000000000000000000001").unwrap_err();
    assert!(matches!(error, KeyError::Signature(_)) && error.to_string().contains("does not hold"), "{error}");
}

#[test]
fn chain_and_contract_come_from_the_network_where_they_are_known() {
    let (case, _) = case();
    let inputs = |network: Option<&'static str>| {
        Inputs::new(network.map(Network::known))
            .with_secret("key-bls", secret(text(&case, "bls_secret")))
            .with_text("operator", text(&case, "operator"))
            .with_text("service-node-pubkey", text(&case, "service_node_pubkey"))
    };
    let mainnet = run("bls-prove", &inputs(Some("mainnet"))).unwrap().facts;
    assert_eq!(mainnet["chain_id"], json!(42161));
    assert_eq!(mainnet["rewards_contract"], json!("0xC2B9fC251aC068763EbDfdecc792E3352E351c00"));
    let refused = |network| match run("bls-prove", &inputs(network)).unwrap_err() {
        KeyError::Argument { argument, .. } => argument,
        other => panic!("{other}"),
    };
    assert_eq!(refused(None), "chain-id");
    assert_eq!(refused(Some("stagenet")), "rewards-contract");
    let error = run("bls-prove", &inputs(Some("moon"))).unwrap_err();
    assert!(matches!(error, KeyError::Network { .. }));
}

#[test]
fn a_public_argument_that_is_mistyped_is_named() {
    let (case, _) = case();
    let good = || {
        terms(text(&case, "operator"))
            .with_text("bls-public-key", text(&case, "bls_public"))
            .with_text("proof", text(&case, "signature"))
    };
    run("bls-verify", &good()).unwrap();
    let wrong = |argument: &'static str, value: &str| {
        let mut inputs = Inputs::new(None);
        for (name, right) in [
            ("operator", text(&case, "operator")),
            ("service-node-pubkey", text(&case, "service_node_pubkey")),
            ("bls-public-key", text(&case, "bls_public")),
            ("proof", text(&case, "signature")),
            ("chain-id", "421614"),
            ("rewards-contract", "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"),
        ] {
            inputs = inputs.with_text(name, if name == argument { value } else { right });
        }
        run("bls-verify", &inputs).unwrap_err()
    };
    for (argument, value) in [
        ("operator", "0x12"),
        ("rewards-contract", "0xE7f1725E7734CE288F8367e1Bb143E90bb3F0512"),
        ("chain-id", "arbitrum"),
        ("service-node-pubkey", "zz"),
        ("bls-public-key", &"11".repeat(64)),
        ("proof", &"11".repeat(128)),
        ("proof", "11"),
    ] {
        match wrong(argument, value) {
            KeyError::Argument { argument: named, .. } => assert_eq!(named, argument),
            other => panic!("{argument}: {other}"),
        }
    }
}

#[test]
fn words_become_a_seed_and_the_seed_those_words() {
    let phrase = "vexed enjoy pigment films adept voted vexed enjoy pigment films adept voted adept";
    let seed = run("seed", &Inputs::new(None).with_secret("phrase", secret(phrase))).unwrap();
    assert_eq!(seed.private["seed"].expose(), "0123456789abcdef0123456789abcdef");
    assert_eq!(seed.facts["words"], json!(13));
    let again = Inputs::new(None).with_secret("seed", seed.private["seed"].clone());
    assert_eq!(run("seed", &again).unwrap().private["mnemonic"].expose(), phrase);
    let both = again.with_secret("phrase", secret(phrase));
    for inputs in [Inputs::new(None), both] {
        assert!(matches!(run("seed", &inputs), Err(KeyError::Argument { argument: "phrase", .. })));
    }
    let odd = Inputs::new(None).with_secret("seed", secret("5a"));
    assert!(matches!(run("seed", &odd), Err(KeyError::Seed(_))));
}

#[test]
fn a_payment_id_goes_into_a_primary_address_alone() {
    let primary = "LDbDAzax5NNJyM2Qs2G25NQAt3KgXMisTXaTanjTVtETDRYVquLhjheJVQggyXEwDXUdT8p9v2jeZLKND4WpRkGDUcBi7gV";
    let subaddress = "LR8pVMrsjJeRaHWmA1MY9o1ma98CXgZzeEqQaTXi1ebQMThHzhmpHX2S1JZooZS1NJFwXtjxCt9JmhGygTrgSSiw9JByaK5";
    let integrated = |address: &str, id: &str| {
        run("integrated-address", &Inputs::new(None).with_text("address", address).with_text("payment-id", id))
    };
    assert_eq!(
        integrated(primary, "118ee91fa25bbeb2").unwrap().facts["address"],
        json!(
            "LPHtBoQSgdtJyM2Qs2G25NQAt3KgXMisTXaTanjTVtETDRYVquLhjheJVQggyXEwDXUdT8p9v2jeZLKND4WpRkGDhpmijM79LqKM6f7S5E"
        )
    );
    for (address, id) in [(subaddress, "118ee91fa25bbeb2"), (primary, "11"), (&primary[1..], "118ee91fa25bbeb2")] {
        assert!(matches!(integrated(address, id), Err(KeyError::Argument { .. })));
    }
}

#[test]
fn an_operators_key_gives_its_address_and_leaves_no_trace_of_itself() {
    let key = "db47453b3f3da22c987daaac6614f96ae6d049c18d0ae0e3509fe90bf14dfe6b";
    let answer = run("operator-address", &Inputs::new(None).with_secret("private-key", secret(key))).unwrap();
    assert_eq!(answer.facts["address"], json!("0x2febcaa9a960CAbD561c084b9e5Fc0Bb55d0e958"));
    assert!(!format!("{answer:?}").contains(key));
}

#[test]
fn every_argument_that_is_secret_is_a_file() {
    for tool in OxenKeys.tools() {
        for argument in tool.arguments {
            let private = ["key-bls", "private-key", "phrase", "seed"].contains(&argument.name);
            assert_eq!(argument.kind == ArgumentKind::SecretFile, private, "{} --{}", tool.name, argument.name);
        }
    }
}

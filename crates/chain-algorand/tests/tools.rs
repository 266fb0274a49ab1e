//! `sign` and `verify`.
#![allow(clippy::unwrap_used, reason = "readers of answers are part of the tests")]
use chain_algorand::keys::AlgorandKeys;
use serde_json::Value;
use watchdog_core::keys::tool::{Answer, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyDerivation, KeyError};
use watchdog_core::secret::Secret;

const ONE: &str = "reward health exact casino huge retire collect solid phrase shoot rule solar access parrot sleep trap name web view tooth primary fish travel abstract asset";
const ONE_ADDRESS: &str = "6FZ5MFZNT27FDUJNB36TNN6SBWV4ICTWNO7NDBX2NLFBDY7TZ7L76VDQNA";
const OTHER_ADDRESS: &str = "HNVCPPGOW2SC2YVDVDICU3YNONSTEFLXDXREHJR2YBEKDC2Z3IUZSC6YGI";
const ZERO_ADDRESS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAY5HFKQ";
const TREE: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

/// The tools draw no random numbers.
struct NoEntropy;

impl Entropy for NoEntropy {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), KeyError> {
        Err(KeyError::Entropy)
    }
}

fn run(name: &str, inputs: &Inputs) -> Result<Answer, KeyError> {
    let tools: &[Tool] = AlgorandKeys.tools();
    let tool = tools.iter().find(|tool| tool.name == name).unwrap();
    (tool.run)(inputs, &mut NoEntropy)
}

fn key(text: &str) -> Inputs {
    let inputs = Inputs::new(None).with_secret("key", Secret::new(text.to_owned()));
    inputs.with_file("message", b"message".to_vec())
}

fn fact(answer: &Answer, name: &str) -> String {
    answer.facts.get(name).and_then(Value::as_str).unwrap().to_owned()
}

fn check(address: &str, signature: &str, message: &[u8], domain: Option<&str>) -> Result<Answer, KeyError> {
    let inputs = Inputs::new(None).with_text("address", address).with_text("signature", signature);
    let inputs = inputs.with_file("message", message.to_vec());
    let inputs = domain.into_iter().fold(inputs, |inputs, domain| inputs.with_text("domain", domain));
    run("verify", &inputs)
}

#[test]
fn both_key_forms_sign_and_the_signature_holds_in_either_spelling() {
    for text in [ONE, TREE] {
        let answer = run("sign", &key(text)).unwrap();
        let address = fact(&answer, "address");
        for signature in [fact(&answer, "signature"), fact(&answer, "signature_hex")] {
            let verified = check(&address, &signature, b"message", None).unwrap();
            assert_eq!(verified.facts["valid"], true);
            assert!(check(&address, &signature, b"MXmessage", Some("none")).is_ok());
            for (address, message, domain) in [
                (address.as_str(), b"message".as_slice(), Some("none")),
                (&address, b"massage", None),
                (OTHER_ADDRESS, b"message", None),
            ] {
                let refusal = check(address, &signature, message, domain).unwrap_err();
                assert!(matches!(refusal, KeyError::Signature(_)) && !refusal.is_request(), "{refusal}");
            }
        }
    }
}

#[test]
fn scheme_path_and_passphrase_choose_the_key() {
    assert_eq!(fact(&run("sign", &key(ONE)).unwrap(), "address"), ONE_ADDRESS);
    let plain = run("sign", &key(TREE)).unwrap();
    assert_eq!((fact(&plain, "scheme"), fact(&plain, "path")), ("arc52-peikert".into(), "m/44'/283'/0'/0/0".into()));
    let mut addresses = vec![fact(&plain, "address")];
    for inputs in [
        key(TREE).with_text("scheme", "arc52-khovratovich"),
        key(TREE).with_text("path", "m/44'/283'/0'/0/1"),
        key(TREE).with_secret("passphrase", Secret::new("x".to_owned())),
    ] {
        addresses.push(fact(&run("sign", &inputs).unwrap(), "address"));
    }
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), 4);
}

#[test]
fn a_key_file_signs_as_its_mnemonic_does() {
    let seed = "c58d9a9c3652b7dfb2a5ce1ea5717ae7ac80816659e79634fee74d5ed55ef1fc";
    assert_eq!(run("sign", &key(seed)).unwrap().facts, run("sign", &key(ONE)).unwrap().facts);
}

#[test]
fn a_wrong_request_is_refused_by_its_argument() {
    let refusal = |inputs: &Inputs| run("sign", inputs).unwrap_err();
    assert_eq!(refusal(&Inputs::new(None)).code(), "bad_argument");
    assert_eq!(refusal(&key(ONE).with_text("domain", "tx")).code(), "bad_argument");
    assert_eq!(refusal(&key(ONE).with_text("scheme", "cap26")).code(), "unknown_scheme");
    assert_eq!(refusal(&key(ONE).with_text("path", "m/0")).code(), "bad_path");
    assert_eq!(refusal(&key(ONE).with_text("scheme", "arc52-peikert")).code(), "word_count");
    for (address, signature, argument) in
        [("AAAA", "", "address"), (ZERO_ADDRESS, "", "address"), (ONE_ADDRESS, "00", "signature")]
    {
        let refusal = check(address, signature, b"", None).unwrap_err();
        assert!(refusal.to_string().starts_with(&format!("--{argument}: ")), "{refusal}");
    }
}

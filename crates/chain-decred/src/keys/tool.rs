//! Key work that only Decred knows.
mod blake256;
mod message;
mod multisig;
mod seed;
mod user;

use super::{network, same_network};
use crate::address::Address;
use crate::network::Network;
use serde_json::{Map, Value};
use watchdog_core::keys::KeyError;
use watchdog_core::keys::tool::{Argument, ArgumentKind, Count, Inputs, Tool};

/// All tools, in the order that help shows.
pub(super) static TOOLS: [Tool; 7] =
    [multisig::TOOL, user::VOTING, user::FEE, message::SIGN, message::VERIFY, blake256::TOOL, seed::TOOL];

const fn argument(name: &'static str, about: &'static str, kind: ArgumentKind) -> Argument {
    Argument { name, about, kind, count: Count::One }
}

/// The network that was named, where one was.
fn named(inputs: &Inputs) -> Result<Option<Network>, KeyError> {
    inputs.network().map(network).transpose()
}

/// `network`, unless another one was named.
fn checked(inputs: &Inputs, network: Network) -> Result<Network, KeyError> {
    named(inputs)?.map_or(Ok(()), |expected| same_network(network, expected)).map(|()| network)
}

/// The address in a text argument, of the network that was named.
fn address(inputs: &Inputs, argument: &'static str) -> Result<Address, KeyError> {
    let address = inputs.text(argument)?.parse::<Address>().map_err(|e| refused(argument, &e))?;
    checked(inputs, address.network()).map(|_| address)
}

fn refused(argument: &'static str, reason: &dyn std::fmt::Display) -> KeyError {
    KeyError::Argument { argument, reason: reason.to_string() }
}

fn facts<const N: usize>(facts: [(&str, Value); N]) -> Map<String, Value> {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{ExtendedKey, Seed};
    use watchdog_core::keys::tool::Answer;
    use watchdog_core::keys::{self, Entropy};
    use watchdog_core::secret::Secret;

    struct NoEntropy;

    impl Entropy for NoEntropy {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), KeyError> {
            Err(KeyError::Entropy)
        }
    }

    fn run(name: &str, inputs: &Inputs) -> Result<Answer, KeyError> {
        let tool = TOOLS.iter().find(|tool| tool.name == name).unwrap();
        (tool.run)(inputs, &mut NoEntropy)
    }

    fn on(network: &str) -> Inputs {
        Inputs::new(Some(keys::Network::named(network)))
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    const POOL: &str = "020ade6b9c6a6f31b5ab05e77e64e81267f6f09e4555ed9a43a413f9ef663d0282";
    const USER: &str = "021f190b4af78e1a33c2163140dd20b55bc7d9a0cef059a5add2ed3a374bd5c61d";
    const POOL_TEXT: &str = "DkM2ZPEVEfV9QRoNJDLMdh1KgnQ2JXkPm9S26i33pdAhfWTDxyPEK";
    const USER_TEXT: &str = "DkM2iHxQAZb4NEjF8etrkyzkbzENV9qnugomkqhiGkqMMeKWK6d6m";
    const WIF: &str = "PmQdGRXNZdAgEqwDZMLAF2XSQRLFeSFKi4HLPbdW3kC66HegjYtxq";

    fn account(network: Network) -> ExtendedKey {
        ExtendedKey::root(network, &[7; 32]).unwrap().derive(&"m/44'/42'/0'".parse().unwrap()).unwrap()
    }

    #[test]
    fn names_are_unique_and_a_missing_argument_is_named() {
        let mut names: Vec<_> = TOOLS.iter().map(|tool| tool.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TOOLS.len());
        for tool in &TOOLS {
            let error = (tool.run)(&Inputs::new(None), &mut NoEntropy).unwrap_err();
            let first = tool.arguments[0].name;
            assert_eq!(error, KeyError::Argument { argument: first, reason: "it is needed".to_owned() });
        }
    }

    #[test]
    fn keys_and_their_addresses_make_one_ticket_script() {
        let with = |inputs: Inputs, pool: &str, user: &str| {
            run("multisig", &inputs.with_text("pool-key", pool).with_text("user-key", user))
        };
        let answer = with(Inputs::new(None), POOL_TEXT, USER_TEXT).unwrap();
        assert_eq!(answer.facts["p2sh_address"], "DcsvDATj4mvuFoGCV91e5eHsTT9e23NbYEk");
        assert_eq!(answer.facts["redeem_script"], format!("5121{POOL}21{USER}52ae"));
        for (inputs, pool, user) in
            [(on("mainnet"), POOL, USER), (Inputs::new(None), POOL, USER), (on("mainnet"), POOL, USER_TEXT)]
        {
            assert_eq!(with(inputs, pool, user).unwrap().facts, answer.facts);
        }
        let swapped = with(Inputs::new(None), USER, POOL).unwrap();
        assert_ne!(swapped.facts["p2sh_address"], answer.facts["p2sh_address"]);
        let on_testnet = with(on("testnet3"), POOL, USER).unwrap();
        assert_eq!(on_testnet.facts["p2sh_address"], "TcsyS9bETZz1N9wZJXdoEDK93Z7Zaga4ZvC");

        assert_eq!(with(on("simnet"), POOL_TEXT, USER).unwrap_err().code(), "wrong_network");
        let user_of_testnet = on_testnet.facts["user_pubkey_address"].as_str().unwrap().to_owned();
        assert_eq!(with(Inputs::new(None), POOL_TEXT, &user_of_testnet).unwrap_err().code(), "wrong_network");
        let by_hash = crate::address::explain(USER, None).unwrap()["p2pkh"].as_str().unwrap().to_owned();
        for user in ["", "Dk", &by_hash, WIF, &USER[2..]] {
            let error = with(Inputs::new(None), POOL, user).unwrap_err();
            assert!(matches!(error, KeyError::Argument { argument: "user-key", .. }), "{error}");
            assert!(!error.to_string().contains(WIF));
        }
    }

    #[test]
    fn a_users_keys_come_from_the_accounts_public_key_alone() {
        let with = |tool: &str, inputs: Inputs, key: &str, user: &str| {
            run(tool, &inputs.with_text("extended-public-key", key).with_text("user", user))
        };
        let account = account(Network::Mainnet);
        let text = account.to_public_text();
        let key = crate::keys::pool_key(&account, 5).unwrap();
        for tool in ["voting-address", "fee-address"] {
            let answer = with(tool, on("mainnet"), &text, "5").unwrap();
            assert_eq!(answer.facts["path"], "m/0/5");
            assert_eq!(answer.facts["public_key"], key.public_key.to_string());
            assert_eq!(answer.facts["address"], key.address.to_string());
            assert_eq!(answer.facts["pubkey_address"], key.pubkey_address.to_string());
            assert!(answer.private.is_empty());
            assert_eq!(with(tool, on("simnet"), &text, "5").unwrap_err().code(), "wrong_network");
            for user in ["", "-1", "5.0", "+5", "05", "4294967296"] {
                let error = with(tool, Inputs::new(None), &text, user).unwrap_err();
                assert!(matches!(error, KeyError::Argument { argument: "user", .. }), "{user}: {error}");
            }
            let private = account.to_private_text().unwrap();
            let error = with(tool, Inputs::new(None), private.expose(), "5").unwrap_err();
            assert!(matches!(error, KeyError::Argument { argument: "extended-public-key", .. }), "{error}");
            assert!(!error.to_string().contains(private.expose()));
        }
    }

    #[test]
    fn what_one_tool_signs_the_other_verifies() {
        let sign = |inputs: Inputs, key: &str| {
            run("sign-message", &inputs.with_secret("private-key", secret(key)).with_file("message", b"hello".to_vec()))
        };
        let signed = sign(on("mainnet"), WIF).unwrap().facts;
        let verify = |message: &[u8]| {
            let texts = ["address", "signature"];
            let inputs = texts
                .into_iter()
                .fold(Inputs::new(None), |inputs, name| inputs.with_text(name, signed[name].as_str().unwrap()));
            run("verify-message", &inputs.with_file("message", message.to_vec()))
        };
        assert_eq!(verify(b"hello").unwrap().facts["valid"], true);
        let error = verify(b"hello!").unwrap_err();
        assert!(matches!(error, KeyError::Signature(_)) && !error.is_request(), "{error}");
        assert_eq!(sign(on("simnet"), WIF).unwrap_err().code(), "wrong_network");
        assert_eq!(sign(Inputs::new(None), &WIF.replace('G', "H")).unwrap_err().code(), "key_invalid");
    }

    #[test]
    fn a_seed_is_shown_in_both_forms_and_only_where_secrets_go() {
        let seed = Seed::new(&[0x5a; 32]).unwrap();
        for text in [seed.to_words(), seed.to_hex()] {
            let answer = run("seed", &Inputs::new(None).with_secret("seed", text)).unwrap();
            assert_eq!(answer.private["mnemonic"].expose(), seed.to_words().expose());
            assert_eq!(answer.private["seed_hex"].expose(), seed.to_hex().expose());
            assert_eq!(serde_json::to_string(&answer.facts).unwrap(), r#"{"seed_bytes":32,"words":33}"#);
        }
    }

    #[test]
    fn a_file_has_its_digests() {
        let answer = run("blake256", &Inputs::new(None).with_file("file", vec![0])).unwrap();
        assert_eq!(answer.facts["blake256"], "0ce8d4ef4dd7cd8d62dfded9d4edb0a774ae6a41929a74da23109e8f11139c87");
    }
}

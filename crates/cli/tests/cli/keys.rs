//! `tanist keys` and `tanist tx`: one-shot work for scripts.
use crate::world::{ACCOUNT, PHRASE, PRIVATE_KEY, Ran, World};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn derive(world: &World, arguments: &[&str], input: &str) -> Ran {
    let command = world.command(&[&["keys", "derive", "--chain", "radix"], arguments].concat());
    World::run_with(command, input)
}

#[test]
fn a_phrase_on_standard_input_gives_public_material_only() {
    let world = World::new();
    insta::assert_snapshot!(world.told(&derive(&world, &["--phrase-stdin"], &format!("{PHRASE}\n"))));
}

#[test]
fn with_json_the_document_is_flat_and_the_same_every_time() {
    let world = World::new();
    let ran = derive(&world, &["--phrase-stdin", "--json"], PHRASE);
    assert_eq!(ran.stdout, derive(&world, &["--phrase-stdin", "--json"], PHRASE).stdout);
    let document = ran.json();
    assert_eq!(document["schema"], "tanist/keys/v1");
    assert_eq!(document["address"], ACCOUNT);
    assert_eq!(document["path"], "m/44'/1022'/1'/525'/1460'/0'");
    assert!(document.get("private_key").is_none());
}

#[test]
fn a_phrase_may_come_from_a_private_file_or_a_credential() {
    let world = World::new();
    world.file("phrase", format!("{PHRASE}\n"), 0o600);
    let from_file = derive(&world, &["--phrase-file", "phrase", "--json"], "");
    assert_eq!(from_file.json()["address"], ACCOUNT);
    let mut command = world.command(&["keys", "derive", "--chain", "radix", "--phrase-credential", "phrase", "--json"]);
    command.env("CREDENTIALS_DIRECTORY", world.path(""));
    assert_eq!(World::run_with(command, "").json()["address"], ACCOUNT);
    world.file("open", PHRASE, 0o644);
    assert_eq!(derive(&world, &["--phrase-file", "open"], "").code, Some(12));
}

#[test]
fn many_keys_come_one_document_a_line() {
    let world = World::new();
    let ran = derive(&world, &["--phrase-stdin", "--json", "--index", "3", "--count", "5"], PHRASE);
    let documents: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(documents.len(), 5);
    for (place, document) in documents.iter().enumerate() {
        assert_eq!(document["path"], format!("m/44'/1022'/1'/525'/1460'/{}'", place + 3));
    }
}

#[test]
fn each_mistake_in_a_phrase_has_its_own_message_and_exit_code_12() {
    let world = World::new();
    for (phrase, code, words) in [
        (PHRASE.replace(" ask", ""), "word_count", "11 words"),
        (PHRASE.replace("gloom", "planted"), "unknown_word", "word 5"),
        (PHRASE.replace("final parent", "parent final"), "checksum", "checksum"),
        (String::new(), "secret_invalid", "empty"),
    ] {
        let ran = derive(&world, &["--phrase-stdin", "--json"], &phrase);
        let error = &ran.json()["error"];
        assert_eq!((ran.code, error["code"].as_str()), (Some(12), Some(code)), "{ran:?}");
        assert!(error["message"].as_str().unwrap().contains(words), "{ran:?}");
        assert!(!ran.all().contains("planted"), "{ran:?}");
    }
}

#[test]
fn a_wrong_chain_network_scheme_or_path_is_exit_code_11() {
    let world = World::new();
    for arguments in [
        &["--phrase-stdin", "--network", "moonnet"][..],
        &["--phrase-stdin", "--scheme", "slip99"],
        &["--phrase-stdin", "--path", "m/44'/60'/0'"],
        &["--phrase-stdin", "--index", "2147483648"],
    ] {
        let ran = derive(&world, arguments, PHRASE);
        assert_eq!(ran.code, Some(11), "{arguments:?}: {ran:?}");
    }
    let chain = World::run_with(world.command(&["keys", "derive", "--chain", "moon", "--phrase-stdin"]), PHRASE);
    assert_eq!(chain.code, Some(11), "{chain:?}");
}

#[test]
fn without_a_phrase_and_without_a_terminal_nobody_is_asked() {
    let world = World::new();
    let ran = derive(&world, &[], PHRASE);
    assert_eq!(ran.code, Some(5));
    assert!(ran.stderr.contains("--phrase-stdin"), "{}", ran.stderr);
}

#[test]
fn a_private_key_leaves_only_by_the_door_that_was_named() {
    let world = World::new();
    let out = derive(&world, &["--phrase-stdin", "--private-key-out", "key"], PHRASE);
    assert_eq!(out.code, Some(0), "{out:?}");
    assert!(!out.all().contains(PRIVATE_KEY));
    let file = world.path("key");
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{PRIVATE_KEY}\n"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let again = derive(&world, &["--phrase-stdin", "--private-key-out", "key"], PHRASE);
    assert_eq!(again.code, Some(1), "an existing file is never replaced: {again:?}");

    let shown = derive(&world, &["--phrase-stdin", "--private-key-stdout"], PHRASE);
    assert_eq!(shown.stdout, format!("{PRIVATE_KEY}\n"));
    let document = derive(&world, &["--phrase-stdin", "--private-key-stdout", "--json"], PHRASE).json();
    assert_eq!((&document["private_key"], &document["address"]), (&PRIVATE_KEY.into(), &ACCOUNT.into()));
}

#[test]
fn a_passphrase_changes_the_key() {
    let world = World::new();
    world.file("passphrase", "wet\n", 0o600);
    let ran = derive(&world, &["--phrase-stdin", "--passphrase-file", "passphrase", "--json"], PHRASE);
    assert_eq!(ran.code, Some(0));
    assert_ne!(ran.json()["address"], ACCOUNT);
}

#[test]
fn an_address_is_explained_and_a_wrong_one_refused_with_the_reason() {
    let world = World::new();
    let ran = world.run(&["keys", "address", "--chain", "radix", ACCOUNT, "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json()["address"], ACCOUNT);
    for arguments in [
        &["keys", "address", "--chain", "radix", "--network", "stokenet", ACCOUNT][..],
        &["keys", "address", "--chain", "radix", &ACCOUNT.replace("xff", "xfg")],
        &["keys", "address", "--chain", "radix", "account_rdx1planet"],
    ] {
        let ran = world.run(arguments);
        assert_eq!(ran.code, Some(12), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn what_is_given_as_an_address_by_mistake_is_not_repeated() {
    let world = World::new();
    let (long, separated) = (format!("{PRIVATE_KEY}x"), format!("{}1qqqqqq", PRIVATE_KEY.replace('0', "l")));
    for chain in ["algorand", "decred", "ethereum", "oxen", "radix"] {
        for secret in [PHRASE, &long, &long[..63], &format!("{ACCOUNT}:{PRIVATE_KEY}"), &separated] {
            let ran = world.run(&["keys", "address", "--chain", chain, secret]);
            assert_eq!(ran.code, Some(12), "{ran:?}");
            let is_quoted =
                secret.as_bytes().windows(8).any(|part| ran.all().contains(std::str::from_utf8(part).unwrap()));
            assert!(!is_quoted, "{chain}: {ran:?}");
        }
    }
    let second = world.run(&["keys", "address", "--chain", "radix", ACCOUNT, "account_rdx1planet"]);
    assert!(second.stderr.contains("address 2 of 2 is not valid"), "{second:?}");
}

#[test]
fn a_phrase_is_named_without_being_revealed() {
    let world = World::new();
    let ran = World::run_with(world.command(&["keys", "inspect", "--chain", "radix", "--phrase-stdin"]), PHRASE);
    assert!(!ran.all().contains("gloom"));
    insta::assert_snapshot!(world.told(&ran));
}

#[test]
fn a_transaction_is_built_offline_and_read_back() {
    let world = World::new();
    world.config(|text| text.replace("\"observe\"", "\"act\""));
    world.file("owner", PHRASE, 0o600);
    let built =
        world.configured(&["tx", "build", "radix_main", "--to", "node_b", "--start", "41872", "--sign", "--json"]);
    assert_eq!(built.code, Some(0), "{built:?}");
    let document = built.json();
    let hex = document["result"]["hex"].as_str().unwrap();
    assert!(document["result"]["text"].as_str().unwrap().contains("update_key"));
    let read = world.run(&["tx", "inspect", "--chain", "radix", hex, "--json"]);
    assert_eq!(read.code, Some(0), "{read:?}");
    assert!(read.stdout.contains("update_key"), "{}", read.stdout);
    for all in [built.all(), read.all()] {
        assert!(!all.contains(PRIVATE_KEY) && !all.contains("gloom"));
    }
    let again =
        world.configured(&["tx", "build", "radix_main", "--to", "node_b", "--start", "41872", "--sign", "--json"]);
    assert_eq!(again.json()["result"]["hex"], hex);
}

#[test]
fn what_is_no_transaction_is_refused() {
    let world = World::new();
    for hex in ["zz", "4d22", ""] {
        let ran = world.run(&["tx", "inspect", "--chain", "radix", hex]);
        assert_eq!(ran.code, Some(2), "{hex}: {ran:?}");
    }
    world.config(|text| text);
    let unknown = world.configured(&["tx", "build", "moon", "--start", "1"]);
    assert_eq!(unknown.code, Some(10), "{unknown:?}");
}

//! `tanist keys tool`, and keystores: what the chains with more than phrases offer.
use crate::world::{PHRASE, Ran, World};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Throw-away key of development networks, known to everybody.
const INTEROP: &str = "0x25295f0d1d592a90b333e26e85149708208e9f8e8bc18f6c77bd62f8ad7a6866";

fn keys(world: &World, arguments: &[&str]) -> Ran {
    world.run(&[&["keys"], arguments].concat())
}

fn interop(world: &World, rest: &[&str]) -> Ran {
    keys(world, &[&["tool", "ethereum", "interop-key", "--index", "0"], rest].concat())
}

fn mode(world: &World, name: &str) -> u32 {
    fs::metadata(world.path(name)).unwrap().permissions().mode() & 0o777
}

#[test]
fn tools_are_listed_for_all_chains_and_for_one() {
    let world = World::new();
    let all = keys(&world, &["tool", "--json"]).json();
    let chains = |document: &serde_json::Value| -> std::collections::BTreeSet<String> {
        let tools = document["tools"].as_array().unwrap();
        tools.iter().map(|tool| tool["chain"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(chains(&all).into_iter().collect::<Vec<_>>(), ["algorand", "decred", "ethereum", "oxen"]);
    assert_eq!(chains(&keys(&world, &["tool", "oxen", "--json"]).json()).len(), 1);
    assert_eq!(keys(&world, &["tool", "radix", "--json"]).json()["tools"], serde_json::json!([]));
    let table = keys(&world, &["tool", "decred"]);
    assert!(table.code == Some(0) && table.stdout.contains("multisig"), "{table:?}");
}

#[test]
fn every_tool_says_what_it_takes() {
    let world = World::new();
    for tool in keys(&world, &["tool", "--json"]).json()["tools"].as_array().unwrap() {
        let (chain, name) = (tool["chain"].as_str().unwrap(), tool["name"].as_str().unwrap());
        let help = keys(&world, &["tool", chain, name, "--help"]);
        assert_eq!(help.code, Some(0), "{help:?}");
        for argument in tool["arguments"].as_array().unwrap() {
            assert!(help.stdout.contains(&format!("--{} ", argument["name"].as_str().unwrap())), "{help:?}");
        }
        let needed = tool["arguments"].as_array().unwrap().iter().any(|argument| argument["count"] != "optional");
        let bare = keys(&world, &["tool", chain, name]);
        assert!(bare.code == Some(2) || !needed, "{chain} {name}: {bare:?}");
    }
}

#[test]
fn an_unknown_tool_chain_or_argument_is_exit_code_2() {
    let world = World::new();
    for arguments in [
        &["tool", "moon"][..],
        &["tool", "oxen", "moon"],
        &["tool", "ethereum", "interop-key", "--moon", "1"],
        &["tool", "ethereum", "interop-key", "--index", "0", "--index", "1"],
    ] {
        let ran = keys(&world, &[arguments, &["--json"]].concat());
        assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (Some(2), Some("usage")), "{ran:?}");
    }
    let wrong = keys(&world, &["tool", "ethereum", "interop-key", "--index", "x", "--json"]);
    assert_eq!((wrong.code, wrong.json()["error"]["code"].as_str()), (Some(11), Some("bad_argument")), "{wrong:?}");
}

#[test]
fn what_is_private_of_a_tool_is_named_and_kept_back_until_it_is_told_where_to_go() {
    let world = World::new();
    let bare = interop(&world, &["--json"]);
    assert_eq!(bare.json()["kept_back"], serde_json::json!(["private_key"]), "{bare:?}");
    let text = interop(&world, &[]);
    for ran in [&bare, &text] {
        assert!(ran.code == Some(0) && !ran.all().contains(INTEROP), "{ran:?}");
    }

    let printed = interop(&world, &["--private-key-stdout"]);
    assert_eq!(printed.stdout, format!("private_key {INTEROP}\n"));
    let document = interop(&world, &["--private-key-stdout", "--json"]).json();
    assert_eq!((&document["private_key"], document.get("kept_back")), (&INTEROP.into(), None));
    assert_eq!(document["result"]["index"], 0);

    let written = interop(&world, &["--out", "out", "--json"]);
    assert_eq!(written.json()["written"], serde_json::json!(["private_key"]), "{written:?}");
    assert!(!written.all().contains(INTEROP));
    assert_eq!(fs::read_to_string(world.path("out/private_key")).unwrap(), format!("{INTEROP}\n"));
    assert_eq!((mode(&world, "out"), mode(&world, "out/private_key")), (0o700, 0o600));
    let again = interop(&world, &["--out", "out"]);
    assert_eq!(again.code, Some(1), "an existing folder is never written into: {again:?}");
}

#[test]
fn a_secret_argument_is_a_file_that_nobody_else_can_read_and_a_public_one_may_be_open() {
    let world = World::new();
    world.file("key", "11".repeat(32), 0o644);
    let open = keys(&world, &["tool", "oxen", "operator-address", "--private-key", "key", "--json"]);
    assert_eq!((open.code, open.json()["error"]["code"].as_str()), (Some(12), Some("secret_invalid")), "{open:?}");
    world.file("message", "tanist", 0o644);
    let public = keys(&world, &["tool", "decred", "blake256", "--file", "message", "--json"]);
    assert_eq!(public.json()["result"]["bytes"], 6, "{public:?}");
    for absent in [&["decred", "blake256", "--file"][..], &["oxen", "operator-address", "--private-key"]] {
        let ran = keys(&world, &[&["tool"], absent, &["absent", "--json"]].concat());
        assert!(matches!(ran.code, Some(11 | 12)) && ran.json()["error"]["message"].is_string(), "{ran:?}");
    }
    let large = fs::File::create(world.path("large")).unwrap();
    large.set_len(16 * 1024 * 1024 + 1).unwrap();
    let ran = keys(&world, &["tool", "decred", "blake256", "--file", "large", "--json"]);
    assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (Some(11), Some("file_unreadable")), "{ran:?}");
}

#[test]
fn a_keystore_is_written_opened_inspected_and_moved_to_another_password() {
    let world = World::new();
    world.file("phrase", PHRASE, 0o600);
    world.file("password", "correct horse\n", 0o600);
    world.file("other", "battery staple\n", 0o600);
    let derive = |rest: &[&str]| keys(&world, &[&["derive", "--chain", "ethereum", "--json"], rest].concat());
    let written =
        derive(&["--phrase-file", "phrase", "--index", "3", "--keystore-out", "one", "--password-file", "password"]);
    assert_eq!((written.code, mode(&world, "one")), (Some(0), 0o600), "{written:?}");
    let public = written.json()["public_key"].clone();

    let opened = derive(&["--keystore", "one", "--password-file", "password"]).json();
    assert_eq!((&opened["public_key"], &opened["path"]), (&public, &"m/12381/3600/3/0/0".into()));
    let inspected = keys(&world, &["inspect", "--keystore", "one", "--json"]);
    assert_eq!(inspected.json()["public_key"], public, "{inspected:?}");

    let moved = ["--keystore", "one", "--password-file", "password", "--keystore-out"];
    assert_eq!(derive(&[&moved[..], &["two", "--new-password-file", "other"]].concat()).code, Some(0));
    assert_eq!(derive(&[&moved[..], &["same"]].concat()).code, Some(0));
    for (keystore, password, code) in
        [("two", "other", 0), ("two", "password", 12), ("same", "password", 0), ("same", "other", 12)]
    {
        let ran = derive(&["--keystore", keystore, "--password-file", password]);
        assert_eq!(ran.code, Some(code), "{keystore} {password}: {ran:?}");
        assert!(!ran.all().contains("correct horse") && !ran.all().contains("battery"), "{ran:?}");
    }
    let taken = derive(&[&moved[..], &["two"]].concat());
    assert_eq!(taken.code, Some(1), "an existing file is never replaced: {taken:?}");
}

#[test]
fn a_fresh_keystore_says_that_it_is_the_only_copy() {
    let world = World::new();
    world.file("password", "correct horse\n", 0o600);
    let generate = ["generate", "--chain", "ethereum", "--keystore-out", "keystore"];
    let asked = keys(&world, &generate);
    assert_eq!(asked.code, Some(5), "{asked:?}");
    let made = keys(&world, &[&generate[..], &["--password-file", "password"]].concat());
    assert!(made.code == Some(0) && made.stderr.contains("the only copy"), "{made:?}");
    let opened = ["derive", "--chain", "ethereum", "--keystore", "keystore", "--password-file", "password", "--json"];
    let public = keys(&world, &opened).json()["public_key"].as_str().unwrap().to_owned();
    assert!(made.stdout.contains(&public), "{made:?}");
}

#[test]
fn an_empty_password_opens_a_keystore_and_closes_none() {
    let world = World::new();
    world.file("phrase", PHRASE, 0o600);
    world.file("empty", "\n", 0o600);
    let arguments = ["--phrase-file", "phrase", "--keystore-out", "keystore", "--password-file", "empty", "--json"];
    let sealed = keys(&world, &[&["derive", "--chain", "ethereum"][..], &arguments].concat());
    assert_eq!(
        (sealed.code, sealed.json()["error"]["code"].as_str()),
        (Some(12), Some("secret_invalid")),
        "{sealed:?}"
    );
    assert!(!world.path("keystore").exists());
    world.file("keystore", "{}", 0o600);
    let opened = ["derive", "--chain", "ethereum", "--keystore", "keystore", "--password-file", "empty", "--json"];
    let opened = keys(&world, &opened);
    assert_eq!(opened.json()["error"]["code"], "keystore_invalid", "the password was taken: {opened:?}");
}

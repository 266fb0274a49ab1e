//! `tanist keys`: what goes in, and by which doors what is private comes out.
use crate::world::{ACCOUNT, PHRASE, PRIVATE_KEY, Ran, SEED, World};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn keys(world: &World, arguments: &[&str]) -> Ran {
    world.run(&[&["keys"], arguments].concat())
}

fn mode(world: &World, name: &str) -> u32 {
    fs::metadata(world.path(name)).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_seed_gives_the_keys_of_its_phrase() {
    let world = World::new();
    world.file("seed", format!("{SEED}\n"), 0o600);
    let ran = keys(&world, &["derive", "--chain", "radix", "--seed-file", "seed", "--json"]);
    assert_eq!((ran.code, ran.json()["address"].as_str()), (Some(0), Some(ACCOUNT)), "{ran:?}");
    world.file("short", "00ff", 0o600);
    let ran = keys(&world, &["derive", "--chain", "radix", "--seed-file", "short", "--json"]);
    assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (Some(12), Some("seed_invalid")), "{ran:?}");
}

#[test]
fn material_that_a_scheme_cannot_start_from_is_exit_code_11() {
    let world = World::new();
    for (flag, name) in [("--key-file", "key"), ("--extended-key", "xprv"), ("--keystore", "keystore")] {
        world.file(name, "planted", 0o600);
        world.file("password", "planted", 0o600);
        let mut arguments = vec!["derive", "--chain", "radix", flag, name, "--json"];
        if flag == "--keystore" {
            arguments.extend(["--password-file", "password"]);
        }
        let ran = keys(&world, &arguments);
        assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (Some(11), Some("wrong_material")), "{ran:?}");
        assert!(!ran.all().contains("planted"));
    }
}

#[test]
fn only_one_source_is_taken_and_a_password_only_where_there_is_a_keystore() {
    let world = World::new();
    for arguments in [
        &["--phrase-stdin", "--seed-file", "seed"][..],
        &["--key-file", "key", "--extended-key", "xprv"],
        &["--phrase-stdin", "--password-file", "password"],
        &["--phrase-stdin", "--new-password-file", "password"],
        &["--phrase-stdin", "--count", "0"],
        &["--phrase-stdin", "--count", "2", "--private-key-out", "key"],
        &["--phrase-stdin", "--count", "2", "--keystore-out", "keystore"],
        &["--phrase-stdin", "--path", "m", "--index", "1"],
        &["--phrase-stdin", "--path", "m", "--count", "1"],
    ] {
        let ran = keys(&world, &[&["derive", "--chain", "radix"], arguments].concat());
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn a_source_that_others_can_read_is_refused_whatever_it_is() {
    let world = World::new();
    world.file("open", PHRASE, 0o644);
    world.file("shared", "{}", 0o640);
    let sources = ["--phrase-file", "--seed-file", "--key-file", "--extended-key"];
    for (flag, name) in
        sources.iter().flat_map(|flag| [(*flag, "open"), (*flag, "shared")]).chain([("--keystore", "open")])
    {
        for command in ["derive", "inspect"] {
            let ran = keys(&world, &[command, "--chain", "radix", flag, name, "--json"]);
            assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (Some(12), Some("secret_invalid")), "{ran:?}");
        }
    }
    let keystore = keys(&world, &["inspect", "--chain", "radix", "--keystore", "shared", "--json"]);
    assert_ne!(keystore.json()["error"]["code"], "secret_invalid", "a group may hold what is encrypted");
}

#[test]
fn a_keystore_needs_its_password_from_somewhere() {
    let world = World::new();
    world.file("keystore", "{}", 0o600);
    let ran = keys(&world, &["derive", "--chain", "radix", "--keystore", "keystore"]);
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(ran.stderr.contains("--password-file"), "{ran:?}");
}

#[test]
fn a_persona_and_every_network_are_reached_by_flags() {
    let world = World::new();
    world.file("phrase", PHRASE, 0o600);
    for (flags, path, address) in [
        (&["--entity", "persona"][..], "m/44'/1022'/1'/618'/1460'/0'", "identity_rdx1"),
        (&["--network", "stokenet"], "m/44'/1022'/2'/525'/1460'/0'", "account_tdx_2_1"),
        (&["--network", "240", "--index", "7"], "m/44'/1022'/240'/525'/1460'/7'", "account_loc1"),
        (&["--path", "m/44H/1022H/1H/525H/1678H/3H"], "m/44'/1022'/1'/525'/1678'/3'", ""),
        (&["--scheme", "olympia"], "m/44'/1022'/0'/0/0'", "account_rdx16"),
    ] {
        let ran = keys(&world, &[&["derive", "--chain", "radix", "--phrase-file", "phrase", "--json"], flags].concat());
        let document = ran.json();
        assert_eq!(document["path"], path, "{ran:?}");
        assert!(document["address"].as_str().unwrap_or_default().starts_with(address), "{ran:?}");
        assert_eq!(document.get("owner_badge").is_some(), !address.is_empty(), "{ran:?}");
    }
    for flags in [&["--account", "0"][..], &["--change", "0"]] {
        let ran = keys(&world, &[&["derive", "--chain", "radix", "--phrase-file", "phrase", "--json"], flags].concat());
        assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (Some(11), Some("no_such_level")), "{ran:?}");
    }
}

#[test]
fn a_fresh_phrase_goes_into_a_new_file_and_derives_to_the_key_that_was_shown() {
    let world = World::new();
    let made = keys(&world, &["generate", "--chain", "radix", "--words", "12", "--phrase-out", "phrase", "--json"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert_eq!(mode(&world, "phrase"), 0o600);
    let phrase = fs::read_to_string(world.path("phrase")).unwrap();
    assert_eq!(phrase.split(' ').count(), 12);
    assert!(!made.all().contains(phrase.trim()));
    let derived = keys(&world, &["derive", "--chain", "radix", "--phrase-file", "phrase", "--json"]);
    assert_eq!(made.stdout, derived.stdout);

    let again = keys(&world, &["generate", "--chain", "radix", "--phrase-out", "phrase"]);
    assert_eq!(again.code, Some(1), "an existing file is never replaced: {again:?}");
    assert_eq!(fs::read_to_string(world.path("phrase")).unwrap(), phrase);
}

#[test]
fn a_fresh_phrase_is_printed_only_when_asked_for_and_never_twice_the_same() {
    let world = World::new();
    let generate = |flags: &[&str]| keys(&world, &[&["generate", "--chain", "radix"], flags].concat());
    assert_eq!(generate(&[]).code, Some(2), "it must be told where the phrase goes");
    assert_eq!(generate(&["--phrase-stdout", "--phrase-out", "x"]).code, Some(2));
    let (one, two) = (generate(&["--phrase-stdout"]), generate(&["--phrase-stdout"]));
    assert_eq!((one.stdout.lines().count(), one.stdout.split(' ').count()), (1, 24), "the phrase alone");
    assert_ne!(one.stdout, two.stdout);
    assert!(one.stderr.contains("account_rdx1"), "what is public is for the operator's eyes: {one:?}");
    let document = generate(&["--phrase-stdout", "--network", "stokenet", "--json"]).json();
    assert_eq!(document["phrase"].as_str().unwrap().split(' ').count(), 24);
    assert!(document["address"].as_str().unwrap().starts_with("account_tdx_2_1"));
    let odd = generate(&["--phrase-stdout", "--words", "13", "--json"]);
    assert_eq!((odd.code, odd.json()["error"]["code"].as_str()), (Some(12), Some("word_count")), "{odd:?}");
}

#[test]
fn a_chain_without_keystores_writes_none() {
    let world = World::new();
    world.file("phrase", PHRASE, 0o600);
    world.file("password", "password", 0o600);
    let flags = ["--keystore-out", "keystore", "--password-file", "password", "--json"];
    for command in [&["derive", "--chain", "radix", "--phrase-file", "phrase"][..], &["generate", "--chain", "radix"]] {
        let ran = keys(&world, &[command, &flags].concat());
        assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (Some(11), Some("unsupported")), "{ran:?}");
        assert!(!world.path("keystore").exists());
    }
}

#[test]
fn every_chain_is_asked_what_a_text_is_and_none_reveals_it() {
    let world = World::new();
    world.file("phrase", PHRASE, 0o600);
    for flags in [&["--phrase-file", "phrase"][..], &["--file", "phrase"], &["--key-file", "phrase"]] {
        let ran = keys(&world, &[&["inspect", "--json"], flags].concat());
        let documents: Vec<serde_json::Value> =
            ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let radix = documents.iter().find(|document| document["chain"] == "radix").unwrap();
        assert_eq!((&radix["format"], &radix["words"]), (&"bip39_mnemonic".into(), &12.into()), "{ran:?}");
        assert!(documents.len() > 1, "others take it too: {ran:?}");
        assert!(!ran.all().contains("gloom"), "{ran:?}");
    }
}

#[test]
fn what_no_chain_knows_is_told_with_the_reason_of_each() {
    let world = World::new();
    world.file("noise", "planted noise", 0o600);
    let ran = keys(&world, &["inspect", "--file", "noise", "--json"]);
    let error = &ran.json()["error"];
    assert_eq!((ran.code, error["code"].as_str()), (Some(12), Some("unrecognised")), "{ran:?}");
    let causes: Vec<_> = error["causes"].as_array().unwrap().iter().map(|cause| cause.as_str().unwrap()).collect();
    assert!(causes.iter().any(|cause| cause.starts_with("radix: ")), "{ran:?}");
    assert!(!ran.all().contains("planted"), "{ran:?}");
    let one = keys(&world, &["inspect", "--chain", "radix", "--file", "noise", "--json"]);
    assert_eq!((one.code, one.json()["error"]["code"].as_str()), (Some(12), Some("word_count")), "{one:?}");
}

/// `script` gives the program a terminal.
fn on_a_terminal(world: &World, arguments: &str) -> Option<Ran> {
    let program = assert_cmd::cargo::cargo_bin!("tanist").display().to_string();
    let mut command = std::process::Command::new("script");
    command.args(["-qec", &format!("{program} {arguments}"), "/dev/null"]).current_dir(world.path(""));
    let output = command.stdin(std::process::Stdio::null()).output().ok()?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Some(Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) })
}

#[test]
fn a_terminal_is_shown_no_private_key() {
    let world = World::new();
    world.file("phrase", PHRASE, 0o600);
    for flags in ["", " --json"] {
        let command = format!("keys derive --chain radix --phrase-file phrase --private-key-stdout{flags}");
        let Some(ran) = on_a_terminal(&world, &command) else {
            eprintln!("absent: script (util-linux), so nothing was run on a terminal");
            return;
        };
        assert_eq!(ran.code, Some(4), "{ran:?}");
        assert!(ran.all().contains("--private-key-out") && !ran.all().contains(PRIVATE_KEY), "{ran:?}");
    }
    let public = on_a_terminal(&world, "keys derive --chain radix --phrase-file phrase").unwrap();
    assert!(public.code == Some(0) && public.stdout.contains(ACCOUNT), "{public:?}");
}

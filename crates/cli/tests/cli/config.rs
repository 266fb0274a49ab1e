//! Bad configuration: the right exit code, the place, the way out.
use crate::world::World;

fn refused(change: impl FnOnce(String) -> String) -> String {
    let world = World::new();
    world.config(change);
    world.told(&world.configured(&["config", "check"]))
}

#[test]
fn a_misspelt_key_is_named_with_its_line_and_the_key_that_was_meant() {
    insta::assert_snapshot!(refused(|text| text.replace("missed = 4", "mised = 4")));
}

#[test]
fn a_misspelt_key_at_the_top_level_is_refused() {
    insta::assert_snapshot!(refused(|text| text.replace("instance =", "instanze =")));
}

#[test]
fn a_misspelt_key_of_a_validator_names_the_keys_of_core_and_chain() {
    insta::assert_snapshot!(refused(|text| text.replace("network =", "netwrok =")));
}

#[test]
fn a_missing_key_is_named_with_its_table() {
    insta::assert_snapshot!(refused(|text| text.replace("network = \"mainnet\"\n", "")));
}

#[test]
fn a_missing_chain_is_named_with_its_table() {
    insta::assert_snapshot!(refused(|text| text.replace("chain = \"radix\"\n", "")));
}

#[test]
fn a_wrong_type_is_told_without_the_value() {
    insta::assert_snapshot!(refused(|text| text.replace("missed = 4", "missed = \"four\"")));
}

#[test]
fn an_unknown_word_is_told_with_the_words_that_exist() {
    insta::assert_snapshot!(refused(|text| text.replace("mode = \"observe\"", "mode = \"obsreve\"")));
}

#[test]
fn an_unknown_chain_is_told_with_the_chains_built_in() {
    insta::assert_snapshot!(refused(|text| text.replace("chain = \"radix\"", "chain = \"radiks\"")));
}

#[test]
fn a_chain_that_has_key_commands_only_cannot_be_watched() {
    for chain in ["algorand", "decred", "ethereum", "oxen"] {
        let told = refused(|text| text.replace("chain = \"radix\"", &format!("chain = \"{chain}\"")));
        assert!(told.contains(&format!("key commands for chain `{chain}`")), "{told}");
    }
    insta::assert_snapshot!(refused(|text| text.replace("chain = \"radix\"", "chain = \"decred\"")));
}

#[test]
fn an_address_of_another_network_is_refused() {
    insta::assert_snapshot!(refused(|text| text.replace("network = \"mainnet\"", "network = \"stokenet\"")));
}

#[test]
fn numbers_that_do_not_fit_together_are_refused() {
    insta::assert_snapshot!(refused(|text| text.replace("missed = 4", "missed = 40")));
}

#[test]
fn a_duration_without_a_unit_is_refused() {
    insta::assert_snapshot!(refused(|text| text.replace("missed = 4", "cooldown = \"90\"")));
}

#[test]
fn a_name_that_the_environment_could_not_reach_is_refused() {
    insta::assert_snapshot!(refused(|text| text.replace("radix_main", "\"Radix-Main\"")));
}

#[test]
fn two_nodes_with_one_key_are_refused() {
    let one = "027501a8726644af767abd0b293f52e76732363f75a05c3642b4d30e0ffd6516a9";
    let other = "02962e5a873a22098d56965a80fe88add4928e3dbd5e1cf52d34a1df29a25a2b90";
    insta::assert_snapshot!(refused(|text| text.replace(other, one)));
}

#[test]
fn a_syntax_error_names_line_and_column() {
    insta::assert_snapshot!(refused(|text| text.replace("missed = 4", "missed = = 4")));
}

#[test]
fn a_file_that_does_not_exist_is_refused() {
    let world = World::new();
    insta::assert_snapshot!(world.told(&world.run(&["-c", "absent.toml", "config", "check"])));
}

#[test]
fn with_json_a_failure_is_exactly_one_document() {
    let world = World::new();
    world.config(|text| text.replace("missed = 4", "mised = 4"));
    let ran = world.configured(&["config", "check", "--json"]);
    let document = ran.json();
    assert_eq!(ran.code, Some(11));
    assert_eq!(ran.stderr, "");
    assert_eq!(document["schema"], "tanist/error/v1");
    assert_eq!(document["error"]["code"], "config_invalid");
    assert_eq!(document["error"]["exit"], 11);
    assert_eq!(document["error"]["retryable"], false);
    assert!(document["error"]["hint"].as_str().unwrap().contains("`missed`"));
}

#[test]
fn a_variable_sets_a_value_and_an_unknown_one_is_refused_by_its_name() {
    let world = World::new();
    world.config(|text| text);
    let mut command = world.command(&["-c", "tanist.toml", "config", "show", "--json"]);
    command.env("TANIST__VALIDATOR__RADIX_MAIN__POLICY__MISSED", "5").env("TANIST__INSTANCE", "7");
    let shown = World::run_with(command, "").json();
    let value = |key: &str| {
        let values = shown["result"]["values"].as_array().unwrap();
        values.iter().find(|value| value["key"] == key).unwrap().clone()
    };
    assert_eq!(value("validator.radix_main.policy.missed")["value"], 5);
    assert!(value("validator.radix_main.policy.missed")["origin"].as_str().unwrap().contains("__POLICY__MISSED"));

    for name in ["TANIST__MODDE", "TANIST__VALIDATOR__RADIX_MAIN__POLICY__MISED"] {
        let mut command = world.command(&["-c", "tanist.toml", "config", "check"]);
        command.env(name, "5");
        let ran = World::run_with(command, "");
        assert_eq!(ran.code, Some(11), "{ran:?}");
        assert!(ran.stderr.contains(name), "{}", ran.stderr);
    }
}

#[test]
fn a_variable_that_leads_to_no_key_or_has_no_end_is_refused_by_its_name() {
    let world = World::new();
    world.config(|text| text);
    let nested = "[".repeat(50_000);
    for (name, value) in [("TANIST____MODE", "act"), ("TANIST__", "act"), ("TANIST__INSTANCE", &nested)] {
        let mut command = world.command(&["-c", "tanist.toml", "config", "check"]);
        command.env(name, value);
        let ran = World::run_with(command, "");
        assert_eq!(ran.code, Some(11), "{ran:?}");
        assert!(ran.stderr.contains(&format!("  at environment variable {name}\n")), "{}", ran.stderr);
        assert!(ran.stderr.len() < 500, "{}", ran.stderr);
    }
}

#[test]
fn later_layers_win_and_every_value_says_where_it_comes_from() {
    let world = World::new();
    world.config(|text| text);
    world.file("more.toml", "mode = \"advise\"\n[validator.radix_main]\nmode = \"observe\"\n", 0o644);
    let ran = world.run(&["-c", "tanist.toml", "-c", "more.toml", "--socket", "/run/other.sock", "config", "show"]);
    // The width of the first column depends on the length of the directory's name.
    let told = world.told(&ran);
    let lines = told.lines().map(|line| {
        line.split_once("  ").map_or(line.to_owned(), |(value, origin)| format!("{value}  {}", origin.trim_start()))
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_valid_configuration_is_told_without_reading_a_secret() {
    let world = World::new();
    world.config(|text| text.replace("\"observe\"", "\"act\""));
    insta::assert_snapshot!(world.told(&world.configured(&["config", "check"])));
    let with_secrets = world.configured(&["config", "check", "--secrets"]);
    assert_eq!(with_secrets.code, Some(12), "{with_secrets:?}");
}

#[test]
fn a_key_is_explained_with_type_default_range_and_variable() {
    let world = World::new();
    for (key, words) in [
        ("journal.path", ["text", "/var/lib/tanist/journal.redb", "TANIST__JOURNAL__PATH"]),
        ("validator.radix_main.policy.missed", ["whole number", "4", "opportunities"]),
        ("mode", ["observe, advise, act", "observe", "TANIST__MODE"]),
        ("validator.radix_main.owner_key.secret", ["credential", "{ file", "64 hex"]),
        ("", ["journal", "validator", "mode"]),
    ] {
        let ran = world.run(&["config", "explain", key]);
        assert_eq!(ran.code, Some(0), "{key}: {ran:?}");
        for word in words {
            assert!(ran.stdout.contains(word), "{key}: {word} is not in\n{}", ran.stdout);
        }
    }
    let unknown = world.run(&["config", "explain", "journal.pfad"]);
    assert_eq!(unknown.code, Some(10));
    assert!(unknown.stderr.contains("one of: path"), "{}", unknown.stderr);
}

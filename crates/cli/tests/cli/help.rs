//! Help, version and bad arguments.
use crate::world::World;

#[test]
fn the_help_tells_offline_commands_from_those_of_the_daemon() {
    let world = World::new();
    insta::assert_snapshot!(world.told(&world.run(&["--help"])));
}

#[test]
fn bad_arguments_are_exit_code_2_and_with_json_one_document() {
    let world = World::new();
    for arguments in [
        &["frobnicate"][..],
        &["status", "--wide"],
        &["failover"],
        &["switchover", "a"],
        &["pause", "a"],
        &["keys", "derive"],
    ] {
        let ran = world.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        let ran = world.run(&[arguments, &["--json"]].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(2), ""), "{ran:?}");
        assert_eq!(ran.json()["error"]["code"], "usage");
    }
}

#[test]
fn the_version_names_the_chains_built_in() {
    let world = World::new();
    let document = world.run(&["version", "--json"]).json();
    assert_eq!(document["result"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["result"]["chains"], serde_json::json!(["algorand", "decred", "ethereum", "oxen", "radix"]));
}

//! Secrets that cannot be used end with exit code 12, whoever asks for them.
use crate::world::{PHRASE, PRIVATE_KEY, World};
use std::os::unix::fs::symlink;

fn acting(world: &World) {
    world.config(|text| text.replace("\"observe\"", "\"act\""));
}

#[test]
fn a_secret_that_others_can_read_is_refused() {
    let world = World::new();
    acting(&world);
    world.file("owner", PHRASE, 0o644);
    insta::assert_snapshot!(world.told(&world.configured(&["run"])));
}

#[test]
fn a_secret_that_is_missing_is_refused() {
    let world = World::new();
    acting(&world);
    insta::assert_snapshot!(world.told(&world.configured(&["run"])));
}

#[test]
fn a_phrase_that_is_malformed_is_refused_without_a_word_of_it() {
    let world = World::new();
    acting(&world);
    world.file("owner", PHRASE.replace("gloom", "planted"), 0o600);
    let ran = world.configured(&["run"]);
    assert!(!ran.all().contains("planted") && !ran.all().contains("fiction"), "{ran:?}");
    insta::assert_snapshot!(world.told(&ran));
}

#[test]
fn a_link_that_leaves_its_directory_is_refused() {
    let (world, elsewhere) = (World::new(), World::new());
    acting(&world);
    let target = elsewhere.file("owner", PHRASE, 0o600);
    symlink(target, world.path("owner")).unwrap();
    let ran = world.configured(&["run"]);
    assert_eq!(ran.code, Some(12), "{ran:?}");
    assert!(ran.stderr.contains("leaves its directory"), "{}", ran.stderr);
}

#[test]
fn a_secret_may_come_from_a_credential_a_variable_or_a_command() {
    let world = World::new();
    world.file("radix_owner", format!("{PRIVATE_KEY}\n"), 0o400);
    let directory = world.path("").display().to_string();
    for (reference, name, value) in [
        ("{ credential = \"radix_owner\" }", "CREDENTIALS_DIRECTORY", directory.as_str()),
        ("{ env = \"OWNER_KEY\" }", "OWNER_KEY", PRIVATE_KEY),
        ("{ command = [\"cat\", \"radix_owner\"] }", "UNUSED", "x"),
    ] {
        world.config(|text| {
            text.replace("\"observe\"", "\"act\"").replace(&format!("{{ file = \"{directory}owner\" }}"), reference)
        });
        let mut command = world.command(&["-c", "tanist.toml", "config", "check", "--secrets"]);
        let absent = World::run_with(world.command(&["-c", "tanist.toml", "config", "check", "--secrets"]), "");
        let ran = World::run_with(
            {
                command.env(name, value);
                command
            },
            "",
        );
        assert_eq!(ran.code, Some(0), "{reference}: {ran:?}");
        if name != "UNUSED" {
            assert_eq!(absent.code, Some(12), "{reference}: {absent:?}");
        }
    }
}

#[test]
fn a_key_of_another_account_is_refused() {
    let world = World::new();
    acting(&world);
    let other = "1111111111111111111111111111111111111111111111111111111111111111";
    world.file("owner", other, 0o600);
    let ran = world.configured(&["run"]);
    assert!(matches!(ran.code, Some(11 | 12)), "{ran:?}");
    assert!(!ran.all().contains(other), "{ran:?}");
}

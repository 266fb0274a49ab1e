//! A journal that is damaged, held or out of reach.
use crate::world::World;
use std::fs;
use std::path::PathBuf;

/// A journal that a daemon has written and left.
fn written(world: &World) -> PathBuf {
    world.config(|text| text);
    let daemon = world.start(&[]);
    let paused = world.configured(&["pause", "radix_main", "--reason", "kernel update"]);
    assert_eq!(paused.code, Some(0), "{paused:?}");
    let (status, log) = daemon.end();
    assert!(status.success(), "{log}");
    world.path("state/journal.redb")
}

#[test]
fn what_a_daemon_wrote_is_intact_and_can_be_read_without_it() {
    let world = World::new();
    written(&world);
    let verified = world.configured(&["journal", "verify", "--json"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert_eq!(verified.json()["result"]["entries"], 3);
    let shown = world.configured(&["journal", "show"]);
    assert!(shown.stdout.contains("paused") && shown.stdout.contains("kernel update"), "{}", shown.stdout);
    let exported = world.configured(&["journal", "export"]);
    for (place, line) in exported.stdout.lines().enumerate() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((&event["schema"], &event["seq"]), (&"tanist/event/v1".into(), &(place as u64 + 1).into()));
    }
    assert_eq!(exported.stdout.lines().count(), 3);
}

#[test]
fn a_flipped_byte_of_an_entry_is_damage_and_the_daemon_does_not_start_on_it() {
    let world = World::new();
    let path = written(&world);
    let intact = fs::read(&path).unwrap();
    let places: Vec<_> =
        intact.windows(13).enumerate().filter(|(_, w)| w == b"kernel update").map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    for command in [&["journal", "verify"][..], &["journal", "export"], &["run"]] {
        let mut bytes = intact.clone();
        for at in &places {
            bytes[*at] ^= 0x20;
        }
        fs::write(&path, bytes).unwrap();
        let ran = world.configured(command);
        assert_eq!(ran.code, Some(16), "{command:?}: {ran:?}");
        assert!(ran.stderr.contains("journal is damaged at "), "{}", ran.stderr);
        assert!(ran.stderr.contains("journal.redb") && ran.stderr.contains("hint:"), "{}", ran.stderr);
    }
}

#[test]
fn a_single_flipped_byte_anywhere_is_told_or_harmless() {
    let world = World::new();
    let path = written(&world);
    let intact = fs::read(&path).unwrap();
    let export = world.configured(&["journal", "export"]).stdout;
    // The header, and an even spread over what is used.
    let used = intact.iter().rposition(|byte| *byte != 0).unwrap();
    let places = (0..320).step_by(32).chain((0..used).step_by(used / 24));
    let mut told = 0;
    for at in places {
        let mut bytes = intact.clone();
        bytes[at] ^= 0x01;
        fs::write(&path, bytes).unwrap();
        let ran = world.configured(&["journal", "export"]);
        match ran.code {
            Some(16) => {
                told += 1;
                assert!(ran.stderr.starts_with("error: journal "), "byte {at}: {}", ran.stderr);
                assert!(!ran.stderr.contains("panicked"), "byte {at}: {}", ran.stderr);
            }
            Some(0) => assert_eq!(ran.stdout, export, "byte {at} changed what is read without a word"),
            _ => panic!("byte {at}: {ran:?}"),
        }
    }
    assert!(told > 0);
}

#[test]
fn a_truncated_journal_is_damage() {
    let world = World::new();
    let path = written(&world);
    let intact = fs::read(&path).unwrap();
    for length in [0, 1, 100, 4096, intact.len() / 2, intact.len() - 1] {
        fs::write(&path, &intact[..length]).unwrap();
        for command in [&["journal", "verify"][..], &["run"]] {
            let ran = world.configured(command);
            assert_eq!(ran.code, Some(16), "{length} bytes, {command:?}: {ran:?}");
            assert!(ran.stderr.contains("journal.redb") && ran.stderr.contains("hint:"), "{}", ran.stderr);
            assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_journal_that_is_not_there_is_told() {
    let world = World::new();
    let ran = world.run(&["journal", "verify", "absent.redb"]);
    assert_eq!(ran.code, Some(16), "{ran:?}");
    assert!(ran.stderr.contains("absent.redb"), "{}", ran.stderr);
}

#[test]
fn a_state_directory_that_cannot_be_written_is_exit_code_16() {
    let world = World::new();
    world.config(|text| text.replace("/state/journal.redb", "/tanist.toml/journal.redb"));
    let ran = world.configured(&["run"]);
    assert_eq!(ran.code, Some(16), "{ran:?}");
    assert!(ran.stderr.contains("tanist.toml/journal.redb") && ran.stderr.contains("hint:"), "{}", ran.stderr);
}

#[test]
fn a_state_directory_that_others_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.config(|text| text);
    fs::create_dir(world.path("state")).unwrap();
    fs::set_permissions(world.path("state"), fs::Permissions::from_mode(0o777)).unwrap();
    let ran = world.configured(&["run"]);
    assert_eq!(ran.code, Some(16), "{ran:?}");
    assert!(ran.stderr.contains("chmod go-w"), "{}", ran.stderr);
}

//! Commands that talk to the daemon.
use crate::world::World;

#[test]
fn without_a_daemon_every_command_says_so_with_exit_code_6() {
    let world = World::new();
    world.config(|text| text);
    for arguments in [
        &["status"][..],
        &["plan", "radix_main"],
        &["failover", "radix_main"],
        &["switchover", "radix_main", "--to", "node_b"],
        &["switchover", "radix_main", "--plan", "0011223344556677", "--execute", "--confirm", "radix_main"],
        &["pause", "--all", "--reason", "x"],
        &["resume", "--all"],
        &["cancel", "op_radix_main_1"],
        &["events"],
    ] {
        let ran = world.configured(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(6), ""), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains("c.sock") && ran.stderr.contains("hint:"), "{}", ran.stderr);
    }
}

#[test]
fn a_validator_that_nobody_can_see_is_unknown_which_is_not_healthy() {
    let world = World::new();
    world.config(|text| text);
    let mut daemon = world.start(&[]);
    daemon.until("unknown");
    let table = world.configured(&["status"]);
    assert_eq!(table.code, Some(3), "{table:?}");
    assert!(table.stdout.starts_with("VALIDATOR"), "{}", table.stdout);
    let one = world.configured(&["status", "radix_main", "--json"]);
    assert_eq!(one.code, Some(3), "{one:?}");
    let document = one.json();
    assert_eq!(document["schema"], "tanist/validator/v1");
    assert_eq!(document["instance"], "host-1");
    assert_eq!(document["result"]["state"], "unknown");
    assert!(!document["result"]["readings"].as_array().unwrap().is_empty());
}

#[test]
fn what_does_not_exist_is_exit_code_10() {
    let world = World::new();
    world.config(|text| text);
    let _daemon = world.start(&[]);
    for arguments in [
        &["status", "moon"][..],
        &["plan", "moon"],
        &["failover", "Moon-1"],
        &["pause", "moon", "--reason", "x"],
        &["cancel", "op_radix_main_7"],
        &["cancel", "../../x"],
    ] {
        let ran = world.configured(&[arguments, &["--json"]].concat());
        assert_eq!(ran.code, Some(10), "{arguments:?}: {ran:?}");
        assert_eq!(ran.json()["error"]["exit"], 10);
    }
}

#[test]
fn a_plan_is_refused_while_nobody_knows_who_signs() {
    let world = World::new();
    world.config(|text| text);
    let _daemon = world.start(&[]);
    let ran = world.configured(&["plan", "radix_main"]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.starts_with("refused: ") && ran.stderr.contains("hint:"), "{}", ran.stderr);
}

#[test]
fn a_name_that_is_not_confirmed_is_exit_code_5() {
    let world = World::new();
    world.config(|text| text);
    let other = world.configured(&["failover", "radix_main", "--execute", "--confirm", "radix_mian"]);
    assert_eq!(other.code, Some(5), "{other:?}");
}

#[test]
fn a_pause_is_shown_with_its_reason_and_ends_with_resume() {
    let world = World::new();
    world.config(|text| text);
    let _daemon = world.start(&[]);
    let paused = world.configured(&["pause", "radix_main", "--for", "2h", "--reason", "kernel update"]);
    assert_eq!(paused.code, Some(0), "{paused:?}");
    let status = world.configured(&["status"]);
    assert!(
        status.stdout.contains("paused: radix_main until ") && status.stdout.contains("kernel update"),
        "{status:?}"
    );
    assert_eq!(world.configured(&["resume", "--all"]).code, Some(0));
    let status = world.configured(&["status"]);
    assert!(!status.stdout.contains("paused"), "{status:?}");
    let events = world.configured(&["events", "--json"]);
    let names: Vec<_> = events
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["event"].clone())
        .collect();
    assert!(names.contains(&"paused".into()) && names.contains(&"unpaused".into()), "{names:?}");
    let none = world.configured(&["pause", "radix_main", "--reason", "  "]);
    assert_eq!(none.code, Some(2), "{none:?}");
}

#[test]
fn events_of_the_last_hours_only() {
    let world = World::new();
    world.config(|text| text);
    let _daemon = world.start(&[]);
    world.configured(&["pause", "radix_main", "--reason", "x"]);
    let recent = world.configured(&["events", "--since", "2h"]);
    assert!(recent.stdout.lines().count() >= 3, "{recent:?}");
    let after = world.configured(&["events", "--after", "1000"]);
    assert_eq!((after.code, after.stdout.as_str()), (Some(0), ""));
}

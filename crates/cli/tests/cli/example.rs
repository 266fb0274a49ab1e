//! `config/example.toml` is what an operator copies.
use crate::world::World;

fn example() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/example.toml").to_owned()
}

#[test]
fn the_example_is_a_valid_configuration_that_only_observes() {
    let world = World::new();
    let ran = world.run(&["-c", &example(), "config", "check", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for validator in ran.json()["result"]["validators"].as_array().unwrap() {
        assert_eq!(validator["mode"], "observe");
    }
}

#[test]
fn every_value_of_the_example_that_has_a_default_names_it_or_another_on_purpose() {
    // What the example says is a default must be one: an operator reads it as such.
    let world = World::new();
    let shown = world.run(&["-c", &example(), "config", "show", "--json"]).json();
    for (key, default) in [
        ("validator.radix_main.policy.missed", "4"),
        ("validator.radix_main.policy.of", "6"),
        ("validator.radix_main.policy.in_a_row", "3"),
        ("validator.radix_main.policy.need", "2"),
        ("validator.radix_main.policy.window", "\"8 epochs\""),
        ("validator.radix_main.policy.cooldown", "\"1h\""),
        ("validator.radix_main.act.per_day", "2"),
        ("validator.radix_main.act.per_week", "3"),
        ("validator.radix_main.fee_lock", "\"2\""),
        ("journal.path", "\"/var/lib/tanist/journal.redb\""),
        ("api.socket", "\"/run/tanist/control.sock\""),
    ] {
        let value = shown["result"]["values"].as_array().unwrap().iter().find(|value| value["key"] == key).unwrap();
        assert_eq!(value["value"].to_string(), default, "{key}");
        let explained = world.run(&["config", "explain", key, "--json"]).json();
        assert_eq!(explained["result"][0]["default"].to_string(), default, "{key}");
    }
}

//! `tanist backtest`: what was observed, judged again.
use crate::world::{Ran, World};
use serde_json::{Value, json};
use std::fmt::Write;
use watchdog_core::recording::store::{Bounds, ObservationStore};

pub(crate) const START: u64 = 1_800_000_000_000;

/// One observation of a node that counts proposals.
fn observation(origin: &str, second: u64, made: u64, missed: u64) -> Value {
    let performance = if made > 0 { "performing" } else { "failing" };
    let (duties, others) = (json!({ "made": made, "missed": missed }), json!({ "made": 100, "missed": 0 }));
    json!({
        "validator": "radix_main", "source": format!("{origin} core"), "origin": origin,
        "at": START + second * 1000, "up_ms": second * 1000, "boot": "one",
        "seen": {
            "facts": {
                "performance": performance, "position": second, "epoch": 7, "duties": duties, "others": others,
                "credit": null, "grace_ms": null, "local_report": null,
            },
            "evidence": {
                "view": { "view": "core", "round": second }, "state_version": second, "proposer_time": START + second * 1000,
                "epoch": 7, "standing": { "standing": "active", "key": null }, "proposals": duties, "others": others,
            },
        },
    })
}

/// A minute of proposals made, `silent` seconds of proposals missed, half a minute of proposals made;
/// one due every 5 s, seen by two nodes.
pub(crate) fn recording(silent: u64) -> String {
    let mut lines = String::new();
    for second in (0..90 + silent).step_by(5) {
        let is_missed = (60..60 + silent).contains(&second);
        for origin in ["one", "two"] {
            let line = observation(origin, second, u64::from(!is_missed), u64::from(is_missed));
            writeln!(lines, "{line}").unwrap();
        }
    }
    lines
}

fn judged(world: &World, arguments: &[&str]) -> Value {
    let ran = world.configured(&[&["backtest", "radix_main", "--from", "seen.ndjson", "--json"], arguments].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let document = ran.json();
    assert_eq!(document["schema"], "tanist/backtest/v1");
    document["result"].clone()
}

#[test]
fn a_changed_policy_is_tried_on_what_was_seen() {
    let world = World::new();
    world.config(|text| text);
    world.file("seen.ndjson", recording(600), 0o644);
    world.file("lax.toml", "[validator.radix_main.policy]\nmissed = 60\nof = 60\nin_a_row = 60\n", 0o644);
    let found = judged(&world, &["--failover-takes", "1m"]);
    assert_eq!((&found["observations"], &found["sources"]), (&276.into(), &json!(["one core", "two core"])));
    assert_eq!((&found["outage_seconds"], &found["false_positives"]), (&600.0.into(), &0.into()), "{found}");
    assert_eq!(found["failovers"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["failovers"][0]["at"], "2027-01-15T08:01:15.000Z", "the fourth miss");
    assert_eq!(found["outage_with_failover_seconds"], 75.0);
    let lax = judged(&world, &["-c", "tanist.toml", "-c", "lax.toml", "--failover-takes", "1m"]);
    assert_eq!(lax["failovers"][0]["at"], "2027-01-15T08:05:55.000Z", "the sixtieth miss: {lax}");
    let stricter = judged(&world, &["-c", "tanist.toml", "-c", "lax.toml", "--until", "2027-01-15T08:05:00Z"]);
    assert_eq!((&stricter["failovers"], &stricter["to"]), (&json!([]), &"2027-01-15T08:04:55.000Z".into()));
}

#[test]
fn a_validator_that_came_back_by_itself_makes_the_failover_a_false_positive() {
    let world = World::new();
    world.config(|text| text);
    world.file("seen.ndjson", recording(30), 0o644);
    let ran = world.configured(&["backtest", "radix_main", "--from", "seen.ndjson"]);
    insta::assert_snapshot!(world.told(&ran));
}

#[test]
fn a_changed_budget_keeps_from_a_failover_and_says_what_it_counted() {
    let world = World::new();
    world.config(|text| text);
    world.file("seen.ndjson", recording(600), 0o644);
    world.file("none.toml", "[validator.radix_main.act]\nper_day = 0\n", 0o644);
    let found = judged(&world, &["-c", "tanist.toml", "-c", "none.toml"]);
    assert_eq!((&found["failovers"], found["refused"].as_array().unwrap().len()), (&json!([]), 1), "{found}");
    let refused = &found["refused"][0];
    assert_eq!(
        (&refused["from"], &refused["to"]),
        (&"2027-01-15T08:01:15.000Z".into(), &"2027-01-15T08:10:55.000Z".into())
    );
    assert_eq!((&refused["judgements"], &refused["gate"]["name"]), (&117.into(), &"budget_per_day".into()));
    let (measured, limit) = (&refused["gate"]["measured"], &refused["gate"]["limit"]);
    assert_eq!(
        (measured, limit, &refused["gate"]["closed"]["code"]),
        (&json!({ "count": 0 }), &json!({ "count": 0 }), &"budget".into())
    );
    let ran =
        world.configured(&["backtest", "radix_main", "--from", "seen.ndjson", "-c", "tanist.toml", "-c", "none.toml"]);
    let line = "  2027-01-15T08:01:15.000Z to 2027-01-15T08:10:55.000Z  budget_per_day 0 (limit 0)  budget: 0 automatic failovers in the last 24h, limit `act.per_day` is 0\n";
    assert!(ran.stdout.contains("kept from a failover: 1\n") && ran.stdout.contains(line), "{}", ran.stdout);
}

/// What a daemon keeps while it runs, and what it has kept once it ended.
fn recorded_by_a_daemon(world: &World) -> (Ran, Ran) {
    let daemon = world.start(&[]);
    let is_judged =
        || world.configured(&["status", "--json"]).json()["result"]["validators"][0]["judgement"].is_object();
    assert!((0..500).any(|_| is_judged()));
    let is_seen = || world.configured(&["backtest", "radix_main"]).code == Some(0);
    assert!((0..500).any(|_| is_seen()), "{:?}", world.configured(&["backtest", "radix_main"]));
    let running = world.configured(&["backtest", "--export"]);
    let ran = world.configured(&["backtest", "radix_main", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.json()["result"]["observations"].as_u64().unwrap() >= running.stdout.lines().count() as u64);
    let none = world.configured(&["backtest", "moon", "--export"]);
    assert_eq!(none.code, Some(10), "{none:?}");
    let late = world.configured(&["backtest", "radix_main", "--since", "2999-01-01T00:00:00Z"]);
    assert!(late.code == Some(10) && late.stderr.contains("in the daemon at "), "{late:?}");
    let named = world.configured(&["backtest", "--export", "--store", "state/observations.redb"]);
    assert_eq!(named.code, Some(9), "a store that is named is not asked for: {named:?}");
    let (status, log) = daemon.end();
    assert!(status.success(), "{log}");
    (running, world.configured(&["backtest", "--export"]))
}

#[test]
fn what_a_daemon_saw_is_kept_beside_its_journal_and_exported_as_it_is_read() {
    let world = World::new();
    world.config(|text| text);
    let (running, exported) = recorded_by_a_daemon(&world);
    assert_eq!((running.code, exported.code), (Some(0), Some(0)), "{running:?} {exported:?}");
    assert!(!running.stdout.is_empty() && exported.stdout.starts_with(&running.stdout), "{running:?} {exported:?}");
    let lines: Vec<Value> = exported.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["schema"] == "tanist/observation/v1" && line["validator"] == "radix_main"));
    let sources: Vec<_> = lines.iter().filter_map(|line| line["source"].as_str()).collect();
    assert!(sources.contains(&"node_a system") && sources.contains(&"gateway 127.0.0.1:2"), "{sources:?}");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(world.path("state/observations.redb")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);

    world.file("seen.ndjson", &exported.stdout, 0o644);
    let from_file = judged(&world, &[]);
    let from_store = world.configured(&["backtest", "radix_main", "--json"]).json();
    assert_eq!(from_store["result"], from_file);
    assert_eq!((&from_file["verdicts"][0]["verdict"], &from_file["failovers"]), (&"unknown".into(), &json!([])));
    let again = world.configured(&["backtest", "radix_main", "--from", "seen.ndjson", "--export"]);
    assert_eq!(again.stdout, exported.stdout);
}

#[test]
fn a_store_that_another_process_holds_is_told_where_no_daemon_answers_for_it() {
    let world = World::new();
    world.config(|text| text);
    std::fs::create_dir(world.path("state")).unwrap();
    let _held = ObservationStore::open(&world.path("state/observations.redb"), Bounds::default()).unwrap();
    let ran = world.configured(&["backtest", "radix_main"]);
    assert!(ran.code == Some(9) && ran.stderr.contains("and none answers"), "{ran:?}");
}

#[test]
fn a_daemon_that_keeps_none_answers_for_none() {
    let world = World::new();
    world.config(|text| text.replace("[api]", "[observations]\nkeep = false\n\n[api]"));
    let _daemon = world.start(&[]);
    let _held = ObservationStore::open(&world.path("state/observations.redb"), Bounds::default()).unwrap();
    let ran = world.configured(&["backtest", "radix_main"]);
    assert!(ran.code == Some(9) && ran.stderr.contains("another process has it open"), "{ran:?}");
}

#[test]
fn nothing_is_kept_where_the_configuration_says_so_and_the_daemon_runs_where_it_cannot_be() {
    let world = World::new();
    world.config(|text| text.replace("[api]", "[observations]\nkeep = false\n\n[api]"));
    world.start(&[]).end();
    assert!(!world.path("state/observations.redb").exists());
    let none = world.configured(&["backtest", "radix_main"]);
    assert_eq!(none.code, Some(10), "{none:?}");

    std::fs::create_dir(world.path("state/observations.redb")).unwrap();
    world.config(|text| text);
    let (status, log) = world.start(&[]).end();
    assert!(status.success() && log.contains("observations are not kept"), "{log}");
}

#[test]
fn a_journal_is_told_to_hold_no_observations() {
    let world = World::new();
    world.config(|text| text);
    world.start(&[]).end();
    let events = world.configured(&["journal", "export"]);
    world.file("seen.ndjson", &events.stdout, 0o644);
    let ran = world.configured(&["backtest", "radix_main", "--from", "seen.ndjson"]);
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert!(
        ran.stderr.contains("hint: a journal holds no observations, and 2 of its entries were read"),
        "{}",
        ran.stderr
    );
    let ran = world.configured(&["backtest", "radix_main", "--store", "state/journal.redb"]);
    assert_eq!(ran.code, Some(16), "{ran:?}");
    assert!(ran.stderr.contains("no store of observations"), "{}", ran.stderr);
}

#[test]
fn lines_that_are_damaged_or_foreign_are_counted_and_never_quoted() {
    let world = World::new();
    world.config(|text| text);
    let whole = recording(600);
    let mut lines: Vec<_> = whole.lines().collect();
    lines[4] = "hunter2";
    lines[6] = r#"{"schema":"tanist/status/v1","password":"hunter2"}"#;
    let half = lines[9].len() / 2;
    lines[9] = &lines[9][..half];
    world.file("seen.ndjson", lines.join("\n"), 0o644);
    let found = judged(&world, &[]);
    assert_eq!(
        (&found["damaged_lines"], &found["foreign_lines"], &found["observations"]),
        (&2.into(), &1.into(), &273.into())
    );
    assert_eq!(
        (&found["first_unread_line"], found["failovers"].as_array().unwrap().len()),
        (&"line 5 of seen.ndjson".into(), 1)
    );
    let ran = world.configured(&["backtest", "radix_main", "--from", "seen.ndjson"]);
    let told = "unread: 2 damaged and 1 foreign lines were left out, the first is line 5 of seen.ndjson\n";
    assert!(ran.stdout.contains(told) && !ran.all().contains("hunter2"), "{ran:?}");
    let exported = world.configured(&["backtest", "--export", "--from", "seen.ndjson"]);
    assert_eq!((exported.stdout.lines().count(), exported.stderr.as_str()), (273, told));
    world.file("none.ndjson", "hunter2\n", 0o644);
    let none = world.configured(&["backtest", "radix_main", "--from", "none.ndjson"]);
    assert!(
        none.code == Some(10)
            && none.stderr.contains("1 damaged lines were left out")
            && !none.all().contains("hunter2"),
        "{none:?}"
    );
}

#[test]
fn observations_of_another_validator_or_chain_are_not_judged() {
    let world = World::new();
    world.config(|text| text);
    let mut other = observation("one", 0, 1, 0);
    other["validator"] = "moon".into();
    world.file("seen.ndjson", other.to_string(), 0o644);
    let ran = world.configured(&["backtest", "radix_main", "--from", "seen.ndjson"]);
    assert!(ran.code == Some(10) && ran.stderr.contains("it has those of moon"), "{ran:?}");
    let unknown = world.configured(&["backtest", "moon", "--from", "seen.ndjson"]);
    assert!(unknown.code == Some(10) && unknown.stderr.contains("radix_main"), "{unknown:?}");
    let mut foreign = observation("one", 0, 1, 0);
    foreign["seen"]["evidence"] = json!({ "slot": 7 });
    world.file("seen.ndjson", foreign.to_string(), 0o644);
    let ran = world.configured(&["backtest", "radix_main", "--from", "seen.ndjson"]);
    assert!(ran.code == Some(11) && ran.stderr.contains("not what its chain's policy reads"), "{ran:?}");
}

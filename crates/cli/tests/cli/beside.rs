//! `tanist backtest --journal`: what would have happened, beside what really did.
use crate::backtest::{START, recording};
use crate::world::World;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::action::{Kind, PlanRequest, Receipt};
use watchdog_core::clock::{Clock, Timestamp};
use watchdog_core::cx::Cx;
use watchdog_core::id::{Epoch, InstanceId, NodeName, SagaId, StepIndex, ValidatorName};
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::journal::{Journal, Outcome, Record};
use watchdog_core::lease::Lease;
use watchdog_core::payload::Payload;
use watchdog_core::plan::Plan;
use watchdog_testkit::clock::ManualClock;

/// The recording, as of `from` instead.
fn recorded_from(from: Timestamp, silent: u64) -> String {
    recording(silent).replace(&START.to_string()[..8], &(from.0 / 100_000).to_string())
}

/// A journal file whose watchdog failed over `at` seconds after the recording began, and was two minutes
/// about it.
fn journal(world: &World, at: u64) -> PathBuf {
    std::fs::create_dir_all(world.path("kept")).unwrap();
    let path = world.path("kept/journal.redb");
    let clock = ManualClock::at(Timestamp(START - 60_000));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let journal = RedbJournal::open(&path, InstanceId([1; 16]), shared.clone()).unwrap();
    let node = |name| NodeName::new(name).unwrap();
    let (saga, by, key) = (SagaId(1), None, None);
    let request =
        PlanRequest { kind: Kind::Failover, from: node("node_a"), to: Some(node("node_b")), cause: None, stated: None };
    let plan = Plan::ready("check".into(), Duration::ZERO).move_pointer("move".into(), Duration::ZERO).build();
    let intended = |step, payload: &str| {
        let (epoch, payload) = (Epoch { token: 1, seq: u64::from(step) + 1 }, Payload::new(payload.as_bytes()));
        Record::Intended { saga, step: StepIndex(step), attempt: 1, epoch, payload }
    };
    let done = |step| Record::Done { saga, step: StepIndex(step), attempt: 1, receipt: Receipt(Value::Null) };
    let signer = Some(node("node_a"));
    let story = [
        (0, Record::Adopted { signer, note: "the chain names node_a as signer".into() }),
        (60 + at, Record::Planned { saga, request, plan, by, key }),
        (0, intended(0, "")),
        (0, done(0)),
        (0, intended(1, "a signed transaction")),
        (120, done(1)),
        (0, Record::Closed { saga, outcome: Outcome::Completed, reason: None }),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let held = journal.lease().hold(&Cx::root(shared, CancellationToken::new())).await.unwrap();
        let main = ValidatorName::new("radix_main").unwrap();
        for (after, record) in story {
            clock.advance(Duration::from_secs(after));
            let _durable = journal.append(held, Some(&main), &[record]).await.unwrap();
        }
    });
    path
}

/// Results of the same backtest, told the journal in every way that there is.
fn told_in_every_way(world: &World, seen: &str, file: &str, arguments: &[&str]) -> Vec<Value> {
    let exported = world.configured(&["journal", "export", file]).stdout;
    world.file("seen.ndjson", seen, 0o644);
    world.file("journal.ndjson", &exported, 0o644);
    world.file("both.ndjson", format!("{exported}{seen}"), 0o644);
    let ways: [(&[&str], &str); 6] = [
        (&["--from", "seen.ndjson", "--journal", file], ""),
        (&["--from", "seen.ndjson", "--journal", "journal.ndjson"], ""),
        (&["--from", "seen.ndjson", "--journal", "-"], &exported),
        (&["--from", "-", "--journal", "journal.ndjson"], seen),
        (&["--from", "both.ndjson"], ""),
        (&["--from", "-"], &format!("{seen}{exported}")),
    ];
    let ran = |(way, input): (&[&str], &str)| {
        let all = [&["-c", "tanist.toml", "backtest", "radix_main", "--json"], way, arguments].concat();
        let ran = World::run_with(world.command(&all), input);
        assert_eq!(ran.code, Some(0), "{way:?}: {ran:?}");
        ran.json()["result"].clone()
    };
    ways.into_iter().map(ran).collect()
}

#[test]
fn a_pause_that_a_daemon_journaled_keeps_from_a_failover() {
    let world = World::new();
    world.config(|text| text);
    let daemon = world.start(&[]);
    let paused = world.configured(&["pause", "radix_main", "--reason", "kernel update"]);
    assert_eq!(paused.code, Some(0), "{paused:?}");
    let held = world.configured(&["backtest", "radix_main", "--from", "/dev/null", "--journal", "state/journal.redb"]);
    assert!(held.code == Some(9) && held.stderr.contains("`tanist events` reads a running one's"), "{held:?}");
    let events = world.configured(&["events", "--json"]).stdout;
    daemon.end();
    let newest = world.configured(&["journal", "export"]).stdout.lines().last().map(str::to_owned).unwrap();
    let newest: Value = serde_json::from_str(&newest).unwrap();
    let newest = Timestamp::parse(newest["at"].as_str().unwrap()).unwrap();
    let seen = recorded_from(newest.after(Duration::from_hours(1)), 600);
    let all = told_in_every_way(&world, &seen, "state/journal.redb", &[]);
    for found in &all {
        assert_eq!((&found["failovers"], &found["journal"]["about"]), (&json!([]), &1.into()), "{found}");
        let refused = &found["refused"][0];
        assert_eq!((&refused["gate"]["closed"]["code"], &refused["judgements"]), (&"paused".into(), &117.into()));
        assert!(refused["gate"]["closed"]["message"].as_str().unwrap().ends_with(": kernel update"), "{refused}");
        assert_eq!((&found["damaged_lines"], &found["entries_without_boot"]), (&0.into(), &0.into()));
    }
    world.file("journal.ndjson", events, 0o644);
    let ran =
        world.configured(&["backtest", "radix_main", "--from", "seen.ndjson", "--journal", "journal.ndjson", "--json"]);
    assert_eq!(ran.json()["result"]["refused"], all[0]["refused"], "as a running daemon tells its events");
}

#[test]
fn what_really_began_is_laid_beside_what_would_have() {
    let world = World::new();
    world.config(|text| text);
    journal(&world, 95);
    let all = told_in_every_way(&world, &recording(600), "kept/journal.redb", &["--failover-takes", "1m"]);
    for found in &all {
        assert_eq!(found, &all[0]);
        let real = &found["operations"][0];
        assert_eq!((&real["operation"], &real["at"]), (&"op_radix_main_1".into(), &"2027-01-15T08:01:35.000Z".into()));
        assert_eq!((&real["outcome"], &real["closed"]), (&"completed".into(), &"2027-01-15T08:03:35.000Z".into()));
        assert_eq!(real["would"], json!({ "begin": { "at": "2027-01-15T08:01:15.000Z", "later_seconds": -20.0 } }));
        assert_eq!(
            (&found["failovers"][0]["real"], found["failovers"].as_array().unwrap().len()),
            (&"op_radix_main_1".into(), 1)
        );
        assert_eq!(
            (&found["outages"][0]["ended_by"], &found["outage_with_failover_seconds"]),
            (&"op_radix_main_1".into(), &75.0.into())
        );
    }
}

#[test]
fn a_laxer_policy_and_one_that_begins_none_say_what_that_costs() {
    let world = World::new();
    world.config(|text| text);
    journal(&world, 95);
    world.file("seen.ndjson", recording(180), 0o644);
    let lax = |missed: u32| {
        let text = format!("[validator.radix_main.policy]\nmissed = {missed}\nof = {missed}\nin_a_row = {missed}\n");
        world.file("lax.toml", text, 0o644);
        let arguments = ["--from", "seen.ndjson", "--journal", "kept/journal.redb", "--failover-takes", "3m"];
        world.configured(&[&["-c", "lax.toml", "backtest", "radix_main"][..], &arguments].concat())
    };
    insta::assert_snapshot!(world.told(&lax(20)));
    insta::assert_snapshot!(world.told(&lax(60)));
}

/// The session of `docs/operations.md` in which a journal is named, run as it stands there. `TRYCMD=overwrite`
/// writes what came out into the document.
#[test]
fn the_session_of_the_manual_goes_as_it_is_written() {
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let manual = std::fs::read_to_string(&original).unwrap();
    let is_meant = |block: &&str| block.contains("--from seen.ndjson --journal journal.ndjson");
    let session = manual.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let session = session.filter(is_meant).collect::<Vec<_>>();
    assert_eq!(session.len(), 1);
    let world = World::new();
    world.config(|text| text);
    journal(&world, 95);
    let exported = world.configured(&["journal", "export", "kept/journal.redb"]).stdout;
    let copy = world.file("session.md", format!("```console\n{}```\n", session[0]), 0o644);
    let sessions = world.path("session.in");
    std::fs::create_dir(&sessions).unwrap();
    std::fs::copy(world.path("tanist.toml"), sessions.join("tanist.toml")).unwrap();
    world.file("session.in/seen.ndjson", recording(180), 0o644);
    world.file("session.in/journal.ndjson", exported, 0o644);
    let lax = "[validator.radix_main.policy]\nmissed = 20\nof = 20\nin_a_row = 20\n";
    world.file("session.in/lax.toml", lax, 0o644);
    let tanist = assert_cmd::cargo::cargo_bin!("tanist");
    trycmd::TestCases::new().register_bin("tanist", tanist).case(&copy).run();
    if std::env::var_os("TRYCMD").is_some_and(|wish| wish == "overwrite") {
        let ran = std::fs::read_to_string(copy).unwrap();
        let ran = ran.strip_prefix("```console\n").and_then(|ran| ran.strip_suffix("```\n")).unwrap();
        std::fs::write(original, manual.replace(session[0], ran)).unwrap();
    }
}

#[test]
fn entries_that_are_missing_or_of_another_journal_are_told() {
    let world = World::new();
    world.config(|text| text);
    journal(&world, 95);
    let exported = world.configured(&["journal", "export", "kept/journal.redb"]).stdout;
    let mut lines: Vec<_> = exported.lines().map(str::to_owned).collect();
    lines[0] = lines[0].replace("2027", "2026");
    lines.remove(3);
    lines.push(exported.lines().next().unwrap().to_owned());
    lines.push(r#"{"schema":"tanist/event/v1","seq":"#.to_owned());
    lines.push(r#"{"schema":"tanist/event/v1","seq":9,"record":"sung"}"#.to_owned());
    world.file("journal.ndjson", lines.join("\n"), 0o644);
    world.file("seen.ndjson", recording(600), 0o644);
    let arguments = ["backtest", "radix_main", "--from", "seen.ndjson", "--journal", "journal.ndjson"];
    let ran = world.configured(&arguments);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for told in [
        "unread: 2 damaged lines were left out, the first is line 8 of journal.ndjson\n",
        "journal: 6 entries, 6 of them about radix_main, ",
        "journal: 1 entries between them are missing\n",
        "journal: 1 entries are of another journal, and were left out\n",
        "journal: 5 entries belong to operations that are not whole, and were left out\n",
    ] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
}

#[test]
fn standard_input_is_not_read_twice_and_what_is_not_there_is_told() {
    let world = World::new();
    world.config(|text| text);
    let twice = world.configured(&["backtest", "radix_main", "--from", "-", "--journal", "-"]);
    assert!(twice.code == Some(2) && twice.stderr.contains("name it with --from alone"), "{twice:?}");
    world.file("seen.ndjson", recording(60), 0o644);
    let absent = world.configured(&["backtest", "radix_main", "--from", "seen.ndjson", "--journal", "absent.redb"]);
    assert!(absent.code == Some(10) && absent.stderr.contains("absent.redb cannot be read"), "{absent:?}");
    world.file("short.redb", "redb", 0o644);
    let damaged = world.configured(&["backtest", "radix_main", "--from", "seen.ndjson", "--journal", "short.redb"]);
    assert!(damaged.code == Some(16) && damaged.stderr.contains("short.redb"), "{damaged:?}");
}

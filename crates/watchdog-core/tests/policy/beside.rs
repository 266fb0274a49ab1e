//! A backtest beside the real journal: what it said binds, and what really happened is compared.
use crate::backtest::{SECOND, observed, rule, second, trial, unbounded};
use crate::bounded::{code, codes};
use crate::history::{History, node, validator};
use proptest::prelude::*;
use std::time::Duration;
use watchdog_core::action::{Kind, PlanRequest};
use watchdog_core::backtest::real::{Real, Would};
use watchdog_core::backtest::{Backtest, Trial, backtest};
use watchdog_core::clock::{BootId, Timestamp};
use watchdog_core::config::{ActLimits, TextDuration};
use watchdog_core::event::Event;
use watchdog_core::id::SagaId;
use watchdog_core::journal::{Entry, Outcome, Record};
use watchdog_core::plan::Plan;
use watchdog_core::policy::{Measure, Verdict};

/// The boot that the host of a history writes in.
const BOOT: &str = "host 0 boot 0";

/// A journal with an entry at the very beginning, and the signer.
fn history() -> History {
    let mut history = History::default();
    history.write(None, Record::Started { version: "0".into() });
    let (main, signer) = (validator("main"), Some(node("node_a")));
    history.write(Some(&main), Record::Adopted { signer, note: "the chain says so".into() });
    history
}

fn pause(history: &mut History, lasts: Option<Duration>) {
    let paused = Record::Paused { lasts, reason: "work".into(), by: "tester".into() };
    history.write(Some(&validator("main")), paused);
}

/// A second a letter, from second 60 of the journal on.
fn run(story: &str, missed: u64, entries: Vec<Entry>, trial: &Trial) -> Backtest {
    backtest(observed(story, BOOT, 60), entries, &rule(missed), trial)
}

/// The same without budgets.
fn free(story: &str, missed: u64, history: &History) -> Backtest {
    let found = run(story, missed, history.entries.clone(), &trial(unbounded()));
    assert_eq!(found, run(story, missed, history.exported(), &trial(unbounded())), "an export says the same");
    found
}

fn until(history: &mut History, second: u32) {
    history.pass(SECOND * second - history.now);
}

fn later(real: &Real) -> f64 {
    let Would::Begin { later_seconds, .. } = &real.would else { panic!("{real:?}") };
    *later_seconds
}

#[test]
fn a_pause_of_the_journal_keeps_from_a_failover_as_long_as_it_held() {
    let mut history = history();
    until(&mut history, 30);
    pause(&mut history, None);
    until(&mut history, 68);
    history.write(Some(&validator("main")), Record::Unpaused { by: "tester".into() });
    let found = free("dddmmmmmmmmm", 2, &history);
    assert_eq!((codes(&found), second(&found, 0)), (vec!["paused"], 68));
    assert_eq!(found.refused[0].gate.closed.as_ref().unwrap().message, "paused by tester: work");
    assert_eq!((second(&free("dddmmmmmmmmm", 2, &self::history()), 0), found.refused[0].judgements), (64, 4));
}

#[test]
fn a_pause_ends_by_the_time_of_the_journal_also_where_it_began_before_the_recording() {
    let mut history = history();
    until(&mut history, 10);
    pause(&mut history, Some(SECOND * 57));
    let found = free("dddmmmmmmmmm", 2, &history);
    assert_eq!((codes(&found), second(&found, 0)), (vec!["paused"], 67));
}

#[test]
fn a_hold_of_the_fleet_lasts_until_its_release() {
    let mut history = history();
    history.write(None, Record::Correlated { down: vec![validator("moon")], watched: 3 });
    let held = free("dddmmmmmmm", 2, &history);
    assert_eq!((codes(&held), held.failovers.len()), (vec!["correlation_hold"], 0));
    until(&mut history, 66);
    history.write(None, Record::Released { by: "tester".into() });
    assert_eq!(second(&free("dddmmmmmmm", 2, &history), 0), 66);
}

#[test]
fn an_operation_of_the_same_domain_is_waited_for() {
    let mut history = history();
    let moon = validator("moon");
    let (saga, plan) = (SagaId(1), Plan::ready("check".into(), SECOND).move_pointer("move".into(), SECOND).build());
    let request = PlanRequest { kind: Kind::Failover, from: node("x"), to: Some(node("y")), cause: None, stated: None };
    history.write(Some(&moon), Record::Planned { saga, request, plan, by: None, key: None });
    until(&mut history, 67);
    history.write(Some(&moon), Record::Closed { saga, outcome: Outcome::Aborted, reason: None });
    let mut trial = trial(unbounded());
    assert_eq!(second(&run("dddmmmmmmm", 2, history.entries.clone(), &trial), 0), 64, "another domain");
    trial.beside.insert(moon);
    let found = run("dddmmmmmmm", 2, history.entries.clone(), &trial);
    assert_eq!((codes(&found), second(&found, 0)), (vec!["domain_busy"], 67));
    history.entries.pop();
    history.write(None, Record::Elapsed {});
    let found = run("dddmmmmmmm", 2, history.entries, &trial);
    assert_eq!((codes(&found), second(&found, 0)), (vec!["domain_busy"], 67), "its end is missing: nobody knows");
}

#[test]
fn what_really_began_before_the_recording_is_on_the_budget_and_cools_down() {
    let mut history = history();
    until(&mut history, 20);
    history.fail_over("node_a", "node_b", None, Outcome::Completed);
    let mut trial =
        trial(ActLimits { per_day: 1, failback_hold: TextDuration(Duration::ZERO), ..ActLimits::default() });
    trial.limits.cooldown = SECOND * 47;
    let found = run("dddmmmmmmmmm", 2, history.entries.clone(), &trial);
    assert_eq!((codes(&found), found.failovers.len()), (vec!["cooldown", "budget"], 0));
    assert!(found.reals.is_empty(), "it is not compared: nothing was recorded then");
    history.write(Some(&validator("main")), Record::Acknowledged { by: "tester".into() });
    trial.limits.act = unbounded();
    assert_eq!(second(&run("dddmmmmmmmmm", 2, history.entries, &trial), 0), 64, "acknowledged");
}

#[test]
fn a_node_that_was_really_left_is_not_gone_back_to() {
    let mut history = history();
    history.fail_over("node_a", "node_b", Some("tester"), Outcome::Completed);
    let mut trial = trial(ActLimits::default());
    trial.limits.cooldown = Duration::ZERO;
    let found = run("dddmmmm", 2, history.entries, &trial);
    assert_eq!(codes(&found), ["failback_hold"]);
    assert!(found.refused[0].gate.closed.as_ref().unwrap().message.contains("`node_a`"));
}

#[test]
fn what_people_order_happens_all_the_same_and_nothing_beside_it() {
    let mut history = history();
    until(&mut history, 63);
    let plan = Plan::ready("check".into(), SECOND).move_pointer("move".into(), SECOND).build();
    let request = PlanRequest {
        kind: Kind::Switchover,
        from: node("node_a"),
        to: Some(node("node_b")),
        cause: None,
        stated: None,
    };
    let main = validator("main");
    let by = Some("tester".to_owned());
    history.write(Some(&main), Record::Planned { saga: SagaId(1), request, plan, by, key: None });
    until(&mut history, 67);
    history.write(Some(&main), Record::Closed { saga: SagaId(1), outcome: Outcome::Aborted, reason: None });
    let found = free("dddmmmmmmmmm", 2, &history);
    assert_eq!((codes(&found), found.failovers.len()), (vec!["conflict", "cooldown"], 0));
    let real = &found.reals[0];
    assert_eq!((real.operation.to_string().as_str(), &real.would), ("op_main_1", &Would::Ordered));
    assert_eq!((real.outcome, real.closed.unwrap().since(real.at)), (Some(Outcome::Aborted), Some(SECOND * 4)));
}

/// The real watchdog failed over from second 70 to 76; the validator missed its duties from 64 on and did them from 75 on.
fn really(history: &mut History) -> &'static str {
    until(history, 70);
    history.fail_over("node_a", "node_b", None, Outcome::Completed);
    let last = history.entries.last_mut().unwrap();
    (last.at, last.boot.up) = (last.at.after(SECOND * 6), last.boot.up.after(SECOND * 6));
    "ddddmmmmmmmmmmmddddd"
}

#[test]
fn a_stricter_policy_begins_the_same_failover_earlier() {
    let mut history = history();
    let story = really(&mut history);
    let found = free(story, 2, &history);
    assert_eq!((found.reals.len(), later(&found.reals[0]), second(&found, 0)), (1, -5.0, 65));
    assert_eq!(found.failovers[0].real, Some(found.reals[0].operation.clone()));
    let outage = &found.outages[0];
    assert_eq!((outage.lasted, outage.with_failover), (SECOND * 11, SECOND * 6));
    assert_eq!((outage.ended_by.as_ref(), outage.would_go_on), (Some(&found.reals[0].operation), false));
    assert_eq!(found.failovers.len(), 1, "and what it moved is not adopted, nor moved again");
}

#[test]
fn a_laxer_policy_begins_it_later_and_makes_the_outage_longer() {
    let mut history = history();
    let story = really(&mut history);
    let found = free(story, 10, &history);
    assert_eq!((later(&found.reals[0]), second(&found, 0)), (3.0, 73), "{found:?}");
    assert_eq!((found.outages[0].lasted, found.outages[0].with_failover), (SECOND * 11, SECOND * 14));
    assert_eq!((found.outage, found.outage_with_failover), (SECOND * 11, SECOND * 14));
    assert_eq!(
        found.false_positives, 0,
        "the duties done from 75 on are those of the node that it was really moved to"
    );
    let mut alone = self::history();
    until(&mut alone, 70);
    assert_eq!(free(story, 10, &alone).false_positives, 1, "and where it was not, those of the old one");
}

#[test]
fn a_duty_done_before_the_real_failover_began_shows_that_the_old_node_was_alive() {
    let mut history = history();
    really(&mut history);
    let found = free("ddddmmmmmdmmmmmddddd", 2, &history);
    assert_eq!((second(&found, 0), found.false_positives), (65, 1), "at 69");
    let found = free("ddddmmmmmmmdmmmddddd", 3, &history);
    assert_eq!((second(&found, 0), found.false_positives), (66, 0), "at 71, after it began");
}

#[test]
fn a_policy_that_begins_none_lets_the_outage_go_on() {
    let mut history = history();
    let story = really(&mut history);
    let found = free(story, 20, &history);
    let none = Would::NotBegin { verdict: Verdict::Degraded, refused: None, begun: None };
    assert_eq!((&found.reals[0].would, found.failovers.len()), (&none, 0));
    assert!(found.outages[0].would_go_on && found.outage_would_go_on, "{found:?}");
    assert_eq!(found.outage_with_failover, found.outage, "at least");
}

#[test]
fn a_real_failover_that_a_gate_would_have_refused_says_by_which() {
    let mut history = history();
    let story = really(&mut history);
    let trial = trial(ActLimits { per_day: 0, ..ActLimits::default() });
    let found = run(story, 2, history.entries, &trial);
    let Would::NotBegin { verdict: Verdict::Down, refused: Some(gate), begun: None } = &found.reals[0].would else {
        panic!("{:?}", found.reals)
    };
    assert_eq!((gate.name, gate.limit, code(&found.refused[0])), ("budget_per_day", Measure::Count(0), "budget"));
}

#[test]
fn a_second_real_failover_of_one_trouble_has_the_first_in_its_place() {
    let mut history = history();
    until(&mut history, 67);
    history.fail_over("node_a", "node_b", None, Outcome::Aborted);
    let story = really(&mut history);
    let found = free(story, 2, &history);
    assert_eq!((found.failovers.len(), later(&found.reals[0])), (1, -2.0));
    let begun = Some(found.failovers[0].at);
    assert_eq!(found.reals[1].would, Would::NotBegin { verdict: Verdict::Down, refused: None, begun });
    assert_eq!(found.reals[0].outcome, Some(Outcome::Aborted));
    assert!(!found.outage_would_go_on, "another one began");
}

#[test]
fn two_troubles_are_not_one() {
    let mut history = history();
    until(&mut history, 85);
    history.fail_over("node_a", "node_b", None, Outcome::Completed);
    let found = free("dddmmmdddddddddddddddmmmmmmmmddd", 3, &history);
    assert_eq!((second(&found, 0), found.failovers.len()), (65, 1), "the second one is cooled down from");
    let Would::NotBegin { verdict: Verdict::Down, refused: Some(gate), begun: None } = &found.reals[0].would else {
        panic!("{:?}", found.reals)
    };
    assert_eq!(gate.name, "cooldown_left");
}

#[test]
fn where_nothing_was_recorded_nothing_is_said_of_what_really_happened() {
    let mut history = history();
    until(&mut history, 100);
    history.fail_over("node_a", "node_b", None, Outcome::Completed);
    let gap = observed("dddd", BOOT, 60).into_iter().chain(observed("dddd", BOOT, 4000));
    let found = backtest(gap, history.entries, &rule(2), &trial(unbounded()));
    assert_eq!((found.reals.len(), &found.reals[0].would), (1, &Would::Unseen));
}

#[test]
fn what_another_one_moved_is_adopted_and_cooled_down_from_as_in_the_engine() {
    let mut history = history();
    until(&mut history, 62);
    history.fail_over("node_a", "node_b", None, Outcome::Completed);
    let found = free("dddddmmmmmmm", 2, &history);
    assert_eq!((codes(&found), found.failovers.len()), (vec!["cooldown"], 0));
    let none = Would::NotBegin { verdict: Verdict::Healthy, refused: None, begun: None };
    assert_eq!(found.reals[0].would, none);
}

#[test]
fn the_clock_of_the_boot_places_an_entry_and_the_wall_clock_does_not() {
    for wall_off in [-40 * 365 * 24 * 3_600_000, 365 * 24 * 3_600_000] {
        let mut history = history();
        history.wall_off = wall_off;
        until(&mut history, 66);
        pause(&mut history, None);
        let mut trial = trial(unbounded());
        trial.limits.cooldown = SECOND;
        let found = run("dddmmmmmmmmm", 2, history.entries, &trial);
        assert_eq!((found.failovers.len(), codes(&found)), (2, vec!["paused"]), "seconds 64 and 65");
    }
}

#[test]
fn what_another_host_wrote_stands_where_the_journal_has_it_however_wrong_its_clock_is() {
    for wall_off in [-40 * 365 * 24 * 3_600_000, 365 * 24 * 3_600_000] {
        let mut history = history();
        until(&mut history, 40);
        (history.host, history.wall_off) = (1, wall_off);
        pause(&mut history, None);
        (history.host, history.wall_off) = (0, 0);
        until(&mut history, 66);
        history.write(None, Record::Elapsed {});
        let mut trial = trial(unbounded());
        trial.limits.cooldown = SECOND;
        let found = run("dddmmmmmmmmm", 2, history.entries, &trial);
        assert_eq!(found.failovers.len(), if wall_off < 0 { 0 } else { 2 }, "no later than the entry after it");
    }
}

#[test]
fn entries_of_an_earlier_boot_have_passed_whatever_their_wall_clock_said() {
    let mut history = history();
    history.wall_off = 365 * 24 * 3_600_000;
    until(&mut history, 50);
    history.write(None, Record::Elapsed {});
    until(&mut history, 70);
    pause(&mut history, None);
    history.wall_off = 0;
    let both = observed("ddd", BOOT, 60).into_iter().chain(observed("dddmmmm", "another", 100));
    let found = backtest(both, history.entries, &rule(2), &trial(unbounded()));
    assert_eq!((found.failovers.len(), codes(&found)), (0, vec!["paused"]));
}

#[test]
fn an_operation_that_is_not_whole_is_left_out_and_told() {
    let mut history = history();
    history.fail_over("node_a", "node_b", Some("tester"), Outcome::Completed);
    let whole = history.entries.len();
    let is_part = |entry: &Entry| entry.record.saga().is_some();
    let parts = history.entries.iter().filter(|entry| is_part(entry)).count() as u64;
    for lost in 0..whole {
        let mut entries = history.entries.clone();
        let was_part = is_part(&entries.remove(lost));
        let found = run("dddmmmm", 2, entries, &trial(unbounded()));
        let read = found.journal.unwrap();
        let inner = u64::from(lost != 0 && lost + 1 != whole);
        assert_eq!((read.entries, read.missing), (whole as u64 - 1, inner), "{lost}");
        let torn = if was_part { parts - 1 } else { 0 };
        // An end that is missing keeps the operation open: nothing begins beside it.
        let is_end = lost + 1 == whole;
        assert_eq!(read.torn, if is_end { 0 } else { torn }, "{lost}");
        assert_eq!(found.failovers.len(), usize::from(was_part && !is_end), "{lost}");
    }
}

#[test]
fn entries_that_come_twice_count_once_and_those_of_another_journal_not_at_all() {
    let mut history = history();
    pause(&mut history, None);
    let (one, mut foreign) = (history.entries.clone(), history.entries.clone());
    let twice: Vec<_> = one.iter().rev().chain(&one).cloned().collect();
    let same = run("dddmmmm", 2, twice, &trial(unbounded()));
    assert_eq!(same, free("dddmmmm", 2, &history));
    for entry in &mut foreign {
        entry.at = Timestamp(7);
    }
    let found = run("dddmmmm", 2, one.into_iter().chain(foreign).collect(), &trial(unbounded()));
    let read = found.journal.unwrap();
    assert_eq!((read.entries, read.about, read.contradicting), (3, 2, 3));
}

#[test]
fn an_export_of_a_build_that_named_no_boot_is_read_by_the_wall_clock() {
    let mut history = history();
    until(&mut history, 10);
    pause(&mut history, Some(SECOND * 57));
    let line = |entry: &Entry| {
        let mut line = serde_json::to_value(Event::from(entry)).unwrap();
        let fields = line.as_object_mut().unwrap();
        fields.retain(|name, _| name != "boot" && name != "up_ms");
        Event::entry(&line).unwrap()
    };
    let entries: Vec<_> = history.entries.iter().map(line).collect();
    assert_eq!(entries[2].boot.since(&entries[0].boot), Some(SECOND * 10), "within one process");
    let found = run("dddmmmm", 2, entries, &trial(unbounded()));
    assert_eq!(codes(&found), ["paused"], "what passed since is not known, so the pause holds");
}

#[test]
fn what_is_no_event_is_refused() {
    let entry = &history().entries[1];
    let line = serde_json::to_value(Event::from(entry)).unwrap();
    assert_eq!(Event::entry(&line).unwrap().boot.boot, BootId(BOOT.into()));
    for (field, wrong) in [("at", "noon"), ("event", "sung"), ("instance", "x"), ("details", "none"), ("seq", "1")] {
        let mut line = line.clone();
        line[field] = wrong.into();
        assert!(Event::entry(&line).is_err(), "{field}");
    }
}

#[derive(Clone, Debug)]
enum Happening {
    Pass(u64),
    Restart(u64),
    Automatic,
    Ordered,
    Pause(u64),
    Acknowledge,
    Judge(bool),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (0..120_u64).prop_map(Happening::Pass),
        1 => (0..120_u64).prop_map(Happening::Restart),
        2 => Just(Happening::Automatic),
        1 => Just(Happening::Ordered),
        1 => (1..60_u64).prop_map(Happening::Pause),
        1 => Just(Happening::Acknowledge),
        2 => any::<bool>().prop_map(Happening::Judge),
    ]
}

fn happened(all: &[Happening]) -> History {
    let mut history = history();
    let main = validator("main");
    for one in all {
        match one {
            Happening::Pass(seconds) => history.pass(Duration::from_secs(*seconds)),
            Happening::Restart(seconds) => history.reboot(Duration::from_secs(*seconds)),
            Happening::Automatic => history.fail_over("node_a", "node_b", None, Outcome::Completed),
            Happening::Ordered => history.fail_over("node_b", "node_a", Some("tester"), Outcome::Reverted),
            Happening::Pause(seconds) => pause(&mut history, Some(Duration::from_secs(*seconds))),
            Happening::Acknowledge => history.write(Some(&main), Record::Acknowledged { by: "tester".into() }),
            Happening::Judge(is_down) => {
                history.judge("main", if *is_down { Verdict::Down } else { Verdict::Healthy });
            }
        }
    }
    history
}

proptest! {
    #[test]
    fn a_journal_that_says_nothing_of_the_validator_changes_nothing(
        parts in proptest::collection::vec((prop_oneof![Just("d"), Just("m"), Just("x")], 1..30_usize), 1..9),
        beside in proptest::collection::vec(0..40_u64, 0..9),
    ) {
        let story: String = parts.iter().map(|(letter, length)| letter.repeat(*length)).collect();
        let mut history = History::default();
        for seconds in beside {
            history.pass(Duration::from_secs(seconds));
            history.write(None, Record::Elapsed {});
            history.judge("moon", Verdict::Down);
        }
        let trial = trial(ActLimits::default());
        let alone = run(&story, 2, Vec::new(), &trial);
        let found = run(&story, 2, history.entries, &trial);
        prop_assert_eq!(Backtest { journal: None, ..found }, alone);
    }

    /// What the engine would have found at the end of the journal is what the backtest finds at its beginning.
    #[test]
    fn the_gates_say_what_they_really_said_at_the_end_of_the_journal(all in proptest::collection::vec(happening(), 0..30), off in 0..40_u32) {
        let mut history = happened(&all);
        history.pass(SECOND * off);
        let (started, main) = (history.now, validator("main"));
        let mut trial = trial(ActLimits::default());
        (trial.limits.act.failback_hold, trial.limits.cooldown) = (TextDuration(SECOND * 90), SECOND * 40);
        // One judgement, which is `Down`: the misses were asked for in the same moment.
        let boot = history.boot();
        let second = boot.up.0.as_secs();
        let mut observations = observed("m", &boot.boot.0, second);
        observations[0].observation.wall = Timestamp(1_800_000_000_000 + u64::try_from(started.as_millis()).unwrap());
        let found = backtest(observations, history.entries.clone(), &rule(1), &trial);
        prop_assert_eq!((found.judged, found.verdicts[0].verdict), (1, Verdict::Down));
        // The engine journals the verdict before it asks the gates.
        history.judge("main", Verdict::Down);
        let (standing, now) = (history.standing(), history.moment());
        let admitted = trial.limits.admit(&standing, &now).and_then(|()| {
            let to = if standing.signer() == Some(&node("node_a")) { "node_b" } else { "node_a" };
            trial.limits.admit_target(&standing, &node(to), &now)
        });
        let refused: Vec<_> = found.refused.iter().filter_map(|refused| refused.gate.closed.clone()).collect();
        prop_assert_eq!(refused, admitted.err().into_iter().collect::<Vec<_>>(), "{}", main);
    }
}

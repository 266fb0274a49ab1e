//! What keeps the engine from acting by itself, at its edges.
use crate::history::{History, limits, minutes, node, validator};
use std::collections::BTreeSet;
use std::time::Duration;
use watchdog_core::config::{ActLimits, FleetLimits, TextDuration};
use watchdog_core::gates::Limits;
use watchdog_core::gates::fleet::{correlation, domain};
use watchdog_core::id::{Origin, ValidatorName};
use watchdog_core::journal::{Outcome, Record};
use watchdog_core::policy::{Measure, Urgency, Verdict};

const HOUR: Duration = Duration::from_hours(1);
const TICK: Duration = Duration::from_nanos(1);

fn refused(limits: &Limits, history: &History) -> Option<String> {
    limits.admit(&history.standing(), &history.moment()).err().map(|refusal| refusal.code)
}

/// A journal with an entry, so that time counts from its beginning.
fn history() -> History {
    let mut history = History::default();
    history.write(None, Record::Started { version: "0".into() });
    history
}

#[test]
fn two_a_day_and_three_a_week_and_not_one_more() {
    let mut history = history();
    history.fail_over("a", "b", None, Outcome::Completed);
    history.pass(HOUR);
    assert_eq!(refused(&limits(), &history), None);
    history.fail_over("b", "a", None, Outcome::Completed);
    history.pass(HOUR * 23 - TICK);
    assert_eq!(refused(&limits(), &history).as_deref(), Some("budget"));
    history.pass(TICK);
    assert_eq!(refused(&limits(), &history), None, "24 hours after the first");
    history.fail_over("a", "b", None, Outcome::Completed);
    history.pass(HOUR * 24 * 6 - TICK);
    assert_eq!(refused(&limits(), &history).as_deref(), Some("budget"));
    history.pass(TICK);
    assert_eq!(refused(&limits(), &history), None, "7 days after the first");
}

#[test]
fn a_budget_of_nothing_lets_nothing_happen() {
    let act = ActLimits { per_day: 0, ..ActLimits::default() };
    assert_eq!(refused(&Limits { act, ..limits() }, &history()).as_deref(), Some("budget"));
}

#[test]
fn what_people_ordered_and_what_came_to_nothing_is_on_no_budget() {
    let mut history = history();
    for _ in 0..5 {
        history.fail_over("a", "b", Some("tester"), Outcome::Completed);
        history.fail_over("b", "a", None, Outcome::Aborted);
        history.pass(minutes(2));
    }
    assert_eq!(refused(&limits(), &history), None);
    for _ in 0..2 {
        history.fail_over("a", "b", None, Outcome::Reverted);
    }
    history.pass(minutes(2));
    assert_eq!(refused(&limits(), &history).as_deref(), Some("budget"), "what was reverted did something");
}

#[test]
fn a_checkpoint_forgets_nothing_that_a_budget_counts() {
    let mut history = history();
    history.fail_over("a", "b", None, Outcome::Completed);
    history.fail_over("b", "a", None, Outcome::Completed);
    for _ in 0..100 {
        history.fail_over("a", "b", None, Outcome::Aborted);
        history.pass(minutes(2));
    }
    let condensed = history.standing().condensed(64);
    assert_eq!(condensed.finished().len(), 66);
    let refusal = limits().admit(&condensed, &history.moment()).unwrap_err();
    assert_eq!(refusal.code, "budget");
    assert_eq!(history.standing().condensed(1).finished().len(), 2, "the last one, and the last that counts");
    assert_eq!(history.standing().condensed(0).finished().len(), 2);
    assert_eq!(history.standing().condensed(999).finished().len(), 102);
}

#[test]
fn the_cool_down_ends_to_the_moment_and_is_short_after_what_came_to_nothing() {
    let cooling = Limits { cooldown: minutes(30), ..limits() };
    for (outcome, lasts) in [(Outcome::Completed, 30), (Outcome::Reverted, 30), (Outcome::Aborted, 1)] {
        let mut history = history();
        history.fail_over("a", "b", None, outcome);
        history.pass(minutes(lasts) - TICK);
        assert_eq!(refused(&cooling, &history).as_deref(), Some("cooldown"), "{outcome}");
        assert_eq!(cooling.cooldown_left(&history.standing(), &history.moment()), Some(TICK));
        history.pass(TICK);
        assert_eq!(refused(&cooling, &history), None, "{outcome}");
    }
}

#[test]
fn acknowledging_ends_a_cool_down_and_opens_what_a_blocked_end_closed() {
    let cooling = Limits { cooldown: minutes(30), ..limits() };
    for (outcome, code) in
        [(Outcome::Completed, "cooldown"), (Outcome::Blocked, "unacknowledged"), (Outcome::Failed, "unacknowledged")]
    {
        let mut history = history();
        history.fail_over("a", "b", None, outcome);
        assert_eq!(refused(&cooling, &history).as_deref(), Some(code));
        history.write(Some(&validator("main")), Record::Acknowledged { by: "tester".into() });
        assert_eq!(refused(&cooling, &history), None);
    }
}

#[test]
fn a_node_that_was_left_is_not_gone_back_to_for_a_day() {
    let mut history = history();
    history.fail_over("a", "b", None, Outcome::Completed);
    let target = |history: &History, to| limits().admit_target(&history.standing(), &node(to), &history.moment());
    assert!(target(&history, "b").is_ok() && target(&history, "c").is_ok());
    history.pass(HOUR * 24 - TICK);
    assert_eq!(target(&history, "a").unwrap_err().code, "failback_hold");
    history.pass(TICK);
    assert!(target(&history, "a").is_ok());
}

#[test]
fn a_node_that_was_fenced_is_not_gone_back_to_whatever_became_of_it() {
    let target = |history: &History| limits().admit_target(&history.standing(), &node("a"), &history.moment());
    for outcome in [Outcome::Blocked, Outcome::Reverted] {
        let mut history = history();
        history.fence_and_end("a", "b", outcome);
        assert_eq!(target(&history).unwrap_err().code, "failback_hold", "{outcome}");
    }
    for outcome in [Outcome::Blocked, Outcome::Failed, Outcome::Reverted] {
        let mut unfenced = self::history();
        unfenced.fail_over("a", "b", None, outcome);
        assert!(target(&unfenced).is_ok(), "{outcome}");
    }
}

#[test]
fn a_person_who_moved_it_by_hand_holds_the_node_back_as_well() {
    let mut history = history();
    history.fail_over("a", "b", Some("tester"), Outcome::Completed);
    assert!(limits().admit_target(&history.standing(), &node("a"), &history.moment()).is_err());
}

#[test]
fn a_verdict_that_keeps_changing_holds_action_back_until_it_is_calm() {
    let mut history = history();
    for verdict in [Verdict::Healthy, Verdict::Down, Verdict::Healthy, Verdict::Down, Verdict::Healthy] {
        history.judge("main", verdict);
        history.pass(Duration::from_secs(5));
    }
    assert_eq!(refused(&limits(), &history), None);
    history.judge("main", Verdict::Down);
    assert_eq!(refused(&limits(), &history).as_deref(), Some("flapping"));
    history.pass(Duration::from_secs(70));
    assert_eq!(refused(&limits(), &history).as_deref(), Some("flapping"));
    history.pass(Duration::from_secs(30));
    assert_eq!(refused(&limits(), &history), None);
}

#[test]
fn the_same_verdict_journaled_again_is_no_change() {
    let mut history = history();
    for _ in 0..50 {
        history.judge("main", Verdict::Down);
    }
    assert_eq!((history.standing().changes().count(), refused(&limits(), &history)), (1, None));
}

#[test]
fn of_many_changes_the_newest_are_remembered() {
    let mut history = history();
    for _ in 0..50 {
        history.judge("main", Verdict::Down);
        history.judge("main", Verdict::Healthy);
        history.pass(minutes(1));
    }
    let changes: Vec<_> = history.standing().changes().collect();
    assert_eq!((changes.len(), changes.first(), changes.last()), (64, Some(&minutes(18)), Some(&minutes(49))));
}

#[test]
fn haste_only_ever_shortens_the_confirmation() {
    let text = |minutes| TextDuration(Duration::from_mins(minutes));
    let act = |confirm_for, confirm_urgent| ActLimits { confirm_for, confirm_urgent, ..ActLimits::default() };
    assert_eq!(act(text(10), text(2)).confirmation(Urgency::Normal), minutes(10));
    assert_eq!(act(text(10), text(2)).confirmation(Urgency::Pressing), minutes(2));
    assert_eq!(act(text(1), text(2)).confirmation(Urgency::Pressing), minutes(1));
}

#[test]
fn every_gate_shows_its_numbers() {
    let mut history = history();
    history.fail_over("a", "b", None, Outcome::Completed);
    let gates = limits().gates(&history.standing(), &history.moment());
    let names: Vec<_> = gates.iter().map(|gate| gate.name).collect();
    let all =
        ["paused", "end_of_last_operation_seen", "cooldown_left", "flap_score", "budget_per_day", "budget_per_week"];
    assert_eq!(names, all);
    assert_eq!((gates[4].measured, gates[4].limit), (Measure::Count(1), Measure::Count(2)));
    assert_eq!((gates[5].measured, gates[5].limit), (Measure::Count(1), Measure::Count(3)));
    assert_eq!(gates[3].limit, Measure::Ratio(0.3));
}

fn fleet(count: u8) -> BTreeSet<ValidatorName> {
    (0..count).map(|index| validator(&format!("v{index}"))).collect()
}

fn correlated(history: &History, watched: u8, suspect: Option<&str>) -> usize {
    let suspect = suspect.map(validator);
    let found = FleetLimits::default().correlated(&history.fleet, &fleet(watched), suspect.as_ref(), &history.moment());
    found.map_or(0, |down| down.len())
}

fn down(history: &mut History, names: &[&str]) {
    for name in names {
        history.judge(name, Verdict::Down);
    }
}

#[test]
fn three_of_fourteen_are_too_many_and_three_of_fifteen_are_not() {
    let mut history = history();
    down(&mut history, &["v0", "v1", "v2"]);
    assert_eq!((correlated(&history, 14, None), correlated(&history, 15, None)), (3, 0), "21 % and exactly 20 %");
}

#[test]
fn fewer_than_three_are_never_too_many() {
    let mut history = history();
    down(&mut history, &["v0", "v1"]);
    assert_eq!((correlated(&history, 2, None), correlated(&history, 3, None)), (0, 0));
    assert_eq!(correlated(&history, 3, Some("v2")), 3, "the one that is being judged counts");
    assert_eq!(correlated(&history, 3, Some("v1")), 0, "but not twice");
}

#[test]
fn together_is_within_five_minutes() {
    let mut history = history();
    down(&mut history, &["v0", "v1"]);
    history.pass(minutes(5));
    down(&mut history, &["v2"]);
    assert_eq!(correlated(&history, 3, None), 3);
    history.pass(TICK);
    assert_eq!(correlated(&history, 3, None), 0);
    assert_eq!(correlated(&history, 3, Some("v0")), 0, "down for longer is not turning down");
}

#[test]
fn one_that_came_back_within_the_time_still_counts_and_turns_down_anew() {
    let mut history = history();
    down(&mut history, &["v0", "v1", "v2"]);
    history.judge("v0", Verdict::Healthy);
    assert_eq!(correlated(&history, 3, None), 3);
    assert!(!history.fleet.is_down(&validator("v0")) && history.fleet.is_down(&validator("v1")));
    history.pass(minutes(6));
    down(&mut history, &["v0", "v1"]);
    assert_eq!(correlated(&history, 3, None), 0, "v1 was down all the time");
    history.pass(TICK);
    assert_eq!(correlated(&history, 1, None), 0);
    assert_eq!(history.fleet.turned_down(&validator("v0")).map(|at| history.moment().since(at)), Some(TICK));
}

#[test]
fn validators_that_are_not_watched_any_more_do_not_count() {
    let mut history = history();
    down(&mut history, &["v0", "v1", "gone"]);
    assert_eq!(correlated(&history, 3, None), 0);
}

#[test]
fn limits_of_the_fleet_can_be_set_and_never_fall_below_one() {
    let mut history = history();
    let all =
        |limits: FleetLimits, history: &History| limits.correlated(&history.fleet, &fleet(4), None, &history.moment());
    let none = FleetLimits { correlation_part: 0.0, correlation_min: 0, ..FleetLimits::default() };
    assert_eq!(all(none.clone(), &history), None);
    down(&mut history, &["v0"]);
    assert!(all(none, &history).is_some());
    let half = FleetLimits { correlation_part: 0.5, correlation_min: 1, ..FleetLimits::default() };
    down(&mut history, &["v1"]);
    assert_eq!(all(half.clone(), &history), None);
    down(&mut history, &["v2"]);
    assert_eq!(all(half, &history).map(|down| down.len()), Some(3));
}

#[test]
fn a_hold_lasts_until_a_person_releases_it_who_has_then_seen_who_was_down() {
    let mut history = history();
    down(&mut history, &["v0", "v1", "v2"]);
    let three = fleet(3).into_iter().collect::<Vec<_>>();
    history.write(None, Record::Correlated { down: three.clone(), watched: 3 });
    history.write(None, Record::Correlated { down: Vec::new(), watched: 9 });
    history.pass(HOUR * 999);
    let hold = history.fleet.hold().unwrap();
    assert_eq!((&hold.down, hold.watched), (&three, 3), "the first one is kept");
    let refusal = correlation(Some(hold)).closed.unwrap();
    assert_eq!(refusal.code, "correlation_hold");
    assert!(refusal.message.starts_with("3 of 3 validators turned down together (v0, v1, v2)"), "{refusal}");
    history.write(None, Record::Released { by: "tester".into() });
    assert!(history.fleet.hold().is_none() && correlation(None).closed.is_none());
    assert_eq!(correlated(&history, 3, Some("v0")), 0);
    down(&mut history, &["v0", "v1", "v2"]);
    assert_eq!(correlated(&history, 3, None), 3, "what turns down after that counts anew");
}

#[test]
fn one_operation_at_a_time_in_a_failure_domain() {
    assert!(domain(None, &[]).closed.is_none());
    let busy = [validator("v1")];
    let refusal = domain(Some(&Origin::new("rack-1").unwrap()), &busy).closed.unwrap();
    assert_eq!(refusal.code, "domain_busy");
    assert!(refusal.message.contains("`v1`") && refusal.message.contains("domain `rack-1`"), "{refusal}");
    assert!(domain(None, &busy).closed.unwrap().message.contains("the common failure domain"));
}

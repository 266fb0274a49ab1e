//! A backtest begins no more failovers than the engine would, and says of each `Down` why it began none.
use crate::backtest::{SECOND, START, observed, recorded, rule, rule_each, second, trial, unbounded};
use proptest::prelude::*;
use std::time::Duration;
use watchdog_core::backtest::refused::Refused;
use watchdog_core::backtest::{Backtest, Replayed, Trial, backtest};
use watchdog_core::clock::{Timestamp, Uptime};
use watchdog_core::config::{ActLimits, TextDuration};
use watchdog_core::policy::{Context, Measure, ThresholdPolicy, Verdict};
use watchdog_core::recording::Facts;
use watchdog_core::window::{Views, Window};

const HOUR: Duration = Duration::from_hours(1);

pub(crate) fn code(refused: &Refused) -> &str {
    refused.gate.closed.as_ref().map_or("open", |closed| closed.code.as_str())
}

pub(crate) fn codes(found: &Backtest) -> Vec<&str> {
    found.refused.iter().map(code).collect()
}

/// A duty every 10 minutes; each number is for how many of them, by turns done and missed.
fn story(lengths: &[usize]) -> String {
    lengths.iter().zip("dm".chars().cycle()).map(|(length, letter)| letter.to_string().repeat(*length)).collect()
}

/// A trial that judges every 10 minutes, with half an hour of cool-down.
fn slow(act: ActLimits) -> Trial {
    let mut trial = trial(act);
    (trial.limits.period, trial.limits.cooldown) = (SECOND * 600, HOUR / 2);
    trial
}

fn days(story: &str, act: ActLimits) -> Backtest {
    let observations = recorded(story, "a", 0, 600).into_iter().map(Replayed::from);
    backtest(observations, Vec::new(), &rule_each(2, 600), &slow(act))
}

#[test]
fn a_day_of_five_outages_has_as_many_failovers_as_the_budget_allows() {
    let five = story(&[30, 3, 22, 3, 22, 3, 22, 3, 22, 3, 22]);
    let hold = TextDuration(Duration::ZERO);
    let found = days(&five, ActLimits { failback_hold: hold, ..ActLimits::default() });
    assert_eq!((found.failovers.len(), codes(&found)), (2, vec!["budget"; 3]));
    let Refused { from, to, judgements, gate, .. } = &found.refused[0];
    assert_eq!((gate.name, gate.measured, gate.limit), ("budget_per_day", Measure::Count(2), Measure::Count(2)));
    assert_eq!((to.since(*from), *judgements), (Some(SECOND * 600), 2));
    let message = &gate.closed.as_ref().unwrap().message;
    assert_eq!(message, "2 automatic failovers in the last 24h, limit `act.per_day` is 2");
    assert_eq!(days(&five, unbounded()).failovers.len(), 5);
}

#[test]
fn validation_does_not_go_back_within_the_hold() {
    let found = days(&story(&[30, 3, 22, 3, 130, 3, 10]), ActLimits::default());
    assert_eq!((found.failovers.len(), codes(&found)), (2, vec!["failback_hold"]), "to node_b, and back a day later");
    let gate = &found.refused[0].gate;
    assert_eq!(
        (gate.measured, gate.limit),
        (Measure::Time(HOUR * 24 - SECOND * 15_000), Measure::Time(Duration::ZERO))
    );
    assert!(gate.closed.as_ref().unwrap().message.starts_with("validation was moved away from `node_a` 4h 10m ago"));
    let mut three = slow(ActLimits::default());
    three.nodes.push(watchdog_core::id::NodeName::new("node_c").unwrap());
    let observations = recorded(&story(&[30, 3, 22, 3, 22]), "a", 0, 600).into_iter().map(Replayed::from);
    assert_eq!(
        codes(&backtest(observations, Vec::new(), &rule_each(2, 600), &three)),
        ["failback_hold"],
        "the first that is named"
    );
}

#[test]
fn a_verdict_that_keeps_changing_begins_nothing() {
    let found = backtest(observed("dddmddmddmddmm", "a", 0), Vec::new(), &rule(2), &trial(unbounded()));
    assert!(codes(&found).contains(&"flapping"), "{:?}", found.refused);
    assert!(found.failovers.is_empty());
    let flapping = found.refused.iter().find(|refused| code(refused) == "flapping").unwrap();
    assert_eq!(flapping.gate.limit, Measure::Ratio(0.25));
}

#[test]
fn a_down_that_did_not_hold_says_so_once_and_one_that_did_not_at_all() {
    let act = |confirm| ActLimits { confirm_for: TextDuration(SECOND * confirm), ..unbounded() };
    let short = backtest(observed("dddmmmmdddd", "a", 0), Vec::new(), &rule(2), &trial(act(5)));
    assert_eq!((codes(&short), short.failovers.len()), (vec!["unconfirmed"], 0));
    let Refused { judgements, gate, .. } = &short.refused[0];
    assert_eq!((*judgements, gate.measured, gate.limit), (3, Measure::Time(SECOND * 2), Measure::Time(SECOND * 5)));
    let long = backtest(observed("dddmmmmdddd", "a", 0), Vec::new(), &rule(2), &trial(act(2)));
    assert_eq!((codes(&long), second(&long, 0)), (vec![], 6));
}

#[test]
fn a_cool_down_refuses_the_next_outage_and_is_no_news_in_the_one_that_was_acted_upon() {
    let found =
        backtest(observed("dddmmmmddddddddddddddddddddddddmmm", "a", 0), Vec::new(), &rule(2), &trial(unbounded()));
    assert_eq!((codes(&found), found.failovers.len()), (vec!["cooldown"], 1));
    let refused = &found.refused[0];
    assert_eq!((refused.from, refused.judgements), (Timestamp(START + 32_000), 2));
    assert_eq!(refused.gate.measured, Measure::Time(SECOND * 572));
}

#[test]
fn what_keeps_a_second_failover_of_one_long_outage_from_starting_is_told() {
    let found = days(&story(&[12, 40]), ActLimits::default());
    assert_eq!((found.failovers.len(), codes(&found)), (1, vec!["failback_hold"]));
    assert_eq!(found.refused[0].from.since(found.failovers[0].at), Some(HOUR / 2), "not while it cools down");
}

#[test]
fn a_cool_down_and_a_budget_outlast_a_boot_and_count_no_time_that_nobody_saw() {
    let outage = story(&[30, 3, 3]);
    let again = |second| recorded(&outage, "b", second, 600).into_iter().map(Replayed::from);
    let both = |second| recorded(&outage, "a", 0, 600).into_iter().map(Replayed::from).chain(again(second));
    let hold = TextDuration(Duration::ZERO);
    let act = ActLimits { failback_hold: hold, per_day: 1, ..ActLimits::default() };
    for off in [22_000, 30 * 24 * 3600] {
        let found = backtest(both(off), Vec::new(), &rule_each(2, 600), &slow(act.clone()));
        assert_eq!((found.failovers.len(), codes(&found)), (1, vec!["budget"]), "{off}");
    }
    let same_boot = recorded(&outage, "a", 30 * 24 * 3600, 600).into_iter().map(Replayed::from);
    let observations = recorded(&outage, "a", 0, 600).into_iter().map(Replayed::from).chain(same_boot);
    let found = backtest(observations, Vec::new(), &rule_each(2, 600), &slow(act));
    assert_eq!(found.failovers.len(), 2, "the watchdog slept, and the boot clock went on");
}

#[test]
fn time_that_nothing_was_written_in_counts_up_to_the_end_of_its_boot() {
    let day = |length| story(&[30, 3, length]);
    let act = ActLimits { failback_hold: TextDuration(Duration::ZERO), per_day: 1, ..ActLimits::default() };
    for (length, failovers) in [(112, 2), (110, 1)] {
        let observations = recorded(&day(length), "a", 0, 600).into_iter().chain(recorded(&day(9), "b", 200_000, 600));
        let found = backtest(observations.map(Replayed::from), Vec::new(), &rule_each(2, 600), &slow(act.clone()));
        assert_eq!(found.failovers.len(), failovers, "24 hours, and 10 minutes less: {length}");
    }
}

/// When failovers began as it was before there were budgets: nothing but confirmation and cool-down, with
/// how many of them moved a validator that was signing.
fn before_budgets(story: &str, policy: &impl ThresholdPolicy<Facts>, trial: &Trial) -> (Vec<u64>, u64) {
    let all = observed(story, "a", 0);
    let life: Vec<_> = (0_u64..).zip(story.chars()).filter(|(_, letter)| *letter == 'd').map(|(at, _)| at).collect();
    let mut window = Window::new(all[0].origin.clone(), policy.span());
    let (mut before, mut suspect, mut acted, mut starts, mut alive) = (Verdict::Unknown, None, None, Vec::new(), 0);
    for (now, replayed) in (0_u64..).zip(all) {
        window.push(replayed.observation);
        let context = Context::at(Uptime(Duration::from_secs(now)), before);
        let decision = policy.judge(&Views::of([&window]), &context);
        before = decision.verdict;
        if before != Verdict::Down {
            suspect = None;
            continue;
        }
        let since: u64 = *suspect.get_or_insert(now);
        let is_confirmed = now - since >= trial.limits.act.confirmation(decision.urgency).as_secs();
        let is_cool = acted.is_none_or(|acted: u64| now - acted >= trial.limits.cooldown.as_secs());
        if is_confirmed && is_cool {
            (acted, suspect) = (Some(now), None);
            starts.push(now);
            alive += u64::from(life.iter().any(|at| (now..now + trial.failover.as_secs()).contains(at)));
        }
    }
    (starts, alive)
}

fn stretches() -> impl Strategy<Value = Vec<(char, usize)>> {
    proptest::collection::vec((prop_oneof![Just('d'), Just('m'), Just('.'), Just('x')], 21..70_usize), 1..12)
}

/// A boot: how long the machine was off before it, in units of 10 minutes, and what was seen in it.
fn boots() -> impl Strategy<Value = Vec<(u64, Vec<usize>)>> {
    let boot = (1..400_u64, proptest::collection::vec(1..60_usize, 2..16));
    proptest::collection::vec(boot, 1..5)
}

fn acts() -> impl Strategy<Value = ActLimits> {
    (0..4_u32, 0..6_u32, 0..36_u64, 0..4_u64).prop_map(|(per_day, per_week, hold, confirm)| ActLimits {
        per_day,
        per_week,
        failback_hold: TextDuration(HOUR * u32::try_from(hold).unwrap()),
        confirm_for: TextDuration(SECOND * 600 * u32::try_from(confirm).unwrap()),
        ..ActLimits::default()
    })
}

proptest! {
    #[test]
    fn without_budgets_it_begins_what_it_began_before_there_were_any(
        parts in stretches(), missed in 1..9_u64, confirm in 0..20_u32, cooldown in 0..90_u32, takes in 0..30_u32,
    ) {
        let story: String = parts.iter().map(|(letter, length)| letter.to_string().repeat(*length)).collect();
        let mut trial = trial(ActLimits { confirm_for: TextDuration(SECOND * confirm), ..unbounded() });
        (trial.limits.cooldown, trial.failover) = (SECOND * cooldown, SECOND * takes);
        let found = backtest(observed(&story, "a", 0), Vec::new(), &rule(missed), &trial);
        let began: Vec<_> = (0..found.failovers.len()).map(|index| second(&found, index)).collect();
        prop_assert_eq!((began, found.false_positives), before_budgets(&story, &rule(missed), &trial));
        prop_assert!(codes(&found).iter().all(|code| ["cooldown", "unconfirmed"].contains(code)), "{:?}", found.refused);
    }

    #[test]
    fn no_day_and_no_week_lived_through_has_more_failovers_than_its_budget(boots in boots(), act in acts()) {
        let (mut observations, mut spans, mut at, mut lived) = (Vec::new(), Vec::new(), 0, 0);
        for (number, (off, lengths)) in boots.iter().enumerate() {
            let told = story(lengths);
            at += off * 600;
            observations.extend(recorded(&told, &number.to_string(), at, 600));
            let length = (told.len() as u64 - 1) * 600;
            spans.push((at, lived));
            (at, lived) = (at + length, lived + length);
        }
        // By the clock that only goes while a boot is seen.
        let lived = |at: Timestamp| {
            let second = (at.0 - START) / 1000;
            let (began, lived) = spans.iter().rev().find(|(began, _)| *began <= second).unwrap();
            Duration::from_secs(lived + second - began)
        };
        let trial = slow(act.clone());
        let found = backtest(observations.into_iter().map(Replayed::from), Vec::new(), &rule_each(2, 600), &trial);
        let starts: Vec<_> = found.failovers.iter().map(|failover| lived(failover.at)).collect();
        for (index, start) in starts.iter().enumerate() {
            let within = |time: Duration| starts[..=index].iter().filter(|one| *start - **one < time).count();
            prop_assert!(within(HOUR * 24) <= act.per_day as usize, "{starts:?}");
            prop_assert!(within(HOUR * 24 * 7) <= act.per_week as usize, "{starts:?}");
            let since = index.checked_sub(1).map(|before| *start - starts[before]);
            prop_assert!(since.is_none_or(|since| since >= trial.limits.cooldown));
            prop_assert!(since.is_none_or(|since| since >= act.failback_hold.0), "two nodes: each one goes back");
        }
        for (place, change) in found.verdicts.iter().enumerate().filter(|(_, change)| change.verdict == Verdict::Down) {
            let end = found.verdicts.get(place + 1).map_or(Timestamp(u64::MAX), |next| next.at);
            let led = found.failovers.iter().any(|failover| (change.at..end).contains(&failover.at));
            let refused = found.refused.iter().any(|refused| (change.at..end).contains(&refused.from));
            prop_assert!(led || refused, "down at {} led to nothing, and nothing says why", change.at);
        }
    }
}

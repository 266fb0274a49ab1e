//! Recorded observations, judged again.
use std::collections::BTreeSet;
use std::time::Duration;
use watchdog_core::backtest::{Backtest, Replayed, Trial, backtest};
use watchdog_core::clock::{BootId, Timestamp, Uptime};
use watchdog_core::config::{ActLimits, TextDuration};
use watchdog_core::gates::Limits;
use watchdog_core::id::{NodeName, Origin, ValidatorName};
use watchdog_core::policy::Verdict::{Degraded, Down, Healthy, Unknown};
use watchdog_core::policy::in_window::{InWindow, Within};
use watchdog_core::probe::{Duties, Performance};
use watchdog_core::recording::{Facts, Recorded, Seen};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const START: u64 = 1_800_000_000_000;

/// One letter a second: `m`issed, `d`one, `.` nothing due, `x` not seen.
pub(crate) fn observed(story: &str, boot: &str, from: u64) -> Vec<Replayed<Facts>> {
    recorded(story, boot, from, 1).into_iter().map(Replayed::from).collect()
}

/// The same with a letter every so many seconds, as it is kept.
pub(crate) fn recorded(story: &str, boot: &str, from: u64, every: u64) -> Vec<Recorded> {
    let one = |(place, letter): (u64, char)| {
        let second = from + place * every;
        let (made, missed) = (u64::from(letter == 'd'), u64::from(letter == 'm'));
        let performance = if letter == 'm' { Performance::Failing } else { Performance::Performing };
        let facts = Facts {
            performance,
            position: second,
            epoch: None,
            duties: Duties { made, missed },
            others: None,
            credit: None,
            grace_ms: None,
            local_report: None,
        };
        let seen = (letter != 'x').then_some(Seen { facts, evidence: serde_json::Value::Null });
        Recorded {
            validator: ValidatorName::new("main").unwrap(),
            source: "source".into(),
            origin: Origin::new("a").unwrap(),
            at: Timestamp(START + second * 1000),
            up_ms: second * 1000,
            boot: BootId(boot.into()),
            seen,
        }
    };
    (0..).zip(story.chars()).map(one).collect()
}

pub(crate) fn rule(missed: u64) -> InWindow {
    rule_each(missed, 1)
}

/// The same where a duty is due every so many seconds.
pub(crate) fn rule_each(missed: u64, every: u32) -> InWindow {
    let (span, fresh) = (SECOND * 60 * every, SECOND * 2 * every);
    InWindow { missed, of: missed, in_a_row: missed, min_due: 0, within: Within::Time(span), fresh, span }
}

/// As many failovers as the policy wants, from any node to any other.
pub(crate) fn unbounded() -> ActLimits {
    let hold = TextDuration(Duration::ZERO);
    ActLimits { per_day: u32::MAX, per_week: u32::MAX, failback_hold: hold, ..ActLimits::default() }
}

pub(crate) fn trial(act: ActLimits) -> Trial {
    let nodes = ["node_a", "node_b"].map(|name| NodeName::new(name).unwrap()).to_vec();
    let limits = Limits { act, cooldown: SECOND * 600, period: SECOND };
    let (validator, beside) = (ValidatorName::new("main").unwrap(), BTreeSet::new());
    Trial { validator, nodes, limits, beside, failover: SECOND * 5 }
}

fn run(story: &str, missed: u64) -> Backtest {
    backtest(observed(story, "a", 0), Vec::new(), &rule(missed), &trial(unbounded()))
}

pub(crate) fn second(backtest: &Backtest, index: usize) -> u64 {
    (backtest.failovers[index].at.0 - START) / 1000
}

#[test]
fn a_stricter_policy_would_have_acted_sooner() {
    let story = "ddddmmmmmmmmmmmmmmmmmmmm";
    let (strict, lax) = (run(story, 2), run(story, 8));
    assert_eq!((second(&strict, 0), second(&lax, 0)), (5, 11));
    assert_eq!((strict.outage, strict.outage_with_failover), (SECOND * 19, SECOND * 6), "from second 4 to 10");
    assert_eq!((lax.outage, lax.outage_with_failover), (SECOND * 19, SECOND * 12));
    assert_eq!((strict.false_positives, strict.judged), (0, 24));
}

#[test]
fn verdicts_are_told_when_they_change() {
    let found = run("ddmmd", 2);
    let verdicts: Vec<_> = found.verdicts.iter().map(|change| ((change.at.0 - START) / 1000, change.verdict)).collect();
    assert_eq!(verdicts, [(0, Healthy), (2, Degraded), (3, Down), (4, Degraded)]);
}

#[test]
fn a_validator_that_signs_before_the_new_node_could_was_alive() {
    let alive = run("dddmmdddddddd", 2);
    assert_eq!((alive.failovers.len(), alive.false_positives), (1, 1));
    assert!(alive.failovers[0].is_false_positive);
    assert_eq!((alive.outage, alive.outage_with_failover), (SECOND * 2, SECOND * 2), "no longer than it was");
    let gone = run("dddmmmmmmddd", 2);
    assert_eq!(gone.false_positives, 0, "a duty done 5 s after the decision is the new node's");
    let just = run("dddmmmmmddd", 2);
    assert_eq!(just.false_positives, 1, "4 s after it");
}

#[test]
fn down_must_be_confirmed_and_cools_down() {
    let mut trial = trial(ActLimits { confirm_for: TextDuration(SECOND * 3), ..unbounded() });
    trial.limits.cooldown = SECOND * 10;
    let story = format!("ddd{}", "m".repeat(30));
    let found = backtest(observed(&story, "a", 0), Vec::new(), &rule(2), &trial);
    assert_eq!(found.failovers.len(), 3);
    assert_eq!((second(&found, 0), second(&found, 1), second(&found, 2)), (7, 17, 27));
}

#[test]
fn a_blind_source_makes_nothing_down() {
    let found = run("dddxxxxxxxxxxxxxxxx", 2);
    assert_eq!((found.failovers.len(), found.verdicts.last().unwrap().verdict), (0, Unknown));
    assert_eq!(found.outage, Duration::ZERO);
}

#[test]
fn a_new_boot_and_a_long_gap_forget_what_was_seen() {
    let two_boots = observed("dddm", "a", 0).into_iter().chain(observed("mddd", "b", 1));
    assert!(backtest(two_boots, Vec::new(), &rule(2), &trial(unbounded())).failovers.is_empty());
    let gap = observed("dddm", "a", 0).into_iter().chain(observed("mddd", "a", 4000));
    let found = backtest(gap, Vec::new(), &rule(2), &trial(unbounded()));
    assert!(found.failovers.is_empty());
    assert!(found.judged < 70, "nothing is judged where nothing was recorded: {}", found.judged);
    let verdicts: Vec<_> = found.verdicts.iter().map(|change| change.verdict).collect();
    assert_eq!(verdicts, [Healthy, Degraded, Degraded, Healthy], "begun anew");
}

#[test]
fn an_outage_that_the_recording_does_not_end_is_open() {
    let found = run("dm.mdd..mm", 9);
    let ends: Vec<_> = found.outages.iter().map(|outage| (outage.to.is_some(), outage.lasted)).collect();
    assert_eq!(ends, [(true, SECOND * 3), (false, SECOND)]);
    assert_eq!(found.outage, SECOND * 4);
}

#[test]
fn the_order_within_a_boot_does_not_matter_and_nothing_is_no_error() {
    let mut mixed = observed("ddddmmmmmmmmm", "a", 0);
    mixed.reverse();
    assert_eq!(backtest(mixed, Vec::new(), &rule(2), &trial(unbounded())), run("ddddmmmmmmmmm", 2));
    assert_eq!(backtest(Vec::<Replayed<Facts>>::new(), Vec::new(), &rule(2), &trial(unbounded())), Backtest::default());
}

#[test]
fn evidence_that_a_chain_cannot_read_saw_nothing() {
    let recorded = Recorded {
        validator: ValidatorName::new("main").unwrap(),
        source: "source".into(),
        origin: Origin::new("a").unwrap(),
        at: Timestamp(START),
        up_ms: 7,
        boot: BootId("a".into()),
        seen: None,
    };
    let replayed = Replayed::<Facts>::read(recorded, |_| panic!("there is nothing to read"));
    assert!(replayed.observation.outcome.is_err());
    assert_eq!(replayed.observation.at, Uptime(Duration::from_millis(7)));
}

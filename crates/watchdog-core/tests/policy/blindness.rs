//! What is not seen never makes anything down, and explaining never changes anything.
use crate::reading::{Reading, story, window};
use proptest::prelude::*;
use std::num::NonZeroUsize;
use std::time::Duration;
use watchdog_core::clock::Uptime;
use watchdog_core::id::Origin;
use watchdog_core::policy::accrual::Accrual;
use watchdog_core::policy::burn::Burn;
use watchdog_core::policy::consecutive::ConsecutiveFailures;
use watchdog_core::policy::exhaustion::Exhaustion;
use watchdog_core::policy::hysteresis::Hysteresis;
use watchdog_core::policy::in_window::{InWindow, Within};
use watchdog_core::policy::kleene::{Not, all, any, k_of};
use watchdog_core::policy::network::{NetworkGuard, OwnShare};
use watchdog_core::policy::penalty::PenaltyHorizon;
use watchdog_core::policy::process::SignerProcess;
use watchdog_core::policy::quorum::Quorum;
use watchdog_core::policy::ratio::Ratio;
use watchdog_core::policy::staleness::Staleness;
use watchdog_core::policy::sustained::Sustained;
use watchdog_core::policy::unless::Unless;
use watchdog_core::policy::{Context, Decision, ThresholdPolicy, Verdict};
use watchdog_core::window::Views;

type Policy = Box<dyn ThresholdPolicy<Reading>>;

const FRESH: Duration = Duration::from_secs(3);
const SPAN: Duration = Duration::from_mins(1);
const MISSES: InWindow =
    InWindow { missed: 2, of: 4, in_a_row: 1, min_due: 2, within: Within::Time(SPAN), fresh: FRESH, span: SPAN };
const RATIO: Ratio = Ratio { ratio: 0.5, min_due: 3, z: 1.0, within: Within::Epochs(3), fresh: FRESH, span: SPAN };

fn two() -> NonZeroUsize {
    NonZeroUsize::new(2).unwrap()
}

/// One of every kind that reads a single source.
fn leaves() -> Vec<(&'static str, Policy)> {
    let second = Duration::from_secs(1);
    let host = Origin::new("a").unwrap();
    let accrual = Accrual {
        threshold: 2.0,
        samples: 20,
        min_samples: 3,
        min_stddev: second,
        acceptable_pause: second,
        fresh: FRESH,
        span: SPAN,
    };
    vec![
        ("in_window", Box::new(MISSES)),
        ("ratio", Box::new(RATIO)),
        ("consecutive", Box::new(ConsecutiveFailures { tolerated: 1, interval: second })),
        ("staleness", Box::new(Staleness { limit: second * 3, advance: 2, fresh: FRESH })),
        ("accrual", Box::new(accrual)),
        ("burn", Box::new(Burn { objective: 0.9, rate: 2.0, long: SPAN, min_due: 2, fresh: FRESH })),
        ("exhaustion", Box::new(Exhaustion { horizon: second * 30, over: SPAN, fresh: FRESH })),
        ("process", Box::new(SignerProcess { host, fresh: FRESH, in_a_row: 2 })),
    ]
}

/// One of every kind that reads several, over one that reads one.
fn combinators() -> Vec<(&'static str, Policy)> {
    let quorum = || Quorum { need: two(), skew: 60, policy: MISSES };
    let guard = NetworkGuard {
        others_missed: 0.3,
        own: OwnShare { factor: 1.0, offset: 0.1 },
        span: SPAN,
        fresh: FRESH,
        policy: quorum(),
    };
    let penalty = PenaltyHorizon { failover: SPAN, safety: 2.0, need: two(), fresh: FRESH, policy: quorum() };
    let boxed = || -> Vec<Policy> { vec![Box::new(quorum()), Box::new(Not(quorum())), Box::new(quorum())] };
    vec![
        ("quorum", Box::new(quorum())),
        ("network", Box::new(guard)),
        ("penalty", Box::new(penalty)),
        ("sustained", Box::new(Sustained { lasting: FRESH, policy: quorum() })),
        ("unless", Box::new(Unless { policy: quorum(), unless: Quorum { need: two(), skew: 60, policy: RATIO } })),
        ("hysteresis", Box::new(Hysteresis { policy: quorum(), recovered: quorum() })),
        ("all", Box::new(all(boxed()))),
        ("any", Box::new(any(boxed()))),
        ("k_of", Box::new(k_of(two(), boxed()))),
        ("not", Box::new(Not(quorum()))),
    ]
}

fn context(seconds: u64) -> Context {
    Context::at(Uptime(Duration::from_secs(seconds)), Verdict::Down)
}

fn judge(policy: &Policy, stories: &[Vec<Option<Reading>>], context: &Context) -> Decision {
    let windows: Vec<_> = ["a", "b", "c"].iter().zip(stories).map(|(name, story)| window(name, story)).collect();
    policy.judge(&Views::of(&windows), context)
}

proptest! {
    #[test]
    fn explaining_changes_nothing_and_tells_the_verdict(stories in [story(), story(), story()], now in 0..40_u64) {
        let single = leaves().into_iter().map(|(name, policy)| (name, policy, 1));
        for (name, policy, sources) in single.chain(combinators().into_iter().map(|(name, policy)| (name, policy, 3))) {
            let plain = judge(&policy, &stories[..sources], &context(now));
            let explained = judge(&policy, &stories[..sources], &Context { explain: true, ..context(now) });
            prop_assert_eq!(&plain.explanation, &None);
            let explanation = explained.explanation.clone();
            prop_assert!(explanation.is_some(), "{} is silent", name);
            let explanation = explanation.unwrap();
            prop_assert_eq!((explanation.verdict, &explanation.rule), (plain.verdict, &plain.reason.rule));
            prop_assert_eq!(Decision { explanation: None, ..explained }, plain);
        }
    }

    #[test]
    fn every_reason_can_be_journaled_and_read_again(stories in [story(), story(), story()], now in 0..40_u64) {
        for (name, policy) in leaves() {
            let decision = judge(&policy, &stories[..1], &Context { explain: true, ..context(now) });
            let json = serde_json::to_string(&decision).unwrap();
            let again: Decision = serde_json::from_str(&json).unwrap();
            prop_assert_eq!((again.verdict, again.reason.rule), (decision.verdict, decision.reason.rule), "{}", name);
        }
    }

    #[test]
    fn a_source_that_sees_nothing_now_is_never_down(mut seen in story(), blind in 1..5_usize, now in 0..60_u64) {
        seen.extend(vec![None; blind]);
        for (name, policy) in leaves() {
            let verdict = judge(&policy, &[seen.clone()], &context(now.max(seen.len() as u64))).verdict;
            prop_assert_eq!(verdict, Verdict::Unknown, "{}", name);
        }
    }

    #[test]
    fn old_readings_are_never_down(seen in story(), late in 4..99_u64) {
        for (name, policy) in leaves() {
            let verdict = judge(&policy, std::slice::from_ref(&seen), &context(seen.len() as u64 + late)).verdict;
            prop_assert_eq!(verdict, Verdict::Unknown, "{}", name);
        }
    }

    #[test]
    fn an_origin_alone_never_makes_anything_down(seen in story(), now in 0..40_u64) {
        let stories = [seen, Vec::new(), Vec::new()];
        for (name, policy) in combinators().into_iter().filter(|(name, _)| *name != "not" && *name != "any") {
            prop_assert!(judge(&policy, &stories, &context(now)).verdict != Verdict::Down, "{}", name);
        }
    }

    #[test]
    fn a_guard_only_ever_weakens(stories in [story(), story(), story()], now in 0..40_u64) {
        let inner: Policy = Box::new(Quorum { need: two(), skew: 60, policy: MISSES });
        let inner = judge(&inner, &stories, &context(now)).verdict;
        for (name, policy) in combinators() {
            let outer = judge(&policy, &stories, &context(now)).verdict;
            if ["network", "penalty", "sustained", "unless", "hysteresis"].contains(&name) {
                prop_assert!(outer != Verdict::Down || inner == Verdict::Down, "{}", name);
            }
            if name == "penalty" {
                prop_assert_eq!(outer, inner);
            }
        }
    }

    #[test]
    fn the_same_input_gives_the_same_decision(stories in [story(), story(), story()], now in 0..40_u64) {
        for (_, policy) in combinators() {
            prop_assert_eq!(judge(&policy, &stories, &context(now)), judge(&policy, &stories, &context(now)));
        }
    }
}

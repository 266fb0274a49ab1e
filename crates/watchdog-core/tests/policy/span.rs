//! For how long a policy wants observations kept: at least as long as it looks back.
use crate::reading::Reading;
use std::num::NonZeroUsize;
use std::time::Duration;
use watchdog_core::id::Origin;
use watchdog_core::policy::ThresholdPolicy;
use watchdog_core::policy::accrual::Accrual;
use watchdog_core::policy::burn::Burn;
use watchdog_core::policy::consecutive::ConsecutiveFailures;
use watchdog_core::policy::exhaustion::Exhaustion;
use watchdog_core::policy::hysteresis::Hysteresis;
use watchdog_core::policy::in_window::{InWindow, Within};
use watchdog_core::policy::kleene::{Not, all};
use watchdog_core::policy::network::{NetworkGuard, OwnShare};
use watchdog_core::policy::penalty::PenaltyHorizon;
use watchdog_core::policy::process::SignerProcess;
use watchdog_core::policy::quorum::Quorum;
use watchdog_core::policy::ratio::Ratio;
use watchdog_core::policy::staleness::Staleness;
use watchdog_core::policy::sustained::Sustained;

const FRESH: Duration = seconds(5);

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn misses(span: Duration) -> InWindow {
    InWindow { missed: 2, of: 4, in_a_row: 1, min_due: 2, within: Within::Time(span), fresh: FRESH, span }
}

fn span(policy: &impl ThresholdPolicy<Reading>) -> u64 {
    policy.span().as_secs()
}

#[test]
fn a_policy_of_one_source_wants_what_it_looks_back_on() {
    let ratio = Ratio { ratio: 0.5, min_due: 3, z: 1.0, within: Within::Epochs(3), fresh: FRESH, span: seconds(70) };
    let accrual = Accrual {
        threshold: 2.0,
        samples: 20,
        min_samples: 3,
        min_stddev: FRESH,
        acceptable_pause: FRESH,
        fresh: FRESH,
        span: seconds(80),
    };
    assert_eq!((span(&misses(seconds(60))), span(&ratio), span(&accrual)), (60, 70, 80));
    assert_eq!(span(&Burn { objective: 0.9, rate: 2.0, long: seconds(90), min_due: 2, fresh: FRESH }), 90);
    assert_eq!(span(&Exhaustion { horizon: seconds(30), over: seconds(40), fresh: FRESH }), 40);
    assert_eq!(span(&Staleness { limit: seconds(40), advance: 2, fresh: FRESH }), 80, "twice the silence");
    let consecutive = ConsecutiveFailures { tolerated: 3, interval: seconds(10) };
    assert_eq!(span(&consecutive), 50, "one more than are tolerated, and one on the way");
    let process = SignerProcess { host: Origin::new("a").unwrap(), fresh: FRESH, in_a_row: 2 };
    assert_eq!(span(&process), 15);
}

#[test]
fn a_policy_over_others_wants_the_longest_of_what_they_want() {
    let two = NonZeroUsize::new(2).unwrap();
    let quorum = |span| Quorum { need: two, skew: 60, policy: misses(seconds(span)) };
    let guard = |span| NetworkGuard {
        others_missed: 0.3,
        own: OwnShare::ANY,
        span: seconds(span),
        fresh: FRESH,
        policy: quorum(60),
    };
    let penalty = PenaltyHorizon { failover: seconds(9), safety: 2.0, need: two, fresh: FRESH, policy: quorum(60) };
    assert_eq!((span(&quorum(60)), span(&Not(quorum(60))), span(&penalty)), (60, 60, 60));
    assert_eq!((span(&guard(50)), span(&guard(70))), (60, 70));
    assert_eq!(span(&Sustained { lasting: seconds(7), policy: quorum(60) }), 67, "and the time it must last");
    let hysteresis = |policy, recovered| Hysteresis { policy: quorum(policy), recovered: quorum(recovered) };
    assert_eq!((span(&hysteresis(60, 50)), span(&hysteresis(50, 60))), (60, 60));
    let both = all::<Reading>(vec![Box::new(quorum(50)), Box::new(quorum(60)), Box::new(quorum(40))]);
    assert_eq!(span(&both), 60);
    assert_eq!(format!("{both:?}"), "AtLeast(3 of 3)");
    assert_eq!(span(&all::<Reading>(Vec::new())), 0);
}

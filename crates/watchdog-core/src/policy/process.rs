//! What stands beside the signer says that it has stopped.
use super::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict};
use crate::id::Origin;
use crate::probe::{Evidence, LocalReport};
use crate::window::Views;
use std::time::Duration;

/// Down where the newest word of every sidecar on the signer's own host is that the signer stopped:
/// its process ended, its unit failed, its port is closed. Healthy where all say that it runs; where
/// they contradict each other, or none of them speaks, nothing is known. A local report is stronger
/// than any number of timeouts from afar.
///
/// Source: safety model, section 9, P9.
#[derive(Clone, Debug)]
pub struct SignerProcess {
    /// Failure domain that the signer and its sidecar stand in; reports from elsewhere do not count.
    pub host: Origin,
    /// How old the newest report may be.
    pub fresh: Duration,
    /// Newest reports of a sidecar that must agree, from 1: a restart takes a moment.
    pub in_a_row: usize,
}

impl<E: Evidence> ThresholdPolicy<E> for SignerProcess {
    fn span(&self) -> Duration {
        let rounds = u32::try_from(self.in_a_row).unwrap_or(u32::MAX).saturating_add(1);
        self.fresh.saturating_mul(rounds)
    }

    fn judge(&self, views: &Views<'_, E>, context: &Context) -> Decision {
        let here = views.iter().filter(|window| window.origin() == &self.host);
        let fresh = here.filter(|window| window.is_fresh(context.now, self.fresh));
        let most = self.in_a_row.max(1);
        let reports = fresh.map(|window| window.evidence().map_while(Evidence::local_report).take(most));
        let reports: Vec<Vec<LocalReport>> =
            reports.map(Iterator::collect).filter(|r: &Vec<_>| !r.is_empty()).collect();
        let newest: Vec<_> = reports.iter().filter_map(|reports| reports.first()).collect();
        let stopped = newest.iter().filter(|report| report.is_stopped()).count();
        let lasting = reports.iter().all(|r| r.len() >= most && r.iter().all(|report| report.is_stopped()));
        let verdict = match stopped {
            _ if newest.is_empty() => Verdict::Unknown,
            0 => Verdict::Healthy,
            all if all < newest.len() => Verdict::Unknown,
            _ if lasting => Verdict::Down,
            _ => Verdict::Degraded,
        };
        let measured = Measure::Count(stopped as u64);
        let reason = Reason::of("signer_stopped", Measure::Count(newest.len() as u64), measured);
        Decision::new(verdict, reason).explained(context, || {
            let is = |kind| Measure::Count(newest.iter().filter(|report| ***report == kind).count() as u64);
            [
                ("sidecars_that_tell", Measure::Count(newest.len() as u64)),
                ("running", is(LocalReport::Running)),
                ("exited", is(LocalReport::Exited)),
                ("unit_failed", is(LocalReport::UnitFailed)),
                ("port_closed", is(LocalReport::PortClosed)),
                ("in_a_row_needed", Measure::Count(most as u64)),
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, at, judge, window};
    use super::*;
    use LocalReport::{Exited, PortClosed, Running, UnitFailed};

    fn verdict(in_a_row: usize, sidecars: &[(&str, &[Option<LocalReport>])]) -> Verdict {
        let read = |(origin, reports): &(&str, &[Option<LocalReport>])| {
            let samples: Vec<_> =
                reports.iter().map(|report| Sample { report: *report, ..Sample::default() }).collect();
            window(origin, &samples)
        };
        let windows: Vec<_> = sidecars.iter().map(read).collect();
        let policy = SignerProcess { host: Origin::new("host").unwrap(), fresh: Duration::from_secs(9), in_a_row };
        ThresholdPolicy::<Sample>::judge(&policy, &Views::of(&windows), &Context::at(at(9), Verdict::Unknown)).verdict
    }

    #[test]
    fn every_way_to_stop_is_down_by_the_sidecars_own_word() {
        for report in [Exited, UnitFailed, PortClosed] {
            assert_eq!(verdict(1, &[("host", &[Some(report)])]), Verdict::Down);
        }
        assert_eq!(verdict(1, &[("host", &[Some(Running)])]), Verdict::Healthy);
    }

    #[test]
    fn silence_and_reports_from_elsewhere_say_nothing() {
        assert_eq!(verdict(1, &[]), Verdict::Unknown);
        assert_eq!(verdict(1, &[("host", &[None])]), Verdict::Unknown);
        assert_eq!(verdict(1, &[("afar", &[Some(Exited)])]), Verdict::Unknown);
    }

    #[test]
    fn sidecars_that_contradict_each_other_say_nothing() {
        assert_eq!(verdict(1, &[("host", &[Some(Exited)]), ("host", &[Some(Running)])]), Verdict::Unknown);
        assert_eq!(verdict(1, &[("host", &[Some(Exited)]), ("host", &[None])]), Verdict::Down);
    }

    #[test]
    fn a_restart_that_takes_a_moment_only_degrades() {
        assert_eq!(verdict(2, &[("host", &[Some(Running), Some(Exited)])]), Verdict::Degraded);
        assert_eq!(verdict(2, &[("host", &[Some(Exited)])]), Verdict::Degraded);
        assert_eq!(verdict(2, &[("host", &[Some(Exited), None, Some(Exited)])]), Verdict::Degraded);
        assert_eq!(verdict(2, &[("host", &[Some(Running), Some(Exited), Some(PortClosed)])]), Verdict::Down);
        assert_eq!(verdict(2, &[("host", &[Some(Exited), Some(Exited), Some(Running)])]), Verdict::Healthy);
        assert_eq!(verdict(0, &[("host", &[Some(Exited)])]), Verdict::Down);
    }

    #[test]
    fn an_old_report_says_nothing() {
        let windows = [window("host", &[Sample { report: Some(Exited), ..Sample::default() }])];
        let policy = SignerProcess { host: Origin::new("host").unwrap(), fresh: Duration::from_secs(9), in_a_row: 1 };
        let at = |second| {
            ThresholdPolicy::<Sample>::judge(&policy, &Views::of(&windows), &Context::at(at(second), Verdict::Unknown))
        };
        assert_eq!((at(9).verdict, at(10).verdict), (Verdict::Down, Verdict::Unknown));
        assert_eq!(ThresholdPolicy::<Sample>::span(&policy), Duration::from_secs(18));
    }

    #[test]
    fn the_explanation_counts_what_each_sidecar_tells() {
        let reports = [Some(Exited), Some(Exited), Some(UnitFailed), None];
        let windows = reports.map(|report| window("host", &[Sample { report, ..Sample::default() }]));
        let policy = SignerProcess { host: Origin::new("host").unwrap(), fresh: Duration::from_secs(99), in_a_row: 1 };
        let explanation = judge(&policy, &windows).explanation.unwrap();
        let counts: Vec<_> = explanation.values.iter().map(|value| value.value).collect();
        assert_eq!(counts, [3, 0, 2, 1, 0, 1].map(Measure::Count));
    }
}

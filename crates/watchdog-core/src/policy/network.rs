//! Telling a validator that fails from a network that fails.
use super::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict};
use crate::probe::{Duties, Evidence};
use crate::window::{Views, Window};
use std::time::Duration;

/// Lets `policy` say `Down` only while everybody else does well and the chain moves. In a network
/// incident, or where no source sees the others, `Down` becomes `Unknown`; other verdicts pass.
///
/// The others are looked at twice, and the worse look counts: over `span`, and since the validator's
/// own newest duty done, so that the calm before an incident cannot hide its beginning.
///
/// Source: safety model, section 9, P8.
#[derive(Clone, Copy, Debug)]
pub struct NetworkGuard<P> {
    /// Largest part of the others' duties that may be missed, 0 to 1.
    pub others_missed: f64,
    /// Time over which the others are looked at, and in which the head must have moved.
    pub span: Duration,
    /// How old the newest reading may be.
    pub fresh: Duration,
    /// What is guarded.
    pub policy: P,
}

impl<E: Evidence, P: ThresholdPolicy<E>> ThresholdPolicy<E> for NetworkGuard<P> {
    fn span(&self) -> Duration {
        self.policy.span().max(self.span)
    }

    fn judge(&self, views: &Views<'_, E>, context: &Context) -> Decision {
        let inner = self.policy.judge(views, context);
        if inner.verdict != Verdict::Down {
            return inner;
        }
        let looks: Vec<_> = views.iter().filter_map(|window| self.look(window, context)).collect();
        let moving = looks.iter().any(|look| look.moved);
        let sight = looks.iter().any(|look| look.others.due() > 0);
        let seen = looks.iter().flat_map(|look| [look.others, look.others_meanwhile]).filter(|others| others.due() > 0);
        let worst = seen.map(part_missed).fold(0.0, f64::max);
        let ratio = Reason::of("others_missed", Measure::Ratio(self.others_missed), Measure::Ratio(worst));
        let (verdict, rule) = match () {
            () if !sight => (Verdict::Unknown, "others_not_seen"),
            () if !moving => (Verdict::Unknown, "head_stands_still"),
            () if worst > self.others_missed => (Verdict::Unknown, "network_incident"),
            () => (Verdict::Down, "network_is_well"),
        };
        let reason = Reason { parts: vec![inner.reason], rule: super::RuleId(rule.to_owned()), ..ratio };
        Decision { verdict, reason, next_eval: inner.next_eval }
    }
}

struct Look {
    others: Duties,
    /// Since the validator's own newest duty done.
    others_meanwhile: Duties,
    moved: bool,
}

impl<P> NetworkGuard<P> {
    /// What a fresh source that sees the others says about the network; `None` for any other source.
    fn look<E: Evidence>(&self, window: &Window<E>, context: &Context) -> Option<Look> {
        window.is_fresh(context.now, self.fresh).then_some(())?;
        window.evidence().next()?.others()?;
        let recent = || window.dated_evidence().take_while(|(at, _)| context.now.since(*at) <= self.span);
        let others = recent().filter_map(|(_, e)| e.others()).fold(Duties::default(), Duties::plus);
        let silence = recent().take_while(|(_, e)| e.duties().made == 0);
        let others_meanwhile = silence.filter_map(|(_, e)| e.others()).fold(Duties::default(), Duties::plus);
        let heads = || recent().map(|(_, e)| e.position());
        let moved = heads().max() > heads().min();
        Some(Look { others, others_meanwhile, moved })
    }
}

#[allow(clippy::cast_precision_loss, reason = "a part of a whole, for a threshold in per cent")]
fn part_missed(duties: Duties) -> f64 {
    duties.missed as f64 / duties.due() as f64
}

#[cfg(test)]
mod tests {
    use super::super::in_window::{InWindow, Within};
    use super::super::sample::{Sample, judge, window};
    use super::*;

    fn guarded(samples: &[Sample]) -> Decision {
        let hour = Duration::from_hours(1);
        let policy = InWindow { missed: 2, of: 4, in_a_row: 1, within: Within::Time(hour), fresh: hour, span: hour };
        judge(&NetworkGuard { others_missed: 0.2, span: hour, fresh: hour, policy }, &[window("a", samples)])
    }

    fn sample(position: u64, others: Option<(u64, u64)>) -> Sample {
        Sample {
            position,
            missed: 2,
            others: others.map(|(made, missed)| Duties { made, missed }),
            ..Sample::default()
        }
    }

    #[test]
    fn a_validator_that_fails_alone_is_down() {
        assert_eq!(guarded(&[sample(1, Some((8, 2))), sample(2, Some((9, 1)))]).verdict, Verdict::Down);
    }

    #[test]
    fn in_a_network_incident_nothing_is_known() {
        let decision = guarded(&[sample(1, Some((5, 5))), sample(2, Some((5, 5)))]);
        assert_eq!((decision.verdict, decision.reason.rule.0.as_str()), (Verdict::Unknown, "network_incident"));
    }

    #[test]
    fn the_calm_before_an_incident_does_not_hide_its_beginning() {
        let well = Some(Duties { made: 10, missed: 0 });
        let mut samples: Vec<_> =
            (0..18).map(|position| Sample { position, made: 1, others: well, ..Sample::default() }).collect();
        samples.push(sample(18, Some((1, 3))));
        assert_eq!(guarded(&samples).verdict, Verdict::Unknown);
        samples.pop();
        samples.push(sample(18, Some((4, 0))));
        assert_eq!(guarded(&samples).verdict, Verdict::Down);
    }

    #[test]
    fn while_the_head_stands_still_nothing_is_known() {
        let decision = guarded(&[sample(7, Some((9, 1))), sample(7, Some((9, 1)))]);
        assert_eq!((decision.verdict, decision.reason.rule.0.as_str()), (Verdict::Unknown, "head_stands_still"));
    }

    #[test]
    fn without_sight_of_the_others_nothing_is_known() {
        assert_eq!(guarded(&[sample(1, None), sample(2, None)]).verdict, Verdict::Unknown);
        assert_eq!(guarded(&[sample(1, Some((0, 0))), sample(2, Some((0, 0)))]).verdict, Verdict::Unknown);
    }

    #[test]
    fn a_healthy_validator_is_healthy_in_any_network() {
        let healthy = Sample { position: 1, made: 1, others: Some(Duties { made: 0, missed: 9 }), ..Sample::default() };
        assert_eq!(guarded(&[healthy, healthy]).verdict, Verdict::Healthy);
    }
}

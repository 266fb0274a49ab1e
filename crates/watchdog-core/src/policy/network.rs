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
    /// How much worse than the others the validator itself must be.
    pub own: OwnShare,
    /// Time over which the others are looked at, and in which the head must have moved.
    pub span: Duration,
    /// How old the newest reading may be.
    pub fresh: Duration,
    /// What is guarded.
    pub policy: P,
}

/// The part of its own duties that a validator must have missed: at least `factor` times the others'
/// part, plus `offset`. Where `factor` or `offset` ask for anything, a source that sees others but no
/// duty of the validator itself stands in the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnShare {
    /// Times the others' part, from 0.
    pub factor: f64,
    /// On top of it, 0 to 1.
    pub offset: f64,
}

impl OwnShare {
    /// No comparison with the others.
    pub const ANY: Self = Self { factor: 0.0, offset: 0.0 };

    fn asks(self, others: f64) -> f64 {
        self.factor * others + self.offset
    }
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
        let asked = |look: &&Look| self.own.asks(look.part_others_missed());
        let alone = looks.iter().all(|look| part_missed(look.own) >= asked(&look));
        let (verdict, rule) = match () {
            () if !sight => (Verdict::Unknown, "others_not_seen"),
            () if !moving => (Verdict::Unknown, "head_stands_still"),
            () if worst > self.others_missed => (Verdict::Unknown, "network_incident"),
            () if !alone => (Verdict::Unknown, "no_worse_than_others"),
            () => (Verdict::Down, "network_is_well"),
        };
        let reason = Reason::of(rule, Measure::ratio(self.others_missed), Measure::ratio(worst));
        Decision::resting_on(verdict, reason, [inner]).explained(context, || {
            let own = looks.iter().map(|look| part_missed(look.own)).fold(1.0, f64::min);
            let needed = looks.iter().map(|look| asked(&look)).fold(0.0, f64::max);
            [
                ("sources_that_see_others", Measure::Count(looks.len() as u64)),
                ("head_moves", Measure::Truth(moving)),
                ("others_missed", Measure::ratio(worst)),
                ("own_missed", Measure::ratio(own)),
                ("own_missed_needed", Measure::ratio(needed)),
            ]
        })
    }
}

struct Look {
    own: Duties,
    others: Duties,
    /// Since the validator's own newest duty done.
    others_meanwhile: Duties,
    moved: bool,
}

impl Look {
    /// The larger one of the two looks' parts.
    fn part_others_missed(&self) -> f64 {
        part_missed(self.others).max(part_missed(self.others_meanwhile))
    }
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
        let own = window.duties_within(self.span, context.now);
        Some(Look { own, others, others_meanwhile, moved })
    }
}

#[allow(clippy::cast_precision_loss, reason = "a part of a whole, for a threshold in per cent")]
fn part_missed(duties: Duties) -> f64 {
    duties.missed as f64 / duties.due().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::in_window::{InWindow, Within};
    use super::super::sample::{Sample, judge, window};
    use super::*;

    fn guarded(samples: &[Sample]) -> Decision {
        compared(OwnShare::ANY, samples)
    }

    fn compared(own: OwnShare, samples: &[Sample]) -> Decision {
        let hour = Duration::from_hours(1);
        let policy =
            InWindow { missed: 2, of: 4, in_a_row: 1, min_due: 0, within: Within::Time(hour), fresh: hour, span: hour };
        let guard = NetworkGuard { others_missed: 0.2, own, span: hour, fresh: hour, policy };
        judge(&guard, &[window("a", samples)])
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
        assert_eq!((decision.verdict, decision.reason.rule.as_str()), (Verdict::Unknown, "network_incident"));
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
        assert_eq!((decision.verdict, decision.reason.rule.as_str()), (Verdict::Unknown, "head_stands_still"));
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

    #[test]
    fn exactly_the_part_that_may_be_missed_is_no_incident() {
        assert_eq!(guarded(&[sample(1, Some((8, 2))), sample(2, Some((8, 2)))]).verdict, Verdict::Down);
        assert_eq!(guarded(&[sample(1, Some((800, 200))), sample(2, Some((799, 201)))]).verdict, Verdict::Unknown);
    }

    #[test]
    fn a_validator_that_does_no_worse_than_the_others_is_not_blamed() {
        let own = |made| Sample { made, ..sample(made, Some((9, 1))) };
        let asked = OwnShare { factor: 5.0, offset: 0.1 };
        assert_eq!(compared(asked, &[own(1), sample(2, Some((9, 1)))]).verdict, Verdict::Down, "4 of 5 missed");
        let decision = compared(asked, &[own(3), sample(4, Some((9, 1)))]);
        assert_eq!((decision.verdict, decision.reason.rule.as_str()), (Verdict::Unknown, "no_worse_than_others"));
        let even = [Sample { made: 3, missed: 1, ..own(3) }, Sample { missed: 2, ..sample(4, Some((9, 1))) }];
        assert_eq!(
            compared(OwnShare { factor: 4.0, offset: 0.1 }, &even).verdict,
            Verdict::Down,
            "3 of 6 missed, 1/2 asked"
        );
    }

    #[test]
    fn the_explanation_carries_both_parts() {
        let decision = guarded(&[sample(1, Some((8, 2))), sample(2, Some((9, 1)))]);
        let explanation = decision.explanation.unwrap();
        let value = |name: &str| explanation.values.iter().find(|v| v.name == name).unwrap().value;
        assert_eq!((value("own_missed"), value("head_moves")), (Measure::Ratio(1.0), Measure::Truth(true)));
        assert_eq!(explanation.parts[0].rule.0, "missed_in_window");
    }
}

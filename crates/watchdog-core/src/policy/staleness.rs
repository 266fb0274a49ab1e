//! No duty done for too long, while the chain moved on.
use super::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict};
use crate::probe::Evidence;
use crate::window::{Views, Window};
use std::time::Duration;

/// Down where no duty was done for `limit` while the head advanced by at least `advance`. A head
/// that stands still says nothing about the validator: `Unknown`.
///
/// Reads one source. Source: safety model, section 9, P4.
#[derive(Clone, Copy, Debug)]
pub struct Staleness {
    /// Time without a duty done that makes it down.
    pub limit: Duration,
    /// Positions by which the head must have advanced meanwhile.
    pub advance: u64,
    /// How old the newest reading may be.
    pub fresh: Duration,
}

impl<E: Evidence> ThresholdPolicy<E> for Staleness {
    fn span(&self) -> Duration {
        self.limit.saturating_mul(2)
    }

    fn judge(&self, views: &Views<'_, E>, context: &Context) -> Decision {
        let reason = |measured| Reason::of("no_duty_done", Measure::Time(self.limit), Measure::Time(measured));
        let window = views.only().filter(|w| w.is_fresh(context.now, self.fresh));
        let Some(silence) = window.and_then(|w| silence(w, context)) else {
            let unknown = Decision::new(Verdict::Unknown, reason(Duration::ZERO));
            return unknown.explained(context, || [("fresh", Measure::Truth(false))]);
        };
        let moved = Reason::of("head_advance", Measure::Position(self.advance), Measure::Position(silence.advance));
        let verdict = match () {
            () if silence.lasted < self.limit && silence.seen_life => Verdict::Healthy,
            () if silence.lasted < self.limit || silence.advance < self.advance => Verdict::Unknown,
            () => Verdict::Down,
        };
        Decision::new(verdict, Reason { parts: vec![moved], ..reason(silence.lasted) }).explained(context, || {
            [
                ("silence", Measure::Time(silence.lasted)),
                ("duty_seen", Measure::Truth(silence.seen_life)),
                ("head", Measure::Position(silence.head)),
                ("head_advance", Measure::Position(silence.advance)),
                ("head_advance_needed", Measure::Position(self.advance)),
            ]
        })
    }
}

struct Silence {
    /// Since the newest duty done, or the oldest reading.
    lasted: Duration,
    /// Position of the newest reading.
    head: u64,
    /// By how much the head advanced in that time.
    advance: u64,
    /// Whether a duty done was seen at all.
    seen_life: bool,
}

fn silence<E: Evidence>(window: &Window<E>, context: &Context) -> Option<Silence> {
    let head = window.head()?;
    let life = window.dated_evidence().find(|(_, e)| e.duties().made > 0);
    let (at, since) = life.or_else(|| window.dated_evidence().last())?;
    Some(Silence {
        lasted: context.now.since(at),
        head,
        advance: head.saturating_sub(since.position()),
        seen_life: life.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, at, window};
    use super::*;

    fn judge(samples: &[Sample], now: u64) -> Verdict {
        decide(samples, now).verdict
    }

    fn decide(samples: &[Sample], now: u64) -> Decision {
        let policy = Staleness { limit: Duration::from_mins(1), advance: 10, fresh: Duration::from_hours(1) };
        let windows = [window("a", samples)];
        ThresholdPolicy::<Sample>::judge(&policy, &Views::of(&windows), &Context::at(at(now), Verdict::Unknown))
    }

    fn sample(position: u64, made: u64) -> Sample {
        Sample { position, made, ..Sample::default() }
    }

    #[test]
    fn silence_while_the_chain_moves_is_down() {
        assert_eq!(judge(&[sample(0, 1), sample(50, 0)], 100), Verdict::Down);
        assert_eq!(judge(&[sample(0, 1), sample(50, 0)], 30), Verdict::Healthy);
    }

    #[test]
    fn silence_while_the_chain_stands_still_says_nothing() {
        assert_eq!(judge(&[sample(0, 1), sample(9, 0)], 100), Verdict::Unknown);
    }

    #[test]
    fn a_start_without_any_duty_seen_says_nothing_yet() {
        assert_eq!(judge(&[sample(0, 0), sample(50, 0)], 30), Verdict::Unknown);
        assert_eq!(judge(&[], 100), Verdict::Unknown);
    }

    #[test]
    fn silence_of_the_limit_itself_is_down_and_so_is_an_advance_of_just_enough() {
        let at_limit = |position| judge(&[sample(0, 1), sample(position, 0)], 60);
        assert_eq!((at_limit(9), at_limit(10)), (Verdict::Unknown, Verdict::Down));
        assert_eq!(judge(&[sample(0, 1), sample(50, 0)], 59), Verdict::Healthy);
        assert_eq!(judge(&[sample(0, 0), sample(50, 0)], 60), Verdict::Down, "none seen at all");
    }

    #[test]
    fn the_reason_says_by_how_much_the_chain_moved_on() {
        let [moved] = decide(&[sample(7, 1), sample(50, 0)], 100).reason.parts.try_into().unwrap();
        assert_eq!((moved.rule.as_str(), moved.measured), ("head_advance", Measure::Position(43)));
    }
}

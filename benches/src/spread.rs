//! Times of many runs.
use std::time::Duration;

/// Times, shortest first; never empty.
#[derive(Clone, Debug)]
pub(crate) struct Spread(Vec<Duration>);

impl Spread {
    /// Orders `times`; `None` where there are none.
    pub(crate) fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        (!times.is_empty()).then_some(Self(times))
    }

    /// The time that so many per cent of the runs did not exceed (nearest rank).
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).or(self.0.last()).copied().unwrap_or_default()
    }

    /// The middle one.
    pub(crate) fn median(&self) -> Duration {
        self.percentile(50)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_time_that_so_many_runs_did_not_exceed() {
        let spread = Spread::of((1..=200).rev().map(Duration::from_millis).collect()).unwrap();
        let ms = |percent| spread.percentile(percent).as_millis();
        assert_eq!((ms(0), ms(50), ms(99), ms(100)), (1, 100, 198, 200));
        assert!(Spread::of(Vec::new()).is_none());
    }
}

//! What the sources saw lately.
use crate::clock::Uptime;
use crate::id::Origin;
use crate::probe::{Duties, Evidence, Observation};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The latest observations of one source, oldest first.
#[derive(Debug)]
pub struct Window<E> {
    origin: Origin,
    span: Duration,
    seen: VecDeque<Arc<Observation<E>>>,
}

impl<E: Evidence> Window<E> {
    /// An empty window of a source in `origin`, holding `span` of history.
    pub fn new(origin: Origin, span: Duration) -> Self {
        Self { origin, span, seen: VecDeque::new() }
    }

    /// Adds the newest observation and drops those that are older than the span. One from before others
    /// takes the place of those: a clock that went back would keep them for as long as it went back.
    pub fn push(&mut self, observation: impl Into<Arc<Observation<E>>>) {
        let observation = observation.into();
        let now = observation.at;
        while self.seen.back().is_some_and(|o| o.at > now) {
            self.seen.pop_back();
        }
        self.seen.push_back(observation);
        while self.seen.front().is_some_and(|o| now.since(o.at) > self.span) {
            self.seen.pop_front();
        }
    }

    /// The window as it was at `at`: without what was asked for later. Shares the observations.
    #[must_use]
    pub fn until(&self, at: Uptime) -> Self {
        let seen = self.seen.iter().filter(|o| o.at <= at).cloned().collect();
        Self { origin: self.origin.clone(), span: self.span, seen }
    }

    /// Forgets everything seen.
    pub fn clear(&mut self) {
        self.seen.clear();
    }

    /// The newest observation, to be kept.
    pub(crate) fn last(&self) -> Option<&Arc<Observation<E>>> {
        self.seen.back()
    }

    /// Observations, newest first, the failed ones too.
    pub fn observations(&self) -> impl Iterator<Item = &Observation<E>> {
        self.seen.iter().rev().map(|o| &**o)
    }

    /// Failure domain of the source.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Evidence, newest first; probe errors are skipped.
    pub fn evidence(&self) -> impl Iterator<Item = &E> {
        self.seen.iter().rev().filter_map(|o| o.outcome.as_ref().ok())
    }

    /// Evidence with the time it was asked for, newest first; probe errors are skipped.
    pub fn dated_evidence(&self) -> impl Iterator<Item = (Uptime, &E)> {
        self.seen.iter().rev().filter_map(|o| Some((o.at, o.outcome.as_ref().ok()?)))
    }

    /// The validator's duties by the readings of the last `span` before `now`, added up.
    pub fn duties_within(&self, span: Duration, now: Uptime) -> Duties {
        let recent = self.dated_evidence().filter(|(at, _)| now.since(*at) <= span);
        recent.map(|(_, evidence)| evidence.duties()).fold(Duties::default(), Duties::plus)
    }

    /// When the newest observation was made.
    pub fn newest(&self) -> Option<Uptime> {
        self.seen.back().map(|o| o.at)
    }

    /// Position of the newest evidence.
    pub fn head(&self) -> Option<u64> {
        self.evidence().next().map(Evidence::position)
    }

    /// Whether the newest observation succeeded and is at most `age` old.
    pub fn is_fresh(&self, now: Uptime, age: Duration) -> bool {
        self.seen.back().is_some_and(|o| o.outcome.is_ok() && now.since(o.at) <= age)
    }
}

/// Windows of all or some sources of one validator, for a policy to judge.
#[derive(Debug)]
pub struct Views<'a, E> {
    windows: Vec<&'a Window<E>>,
}

impl<'a, E: Evidence> Views<'a, E> {
    /// Borrows windows.
    pub fn of(windows: impl IntoIterator<Item = &'a Window<E>>) -> Self {
        Self { windows: windows.into_iter().collect() }
    }

    /// One by one, in the order of the config.
    pub fn iter(&self) -> impl Iterator<Item = &'a Window<E>> {
        self.windows.iter().copied()
    }

    /// The window of a single source; `None` where there are several, since choosing one of them
    /// is a judgement.
    pub fn only(&self) -> Option<&'a Window<E>> {
        if let [window] = self.windows[..] { Some(window) } else { None }
    }

    /// Sources of one failure domain together, in the order of its name.
    pub fn by_origin(&self) -> Vec<Self> {
        let mut origins = BTreeMap::<_, Vec<_>>::new();
        for window in self.iter() {
            origins.entry(window.origin()).or_default().push(window);
        }
        origins.into_values().map(|windows| Self { windows }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::probe::ProbeError;
    use crate::recording::Facts;

    #[test]
    fn a_window_holds_its_span_and_no_more_also_where_the_clock_went_back() {
        let mut window = Window::<Facts>::new(Origin::new("a").unwrap(), Duration::from_secs(10));
        let mut push = |second| {
            let blind = ProbeError::Malformed { endpoint: "source".into(), reason: "no answer".into() };
            let at = Uptime(Duration::from_secs(second));
            window.push(Observation::new(at, Timestamp(0), Err(blind)));
            window.observations().map(|o| o.at.0.as_secs()).collect::<Vec<_>>()
        };
        (1000..1100).for_each(|second| drop(push(second)));
        assert_eq!(push(1100).len(), 11);
        assert_eq!(push(1095), [1095, 1095, 1094, 1093, 1092, 1091, 1090]);
        assert_eq!(push(5), [5]);
        (6..100).for_each(|second| drop(push(second)));
        assert_eq!(push(100).len(), 11);
    }
}

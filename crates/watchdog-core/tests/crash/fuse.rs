//! What can befall a process at each durable write and each effect.
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard};
use std::task::Poll;

/// Where something can happen: twice in every durable write, twice in every effect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Point {
    /// A record is in the file and not synced.
    Written,
    /// A record is durable and its writer was not told.
    Synced,
    /// A command is under way.
    Sent,
    /// A command took effect and its sender was not told.
    Arrived,
}

/// What the process is told instead of the truth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    /// A write: nobody knows yet.
    Unsettled,
    /// A write: the medium failed.
    Io,
    /// An effect: it surely did not happen, and may be tried again.
    Retry,
    /// An effect: nobody knows.
    Unknown,
    /// An effect: it surely did not happen, and never will.
    Refuse,
}

impl Failure {
    /// Every failure that can be told of a `point`.
    pub(crate) fn of(point: Point) -> &'static [Self] {
        match point {
            Point::Written | Point::Synced => &[Self::Unsettled, Self::Io],
            Point::Sent | Point::Arrived => &[Self::Retry, Self::Unknown, Self::Refuse],
        }
    }
}

/// What happens at a point.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Blow {
    /// The process stops; where it is woken, it goes on as if nothing had been.
    Stop,
    /// It is told of a failure.
    Fail(Failure),
    /// It is held up, and told of a failure when it is woken.
    FailLate(Failure),
}

impl Blow {
    fn stops(self) -> bool {
        !matches!(self, Self::Fail(_))
    }

    pub(crate) fn failure(self) -> Option<Failure> {
        match self {
            Self::Stop => None,
            Self::Fail(failure) | Self::FailLate(failure) => Some(failure),
        }
    }
}

/// A blow, after so many points that pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop {
    pub(crate) after: u64,
    pub(crate) blow: Blow,
}

/// Counts points, and strikes at some of them.
#[derive(Debug, Default)]
pub(crate) struct Fuse(Mutex<Burning>);

#[derive(Debug, Default)]
struct Burning {
    stops: VecDeque<Stop>,
    passed: u64,
    met: Vec<(Point, Blow)>,
    is_awake: bool,
}

impl Fuse {
    /// Each of `stops` is counted from the one before it.
    pub(crate) fn new(stops: impl IntoIterator<Item = Stop>) -> Self {
        Self(Mutex::new(Burning { stops: stops.into_iter().collect(), ..Burning::default() }))
    }

    fn state(&self) -> MutexGuard<'_, Burning> {
        self.0.lock().unwrap()
    }

    /// Passes `point`, or does not return until woken; says what failure is told there.
    pub(crate) async fn pass(&self, point: Point) -> Option<Failure> {
        let blow = self.state().strike(point)?;
        if blow.stops() {
            poll_fn(|_| if self.state().is_awake { Poll::Ready(()) } else { Poll::Pending }).await;
        }
        blow.failure()
    }

    /// The stopped process is woken; nothing more befalls it.
    pub(crate) fn wake(&self) {
        let mut state = self.state();
        (state.is_awake, state.stops) = (true, VecDeque::new());
    }

    /// What happened so far, and the stops that were not reached.
    pub(crate) fn came_to(&self) -> (Vec<(Point, Blow)>, VecDeque<Stop>) {
        let state = self.state();
        (state.met.clone(), state.stops.clone())
    }
}

impl Burning {
    fn strike(&mut self, point: Point) -> Option<Blow> {
        let stop = self.stops.front()?;
        if self.passed < stop.after {
            self.passed += 1;
            return None;
        }
        let blow = stop.blow;
        self.passed = 0;
        self.stops.pop_front();
        self.met.push((point, blow));
        Some(blow)
    }
}

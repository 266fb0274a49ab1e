//! Evidence with everything that a policy can ask for, and stories of it.
use proptest::prelude::*;
use serde::Serialize;
use std::fmt;
use std::time::Duration;
use watchdog_core::clock::{Timestamp, Uptime};
use watchdog_core::id::Origin;
use watchdog_core::probe::{Duties, Evidence, LocalReport, Observation, Performance, ProbeError};
use watchdog_core::window::Window;

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Reading {
    pub(crate) position: u64,
    pub(crate) duties: Duties,
    pub(crate) others: Duties,
    pub(crate) credit: u64,
    pub(crate) grace: u64,
    pub(crate) stopped: bool,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Evidence for Reading {
    fn performance(&self) -> Performance {
        match self.duties {
            Duties { made: 0, missed: 0 } => Performance::Idle,
            Duties { missed: 0, .. } => Performance::Performing,
            Duties { made: 0, .. } => Performance::Failing,
            Duties { .. } => Performance::Impaired,
        }
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn epoch(&self) -> Option<u64> {
        Some(self.position / 10)
    }

    fn duties(&self) -> Duties {
        self.duties
    }

    fn others(&self) -> Option<Duties> {
        Some(self.others)
    }

    fn credit(&self) -> Option<u64> {
        Some(self.credit)
    }

    fn grace(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.grace))
    }

    fn local_report(&self) -> Option<LocalReport> {
        Some(if self.stopped { LocalReport::Exited } else { LocalReport::Running })
    }
}

prop_compose! {
    pub(crate) fn reading()(
        position in 0..60_u64,
        made in 0..3_u64,
        missed in 0..3_u64,
        others in (0..9_u64, 0..3_u64),
        credit in 0..50_u64,
        grace in 0..400_u64,
        stopped: bool,
    ) -> Reading {
        let others = Duties { made: others.0, missed: others.1 };
        Reading { position, duties: Duties { made, missed }, others, credit, grace, stopped }
    }
}

/// What one source saw, second by second from second 0; `None` where it saw nothing.
pub(crate) fn story() -> impl Strategy<Value = Vec<Option<Reading>>> {
    proptest::collection::vec(proptest::option::weighted(0.8, reading()), 0..30)
}

pub(crate) fn window(origin: &str, story: &[Option<Reading>]) -> Window<Reading> {
    let mut window = Window::new(Origin::new(origin).unwrap(), Duration::from_hours(1));
    for (second, outcome) in (0..).zip(story) {
        let blind = || ProbeError::Malformed { endpoint: "source".into(), reason: "no answer".into() };
        let at = Uptime(Duration::from_secs(second));
        window.push(Observation::new(at, Timestamp(0), outcome.ok_or_else(blind)));
    }
    window
}

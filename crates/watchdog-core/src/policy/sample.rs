//! Evidence for the policies' own tests.
use super::{Context, Decision, ThresholdPolicy, Verdict};
use crate::clock::{Timestamp, Uptime};
use crate::id::Origin;
use crate::probe::{Duties, Evidence, LocalReport, Observation, Performance};
use crate::window::{Views, Window};
use serde::Serialize;
use std::fmt;
use std::time::Duration;

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Sample {
    pub(super) position: u64,
    pub(super) epoch: u64,
    pub(super) made: u64,
    pub(super) missed: u64,
    pub(super) others: Option<Duties>,
    pub(super) credit: Option<u64>,
    pub(super) grace: Option<Duration>,
    pub(super) report: Option<LocalReport>,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Evidence for Sample {
    fn performance(&self) -> Performance {
        match (self.made, self.missed) {
            (0, 0) => Performance::Idle,
            (_, 0) => Performance::Performing,
            (0, _) => Performance::Failing,
            _ => Performance::Impaired,
        }
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn epoch(&self) -> Option<u64> {
        Some(self.epoch)
    }

    fn duties(&self) -> Duties {
        Duties { made: self.made, missed: self.missed }
    }

    fn others(&self) -> Option<Duties> {
        self.others
    }

    fn credit(&self) -> Option<u64> {
        self.credit
    }

    fn grace(&self) -> Option<Duration> {
        self.grace
    }

    fn local_report(&self) -> Option<LocalReport> {
        self.report
    }
}

pub(super) fn at(seconds: u64) -> Uptime {
    Uptime(Duration::from_secs(seconds))
}

/// One reading a second, from second 0 on.
pub(super) fn window(origin: &str, samples: &[Sample]) -> Window<Sample> {
    let mut window = Window::new(Origin::new(origin).unwrap(), Duration::from_hours(24));
    for (second, sample) in (0..).zip(samples) {
        window.push(Observation::new(at(second), Timestamp(0), Ok(*sample)));
    }
    window
}

pub(super) fn judge(policy: &impl ThresholdPolicy<Sample>, windows: &[Window<Sample>]) -> Decision {
    policy.judge(&Views::of(windows), &Context { explain: true, ..Context::at(at(20), Verdict::Unknown) })
}

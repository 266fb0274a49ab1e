//! How much time has surely passed from one entry to another.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use crate::clock::{BootTime, Clock};
use crate::journal::Entry;
use crate::journal::standing::Moment;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Time lived through by whoever wrote the journal, added up along its entries.
///
/// Only stretches between two neighbours of one boot count, by the boot clock. What lies between two
/// boots or two machines is unknown and counts as nothing, whatever the wall clock says: so the time
/// between two entries is never taken for longer than it was, and no jump of a clock, restart or
/// take-over frees a budget or ends a cool-down, hold or pause early. It may end late by as long as
/// the machine was off.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Timeline {
    lived: Duration,
    newest: Option<BootTime>,
}

impl Timeline {
    /// The time of `entry`, which comes after all others.
    pub fn advance(&mut self, entry: &Entry) -> Moment {
        self.lived = self.lived_at(&entry.boot);
        self.newest = Some(entry.boot.clone());
        Moment { at: entry.at, boot: entry.boot.clone(), lived: self.lived }
    }

    /// Now, in a form that compares with entries.
    pub fn now(&self, clock: &dyn Clock) -> Moment {
        let boot = BootTime { boot: clock.boot().clone(), up: clock.uptime() };
        Moment { at: clock.now(), lived: self.lived_at(&boot), boot }
    }

    /// Time from the newest entry to `now`.
    pub fn since_newest(&self, now: &Moment) -> Duration {
        now.lived.saturating_sub(self.lived)
    }

    fn lived_at(&self, boot: &BootTime) -> Duration {
        let since = self.newest.as_ref().and_then(|newest| boot.since(newest));
        self.lived.saturating_add(since.unwrap_or_default())
    }
}

//! Stretches in which duties were missed and none was done.
use super::real::{Real, Would};
use super::{Place, Replayed, WouldFailOver, seconds};
use crate::clock::{Timestamp, Uptime};
use crate::id::OperationId;
use crate::probe::Evidence;
use crate::status::{optional_text, text};
use serde::Serialize;
use std::time::Duration;

/// Duties were missed and none was done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outage {
    /// First miss seen.
    #[serde(serialize_with = "text")]
    pub from: Timestamp,
    /// First duty done after it; absent where the recording ends before.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub to: Option<Timestamp>,
    /// How long, at least.
    #[serde(rename = "lasted_seconds", serialize_with = "seconds")]
    pub lasted: Duration,
    /// How long, at least, where the new node had signed [`Trial::failover`](super::Trial::failover) after
    /// the decision.
    #[serde(rename = "with_failover_seconds", serialize_with = "seconds")]
    pub with_failover: Duration,
    /// The real failover in it that moved the validator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<OperationId>,
    /// That one would not have begun: nobody knows when it would have ended.
    pub would_go_on: bool,
    #[serde(skip)]
    pub(super) boot: usize,
}

impl Outage {
    /// Says how long it would have been with `starts`, and without the `reals`.
    pub(super) fn weigh(&mut self, starts: &[WouldFailOver], reals: &[Real], failover: Duration) {
        let end = self.from.after(self.lasted);
        let is_within = |at: Timestamp, place: &Place| place.boot == self.boot && (self.from..end).contains(&at);
        let start = starts.iter().find(|start| is_within(start.at, &start.place)).map(|start| start.at);
        let real = reals.iter().find(|real| real.by.is_none() && real.has_moved() && is_within(real.at, &real.place));
        self.ended_by = real.map(|real| real.operation.clone());
        self.would_go_on = real.is_some_and(|real| start.is_none() && matches!(real.would, Would::NotBegin { .. }));
        let signs = start.map(|start| start.after(failover).distance(self.from));
        self.with_failover = match (signs, start, real) {
            // Later than what really ended it: it would have lasted at least until then.
            (Some(signs), Some(start), Some(real)) if start > real.at => signs.max(self.lasted),
            (Some(signs), ..) => signs.min(self.lasted),
            (None, ..) => self.lasted,
        };
    }
}

/// The same by the time of its boot.
pub(super) struct Silence {
    from: Uptime,
    to: Option<Uptime>,
}

impl Silence {
    /// As it is told, where the recording of the boot ends at `end`.
    pub(super) fn told(&self, end: Uptime, boot: usize, wall: impl Fn(Uptime) -> Timestamp) -> Outage {
        let lasted = self.to.unwrap_or(end).since(self.from);
        let (from, to) = (wall(self.from), self.to.map(wall));
        Outage { from, to, lasted, with_failover: lasted, ended_by: None, would_go_on: false, boot }
    }
}

/// Of all observations of one boot, in order, by any source.
pub(super) fn silences<E: Evidence>(all: &[Replayed<E>]) -> Vec<Silence> {
    let mut found: Vec<Silence> = Vec::new();
    for replayed in all {
        let at = replayed.observation.at;
        let Ok(evidence) = &replayed.observation.outcome else { continue };
        let duties = evidence.duties();
        let open = found.last_mut().filter(|silence| silence.to.is_none());
        match open {
            Some(silence) if duties.made > 0 => silence.to = Some(at),
            None if duties.made == 0 && duties.missed > 0 => found.push(Silence { from: at, to: None }),
            _ => {}
        }
    }
    found
}

//! Operations that really happened, beside those that would have started.
use super::refused::Refused;
use super::{Change, Place, WouldFailOver};
use crate::action::{Kind, PlanRequest};
use crate::clock::Timestamp;
use crate::gates::Gate;
use crate::id::{NodeName, OperationId};
use crate::journal::Outcome;
use crate::policy::Verdict;
use crate::status::{optional_text, text};
use serde::Serialize;
use std::time::Duration;

/// An operation that the journal tells of, begun while observations were recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Real {
    /// Its name.
    pub operation: OperationId,
    /// When it began, by the clock of the observations.
    #[serde(serialize_with = "text")]
    pub at: Timestamp,
    /// When it ended; absent where the journal does not tell.
    #[serde(serialize_with = "optional_text")]
    pub closed: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Why the signer was to move.
    pub kind: Kind,
    /// The node that signed.
    pub from: NodeName,
    /// The node that should.
    pub to: Option<NodeName>,
    /// The operator who asked; absent: the watchdog itself.
    pub by: Option<String>,
    /// What the tried policy would have done instead.
    pub would: Would,
    #[serde(skip)]
    pub(super) place: Place,
    /// Whether the validator was observed then.
    #[serde(skip)]
    pub(super) is_seen: bool,
}

/// What becomes of a real operation under the tried policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Would {
    /// A person ordered it: it would have happened as it did.
    Ordered,
    /// It would have begun one for the same trouble.
    Begin {
        /// When.
        #[serde(serialize_with = "text")]
        at: Timestamp,
        /// How much later than the real one, seconds; earlier where negative.
        later_seconds: f64,
    },
    /// It would have begun none.
    NotBegin {
        /// What it would have said then.
        verdict: Verdict,
        /// What would have kept it from one, where it had said `Down`.
        refused: Option<Gate>,
        /// When it had begun one for the same trouble, in the place of another real one.
        #[serde(serialize_with = "optional_text")]
        begun: Option<Timestamp>,
    },
    /// Nobody knows: nothing was recorded then.
    Unseen,
}

impl Real {
    /// Before anything is known but that it began.
    pub(super) fn begun(
        operation: OperationId,
        request: &PlanRequest,
        by: Option<&String>,
        at: Timestamp,
        place: Place,
    ) -> Self {
        let PlanRequest { kind, from, to, .. } = request.clone();
        let would = if by.is_some() { Would::Ordered } else { Would::Unseen };
        let by = by.cloned();
        Self { operation, at, closed: None, outcome: None, kind, from, to, by, would, place, is_seen: false }
    }

    /// Whether the signer moved.
    pub(super) fn has_moved(&self) -> bool {
        self.outcome == Some(Outcome::Completed)
    }
}

/// Says of every real operation what would have become of it, and of every failover which real one it
/// stands for: the nearest begun for the same trouble, which is as long as the verdict was not `Healthy`
/// in between.
pub(super) fn compare(reals: &mut [Real], starts: &mut [WouldFailOver], verdicts: &[Change], refused: &[Refused]) {
    for real in reals.iter_mut().filter(|real| real.by.is_none() && real.is_seen) {
        let same = |start: &&mut WouldFailOver| is_same_trouble(real.place.round, start.place.round, verdicts);
        let distance = |start: &&mut WouldFailOver| start.place.round.abs_diff(real.place.round);
        let begun = starts.iter_mut().filter(same).min_by_key(distance);
        real.would = match begun {
            Some(start) if start.real.is_none() => {
                start.real = Some(real.operation.clone());
                Would::Begin { at: start.at, later_seconds: later(start.at, real.at) }
            }
            begun => {
                // It began between two judgements: the later one has seen what it acted upon.
                let (before, round) = (real.place.round, real.place.round.saturating_add(1));
                let verdict = in_force(round, verdicts).unwrap_or(Verdict::Unknown);
                let closed = refused.iter().find(|refused| refused.rounds.0 <= round && refused.rounds.1 >= before);
                let refused = closed.filter(|_| verdict == Verdict::Down).map(|refused| refused.gate.clone());
                Would::NotBegin { verdict, refused, begun: begun.map(|start| start.at) }
            }
        };
    }
}

/// The verdict of that judgement.
fn in_force(round: u64, verdicts: &[Change]) -> Option<Verdict> {
    let after = verdicts.partition_point(|change| change.place.round <= round);
    verdicts.get(after.checked_sub(1)?).map(|change| change.verdict)
}

/// Whether the validator was never healthy from one judgement to the other. A real operation stands
/// between two judgements; the later one has seen what it acted upon.
fn is_same_trouble(real: u64, start: u64, verdicts: &[Change]) -> bool {
    let real = real.saturating_add(1);
    let (first, last) = (real.min(start), real.max(start));
    let between = verdicts.iter().filter(|change| (first..=last).contains(&change.place.round));
    in_force(first, verdicts) != Some(Verdict::Healthy) && between.into_iter().all(|c| c.verdict != Verdict::Healthy)
}

fn later(would: Timestamp, real: Timestamp) -> f64 {
    let apart: Duration = would.distance(real);
    if would >= real { apart.as_secs_f64() } else { -apart.as_secs_f64() }
}

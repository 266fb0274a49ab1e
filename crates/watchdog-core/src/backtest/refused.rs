//! Why a `Down` led to no failover.
use super::supposed::When;
use crate::clock::Timestamp;
use crate::gates::Gate;
use crate::status::text;
use serde::Serialize;

/// For so long a verdict was `Down`, and one gate kept it from a failover.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refused {
    /// First judgement that was refused so.
    #[serde(serialize_with = "text")]
    pub from: Timestamp,
    /// Last one.
    #[serde(serialize_with = "text")]
    pub to: Timestamp,
    /// How many.
    pub judgements: u64,
    /// The gate with its numbers as they were at the first; at the last, where it waited for a `Down` that
    /// did not hold for long enough.
    pub gate: Gate,
    /// Number of the first judgement of all, and of the last.
    #[serde(skip)]
    pub(super) rounds: (u64, u64),
}

impl Refused {
    fn at(now: &When, gate: Gate) -> Self {
        Self { from: now.wall, to: now.wall, judgements: 1, gate, rounds: (now.place.round, now.place.round) }
    }

    /// Once more.
    fn again(&mut self, now: &When) {
        (self.to, self.rounds.1, self.judgements) = (now.wall, now.place.round, self.judgements.saturating_add(1));
    }
}

/// What became of the `Down` verdicts that follow each other.
#[derive(Debug, Default)]
pub(super) struct Downs {
    /// Those that are not confirmed yet.
    waiting: Option<Refused>,
    /// The newest of the refused ones is theirs, and nothing came after it.
    is_refused: bool,
    /// One of them led to a failover, or was refused by a gate behind the confirmation.
    is_settled: bool,
    /// One of them led to a failover, which is cooled down from.
    is_cooling: bool,
}

impl Downs {
    /// One that has not held for long enough yet.
    pub(super) fn wait(&mut self, now: &When, gate: Gate) {
        match &mut self.waiting {
            Some(waiting) => {
                waiting.again(now);
                waiting.gate = gate;
            }
            None => self.waiting = Some(Refused::at(now, gate)),
        }
    }

    /// One that a gate refused; goes on with the newest of `all` where that is the same refusal. That the
    /// recording goes on as it went while a failover of theirs is cooled down from is none.
    pub(super) fn refuse(&mut self, now: &When, gate: Gate, all: &mut Vec<Refused>) {
        self.waiting = None;
        self.is_cooling &= gate.closed.as_ref().is_some_and(|closed| closed.code == "cooldown");
        if self.is_cooling {
            return;
        }
        let code = |gate: &Gate| gate.closed.as_ref().map(|closed| closed.code.clone());
        match all.last_mut().filter(|newest| self.is_refused && code(&newest.gate) == code(&gate)) {
            Some(newest) => newest.again(now),
            None => all.push(Refused::at(now, gate)),
        }
        (self.is_refused, self.is_settled) = (true, true);
    }

    /// One that led to a failover.
    pub(super) fn lead_on(&mut self) {
        *self = Self { waiting: None, is_refused: false, is_settled: true, is_cooling: true };
    }

    /// No more of them follow. Where they only ever waited, that is the reason.
    pub(super) fn end(&mut self, all: &mut Vec<Refused>) {
        let Self { waiting, is_settled, .. } = std::mem::take(self);
        all.extend(waiting.filter(|_| !is_settled));
    }
}

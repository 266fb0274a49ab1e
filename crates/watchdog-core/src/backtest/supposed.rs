//! The journal as it would have been written: what the gates look at.
use super::Trial;
use crate::action::{Kind, PlanRequest, Receipt};
use crate::clock::{BootTime, Timestamp};
use crate::gates::Gate;
use crate::id::{InstanceId, NodeName};
use crate::journal::standing::{Account, Moment, Standing};
use crate::journal::timeline::Timeline;
use crate::journal::{Entry, FORMAT, Record};
use crate::payload::Payload;
use crate::plan::Plan;
use crate::policy::{Decision, Reason, Verdict};
use crate::saga::Next;
use serde_json::Value;
use std::time::Duration;

/// A moment of the recording, by both its clocks.
pub(super) struct When {
    pub(super) wall: Timestamp,
    pub(super) boot: BootTime,
}

/// What the journal would say. Folded by the same code as the real one.
pub(super) struct Supposed<'a> {
    trial: &'a Trial,
    standing: Standing,
    timeline: Timeline,
    verdict: Option<Verdict>,
    /// The newest judgement: time was lived through up to there.
    judged: Option<BootTime>,
}

impl<'a> Supposed<'a> {
    /// Nothing was written yet.
    pub(super) fn new(trial: &'a Trial) -> Self {
        let (standing, timeline) = (Standing::default(), Timeline::default());
        Self { trial, standing, timeline, verdict: None, judged: None }
    }

    /// A judgement was made.
    pub(super) fn judge(&mut self, decision: &Decision, now: &When) {
        if let Some(judged) = self.judged.take().filter(|judged| judged.boot != now.boot.boot) {
            self.pass(&When { wall: now.wall, boot: judged });
            self.pass(now);
        }
        self.judged = Some(now.boot.clone());
        if self.verdict.replace(decision.verdict) != Some(decision.verdict) {
            let (verdict, reason) = (decision.verdict, decision.reason.clone());
            self.write(Record::Judged { verdict, reason }, now);
        }
    }

    /// The first gate that keeps a failover from starting at `now`, in the order of the engine.
    pub(super) fn closed(&self, now: &When) -> Option<Gate> {
        let Self { trial, standing, .. } = self;
        let now = self.moment(now);
        let mut gates = trial.limits.gates(standing, &now);
        gates.extend(self.successor().map(|to| trial.limits.target(standing, to, &now)));
        gates.into_iter().find(|gate| gate.closed.is_some())
    }

    /// A failover starts. That it succeeds at once is supposed.
    pub(super) fn fail_over(&mut self, cause: &Reason, now: &When) {
        // A validator without nodes is one that nobody can move, and none is configured so.
        let Some(from) = self.signer().cloned().or_else(|| NodeName::new(self.trial.validator.as_str())) else {
            return;
        };
        let (kind, to, cause) = (Kind::Failover, self.successor().cloned(), Some(cause.clone()));
        let request = PlanRequest { kind, from, to, cause };
        let saga = self.standing.next_saga();
        self.write(Record::Planned { saga, request, plan: plan(), by: None, key: None }, now);
        while let Some(record) = self.standing.current().and_then(on_the_way) {
            self.write(record, now);
        }
    }

    /// The node that would sign. Where nobody knows, the one that is named first.
    fn signer(&self) -> Option<&NodeName> {
        self.standing.signer().or(self.trial.nodes.first())
    }

    /// Where the next failover would move validation: as chains choose, where no node refuses.
    fn successor(&self) -> Option<&NodeName> {
        let signer = self.signer();
        self.trial.nodes.iter().find(|node| Some(*node) != signer)
    }

    fn pass(&mut self, when: &When) {
        self.timeline.advance(&self.entry(Record::Elapsed {}, when));
    }

    fn write(&mut self, record: Record, now: &When) {
        let entry = self.entry(record, now);
        let moment = self.timeline.advance(&entry);
        let applied = self.standing.apply_at(&entry, moment);
        debug_assert!(applied.is_ok(), "only what may follow is written");
    }

    fn moment(&self, now: &When) -> Moment {
        self.timeline.clone().advance(&self.entry(Record::Elapsed {}, now))
    }

    fn entry(&self, record: Record, when: &When) -> Entry {
        let (at, boot) = (when.wall, when.boot.clone());
        let (instance, validator) = (InstanceId([0; 16]), Some(self.trial.validator.clone()));
        Entry { v: FORMAT, seq: 0, token: 0, instance, at, boot, validator, record }
    }
}

/// Any plan will do that moves validation.
fn plan() -> Plan<Value> {
    Plan::ready(Value::Null, Duration::ZERO).move_pointer(Value::Null, Duration::ZERO).build()
}

/// The next record of an operation in which everything succeeds; `None` once it is over.
fn on_the_way(account: &Account) -> Option<Record> {
    let (saga, epoch) = (account.saga.id(), account.saga.epoch());
    Some(match account.saga.next() {
        Next::Perform(step) => {
            let (epoch, payload) = (epoch.next(epoch.token), Payload::empty());
            Record::Intended { saga, step, attempt: 1, epoch, payload }
        }
        Next::Inspect(step) => Record::Done { saga, step, attempt: 1, receipt: Receipt(Value::Null) },
        Next::Close(outcome) => Record::Closed { saga, outcome },
        Next::Undo(_) | Next::Finished(_) => return None,
    })
}

//! The journal as it would have been written: what the gates look at.
use super::past::{Past, Placed};
use super::real::Real;
use super::{Place, Trial};
use crate::action::{Kind, PlanRequest, Receipt};
use crate::clock::{BootId, BootTime, Timestamp, Uptime};
use crate::gates::{Gate, fleet, under_way};
use crate::id::{InstanceId, NodeName, OperationId, SagaId, ValidatorName};
use crate::journal::fleet::Fleet;
use crate::journal::standing::{Account, Moment, Standing};
use crate::journal::timeline::Timeline;
use crate::journal::{Entry, FORMAT, Outcome, Record};
use crate::payload::Payload;
use crate::plan::Plan;
use crate::policy::{Decision, Reason, Verdict};
use crate::saga::{Impossible, Next};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// A judgement of the recording, by both its clocks.
pub(super) struct When {
    pub(super) wall: Timestamp,
    pub(super) boot: BootTime,
    pub(super) place: Place,
}

/// What the journal would say. Folded by the same code as the real one.
pub(super) struct Supposed<'a> {
    trial: &'a Trial,
    standing: Standing,
    fleet: Fleet,
    timeline: Timeline,
    verdict: Option<Verdict>,
    /// The newest judgement: time was lived through up to there.
    judged: Option<When>,
    past: Past,
    /// One moment of this boot by both its clocks.
    began: (Uptime, Timestamp),
    /// Position of the newest entry of the real journal.
    seq: u64,
    /// The real operation under way.
    open: Option<Open>,
    /// Other validators of the same failure domain with an operation under way.
    busy: BTreeSet<ValidatorName>,
    reals: Vec<Real>,
    torn: u64,
}

/// A real operation whose end was not read yet.
struct Open {
    saga: SagaId,
    /// What was written of it, where it binds what would have happened.
    bound: Option<Vec<(Entry, Moment)>>,
    /// How many entries.
    entries: u64,
    /// The node that signs once it is completed.
    to: Option<NodeName>,
    /// Which one of those that are told.
    real: Option<usize>,
}

impl<'a> Supposed<'a> {
    /// Nothing was written yet.
    pub(super) fn new(trial: &'a Trial, past: Past) -> Self {
        Self {
            trial,
            standing: Standing::default(),
            fleet: Fleet::default(),
            timeline: Timeline::default(),
            verdict: None,
            judged: None,
            past,
            began: (Uptime(Duration::ZERO), Timestamp(0)),
            seq: 0,
            open: None,
            busy: BTreeSet::new(),
            reals: Vec::new(),
            torn: 0,
        }
    }

    /// From now on it is another boot, in which `began` was one moment by both clocks.
    pub(super) fn boot(&mut self, boot: &BootId, began: (Uptime, Timestamp)) {
        self.past.place(boot, began);
        self.began = began;
    }

    /// A judgement was made. What really was written before it comes first.
    pub(super) fn judge(&mut self, decision: &Decision, now: &When) {
        self.catch_up(now);
        self.judged = Some(When { wall: now.wall, boot: now.boot.clone(), place: now.place });
        if self.verdict.replace(decision.verdict) != Some(decision.verdict) {
            let (verdict, reason) = (decision.verdict, decision.reason.clone());
            self.write(Record::Judged { verdict, reason }, now);
        }
    }

    /// The first gate that keeps a failover from starting at `now`, in the order of the engine.
    pub(super) fn closed(&self, now: &When) -> Option<Gate> {
        let Self { trial, standing, .. } = self;
        let now = self.moment(now);
        let mut gates = vec![under_way(self.current().as_ref())];
        gates.extend(trial.limits.gates(standing, &now));
        gates.push(fleet::correlation(self.fleet.hold()));
        let busy: Vec<_> = self.busy.iter().cloned().collect();
        gates.push(fleet::domain(trial.limits.act.failure_domain.as_ref(), &busy));
        gates.extend(self.successor().map(|to| trial.limits.target(standing, to, &now)));
        gates.into_iter().find(|gate| gate.closed.is_some())
    }

    /// A failover starts. That it succeeds at once is supposed.
    pub(super) fn fail_over(&mut self, cause: &Reason, now: &When) {
        // A validator without nodes is one that nobody can move, and none is configured so.
        let unnamed = || NodeName::new(self.trial.validator.as_str());
        let Some(from) = self.signer().cloned().or_else(unnamed) else { return };
        let (kind, to, cause) = (Kind::Failover, self.successor().cloned(), Some(cause.clone()));
        let request = PlanRequest { kind, from, to, cause, stated: None };
        let saga = self.standing.next_saga();
        self.write(Record::Planned { saga, request, plan: plan(), by: None, key: None }, now);
        while let Some(record) = self.standing.current().and_then(on_the_way) {
            self.write(record, now);
        }
    }

    /// The real operations that began between two judgements, and how many entries were left out because
    /// the operation that they belong to is not whole.
    pub(super) fn end(mut self) -> (Vec<Real>, u64) {
        // What was written after the last judgement tells how those ended.
        while let Some(Placed { entry, due }) = self.past.next(Uptime(Duration::MAX)) {
            let is_end = self.open.as_ref().is_some_and(|open| entry.record.saga() == Some(open.saga));
            if is_end && entry.validator.as_ref() == Some(&self.trial.validator) {
                let moment = self.timeline.advance(&entry);
                self.go_on(entry, moment, due);
            }
        }
        (self.reals, self.torn)
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

    /// The real operation that is under way and binds what would have happened.
    fn current(&self) -> Option<OperationId> {
        let open = self.open.as_ref().filter(|open| open.bound.is_some())?;
        Some(OperationId { validator: self.trial.validator.clone(), saga: open.saga })
    }

    /// Takes up what was written since the judgement before `now`.
    fn catch_up(&mut self, now: &When) {
        let judged = self.judged.take();
        let is_new_boot = judged.as_ref().is_some_and(|judged| judged.boot.boot != now.boot.boot);
        let mut written = self.past.next(now.boot.up);
        if written.is_none() && !is_new_boot {
            return;
        }
        if let Some(judged) = &judged {
            self.pass(judged);
        }
        while let Some(placed) = written {
            self.take(placed, judged.as_ref(), now);
            written = self.past.next(now.boot.up);
        }
        self.pass(now);
    }

    /// An entry of the real journal, written between the judgements `before` and `now`.
    fn take(&mut self, Placed { entry, due }: Placed, before: Option<&When>, now: &When) {
        let moment = self.timeline.advance(&entry);
        if self.seq.saturating_add(1) != entry.seq {
            // Nobody knows what the entries between said.
            self.busy.clear();
            self.lose();
        }
        self.seq = entry.seq;
        if let Record::Correlated { .. } | Record::Released { .. } = &entry.record {
            self.fleet.apply(&entry, &moment);
        }
        match &entry.validator {
            None => {}
            Some(validator) if *validator != self.trial.validator => self.note(&entry.record, validator),
            Some(_) => self.take_own(entry, moment, due, before, now),
        }
    }

    /// What another validator does.
    fn note(&mut self, record: &Record, other: &ValidatorName) {
        match record {
            Record::Planned { .. } if self.trial.beside.contains(other) => drop(self.busy.insert(other.clone())),
            Record::Closed { .. } => drop(self.busy.remove(other)),
            _ => {}
        }
    }

    fn take_own(&mut self, entry: Entry, moment: Moment, due: Uptime, before: Option<&When>, now: &When) {
        match &entry.record {
            // What the policy of that time made of it; this one judges for itself.
            Record::Judged { .. } if before.is_some() => {}
            Record::Judged { verdict, .. } => {
                self.verdict = Some(*verdict);
                self.apply(&entry, moment);
            }
            Record::Adopted { signer, .. } if self.standing.signer() == signer.as_ref() => {}
            Record::Planned { saga, request, by, .. } => {
                self.lose();
                let real = before.map(|before| self.tell(*saga, request, by.as_ref(), due, before, now));
                // What was begun by itself later is what another policy decided.
                let bound = (by.is_some() || before.is_none()).then(Vec::new);
                self.open = Some(Open { saga: *saga, bound, entries: 0, to: request.to.clone(), real });
                self.go_on(entry, moment, due);
            }
            record if record.saga().is_some() => self.go_on(entry, moment, due),
            _ => self.apply(&entry, moment),
        }
    }

    /// A real operation begins while observations are recorded.
    fn tell(
        &mut self,
        saga: SagaId,
        request: &PlanRequest,
        by: Option<&String>,
        due: Uptime,
        before: &When,
        now: &When,
    ) -> usize {
        let operation = OperationId { validator: self.trial.validator.clone(), saga };
        let place = Place { round: before.place.round, ..now.place };
        let mut real = Real::begun(operation, request, by, self.wall(due), place);
        let is_one_boot = before.boot.boot == now.boot.boot;
        real.is_seen = is_one_boot && now.boot.up.since(before.boot.up) <= self.trial.limits.period;
        self.reals.push(real);
        self.reals.len().saturating_sub(1)
    }

    /// The next entry of a real operation.
    fn go_on(&mut self, entry: Entry, moment: Moment, due: Uptime) {
        let Some(open) = self.open.as_mut().filter(|open| entry.record.saga() == Some(open.saga)) else {
            self.torn = self.torn.saturating_add(1);
            return;
        };
        open.entries = open.entries.saturating_add(1);
        let end = if let Record::Closed { outcome, .. } = &entry.record { Some(*outcome) } else { None };
        if let Some(bound) = &mut open.bound {
            bound.push((entry.clone(), moment.clone()));
        }
        let Some((outcome, open)) = end.and_then(|outcome| Some((outcome, self.open.take()?))) else { return };
        let at = self.wall(due);
        if let Some(real) = open.real.and_then(|index| self.reals.get_mut(index)) {
            (real.closed, real.outcome) = (Some(at), Some(outcome));
        }
        match open.bound {
            Some(bound) => self.fold(bound),
            None if outcome == Outcome::Completed && self.standing.signer() != open.to.as_ref() => {
                let note = "the real watchdog moved it".to_owned();
                self.apply(&Entry { record: Record::Adopted { signer: open.to, note }, ..entry }, moment);
            }
            None => {}
        }
    }

    /// Folds a whole operation, numbered on from those that would have been before it.
    fn fold(&mut self, entries: Vec<(Entry, Moment)>) {
        let (mut after, count) = (self.standing.clone(), entries.len() as u64);
        let mut one = |(mut entry, moment): (Entry, Moment)| {
            renumber(&mut entry.record, &after);
            after.apply_at(&entry, moment)
        };
        match entries.into_iter().try_for_each(&mut one) {
            Ok(()) => self.standing = after,
            Err(Impossible) => self.torn = self.torn.saturating_add(count),
        }
    }

    /// The end of the operation under way is not there.
    fn lose(&mut self) {
        self.torn = self.torn.saturating_add(self.open.take().map_or(0, |open| open.entries));
    }

    /// A moment of this boot on the wall.
    fn wall(&self, at: Uptime) -> Timestamp {
        let (up, wall) = self.began;
        let before = u64::try_from(up.since(at).as_millis()).unwrap_or(u64::MAX);
        Timestamp(wall.after(at.since(up)).0.saturating_sub(before))
    }

    fn pass(&mut self, when: &When) {
        self.timeline.advance(&self.entry(Record::Elapsed {}, when));
    }

    fn write(&mut self, record: Record, now: &When) {
        let entry = self.entry(record, now);
        let moment = self.timeline.advance(&entry);
        self.apply(&entry, moment);
    }

    fn apply(&mut self, entry: &Entry, moment: Moment) {
        let applied = self.standing.apply_at(entry, moment);
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
        Next::Close(outcome) => Record::Closed { saga, outcome, reason: None },
        Next::Undo(_) | Next::Finished(_) => return None,
    })
}

/// Gives a record of a real operation the numbers that it has after what is in `standing`.
fn renumber(record: &mut Record, standing: &Standing) {
    let current = standing.current().map(|account| (account.saga.id(), account.saga.epoch()));
    let number = current.map_or_else(|| standing.next_saga(), |(saga, _)| saga);
    if let (Record::Intended { epoch, .. } | Record::Undoing { epoch, .. }, Some((_, newest))) = (&mut *record, current)
    {
        *epoch = newest.next(newest.token);
    }
    match record {
        Record::Planned { saga, .. }
        | Record::Cancelled { saga, .. }
        | Record::Resumed { saga }
        | Record::Intended { saga, .. }
        | Record::Done { saga, .. }
        | Record::Refused { saga, .. }
        | Record::Expired { saga, .. }
        | Record::Undoing { saga, .. }
        | Record::Undone { saga, .. }
        | Record::Closed { saga, .. } => *saga = number,
        Record::Started { .. }
        | Record::Leased {}
        | Record::Judged { .. }
        | Record::Adopted { .. }
        | Record::Paused { .. }
        | Record::Unpaused { .. }
        | Record::Acknowledged { .. }
        | Record::Correlated { .. }
        | Record::Released { .. }
        | Record::Elapsed {} => {}
    }
}

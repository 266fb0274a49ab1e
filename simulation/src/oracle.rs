//! What must never happen, watched from outside: signatures, commands, and what is durable. No state
//! of an engine is looked at.
use crate::fault::Cell;
use crate::kernel::{Micros, SECOND};
use crate::wire::{Host, Request};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use watchdog_core::clock::BootTime;
use watchdog_core::id::{Epoch, SagaId, StepIndex};
use watchdog_core::journal::{Entry, Outcome, Record};
use watchdog_core::payload::Payload;
use watchdog_core::plan::{Authority, Role};
use watchdog_core::saga::{Phase, Saga};

/// Duties missed longer ago than this excuse no failover.
const MISSED_LATELY: Micros = 90 * SECOND;
const MINUTE: Micros = 60 * SECOND;

/// A rule of the safety model that did not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which: `I3`, `L2`.
    pub rule: &'static str,
    /// When, in seconds of true time since the run began.
    pub at_seconds: f64,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:.3} s: {}", self.rule, self.at_seconds, self.what)
    }
}

/// A state of section 5.1, with one for no failover at all.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Moment {
    /// No failover is under way.
    Armed,
    /// Nothing was done.
    Planned,
    /// The backup was proven ready.
    Proven,
    /// The fence was intended.
    Fencing,
    /// Everything before the activation is done.
    Fenced,
    /// The activation was intended.
    Activating,
    /// The activation is done.
    Effective,
    /// Steps are taken back.
    Reverting,
}

impl Moment {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Armed,
        Self::Planned,
        Self::Proven,
        Self::Fencing,
        Self::Fenced,
        Self::Activating,
        Self::Effective,
        Self::Reverting,
    ];

    fn of(saga: Option<&Saga>) -> Self {
        match saga.map(Saga::phase) {
            None | Some(Phase::Closed(_)) => Self::Armed,
            Some(Phase::Planned) => Self::Planned,
            Some(Phase::Proven) => Self::Proven,
            Some(Phase::Fencing) => Self::Fencing,
            Some(Phase::Fenced) => Self::Fenced,
            Some(Phase::Activating) => Self::Activating,
            Some(Phase::Effective) => Self::Effective,
            Some(Phase::Reverting) => Self::Reverting,
        }
    }
}

/// The limits that the oracle holds the watchdog to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) class: Authority,
    pub(crate) cooldown: Micros,
    pub(crate) per_day: u32,
}

/// Who made a signature.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    pub(crate) node: u8,
    /// Whether a person let this node sign, against the watchdog.
    pub(crate) by_hand: bool,
}

struct Alive {
    saga: SagaId,
    bytes: Vec<u8>,
    until: u64,
}

/// Everything that was seen so far.
pub(crate) struct Oracle {
    limits: Limits,
    pub(crate) violations: Vec<Violation>,
    pub(crate) saga: Option<Saga>,
    pub(crate) moment: Moment,
    /// States entered since the last look.
    pub(crate) entered: Vec<Moment>,
    pub(crate) planned: u64,
    pub(crate) planned_automatically: u64,
    pub(crate) outcomes: BTreeMap<&'static str, u64>,
    pub(crate) last_outcome: Option<(Outcome, u8, Option<u8>)>,
    pub(crate) activated_at: Option<Micros>,
    pub(crate) planned_at: Option<Micros>,
    pub(crate) nobody_adopted_at: Option<Micros>,
    pub(crate) blocked_at: Option<Micros>,
    pub(crate) signatures: u64,
    /// Faults begun, by the state at the time.
    pub(crate) hits: BTreeMap<(Cell, Moment), u64>,
    /// Ends of a watchdog, by the state at the time.
    pub(crate) crash_points: BTreeMap<Moment, u64>,
    pub(crate) token: u64,
    seq: u64,
    entry_token: u64,
    intents: BTreeMap<Epoch, Payload>,
    begun: BTreeSet<Epoch>,
    payloads: BTreeMap<(SagaId, StepIndex, u32), Payload>,
    keys: BTreeSet<String>,
    paused_until: Option<Micros>,
    cooling: Option<(Micros, Micros, Option<BootTime>)>,
    /// When the newest entry was written, by its writer: it may have been on its way for long.
    written: Option<BootTime>,
    automatic: VecDeque<Micros>,
    by_operator: bool,
    poisoned: BTreeSet<u32>,
    missed_at: Option<Micros>,
    alive: Vec<Alive>,
    pub(crate) slot: u64,
}

impl Oracle {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            violations: Vec::new(),
            saga: None,
            moment: Moment::Armed,
            entered: Vec::new(),
            planned: 0,
            planned_automatically: 0,
            outcomes: BTreeMap::new(),
            last_outcome: None,
            activated_at: None,
            planned_at: None,
            nobody_adopted_at: None,
            blocked_at: None,
            signatures: 0,
            hits: BTreeMap::new(),
            crash_points: BTreeMap::new(),
            token: 0,
            seq: 0,
            entry_token: 0,
            intents: BTreeMap::new(),
            begun: BTreeSet::new(),
            payloads: BTreeMap::new(),
            keys: BTreeSet::new(),
            paused_until: None,
            cooling: None,
            written: None,
            automatic: VecDeque::new(),
            by_operator: false,
            poisoned: BTreeSet::new(),
            missed_at: None,
            alive: Vec::new(),
            slot: 0,
        }
    }

    pub(crate) fn fail(&mut self, now: Micros, rule: &'static str, what: impl Into<String>) {
        let at_seconds = std::time::Duration::from_micros(now).as_secs_f64();
        self.violations.push(Violation { rule, at_seconds, what: what.into() });
    }

    /// A lease was granted.
    pub(crate) fn granted(&mut self, now: Micros, token: u64) {
        if token < self.token {
            self.fail(now, "I11", format!("token {token} granted after {}", self.token));
        }
        self.token = self.token.max(token);
    }

    /// The disk of `process` failed a write.
    pub(crate) fn poisoned(&mut self, process: u32) {
        self.poisoned.insert(process);
    }

    /// A command left a watchdog.
    pub(crate) fn sent(&mut self, now: Micros, process: u32, to: Host, command: &Request) {
        let Some(epoch) = command.epoch() else { return };
        let name = command.kind();
        // What follows the first message of a command is covered by its epoch, or by the ledger. Protection
        // moves after a look at the old node, which is that first message; it only ever grows.
        let is_first = self.begun.insert(epoch) && !matches!(command, Request::Protect { .. });
        if is_first && epoch.token != self.token {
            let newest = self.token;
            self.fail(now, "I1", format!("{name} to {to} under token {} while {newest} is granted", epoch.token));
        }
        if self.poisoned.contains(&process) {
            self.fail(now, "I13", format!("{name} to {to} after a write had failed"));
        }
        let Some(intended) = self.intents.get(&epoch).cloned() else {
            self.fail(now, "I2", format!("{name} to {to} with {epoch:?} and no durable intent"));
            return;
        };
        if let Request::Submit { bytes, .. } = command {
            if intended.bytes() != bytes {
                self.fail(now, "I12", "bytes submitted are not those intended");
            }
            self.submitted(now, bytes);
        }
    }

    /// No two transactions may be able to take effect.
    fn submitted(&mut self, now: Micros, bytes: &[u8]) {
        let Some(saga) = self.saga.as_ref().map(Saga::id) else { return };
        let slot = self.slot;
        self.alive.retain(|alive| alive.until > slot);
        if self.alive.iter().any(|alive| alive.bytes != bytes && alive.saga == saga) {
            self.fail(now, "I12", "a second payload while the first may still count");
        }
        if !self.alive.iter().any(|alive| alive.bytes == bytes) {
            let until = crate::ledger::Order::read(bytes).map_or(u64::MAX, |order| order.until);
            self.alive.push(Alive { saga, bytes: bytes.to_vec(), until });
        }
    }

    /// Entries became durable.
    pub(crate) fn appended(&mut self, now: Micros, entries: &[Entry]) {
        for entry in entries {
            if entry.seq != self.seq + 1 || entry.token < self.entry_token {
                let (seq, token) = (self.seq, self.entry_token);
                self.fail(now, "I11", format!("entry {} of token {} after {seq} of {token}", entry.seq, entry.token));
            }
            if entry.token != self.token {
                let newest = self.token;
                self.fail(
                    now,
                    "I11",
                    format!("entry {} of token {} while {newest} is granted", entry.seq, entry.token),
                );
            }
            (self.seq, self.entry_token) = (entry.seq, entry.token);
            self.written = Some(entry.boot.clone());
            self.record(now, &entry.record);
            let moment = Moment::of(self.saga.as_ref());
            if moment != self.moment {
                self.moment = moment;
                self.entered.push(moment);
            }
        }
    }

    /// An embedded journal was opened: what was confirmed must be there, and what is there counts.
    pub(crate) fn reopened(&mut self, now: Micros, found: &[Entry]) {
        let newest = found.last().map_or(0, |entry| entry.seq);
        if newest < self.seq {
            let confirmed = self.seq;
            self.fail(now, "I2", format!("{confirmed} entries were confirmed, {newest} are there after a restart"));
        }
        let unconfirmed: Vec<_> = found.iter().filter(|entry| entry.seq > self.seq).cloned().collect();
        self.appended(now, &unconfirmed);
    }

    fn record(&mut self, now: Micros, record: &Record) {
        match record {
            Record::Planned { by, key, .. } => {
                if let Some(key) = key
                    && !self.keys.insert(key.clone())
                {
                    self.fail(now, "I5", format!("two operations for one key {key}"));
                }
                if self.saga.is_some() {
                    self.fail(now, "I5", "an operation begins while another is open");
                }
                self.intents.clear();
                self.planned += 1;
                self.planned_at = Some(now);
                self.by_operator = by.is_some();
                if by.is_none() {
                    self.planned_automatically += 1;
                    self.check_automatic(now);
                }
                self.saga = Saga::open(record);
                return;
            }
            Record::Paused { lasts, .. } => {
                let lasts = lasts.map_or(Micros::MAX / 2, |lasts| u64::try_from(lasts.as_micros()).unwrap_or(u64::MAX));
                // A boot clock may run fast by a part in a thousand.
                self.paused_until = Some(now.saturating_add(lasts - lasts / 200));
            }
            Record::Unpaused { .. } => self.paused_until = None,
            Record::Acknowledged { .. } => self.cooling = None,
            Record::Adopted { signer: None, .. } => self.nobody_adopted_at = Some(now),
            Record::Intended { saga, step, attempt, epoch, payload } => {
                let before = self.payloads.insert((*saga, *step, *attempt), payload.clone());
                if before.is_some_and(|before| before != *payload) {
                    self.fail(now, "I12", format!("two payloads for attempt {attempt} of step {}", step.0));
                }
                if self.intents.last_key_value().is_some_and(|(newest, _)| epoch.token < newest.token) {
                    self.fail(now, "I11", format!("{epoch:?} after a newer token"));
                }
                self.intents.insert(*epoch, payload.clone());
                let role = self.saga.as_ref().and_then(|s| s.parts().nth(step.0.into()).map(|(part, _)| part.role));
                if role == Some(Role::Activate) {
                    self.activated_at.get_or_insert(now);
                }
            }
            Record::Undoing { epoch, .. } => {
                self.intents.insert(*epoch, Payload::empty());
            }
            _ => {}
        }
        if record.saga().is_some() {
            self.advance(now, record);
        }
    }

    fn advance(&mut self, now: Micros, record: &Record) {
        let after = self.saga.take().map(|saga| saga.after(record));
        match after {
            Some(Ok(saga)) => {
                if let Record::Closed { outcome, .. } = record {
                    self.closed(now, *outcome);
                    self.note_roles(&saga, *outcome);
                } else {
                    self.saga = Some(saga);
                }
            }
            Some(Err(_)) | None => self.fail(now, "I5", format!("the journal contradicts itself: {record:?}")),
        }
    }

    fn note_roles(&mut self, saga: &Saga, outcome: Outcome) {
        let step = saga.plan().steps().first().map(|planned| planned.step.clone());
        let number = |name: &str| {
            let found = step.as_ref().and_then(|step| step.get(name)).and_then(serde_json::Value::as_u64);
            found.and_then(|number| u8::try_from(number).ok())
        };
        self.last_outcome = number("from").map(|from| (outcome, from, number("to")));
    }

    fn closed(&mut self, now: Micros, outcome: Outcome) {
        let name = match outcome {
            Outcome::Completed => "completed",
            Outcome::Reverted => "reverted",
            Outcome::Aborted => "aborted",
            Outcome::Failed => "failed",
            Outcome::Blocked => "blocked",
        };
        *self.outcomes.entry(name).or_default() += 1;
        if outcome == Outcome::Blocked {
            self.blocked_at = Some(now);
        }
        let cooldown = if outcome == Outcome::Aborted { MINUTE } else { self.limits.cooldown };
        self.cooling = Some((now, cooldown, self.written.clone()));
        if !self.by_operator && outcome != Outcome::Aborted {
            self.automatic.push_back(now);
        }
    }

    fn check_automatic(&mut self, now: Micros) {
        if let Some((since, cooldown, closed)) = &self.cooling {
            let (since, cooldown) = (*since, *cooldown);
            let by_writer = self.written.as_ref().zip(closed.as_ref()).filter(|(now, then)| now.boot == then.boot);
            let by_writer = by_writer.map(|(now, then)| now.up.since(then.up).as_micros());
            let passed = (now - since).max(by_writer.and_then(|passed| u64::try_from(passed).ok()).unwrap_or(0));
            if passed < cooldown - cooldown / 200 {
                self.fail(now, "I6", format!("automatic failover {passed} µs into a cool-down of {cooldown} µs"));
            }
        }
        if self.automatic.len() >= self.limits.per_day as usize {
            let most = self.limits.per_day;
            self.fail(now, "I6", format!("automatic failover over the budget of {most} in a day"));
        }
        if self.paused_until.is_some_and(|until| now < until) {
            self.fail(now, "I14", "automatic failover while paused");
        }
        if self.missed_at.is_none_or(|missed| now - missed > MISSED_LATELY) {
            self.fail(now, "I4", "automatic failover of a validator that missed nothing lately");
        }
    }

    /// The signatures of one slot, and whether the chain took one of them.
    pub(crate) fn signed(&mut self, now: Micros, slot: u64, signatures: &[Signature], is_made: bool) {
        self.slot = slot;
        self.signatures += signatures.len() as u64;
        if !is_made {
            self.missed_at = Some(now);
        }
        let ours = signatures.iter().all(|signature| !signature.by_hand);
        if self.limits.class != Authority::Idempotent && signatures.len() > 1 && ours {
            let nodes: Vec<_> = signatures.iter().map(|signature| signature.node).collect();
            self.fail(now, "I3", format!("slot {slot} has several signers: {nodes:?}"));
        }
    }
}

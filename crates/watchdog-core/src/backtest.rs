//! What would have happened under another policy: recorded observations, judged again.
//!
//! Pure. What a failover would have changed in the world is not simulated: the recording goes on as
//! it went, so the first failover of an outage is well founded and everything after it an estimate.
//!
//! ```text
//! observations ── windows ── policy ── Down ── gates ──► would fail over, or refused
//!                                               ▲                │
//! real journal ─── pauses, holds, orders ───────┴─── the journal that would have been written
//! ```
pub mod outage;
pub mod past;
pub mod real;
pub mod refused;
mod supposed;

use crate::clock::{BootId, BootTime, Timestamp, Uptime};
use crate::gates::{self, Limits};
use crate::id::{NodeName, OperationId, Origin, ValidatorName};
use crate::journal::Entry;
use crate::policy::{Context, Decision, Reason, ThresholdPolicy, Verdict};
use crate::probe::{Evidence, Observation, ProbeError};
use crate::recording::{Facts, Recorded, Seen};
use crate::status::text;
use crate::window::{Views, Window};
use outage::{Outage, silences};
use past::{JournalRead, Past};
use real::Real;
use refused::{Downs, Refused};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;
use supposed::{Supposed, When};

/// One thing that a backtest is told, in any order; observations of one boot after those of another.
#[derive(Clone, Debug)]
pub enum Line {
    /// What a source said.
    Observed(Recorded),
    /// What the journal says.
    Journaled(Entry),
}

/// One observation as it was made.
#[derive(Debug)]
pub struct Replayed<E> {
    /// Name of the source.
    pub source: String,
    /// Failure domain of the source.
    pub origin: Origin,
    /// Which boot `observation.at` counts from.
    pub boot: BootId,
    /// What was seen, and when.
    pub observation: Observation<E>,
}

impl From<Recorded> for Replayed<Facts> {
    /// For chain-neutral policies.
    fn from(recorded: Recorded) -> Self {
        Self::read(recorded, |seen| Some(seen.facts))
    }
}

impl<E> Replayed<E> {
    /// With the chain's own evidence, which `read` takes out of what was seen; where it cannot, the
    /// observation counts as one that saw nothing.
    pub fn read(recorded: Recorded, read: impl FnOnce(Seen) -> Option<E>) -> Self {
        let (at, wall) = (recorded.up(), recorded.at);
        let Recorded { source, origin, boot, seen, .. } = recorded;
        let nothing = || ProbeError::Malformed { endpoint: source.clone(), reason: "nothing was recorded".to_owned() };
        let outcome = seen.and_then(read).ok_or_else(nothing);
        Self { source, origin, boot, observation: Observation::new(at, wall, outcome) }
    }
}

/// What is tried, besides the policy.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Whose observations they are.
    pub validator: ValidatorName,
    /// The nodes that could sign, in the order of preference as successors.
    pub nodes: Vec<NodeName>,
    /// Time from one judgement to the next, and what keeps the engine from acting by itself.
    pub limits: Limits,
    /// Other validators of the same failure domain.
    pub beside: BTreeSet<ValidatorName>,
    /// From the decision until the new node signs.
    pub failover: Duration,
}

/// What would have happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Backtest {
    /// Judgements made.
    pub judged: u64,
    /// Each change of the verdict, oldest first.
    pub verdicts: Vec<Change>,
    /// Each failover that would have started, oldest first.
    pub failovers: Vec<WouldFailOver>,
    /// Each stretch in which the verdict was `Down` and a gate kept it from a failover, oldest first.
    pub refused: Vec<Refused>,
    /// Each operation that really began while observations were recorded, oldest first.
    #[serde(rename = "operations")]
    pub reals: Vec<Real>,
    /// What was read of the real journal; absent where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalRead>,
    /// Each stretch in which duties were missed and none was done, oldest first.
    pub outages: Vec<Outage>,
    /// All of them together, as they were.
    #[serde(rename = "outage_seconds", serialize_with = "seconds")]
    pub outage: Duration,
    /// The same where the new node had signed [`Trial::failover`] after each decision.
    #[serde(rename = "outage_with_failover_seconds", serialize_with = "seconds")]
    pub outage_with_failover: Duration,
    /// Whether it would have been longer still: a real failover ended one that would not have begun.
    pub outage_would_go_on: bool,
    /// Failovers that would have moved a validator which was signing.
    pub false_positives: u64,
}

/// What became of recorded observations, as far as they could be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// What would have happened.
    pub backtest: Backtest,
    /// Observations whose evidence is not of this chain, or of an older form. They were judged as if
    /// nothing had been seen.
    pub unreadable: u64,
}

/// As [`backtest`], for observations as they were recorded.
pub fn recorded<E: Evidence>(
    lines: impl IntoIterator<Item = Line>,
    policy: &dyn ThresholdPolicy<E>,
    trial: &Trial,
) -> Judged {
    let mut unreadable = 0_u64;
    let mut recall = |seen: Seen| {
        let evidence = E::recall(&seen.evidence);
        unreadable = unreadable.saturating_add(evidence.is_none().into());
        evidence
    };
    let (mut boots, mut journal) = (Vec::<Vec<Replayed<E>>>::new(), Vec::new());
    for line in lines {
        match line {
            Line::Observed(recorded) => file(&mut boots, Replayed::read(recorded, &mut recall)),
            Line::Journaled(entry) => journal.push(entry),
        }
    }
    let backtest = judge(boots, journal, policy, trial);
    Judged { backtest, unreadable }
}

/// The verdict changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// When.
    #[serde(serialize_with = "text")]
    pub at: Timestamp,
    /// To what.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    #[serde(skip)]
    place: Place,
}

/// Where in the recording.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Place {
    /// Number of the boot.
    boot: usize,
    /// Number of the judgement, from 1; that of the one before for what lies between two.
    round: u64,
}

/// A failover would have started.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WouldFailOver {
    /// When.
    #[serde(serialize_with = "text")]
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// Whether a duty done was seen before the new node could have signed, and before a real operation moved
    /// the validator: the old one was alive.
    pub is_false_positive: bool,
    /// The real operation in whose place it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub real: Option<OperationId>,
    #[serde(skip)]
    place: Place,
    /// When a duty done was seen, before the new node could have signed.
    #[serde(skip)]
    alive: Option<Timestamp>,
}

impl WouldFailOver {
    /// Whether the old node did the duty that was seen: no real operation had moved the validator by then.
    fn moves_a_signer(&self, reals: &[Real]) -> bool {
        let moved_before = |alive: Timestamp, real: &Real| {
            let is_beside = self.real.as_ref() == Some(&real.operation) || real.closed.is_none_or(|end| end > self.at);
            real.has_moved() && real.place.boot == self.place.boot && real.at <= alive && is_beside
        };
        self.alive.is_some_and(|alive| !reals.iter().any(|real| moved_before(alive, real)))
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

/// Judges `observations` of one validator again by `policy`, round by round as the engine does, and has
/// every failover pass the engine's own gates.
///
/// Observations may come in any order within one boot; boots come one after the other. What was seen is
/// forgotten at a new boot, and where nothing was recorded for longer than the policy remembers. What
/// gates look at is not: it lies in the journal that would have been written.
///
/// That is the real `journal` as far as it goes, in any order: its pauses, holds and acknowledgements, and
/// the operations that people ordered or that were begun before anything was recorded. What the watchdog
/// began by itself later is what another policy decided: it binds nothing, is shown beside what this one
/// would have begun, and where it moved the validator, that is adopted as in the engine.
pub fn backtest<E: Evidence>(
    observations: impl IntoIterator<Item = Replayed<E>>,
    journal: Vec<Entry>,
    policy: &dyn ThresholdPolicy<E>,
    trial: &Trial,
) -> Backtest {
    let mut boots = Vec::new();
    observations.into_iter().for_each(|replayed| file(&mut boots, replayed));
    judge(boots, journal, policy, trial)
}

/// Adds an observation to its boot: that of the one before, or another that begins with it.
fn file<E>(boots: &mut Vec<Vec<Replayed<E>>>, replayed: Replayed<E>) {
    match boots.last_mut() {
        Some(boot) if boot.last().is_some_and(|last| last.boot == replayed.boot) => boot.push(replayed),
        _ => boots.push(vec![replayed]),
    }
}

/// Observations of one boot after those of another.
fn judge<E: Evidence>(
    boots: Vec<Vec<Replayed<E>>>,
    journal: Vec<Entry>,
    policy: &dyn ThresholdPolicy<E>,
    trial: &Trial,
) -> Backtest {
    let is_journaled = !journal.is_empty();
    let (past, read) = Past::of(journal, &trial.validator);
    let (found, life) = (Backtest::default(), Vec::new());
    let mut run = Run { policy, trial, found, life, boots: 0, supposed: Supposed::new(trial, past) };
    for boot in boots {
        run.boot(boot);
    }
    run.finish(is_journaled.then_some(read))
}

struct Run<'a, E> {
    policy: &'a dyn ThresholdPolicy<E>,
    trial: &'a Trial,
    found: Backtest,
    /// When duties done were seen in this boot.
    life: Vec<Uptime>,
    /// Boots so far.
    boots: usize,
    supposed: Supposed<'a>,
}

/// What the engine would remember between two rounds.
struct Memory {
    before: Verdict,
    suspect: Option<Uptime>,
    downs: Downs,
}

impl Memory {
    fn new() -> Self {
        Self { before: Verdict::Unknown, suspect: None, downs: Downs::default() }
    }
}

impl<E: Evidence> Run<'_, E> {
    /// All observations of one boot.
    fn boot(&mut self, mut all: Vec<Replayed<E>>) {
        all.sort_by_key(|replayed| replayed.observation.at);
        let Some((first, last)) = all.first().zip(all.last()) else { return };
        let (mut now, end) = (first.observation.at, last.observation.at);
        let (boot, began) = (first.boot.clone(), (first.observation.at, first.observation.wall));
        let wall = |at: Uptime| began.1.after(at.since(began.0));
        self.boots = self.boots.saturating_add(1);
        self.supposed.boot(&boot, began);
        let done = |r: &&Replayed<E>| r.observation.outcome.as_ref().is_ok_and(|e| e.duties().made > 0);
        self.life = all.iter().filter(done).map(|r| r.observation.at).collect();
        self.found.outages.extend(silences(&all).into_iter().map(|silence| silence.told(end, self.boots, wall)));
        let mut memory = Memory::new();
        let (mut windows, mut waiting) = (Vec::<(String, Window<E>)>::new(), all.into_iter().peekable());
        while now <= end {
            while let Some(replayed) = waiting.next_if(|next| next.observation.at <= now) {
                self.see(&mut windows, replayed);
            }
            let place = Place { boot: self.boots, round: self.found.judged.saturating_add(1) };
            let when = When { wall: wall(now), boot: BootTime { boot: boot.clone(), up: now }, place };
            self.judge(&windows, &when, &mut memory);
            let next = now.after(self.trial.limits.period.max(Duration::from_millis(1)));
            let later = waiting.peek().map(|next| next.observation.at);
            let is_gap = later.is_some_and(|later| later.since(now) > self.policy.span().max(self.trial.limits.period));
            if is_gap {
                windows.clear();
                self.forget(&mut memory);
            }
            now = later.filter(|_| is_gap).unwrap_or(next);
        }
        self.forget(&mut memory);
    }

    /// Nothing is known any more of what was seen.
    fn forget(&mut self, memory: &mut Memory) {
        memory.downs.end(&mut self.found.refused);
        *memory = Memory::new();
    }

    fn see(&self, windows: &mut Vec<(String, Window<E>)>, replayed: Replayed<E>) {
        let Replayed { source, origin, observation, .. } = replayed;
        let place = windows.iter().position(|(name, _)| *name == source).unwrap_or_else(|| {
            windows.push((source, Window::new(origin, self.policy.span())));
            windows.len().saturating_sub(1)
        });
        if let Some((_, window)) = windows.get_mut(place) {
            window.push(observation);
        }
    }

    /// One round.
    fn judge(&mut self, windows: &[(String, Window<E>)], now: &When, memory: &mut Memory) {
        let views = Views::of(windows.iter().map(|(_, window)| window));
        let decision = self.policy.judge(&views, &Context::at(now.boot.up, memory.before));
        self.found.judged = now.place.round;
        if decision.verdict != memory.before || self.found.verdicts.is_empty() {
            let (at, reason, place) = (now.wall, decision.reason.clone(), now.place);
            self.found.verdicts.push(Change { at, verdict: decision.verdict, reason, place });
        }
        self.supposed.judge(&decision, now);
        memory.before = decision.verdict;
        if decision.verdict == Verdict::Down {
            self.act(decision, now, memory);
            return;
        }
        memory.suspect = None;
        memory.downs.end(&mut self.found.refused);
    }

    /// What a `Down` leads to.
    fn act(&mut self, decision: Decision, now: &When, memory: &mut Memory) {
        let since = *memory.suspect.get_or_insert(now.boot.up);
        let needed = self.trial.limits.act.confirmation(decision.urgency);
        let unconfirmed = gates::confirmed(now.boot.up.since(since), needed);
        if unconfirmed.closed.is_some() {
            memory.downs.wait(now, unconfirmed);
            return;
        }
        if let Some(closed) = self.supposed.closed(now) {
            memory.downs.refuse(now, closed, &mut self.found.refused);
            return;
        }
        self.supposed.fail_over(&decision.reason, now);
        let signs = now.boot.up.after(self.trial.failover);
        let alive = self.life.iter().find(|life| (now.boot.up..signs).contains(life));
        let alive = alive.map(|life| now.wall.after(life.since(now.boot.up)));
        let (at, reason, place) = (now.wall, decision.reason, now.place);
        self.found.failovers.push(WouldFailOver { at, reason, is_false_positive: false, real: None, place, alive });
        memory.downs.lead_on();
        memory.suspect = None;
    }

    /// Lays it beside what really happened, and adds up what was lost, and what would have been.
    fn finish(self, read: Option<JournalRead>) -> Backtest {
        let Self { mut found, supposed, trial, .. } = self;
        let (mut reals, torn) = supposed.end();
        real::compare(&mut reals, &mut found.failovers, &found.verdicts, &found.refused);
        for start in &mut found.failovers {
            start.is_false_positive = start.moves_a_signer(&reals);
            found.false_positives = found.false_positives.saturating_add(start.is_false_positive.into());
        }
        for outage in &mut found.outages {
            outage.weigh(&found.failovers, &reals, trial.failover);
            found.outage = found.outage.saturating_add(outage.lasted);
            found.outage_with_failover = found.outage_with_failover.saturating_add(outage.with_failover);
            found.outage_would_go_on |= outage.would_go_on;
        }
        (found.reals, found.journal) = (reals, read.map(|read| JournalRead { torn, ..read }));
        found
    }
}

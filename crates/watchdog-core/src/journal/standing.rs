//! What the journal says about one validator: the fold that gates, display and resumption share.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use crate::action::PlanRequest;
use crate::clock::{BootTime, Timestamp};
use crate::id::{Epoch, NodeName, SagaId};
use crate::journal::{Entry, Outcome, Record};
use crate::policy::Verdict;
use crate::saga::{Impossible, Saga};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// One validator as its journal has it. The fold of its entries, and nothing else.
///
/// There is one for every validator watched, and most have neither pause nor saga: those lie elsewhere.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Standing {
    signer: Option<NodeName>,
    verdict: Option<Verdict>,
    pause: Option<Box<Pause>>,
    current: Option<Box<Account>>,
    finished: Vec<Finished>,
    cooling: Option<Box<Moment>>,
    acknowledged: bool,
    sagas: u64,
    /// Of the newest command of any saga.
    #[serde(default)]
    epoch: Epoch,
    /// When the verdict changed, oldest first, by the journal's timeline.
    changes: VecDeque<Duration>,
}

/// Changes of the verdict that are remembered: more than any flap score looks at.
const CHANGES: usize = 64;
/// After this time nothing is left that a gate would wait for, unless it is set to even longer.
const OLD: Duration = Duration::from_hours(24 * 31);

/// A point in time that can be compared after a restart.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Moment {
    /// On the wall, for people.
    pub at: Timestamp,
    /// Since boot.
    pub boot: BootTime,
    /// By the journal's [`Timeline`](super::timeline::Timeline): the only part that is compared.
    #[serde(rename = "lived_ns", with = "nanoseconds")]
    pub lived: Duration,
}

impl Moment {
    /// Time that has surely passed since `earlier`; nothing where that lies ahead.
    pub fn since(&self, earlier: &Self) -> Duration {
        self.lived.saturating_sub(earlier.lived)
    }
}

/// An operator's pause.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Pause {
    /// When it was asked for.
    pub since: Moment,
    /// For how long; `None`: until somebody resumes.
    pub lasts: Option<Duration>,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
}

impl Pause {
    /// Whether it still holds at `now`.
    pub fn holds(&self, now: &Moment) -> bool {
        self.lasts.is_none_or(|lasts| now.since(&self.since) < lasts)
    }
}

/// A saga with what was asked, and when.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Account {
    /// What was asked, and why.
    pub request: PlanRequest,
    /// The operator who asked; `None`: the watchdog itself.
    pub by: Option<String>,
    /// Key under which the same request may be repeated.
    pub key: Option<String>,
    /// When it was planned.
    pub opened: Moment,
    /// When its newest entry was written.
    pub touched: Moment,
    /// The newest reason given for a step that was given up.
    pub trouble: Option<String>,
    /// Its state.
    pub saga: Saga,
}

/// A saga that is over.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Finished {
    /// The saga with what was asked.
    pub account: Account,
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    pub closed: Moment,
}

impl Standing {
    /// The standing after `entry`, which is about this validator. Time stands still in it: what gates
    /// look at is folded with [`apply_at`](Self::apply_at).
    ///
    /// # Errors
    /// Where the entry does not follow: the journal contradicts itself.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Impossible> {
        self.apply_at(entry, Moment { at: entry.at, boot: entry.boot.clone(), lived: Duration::ZERO })
    }

    /// The standing after `entry`, which is about this validator and was written at `now`.
    ///
    /// # Errors
    /// Where the entry does not follow: the journal contradicts itself.
    pub fn apply_at(&mut self, entry: &Entry, now: Moment) -> Result<(), Impossible> {
        match &entry.record {
            Record::Started { .. }
            | Record::Leased { .. }
            | Record::Correlated { .. }
            | Record::Released { .. }
            | Record::Elapsed {} => {}
            Record::Judged { verdict, .. } => self.judge(*verdict, &now),
            Record::Adopted { signer, .. } => {
                if self.signer.is_some() {
                    (self.cooling, self.acknowledged) = (Some(Box::new(now)), false);
                }
                self.signer.clone_from(signer);
            }
            Record::Paused { lasts, reason, by } => {
                let pause = Pause { since: now, lasts: *lasts, reason: reason.clone(), by: by.clone() };
                self.pause = Some(Box::new(pause));
            }
            Record::Unpaused { .. } => self.pause = None,
            Record::Acknowledged { .. } => self.acknowledged = true,
            Record::Planned { request, by, key, .. } => self.open(entry, now, request, by.as_ref(), key.as_ref())?,
            record => self.advance(record, now)?,
        }
        Ok(())
    }

    fn judge(&mut self, verdict: Verdict, now: &Moment) {
        if self.verdict.replace(verdict) != Some(verdict) {
            self.changes.push_back(now.lived);
            while self.changes.len() > CHANGES {
                self.changes.pop_front();
            }
        }
    }

    fn open(
        &mut self,
        entry: &Entry,
        now: Moment,
        request: &PlanRequest,
        by: Option<&String>,
        key: Option<&String>,
    ) -> Result<(), Impossible> {
        let saga = Saga::open(&entry.record)
            .filter(|saga| self.current.is_none() && saga.id() == self.next_saga())
            .ok_or(Impossible)?
            .following(self.epoch);
        self.sagas = saga.id().0;
        let (by, key) = (by.cloned(), key.cloned());
        let request = request.clone();
        let account = Account { request, by, key, opened: now.clone(), touched: now, trouble: None, saga };
        self.current = Some(Box::new(account));
        Ok(())
    }

    fn advance(&mut self, record: &Record, now: Moment) -> Result<(), Impossible> {
        let account =
            self.current.as_mut().filter(|account| record.saga() == Some(account.saga.id())).ok_or(Impossible)?;
        account.saga = account.saga.clone().after(record)?;
        account.touched = now.clone();
        self.epoch = account.saga.epoch();
        if let Record::Refused { reason, .. } = record {
            account.trouble = Some(reason.clone());
        }
        if let Record::Closed { outcome, .. } = record
            && let Some(account) = self.current.take()
        {
            if *outcome == Outcome::Completed {
                self.signer.clone_from(&account.request.to);
            }
            (self.cooling, self.acknowledged) = (Some(Box::new(now.clone())), false);
            self.finished.push(Finished { account: *account, outcome: *outcome, closed: now });
        }
        Ok(())
    }

    /// The same standing with no more finished sagas than gates and repeated requests look at: the
    /// `newest`, and as many of those that budgets count, since any number that came to nothing may
    /// have ended after them.
    #[must_use]
    pub fn condensed(&self, newest: usize) -> Self {
        let most = newest.max(1);
        let counted: Vec<_> = self.finished.iter().enumerate().filter(|(_, f)| f.outcome != Outcome::Aborted).collect();
        let first_counted = counted.get(counted.len().saturating_sub(most)).map_or(usize::MAX, |(index, _)| *index);
        let first = self.finished.len().saturating_sub(most);
        let is_kept = |(index, f): &(usize, &Finished)| {
            *index >= first || (*index >= first_counted && f.outcome != Outcome::Aborted)
        };
        let finished = self.finished.iter().enumerate().filter(is_kept).map(|(_, f)| f.clone()).collect();
        Self { finished, ..self.clone() }
    }

    /// When the verdict changed, oldest first; the newest of them only.
    pub fn changes(&self) -> impl DoubleEndedIterator<Item = Duration> {
        self.changes.iter().copied()
    }

    /// Whether a budget, a cool-down or a pause may be waiting for time to pass.
    pub fn counts_on_time(&self, now: &Moment) -> bool {
        let pause = self.pause.as_ref().filter(|pause| pause.lasts.is_some()).map(|pause| &pause.since);
        let last = self.finished.last().map(|finished| &finished.closed);
        [pause, last, self.cooling.as_deref()].into_iter().flatten().any(|began| now.since(began) < OLD)
    }

    /// The node that signs; `None` where none does or nobody knows yet.
    pub fn signer(&self) -> Option<&NodeName> {
        self.signer.as_ref()
    }

    /// The newest verdict journaled.
    pub fn verdict(&self) -> Option<Verdict> {
        self.verdict
    }

    /// The operator's pause, where it holds at `now`.
    pub fn pause(&self, now: &Moment) -> Option<&Pause> {
        self.pause.as_deref().filter(|pause| pause.holds(now))
    }

    /// The saga that is not over.
    pub fn current(&self) -> Option<&Account> {
        self.current.as_deref()
    }

    /// Sagas that are over, oldest first.
    pub fn finished(&self) -> &[Finished] {
        &self.finished
    }

    /// When the newest cool-down began, unless an operator has acknowledged its cause.
    pub fn cooling(&self) -> Option<&Moment> {
        self.cooling.as_deref().filter(|_| !self.acknowledged)
    }

    /// The last saga, where it ended without a proof of who signs and nobody has acknowledged that.
    pub fn blocked(&self) -> Option<&Finished> {
        let unproven = |f: &&Finished| matches!(f.outcome, Outcome::Blocked | Outcome::Failed);
        self.finished.last().filter(unproven).filter(|_| !self.acknowledged)
    }

    /// Number of the next saga.
    pub fn next_saga(&self) -> SagaId {
        SagaId(self.sagas.saturating_add(1))
    }

    /// The saga that was asked for under this key.
    pub fn keyed(&self, key: &str) -> Option<&Account> {
        let all = self.finished.iter().map(|f| &f.account).chain(self.current());
        all.rev().find(|account| account.key.as_deref() == Some(key))
    }
}

/// Whole nanoseconds, as far as 64 bits reach: 584 years.
mod nanoseconds {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Ok(Duration::from_nanos(u64::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{BootId, Uptime};

    fn moment(lived: u64) -> Moment {
        let boot = BootTime { boot: BootId("a".into()), up: Uptime(Duration::ZERO) };
        Moment { at: Timestamp(0), boot, lived: Duration::from_secs(lived) }
    }

    #[test]
    fn time_that_lies_ahead_has_not_passed() {
        assert_eq!(moment(40).since(&moment(10)), Duration::from_secs(30));
        assert_eq!(moment(10).since(&moment(40)), Duration::ZERO);
    }

    #[test]
    fn a_moment_survives_json() {
        let json = serde_json::to_string(&moment(7)).unwrap();
        assert_eq!(serde_json::from_str::<Moment>(&json).unwrap(), moment(7));
    }

    #[test]
    fn a_pause_ends_by_time_passed() {
        let pause =
            Pause { since: moment(5), lasts: Some(Duration::from_hours(1)), reason: String::new(), by: String::new() };
        assert!(pause.holds(&moment(3604)));
        assert!(!pause.holds(&moment(3605)));
    }
}

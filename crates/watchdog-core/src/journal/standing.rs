//! What the journal says about one validator: the fold that gates, display and resumption share.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use crate::action::PlanRequest;
use crate::clock::{BootTime, Timestamp};
use crate::id::{NodeName, SagaId};
use crate::journal::{Entry, Outcome, Record};
use crate::policy::Verdict;
use crate::saga::{Impossible, Saga};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One validator as its journal has it. The fold of its entries, and nothing else.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Standing {
    signer: Option<NodeName>,
    verdict: Option<Verdict>,
    pause: Option<Pause>,
    current: Option<Account>,
    finished: Vec<Finished>,
    cooling: Option<Moment>,
    acknowledged: bool,
    sagas: u64,
}

/// A point in time that can be compared after a restart.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Moment {
    /// On the wall.
    pub at: Timestamp,
    /// Since boot.
    pub boot: BootTime,
}

impl Moment {
    /// More time than this between two entries is no difference but a broken clock.
    const PLAUSIBLE: Duration = Duration::from_hours(24 * 3660);

    /// Time passed since `earlier`: by the boot clock within one boot, by the wall across boots. A
    /// negative or implausible difference counts as no time passed.
    pub fn since(&self, earlier: &Self) -> Duration {
        let by_wall = || self.at.since(earlier.at).filter(|passed| *passed < Self::PLAUSIBLE);
        let same_boot = self.boot.boot == earlier.boot.boot;
        let passed = if same_boot { self.boot.since(&earlier.boot) } else { by_wall() };
        passed.unwrap_or_default()
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
    /// The standing after `entry`, which is about this validator.
    ///
    /// # Errors
    /// Where the entry does not follow: the journal contradicts itself.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Impossible> {
        let now = Moment { at: entry.at, boot: entry.boot.clone() };
        match &entry.record {
            Record::Started { .. } | Record::Leased { .. } => {}
            Record::Judged { verdict, .. } => self.verdict = Some(*verdict),
            Record::Adopted { signer, .. } => {
                if self.signer.is_some() {
                    (self.cooling, self.acknowledged) = (Some(now), false);
                }
                self.signer.clone_from(signer);
            }
            Record::Paused { lasts, reason, by } => {
                self.pause = Some(Pause { since: now, lasts: *lasts, reason: reason.clone(), by: by.clone() });
            }
            Record::Unpaused { .. } => self.pause = None,
            Record::Acknowledged { .. } => self.acknowledged = true,
            Record::Planned { request, by, key, .. } => self.open(entry, now, request, by.as_ref(), key.as_ref())?,
            record => self.advance(record, now)?,
        }
        Ok(())
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
            .ok_or(Impossible)?;
        self.sagas = saga.id().0;
        let (by, key) = (by.cloned(), key.cloned());
        self.current =
            Some(Account { request: request.clone(), by, key, opened: now.clone(), touched: now, trouble: None, saga });
        Ok(())
    }

    fn advance(&mut self, record: &Record, now: Moment) -> Result<(), Impossible> {
        let account =
            self.current.as_mut().filter(|account| record.saga() == Some(account.saga.id())).ok_or(Impossible)?;
        account.saga = account.saga.clone().after(record)?;
        account.touched = now.clone();
        if let Record::Refused { reason, .. } = record {
            account.trouble = Some(reason.clone());
        }
        if let Record::Closed { outcome, .. } = record
            && let Some(account) = self.current.take()
        {
            if *outcome == Outcome::Completed {
                self.signer.clone_from(&account.request.to);
            }
            (self.cooling, self.acknowledged) = (Some(now.clone()), false);
            self.finished.push(Finished { account, outcome: *outcome, closed: now });
        }
        Ok(())
    }

    /// The same standing with no more finished sagas than gates and repeated requests look at: those
    /// of `newest`, and the last one in any case.
    #[must_use]
    pub fn condensed(&self, newest: usize) -> Self {
        let drop = self.finished.len().saturating_sub(newest.max(1));
        Self { finished: self.finished.iter().skip(drop).cloned().collect(), ..self.clone() }
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
        self.pause.as_ref().filter(|pause| pause.holds(now))
    }

    /// The saga that is not over.
    pub fn current(&self) -> Option<&Account> {
        self.current.as_ref()
    }

    /// Sagas that are over, oldest first.
    pub fn finished(&self) -> &[Finished] {
        &self.finished
    }

    /// When the newest cool-down began, unless an operator has acknowledged its cause.
    pub fn cooling(&self) -> Option<&Moment> {
        self.cooling.as_ref().filter(|_| !self.acknowledged)
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
        let all = self.finished.iter().map(|f| &f.account).chain(&self.current);
        all.rev().find(|account| account.key.as_deref() == Some(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{BootId, Uptime};

    fn moment(boot: &str, up: u64, wall: u64) -> Moment {
        Moment {
            at: Timestamp(wall),
            boot: BootTime { boot: BootId(boot.into()), up: Uptime(Duration::from_secs(up)) },
        }
    }

    #[test]
    fn within_one_boot_the_wall_clock_is_not_looked_at() {
        let (early, late) = (moment("a", 10, 5_000), moment("a", 40, 1_000));
        assert_eq!(late.since(&early), Duration::from_secs(30));
    }

    #[test]
    fn across_boots_the_wall_clock_counts_unless_it_runs_backwards_or_wild() {
        let early = moment("a", 10, 5_000);
        assert_eq!(moment("b", 1, 65_000).since(&early), Duration::from_mins(1));
        assert_eq!(moment("b", 1, 4_000).since(&early), Duration::ZERO);
        assert_eq!(moment("b", 1, u64::MAX).since(&early), Duration::ZERO);
        assert_eq!(moment("a", 1, 65_000).since(&early), Duration::ZERO);
    }

    #[test]
    fn a_pause_ends_by_time_passed_and_not_by_a_jump_of_the_wall_clock() {
        let pause = Pause {
            since: moment("a", 0, 0),
            lasts: Some(Duration::from_hours(1)),
            reason: String::new(),
            by: String::new(),
        };
        assert!(pause.holds(&moment("a", 60, 7_200_000)));
        assert!(!pause.holds(&moment("a", 3600, 0)));
    }
}

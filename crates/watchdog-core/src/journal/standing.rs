//! What the journal says about one validator: the fold that gates, display and resumption share.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use crate::action::PlanRequest;
use crate::clock::{BootTime, Timestamp};
use crate::id::{Epoch, NodeName, SagaId};
use crate::journal::{Entry, Outcome, Record};
use crate::policy::Verdict;
use crate::saga::{Impossible, Saga};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;
use std::time::Duration;

/// One validator as its journal has it. The fold of its entries, and nothing else.
///
/// There is one for every validator watched, and with most of them nothing ever happened.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Standing {
    signer: Option<NodeName>,
    verdict: Option<Verdict>,
    /// When the verdict changed, oldest first, by the journal's timeline.
    changes: Vec<Duration>,
    #[serde(flatten)]
    past: Past,
}

/// What happened with one validator, where anything did.
#[derive(Clone, Debug, Default)]
struct Past(Option<Box<Events>>);

/// What happened with one validator.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Events {
    pause: Option<Pause>,
    current: Option<Account>,
    finished: Vec<Finished>,
    cooling: Option<Moment>,
    acknowledged: bool,
    sagas: u64,
    /// Of the newest command of any saga.
    #[serde(default)]
    epoch: Epoch,
}

/// Of one with which nothing happened.
static NOTHING: LazyLock<Events> = LazyLock::new(Events::default);

impl Deref for Past {
    type Target = Events;

    fn deref(&self) -> &Events {
        self.0.as_deref().unwrap_or_else(|| &NOTHING)
    }
}

impl DerefMut for Past {
    fn deref_mut(&mut self) -> &mut Events {
        self.0.get_or_insert_default()
    }
}

impl Serialize for Past {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Events::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Past {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Events::deserialize(deserializer).map(|events| Self(Some(Box::new(events))))
    }
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
    /// The newest reason given for a step that was given up, and for an end without a proof.
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
                    (self.past.cooling, self.past.acknowledged) = (Some(now), false);
                }
                self.signer.clone_from(signer);
            }
            Record::Paused { lasts, reason, by } => {
                let pause = Pause { since: now, lasts: *lasts, reason: reason.clone(), by: by.clone() };
                self.past.pause = Some(pause);
            }
            Record::Unpaused { .. } => self.past.pause = None,
            Record::Acknowledged { .. } => self.past.acknowledged = true,
            Record::Planned { request, by, key, .. } => self.open(entry, now, request, by.as_ref(), key.as_ref())?,
            record => self.advance(record, now)?,
        }
        Ok(())
    }

    fn judge(&mut self, verdict: Verdict, now: &Moment) {
        if self.verdict.replace(verdict) != Some(verdict) {
            self.changes.reserve_exact(1);
            self.changes.push(now.lived);
            let surplus = self.changes.len().saturating_sub(CHANGES);
            self.changes.drain(..surplus);
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
            .filter(|saga| self.past.current.is_none() && saga.id() == self.next_saga())
            .ok_or(Impossible)?
            .following(self.past.epoch);
        self.past.sagas = saga.id().0;
        let (by, key) = (by.cloned(), key.cloned());
        let request = request.clone();
        let account = Account { request, by, key, opened: now.clone(), touched: now, trouble: None, saga };
        self.past.current = Some(account);
        Ok(())
    }

    fn advance(&mut self, record: &Record, now: Moment) -> Result<(), Impossible> {
        let past = &mut *self.past;
        let account =
            past.current.as_mut().filter(|account| record.saga() == Some(account.saga.id())).ok_or(Impossible)?;
        account.saga = account.saga.clone().after(record)?;
        account.touched = now.clone();
        past.epoch = account.saga.epoch();
        match (record, &account.trouble) {
            // Why a step was given up, and why it could not be taken back then: both are needed.
            (Record::Closed { reason: Some(reason), .. }, Some(before)) => {
                account.trouble = Some(format!("{before}; {reason}"));
            }
            (Record::Refused { reason, .. } | Record::Closed { reason: Some(reason), .. }, _) => {
                account.trouble = Some(reason.clone());
            }
            _ => {}
        }
        if let Record::Closed { outcome, .. } = record
            && let Some(account) = past.current.take()
        {
            if *outcome == Outcome::Completed {
                self.signer.clone_from(&account.request.to);
            }
            (past.cooling, past.acknowledged) = (Some(now.clone()), false);
            past.finished.push(Finished { account, outcome: *outcome, closed: now });
        }
        Ok(())
    }

    /// The same standing with no more finished sagas than gates and repeated requests look at: the
    /// `newest`, and as many of those that budgets count, since any number that came to nothing may
    /// have ended after them.
    #[must_use]
    pub fn condensed(&self, newest: usize) -> Self {
        let most = newest.max(1);
        let Some(past) = self.past.0.as_deref() else { return self.clone() };
        let counted: Vec<_> = past.finished.iter().enumerate().filter(|(_, f)| f.outcome != Outcome::Aborted).collect();
        let first_counted = counted.get(counted.len().saturating_sub(most)).map_or(usize::MAX, |(index, _)| *index);
        let first = past.finished.len().saturating_sub(most);
        let is_kept = |(index, f): &(usize, &Finished)| {
            *index >= first || (*index >= first_counted && f.outcome != Outcome::Aborted)
        };
        let finished = past.finished.iter().enumerate().filter(is_kept).map(|(_, f)| f.clone()).collect();
        let (pause, current, cooling) = (past.pause.clone(), past.current.clone(), past.cooling.clone());
        let past = Past(Some(Box::new(Events { pause, current, finished, cooling, ..*past })));
        Self { signer: self.signer.clone(), verdict: self.verdict, changes: self.changes.clone(), past }
    }

    /// When the verdict changed, oldest first; the newest of them only.
    pub fn changes(&self) -> impl DoubleEndedIterator<Item = Duration> {
        self.changes.iter().copied()
    }

    /// Whether a budget, a cool-down or a pause may be waiting for time to pass.
    pub fn counts_on_time(&self, now: &Moment) -> bool {
        let pause = self.past.pause.as_ref().filter(|pause| pause.lasts.is_some()).map(|pause| &pause.since);
        let last = self.past.finished.last().map(|finished| &finished.closed);
        [pause, last, self.past.cooling.as_ref()].into_iter().flatten().any(|began| now.since(began) < OLD)
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
        self.past.pause.as_ref().filter(|pause| pause.holds(now))
    }

    /// The saga that is not over.
    pub fn current(&self) -> Option<&Account> {
        self.past.current.as_ref()
    }

    /// Sagas that are over, oldest first.
    pub fn finished(&self) -> &[Finished] {
        &self.past.finished
    }

    /// When the newest cool-down began, unless an operator has acknowledged its cause.
    pub fn cooling(&self) -> Option<&Moment> {
        self.past.cooling.as_ref().filter(|_| !self.past.acknowledged)
    }

    /// The last saga, where it ended without a proof of who signs and nobody has acknowledged that.
    pub fn blocked(&self) -> Option<&Finished> {
        let unproven = |f: &&Finished| matches!(f.outcome, Outcome::Blocked | Outcome::Failed);
        self.past.finished.last().filter(unproven).filter(|_| !self.past.acknowledged)
    }

    /// Number of the next saga.
    pub fn next_saga(&self) -> SagaId {
        SagaId(self.past.sagas.saturating_add(1))
    }

    /// The saga that was asked for under this key.
    pub fn keyed(&self, key: &str) -> Option<&Account> {
        let all = self.past.finished.iter().map(|f| &f.account).chain(self.current());
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
    fn a_standing_of_before_is_read_and_one_without_events_is_written_like_it() {
        let quiet = r#"{"signer":"node_a","verdict":"healthy","pause":null,"current":null,"finished":[],"cooling":null,
            "acknowledged":false,"sagas":0,"epoch":{"token":0,"seq":0},"changes":[{"secs":5,"nanos":0}]}"#;
        let read: Standing = serde_json::from_str(quiet).unwrap();
        assert_eq!((read.signer().map(NodeName::as_str), read.verdict()), (Some("node_a"), Some(Verdict::Healthy)));
        assert_eq!(read.changes().collect::<Vec<_>>(), [Duration::from_secs(5)]);
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), value(quiet));
        let never = serde_json::to_value(Standing::default()).unwrap();
        assert_eq!((&never["finished"], &never["acknowledged"]), (&value("[]"), &value("false")));

        let paused = quiet.replace(
            r#""pause":null"#,
            r#""pause":{"since":{"at":1,"boot":{"boot":"a","up":{"secs":0,"nanos":0}},"lived_ns":7},"lasts":null,
                "reason":"work","by":"ops"}"#,
        );
        let read: Standing = serde_json::from_str(&paused).unwrap();
        assert_eq!(read.pause(&moment(9)).map(|pause| pause.reason.as_str()), Some("work"));
        let damaged = paused.replace(r#""by":"ops""#, r#""by":5"#);
        assert!(serde_json::from_str::<Standing>(&damaged).is_err(), "a pause is never lost");
    }

    #[test]
    fn a_pause_ends_by_time_passed() {
        let pause =
            Pause { since: moment(5), lasts: Some(Duration::from_hours(1)), reason: String::new(), by: String::new() };
        assert!(pause.holds(&moment(3604)));
        assert!(!pause.holds(&moment(3605)));
    }
}

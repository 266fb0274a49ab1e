//! The shared journal: appended in transactions that compare the lease.
use crate::client::{Etcd, EtcdError};
use crate::keys::Keys;
use crate::wire::{Answer, created_at, delete_range, get, get_range, holds, put, transaction};
use async_trait::async_trait;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use watchdog_core::causes::line;
use watchdog_core::clock::{BootTime, Clock};
use watchdog_core::crash;
use watchdog_core::id::{InstanceId, ValidatorName};
use watchdog_core::journal::sealed;
use watchdog_core::journal::{Checkpoint, Durable, Entry, FORMAT, Journal, JournalError, Record};
use watchdog_core::lease::Held;

/// Entries read at a time.
const PAGE: usize = 256;
/// Largest checkpoint: etcd takes requests of 1.5 MiB, and base64 adds a third.
const LARGEST_CHECKPOINT: usize = 1 << 20;
/// How long an append whose answer got lost is asked after.
const SETTLE_WITHIN: Duration = Duration::from_secs(3);
/// Time between two such questions.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// What came of sending an append.
enum Sent {
    Written,
    /// Surely not written, now or later.
    Not(JournalError),
    /// Nobody knows, and why.
    Open(String),
}

/// The journal of a group of watchdogs. Positions are counted by the key `head`, which every append
/// compares too: so an append that was held up on its way comes too late for good once another came
/// first.
pub struct EtcdJournal {
    etcd: Etcd,
    keys: Keys,
    keep: u64,
    instance: InstanceId,
    clock: Arc<dyn Clock>,
    /// Position of the newest entry that this process has read or written: the next append comes
    /// after it or not at all.
    seen: AtomicU64,
}

impl EtcdJournal {
    /// The journal below `prefix`, of which `keep` entries stay before a checkpoint takes their place.
    pub fn new(etcd: Etcd, prefix: &str, keep: u64, instance: InstanceId, clock: Arc<dyn Clock>) -> Self {
        Self { etcd, keys: Keys::new(prefix), keep, instance, clock, seen: AtomicU64::new(0) }
    }

    async fn transact(&self, body: &Value) -> Result<Answer, EtcdError> {
        self.etcd.call("/v3/kv/txn", body).await
    }

    fn entries(&self, first: u64, held: Held, about: Option<&ValidatorName>, records: &[Record]) -> Vec<Entry> {
        let boot = BootTime { boot: self.clock.boot().clone(), up: self.clock.uptime() };
        let at = self.clock.now();
        (first..)
            .zip(records)
            .map(|(seq, record)| Entry {
                v: FORMAT,
                seq,
                token: held.token(),
                instance: self.instance,
                at,
                boot: boot.clone(),
                validator: about.cloned(),
                record: record.clone(),
            })
            .collect()
    }

    /// Appends `entries` after position `last`. An answer that got lost is asked after by sending the
    /// same again: it can be carried out only once.
    async fn write(&self, held: Held, last: u64, entries: Vec<Entry>) -> Result<Durable, JournalError> {
        let mut puts = Vec::new();
        for entry in &entries {
            puts.push(put(&self.keys.entry(entry.seq), sealed::entry(entry)?));
        }
        let newest = entries.last().map_or(last, |entry| entry.seq);
        puts.push(put(&self.keys.head(), newest.to_string()));
        let unmoved = match last {
            0 => created_at(&self.keys.head(), 0),
            last => holds(&self.keys.head(), &last.to_string()),
        };
        let compare = [created_at(&self.keys.lease(), held.token()), unmoved];
        let appending = transaction(&compare, &puts, &[get(&self.keys.lease()), get(&self.keys.head())]);

        let until = self.clock.uptime().after(SETTLE_WITHIN);
        let mut was_open = false;
        loop {
            match self.send(&appending, &entries, held, last, was_open).await {
                Sent::Written => break,
                Sent::Not(error) => return Err(error),
                Sent::Open(reason) if self.clock.uptime() >= until => return Err(JournalError::Unsettled { reason }),
                Sent::Open(_) => was_open = true,
            }
            self.clock.sleep_until(self.clock.uptime().after(ASK_AGAIN)).await;
        }
        self.seen.fetch_max(newest, Ordering::Relaxed);
        Ok(Durable::confirmed(entries))
    }

    /// Sends an append once. `was_open` says that it was sent before, and may still be on its way.
    async fn send(&self, appending: &Value, entries: &[Entry], held: Held, last: u64, was_open: bool) -> Sent {
        // A settled answer that says no is the end of it, unless the entries are there all the same.
        let (no, is_settled) = match self.transact(appending).await {
            Ok(answer) if answer.succeeded => return Sent::Written,
            // The comparison failed, and will fail for whatever is still on its way.
            Ok(answer) if !was_open => return Sent::Not(refused(&answer, held, last)),
            Ok(answer) => (refused(&answer, held, last), true),
            Err(error) if error.is_without_effect() && !was_open => return Sent::Not(unreachable(error)),
            Err(error) if error.is_settled() => (unreachable(error), !was_open),
            Err(error) => return Sent::Open(line(&error)),
        };
        match self.is_there(entries).await {
            Ok(true) => Sent::Written,
            Ok(false) if is_settled => Sent::Not(no),
            Ok(false) => Sent::Open(line(&no)),
            Err(unread) => Sent::Open(line(&unread)),
        }
    }

    /// Whether exactly these entries are in the journal.
    async fn is_there(&self, entries: &[Entry]) -> Result<bool, JournalError> {
        let Some(first) = entries.first() else { return Ok(false) };
        let stored = self.read(first.seq, entries.len()).await?;
        let same = |(a, b): (&Entry, &Entry)| Ok::<_, JournalError>(sealed::entry(a)? == sealed::entry(b)?);
        let pairs: Result<Vec<_>, _> = stored.iter().zip(entries).map(same).collect();
        Ok(stored.len() == entries.len() && pairs?.into_iter().all(|same| same))
    }

    async fn read(&self, from: u64, most: usize) -> Result<Vec<Entry>, JournalError> {
        let from = from.max(1);
        let range = get_range(&self.keys.entry(from), &self.keys.entries_end(), most.min(PAGE));
        let reading = transaction(&[], &[get(&self.keys.trimmed()), range], &[]);
        let answer = self.transact(&reading).await.map_err(unreachable)?;
        let trimmed = position(&answer, 0)?;
        if from <= trimmed {
            return Err(JournalError::Trimmed { upto: trimmed });
        }
        let mut entries = Vec::new();
        for (expected, stored) in (from..).zip(answer.found(1)) {
            let seq = self.keys.position(stored.key_text());
            if seq != Some(expected) {
                let reason = "an entry before it is missing".to_owned();
                return Err(JournalError::Damaged { place: stored.key_text().to_owned(), reason });
            }
            entries.push(sealed::read_entry(expected, &stored.value)?);
        }
        // Who reads on from its own copy and finds nothing has seen everything before.
        let seen = entries.last().map_or(from.saturating_sub(1), |entry| entry.seq);
        self.seen.fetch_max(seen, Ordering::Relaxed);
        Ok(entries)
    }
}

#[async_trait]
impl Journal for EtcdJournal {
    async fn append(
        &self,
        held: Held,
        about: Option<&ValidatorName>,
        records: &[Record],
    ) -> Result<Durable, JournalError> {
        let last = self.seen.load(Ordering::Relaxed);
        let entries = self.entries(last.saturating_add(1), held, about, records);
        crash::point("before an append");
        let written = self.write(held, last, entries).await;
        crash::point("after an append");
        written
    }

    async fn replay(&self, from: u64) -> Result<Vec<Entry>, JournalError> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let next = entries.last().map_or(from, |entry| entry.seq.saturating_add(1));
            let page = self.read(next, PAGE).await?;
            if page.is_empty() {
                return Ok(entries);
            }
            entries.extend(page);
        }
    }

    async fn page(&self, from: u64, most: usize) -> Result<Vec<Entry>, JournalError> {
        self.read(from, most).await
    }

    async fn checkpoint(&self) -> Result<Option<Checkpoint>, JournalError> {
        let reading = transaction(&[], &[get(&self.keys.checkpoint())], &[]);
        let answer = self.transact(&reading).await.map_err(unreachable)?;
        let checkpoint = answer.found(0).first().map(|stored| sealed::read_checkpoint(&stored.value)).transpose()?;
        self.seen.fetch_max(checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.seq), Ordering::Relaxed);
        Ok(checkpoint)
    }

    fn keeps(&self) -> Option<u64> {
        Some(self.keep)
    }

    async fn trim(&self, held: Held, checkpoint: &Checkpoint) -> Result<(), JournalError> {
        let value = sealed::checkpoint(checkpoint)?;
        if value.len() > LARGEST_CHECKPOINT {
            let reason = format!("a checkpoint of {} bytes is too large for etcd", value.len());
            return Err(JournalError::Io(std::io::Error::other(reason)));
        }
        let (first, end) = (self.keys.entry(0), self.keys.entry(checkpoint.seq.saturating_add(1)));
        let replacing = [
            put(&self.keys.checkpoint(), value),
            put(&self.keys.trimmed(), checkpoint.seq.to_string()),
            delete_range(&first, &end),
        ];
        let ours = created_at(&self.keys.lease(), held.token());
        let trimming = transaction(&[ours], &replacing, &[get(&self.keys.lease())]);
        let answer = self.transact(&trimming).await.map_err(unreachable)?;
        if answer.succeeded { Ok(()) } else { Err(stale(&answer, held)) }
    }
}

/// Why a transaction of ours was not carried out.
fn refused(answer: &Answer, held: Held, last: u64) -> JournalError {
    let newest = answer.found(0).first().map_or(0, |lease| lease.create_revision);
    if newest != held.token() {
        return stale(answer, held);
    }
    match position(answer, 1) {
        Ok(now) => JournalError::Unsettled { reason: format!("entry {now} is the newest, not {last} as expected") },
        Err(error) => error,
    }
}

fn stale(answer: &Answer, held: Held) -> JournalError {
    let newest = answer.found(0).first().map_or(0, |lease| lease.create_revision);
    JournalError::Stale { held: held.token(), newest }
}

/// The position that the request at `place` found; 0 where there is none.
fn position(answer: &Answer, place: usize) -> Result<u64, JournalError> {
    let Some(stored) = answer.found(place).first() else { return Ok(0) };
    stored.value_text().parse().map_err(|_| JournalError::Damaged {
        place: stored.key_text().to_owned(),
        reason: "it is not a position".to_owned(),
    })
}

fn unreachable(error: EtcdError) -> JournalError {
    JournalError::Unreachable(Box::new(error))
}

impl fmt::Debug for EtcdJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdJournal").field("etcd", &self.etcd).field("keys", &self.keys).finish_non_exhaustive()
    }
}

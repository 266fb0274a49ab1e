//! A store of leases and journals in memory that several instances share, with the faults of a real
//! one: it can be cut off, lose answers, hold writes up, and forget nothing.
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use watchdog_core::clock::{BootTime, Clock, Uptime};
use watchdog_core::cx::Cx;
use watchdog_core::id::{InstanceId, ValidatorName};
use watchdog_core::journal::{Checkpoint, Durable, Entry, FORMAT, Journal, JournalError, Record};
use watchdog_core::lease::{Heartbeat, Held, Lease, LeaseError};

/// What happens to a call.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Link {
    /// It is answered.
    #[default]
    Up,
    /// It does not get there.
    Cut,
    /// It is carried out, and the answer gets lost.
    Deaf,
    /// An append stays on the way until [`SharedStore::deliver`]; nobody waits for its answer. Everything
    /// else is answered.
    Late,
}

/// An append on the way.
#[derive(Debug)]
struct Late {
    instance: InstanceId,
    held: Held,
    after: u64,
    about: Option<ValidatorName>,
    records: Vec<Record>,
}

/// The store itself. Leases run by its clock.
#[derive(Debug)]
pub struct SharedStore {
    clock: Arc<dyn Clock>,
    ttl: Duration,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    tokens: u64,
    holder: Option<Holder>,
    entries: Vec<Entry>,
    checkpoint: Option<Checkpoint>,
    beat: Option<Heartbeat>,
    links: BTreeMap<InstanceId, Link>,
    late: Vec<Late>,
    appends: u64,
}

#[derive(Clone, Debug)]
struct Holder {
    name: String,
    instance: InstanceId,
    token: u64,
    until: Uptime,
}

impl Inner {
    fn head(&self) -> u64 {
        let trimmed = self.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.seq);
        self.entries.last().map_or(trimmed, |entry| entry.seq)
    }

    fn lapse(&mut self, now: Uptime) {
        self.holder.take_if(|holder| holder.until <= now);
    }
}

impl SharedStore {
    /// An empty store whose leases outlive their holder by `ttl`.
    pub fn new(clock: Arc<dyn Clock>, ttl: Duration) -> Arc<Self> {
        Arc::new(Self { clock, ttl, inner: Mutex::default() })
    }

    /// A process called `name`.
    pub fn instance(self: &Arc<Self>, name: &str, instance: InstanceId, keep: Option<u64>) -> Arc<Client> {
        let seen = Mutex::new(0);
        Arc::new(Client { store: self.clone(), name: name.to_owned(), instance, keep, seen })
    }

    /// From now on, what happens to calls of this process.
    pub fn link(&self, instance: InstanceId, link: Link) {
        self.lock().links.insert(instance, link);
    }

    /// Ends whatever lease there is, as a store does whose time runs out sooner than it said.
    pub fn expire(&self) {
        self.lock().holder = None;
    }

    /// Every entry that no checkpoint has replaced.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.clone()
    }

    /// Appends carried out.
    pub fn appends(&self) -> u64 {
        self.lock().appends
    }

    /// Name of the holder.
    pub fn holder(&self) -> Option<String> {
        let mut inner = self.lock();
        inner.lapse(self.clock.uptime());
        inner.holder.as_ref().map(|holder| holder.name.clone())
    }

    /// Lets every append arrive that is still on the way.
    pub fn deliver(&self) {
        let mut inner = self.lock();
        for late in std::mem::take(&mut inner.late) {
            // Its sender has given it up.
            drop(self.carry_out(&mut inner, &late));
        }
    }

    /// Appends where the lease is the newest and nothing was appended since.
    fn carry_out(&self, inner: &mut Inner, append: &Late) -> Result<Vec<Entry>, JournalError> {
        let newest = inner.holder.as_ref().map_or(0, |holder| holder.token);
        if newest != append.held.token() {
            return Err(JournalError::Stale { held: append.held.token(), newest });
        }
        if inner.head() != append.after {
            return Err(JournalError::Unsettled { reason: format!("entry {} is the newest", inner.head()) });
        }
        let boot = BootTime { boot: self.clock.boot().clone(), up: self.clock.uptime() };
        let entries: Vec<_> = (append.after + 1..)
            .zip(&append.records)
            .map(|(seq, record)| Entry {
                v: FORMAT,
                seq,
                token: append.held.token(),
                instance: append.instance,
                at: self.clock.now(),
                boot: boot.clone(),
                validator: append.about.clone(),
                record: record.clone(),
            })
            .collect();
        inner.entries.extend(entries.iter().cloned());
        inner.appends += 1;
        Ok(entries)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One process at the store: its lease and its journal.
pub struct Client {
    store: Arc<SharedStore>,
    name: String,
    instance: InstanceId,
    keep: Option<u64>,
    seen: Mutex<u64>,
}

impl Client {
    /// Carries `work` out, unless the link is cut; tells `lost` where the answer gets lost.
    fn call<T, E>(
        &self,
        cut: impl Fn() -> E,
        lost: impl Fn() -> E,
        work: impl FnOnce(&mut Inner) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut inner = self.store.lock();
        let link = inner.links.get(&self.instance).copied().unwrap_or_default();
        if link == Link::Cut {
            return Err(cut());
        }
        inner.lapse(self.store.clock.uptime());
        let answer = work(&mut inner);
        if link == Link::Deaf { Err(lost()) } else { answer }
    }

    fn seen(&self) -> MutexGuard<'_, u64> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, held: Held, about: Option<&ValidatorName>, records: &[Record]) -> Result<Vec<Entry>, JournalError> {
        let seen = *self.seen();
        let lost = || JournalError::Unsettled { reason: "no answer".to_owned() };
        self.call(unreachable, lost, |inner| {
            let late =
                Late { instance: self.instance, held, after: seen, about: about.cloned(), records: records.to_vec() };
            if inner.links.get(&self.instance) == Some(&Link::Late) {
                inner.late.push(late);
                return Err(lost());
            }
            self.store.carry_out(inner, &late)
        })
    }
}

fn unreachable() -> JournalError {
    JournalError::Unreachable("cut off".into())
}

fn silent() -> LeaseError {
    LeaseError::Unreachable("cut off".into())
}

#[async_trait]
impl Lease for Client {
    async fn hold(&self, cx: &Cx) -> Result<Held, LeaseError> {
        let asked = cx.clock().uptime();
        let ttl = self.store.ttl;
        self.call(silent, silent, |inner| {
            let until = self.store.clock.uptime().after(ttl);
            match &mut inner.holder {
                Some(holder) if holder.instance == self.instance => holder.until = until,
                Some(holder) => return Err(LeaseError::Taken { holder: holder.name.clone() }),
                None => {
                    inner.tokens += 1;
                    let (name, instance, token) = (self.name.clone(), self.instance, inner.tokens);
                    inner.holder = Some(Holder { name, instance, token, until });
                }
            }
            Ok(Held::new(inner.holder.as_ref().map_or(0, |holder| holder.token), asked, ttl))
        })
    }

    async fn release(&self, held: Held, _: &Cx) -> Result<(), LeaseError> {
        self.call(silent, silent, |inner| {
            inner.holder.take_if(|holder| holder.token == held.token());
            Ok(())
        })
    }

    async fn beat(&self, held: Held, count: u64, _: &Cx) -> Result<(), LeaseError> {
        self.call(silent, silent, |inner| {
            if inner.holder.as_ref().is_some_and(|holder| holder.token == held.token()) {
                inner.beat = Some(Heartbeat { holder: self.name.clone(), token: held.token(), count });
            }
            Ok(())
        })
    }

    async fn heartbeat(&self, _: &Cx) -> Result<Option<Heartbeat>, LeaseError> {
        self.call(silent, silent, |inner| Ok(inner.beat.clone()))
    }
}

#[async_trait]
impl Journal for Client {
    async fn append(
        &self,
        held: Held,
        about: Option<&ValidatorName>,
        records: &[Record],
    ) -> Result<Durable, JournalError> {
        let entries = self.write(held, about, records)?;
        if let Some(last) = entries.last() {
            *self.seen() = last.seq;
        }
        Ok(Durable::confirmed(entries))
    }

    async fn replay(&self, from: u64) -> Result<Vec<Entry>, JournalError> {
        let entries = self.call(unreachable, unreachable, |inner| {
            let trimmed = inner.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.seq);
            if from.max(1) <= trimmed {
                return Err(JournalError::Trimmed { upto: trimmed });
            }
            Ok(inner.entries.iter().filter(|entry| entry.seq >= from).cloned().collect::<Vec<_>>())
        })?;
        let newest = entries.last().map_or(from.saturating_sub(1), |entry| entry.seq);
        let mut seen = self.seen();
        *seen = newest.max(*seen);
        Ok(entries)
    }

    async fn checkpoint(&self) -> Result<Option<Checkpoint>, JournalError> {
        let checkpoint = self.call(unreachable, unreachable, |inner| Ok(inner.checkpoint.clone()))?;
        let mut seen = self.seen();
        *seen = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.seq).max(*seen);
        Ok(checkpoint)
    }

    fn keeps(&self) -> Option<u64> {
        self.keep
    }

    async fn trim(&self, held: Held, checkpoint: &Checkpoint) -> Result<(), JournalError> {
        self.call(unreachable, unreachable, |inner| {
            let newest = inner.holder.as_ref().map_or(0, |holder| holder.token);
            if newest != held.token() {
                return Err(JournalError::Stale { held: held.token(), newest });
            }
            inner.entries.retain(|entry| entry.seq > checkpoint.seq);
            inner.checkpoint = Some(checkpoint.clone());
            Ok(())
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("name", &self.name).finish_non_exhaustive()
    }
}

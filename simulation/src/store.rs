//! The store of lease and journal: one host that answers requests, on a disk that keeps what was
//! synced and nothing else.
use crate::kernel::Micros;
use crate::oracle::Oracle;
use crate::wire::{Reply, Request};
use std::time::Duration;
use watchdog_core::id::InstanceId;
use watchdog_core::journal::{Checkpoint, Entry};
use watchdog_core::lease::Heartbeat;

/// Time to live of its leases.
pub(crate) const TTL: Duration = Duration::from_secs(15);

/// What is wrong with its disk.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Medium {
    #[default]
    Sound,
    Full,
    ReadOnly,
    FailsSync,
}

/// Faults that a test plants.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Planted {
    /// Takes appends of writers whose lease is not the newest.
    pub(crate) takes_stale_appends: bool,
    /// Grants the lease to whoever asks.
    pub(crate) grants_twice: bool,
    /// Confirms before anything is on disk.
    pub(crate) skips_sync: bool,
}

#[derive(Clone, Debug)]
struct Holder {
    instance: InstanceId,
    name: String,
    token: u64,
    until: Duration,
}

#[derive(Clone, Debug, Default)]
struct Content {
    tokens: u64,
    holder: Option<Holder>,
    entries: Vec<Entry>,
    checkpoint: Option<Checkpoint>,
    beat: Option<Heartbeat>,
}

impl Content {
    fn trimmed(&self) -> u64 {
        self.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.seq)
    }

    fn head(&self) -> u64 {
        self.entries.last().map_or(self.trimmed(), |entry| entry.seq)
    }

    fn newest(&self) -> u64 {
        self.holder.as_ref().map_or(0, |holder| holder.token)
    }
}

/// The store.
#[derive(Default)]
pub(crate) struct Store {
    content: Content,
    /// What is on disk, where that is less than what is answered from.
    synced: Option<Content>,
    pub(crate) planted: Planted,
    pub(crate) medium: Medium,
    pub(crate) is_up: bool,
    pub(crate) is_suspended: bool,
    pub(crate) appends: u64,
}

impl Store {
    pub(crate) fn new(planted: Planted) -> Self {
        Self { planted, is_up: true, ..Self::default() }
    }

    /// The process that holds the lease.
    pub(crate) fn holder(&self) -> Option<InstanceId> {
        self.content.holder.as_ref().map(|holder| holder.instance)
    }

    /// Starts with what is on disk. A lease that was granted has all its time again.
    pub(crate) fn restart(&mut self, up: Duration) {
        self.is_up = true;
        if let Some(synced) = self.synced.take() {
            self.content = synced;
        }
        if let Some(holder) = &mut self.content.holder {
            holder.until = up + TTL;
        }
    }

    /// Rewrites its entries in the form that an older version of the program wrote.
    pub(crate) fn age(&mut self) {
        for entry in &mut self.content.entries {
            let Ok(serde_json::Value::Object(mut fields)) = serde_json::to_value(&*entry) else { continue };
            fields.retain(|name, value| name != "is_final" || value.as_bool() == Some(true));
            fields.retain(|_, value| !value.is_null());
            if let Ok(aged) = serde_json::from_value(serde_json::Value::Object(fields)) {
                *entry = aged;
            }
        }
    }

    /// Carries a request out; `up` is the store's own clock.
    pub(crate) fn take(&mut self, request: Request, up: Duration, now: Micros, oracle: &mut Oracle) -> Reply {
        self.content.holder.take_if(|holder| holder.until <= up);
        match request {
            Request::Hold { instance, name } => self.hold(instance, name, up, now, oracle),
            Request::Release { token } => {
                self.content.holder.take_if(|holder| holder.token == token);
                Reply::Done
            }
            Request::Beat { token, beat } => {
                if self.content.newest() == token {
                    self.content.beat = Some(beat);
                }
                Reply::Done
            }
            Request::Heartbeat => Reply::Heartbeat(self.content.beat.clone()),
            Request::Append { token, after, entries } => self.append(token, after, &entries, now, oracle),
            Request::Page { from, most } => self.page(from, most),
            Request::Checkpoint => Reply::Checkpoint(self.content.checkpoint.clone().map(Box::new)),
            Request::Trim { token, checkpoint } => self.trim(token, *checkpoint),
            _ => Reply::ErrorBody,
        }
    }

    fn hold(&mut self, instance: InstanceId, name: String, up: Duration, now: Micros, oracle: &mut Oracle) -> Reply {
        if self.medium != Medium::Sound {
            return Reply::Failed;
        }
        let until = up + TTL;
        match &mut self.content.holder {
            Some(holder) if holder.instance == instance => holder.until = until,
            Some(holder) if !self.planted.grants_twice => return Reply::Taken { holder: holder.name.clone() },
            _ => {
                self.content.tokens += 1;
                let token = self.content.tokens;
                self.content.holder = Some(Holder { instance, name, token, until });
                oracle.granted(now, token);
            }
        }
        let ttl_millis = u64::try_from(TTL.as_millis()).unwrap_or(u64::MAX);
        Reply::Held { token: self.content.newest(), ttl_millis }
    }

    fn append(&mut self, token: u64, after: u64, entries: &[Entry], now: Micros, oracle: &mut Oracle) -> Reply {
        let newest = self.content.newest();
        if newest != token && !self.planted.takes_stale_appends {
            return Reply::Stale { newest };
        }
        if self.content.head() != after {
            return Reply::Behind { head: self.content.head() };
        }
        if self.medium != Medium::Sound {
            return Reply::Failed;
        }
        if self.planted.skips_sync && self.synced.is_none() {
            self.synced = Some(self.content.clone());
        }
        self.content.entries.extend_from_slice(entries);
        self.appends += 1;
        oracle.appended(now, entries);
        Reply::Done
    }

    fn page(&self, from: u64, most: usize) -> Reply {
        let trimmed = self.content.trimmed();
        if from.max(1) <= trimmed {
            return Reply::Trimmed { upto: trimmed };
        }
        Reply::Entries(self.content.entries.iter().filter(|entry| entry.seq >= from).take(most).cloned().collect())
    }

    fn trim(&mut self, token: u64, checkpoint: Checkpoint) -> Reply {
        let newest = self.content.newest();
        if newest != token {
            return Reply::Stale { newest };
        }
        if self.medium != Medium::Sound {
            return Reply::Failed;
        }
        self.content.entries.retain(|entry| entry.seq > checkpoint.seq);
        self.content.checkpoint = Some(checkpoint);
        Reply::Done
    }
}

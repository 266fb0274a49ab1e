//! Lease and journal of one process, by messages to the store.
use crate::port::Port;
use crate::wire::{Host, Reply, Request};
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use watchdog_core::clock::{BootTime, Clock};
use watchdog_core::cx::Cx;
use watchdog_core::id::{InstanceId, ValidatorName};
use watchdog_core::journal::{Checkpoint, Durable, Entry, FORMAT, Journal, JournalError, Record};
use watchdog_core::lease::{Heartbeat, Held, Lease, LeaseError};

/// How long an answer of the store is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// One process at the store.
pub(crate) struct Client {
    pub(crate) port: Arc<Port>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) name: String,
    pub(crate) instance: InstanceId,
    pub(crate) keeps: Option<u64>,
    /// Newest position read or written.
    pub(crate) seen: Mutex<u64>,
}

impl Client {
    async fn ask(&self, request: Request) -> Result<Reply, crate::port::Silence> {
        self.port.call(Host::Store, request, PATIENCE).await
    }

    async fn read(&self, request: Request) -> Result<Reply, JournalError> {
        self.ask(request).await.map_err(|silence| JournalError::Unreachable(Box::new(silence)))
    }

    fn saw(&self, seq: u64) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = seq.max(*seen);
    }

    fn entries(&self, held: Held, about: Option<&ValidatorName>, records: &[Record]) -> (u64, Vec<Entry>) {
        let after = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let boot = BootTime { boot: self.clock.boot().clone(), up: self.clock.uptime() };
        let entry = |(seq, record): (u64, &Record)| Entry {
            v: FORMAT,
            seq,
            token: held.token(),
            instance: self.instance,
            at: self.clock.now(),
            boot: boot.clone(),
            validator: about.cloned(),
            record: record.clone(),
        };
        (after, (after + 1..).zip(records).map(entry).collect())
    }
}

fn failed() -> LeaseError {
    LeaseError::Unreachable("the store failed".into())
}

fn strange() -> JournalError {
    JournalError::Unreachable("the store answered something else".into())
}

#[async_trait]
impl Lease for Client {
    async fn hold(&self, cx: &Cx) -> Result<Held, LeaseError> {
        let asked = cx.clock().uptime();
        let request = Request::Hold { instance: self.instance, name: self.name.clone() };
        match self.ask(request).await {
            Ok(Reply::Held { token, ttl_millis }) => Ok(Held::new(token, asked, Duration::from_millis(ttl_millis))),
            Ok(Reply::Taken { holder }) => Err(LeaseError::Taken { holder }),
            Ok(_) => Err(failed()),
            Err(silence) => Err(LeaseError::Unreachable(Box::new(silence))),
        }
    }

    async fn release(&self, held: Held, _: &Cx) -> Result<(), LeaseError> {
        self.ask(Request::Release { token: held.token() }).await.map(drop).map_err(|_| failed())
    }

    async fn beat(&self, held: Held, count: u64, _: &Cx) -> Result<(), LeaseError> {
        let beat = Heartbeat { holder: self.name.clone(), token: held.token(), count };
        self.ask(Request::Beat { token: held.token(), beat }).await.map(drop).map_err(|_| failed())
    }

    async fn heartbeat(&self, _: &Cx) -> Result<Option<Heartbeat>, LeaseError> {
        match self.ask(Request::Heartbeat).await {
            Ok(Reply::Heartbeat(beat)) => Ok(beat),
            _ => Err(failed()),
        }
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
        let (after, entries) = self.entries(held, about, records);
        let request = Request::Append { token: held.token(), after, entries: entries.clone() };
        match self.ask(request).await {
            Ok(Reply::Done) => {
                self.saw(after + entries.len() as u64);
                Ok(Durable::confirmed(entries))
            }
            Ok(Reply::Stale { newest }) => Err(JournalError::Stale { held: held.token(), newest }),
            Ok(Reply::Behind { head }) => {
                Err(JournalError::Unsettled { reason: format!("entry {head} is the newest") })
            }
            Ok(_) => Err(JournalError::Unsettled { reason: "the store failed".to_owned() }),
            Err(silence) => Err(JournalError::Unsettled { reason: silence.to_string() }),
        }
    }

    async fn replay(&self, from: u64) -> Result<Vec<Entry>, JournalError> {
        self.page(from, usize::MAX).await
    }

    async fn page(&self, from: u64, most: usize) -> Result<Vec<Entry>, JournalError> {
        match self.read(Request::Page { from, most }).await? {
            Reply::Entries(entries) => {
                // Who reads on from its own copy and finds nothing has seen everything before.
                self.saw(entries.last().map_or(from.saturating_sub(1), |entry| entry.seq));
                Ok(entries)
            }
            Reply::Trimmed { upto } => Err(JournalError::Trimmed { upto }),
            _ => Err(strange()),
        }
    }

    async fn checkpoint(&self) -> Result<Option<Checkpoint>, JournalError> {
        match self.read(Request::Checkpoint).await? {
            Reply::Checkpoint(checkpoint) => {
                self.saw(checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.seq));
                Ok(checkpoint.map(|checkpoint| *checkpoint))
            }
            _ => Err(strange()),
        }
    }

    fn keeps(&self) -> Option<u64> {
        self.keeps
    }

    async fn trim(&self, held: Held, checkpoint: &Checkpoint) -> Result<(), JournalError> {
        let request = Request::Trim { token: held.token(), checkpoint: Box::new(checkpoint.clone()) };
        match self.read(request).await? {
            Reply::Done => Ok(()),
            Reply::Stale { newest } => Err(JournalError::Stale { held: held.token(), newest }),
            _ => Err(strange()),
        }
    }
}

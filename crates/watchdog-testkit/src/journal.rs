//! A journal in memory whose disk fails when a test says so.
use async_trait::async_trait;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use watchdog_core::clock::Clock;
use watchdog_core::id::{InstanceId, ValidatorName};
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::journal::{Durable, Entry, Journal, JournalError, Record};
use watchdog_core::lease::Held;

/// The real embedded journal on a disk in memory, with a switch that makes writes fail. Counts them.
#[derive(Clone, Debug)]
pub struct BrittleJournal {
    inner: RedbJournal,
    broken: Arc<AtomicBool>,
    appends: Arc<AtomicU64>,
}

impl BrittleJournal {
    /// An empty one that works.
    ///
    /// # Errors
    /// Where the store cannot be made.
    pub fn new(clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        let backend = redb::backends::InMemoryBackend::new();
        let inner = RedbJournal::with_backend(backend, InstanceId([7; 16]), clock)?;
        Ok(Self { inner, broken: Arc::default(), appends: Arc::default() })
    }

    /// The journal below, for its lease.
    pub fn store(&self) -> &RedbJournal {
        &self.inner
    }

    /// From now on every write fails, or works again.
    pub fn break_disk(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// Writes that worked.
    pub fn appends(&self) -> u64 {
        self.appends.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Journal for BrittleJournal {
    async fn append(
        &self,
        held: Held,
        about: Option<&ValidatorName>,
        records: &[Record],
    ) -> Result<Durable, JournalError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(JournalError::Io(io::Error::new(io::ErrorKind::StorageFull, "no space left on device")));
        }
        let durable = self.inner.append(held, about, records).await?;
        self.appends.fetch_add(1, Ordering::SeqCst);
        Ok(durable)
    }

    async fn replay(&self, from: u64) -> Result<Vec<Entry>, JournalError> {
        self.inner.replay(from).await
    }
}

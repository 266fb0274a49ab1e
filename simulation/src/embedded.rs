//! The embedded journal and its lease, with the oracle looking on.
use crate::disk::{Disk, witness};
use crate::kernel::Kernel;
use async_trait::async_trait;
use watchdog_core::cx::Cx;
use watchdog_core::id::ValidatorName;
use watchdog_core::journal::store::{EmbeddedLease, RedbJournal};
use watchdog_core::journal::{Durable, Entry, Journal, JournalError, Record};
use watchdog_core::lease::{Held, Lease, LeaseError};

/// The journal of a single watchdog.
pub(crate) struct Embedded {
    pub(crate) kernel: Kernel,
    pub(crate) process: u32,
    pub(crate) disk: Disk,
    pub(crate) journal: RedbJournal,
    pub(crate) lease: EmbeddedLease,
}

impl Embedded {
    fn look(&self) {
        witness(&self.disk, self.process, &mut self.kernel.lock().oracle);
    }
}

#[async_trait]
impl Journal for Embedded {
    async fn append(
        &self,
        held: Held,
        about: Option<&ValidatorName>,
        records: &[Record],
    ) -> Result<Durable, JournalError> {
        let written = self.journal.append(held, about, records).await;
        self.look();
        if let Ok(durable) = &written {
            let mut kernel = self.kernel.lock();
            let now = kernel.now;
            kernel.note(|| format!("journal: {:?}", durable.entries().iter().map(|e| &e.record).collect::<Vec<_>>()));
            kernel.oracle.appended(now, durable.entries());
        }
        written
    }

    async fn replay(&self, from: u64) -> Result<Vec<Entry>, JournalError> {
        self.journal.replay(from).await
    }

    async fn page(&self, from: u64, most: usize) -> Result<Vec<Entry>, JournalError> {
        self.journal.page(from, most).await
    }
}

#[async_trait]
impl Lease for Embedded {
    async fn hold(&self, cx: &Cx) -> Result<Held, LeaseError> {
        let held = self.lease.hold(cx).await;
        self.look();
        if let Ok(held) = &held {
            let mut kernel = self.kernel.lock();
            let now = kernel.now;
            kernel.oracle.granted(now, held.token());
        }
        held
    }

    async fn release(&self, held: Held, cx: &Cx) -> Result<(), LeaseError> {
        self.lease.release(held, cx).await
    }
}

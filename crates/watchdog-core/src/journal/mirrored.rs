//! A shared journal with a copy of its own: the shared one stays small, the copy keeps everything.
use crate::id::ValidatorName;
use crate::journal::store::RedbJournal;
use crate::journal::{Checkpoint, Durable, Entry, Journal, JournalError, Record, sealed};
use crate::lease::Held;
use async_trait::async_trait;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Mutex, OnceCell};

/// Entries read at a time.
const PAGE: usize = 512;

/// Appends go to the shared journal alone; what was read or written there is copied to the file of
/// this instance. A copy that fails is logged and stops nothing: the shared journal is the truth.
pub struct Mirrored {
    shared: Arc<dyn Journal>,
    copy: RedbJournal,
    /// Position of the newest entry of the copy.
    copied: AtomicU64,
    copying: Mutex<()>,
    compared: OnceCell<()>,
}

impl Mirrored {
    /// A mirror of `shared` in `copy`.
    ///
    /// # Errors
    /// Where the copy cannot be read.
    pub async fn open(shared: Arc<dyn Journal>, copy: RedbJournal) -> Result<Self, JournalError> {
        let newest = copy.end().await?;
        Ok(Self { shared, copy, copied: AtomicU64::new(newest), copying: Mutex::default(), compared: OnceCell::new() })
    }

    /// The newest entry of the copy must still be in the shared journal, or be behind its checkpoint: a
    /// shared journal that was put back to an older state has forgotten what was done, and is refused.
    async fn compare(&self) -> Result<(), JournalError> {
        let newest = self.copied.load(Ordering::Relaxed);
        if newest == 0 {
            return Ok(());
        }
        let own = self.copy.page(newest, 1).await?;
        let theirs = match self.shared.page(newest, 1).await {
            Err(JournalError::Trimmed { .. }) => return Ok(()),
            read => read?,
        };
        if same(&own, &theirs) {
            return Ok(());
        }
        Err(JournalError::Damaged {
            place: format!("entry {newest} of the shared journal"),
            reason: "this instance has seen another one there: the shared journal was put back to an older state, \
                     or belongs to other watchdogs; see docs/operations.md before moving the journal file of this \
                     instance aside"
                .to_owned(),
        })
    }

    /// The shared journal, once it was found to be the one that the copy is of.
    async fn shared(&self) -> Result<&dyn Journal, JournalError> {
        self.compared.get_or_try_init(|| self.compare()).await?;
        Ok(&*self.shared)
    }

    /// Copies `entries`, and first whatever an earlier copy that failed has left out before them.
    async fn copy(&self, entries: &[Entry]) {
        let _one_at_a_time = self.copying.lock().await;
        let copied = match self.fill(entries.first().map_or(0, |entry| entry.seq)).await {
            Ok(()) => self.add(entries).await,
            missing => missing,
        };
        if let Err(error) = copied {
            tracing::warn!(error = %crate::causes::line(&error), "the own copy of the shared journal is behind");
        }
    }

    /// Copies what is missing before position `upto`, as far as the shared journal still has it.
    async fn fill(&self, upto: u64) -> Result<(), JournalError> {
        loop {
            let next = self.copied.load(Ordering::Relaxed).saturating_add(1);
            if next >= upto {
                return Ok(());
            }
            let missing = match self.shared.page(next, PAGE).await {
                Err(JournalError::Trimmed { .. }) => return Ok(()),
                read => read?,
            };
            if missing.is_empty() {
                return Ok(());
            }
            self.add(&missing).await?;
        }
    }

    async fn add(&self, entries: &[Entry]) -> Result<(), JournalError> {
        let before = self.copied.load(Ordering::Relaxed);
        let new: Vec<_> = entries.iter().filter(|entry| entry.seq > before).cloned().collect();
        if !new.is_empty() {
            self.copied.store(self.copy.mirror(new).await?, Ordering::Relaxed);
        }
        Ok(())
    }
}

fn same(own: &[Entry], theirs: &[Entry]) -> bool {
    let text = |entries: &[Entry]| entries.iter().map(|entry| sealed::entry(entry).ok()).collect::<Vec<_>>();
    text(own) == text(theirs)
}

#[async_trait]
impl Journal for Mirrored {
    async fn append(
        &self,
        held: Held,
        about: Option<&ValidatorName>,
        records: &[Record],
    ) -> Result<Durable, JournalError> {
        let durable = self.shared().await?.append(held, about, records).await?;
        self.copy(durable.entries()).await;
        Ok(durable)
    }

    async fn replay(&self, from: u64) -> Result<Vec<Entry>, JournalError> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let next = entries.last().map_or(from, |entry| entry.seq.saturating_add(1));
            let page = self.page(next, PAGE).await?;
            if page.is_empty() {
                return Ok(entries);
            }
            entries.extend(page);
        }
    }

    /// From the copy as far as it goes, else from the shared journal.
    async fn page(&self, from: u64, most: usize) -> Result<Vec<Entry>, JournalError> {
        if from <= self.copied.load(Ordering::Relaxed) {
            return self.copy.page(from, most).await;
        }
        let entries = self.shared().await?.page(from, most).await?;
        self.copy(&entries).await;
        Ok(entries)
    }

    async fn checkpoint(&self) -> Result<Option<Checkpoint>, JournalError> {
        self.shared().await?.checkpoint().await
    }

    fn keeps(&self) -> Option<u64> {
        self.shared.keeps()
    }

    async fn trim(&self, held: Held, checkpoint: &Checkpoint) -> Result<(), JournalError> {
        // A copy that failed is made up for before the only other place forgets the entries.
        loop {
            let copied = self.copied.load(Ordering::Relaxed);
            if copied >= checkpoint.seq {
                return self.shared().await?.trim(held, checkpoint).await;
            }
            self.page(copied.saturating_add(1), PAGE).await?;
            if self.copied.load(Ordering::Relaxed) == copied {
                let reason = "the own copy of the shared journal is behind, so the shared one is not trimmed";
                return Err(JournalError::Io(std::io::Error::other(reason)));
            }
        }
    }
}

impl fmt::Debug for Mirrored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirrored").field("copied", &self.copied).finish_non_exhaustive()
    }
}

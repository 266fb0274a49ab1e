//! The journal with its fold kept beside it: the one place through which a process writes.
use crate::clock::Clock;
use crate::id::ValidatorName;
use crate::journal::standing::{Moment, Standing};
use crate::journal::{Durable, Entry, Journal, JournalError, Record};
use crate::lease::Held;
use crate::saga::Impossible;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::{Mutex, watch};

/// Entries in memory at a time while the journal is read.
const PAGE: usize = 512;

/// A journal and what it says about each validator. Appends go through it one at a time; after a
/// failed one nothing is written any more, since nobody knows what is on the medium.
pub struct Chronicle {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    writing: Mutex<()>,
    standings: RwLock<BTreeMap<ValidatorName, Standing>>,
    newest: watch::Sender<u64>,
    poison: watch::Sender<Option<String>>,
}

impl Chronicle {
    /// Reads the whole journal.
    ///
    /// # Errors
    /// Where it cannot be read, is damaged, or contradicts itself.
    pub async fn open(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        let mut standings = BTreeMap::new();
        let (mut newest, mut token) = (0_u64, 0);
        loop {
            let entries = journal.page(newest.saturating_add(1), PAGE).await?;
            for entry in &entries {
                if entry.token < token {
                    return Err(contradiction(entry, Impossible));
                }
                (newest, token) = (entry.seq, entry.token);
                fold(&mut standings, entry).map_err(|error| contradiction(entry, error))?;
            }
            if entries.is_empty() {
                break;
            }
        }
        let newest = watch::Sender::new(newest);
        let (writing, standings, poison) = (Mutex::new(()), RwLock::new(standings), watch::Sender::new(None));
        Ok(Self { journal, clock, writing, standings, newest, poison })
    }

    /// What the journal says about `validator`; an empty standing where it says nothing.
    pub fn standing(&self, validator: &ValidatorName) -> Standing {
        self.read().get(validator).cloned().unwrap_or_default()
    }

    /// The same, looked at without a copy.
    pub fn with_standing<T>(&self, validator: &ValidatorName, look: impl FnOnce(&Standing) -> T) -> T {
        let none = Standing::default();
        look(self.read().get(validator).unwrap_or(&none))
    }

    /// Now, in a form that compares with entries.
    pub fn moment(&self) -> Moment {
        let boot = crate::clock::BootTime { boot: self.clock.boot().clone(), up: self.clock.uptime() };
        Moment { at: self.clock.now(), boot }
    }

    /// Position of the newest entry, and news of each append.
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Why nothing is written any more, once that is so.
    pub fn poison(&self) -> watch::Receiver<Option<String>> {
        self.poison.subscribe()
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<ValidatorName, Standing>> {
        self.standings.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up entries that are durable. Appends of this process and entries of another, read after
    /// a change of the lease, come in by the same way.
    fn take_up(&self, entries: &[Entry]) -> Result<(), JournalError> {
        let mut standings = self.standings.write().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            fold(&mut standings, entry).map_err(|error| contradiction(entry, error))?;
            self.newest.send_replace(entry.seq);
        }
        Ok(())
    }

    async fn write(
        &self,
        held: Held,
        about: Option<&ValidatorName>,
        records: &[Record],
    ) -> Result<Durable, JournalError> {
        let durable = self.journal.append(held, about, records).await?;
        let from = self.newest.borrow().saturating_add(1);
        let entries = self.journal.replay(from).await?;
        self.take_up(&entries)?;
        Ok(durable)
    }
}

#[async_trait]
impl Journal for Chronicle {
    async fn append(
        &self,
        held: Held,
        about: Option<&ValidatorName>,
        records: &[Record],
    ) -> Result<Durable, JournalError> {
        let _one_at_a_time = self.writing.lock().await;
        if let Some(reason) = self.poison.borrow().clone() {
            return Err(JournalError::Poisoned { reason });
        }
        let written = self.write(held, about, records).await;
        match &written {
            Ok(_) | Err(JournalError::Stale { .. }) => {}
            Err(error) => {
                self.poison.send_replace(Some(error.to_string()));
            }
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

fn fold(standings: &mut BTreeMap<ValidatorName, Standing>, entry: &Entry) -> Result<(), Impossible> {
    let Some(validator) = &entry.validator else { return Ok(()) };
    standings.entry(validator.clone()).or_default().apply(entry)
}

fn contradiction(entry: &Entry, error: Impossible) -> JournalError {
    JournalError::Damaged { place: format!("entry {}", entry.seq), reason: error.to_string() }
}

impl fmt::Debug for Chronicle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chronicle").field("newest", &*self.newest.borrow()).finish_non_exhaustive()
    }
}

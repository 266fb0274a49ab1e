//! The journal with its fold kept beside it: the one place through which a process writes.
use crate::clock::Clock;
use crate::id::ValidatorName;
use crate::journal::fleet::Fleet;
use crate::journal::standing::{Moment, Standing};
use crate::journal::timeline::Timeline;
use crate::journal::{Checkpoint, Durable, Entry, FORMAT, Journal, JournalError, Record};
use crate::lease::Held;
use crate::saga::Impossible;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::{Mutex, watch};

/// Entries read at a time. Of a long journal two such pages are in memory.
const PAGE: usize = 512;
/// While something counts on time, an entry is written at least this often.
const TIME_EVERY: std::time::Duration = std::time::Duration::from_hours(1);
/// Sagas that are over and still go into a checkpoint, per validator: more than any budget counts.
const REMEMBERED: usize = 64;

/// A journal and what it says about each validator. Appends go through it one at a time. After one
/// whose result is open, nothing is written before the journal was read on; after one that failed for
/// good, nothing is written any more, since nobody knows what is on the medium.
pub struct Chronicle {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    writing: Mutex<Writing>,
    folded: RwLock<Folded>,
    newest: watch::Sender<u64>,
    behind: watch::Sender<Option<String>>,
    poison: watch::Sender<Option<String>>,
}

/// What only the writer knows.
#[derive(Debug, Default)]
struct Writing {
    /// Position of the newest checkpoint of the store.
    checkpoint: u64,
}

/// The fold of every entry so far.
#[derive(Debug, Default)]
struct Folded {
    seq: u64,
    token: u64,
    timeline: Timeline,
    fleet: Fleet,
    standings: BTreeMap<ValidatorName, Standing>,
}

impl Folded {
    /// Takes up `entry`, unless it was taken up before.
    fn apply(&mut self, entry: &Entry) -> Result<(), JournalError> {
        if entry.seq <= self.seq {
            return Ok(());
        }
        let follows = self.seq.checked_add(1) == Some(entry.seq) && entry.token >= self.token;
        if !follows {
            return Err(contradiction(entry, Impossible));
        }
        let now = self.timeline.advance(entry);
        self.fleet.apply(entry, &now);
        if let Some(validator) = &entry.validator {
            let standing = self.standings.entry(validator.clone()).or_default();
            standing.apply_at(entry, now).map_err(|error| contradiction(entry, error))?;
        }
        (self.seq, self.token) = (entry.seq, entry.token);
        Ok(())
    }
}

/// What the journal says at one moment. In [`Chronicle::append_if`] nothing else can be written while it
/// is looked at.
#[derive(Debug)]
pub struct Known<'a> {
    folded: &'a Folded,
    unknown: Standing,
    now: Moment,
}

impl Known<'_> {
    /// What it says about `validator`; an empty standing where it says nothing.
    pub fn standing(&self, validator: &ValidatorName) -> &Standing {
        self.folded.standings.get(validator).unwrap_or(&self.unknown)
    }

    /// What it says about each validator that it names.
    pub fn standings(&self) -> impl Iterator<Item = (&ValidatorName, &Standing)> {
        self.folded.standings.iter()
    }

    /// What it says about all validators together.
    pub fn fleet(&self) -> &Fleet {
        &self.folded.fleet
    }

    /// Now, in a form that compares with entries.
    pub fn now(&self) -> &Moment {
        &self.now
    }
}

impl From<Checkpoint> for Folded {
    fn from(checkpoint: Checkpoint) -> Self {
        let Checkpoint { seq, token, timeline, fleet, standings, .. } = checkpoint;
        Self { seq, token, timeline, fleet, standings }
    }
}

impl Chronicle {
    /// Reads the whole journal; where a shared store cannot be reached, that is left to
    /// [`catch_up`](Self::catch_up).
    ///
    /// # Errors
    /// Where it cannot be read, is damaged, or contradicts itself.
    pub async fn open(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        let chronicle = Self {
            journal,
            clock,
            writing: Mutex::default(),
            folded: RwLock::default(),
            newest: watch::Sender::new(0),
            behind: watch::Sender::new(None),
            poison: watch::Sender::new(None),
        };
        let read = chronicle.read_on(&mut *chronicle.writing.lock().await).await;
        match read {
            // A store that cannot be reached now keeps nobody from observing.
            Err(error) if error.is_passing() => chronicle.note(Some(&error)),
            read => read?,
        }
        Ok(chronicle)
    }

    /// Takes up what others wrote since, and whatever became of an own append whose result was open.
    /// Needed after every change of the lease, before anything is written.
    ///
    /// # Errors
    /// Where the journal cannot be read; may be repeated where [`JournalError::is_passing`] says so.
    pub async fn catch_up(&self) -> Result<(), JournalError> {
        let mut writing = self.writing.lock().await;
        self.refuse_poisoned()?;
        self.read_noted(&mut writing).await?;
        self.behind.send_if_modified(|behind| behind.take().is_some());
        Ok(())
    }

    /// Reads on, and takes the next position before anybody else may write: an append of which nobody knows
    /// what became may still be on its way. It finds its place taken now, or this one finds it there; until
    /// then nothing is begun on what was read.
    ///
    /// # Errors
    /// As [`catch_up`](Self::catch_up) and an append; may be repeated where [`JournalError::is_passing`] says so.
    pub async fn settle(&self, held: Held) -> Result<(), JournalError> {
        let mut writing = self.writing.lock().await;
        self.refuse_poisoned()?;
        self.read_noted(&mut writing).await?;
        let _taken = self.write(held, None, &[Record::Elapsed {}]).await?;
        self.behind.send_if_modified(|behind| behind.take().is_some());
        Ok(())
    }

    /// Whether the result of an append is open, so that the journal must be read on first.
    pub fn is_behind(&self) -> bool {
        self.behind.borrow().is_some()
    }

    /// Has a store that does not keep every entry put a checkpoint in the place of those it wants to
    /// be rid of.
    ///
    /// # Errors
    /// As an append; nothing is lost by it.
    pub async fn tidy(&self, held: Held) -> Result<(), JournalError> {
        let Some(keeps) = self.journal.keeps() else { return Ok(()) };
        let mut writing = self.writing.lock().await;
        let checkpoint = {
            let folded = self.read();
            let kept = folded.seq.saturating_sub(writing.checkpoint);
            if kept <= keeps || self.is_behind() {
                return Ok(());
            }
            let condensed =
                |(name, standing): (&ValidatorName, &Standing)| (name.clone(), standing.condensed(REMEMBERED));
            let standings = folded.standings.iter().map(condensed).collect();
            let Folded { seq, token, timeline, fleet, .. } = &*folded;
            let (timeline, fleet) = (timeline.clone(), fleet.clone());
            Checkpoint { v: FORMAT, seq: *seq, token: *token, timeline, fleet, standings }
        };
        self.journal.trim(held, &checkpoint).await?;
        writing.checkpoint = checkpoint.seq;
        Ok(())
    }

    /// What the journal says about `validator`; an empty standing where it says nothing.
    pub fn standing(&self, validator: &ValidatorName) -> Standing {
        self.read().standings.get(validator).cloned().unwrap_or_default()
    }

    /// The same, looked at without a copy.
    pub fn with_standing<T>(&self, validator: &ValidatorName, look: impl FnOnce(&Standing) -> T) -> T {
        let none = Standing::default();
        look(self.read().standings.get(validator).unwrap_or(&none))
    }

    /// `name` as the journal has it, where it does: one text for all who keep it.
    pub fn share(&self, name: &ValidatorName) -> ValidatorName {
        self.read().standings.get_key_value(name).map_or(name, |(own, _)| own).clone()
    }

    /// Now, in a form that compares with entries.
    pub fn moment(&self) -> Moment {
        self.read().timeline.now(&*self.clock)
    }

    /// What the journal says about all validators together.
    pub fn with_fleet<T>(&self, look: impl FnOnce(&Fleet) -> T) -> T {
        look(&self.read().fleet)
    }

    /// Everything that the journal says, looked at without a copy.
    pub fn look<T>(&self, look: impl FnOnce(&Known<'_>) -> T) -> T {
        let folded = self.read();
        look(&Known { folded: &folded, unknown: Standing::default(), now: folded.timeline.now(&*self.clock) })
    }

    /// Appends the record that `decide` makes of what the journal says, or nothing where it declines.
    /// Nothing else is written between its look and the record, so what it found is still true then.
    ///
    /// # Errors
    /// As an append; whether `decide` was asked is not said then.
    pub async fn append_if<E>(
        &self,
        held: Held,
        about: &ValidatorName,
        decide: impl FnOnce(&Known<'_>) -> Result<Record, E>,
    ) -> Result<Result<Durable, E>, JournalError> {
        let _one_at_a_time = self.writing.lock().await;
        self.refuse_unsettled()?;
        let record = match self.look(decide) {
            Ok(record) => record,
            Err(declined) => return Ok(Err(declined)),
        };
        self.write(held, Some(about), &[record]).await.map(Ok)
    }

    /// Whether time should be written down: something counts on it, and nothing was written for long.
    pub fn wants_time(&self) -> bool {
        let now = self.moment();
        let folded = self.read();
        let silent = folded.timeline.since_newest(&now);
        silent >= TIME_EVERY && folded.standings.values().any(|standing| standing.counts_on_time(&now))
    }

    /// Position of the newest entry, and news of each append.
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Position of the newest entry.
    pub fn position(&self) -> u64 {
        *self.newest.borrow()
    }

    /// Why nothing is written any more, once that is so.
    pub fn poison(&self) -> watch::Receiver<Option<String>> {
        self.poison.subscribe()
    }

    fn read(&self) -> RwLockReadGuard<'_, Folded> {
        self.folded.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse_poisoned(&self) -> Result<(), JournalError> {
        let poison = self.poison.borrow().clone();
        poison.map_or(Ok(()), |reason| Err(JournalError::Poisoned { reason }))
    }

    fn refuse_unsettled(&self) -> Result<(), JournalError> {
        self.refuse_poisoned()?;
        let behind = self.behind.borrow().clone();
        behind.map_or(Ok(()), |reason| Err(JournalError::Unsettled { reason }))
    }

    /// Remembers what an error means for the next append.
    fn note(&self, error: Option<&JournalError>) {
        let Some(error) = error else { return };
        let place = if error.is_passing() { &self.behind } else { &self.poison };
        place.send_replace(Some(crate::causes::line(error)));
    }

    /// Reads on, and remembers what an error means.
    async fn read_noted(&self, writing: &mut Writing) -> Result<(), JournalError> {
        let read = self.read_on(writing).await;
        self.note(read.as_ref().err());
        read
    }

    async fn read_on(&self, writing: &mut Writing) -> Result<(), JournalError> {
        let mut is_long = false;
        loop {
            let from = self.read().seq.saturating_add(1);
            let next = async {
                // Checking and decoding take longest, so two pages of a long journal are read side by side.
                let from = from.saturating_add(PAGE as u64);
                if is_long { self.journal.page(from, PAGE).await } else { Ok(Vec::new()) }
            };
            let (entries, next) = match tokio::join!(self.journal.page(from, PAGE), next) {
                (Err(JournalError::Trimmed { upto }), _) => {
                    writing.checkpoint = self.begin_with_checkpoint(upto).await?;
                    continue;
                }
                (read, next) => (read?, next),
            };
            if entries.is_empty() {
                return Ok(());
            }
            is_long = entries.len() == PAGE;
            self.take_up(&entries)?;
            // What comes after a page that was not full is another reading's business.
            if is_long && let Ok(next) = next {
                self.take_up(&next)?;
            }
        }
    }

    /// Puts the store's checkpoint in the place of the fold so far.
    async fn begin_with_checkpoint(&self, upto: u64) -> Result<u64, JournalError> {
        let missing = || JournalError::Damaged {
            place: format!("the checkpoint at entry {upto}"),
            reason: "it is not there, and the entries before it are gone".to_owned(),
        };
        let checkpoint = self.journal.checkpoint().await?.ok_or_else(missing)?;
        let seq = checkpoint.seq;
        if seq < upto {
            return Err(missing());
        }
        *self.folded.write().unwrap_or_else(PoisonError::into_inner) = checkpoint.into();
        self.newest.send_replace(seq);
        Ok(seq)
    }

    /// Takes up entries that are durable. Appends of this process and entries of another come in by
    /// the same way.
    fn take_up(&self, entries: &[Entry]) -> Result<(), JournalError> {
        let (seq, applied) = {
            let mut folded = self.folded.write().unwrap_or_else(PoisonError::into_inner);
            let applied = entries.iter().try_for_each(|entry| folded.apply(entry));
            (folded.seq, applied)
        };
        // Not under the lock: whoever looks at the newest position may be about to ask for more.
        self.newest.send_replace(seq);
        applied
    }

    async fn write(
        &self,
        held: Held,
        about: Option<&ValidatorName>,
        records: &[Record],
    ) -> Result<Durable, JournalError> {
        let appended = self.journal.append(held, about, records).await;
        let written = appended.and_then(|durable| self.take_up(durable.entries()).map(|()| durable));
        self.note(written.as_ref().err());
        written
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
        self.refuse_unsettled()?;
        self.write(held, about, records).await
    }

    async fn replay(&self, from: u64) -> Result<Vec<Entry>, JournalError> {
        self.journal.replay(from).await
    }

    async fn page(&self, from: u64, most: usize) -> Result<Vec<Entry>, JournalError> {
        self.journal.page(from, most).await
    }
}

fn contradiction(entry: &Entry, error: Impossible) -> JournalError {
    JournalError::Damaged { place: format!("entry {}", entry.seq), reason: error.to_string() }
}

impl fmt::Debug for Chronicle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chronicle").field("newest", &*self.newest.borrow()).finish_non_exhaustive()
    }
}

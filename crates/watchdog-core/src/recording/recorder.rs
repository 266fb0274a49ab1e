//! Keeps observations while the engine works, and lets them be read meanwhile.
use super::packing::{Packed, Packer};
use super::store::{CHUNK, Chunk, ObservationStore, RecordingError};
use super::{Recorded, unpack};
use crate::clock::Timestamp;
use crate::id::ValidatorName;
use std::io;
use std::mem;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What was observed is written after this time at the latest, and lost by a crash before it.
const EVERY: Duration = Duration::from_mins(1);
/// Rounds of observations that wait for the disk; more are dropped.
const WAITING: usize = 256;
/// Chunks that are looked through for one page: the others wait for the next.
const LOOKED_AT: usize = 64;

/// Hands observations to a thread that keeps them. Never waits: what finds no room is dropped.
#[derive(Debug)]
pub struct Recorder {
    waiting: Option<SyncSender<Vec<Recorded>>>,
    thread: Option<JoinHandle<()>>,
    shelf: Shelf,
}

/// What a recorder keeps, written or not, to be read beside it.
#[derive(Clone, Debug)]
pub struct Shelf(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    store: ObservationStore,
    unwritten: Mutex<Unwritten>,
}

/// What waits to be written, packed: unpacked, one observation takes kilobytes.
#[derive(Debug, Default)]
struct Unwritten {
    /// Parts of [`CHUNK`] observations.
    full: Vec<Packed>,
    rest: Packer,
    /// When the oldest was made, and the last that came.
    span: Option<(Timestamp, Timestamp)>,
}

/// What is asked of a [`Shelf`].
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// Whose observations.
    pub validator: ValidatorName,
    /// Those that follow this position; 0 for all.
    pub after: u64,
    /// Those that were made from then on.
    pub since: Timestamp,
    /// At most so many.
    pub limit: usize,
}

/// Some of what is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// With their positions, in the order in which they were kept. Positions grow, with gaps, and stay.
    pub observations: Vec<(u64, Recorded)>,
    /// The position after which there is more; absent at the end. A page that is empty may not be the last.
    pub next: Option<u64>,
    /// Chunks that were looked at and are damaged.
    pub damaged: u64,
}

impl Recorder {
    /// Begins to keep observations in `store`.
    ///
    /// # Errors
    /// Where the machine starts no thread.
    pub fn start(store: ObservationStore) -> io::Result<Self> {
        let (waiting, rounds) = mpsc::sync_channel(WAITING);
        let shelf = Shelf(Arc::new(Kept { store, unwritten: Mutex::default() }));
        let kept = shelf.0.clone();
        let thread = thread::Builder::new().name("tanist-observed".to_owned()).spawn(move || keep(&kept, &rounds))?;
        Ok(Self { waiting: Some(waiting), thread: Some(thread), shelf })
    }

    /// Keeps `round` some time later; says whether there was room for it.
    pub fn note(&self, round: Vec<Recorded>) -> bool {
        let sent = self.waiting.as_ref().map(|waiting| waiting.try_send(round));
        matches!(sent, Some(Ok(()) | Err(TrySendError::Disconnected(_))))
    }

    /// What is kept.
    pub fn shelf(&self) -> Shelf {
        self.shelf.clone()
    }
}

impl Drop for Recorder {
    /// What waits is written first.
    fn drop(&mut self) {
        self.waiting = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl Shelf {
    /// Some of what is kept. Reads from the disk, and only so much of it that it takes a moment.
    ///
    /// # Errors
    /// Where the file cannot be read at all.
    pub fn page(&self, request: &PageRequest) -> Result<Page, RecordingError> {
        let Kept { store, .. } = &*self.0;
        // Nothing is written meanwhile, so that nothing is found twice or not at all.
        let unwritten = self.0.unwritten();
        let mut page = Page::default();
        let mut from = number(request.after);
        for _ in 0..LOOKED_AT {
            let Some(chunk) = store.read_chunk(from, request.since)? else {
                let chunk = |(number, part): (u64, &Packed)| Chunk { number, part: unpack(&part.bytes).ok() };
                let mut waiting = (store.next_chunk()..).zip(unwritten.parts()).map(chunk);
                let is_full = waiting.any(|chunk| page.fill(chunk, request));
                page.next = page.next.filter(|_| is_full);
                return Ok(page);
            };
            from = chunk.number.saturating_add(1);
            if page.fill(chunk, request) {
                return Ok(page);
            }
            page.next = Some(position(from, 0).saturating_sub(1));
        }
        Ok(page)
    }
}

impl Page {
    /// Takes what is asked for out of a chunk; whether no more may follow.
    fn fill(&mut self, Chunk { number, part }: Chunk, request: &PageRequest) -> bool {
        let PageRequest { validator, after, since, limit } = request;
        self.damaged = self.damaged.saturating_add(part.is_none().into());
        for (index, recorded) in (0_u64..).zip(part.unwrap_or_default()) {
            let position = position(number, index);
            if position <= *after || recorded.validator != *validator || recorded.at < *since {
                continue;
            }
            if self.observations.len() >= (*limit).max(1) {
                self.next = self.observations.last().map(|(last, _)| *last);
                return true;
            }
            self.observations.push((position, recorded));
        }
        false
    }
}

/// Positions are numbered from 1: as many for each chunk as one may hold.
fn position(number: u64, index: u64) -> u64 {
    number.saturating_mul(CHUNK as u64).saturating_add(index).saturating_add(1)
}

/// The chunk in which the position after `position` lies.
fn number(position: u64) -> u64 {
    position.checked_div(CHUNK as u64).unwrap_or_default()
}

impl Unwritten {
    fn push(&mut self, observation: &Recorded) {
        let (oldest, _) = self.span.unwrap_or((observation.at, observation.at));
        self.span = Some((oldest, observation.at));
        self.rest.push(observation);
        if self.rest.packed().count >= CHUNK {
            self.full.push(mem::take(&mut self.rest).finish());
        }
    }

    /// In the order in which they are written.
    fn parts(&self) -> impl Iterator<Item = &Packed> {
        let rest = Some(self.rest.packed()).filter(|rest| rest.count > 0);
        self.full.iter().chain(rest)
    }

    fn is_due(&self) -> bool {
        !self.full.is_empty() || self.span.is_some_and(|(oldest, newest)| oldest.distance(newest) >= EVERY)
    }

    /// Takes all of them, to be written.
    fn take(&mut self) -> Vec<Packed> {
        let Self { mut full, rest, .. } = mem::take(self);
        full.extend(Some(rest.finish()).filter(|rest| rest.count > 0));
        full
    }
}

impl Kept {
    fn unwritten(&self) -> MutexGuard<'_, Unwritten> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keep(kept: &Kept, rounds: &mpsc::Receiver<Vec<Recorded>>) {
    let mut is_failing = false;
    loop {
        let (round, ended) = match rounds.recv_timeout(EVERY) {
            Ok(round) => (round, false),
            Err(RecvTimeoutError::Timeout) => (Vec::new(), false),
            Err(RecvTimeoutError::Disconnected) => (Vec::new(), true),
        };
        let mut unwritten = kept.unwritten();
        for observation in &round {
            unwritten.push(observation);
        }
        if ended || unwritten.is_due() {
            let written = kept.store.keep_packed(&unwritten.take());
            if let (Err(error), false) = (&written, is_failing) {
                tracing::warn!(%error, "observations are not kept; nothing else depends on them");
            }
            is_failing = written.is_err();
        }
        if ended {
            return;
        }
    }
}

//! The file in which observations are kept: beside the journal, bounded, and never in anybody's way.
use super::packing::{Packed, packed};
use super::{Recorded, unpack};
use crate::clock::Timestamp;
use redb::{Builder, Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::vec;

/// Packed observations by number, the oldest first; each value is `newest moment ‖ crc ‖ observations`.
const CHUNKS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("chunks");
const CACHE_BYTES: usize = 1 << 18;
/// Observations in one chunk, at most: what a damaged one takes with it.
pub(super) const CHUNK: usize = 512;

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of packed observations, at most; the file itself may be twice as large.
    pub bytes: u64,
    /// Older ones are dropped.
    pub age: Duration,
}

impl Default for Bounds {
    /// 64 MiB and 30 days.
    fn default() -> Self {
        Self { bytes: 64 << 20, age: Duration::from_hours(24 * 30) }
    }
}

/// Observations could not be kept or read. Nothing depends on them.
#[derive(Debug, thiserror::Error)]
#[error("observations in {path} cannot be {done}: {reason}")]
pub struct RecordingError {
    path: String,
    done: &'static str,
    reason: String,
    is_held: bool,
    is_denied: bool,
}

impl RecordingError {
    fn new(path: &Path, done: &'static str, trouble: &Trouble) -> Self {
        let (is_held, is_denied) = (matches!(trouble, Trouble::Held), matches!(trouble, Trouble::Denied(_)));
        Self { path: path.display().to_string(), done, reason: trouble.told(), is_held, is_denied }
    }

    /// Whether another process has the store open.
    pub const fn is_held(&self) -> bool {
        self.is_held
    }

    /// Whether this user may not open the store.
    pub const fn is_denied(&self) -> bool {
        self.is_denied
    }
}

/// The store.
pub struct ObservationStore {
    path: PathBuf,
    database: Database,
    bounds: Bounds,
    /// Bytes kept, and the number of the next chunk.
    size: Mutex<(u64, u64)>,
}

impl ObservationStore {
    /// Opens the store at `path`, or makes it. One that cannot be read is put aside under another name
    /// (`….damaged`), and a new one begun.
    ///
    /// # Errors
    /// Where another process has it, or the disk or its permissions say no.
    pub fn open(path: &Path, bounds: Bounds) -> Result<Self, RecordingError> {
        let failed = |trouble: &Trouble| RecordingError::new(path, "opened", trouble);
        match guarded(|| Self::try_open(path, bounds)) {
            Err(Trouble::Damaged(reason)) => {
                let mut aside = path.as_os_str().to_owned();
                aside.push(".damaged");
                fs::rename(path, &aside).map_err(|error| failed(&Trouble::Other(format!("{reason}; {error}"))))?;
                tracing::warn!(path = %path.display(), reason, "observations are damaged, put aside, and begun anew");
                guarded(|| Self::try_open(path, bounds)).map_err(|trouble| failed(&trouble))
            }
            opened => opened.map_err(|trouble| failed(&trouble)),
        }
    }

    /// Opens the store at `path` to read what it holds. Where there is none, none is made, and a damaged
    /// one stays where it is.
    ///
    /// # Errors
    /// Where there is none, another process has it, or it is damaged as a whole.
    pub fn open_existing(path: &Path) -> Result<Self, RecordingError> {
        let opened = guarded(|| {
            let file = OpenOptions::new().read(true).write(true).open(path)?;
            if file.metadata()?.len() == 0 {
                return Err(Trouble::Damaged("the file is empty".to_owned()));
            }
            let database = Builder::new().set_cache_size(CACHE_BYTES).create_file(file).map_err(refused)?;
            database.begin_read()?.open_table(CHUNKS)?;
            Ok(Self { path: path.to_owned(), database, bounds: Bounds::default(), size: Mutex::default() })
        });
        opened.map_err(|trouble| RecordingError::new(path, "opened", &trouble))
    }

    fn try_open(path: &Path, bounds: Bounds) -> Result<Self, Trouble> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let database = Builder::new().set_cache_size(CACHE_BYTES).create_file(file).map_err(refused)?;
        let write = database.begin_write()?;
        let (mut bytes, mut next) = (0_u64, 0);
        for chunk in write.open_table(CHUNKS)?.iter()? {
            let (number, value) = chunk?;
            bytes = bytes.saturating_add(value.value().len() as u64);
            next = number.value().saturating_add(1);
        }
        write.commit()?;
        Ok(Self { path: path.to_owned(), database, bounds, size: Mutex::new((bytes, next)) })
    }

    /// Keeps `observations`, and drops the oldest ones that the bounds leave no room for.
    ///
    /// # Errors
    /// Where they cannot be written; they are lost then.
    pub fn keep(&self, observations: &[Recorded]) -> Result<(), RecordingError> {
        let parts: Vec<_> = observations.chunks(CHUNK).map(packed).collect();
        self.keep_packed(&parts)
    }

    /// The same of those that are packed already, at most [`CHUNK`] in each part.
    ///
    /// # Errors
    /// As [`keep`](Self::keep).
    pub(super) fn keep_packed(&self, parts: &[Packed]) -> Result<(), RecordingError> {
        guarded(|| self.try_keep(parts)).map_err(|trouble| self.failed("written", &trouble))
    }

    fn try_keep(&self, parts: &[Packed]) -> Result<(), Trouble> {
        let Some(now) = parts.iter().filter_map(|part| part.newest).max() else { return Ok(()) };
        let mut size = self.size.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut bytes, mut next) = *size;
        let mut write = self.database.begin_write()?;
        write.set_durability(Durability::Immediate).map_err(redb::Error::from)?;
        {
            let mut chunks = write.open_table(CHUNKS)?;
            for part in parts {
                let value = sealed(part);
                bytes = bytes.saturating_add(value.len() as u64);
                chunks.insert(next, value.as_slice())?;
                next = next.saturating_add(1);
            }
            while let Some((number, length, newest)) = oldest(&chunks)? {
                let is_old = now.since(newest).is_some_and(|age| age > self.bounds.age);
                if bytes <= self.bounds.bytes && !is_old {
                    break;
                }
                chunks.remove(number)?;
                bytes = bytes.saturating_sub(length);
            }
        }
        write.commit()?;
        *size = (bytes, next);
        Ok(())
    }

    /// What was observed from `from` on and before `to`, in the order in which it was kept. Damaged
    /// parts are left out and told.
    ///
    /// # Errors
    /// Where the file cannot be read at all.
    pub fn read(&self, from: Timestamp, to: Timestamp) -> Result<Kept, RecordingError> {
        let mut stream = self.stream(from, to);
        let observations = stream.by_ref().collect();
        Ok(Kept { observations, damaged: stream.finish()? })
    }

    /// The same, one after the other: there may be more than the memory holds.
    pub fn stream(&self, from: Timestamp, to: Timestamp) -> Stream<'_> {
        let part = Vec::new().into_iter();
        Stream { store: self, within: from..to, next: Some(0), part, damaged: 0, failed: None }
    }

    /// The first chunk from number `from` on.
    fn chunk(&self, from: u64) -> Result<Option<Chunk>, Trouble> {
        self.chunk_since(from, Timestamp(0))
    }

    /// The same; one that ends before `since` is not unpacked, and counts as empty.
    fn chunk_since(&self, from: u64, since: Timestamp) -> Result<Option<Chunk>, Trouble> {
        let chunks = self.database.begin_read()?.open_table(CHUNKS)?;
        let Some(chunk) = chunks.range(from..)?.next() else { return Ok(None) };
        let (number, value) = chunk?;
        let value = value.value();
        let part = if newest(value) < since { Some(Vec::new()) } else { unsealed(value) };
        Ok(Some(Chunk { number: number.value(), part }))
    }

    /// The same for pages.
    ///
    /// # Errors
    /// Where the file cannot be read at all.
    pub(super) fn read_chunk(&self, from: u64, since: Timestamp) -> Result<Option<Chunk>, RecordingError> {
        guarded(|| self.chunk_since(from, since)).map_err(|trouble| self.failed("read", &trouble))
    }

    /// Number of the chunk that is written next.
    pub(super) fn next_chunk(&self) -> u64 {
        self.size.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Bytes of packed observations.
    pub fn bytes(&self) -> u64 {
        self.size.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn failed(&self, done: &'static str, trouble: &Trouble) -> RecordingError {
        RecordingError::new(&self.path, done, trouble)
    }
}

impl fmt::Debug for ObservationStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObservationStore")
            .field("path", &self.path)
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}

/// Kept observations one after the other. It ends where the file cannot be read any further;
/// [`finish`](Self::finish) says whether it did.
#[derive(Debug)]
pub struct Stream<'a> {
    store: &'a ObservationStore,
    within: Range<Timestamp>,
    /// Number of the next chunk; `None` after the last.
    next: Option<u64>,
    part: vec::IntoIter<Recorded>,
    damaged: u64,
    failed: Option<RecordingError>,
}

pub(super) struct Chunk {
    pub(super) number: u64,
    /// What is in it, unless it is damaged.
    pub(super) part: Option<Vec<Recorded>>,
}

impl Iterator for Stream<'_> {
    type Item = Recorded;

    fn next(&mut self) -> Option<Recorded> {
        loop {
            if let Some(recorded) = self.part.by_ref().find(|recorded| self.within.contains(&recorded.at)) {
                return Some(recorded);
            }
            let from = self.next?;
            self.next = match guarded(|| self.store.chunk(from)) {
                Ok(Some(Chunk { number, part })) => {
                    self.damaged = self.damaged.saturating_add(part.is_none().into());
                    self.part = part.unwrap_or_default().into_iter();
                    number.checked_add(1)
                }
                Ok(None) => None,
                Err(trouble) => {
                    self.failed = Some(self.store.failed("read", &trouble));
                    None
                }
            };
        }
    }
}

impl Stream<'_> {
    /// Chunks that were left out because they are damaged.
    ///
    /// # Errors
    /// Why it ended before the end.
    pub fn finish(self) -> Result<u64, RecordingError> {
        self.failed.map_or(Ok(self.damaged), Err)
    }
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// Observations, in the order in which they were kept.
    pub observations: Vec<Recorded>,
    /// Chunks that could not be read.
    pub damaged: u64,
}

fn oldest(chunks: &redb::Table<'_, u64, &'static [u8]>) -> Result<Option<(u64, u64, Timestamp)>, Trouble> {
    let Some((number, value)) = chunks.first()? else { return Ok(None) };
    Ok(Some((number.value(), value.value().len() as u64, newest(value.value()))))
}

/// The newest moment in a chunk.
fn newest(value: &[u8]) -> Timestamp {
    Timestamp(value.first_chunk().copied().map_or(0, u64::from_le_bytes))
}

fn sealed(part: &Packed) -> Vec<u8> {
    let mut value = part.newest.map_or(0, |newest| newest.0).to_le_bytes().to_vec();
    value.extend_from_slice(&crc32fast::hash(&part.bytes).to_le_bytes());
    value.extend_from_slice(&part.bytes);
    value
}

fn unsealed(value: &[u8]) -> Option<Vec<Recorded>> {
    let (_, rest) = value.split_first_chunk::<8>()?;
    let (crc, packed) = rest.split_first_chunk::<4>()?;
    (crc32fast::hash(packed) == u32::from_le_bytes(*crc)).then(|| unpack(packed).ok()).flatten()
}

enum Trouble {
    Damaged(String),
    Held,
    Denied(String),
    Other(String),
}

impl Trouble {
    fn told(&self) -> String {
        match self {
            Self::Damaged(reason) | Self::Denied(reason) | Self::Other(reason) => reason.clone(),
            Self::Held => "another process has it open".to_owned(),
        }
    }
}

fn refused(error: redb::DatabaseError) -> Trouble {
    match error {
        redb::DatabaseError::DatabaseAlreadyOpen => Trouble::Held,
        redb::DatabaseError::Storage(error) => Trouble::from(redb::Error::from(error)),
        other => Trouble::Damaged(other.to_string()),
    }
}

impl<E: Into<redb::Error>> From<E> for Trouble {
    fn from(error: E) -> Self {
        match error.into() {
            redb::Error::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Self::Denied(error.to_string())
            }
            redb::Error::Io(error) if error.kind() != io::ErrorKind::InvalidData => Self::Other(error.to_string()),
            redb::Error::Io(error) => Self::Damaged(error.to_string()),
            redb::Error::Corrupted(reason) => Self::Damaged(reason),
            redb::Error::TableDoesNotExist(_) => Self::Other("it is no store of observations".to_owned()),
            other @ (redb::Error::TableTypeMismatch { .. } | redb::Error::TypeDefinitionChanged { .. }) => {
                Self::Damaged(other.to_string())
            }
            other => Self::Other(other.to_string()),
        }
    }
}

/// redb panics on some damaged files.
fn guarded<T>(work: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    let gave_up = |_| Err(Trouble::Damaged("the store gave up on it".to_owned()));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(gave_up)
}

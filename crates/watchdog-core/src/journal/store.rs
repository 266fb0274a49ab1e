//! The embedded journal: one redb file, one process, every commit on disk before it counts.
//!
//! redb does not notice flipped bits in values, so every value is `crc32c ‖ payload` and is checked
//! on every read; that the file was opened at all proves little. The lock on the file is the lease:
//! its token is raised and made durable at each start.
use crate::clock::{BootTime, Clock};
use crate::crash;
use crate::cx::Cx;
use crate::id::{InstanceId, ValidatorName};
use crate::journal::{Durable, Entry, FORMAT, Journal, JournalError, Record, sealed};
use crate::lease::{Held, Lease, LeaseError};
use async_trait::async_trait;
use redb::{
    Builder, Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition,
};
use std::any::Any;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const ENTRIES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("entries");
const MARKS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("marks");
/// Positions before which entries are missing, because this file copies a journal that had trimmed
/// them already.
const GAPS: TableDefinition<'_, u64, ()> = TableDefinition::new("gaps");
/// Newest token granted.
const TOKEN: &str = "token";
/// Position of the newest entry.
const NEWEST: &str = "newest";
/// Pages kept in memory; the journal is read from front to back once and then only appended to.
const CACHE_BYTES: usize = 1 << 20;

/// The embedded journal.
#[derive(Clone)]
pub struct RedbJournal {
    database: Arc<Database>,
    clock: Arc<dyn Clock>,
    instance: InstanceId,
    inline: bool,
}

impl RedbJournal {
    /// Opens the journal at `path` and keeps every other process out; makes it, with its directory,
    /// where there is none. Blocks on the disk: call it before the runtime matters.
    ///
    /// # Errors
    /// [`JournalError::Locked`] where another process has it, [`JournalError::Damaged`] where its
    /// content cannot be trusted, [`JournalError::Io`] where the disk or its permissions say no.
    pub fn open(path: &Path, instance: InstanceId, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        make_directory(directory)?;
        refuse_open_to_others(directory)?;
        if path.exists() {
            refuse_open_to_others(path)?;
        } else {
            create(path, directory)?;
        }
        let database = guarded(|| open_existing(path))?;
        let journal = Self { database: Arc::new(database), clock, instance, inline: false };
        guarded(|| journal.check_marks())?;
        Ok(journal)
    }

    /// A journal on `backend`, whose commits run inside the call instead of on a thread of their own:
    /// for simulated disks.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn with_backend(
        backend: impl StorageBackend,
        instance: InstanceId,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, JournalError> {
        let database =
            guarded(|| builder().create_with_backend(backend).map_err(|e| opening(Path::new("backend"), e)))?;
        let journal = Self { database: Arc::new(database), clock, instance, inline: true };
        guarded(|| initialise(&journal.database))?;
        guarded(|| journal.check_marks())?;
        Ok(journal)
    }

    /// Copies `entries` of a shared journal, so that this file keeps what the shared one trims. A copy
    /// is read, verified and shown like any journal, but never written otherwise. Returns the
    /// position of the newest entry.
    ///
    /// # Errors
    /// As an append; may be repeated.
    pub async fn mirror(&self, entries: Vec<Entry>) -> Result<u64, JournalError> {
        self.off(move |this| this.copy(&entries)).await
    }

    /// Position of the newest entry; 0 where there is none.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn end(&self) -> Result<u64, JournalError> {
        self.off(Self::newest).await
    }

    /// The lease that the lock on the file is.
    pub fn lease(&self) -> EmbeddedLease {
        EmbeddedLease { journal: self.clone(), granted: tokio::sync::OnceCell::new() }
    }

    /// Reads every entry of a journal that no process holds, after the store's own integrity check.
    ///
    /// # Errors
    /// As [`open`](Self::open); a file that is not there is an error.
    pub fn verify(path: &Path, clock: Arc<dyn Clock>) -> Result<Vec<Entry>, JournalError> {
        if !path.exists() {
            let missing = io::Error::new(io::ErrorKind::NotFound, format!("{} does not exist", path.display()));
            return Err(JournalError::Io(missing));
        }
        guarded(|| {
            let mut database = open_existing(path)?;
            match database.check_integrity() {
                Ok(true) => {}
                Ok(false) => {
                    return Err(damaged(
                        path.display(),
                        "the store's own check found damage and repaired what it could",
                    ));
                }
                Err(error) => return Err(opening(path, error)),
            }
            let journal = Self { database: Arc::new(database), clock, instance: InstanceId([0; 16]), inline: true };
            journal.check_marks()?;
            journal.read_across_gaps()
        })
    }

    /// The newest position noted must be the newest entry's.
    fn check_marks(&self) -> Result<(), JournalError> {
        let read = self.database.begin_read().map_err(storage)?;
        let marks = read.open_table(MARKS).map_err(storage)?;
        let entries = read.open_table(ENTRIES).map_err(storage)?;
        let (_, newest) = (mark(&marks, TOKEN)?, mark(&marks, NEWEST)?);
        let last = entries.last().map_err(storage)?.map_or(0, |(key, _)| key.value());
        if last == newest {
            Ok(())
        } else {
            Err(damaged("its end", format!("{newest} entries were written, {last} are there")))
        }
    }

    fn write(&self, held: Held, about: Option<&ValidatorName>, records: &[Record]) -> Result<Durable, JournalError> {
        let mut write = self.database.begin_write().map_err(storage)?;
        write.set_durability(Durability::Immediate).map_err(storage)?;
        let mut written = Vec::with_capacity(records.len());
        {
            let mut marks = write.open_table(MARKS).map_err(storage)?;
            let token = mark(&marks, TOKEN)?;
            if held.token() != token {
                return Err(JournalError::Stale { held: held.token(), newest: token });
            }
            let mut seq = mark(&marks, NEWEST)?;
            let mut entries = write.open_table(ENTRIES).map_err(storage)?;
            for record in records {
                seq = seq.checked_add(1).ok_or_else(|| damaged("its end", "no position is left"))?;
                let entry = self.entry(seq, token, about, record);
                entries.insert(seq, sealed::entry(&entry)?.as_slice()).map_err(storage)?;
                written.push(entry);
            }
            put_mark(&mut marks, NEWEST, seq)?;
        }
        write.commit().map_err(storage)?;
        Ok(Durable::confirmed(written))
    }

    fn entry(&self, seq: u64, token: u64, about: Option<&ValidatorName>, record: &Record) -> Entry {
        let boot = BootTime { boot: self.clock.boot().clone(), up: self.clock.uptime() };
        let (validator, record) = (about.cloned(), record.clone());
        Entry { v: FORMAT, seq, token, instance: self.instance, at: self.clock.now(), boot, validator, record }
    }

    /// Copies `entries` of a shared journal as they are. What is there already is left as it is; the
    /// position of the newest entry comes back.
    fn copy(&self, entries: &[Entry]) -> Result<u64, JournalError> {
        let mut write = self.database.begin_write().map_err(storage)?;
        write.set_durability(Durability::Immediate).map_err(storage)?;
        let mut newest;
        {
            let mut marks = write.open_table(MARKS).map_err(storage)?;
            let mut table = write.open_table(ENTRIES).map_err(storage)?;
            let mut gaps = write.open_table(GAPS).map_err(storage)?;
            newest = mark(&marks, NEWEST)?;
            for entry in entries {
                if entry.seq <= newest {
                    continue;
                }
                if newest.checked_add(1) != Some(entry.seq) {
                    gaps.insert(entry.seq, ()).map_err(storage)?;
                }
                table.insert(entry.seq, sealed::entry(entry)?.as_slice()).map_err(storage)?;
                newest = entry.seq;
            }
            put_mark(&mut marks, NEWEST, newest)?;
        }
        write.commit().map_err(storage)?;
        Ok(newest)
    }

    /// Every entry that is there.
    fn read_across_gaps(&self) -> Result<Vec<Entry>, JournalError> {
        let (mut all, mut from): (Vec<Entry>, u64) = (Vec::new(), 1);
        loop {
            match self.read(from, usize::MAX) {
                Err(JournalError::Trimmed { upto }) => from = upto.saturating_add(1),
                Ok(entries) if entries.is_empty() => return Ok(all),
                Ok(entries) => {
                    from = entries.last().map_or(from, |last| last.seq.saturating_add(1));
                    all.extend(entries);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn newest(&self) -> Result<u64, JournalError> {
        let read = self.database.begin_read().map_err(storage)?;
        mark(&read.open_table(MARKS).map_err(storage)?, NEWEST)
    }

    fn read(&self, from: u64, most: usize) -> Result<Vec<Entry>, JournalError> {
        let read = self.database.begin_read().map_err(storage)?;
        let table = read.open_table(ENTRIES).map_err(storage)?;
        // Files of before there were copies have no such table.
        let gaps = match read.open_table(GAPS) {
            Ok(gaps) => Some(gaps),
            Err(redb::TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(storage(error)),
        };
        let is_gap = |seq| match &gaps {
            Some(gaps) => gaps.get(seq).map(|gap| gap.is_some()).map_err(storage),
            None => Ok(false),
        };
        let mut entries = Vec::new();
        let mut before: Option<(u64, u64)> = None;
        for pair in table.range(from..).map_err(storage)?.take(most) {
            let (key, value) = pair.map_err(storage)?;
            let entry = sealed::read_entry(key.value(), value.value())?;
            let follows =
                before.is_none_or(|(seq, token)| seq.checked_add(1) == Some(entry.seq) && token <= entry.token);
            let starts_right = before.is_some() || entry.seq == from.max(1);
            if !(follows && starts_right) && is_gap(entry.seq)? {
                if entries.is_empty() {
                    return Err(JournalError::Trimmed { upto: entry.seq.saturating_sub(1) });
                }
                break;
            }
            if !(follows && starts_right) {
                return Err(damaged(format!("entry {}", entry.seq), "it does not follow the entry before"));
            }
            before = Some((entry.seq, entry.token));
            entries.push(entry);
        }
        Ok(entries)
    }

    fn raise_token(&self) -> Result<u64, JournalError> {
        let mut write = self.database.begin_write().map_err(storage)?;
        write.set_durability(Durability::Immediate).map_err(storage)?;
        let token;
        {
            let mut marks = write.open_table(MARKS).map_err(storage)?;
            token = mark(&marks, TOKEN)?.checked_add(1).ok_or_else(|| damaged("the token", "no larger one is left"))?;
            put_mark(&mut marks, TOKEN, token)?;
        }
        write.commit().map_err(storage)?;
        Ok(token)
    }

    /// Runs `work` where blocking on the disk holds nobody up.
    async fn off<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        if self.inline {
            return guarded(|| work(self));
        }
        let this = self.clone();
        let done = tokio::task::spawn_blocking(move || guarded(|| work(&this))).await;
        done.unwrap_or_else(|error| Err(JournalError::Io(io::Error::other(error))))
    }
}

#[async_trait]
impl Journal for RedbJournal {
    async fn append(
        &self,
        held: Held,
        about: Option<&ValidatorName>,
        records: &[Record],
    ) -> Result<Durable, JournalError> {
        let (about, records) = (about.cloned(), records.to_vec());
        crash::point("before an append");
        let durable = self.off(move |this| this.write(held, about.as_ref(), &records)).await;
        crash::point("after an append");
        durable
    }

    async fn replay(&self, from: u64) -> Result<Vec<Entry>, JournalError> {
        self.off(move |this| this.read(from, usize::MAX)).await
    }

    async fn page(&self, from: u64, most: usize) -> Result<Vec<Entry>, JournalError> {
        self.off(move |this| this.read(from, most)).await
    }
}

impl fmt::Debug for RedbJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbJournal").field("instance", &self.instance).finish_non_exhaustive()
    }
}

/// The lease of a single host: who has the file has the lease, for as long as the process lives.
#[derive(Debug)]
pub struct EmbeddedLease {
    journal: RedbJournal,
    granted: tokio::sync::OnceCell<u64>,
}

impl EmbeddedLease {
    /// The lock does not run out; this is as long as forever.
    const GRANT: Duration = Duration::from_hours(24 * 366 * 100);
}

#[async_trait]
impl Lease for EmbeddedLease {
    async fn hold(&self, cx: &Cx) -> Result<Held, LeaseError> {
        let asked = cx.clock().uptime();
        let raise = || async { self.journal.off(RedbJournal::raise_token).await };
        let token = self.granted.get_or_try_init(raise).await.map_err(|e| LeaseError::Unreachable(Box::new(e)))?;
        Ok(Held::new(*token, asked, Self::GRANT))
    }

    async fn release(&self, _: Held, _: &Cx) -> Result<(), LeaseError> {
        Ok(())
    }
}

fn initialise(database: &Database) -> Result<(), JournalError> {
    let mut write = database.begin_write().map_err(storage)?;
    write.set_durability(Durability::Immediate).map_err(storage)?;
    write.open_table(ENTRIES).map_err(storage)?;
    {
        let mut marks = write.open_table(MARKS).map_err(storage)?;
        if marks.get(TOKEN).map_err(storage)?.is_none() {
            put_mark(&mut marks, TOKEN, 0)?;
            put_mark(&mut marks, NEWEST, 0)?;
        }
    }
    write.commit().map_err(storage)
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

fn open_existing(path: &Path) -> Result<Database, JournalError> {
    if fs::metadata(path)?.len() == 0 {
        return Err(damaged(path.display(), "the file is empty"));
    }
    builder().open(path).map_err(|error| opening(path, error))
}

/// Makes the file under another name and moves it into place whole, so that an interrupted first
/// start leaves no half of a journal behind.
fn create(path: &Path, directory: &Path) -> Result<(), JournalError> {
    let unfinished = unfinished(path);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(JournalError::Io(error)),
        _ => {}
    }
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&unfinished)?;
    guarded(|| {
        let database = builder().create_file(file).map_err(|error| opening(&unfinished, error))?;
        initialise(&database)
    })?;
    File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, path)?;
    File::open(directory)?.sync_all()?;
    Ok(())
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

fn make_directory(directory: &Path) -> Result<(), JournalError> {
    if !directory.exists() {
        fs::create_dir_all(directory)?;
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Whoever else can write here can forge what the watchdog believes.
fn refuse_open_to_others(path: &Path) -> Result<(), JournalError> {
    let mode = fs::metadata(path)?.mode() & 0o7777;
    if mode & 0o022 == 0 || mode & 0o1000 != 0 {
        return Ok(());
    }
    let reason = format!("{} can be written by others (mode {mode:04o}): run `chmod go-w` on it", path.display());
    Err(JournalError::Io(io::Error::new(io::ErrorKind::PermissionDenied, reason)))
}

/// redb panics on some damaged files.
fn guarded<T>(work: impl FnOnce() -> Result<T, JournalError>) -> Result<T, JournalError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(damaged("the store", told(panic.as_ref()))))
}

fn told(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("the store gave up").to_owned()
}

fn mark(marks: &impl ReadableTable<&'static str, &'static [u8]>, name: &str) -> Result<u64, JournalError> {
    let value = marks.get(name).map_err(storage)?.ok_or_else(|| damaged(name, "it is missing"))?;
    let payload = sealed::open(value.value()).ok_or_else(|| damaged(name, "its checksum does not match"))?;
    let bytes = payload.try_into().map_err(|_| damaged(name, "it has the wrong length"))?;
    Ok(u64::from_le_bytes(bytes))
}

fn put_mark(
    marks: &mut redb::Table<'_, &'static str, &'static [u8]>,
    name: &'static str,
    value: u64,
) -> Result<(), JournalError> {
    marks.insert(name, sealed::seal(&value.to_le_bytes()).as_slice()).map_err(storage)?;
    Ok(())
}

fn damaged(place: impl fmt::Display, reason: impl Into<String>) -> JournalError {
    JournalError::Damaged { place: place.to_string(), reason: reason.into() }
}

fn opening(path: &Path, error: DatabaseError) -> JournalError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => JournalError::Locked { path: path.display().to_string() },
        DatabaseError::Storage(error) => classed(path.display(), error.into()),
        other => damaged(path.display(), other.to_string()),
    }
}

fn storage(error: impl Into<redb::Error>) -> JournalError {
    classed("the store", error.into())
}

fn classed(place: impl fmt::Display, error: redb::Error) -> JournalError {
    match error {
        redb::Error::Io(error)
            if error.kind() == io::ErrorKind::InvalidData || error.kind() == io::ErrorKind::UnexpectedEof =>
        {
            damaged(place, error.to_string())
        }
        redb::Error::Io(error) => JournalError::Io(error),
        redb::Error::Corrupted(reason) => damaged(place, reason),
        redb::Error::TableDoesNotExist(_)
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::TypeDefinitionChanged { .. } => damaged(place, error.to_string()),
        other => JournalError::Io(io::Error::other(other)),
    }
}

//! A disk that keeps what was synced, and that can be full, read-only or failing.
use crate::chance::mix;
use crate::oracle::Oracle;
use crate::store::Medium;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const PAGE: u64 = 4096;

#[derive(Default)]
struct Platter {
    live: Vec<u8>,
    /// Pages changed since the last sync, as they were on disk before.
    before: BTreeMap<u64, Vec<u8>>,
    medium: Medium,
    /// Says that it wrote what it did not. A fault that a test plants.
    hides_errors: bool,
    /// Whether a write failed since the process has the disk open.
    has_failed: bool,
}

/// A machine's disk. Clones are one disk; it outlives processes and reboots.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<Platter>>);

impl Disk {
    pub(crate) fn new(hides_errors: bool) -> Self {
        Self(Arc::new(Mutex::new(Platter { hides_errors, ..Platter::default() })))
    }

    fn lock(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, medium: Medium) {
        self.lock().medium = medium;
    }

    /// Whether a write failed since the last look.
    pub(crate) fn take_failure(&self) -> bool {
        std::mem::take(&mut self.lock().has_failed)
    }

    /// The power fails: of the pages that were not synced, each is on disk as it was or as it became.
    pub(crate) fn lose_power(&self, seed: u64) {
        let mut platter = self.lock();
        let before = std::mem::take(&mut platter.before);
        for (page, old) in before {
            if mix(seed ^ page) & 1 == 0 {
                platter.put(page * PAGE, &old);
            }
        }
    }

    /// A process opens it.
    pub(crate) fn backend(&self) -> Backend {
        Backend(self.clone())
    }
}

impl Platter {
    fn put(&mut self, offset: u64, data: &[u8]) {
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = at.saturating_add(data.len());
        if self.live.len() < end {
            self.live.resize(end, 0);
        }
        self.live[at..end].copy_from_slice(data);
    }

    fn remember(&mut self, offset: u64, len: usize) {
        let last = offset.saturating_add(len as u64).saturating_sub(1) / PAGE;
        for page in offset / PAGE..=last {
            let live = &self.live;
            self.before.entry(page).or_insert_with(|| {
                let at = usize::try_from(page * PAGE).unwrap_or(usize::MAX);
                let end = (at + usize::try_from(PAGE).unwrap_or(0)).min(live.len());
                live.get(at..end).map(<[u8]>::to_vec).unwrap_or_default()
            });
        }
    }

    fn fail(&mut self, error: io::Error) -> io::Result<()> {
        self.has_failed = true;
        if self.hides_errors { Ok(()) } else { Err(error) }
    }

    fn refuse(&mut self) -> io::Result<()> {
        let error = match self.medium {
            Medium::Sound | Medium::FailsSync => return Ok(()),
            Medium::Full => io::ErrorKind::StorageFull,
            Medium::ReadOnly => io::ErrorKind::ReadOnlyFilesystem,
        };
        self.fail(error.into())
    }
}

/// The disk as one process has it open.
pub(crate) struct Backend(Disk);

impl redb::StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().live.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let platter = self.0.lock();
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        let found = platter.live.get(at..at.saturating_add(out.len())).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut platter = self.0.lock();
        platter.refuse()?;
        platter.live.resize(usize::try_from(len).unwrap_or(usize::MAX), 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut platter = self.0.lock();
        platter.refuse()?;
        if platter.medium == Medium::FailsSync {
            platter.fail(io::Error::other("fsync failed"))?;
        }
        platter.before.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut platter = self.0.lock();
        platter.refuse()?;
        platter.remember(offset, data.len());
        platter.put(offset, data);
        Ok(())
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backend")
    }
}

/// Tells the oracle what the embedded journal confirmed, and that its disk failed.
pub(crate) fn witness(disk: &Disk, process: u32, oracle: &mut Oracle) {
    if disk.take_failure() {
        oracle.poisoned(process);
    }
}

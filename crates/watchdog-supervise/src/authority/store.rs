//! The memory of a node, in a file that survives a power cut.
use super::Authority;
use crate::order::Target;
use rustix::fs::{FlockOperation, flock};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Largest file that is read, bytes.
const LARGEST: u64 = 64 * 1024;

/// A directory that holds the memory of one node: mode 0700, used by the sidecar and by the command
/// that answers an engine, which take turns by a lock.
#[derive(Clone, Debug)]
pub struct AuthorityStore {
    directory: PathBuf,
    target: Target,
}

/// What is remembered cannot be read or written. Whoever gets this starts no signer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The system said no. After a failed write nothing may rest on what is in the file.
    #[error("{} of {} failed", .what, .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// Others could change it.
    #[error("{} can be changed by others (mode {mode:04o}): run `chmod 700` on it", .path.display())]
    Open {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another program has the lock, and does not go on.
    #[error("{} is locked: see whether the sidecar is paused, and resume or kill it", .0.display())]
    Busy(PathBuf),
    /// What is there is not what was written.
    #[error("{} is damaged or of another version: see that no signer runs on this node, then remove it; the node is fenced without it", .0.display())]
    Damaged(PathBuf),
    /// It remembers another node.
    #[error("{} belongs to {found}, not to {wanted}: give each node a directory of its own", .path.display())]
    Elsewhere {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: Target,
        /// Whose it should be.
        wanted: Target,
    },
}

impl AuthorityStore {
    /// The memory of `target` in `directory`, which is made where it is absent.
    pub fn open(directory: &Path, target: Target) -> Result<Self, StoreError> {
        let created = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        created.map_err(|source| StoreError::Io { what: "creation", path: directory.into(), source })?;
        let metadata = directory.metadata();
        let metadata = metadata.map_err(|source| StoreError::Io { what: "reading", path: directory.into(), source })?;
        let mode = metadata.mode() & 0o7777;
        if mode & 0o022 != 0 {
            return Err(StoreError::Open { path: directory.into(), mode });
        }
        Ok(Self { directory: directory.into(), target })
    }

    /// Whose memory it is.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What is remembered now. Another process may change it the next moment; who acts on it takes
    /// the lock first.
    pub fn read(&self) -> Result<Authority, StoreError> {
        let path = self.directory.join("authority.json");
        let Some(bytes) = content(&path)? else { return Ok(Authority::none(self.target.clone())) };
        let authority: Authority = serde_json::from_slice(&bytes).map_err(|_| StoreError::Damaged(path.clone()))?;
        match authority {
            Authority { v, .. } if v != Authority::VERSION => Err(StoreError::Damaged(path)),
            Authority { target, .. } if target != self.target => {
                Err(StoreError::Elsewhere { path, found: target, wanted: self.target.clone() })
            }
            authority => Ok(authority),
        }
    }

    /// Takes the lock, or nothing where another process has it.
    pub fn try_lock(&self) -> Result<Option<Locked<'_>>, StoreError> {
        let file = self.lock_file()?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Locked { store: self, _file: file })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(self.unlocked(error)),
        }
    }

    fn lock_path(&self) -> PathBuf {
        self.directory.join("authority.lock")
    }

    fn lock_file(&self) -> Result<File, StoreError> {
        let path = self.lock_path();
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        file.map_err(|source| StoreError::Io { what: "opening", path, source })
    }

    fn unlocked(&self, error: rustix::io::Errno) -> StoreError {
        StoreError::Io { what: "locking", path: self.lock_path(), source: error.into() }
    }
}

/// The lock on a node's memory. While it is held, nobody else changes the memory or starts the signer.
#[derive(Debug)]
pub struct Locked<'a> {
    store: &'a AuthorityStore,
    _file: File,
}

impl Locked<'_> {
    /// What is remembered.
    pub fn read(&self) -> Result<Authority, StoreError> {
        self.store.read()
    }

    /// Remembers `authority`; durable once this returns.
    pub fn write(&self, authority: &Authority) -> Result<(), StoreError> {
        let path = self.store.directory.join("authority.json");
        let bytes = serde_json::to_vec(authority).map_err(|error| StoreError::Io {
            what: "writing",
            path: path.clone(),
            source: error.into(),
        })?;
        replace(&path, &bytes)
    }
}

/// The file at `path`; `None` where there is none.
pub(crate) fn content(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let failed = |source| StoreError::Io { what: "reading", path: path.into(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}

/// Puts `bytes` in the place of the file at `path`, as a whole and durably: file, name, directory.
///
/// Source: safety model, section 4; each of the three steps was found to be needed.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let failed = |what| move |source| StoreError::Io { what, path: path.into(), source };
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let mut options = OpenOptions::new();
    let mut file = options.create(true).write(true).truncate(true).mode(0o600).open(&new).map_err(failed("writing"))?;
    file.write_all(bytes).map_err(failed("writing"))?;
    file.sync_all().map_err(failed("syncing"))?;
    std::fs::rename(&new, path).map_err(failed("renaming"))?;
    let directory = path.parent().unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed("syncing the directory"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Order;
    use std::os::unix::fs::PermissionsExt;
    use watchdog_core::id::{Epoch, NodeName, ValidatorName};

    fn target(node: &str) -> Target {
        Target { validator: ValidatorName::new("main").unwrap(), node: NodeName::new(node).unwrap() }
    }

    #[test]
    fn what_was_written_is_read_by_the_next_process() {
        let directory = tempfile::tempdir().unwrap();
        let store = AuthorityStore::open(directory.path(), target("node_a")).unwrap();
        let order = Order { target: target("node_a"), epoch: Epoch { token: 3, seq: 1 } };
        let granted = store.read().unwrap().granted(&order, 4).unwrap();
        store.try_lock().unwrap().unwrap().write(&granted).unwrap();
        let again = AuthorityStore::open(directory.path(), target("node_a")).unwrap();
        assert_eq!(again.read().unwrap(), granted);
        let names: Vec<_> = directory.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "no temporary file is left: {names:?}");
    }

    #[test]
    fn a_damaged_memory_is_an_error_and_never_an_authority() {
        let directory = tempfile::tempdir().unwrap();
        let store = AuthorityStore::open(directory.path(), target("node_a")).unwrap();
        let order = Order { target: target("node_a"), epoch: Epoch { token: 3, seq: 1 } };
        let whole = serde_json::to_vec(&store.read().unwrap().granted(&order, 4).unwrap()).unwrap();
        let path = directory.path().join("authority.json");
        for end in 0..whole.len() {
            replace(&path, &whole[..end]).unwrap();
            assert!(matches!(store.read(), Err(StoreError::Damaged(_))), "{end} bytes");
        }
        replace(&path, &whole).unwrap();
        assert!(store.read().unwrap().permits(4));
        let other = AuthorityStore::open(directory.path(), target("node_b")).unwrap();
        assert!(matches!(other.read(), Err(StoreError::Elsewhere { .. })));
    }

    #[test]
    fn two_processes_never_hold_the_lock_together() {
        let directory = tempfile::tempdir().unwrap();
        let store = AuthorityStore::open(directory.path(), target("node_a")).unwrap();
        let held = store.try_lock().unwrap().unwrap();
        assert!(store.try_lock().unwrap().is_none());
        drop(held);
        assert!(store.try_lock().unwrap().is_some());
    }

    #[test]
    fn a_directory_that_others_can_write_to_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let opened = AuthorityStore::open(directory.path(), target("node_a"));
        assert!(matches!(opened, Err(StoreError::Open { mode: 0o777, .. })));
    }
}

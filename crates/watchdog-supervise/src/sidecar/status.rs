//! What a running sidecar tells the other programs of its node.
use crate::authority::{StoreError, content, replace};
use crate::process::Identity;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use watchdog_core::clock::BootId;

/// A running sidecar, in the directory of the node's memory.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SidecarStatus {
    boot: BootId,
    process: Identity,
    /// Token of the node's lease, as held last.
    pub term: Option<u64>,
    /// Seconds after which the watchdog device, confirmed active, resets the machine.
    pub watchdog_seconds: Option<u64>,
}

impl SidecarStatus {
    /// This process, in the term with token `term`.
    pub(super) fn own(boot: BootId, term: u64, watchdog_seconds: Option<u64>) -> Result<Self, StoreError> {
        let process = Identity::of(std::process::id()).ok_or_else(|| StoreError::Io {
            what: "reading",
            path: PathBuf::from("/proc/self/stat"),
            source: ErrorKind::NotFound.into(),
        })?;
        Ok(Self { boot, process, term: Some(term), watchdog_seconds })
    }

    pub(super) fn write(&self, directory: &Path) -> Result<(), StoreError> {
        let path = Self::path(directory);
        let bytes = serde_json::to_vec(self).map_err(|error| StoreError::Io {
            what: "writing",
            path: path.clone(),
            source: error.into(),
        })?;
        replace(&path, &bytes)
    }

    pub(super) fn remove(directory: &Path) -> Result<(), StoreError> {
        let path = Self::path(directory);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                Err(StoreError::Io { what: "removal", path, source })
            }
            _ => Ok(()),
        }
    }

    /// The sidecar that runs now in this boot; `None` where none does.
    pub fn of_running(directory: &Path, boot: &BootId) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = content(&Self::path(directory))? else { return Ok(None) };
        let status = serde_json::from_slice::<Self>(&bytes).ok();
        Ok(status.filter(|status| status.boot == *boot && Identity::of(status.process.pid) == Some(status.process)))
    }

    fn path(directory: &Path) -> PathBuf {
        directory.join("sidecar.json")
    }
}

//! A lease store in a file, for processes that are killed and paused.
use async_trait::async_trait;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;
use watchdog_core::clock::Uptime;
use watchdog_core::cx::Cx;
use watchdog_core::lease::{Heartbeat, Held, Lease, LeaseError};

/// One process at the store. While a file with the ending `cut` lies beside it, nobody reaches it.
#[derive(Debug)]
pub(crate) struct FileLease {
    path: PathBuf,
    holder: String,
    instance: u64,
    ttl: Duration,
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Stored {
    token: u64,
    holder: Option<(String, u64, Uptime)>,
    beat: Option<Heartbeat>,
}

impl FileLease {
    pub(crate) fn new(path: &Path, holder: &str, ttl: Duration) -> Self {
        let mut random = [0; 8];
        File::open("/dev/urandom").unwrap().read_exact(&mut random).unwrap();
        Self { path: path.into(), holder: holder.into(), instance: u64::from_le_bytes(random), ttl }
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Stored) -> Result<T, LeaseError>) -> Result<T, LeaseError> {
        if self.path.with_extension("cut").exists() {
            return Err(LeaseError::Unreachable("cut off".into()));
        }
        let lock = OpenOptions::new().create(true).append(true).open(self.path.with_extension("lock")).unwrap();
        flock(&lock, FlockOperation::LockExclusive).unwrap();
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        let mut stored: Stored = if text.is_empty() { Stored::default() } else { serde_json::from_str(&text).unwrap() };
        let result = work(&mut stored);
        // As a whole: who is killed here must not leave half of it.
        let new = self.path.with_extension("new");
        std::fs::write(&new, serde_json::to_vec(&stored).unwrap()).unwrap();
        std::fs::rename(&new, &self.path).unwrap();
        result
    }
}

#[async_trait]
impl Lease for FileLease {
    async fn hold(&self, cx: &Cx) -> Result<Held, LeaseError> {
        let asked = cx.clock().uptime();
        self.locked(|stored| {
            match &stored.holder {
                Some((_, instance, until)) if *instance == self.instance && *until > asked => {}
                Some((holder, _, until)) if *until > asked => {
                    return Err(LeaseError::Taken { holder: holder.clone() });
                }
                _ => stored.token += 1,
            }
            stored.holder = Some((self.holder.clone(), self.instance, asked.after(self.ttl)));
            Ok(Held::new(stored.token, asked, self.ttl))
        })
    }

    async fn release(&self, held: Held, _: &Cx) -> Result<(), LeaseError> {
        self.locked(|stored| {
            stored.holder.take_if(|(_, instance, _)| *instance == self.instance && stored.token == held.token());
            Ok(())
        })
    }

    async fn beat(&self, held: Held, count: u64, _: &Cx) -> Result<(), LeaseError> {
        self.locked(|stored| {
            stored.beat = Some(Heartbeat { holder: self.holder.clone(), token: held.token(), count });
            Ok(())
        })
    }

    async fn heartbeat(&self, _: &Cx) -> Result<Option<Heartbeat>, LeaseError> {
        self.locked(|stored| Ok(stored.beat.clone()))
    }
}

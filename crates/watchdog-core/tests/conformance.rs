//! The rules of every store of leases and journals, kept by the embedded one.
#![cfg(test)]
use async_trait::async_trait;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use watchdog_core::clock::{Clock, SystemClock};
use watchdog_core::id::InstanceId;
use watchdog_core::journal::JournalError;
use watchdog_core::journal::store::RedbJournal;
use watchdog_testkit::conformance::{self, Instance, Store};

struct Embedded {
    folder: TempDir,
    clock: Arc<dyn Clock>,
}

impl Embedded {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Arc::new(SystemClock::new()) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("state/journal.redb")
    }
}

#[async_trait]
impl Store for Embedded {
    async fn instance(&self, _: &str) -> Option<Instance> {
        match RedbJournal::open(&self.path(), InstanceId([1; 16]), self.clock.clone()) {
            Ok(journal) => Some(Instance { lease: Arc::new(journal.lease()), journal: Arc::new(journal) }),
            Err(JournalError::Locked { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }

    async fn kill(&self, instance: Instance) {
        drop(instance);
    }

    async fn restart(&self) {}

    fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    fn ttl(&self) -> Option<Duration> {
        None
    }
}

macro_rules! rules {
    ($($rule:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $rule() {
            conformance::$rule(&Embedded::new()).await;
        })*
    };
}

rules!(the_lease_has_one_holder, tokens_grow_across_holders_and_restarts, an_append_is_whole);

#[tokio::test]
async fn a_second_process_is_not_let_in() {
    let store = Embedded::new();
    let first = store.instance("first").await;
    assert!(first.is_some() && store.instance("second").await.is_none());
}

//! The embedded journal on a real disk: what was confirmed is there, what is damaged is noticed.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::SystemClock;
use watchdog_core::cx::Cx;
use watchdog_core::id::{InstanceId, ValidatorName};
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::journal::{Entry, Journal, JournalError, Record};
use watchdog_core::lease::{Held, Lease};

fn open(path: &Path) -> Result<RedbJournal, JournalError> {
    RedbJournal::open(path, InstanceId([1; 16]), Arc::new(SystemClock::new()))
}

async fn hold(journal: &RedbJournal) -> Held {
    let cx = Cx::root(Arc::new(SystemClock::new()), CancellationToken::new());
    journal.lease().hold(&cx).await.unwrap()
}

fn started(version: &str) -> Record {
    Record::Started { version: version.into() }
}

fn main_validator() -> ValidatorName {
    ValidatorName::new("main").unwrap()
}

/// A journal with forty entries, closed.
async fn written(directory: &Path) -> (PathBuf, Vec<String>) {
    let path = directory.join("state/journal.redb");
    let journal = open(&path).unwrap();
    let held = hold(&journal).await;
    for number in 0..20 {
        let records = [started(&format!("0.{number}")), Record::Unpaused { by: "x".repeat(100) }];
        let _durable = journal.append(held, Some(&main_validator()), &records).await.unwrap();
    }
    let entries = texts(&journal.replay(1).await.unwrap());
    (path, entries)
}

fn texts(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect()
}

fn verify(path: &Path) -> Result<Vec<String>, JournalError> {
    RedbJournal::verify(path, Arc::new(SystemClock::new())).map(|entries| texts(&entries))
}

#[tokio::test]
async fn what_was_appended_is_there_after_a_restart_in_order_and_without_gaps() {
    let directory = tempfile::tempdir().unwrap();
    let (path, before) = written(directory.path()).await;
    let entries = open(&path).unwrap().replay(1).await.unwrap();
    assert_eq!(texts(&entries), before);
    assert!(entries.iter().map(|e| e.seq).eq(1..=40));
    assert_eq!(open(&path).unwrap().page(39, 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_token_grows_with_every_start_and_an_old_one_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (path, before) = written(directory.path()).await;
    let old = Held::new(1, watchdog_core::clock::Uptime(std::time::Duration::ZERO), std::time::Duration::MAX);
    let journal = open(&path).unwrap();
    assert_eq!(hold(&journal).await.token(), 2);
    let error = journal.append(old, None, &[started("late")]).await.unwrap_err();
    assert!(matches!(error, JournalError::Stale { held: 1, newest: 2 }), "{error}");
    assert_eq!(texts(&journal.replay(1).await.unwrap()), before);
    drop(journal);
    assert_eq!(hold(&open(&path).unwrap()).await.token(), 3);
}

#[tokio::test]
async fn a_second_process_is_kept_out() {
    let directory = tempfile::tempdir().unwrap();
    let (path, _) = written(directory.path()).await;
    let journal = open(&path).unwrap();
    assert!(matches!(open(&path).unwrap_err(), JournalError::Locked { .. }));
    assert!(matches!(verify(&path).unwrap_err(), JournalError::Locked { .. }));
    drop(journal);
    verify(&path).unwrap();
}

#[tokio::test]
async fn any_flipped_byte_is_noticed_or_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (path, before) = written(directory.path()).await;
    let whole = fs::read(&path).unwrap();
    let (mut noticed, mut harmless) = (0, 0);
    for at in (0..whole.len()).step_by(whole.len() / 400) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        fs::write(&path, &damaged).unwrap();
        match verify(&path) {
            Ok(entries) => {
                assert_eq!(entries, before, "byte {at} changed what is read");
                harmless += 1;
            }
            Err(JournalError::Damaged { .. } | JournalError::Newer { .. } | JournalError::Io(_)) => noticed += 1,
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
    assert!(noticed > 5 && harmless > 5, "{noticed} noticed, {harmless} harmless");
}

#[tokio::test]
async fn every_flipped_byte_of_an_entry_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let (path, before) = written(directory.path()).await;
    let whole = fs::read(&path).unwrap();
    let needle = before[20].as_bytes();
    let places: Vec<_> = (0..whole.len() - needle.len()).filter(|at| whole[*at..].starts_with(needle)).collect();
    assert!(!places.is_empty());
    for offset in (0..needle.len()).step_by(9) {
        let mut damaged = whole.clone();
        for place in &places {
            damaged[place + offset] ^= 1;
        }
        fs::write(&path, &damaged).unwrap();
        let error = verify(&path).unwrap_err();
        assert!(matches!(error, JournalError::Damaged { .. }), "byte {offset}: {error}");
        assert!(open(&path).is_err() || open(&path).unwrap().replay(1).await.is_err());
    }
}

#[tokio::test]
async fn a_truncated_journal_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let (path, _) = written(directory.path()).await;
    let whole = fs::read(&path).unwrap();
    for length in [0, 1, 100, 4096, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(verify(&path).is_err(), "{length} of {} bytes", whole.len());
        assert!(open(&path).is_err(), "{length} of {} bytes", whole.len());
    }
}

#[tokio::test]
async fn a_journal_that_others_could_forge_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (path, _) = written(directory.path()).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o622)).unwrap();
    let error = open(&path).unwrap_err();
    let told = watchdog_core::causes::line(&error);
    assert!(told.contains("can be written by others"), "{told}");
}

#[tokio::test]
async fn an_interrupted_first_start_leaves_nothing_in_the_way() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.redb");
    fs::write(directory.path().join("journal.redb.new"), b"half").unwrap();
    open(&path).unwrap();
    assert!(!directory.path().join("journal.redb.new").exists());
}

#[test]
fn a_journal_that_is_not_there_cannot_be_verified() {
    assert!(matches!(verify(Path::new("/nonexistent/journal.redb")).unwrap_err(), JournalError::Io(_)));
}

//! Appends that etcd calls failed, and that may have been carried out all the same.
use crate::cluster::{self, Cluster};
use crate::faults::{cx, pair, record, texts};
use crate::front::{Act, DENIED, FULL, Front, NO_LEADER};
use watchdog_core::journal::{Durable, Journal, JournalError};
use watchdog_core::lease::{Held, Lease};
use watchdog_etcd::EtcdJournal;

/// A journal whose requests meet `acts`, and the lease to write to it.
async fn meeting(acts: &[Act]) -> (Cluster, Held, EtcdJournal) {
    let cluster = Cluster::start(1).await;
    let (lease, _) = pair(&cluster.client(), "one", 1);
    let held = lease.hold(&cx()).await.unwrap();
    let front = Front::before(&cluster).await;
    front.next(acts);
    let (_, journal) = pair(&cluster.client_at(vec![front.url], None), "one", 1);
    (cluster, held, journal)
}

/// What an append says whose requests meet `acts`, and what is in the journal then and after one more.
async fn appended(acts: &[Act]) -> (Result<Durable, JournalError>, Vec<String>, Vec<String>) {
    let (cluster, held, journal) = meeting(acts).await;
    let said = journal.append(held, None, &[record("first")]).await;
    let (_, reader) = pair(&cluster.client(), "one", 1);
    let first = texts(&reader).await;
    journal.replay(1).await.unwrap();
    let _next = journal.append(held, None, &[record("next")]).await.unwrap();
    (said, first, texts(&reader).await)
}

/// An append whose requests meet `acts` is said to be written, and is, and the next one comes after it.
async fn is_written_once(acts: &[Act]) {
    let (said, first, next) = appended(acts).await;
    assert_eq!((said.unwrap().seq(), first), (1, vec!["first".to_owned()]));
    assert_eq!(next, ["first", "next"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_append_that_fills_the_store_is_written_and_said_to_be() {
    if !cluster::is_there("the_append_that_fills_the_store_is_written_and_said_to_be") {
        return;
    }
    is_written_once(&[Act::CarryOut(FULL)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_to_a_full_store_is_surely_not_written() {
    if !cluster::is_there("an_append_to_a_full_store_is_surely_not_written") {
        return;
    }
    let (said, first, next) = appended(&[Act::Refuse(FULL)]).await;
    let error = said.unwrap_err();
    assert!(matches!(error, JournalError::Unreachable(_)), "{error:?}");
    assert!(watchdog_core::causes::line(&error).contains("database space exceeded"), "{error:?}");
    assert_eq!(first, Vec::<String>::new());
    assert_eq!(next, ["next"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_whose_fate_is_not_known_at_once_is_asked_after_again() {
    if !cluster::is_there("an_append_whose_fate_is_not_known_at_once_is_asked_after_again") {
        return;
    }
    // No way to learn of it may take a failed reading for a no.
    let comes_to_nothing = Act::Refuse(NO_LEADER);
    for acts in [
        vec![Act::CarryOut(FULL), comes_to_nothing],
        vec![Act::CarryOut(NO_LEADER), comes_to_nothing],
        vec![Act::CarryOut(NO_LEADER), Act::Refuse(FULL), comes_to_nothing],
        // Nor is a refusal of the second sending one of the first.
        vec![Act::CarryOut(NO_LEADER), Act::Refuse(DENIED)],
    ] {
        is_written_once(&acts).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_between_two_leaders_is_sent_again_and_written_once() {
    if !cluster::is_there("an_append_between_two_leaders_is_sent_again_and_written_once") {
        return;
    }
    for act in [Act::Refuse(NO_LEADER), Act::CarryOut(NO_LEADER)] {
        is_written_once(&[act]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_append_before_a_full_store_stays_open() {
    if !cluster::is_there("an_open_append_before_a_full_store_stays_open") {
        return;
    }
    // The first may still be on its way, so that nobody can say "surely not": a full store and a journal
    // without the entry are no answer to it.
    let mut acts = vec![Act::Refuse(NO_LEADER)];
    for _ in 0..100 {
        acts.extend([Act::Refuse(FULL), Act::Pass]);
    }
    let (_cluster, held, journal) = meeting(&acts).await;
    let error = journal.append(held, None, &[record("first")]).await.unwrap_err();
    assert!(matches!(error, JournalError::Unsettled { .. }), "{error:?}");
}

//! Nodes that are killed as a whole and come back.
use crate::host::Host;
use crate::world::{marked, target, until};
use rustix::process::Signal;
use std::time::{Duration, Instant};
use watchdog_supervise::authority::AuthorityStore;
use watchdog_supervise::wire::State;

fn stays_silent(host: &Host) {
    let signed = host.signatures();
    std::thread::sleep(Duration::from_millis(800));
    assert_eq!(host.signatures(), signed);
    assert!(marked(&host.mark()).is_empty());
}

#[test]
fn a_fence_survives_a_reboot_of_the_node() {
    let mut host = Host::new(Host::SIGNS);
    host.start_sidecar();
    host.grant(7, 1);
    until("it signs", || host.signatures() > 3);
    assert_eq!(host.ask("tanist/fence/v1 fence main node_a 7 2").state, State::Fenced);
    host.lose_power();
    host.start_sidecar();
    let term = host.wait_for_term();
    stays_silent(&host);
    let status = host.status();
    assert_eq!((status.state, status.epoch.seq), (State::Fenced, 2));
    let late = host.ask(&format!("tanist/fence/v1 grant main node_a 7 1 {term}"));
    assert_eq!(late.state, State::Stale, "a command from before the fence is refused after the reboot too");
    stays_silent(&host);
    host.grant(8, 1);
    until("it signs again", || !marked(&host.mark()).is_empty());
}

#[test]
fn a_node_that_loses_power_while_it_signs_does_not_sign_again_by_itself() {
    let mut host = Host::new(Host::SIGNS);
    host.start_sidecar();
    let term = host.wait_for_term();
    host.grant(7, 1);
    until("it signs", || host.signatures() > 3);
    host.lose_power();
    host.start_sidecar();
    let next = host.wait_for_term();
    assert!(next > term);
    stays_silent(&host);
    let late = host.ask(&format!("tanist/fence/v1 grant main node_a 7 2 {term}"));
    assert_eq!(late.state, State::Refused, "a grant for the term before the reboot comes too late");
    stays_silent(&host);
}

#[test]
fn a_sidecar_that_cannot_renew_stops_the_signer_before_its_lease_lapses() {
    let mut host = Host::new(Host::SIGNS);
    host.start_sidecar();
    host.grant(7, 1);
    until("it signs", || host.signatures() > 3);
    let cut = Instant::now();
    std::fs::write(host.path("lease.cut"), "").unwrap();
    until("the signer is gone", || marked(&host.mark()).is_empty());
    assert!(cut.elapsed() < Duration::from_secs(3), "the lease lasts 3 s: {:?}", cut.elapsed());
    std::fs::remove_file(host.path("lease.cut")).unwrap();
}

#[test]
fn a_sidecar_that_was_paused_beyond_its_lease_kills_the_signer_as_soon_as_it_wakes() {
    let mut host = Host::new(Host::SIGNS);
    host.start_sidecar();
    host.grant(7, 1);
    until("it signs", || host.signatures() > 3);
    host.signal_sidecar(Signal::STOP);
    std::thread::sleep(Duration::from_millis(3300));
    host.signal_sidecar(Signal::CONT);
    let woken = Instant::now();
    until("the signer is gone", || marked(&host.mark()).is_empty());
    assert!(woken.elapsed() < Duration::from_secs(1), "{:?}", woken.elapsed());
}

#[test]
fn a_paused_sidecar_keeps_no_fence_from_its_effect() {
    let mut host = Host::new(Host::SIGNS);
    host.start_sidecar();
    host.grant(7, 1);
    until("it signs", || host.signatures() > 3);
    host.signal_sidecar(Signal::STOP);
    assert_eq!(host.ask("tanist/fence/v1 fence main node_a 7 2").state, State::Fenced);
    assert!(marked(&host.mark()).is_empty());
    host.signal_sidecar(Signal::CONT);
    stays_silent(&host);
}

#[test]
fn a_lock_that_nobody_gives_back_delays_a_fence_and_keeps_the_signer_from_nothing_but_running() {
    let mut host = Host::new(Host::SIGNS);
    host.start_sidecar();
    host.grant(7, 1);
    until("it signs", || host.signatures() > 3);
    host.signal_sidecar(Signal::STOP);
    let store = AuthorityStore::open(&host.path("state"), target()).unwrap();
    let locked = store.try_lock().unwrap().unwrap();
    let answer = host.ask("tanist/fence/v1 fence main node_a 7 2");
    assert_eq!((answer.state, answer.epoch.seq), (State::Stopping, 1), "not written down, so not fenced: {answer:?}");
    assert!(answer.reason.unwrap().contains("is locked"));
    assert!(marked(&host.mark()).is_empty(), "and stopped all the same");
    drop(locked);
    assert_eq!(host.ask("tanist/fence/v1 fence main node_a 7 2").state, State::Fenced);
}

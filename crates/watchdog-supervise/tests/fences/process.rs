//! Real children, and what they leave behind.
use crate::host::Host;
use crate::world::{cx, is_alive, marked, order, pids, until};
use std::time::{Duration, Instant};
use watchdog_supervise::fence::Fence;
use watchdog_supervise::ladder::{Climb, Ladder, Rung};
use watchdog_supervise::wire::State;

/// Ignores to be asked, and leaves daemons in sessions of their own: one that kept its environment, one
/// that did not.
const STUBBORN: &str = r#"
trap '' TERM HUP INT
echo $$ >> "$DIR/pids"
setsid sh -c 'trap "" TERM; echo $$ >> "$DIR/pids"; while :; do sleep 0.05; done' &
(setsid env -i DIR="$DIR" /bin/sh -c 'trap "" TERM; echo $$ >> "$DIR/pids"; while :; do sleep 0.05; done' &)
(sleep 1000 &)
while :; do sleep 0.05; done"#;

#[tokio::test]
async fn a_group_that_ignores_to_be_asked_is_killed_with_all_that_it_left_behind() {
    let host = Host::new(STUBBORN);
    let node = host.local();
    node.lift(&order(7, 1), &cx()).await.unwrap();
    until("three processes run", || pids(&host.path("pids")).len() == 3);
    let began = Instant::now();
    let rungs = vec![Rung { name: "here".into(), limit: Duration::from_secs(10), fence: Box::new(node) }];
    let climb = Ladder::new(rungs).climb(&order(7, 2), &cx()).await;
    assert!(matches!(climb, Climb::Proven { .. }), "{climb:?}");
    assert!(began.elapsed() >= Host::GRACE, "it had its grace");
    for pid in pids(&host.path("pids")) {
        // The one without mark and session is found as a child of those that bear them, or not at all:
        // only a supervisor that adopts orphans finds it for sure.
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        assert!(!is_alive(pid) || !String::from_utf8_lossy(&environment).contains("TANIST_SIGNER"), "{pid}");
    }
    assert!(marked(&host.mark()).is_empty());
    host.sweep();
}

#[test]
fn a_sidecar_finds_even_a_daemon_without_its_environment() {
    let mut host = Host::new(STUBBORN);
    host.start_sidecar();
    host.grant(7, 1);
    until("three processes run", || pids(&host.path("pids")).len() == 3);
    let answer = host.ask("tanist/fence/v1 fence main node_a 7 2");
    assert_eq!(answer.state, State::Fenced, "{answer:?}");
    for pid in pids(&host.path("pids")) {
        assert!(!is_alive(pid), "{pid}");
    }
}

#[test]
fn a_signer_ends_with_its_supervisor_and_nothing_starts_it_again() {
    let mut host = Host::new(Host::SIGNS);
    host.start_sidecar();
    host.grant(7, 1);
    until("it signs", || host.signatures() > 3);
    host.kill_sidecar();
    until("the signer is gone", || marked(&host.mark()).is_empty());
    host.start_sidecar();
    host.wait_for_term();
    let signed = host.signatures();
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(host.signatures(), signed, "the grant was for the term before");
    host.grant(7, 2);
    until("it signs again", || host.signatures() > signed);
}

#[test]
fn what_a_killed_supervisor_left_behind_is_found_by_the_next() {
    let mut host = Host::new(STUBBORN);
    host.start_sidecar();
    host.grant(7, 1);
    until("three processes run", || pids(&host.path("pids")).len() == 3);
    host.kill_sidecar();
    until("the first process is gone", || !is_alive(pids(&host.path("pids"))[0]));
    assert!(!marked(&host.mark()).is_empty(), "a daemon with the mark is left");
    host.start_sidecar();
    until("the next sidecar has stopped it", || marked(&host.mark()).is_empty());
    host.sweep();
}

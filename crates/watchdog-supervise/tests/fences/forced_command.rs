//! The node's own command behind a real SSH server.
use crate::host::Host;
use crate::sshd::{Sshd, is_there};
use crate::world::{cx, marked, order, script, target, until};
use std::process::Command;
use std::time::{Duration, Instant};
use watchdog_core::id::Epoch;
use watchdog_supervise::doubt::{Doubt, FenceError};
use watchdog_supervise::fence::Fence;
use watchdog_supervise::forced_command::ForcedCommand;
use watchdog_supervise::ladder::{Climb, Ladder, Rung};

pub(crate) fn answering(host: &Host) -> Sshd {
    let stand_in = env!("CARGO_BIN_EXE_node-stand-in");
    Sshd::new(&format!("{stand_in} answer {}", host.path("config").display()))
}

fn ladder(fence: impl Fence + 'static) -> Ladder {
    Ladder::new(vec![Rung { name: "agent".into(), limit: Duration::from_secs(10), fence: Box::new(fence) }])
}

#[tokio::test]
async fn a_node_is_granted_fenced_rebooted_and_granted_again_over_ssh() {
    if !is_there("a_node_is_granted_fenced_rebooted_and_granted_again_over_ssh") {
        return;
    }
    let mut host = Host::new(Host::SIGNS);
    let mut server = answering(&host);
    let fence = ForcedCommand::new(server.settings());
    host.start_sidecar();
    host.wait_for_term();
    let rehearsal = fence.rehearse(&target(), &cx()).await.unwrap();
    assert_eq!(rehearsal.found, "the node answers: fenced, newest command 0.0");
    fence.lift(&order(7, 1), &cx()).await.unwrap();
    until("it signs", || host.signatures() > 3);

    let climb = ladder(fence.clone()).climb(&order(7, 2), &cx()).await;
    assert!(matches!(climb, Climb::Proven { .. }), "{climb:?}");
    assert!(marked(&host.mark()).is_empty());

    server.stop();
    host.lose_power();
    let climb = ladder(fence.clone()).climb(&order(7, 3), &cx()).await;
    let Climb::NotProven(attempts) = climb else { panic!("a host that does not answer is no proof: {climb:?}") };
    assert!(matches!(attempts[0].error, Some(FenceError::NotProven(Doubt::Transport(_)))), "{attempts:?}");

    server.start();
    host.start_sidecar();
    host.wait_for_term();
    assert!(fence.verify(&order(7, 2), &cx()).await.is_ok(), "the fence is still in force");
    let signed = host.signatures();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(host.signatures(), signed);

    let stale = ladder(fence.clone()).climb(&order(6, 99), &cx()).await;
    assert!(matches!(stale, Climb::Refused(_)), "an old engine is told so: {stale:?}");
    fence.lift(&order(8, 1), &cx()).await.unwrap();
    until("it signs again", || host.signatures() > signed);
}

#[tokio::test]
async fn a_stubborn_signer_is_gone_before_the_node_says_so() {
    if !is_there("a_stubborn_signer_is_gone_before_the_node_says_so") {
        return;
    }
    let mut host = Host::new(r#"trap '' TERM; while :; do echo x >> "$DIR/signatures"; sleep 0.05; done"#);
    let server = answering(&host);
    let fence = ForcedCommand::new(server.settings());
    host.start_sidecar();
    host.grant(7, 1);
    until("it signs", || host.signatures() > 3);
    fence.fence(&order(7, 2), &cx()).await.unwrap();
    assert!(marked(&host.mark()).is_empty());
}

#[tokio::test]
async fn whatever_is_ambiguous_proves_nothing() {
    if !is_there("whatever_is_ambiguous_proves_nothing") {
        return;
    }
    let whole = r#"{"schema":"tanist/fence/v1","validator":"main","node":"node_a","state":"fenced","epoch":{"token":7,"seq":3}}"#;
    let cases = [
        ("exit 255 after the right answer", format!("echo '{whole}'; exit 255")),
        ("failure after the right answer", format!("echo '{whole}'; exit 1")),
        ("a signal after the right answer", format!("echo '{whole}'; kill -9 $$")),
        ("nothing", "exit 0".to_owned()),
        ("no JSON", "echo fenced".to_owned()),
        ("a truncated line", format!("printf %s '{}'", &whole[..40])),
        ("a line without its end", format!("printf %s '{whole}'")),
        ("a second line", format!("echo '{whole}'; echo '{whole}'")),
        ("a line before it", format!("echo welcome; echo '{whole}'")),
        ("the answer on standard error", format!("echo '{whole}' >&2")),
        ("another node", format!("echo '{}'", whole.replace("node_a", "node_b"))),
        ("another validator", format!("echo '{}'", whole.replace("main", "other"))),
        ("an older epoch", format!("echo '{}'", whole.replace("\"seq\":3", "\"seq\":2"))),
        ("another schema", format!("echo '{}'", whole.replace("fence/v1", "fence/v2"))),
        ("another state", format!("echo '{}'", whole.replace("\"fenced\"", "\"granted\""))),
        ("a state not known", format!("echo '{}'", whole.replace("\"fenced\"", "\"off\""))),
        ("no end", "sleep 1000".to_owned()),
    ];
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("agent");
    let server = Sshd::new(&program.display().to_string());
    let limit = Duration::from_secs(3);
    for (case, text) in cases {
        script(directory.path(), "agent", &text);
        let fence = ForcedCommand::new(server.settings());
        let rungs = vec![Rung { name: "agent".into(), limit, fence: Box::new(fence) }];
        let climb = Ladder::new(rungs).climb(&order(7, 3), &cx()).await;
        assert!(matches!(climb, Climb::NotProven(_)), "{case}: {climb:?}");
    }
    script(directory.path(), "agent", &format!("echo '{whole}'"));
    let climb = ladder(ForcedCommand::new(server.settings())).climb(&order(7, 3), &cx()).await;
    assert!(matches!(climb, Climb::Proven { .. }), "the same without the fault is a proof: {climb:?}");
}

#[tokio::test]
async fn a_wrong_host_key_a_wrong_key_and_a_closed_port_are_all_just_unproven() {
    if !is_there("a_wrong_host_key_a_wrong_key_and_a_closed_port_are_all_just_unproven") {
        return;
    }
    let host = Host::new(Host::SIGNS);
    let mut server = answering(&host);
    let right = server.settings();
    let is_doubtful = async |settings| {
        let fenced = ForcedCommand::new(settings).fence(&order(7, 3), &cx()).await;
        assert!(matches!(fenced, Err(FenceError::NotProven(Doubt::Transport(_)))), "{fenced:?}");
    };
    let mut stranger = right.clone();
    stranger.identity = server.path("stranger");
    is_doubtful(stranger).await;
    server.know("other_host");
    is_doubtful(right.clone()).await;
    server.know("host");
    server.stop();
    is_doubtful(right).await;
    let known = host.status();
    assert_eq!(known.epoch, Epoch::default(), "none of them reached the node");
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_given_up_in_time() {
    if !is_there("a_server_that_accepts_and_says_nothing_is_given_up_in_time") {
        return;
    }
    let host = Host::new(Host::SIGNS);
    let server = answering(&host);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut settings = server.settings();
    settings.port = silent.local_addr().unwrap().port();
    let rungs = |settings| {
        let fence = Box::new(ForcedCommand::new(settings));
        vec![Rung { name: "agent".into(), limit: Duration::from_secs(2), fence }]
    };
    let began = Instant::now();
    assert!(matches!(Ladder::new(rungs(settings)).climb(&order(7, 3), &cx()).await, Climb::NotProven(_)));
    assert!(began.elapsed() < Duration::from_secs(4));
}

#[test]
fn the_fence_key_can_do_nothing_else() {
    if !is_there("the_fence_key_can_do_nothing_else") {
        return;
    }
    let host = Host::new(Host::SIGNS);
    let server = answering(&host);
    let run = |command: &str| {
        let argv = server.settings().argv(command);
        Command::new(&argv[0]).args(&argv[1..]).output().unwrap()
    };
    let marker = host.path("marker");
    for command in ["id", "", &format!("touch {}", marker.display()), "tanist/fence/v1 fence main node_a 7 3;id"] {
        let output = run(command);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(77), 0), "{command:?}: {output:?}");
    }
    assert!(!marker.exists());
    let elsewhere = run("tanist/fence/v1 fence main node_b 7 3");
    assert_eq!(elsewhere.status.code(), Some(4));
}

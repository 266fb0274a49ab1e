//! Programs of the operator, run for real.
use crate::world::{cx, order, pids, script, target, until};
use std::time::{Duration, Instant};
use watchdog_core::fence::Strength;
use watchdog_supervise::doubt::{Doubt, FenceError};
use watchdog_supervise::fence::Fence;
use watchdog_supervise::hook::{Hook, HookSettings};
use watchdog_supervise::ladder::{Climb, Ladder, Rung};

fn hook(text: &str) -> (Hook, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let program = script(directory.path(), "hook", text).display().to_string();
    let settings = serde_json::json!({
        "command": [program, directory.path()],
        "environment": { "REGION": "north" },
        "strength": "proves",
    });
    (Hook::new(serde_json::from_value::<HookSettings>(settings).unwrap()), directory)
}

#[tokio::test]
async fn only_exit_zero_and_one_line_that_says_off_are_off() {
    let (off, _directory) = hook(r#"cat > /dev/null; echo '{"state":"off"}'"#);
    assert!(off.fence(&order(7, 3), &cx()).await.is_ok());
    let ambiguous = [
        r#"echo '{"state":"on"}'"#,
        r#"echo '{"state":"unknown"}'"#,
        r#"echo '{"state":"off"}'; exit 1"#,
        r#"echo '{"state":"off"}'; kill -9 $$"#,
        "echo off",
        "exit 0",
        r#"printf '{"state":"off"}'"#,
        r#"echo '{"state":"off"'"#,
        r#"echo '{"state":"off"}'; echo done"#,
        r#"echo '{"state":"OFF"}'"#,
        r#"echo '{"state":"off"}' >&2"#,
        r#"echo '{"state":"off","node":"node_b"}'"#,
        r#"echo '{"state":"off","epoch":{"token":7,"seq":2}}'"#,
    ];
    for text in ambiguous {
        let (hook, _directory) = hook(&format!("cat > /dev/null; {text}"));
        let error = hook.fence(&order(7, 3), &cx()).await.unwrap_err();
        assert!(matches!(error, FenceError::NotProven(_)), "{text}: {error}");
    }
}

#[tokio::test]
async fn a_hook_reads_the_request_and_sees_only_the_environment_that_was_listed() {
    let (hook, directory) = hook(r#"cat > "$1/asked"; env > "$1/environment"; echo '{"state":"off"}'"#);
    hook.fence(&order(7, 3), &cx()).await.unwrap();
    let asked: serde_json::Value =
        serde_json::from_slice(&std::fs::read(directory.path().join("asked")).unwrap()).unwrap();
    let expected = serde_json::json!({
        "schema": "tanist/fence-hook/v1", "request": "fence", "rehearsal": false,
        "validator": "main", "node": "node_a", "epoch": { "token": 7, "seq": 3 },
    });
    assert_eq!(asked, expected);
    let environment = std::fs::read_to_string(directory.path().join("environment")).unwrap();
    let names: Vec<_> = environment.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert!(names.iter().all(|name| ["PATH", "REGION", "PWD", "SHLVL", "_"].contains(name)), "{names:?}");
    assert!(environment.contains("REGION=north"));
}

#[tokio::test]
async fn a_rehearsal_is_marked_as_one_and_asks_for_nothing_else() {
    let (hook, directory) = hook(r#"cat >> "$1/asked"; echo '{"state":"on"}'"#);
    let rehearsal = hook.rehearse(&target(), &cx()).await.unwrap();
    assert_eq!((rehearsal.found.as_str(), rehearsal.lacking.len()), ("the hook answers: on", 0));
    let asked: serde_json::Value =
        serde_json::from_slice(&std::fs::read(directory.path().join("asked")).unwrap()).unwrap();
    assert_eq!((&asked["rehearsal"], &asked["request"]), (&true.into(), &"rehearse".into()));
}

#[tokio::test]
async fn a_hook_that_hangs_is_killed_with_its_children_and_proves_nothing() {
    let (hook, directory) = hook(r#"sleep 1000 & echo $! > "$1/pids"; echo $$ >> "$1/pids"; wait"#);
    let began = Instant::now();
    let rungs = vec![Rung { name: "power".into(), limit: Duration::from_millis(700), fence: Box::new(hook) }];
    let Climb::NotProven(attempts) = Ladder::new(rungs).climb(&order(7, 3), &cx()).await else { panic!("proven") };
    assert!(matches!(attempts[0].error, Some(FenceError::NotProven(Doubt::Late(_) | Doubt::Interrupted(_)))));
    assert!(began.elapsed() < Duration::from_secs(5));
    let left = pids(&directory.path().join("pids"));
    assert_eq!(left.len(), 2);
    until("both processes are gone", || !left.iter().any(|pid| crate::world::is_alive(*pid)));
}

#[tokio::test]
async fn power_that_is_off_only_until_it_is_read_again_proves_nothing() {
    let text = r#"if grep -q '"request":"fence"'; then echo '{"state":"off"}'; else echo '{"state":"on"}'; fi"#;
    let (hook, _directory) = hook(text);
    let rungs = vec![Rung { name: "power".into(), limit: Duration::from_secs(5), fence: Box::new(hook) }];
    assert!(matches!(Ladder::new(rungs).climb(&order(7, 3), &cx()).await, Climb::NotProven(_)));
}

#[test]
fn a_hook_is_likely_unless_its_operator_says_more() {
    let settings: HookSettings = serde_json::from_str(r#"{"command":["/bin/true"]}"#).unwrap();
    assert_eq!(Hook::new(settings).strength(), Strength::Likely);
}

//! A node for tests: what `tanist sidecar` does, with a lease in a file.
#![allow(clippy::disallowed_methods, reason = "a test reads its environment and prepares its files")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::exit,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed"
)]
#[path = "stand_in/file_lease.rs"]
mod file_lease;

use file_lease::FileLease;
use serde::Deserialize;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::SystemClock;
use watchdog_core::cx::Cx;
use watchdog_supervise::process::stage;
use watchdog_supervise::settings::SidecarSettings;
use watchdog_supervise::sidecar::Sidecar;
use watchdog_supervise::sidecar::holder::Holder;

#[derive(Deserialize)]
struct Config {
    sidecar: SidecarSettings,
    lease: PathBuf,
}

fn main() {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let word = |place: usize| arguments.get(place).and_then(|word| word.to_str()).unwrap_or_default();
    match word(0) {
        "stage" => panic!("{}", stage(word(1).parse().unwrap(), &arguments[3..])),
        "sidecar" => sidecar(&config(word(1))),
        "answer" => answer(&config(word(1))),
        other => panic!("unknown: {other}"),
    }
}

fn config(path: &str) -> Config {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn stage_command() -> Vec<String> {
    vec![std::env::current_exe().unwrap().display().to_string(), "stage".to_owned()]
}

fn cx() -> Cx {
    Cx::root(Arc::new(SystemClock::new()), CancellationToken::new())
}

#[tokio::main(flavor = "current_thread")]
async fn sidecar(config: &Config) {
    let settings = &config.sidecar;
    settings.check().unwrap();
    let store = settings.store().unwrap();
    let signer = settings.supervised(&store, stage_command()).unwrap();
    let holder = Holder { target: settings.target(), lease: settings.ttl.0, device: None };
    let lease = Arc::new(FileLease::new(&config.lease, &holder.to_string(), settings.ttl.0));
    Sidecar::new(lease, signer, store, None, settings.times()).run(&cx()).await.unwrap();
}

#[tokio::main(flavor = "current_thread")]
async fn answer(config: &Config) {
    let given = std::env::var("SSH_ORIGINAL_COMMAND").unwrap_or_default();
    let Ok(request) = given.parse() else { std::process::exit(77) };
    let node = config.sidecar.node(stage_command()).unwrap();
    let answer = node.answer(&request, &cx().within(Duration::from_secs(10))).await;
    print!("{}", answer.line());
    std::process::exit(answer.exit_status(&request).into());
}

//! The thread that starts signers, which lives as long as this process.
//!
//! A signer is killed when the thread that started it ends. A worker of a runtime ends with the runtime,
//! a thread for blocking calls when it is idle; this one never does.
use std::io;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

struct Start {
    command: Command,
    done: Sender<io::Result<Child>>,
}

static SPAWNER: OnceLock<Sender<Start>> = OnceLock::new();

/// Starts `command`.
pub(super) fn spawn(command: Command) -> io::Result<Child> {
    let (done, started) = channel();
    let gone = || io::Error::other("the thread that starts signers is gone");
    spawner()?.send(Start { command, done }).map_err(|_| gone())?;
    started.recv().map_err(|_| gone())?
}

fn spawner() -> io::Result<&'static Sender<Start>> {
    if let Some(spawner) = SPAWNER.get() {
        return Ok(spawner);
    }
    let (sender, starts) = channel::<Start>();
    std::thread::Builder::new().name("signers".to_owned()).spawn(move || {
        for Start { mut command, done } in starts {
            done.send(command.spawn()).ok();
        }
    })?;
    // Another caller may have been faster; then the thread made here ends, having started nothing.
    Ok(SPAWNER.get_or_init(|| sender))
}

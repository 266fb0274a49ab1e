//! A program of the demo, ended with it.
use crate::call::Call;
use crate::failure::Failure;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A running program whose output goes to a file. Killed when it is dropped.
#[derive(Debug)]
pub(super) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `call` with its output in `log`.
    pub(super) fn start(name: &'static str, mut call: Call, log: PathBuf) -> Result<Self, Failure> {
        let unwritable = |error: std::io::Error| Failure::new(format!("{} cannot be written: {error}", log.display()));
        let out = File::create(&log).map_err(unwritable)?;
        let errors = out.try_clone().map_err(unwritable)?;
        call.command().stdin(Stdio::null()).stdout(out).stderr(errors);
        Ok(Self { name, child: call.start()?, log })
    }

    /// An error that the program should not have ended; with the end of its output.
    pub(super) fn expect_running(&mut self) -> Result<(), Failure> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(self.failure(&format!("ended early with {status}"))),
            Err(error) => Err(self.failure(&format!("cannot be waited for: {error}"))),
        }
    }

    /// What is wrong with the program, with the end of its output.
    pub(super) fn failure(&self, what: &str) -> Failure {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        let end = lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n  ");
        Failure::new(format!("{} {what}; its last lines are\n  {end}", self.name))
            .hint(format!("all of it is in {}", self.log.display()))
    }

    /// Where its output goes.
    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Sends SIGTERM and waits at most `patience` for the end. Says how long it took.
    pub(super) fn terminate(&mut self, patience: Duration) -> Result<(ExitStatus, Duration), Failure> {
        let began = Instant::now();
        let mut signal = std::process::Command::new("sh");
        signal.args(["-c", "kill -TERM \"$0\""]).arg(self.child.id().to_string());
        signal.status().map_err(|error| Failure::new(format!("`sh` cannot be started: {error}")))?;
        let status = self.ended(patience)?;
        Ok((status, began.elapsed()))
    }

    /// Waits at most `patience` for the end.
    pub(super) fn ended(&mut self, patience: Duration) -> Result<ExitStatus, Failure> {
        let began = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if began.elapsed() > patience => {
                    return Err(self.failure(&format!("did not end within {} s", patience.as_secs())));
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(50)),
                Err(error) => return Err(self.failure(&format!("cannot be waited for: {error}"))),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

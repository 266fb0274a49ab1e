//! `tanist` in the demo.
use super::process::Process;
use crate::call::Call;
use crate::failure::Failure;
use crate::repository::Repository;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The program with the demo's configuration.
#[derive(Debug)]
pub(super) struct Tanist<'a> {
    pub(super) repository: &'a Repository,
    pub(super) program: PathBuf,
    pub(super) config: PathBuf,
}

impl Tanist<'_> {
    /// A call that sees nothing of this environment's own settings.
    pub(super) fn call(&self, arguments: &[&str]) -> Call {
        let mut call = Call::new(self.repository, &self.program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TANIST_")) {
            call.command().env_remove(name);
        }
        call.args(arguments)
    }

    /// The same with the configuration file.
    pub(super) fn configured(&self, arguments: &[&str]) -> Call {
        self.call(arguments).arg("--config").arg(&self.config)
    }

    /// Starts watching.
    pub(super) fn start(&self, log: PathBuf) -> Result<Process, Failure> {
        Process::start("tanist", self.configured(&["run"]), log)
    }

    /// The validator's part of the status; nothing where the daemon does not answer yet.
    pub(super) fn status(&self) -> Result<Option<Value>, Failure> {
        // A status that is not healthy is a document all the same, with exit code 3.
        let mut call = self.configured(&["status", "--json"]);
        let output = call.command().output();
        let output = output.map_err(|error| Failure::new(format!("`tanist status` cannot be started: {error}")))?;
        let Ok(status) = serde_json::from_slice::<Value>(&output.stdout) else { return Ok(None) };
        Ok(status.pointer("/result/validators/0").cloned())
    }

    /// Every journaled event, oldest first.
    pub(super) fn events(&self) -> Result<Vec<Value>, Failure> {
        let text = self.configured(&["events", "--json"]).output()?;
        let unreadable = |error| Failure::new(format!("`tanist events --json` printed no JSON: {error}"));
        text.lines().map(|line| serde_json::from_str(line).map_err(unreadable)).collect()
    }

    /// Checks the journal, which no process may hold.
    pub(super) fn verify(&self, journal: &Path) -> Result<(), Failure> {
        self.call(&["journal", "verify"]).arg(journal).run()
    }
}

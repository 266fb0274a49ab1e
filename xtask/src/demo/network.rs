//! The local Radix network of the demo.
use super::process::Process;
use super::wait_for;
use crate::call::Call;
use crate::failure::Failure;
use crate::http::Server;
use crate::repository::Repository;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Length of a round; a missed one takes twice as long.
const ROUND_MS: u64 = 200;
/// Rounds of an epoch.
const EPOCH_ROUNDS: u64 = 25;

/// A running network.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) process: Process,
    ready: Value,
    control: Server,
}

impl Network {
    /// Starts the network with short epochs on free ports, and waits until it serves. It ends by itself after
    /// `lasts`, should nobody end it.
    pub(super) fn start(
        repository: &Repository,
        program: &Path,
        folder: &Path,
        lasts: Duration,
    ) -> Result<Self, Failure> {
        let line = folder.join("network.json");
        let call = Call::new(repository, program)
            .args([
                "--round-ms".to_owned(),
                ROUND_MS.to_string(),
                "--epoch-rounds".to_owned(),
                EPOCH_ROUNDS.to_string(),
            ])
            .args(["--max-seconds".to_owned(), lasts.as_secs().to_string()])
            .arg("--ready-file")
            .arg(&line);
        let mut process = Process::start("radix-devnet", call, folder.join("network.log"))?;
        let ready: Value = wait_for("the network serves", Duration::from_mins(1), || {
            process.expect_running()?;
            let Ok(text) = std::fs::read_to_string(&line) else { return Ok(None) };
            serde_json::from_str(&text).map(Some).map_err(|error| Failure::new(format!("its ready line: {error}")))
        })?;
        let control = Server::new(text(&ready, "/control")?)?;
        Ok(Self { process, ready, control })
    }

    /// What it printed when it was ready: addresses, keys, ports.
    pub(super) fn ready(&self) -> &Value {
        &self.ready
    }

    /// Address of its control API.
    pub(super) fn control(&self) -> Result<&str, Failure> {
        text(&self.ready, "/control")
    }

    /// Its own record: turns, votes, transactions.
    pub(super) fn record(&self) -> Result<Value, Failure> {
        self.control.get("/record")
    }

    /// Stops the process of a node. Says the wall time of the stop, in milliseconds since 1970.
    pub(super) fn stop_node(&self, node: &str) -> Result<i64, Failure> {
        let before = self.now_ms()?;
        self.control.post(&format!("/nodes/{node}/stop"), &json!({}))?;
        Ok(before)
    }

    /// Ends it, and says whether it ended without a violation.
    pub(super) fn shut_down(&mut self) -> Result<(), Failure> {
        // It may be gone before it has answered; how it ended is what counts.
        self.control.post("/shutdown", &json!({})).ok();
        let status = self.process.ended(Duration::from_secs(10))?;
        if status.success() { Ok(()) } else { Err(self.process.failure(&format!("ended with {status}"))) }
    }

    fn now_ms(&self) -> Result<i64, Failure> {
        let state = self.control.get("/state")?;
        let now = state.get("now_ms").and_then(Value::as_i64);
        now.ok_or_else(|| Failure::new("the network's state has no `now_ms`"))
    }
}

/// A text inside `value`.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str, Failure> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| Failure::new(format!("the network's ready line has no text at {pointer}")))
}

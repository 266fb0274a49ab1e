//! A local Radix network around the real Radix Engine, as a process of its own.
use crate::until::until;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};

/// A running `radix-devnet`.
#[derive(Debug)]
pub struct Devnet {
    /// What it said of itself when it was ready.
    pub ready: Value,
    process: Child,
    http: reqwest::Client,
}

/// The program, where it was built: named by `TANIST_DEVNET`, or at its usual place.
fn program() -> Option<PathBuf> {
    let named = std::env::var_os("TANIST_DEVNET").map(PathBuf::from);
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../devnet/radix/target/debug/radix-devnet");
    named.or(Some(usual)).filter(|path| path.exists())
}

impl Devnet {
    /// Starts one. `None`, with a line that says so, where the program was not built.
    pub async fn start(arguments: &[&str]) -> Option<Self> {
        let Some(program) = program() else {
            println!(
                "SKIPPED: radix-devnet is absent, build it with `cargo build --manifest-path devnet/radix/Cargo.toml`"
            );
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ready.json");
        let mut command = Command::new(program);
        command
            .args(["--round-ms", "60", "--epoch-rounds", "24", "--max-seconds", "900", "--ready-file"])
            .arg(&file)
            .args(arguments);
        let process = command.stdout(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true).spawn().unwrap();
        let ready = until("the network", 60, async || serde_json::from_slice(&std::fs::read(&file).ok()?).ok()).await;
        Some(Self { ready, process, http: client() })
    }

    /// A field of the ready line.
    pub fn text(&self, pointer: &str) -> &str {
        self.ready.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {}", self.ready))
    }

    /// Asks for something of its control API.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.http.post(format!("{}{path}", self.text("/control"))).json(&body).send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap_or_default()
    }

    /// Removes all faults.
    pub async fn heal(&self) {
        self.http.delete(format!("{}/faults", self.text("/control"))).send().await.unwrap().error_for_status().unwrap();
    }

    async fn read(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}{path}", self.text("/control"))).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    /// What it recorded.
    pub async fn record(&self) -> Record {
        Record(self.read("/record").await)
    }

    /// The node that voted in the newest epoch in which any did.
    pub async fn newest_voter(&self) -> Option<String> {
        Record(self.read(&format!("/record?timeline_from={}", u64::MAX)).await).newest_voter()
    }

    /// The running epoch.
    pub async fn epoch(&self) -> u64 {
        self.read("/state").await.get("epoch").and_then(Value::as_u64).unwrap()
    }

    /// Stops a node as if its process had died.
    pub async fn stop(&self, node: &str) {
        self.post(&format!("/nodes/{node}/stop"), json!({})).await;
    }

    /// Starts a node that is synced at once.
    pub async fn begin(&self, node: &str) {
        self.post(&format!("/nodes/{node}/start"), json!({ "sync_ms": 0 })).await;
    }

    /// Ends it; its own exit code says whether two nodes ever counted.
    pub async fn end(mut self) {
        // It may be gone before its answer is.
        self.http.post(format!("{}/shutdown", self.text("/control"))).send().await.ok();
        let status = self.process.wait().await.unwrap();
        assert!(status.success(), "the network ended with {status}: two nodes counted for one validator in one epoch");
    }
}

/// A client for loopback.
pub fn client() -> reqwest::Client {
    rustls::crypto::ring::default_provider().install_default().ok();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// What the network recorded of itself: who voted, what was submitted.
#[derive(Debug)]
pub struct Record(pub Value);

impl Record {
    /// Asserts that no epoch had two signers, and that each intent had one payload.
    pub fn assert_one_signer(&self) {
        assert_eq!(self.0.get("violated"), Some(&Value::Bool(false)), "{:#}", self.0["violations"]);
        for (epoch, votes) in self.0["epochs"].as_object().unwrap() {
            assert!(votes["voters"].as_array().unwrap().len() <= 1, "epoch {epoch}: {votes}");
        }
        for (intent, told) in self.0["intents"].as_object().unwrap() {
            assert_eq!(told["payloads"].as_array().unwrap().len(), 1, "intent {intent}: {told:#}");
        }
    }

    /// Number of intents that anybody submitted through a gateway or a node.
    pub fn submitted(&self) -> usize {
        let outside = |told: &Value| {
            let arrivals = told["arrivals"].as_array().cloned().unwrap_or_default();
            arrivals.iter().any(|arrival| {
                arrival["through"].as_str().is_some_and(|by| by.starts_with("gateway") || by.starts_with("node"))
            })
        };
        self.0["intents"].as_object().unwrap().values().filter(|told| outside(told)).count()
    }

    /// The node that voted in the newest epoch in which any did.
    pub fn newest_voter(&self) -> Option<String> {
        let epochs = self.0["epochs"].as_object()?;
        let mut by_number: Vec<(u64, &Value)> =
            epochs.iter().filter_map(|(epoch, votes)| Some((epoch.parse().ok()?, votes))).collect();
        by_number.sort_by_key(|(epoch, _)| *epoch);
        by_number.iter().rev().find_map(|(_, votes)| votes["voters"].as_array()?.first()?.as_str().map(str::to_owned))
    }

    /// Our proposals that were missed since state version `from`.
    pub fn missed_since(&self, from: u64) -> Vec<Value> {
        let ours = |round: &&Value| {
            round["ours"] == true && round["made"] == false && round["state_version"].as_u64() > Some(from)
        };
        self.0["timeline"].as_array().unwrap().iter().filter(ours).cloned().collect()
    }

    /// Newest state version.
    pub fn version(&self) -> u64 {
        self.0["timeline"].as_array().and_then(|t| t.last()?["state_version"].as_u64()).unwrap_or(0)
    }
}

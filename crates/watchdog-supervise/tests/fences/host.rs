//! A node stand-in: a sidecar and the command that answers, each the real thing in a process of its own.
use crate::world::{marked, pids, script, target, until};
use rustix::process::{Pid, Signal, kill_process};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use watchdog_supervise::authority::AuthorityStore;
use watchdog_supervise::local_node::LocalNode;
use watchdog_supervise::node::Node;
use watchdog_supervise::process::{ProcessSettings, ProcessSigner};
use watchdog_supervise::wire::{Answer, State};

/// A host with a signer; nothing of it runs at first. All of it is killed when dropped.
pub(crate) struct Host {
    directory: tempfile::TempDir,
    sidecar: Option<Child>,
}

impl Host {
    /// Time between asking a signer to stop and killing it.
    pub(crate) const GRACE: Duration = Duration::from_millis(400);
    /// A signer that signs twenty times a second.
    pub(crate) const SIGNS: &str = r#"while :; do echo x >> "$DIR/signatures"; sleep 0.05; done"#;

    pub(crate) fn new(signer: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let program = script(directory.path(), "signer", signer);
        let host = Self { directory, sidecar: None };
        let config = serde_json::json!({
            "lease": host.path("lease"),
            "sidecar": {
                "validator": "main", "node": "node_a", "state": host.path("state"),
                "ttl": "3s", "renew_every": "300ms", "grace": "400ms",
                "process": { "command": [program], "environment": { "DIR": host.path("") } },
            },
        });
        std::fs::write(host.path("config"), config.to_string()).unwrap();
        host
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let directory = self.directory.path().canonicalize().unwrap();
        if name.is_empty() { directory } else { directory.join(name) }
    }

    /// What the environment of every process of the signer holds.
    pub(crate) fn mark(&self) -> String {
        format!("TANIST_SIGNER=main/node_a {}", self.path("state").display())
    }

    pub(crate) fn stand_in(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_node-stand-in"));
        command.args(arguments).arg(self.path("config")).env_clear().stdin(Stdio::null());
        command
    }

    /// The node as a fence of this very process.
    pub(crate) fn local(&self) -> LocalNode {
        let store = AuthorityStore::open(&self.path("state"), target()).unwrap();
        let settings = serde_json::json!({ "command": [self.path("signer")], "environment": { "DIR": self.path("") } });
        let settings: ProcessSettings = serde_json::from_value(settings).unwrap();
        let stage = vec![env!("CARGO_BIN_EXE_node-stand-in").to_owned(), "stage".to_owned()];
        let signer = std::sync::Arc::new(ProcessSigner::new(settings, &store, stage));
        LocalNode::new(Node::new(store, signer, Self::GRACE, false))
    }

    pub(crate) fn start_sidecar(&mut self) {
        assert!(self.sidecar.is_none());
        self.sidecar = Some(self.stand_in(&["sidecar"]).spawn().unwrap());
    }

    pub(crate) fn kill_sidecar(&mut self) {
        let mut sidecar = self.sidecar.take().unwrap();
        sidecar.kill().unwrap();
        sidecar.wait().unwrap();
    }

    pub(crate) fn signal_sidecar(&self, signal: Signal) {
        kill_process(Pid::from_child(self.sidecar.as_ref().unwrap()), signal).unwrap();
    }

    /// The power fails: everything of the host ends at once, and only what is on disk stays.
    pub(crate) fn lose_power(&mut self) {
        if self.sidecar.is_some() {
            self.kill_sidecar();
        }
        self.sweep();
    }

    /// Kills whatever is left of the signer, daemons without environment included.
    pub(crate) fn sweep(&self) {
        let noted = pids(&self.path("pids"));
        let program = self.path("").display().to_string();
        for pid in
            marked(&self.mark()).into_iter().chain(noted.into_iter().filter(|pid| marked(&program).contains(pid)))
        {
            kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).ok();
        }
    }

    /// What the node answers to a request, asked on the host itself.
    pub(crate) fn ask(&self, request: &str) -> Answer {
        let output = self.stand_in(&["answer"]).env("SSH_ORIGINAL_COMMAND", request).output().unwrap();
        Answer::read(&output.stdout, &target()).unwrap_or_else(|doubt| panic!("{doubt}: {output:?}"))
    }

    pub(crate) fn status(&self) -> Answer {
        self.ask("tanist/fence/v1 status main node_a")
    }

    /// The term that the sidecar holds, as soon as it has published one.
    pub(crate) fn wait_for_term(&self) -> u64 {
        let mut term = None;
        until("the sidecar holds its lease", || {
            term = self.status().term;
            term.is_some()
        });
        term.unwrap()
    }

    /// Grants the authority for the sidecar's term.
    pub(crate) fn grant(&self, token: u64, seq: u64) {
        let term = self.wait_for_term();
        let answer = self.ask(&format!("tanist/fence/v1 grant main node_a {token} {seq} {term}"));
        assert_eq!(answer.state, State::Granted, "{answer:?}");
    }

    /// How often the signer has signed.
    pub(crate) fn signatures(&self) -> usize {
        std::fs::read_to_string(self.path("signatures")).unwrap_or_default().lines().count()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.lose_power();
    }
}

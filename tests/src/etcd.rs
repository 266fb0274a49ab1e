//! A real etcd of one member on loopback, as a process of its own.
use crate::until::until;
use std::net::TcpListener;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A running etcd with a folder of its own.
#[derive(Debug)]
pub struct Etcd {
    /// Port of its clients.
    pub port: u16,
    peer: u16,
    folder: TempDir,
    process: Option<Child>,
}

impl Etcd {
    /// Starts one. `None`, with a line that says so, where etcd is not installed.
    pub async fn start() -> Option<Self> {
        let probe = Command::new("etcd").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if probe.await.is_err() {
            println!("SKIPPED: etcd is absent (Debian: etcd-server)");
            return None;
        }
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut etcd = Self { port: free(), peer: free(), folder: tempfile::tempdir().unwrap(), process: None };
        etcd.begin().await;
        Some(etcd)
    }

    /// Starts it again, with what it has on disk.
    pub async fn begin(&mut self) {
        let (client, peer) = (format!("http://127.0.0.1:{}", self.port), format!("http://127.0.0.1:{}", self.peer));
        let mut command = Command::new("etcd");
        command.args(["--name", "one", "--initial-cluster", &format!("one={peer}"), "--data-dir"]);
        command.arg(self.folder.path().join("data"));
        for (flag, url) in [
            ("--listen-client-urls", &client),
            ("--advertise-client-urls", &client),
            ("--listen-peer-urls", &peer),
            ("--initial-advertise-peer-urls", &peer),
        ] {
            command.args([flag, url]);
        }
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        self.process = Some(process.spawn().unwrap());
        let http = crate::devnet::client();
        until("etcd", 30, async || {
            let asked = http.post(format!("{client}/v3/kv/range")).body(r#"{"key":"AA=="}"#).send().await.ok()?;
            asked.status().is_success().then_some(())
        })
        .await;
    }

    /// Ends it at once.
    pub async fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().await.unwrap();
        }
    }
}

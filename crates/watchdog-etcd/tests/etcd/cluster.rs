//! A real etcd on loopback, one member or several.
use reqwest::Certificate;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use tempfile::TempDir;
use url::Url;
use watchdog_core::secret::Secret;
use watchdog_etcd::{Access, Etcd};

/// Whether etcd is installed; says so where it is not.
pub(crate) fn is_there(test: &str) -> bool {
    let works = Command::new("etcd").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !works {
        eprintln!("{test}: not run, etcd is absent (Debian: etcd-server)");
    }
    works
}

/// Certificates of a cluster that speaks TLS and wants to see its clients' certificates.
pub(crate) struct Tls {
    pub(crate) ca: PathBuf,
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) client_pem: String,
    pub(crate) ca_pem: String,
}

pub(crate) struct Cluster {
    members: Vec<Member>,
    tls: Option<Tls>,
    _folder: TempDir,
}

struct Member {
    arguments: Vec<String>,
    client: Url,
    log: PathBuf,
    process: Mutex<Option<Child>>,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Cluster {
    pub(crate) async fn start(members: usize) -> Self {
        Self::with(members, None, &[]).await
    }

    pub(crate) async fn with(members: usize, tls: Option<Tls>, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let ports: Vec<_> = (0..members).map(|_| (free_port(), free_port())).collect();
        let peers: Vec<_> = ports.iter().enumerate().map(|(k, (_, p))| format!("m{k}=http://127.0.0.1:{p}")).collect();
        let members = ports.iter().enumerate().map(|(k, (client, peer))| {
            let data = folder.path().join(format!("m{k}"));
            let client = format!("{scheme}://127.0.0.1:{client}");
            let peer = format!("http://127.0.0.1:{peer}");
            let mut arguments: Vec<String> = [
                ("--name", format!("m{k}")),
                ("--data-dir", data.display().to_string()),
                ("--listen-client-urls", client.clone()),
                ("--advertise-client-urls", client.clone()),
                ("--listen-peer-urls", peer.clone()),
                ("--initial-advertise-peer-urls", peer),
                ("--initial-cluster", peers.join(",")),
                ("--initial-cluster-state", "new".to_owned()),
                ("--heartbeat-interval", "50".to_owned()),
                ("--election-timeout", "500".to_owned()),
            ]
            .into_iter()
            .flat_map(|(flag, value)| [flag.to_owned(), value])
            .collect();
            if let Some(tls) = &tls {
                for (flag, path) in
                    [("--cert-file", &tls.cert), ("--key-file", &tls.key), ("--trusted-ca-file", &tls.ca)]
                {
                    arguments.extend([flag.to_owned(), path.display().to_string()]);
                }
                arguments.push("--client-cert-auth".to_owned());
            }
            arguments.extend(more.iter().map(|&text| text.to_owned()));
            let log = folder.path().join(format!("m{k}.log"));
            Member { arguments, client: client.parse().unwrap(), log, process: Mutex::new(None) }
        });
        let cluster = Self { members: members.collect(), tls, _folder: folder };
        for k in 0..cluster.members.len() {
            cluster.launch(k);
        }
        cluster.ready().await;
        cluster
    }

    pub(crate) fn launch(&self, member: usize) {
        let member = &self.members[member];
        let log = std::fs::File::options().create(true).append(true).open(&member.log).unwrap();
        let child = Command::new("etcd")
            .args(&member.arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        *member.process.lock().unwrap() = Some(child);
    }

    /// Ends a member at once.
    pub(crate) fn kill(&self, member: usize) {
        if let Some(mut child) = self.members[member].process.lock().unwrap().take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Suspends a member, or lets it go on.
    pub(crate) fn suspend(&self, member: usize, suspended: bool) {
        let process = self.members[member].process.lock().unwrap();
        let pid = rustix::process::Pid::from_child(process.as_ref().unwrap());
        let signal = if suspended { rustix::process::Signal::STOP } else { rustix::process::Signal::CONT };
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub(crate) fn endpoints(&self) -> Vec<Url> {
        self.members.iter().map(|member| member.client.clone()).collect()
    }

    /// The member that leads.
    pub(crate) async fn leader(&self) -> usize {
        for (k, endpoint) in self.endpoints().iter().enumerate() {
            let answer = self.http().post(endpoint.join("/v3/maintenance/status").unwrap()).body("{}").send().await;
            let Ok(answer) = answer else { continue };
            let status: serde_json::Value = answer.json().await.unwrap();
            if status["leader"] == status["header"]["member_id"] {
                return k;
            }
        }
        panic!("no member leads");
    }

    pub(crate) fn http(&self) -> reqwest::Client {
        rustls::crypto::ring::default_provider().install_default().ok();
        let builder = reqwest::Client::builder().no_proxy();
        let builder = match &self.tls {
            Some(tls) => builder
                .tls_certs_only([Certificate::from_pem(tls.ca_pem.as_bytes()).unwrap()])
                .identity(reqwest::Identity::from_pem(tls.client_pem.as_bytes()).unwrap()),
            None => builder,
        };
        builder.build().unwrap()
    }

    pub(crate) fn client(&self) -> Etcd {
        self.client_at(self.endpoints(), None)
    }

    pub(crate) fn client_at(&self, endpoints: Vec<Url>, login: Option<(&str, &str)>) -> Etcd {
        let login = login.map(|(name, password)| (name.to_owned(), Secret::new(password.to_owned())));
        Etcd::new(self.http(), Access { endpoints, login, patience: Duration::from_millis(1500) })
    }

    /// Waits until the cluster answers reads that need agreement.
    pub(crate) async fn ready(&self) {
        let http = self.http();
        for _ in 0..200 {
            let url = self.members[0].client.join("/v3/kv/range").unwrap();
            let asked = http.post(url).timeout(Duration::from_secs(1)).body(r#"{"key":"AA=="}"#).send().await;
            if asked.is_ok_and(|answer| answer.status().is_success() || answer.status().as_u16() == 400) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let logs: Vec<_> = self.members.iter().map(|m| std::fs::read_to_string(&m.log).unwrap_or_default()).collect();
        panic!("etcd does not get ready: {}", logs.join("\n"));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for k in 0..self.members.len() {
            self.kill(k);
        }
    }
}

//! A real OpenSSH server on loopback, as an ordinary process with a configuration of its own.
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use watchdog_supervise::ssh::SshSettings;

const PROGRAM: &str = "/usr/sbin/sshd";

/// Whether OpenSSH's server and client are installed; says so where they are not.
pub(crate) fn is_there(test: &str) -> bool {
    let works = Path::new(PROGRAM).exists() && Path::new("/usr/bin/ssh").exists();
    if !works {
        eprintln!("{test}: not run, sshd is absent (Debian: openssh-server, openssh-client)");
    }
    works
}

/// A server; killed when dropped.
pub(crate) struct Sshd {
    directory: tempfile::TempDir,
    port: u16,
    process: Option<Child>,
}

impl Sshd {
    /// A server whose one key can run `command` alone.
    pub(crate) fn new(command: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for name in ["host", "other_host", "fence", "stranger"] {
            let path = directory.path().join(name);
            let arguments = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"];
            assert!(Command::new("/usr/bin/ssh-keygen").args(arguments).arg(path).status().unwrap().success());
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { directory, port, process: None };
        let key = fs::read_to_string(server.path("fence.pub")).unwrap();
        fs::write(server.path("authorized_keys"), format!("restrict,command=\"{command}\" {key}")).unwrap();
        server.know("host");
        server.start();
        server
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// From now on, clients expect this key of the host.
    pub(crate) fn know(&self, host: &str) {
        let key = fs::read_to_string(self.path(&format!("{host}.pub"))).unwrap();
        let port = self.port;
        fs::write(self.path("known_hosts"), format!("[127.0.0.1]:{port} {key}")).unwrap();
    }

    pub(crate) fn start(&mut self) {
        // As root it insists on this directory, which a package's start script would have made.
        fs::create_dir_all("/run/sshd").ok();
        let config = self.path("config");
        let [host, keys, pid] = ["host", "authorized_keys", "pid"].map(|name| self.path(name).display().to_string());
        let port = self.port;
        let text = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {host}\nAuthorizedKeysFile {keys}\nPidFile {pid}\n\
             UsePAM no\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin forced-commands-only\n"
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new(PROGRAM);
        command.args(["-D", "-e", "-f"]).arg(config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.process = Some(command.spawn().unwrap());
        crate::world::until("sshd listens", || TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }

    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// How a client reaches it.
    pub(crate) fn settings(&self) -> SshSettings {
        let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
        let settings = serde_json::json!({
            "host": "127.0.0.1", "user": user.trim(), "port": self.port,
            "identity": self.path("fence"), "known_hosts": self.path("known_hosts"),
        });
        serde_json::from_value(settings).unwrap()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
    }
}

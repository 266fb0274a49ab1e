//! A directory of its own for each test, and the binary run in it.
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

/// Throw-away phrase of the published test vectors: twelve words, worthless.
pub(crate) const PHRASE: &str = "final parent confirm pool gloom fiction street snake soon vanish brand ask";
/// Private key of that phrase at index 0 on mainnet, scheme `cap26`.
pub(crate) const PRIVATE_KEY: &str = "d2a894b30c5aa944aa0e0c0ea1129fb81dc800234e194ab0e5c1f0151a81edab";
/// Account of that key.
pub(crate) const ACCOUNT: &str = "account_rdx12xff45v8s8gashhl9ndpzdfc79paa8wre33jwgyv0gp35c6twx95ma";
/// Seed of that phrase.
pub(crate) const SEED: &str = "442e4ba00433c1f5f02c0a6c16d475c15930db0aad3eb2c74a3d194e25368315e902e33f3e1d45a83972bccebf4b288e82700497f8e45362ec0f7152e7b2adbe";

/// A directory, and the binary in it.
pub(crate) struct World {
    directory: TempDir,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A file with these permissions.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// A whole configuration whose journal and socket are in this directory, `change`d as told, in
    /// the file that every command of this world reads.
    pub(crate) fn config(&self, change: impl FnOnce(String) -> String) {
        let directory = self.directory.path().display();
        let text = format!(
            r#"mode = "observe"
instance = "host-1"

[journal]
path = "{directory}/state/journal.redb"

[api]
socket = "{directory}/c.sock"

[validator.radix_main]
chain = "radix"
network = "mainnet"
address = "validator_rdx1sds4prpgf0p25pu458fg468nw9rtwqdawwg9w45hgf0t95yd3ncs09"
owner_account = "{ACCOUNT}"
owner_key = {{ secret = {{ file = "{directory}/owner" }} }}
gateways = ["http://127.0.0.1:1", "http://127.0.0.1:2"]

[validator.radix_main.policy]
missed = 4

[validator.radix_main.node.node_a]
public_key = "027501a8726644af767abd0b293f52e76732363f75a05c3642b4d30e0ffd6516a9"
system = "http://127.0.0.1:3"

[validator.radix_main.node.node_b]
public_key = "02962e5a873a22098d56965a80fe88add4928e3dbd5e1cf52d34a1df29a25a2b90"
system = "http://127.0.0.1:4"
"#
        );
        self.file("tanist.toml", change(text), 0o644);
    }

    /// A command of the binary with an environment of its own.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("tanist"));
        command.args(arguments).current_dir(self.directory.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Self::run_with(self.command(arguments), "")
    }

    /// The same with the configuration of this world.
    pub(crate) fn configured(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["-c", "tanist.toml"], arguments].concat())
    }

    /// Runs `command` to its end, with `input` on its standard input.
    pub(crate) fn run_with(mut command: Command, input: &str) -> Ran {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that fails early does not read it.
        child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts the daemon and returns once it runs.
    pub(crate) fn start(&self, arguments: &[&str]) -> Daemon {
        let mut command = self.command(&["-c", "tanist.toml", "--log-format", "json", "run"]);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (tell, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let mut daemon = Daemon { child, lines, seen: String::new() };
        daemon.until("\"started\"");
        // Orders are taken once the lease is held, which is moments later.
        let is_leased = || self.run(&["--socket", "c.sock", "events"]).stdout.contains("lease taken");
        assert!((0..500).any(|_| is_leased()), "the lease was never taken");
        daemon
    }

    /// Everything that a run left as one text, without what differs from run to run.
    pub(crate) fn told(&self, ran: &Ran) -> String {
        let text = format!("exit: {}\n--- stdout\n{}--- stderr\n{}", ran.code.unwrap_or(-1), ran.stdout, ran.stderr);
        let text = text.replace(&self.directory.path().display().to_string(), "[DIR]");
        text.replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
    }
}

impl Ran {
    /// The one JSON document on standard output.
    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.stdout.lines().count(), 1, "exactly one document: {self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Everything printed.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// A running daemon; killed when dropped.
pub(crate) struct Daemon {
    child: Child,
    lines: Receiver<String>,
    seen: String,
}

impl Daemon {
    /// Waits for a line of the log that contains `text`.
    pub(crate) fn until(&mut self, text: &str) -> String {
        loop {
            match self.lines.recv_timeout(Duration::from_secs(30)) {
                Ok(line) => {
                    writeln!(self.seen, "{line}").unwrap();
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(error) => panic!("no line with {text}: {error}\n{}", self.seen),
            }
        }
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    /// Asks it to end and waits for that.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        self.signal(rustix::process::Signal::TERM);
        let status = self.child.wait().unwrap();
        while let Ok(line) = self.lines.recv() {
            writeln!(self.seen, "{line}").unwrap();
        }
        (status, std::mem::take(&mut self.seen))
    }

    /// Ends it without asking.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Every file below `directory`, read.
pub(crate) fn bytes_below(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(bytes_below(&path));
        } else if let Ok(bytes) = fs::read(&path) {
            found.push((path, bytes));
        }
    }
    found
}

//! The real `tanist`, with a folder of its own.
use crate::devnet::Devnet;
use crate::until::until;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// Name of the validator in the configuration.
pub const NAME: &str = "main";

/// A folder with configuration, owner key, journal and log, and the program that works in it.
#[derive(Debug)]
pub struct Program {
    folder: TempDir,
    socket: reqwest::Client,
    running: Option<Child>,
}

/// What a call of the program came to.
#[derive(Debug)]
pub struct Outcome {
    /// Exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// The one document on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The program that was built: named by `TANIST_BIN`, or beside the test's own program.
pub fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("TANIST_BIN") {
        return named.into();
    }
    let test = std::env::current_exe().unwrap();
    let beside = test.parent().and_then(Path::parent).map(|target| target.join("tanist"));
    beside.filter(|path| path.exists()).expect("`cargo build -p tanist --features tanist/crash-points` comes first")
}

impl Program {
    /// A folder configured for `devnet`: mode `act`, fast rounds, short cool-down; `tables` are added to
    /// the validator's own tables.
    pub fn on(devnet: &Devnet, mode: &str, tables: &str) -> Self {
        Self::named("test", devnet, mode, tables)
    }

    /// The same, with a name of its own for the instance.
    pub fn named(instance: &str, devnet: &Devnet, mode: &str, tables: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // As in the product's own client, no request goes over a connection that idled.
        let socket = reqwest::Client::builder().unix_socket(folder.path().join("control.sock")).no_proxy();
        let socket = socket.pool_max_idle_per_host(0).build().unwrap();
        let this = Self { folder, socket, running: None };
        this.write("owner.key", &format!("{}\n", devnet.text("/owner_private_key_hex")));
        let text = this
            .configuration(devnet, mode, tables)
            .replace("instance = \"test\"", &format!("instance = \"{instance}\""));
        this.write("tanist.toml", &text);
        this
    }

    fn configuration(&self, devnet: &Devnet, mode: &str, tables: &str) -> String {
        let folder = self.folder.path().display();
        let mut text = format!(
            r#"mode = "{mode}"
instance = "test"
[journal]
path = "{folder}/state/journal.redb"
[api]
socket = "{folder}/control.sock"
[validator.{NAME}]
chain = "radix"
network = "{}"
address = "{}"
owner_account = "{}"
owner_key = {{ secret = {{ file = "{folder}/owner.key" }} }}
gateways = ["{}", "{}"]
[validator.{NAME}.probe]
period = "250ms"
timeout = "2s"
[validator.{NAME}.policy]
missed = 3
of = 4
in_a_row = 3
window = "5m"
cooldown = "1s"
[validator.{NAME}.policy.network]
over = "5s"
[validator.{NAME}.act]
per_day = 1000
per_week = 1000
failback_hold = "0s"
"#,
            devnet.text("/network"),
            devnet.text("/validator_address"),
            devnet.text("/owner_account"),
            devnet.text("/gateways/0"),
            devnet.text("/gateways/1"),
        );
        for node in ["node_a", "node_b", "node_c"] {
            let of = |field: &str| devnet.text(&format!("/nodes/{node}/{field}")).to_owned();
            let (key, system, core, prometheus) = (of("public_key"), of("system"), of("core"), of("prometheus"));
            writeln!(
                text,
                "[validator.{NAME}.node.{node}]\npublic_key = \"{key}\"\nsystem = \"{system}\"\ncore = \"{core}\"\nprometheus = \"{prometheus}\""
            )
            .unwrap();
        }
        text.push_str(tables);
        text
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file that only its owner can read.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn command(&self) -> Command {
        self.started_by(Command::new(binary()))
    }

    fn started_by(&self, mut command: Command) -> Command {
        command.env_clear().env("TANIST_SOCKET", self.folder.path().join("control.sock"));
        command.kill_on_drop(true).stdin(Stdio::null());
        command
    }

    /// Starts `tanist run`; `crash_at` arms a crash point. Its log is kept.
    pub fn begin(&mut self, crash_at: Option<u64>) {
        let log = OpenOptions::new().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        // Where a limit on files makes writes fail, they fail as on a full disk, and no signal comes.
        let mut command = self.started_by(Command::new("sh"));
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(binary());
        command.args(["run", "--log-format", "compact", "-c"]).arg(self.folder.path().join("tanist.toml"));
        command.stdout(log.try_clone().unwrap()).stderr(log);
        if let Some(point) = crash_at {
            command.env("TANIST_CRASH_AT", point.to_string());
        }
        self.running = Some(command.spawn().unwrap());
    }

    /// Starts it and waits until the validator is `state`.
    pub async fn begin_until(&mut self, state: &str) {
        self.begin(None);
        self.until_state(state).await;
    }

    /// Waits until the validator is `state`.
    pub async fn until_state(&mut self, state: &str) {
        until(format!("state {state}"), 60, async || (self.status().await?["state"] == state).then_some(())).await;
    }

    /// Process id of the one that runs.
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref().and_then(Child::id)
    }

    /// How the one that ran ended, where it has.
    pub fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.running.as_mut().and_then(|running| running.try_wait().unwrap())
    }

    /// Kills it, as a power cut would.
    pub async fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill().await.unwrap();
        }
    }

    /// Suspends it, or lets it go on.
    pub async fn suspend(&self, suspended: bool) {
        let signal = if suspended { "-STOP" } else { "-CONT" };
        let id = self.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
    }

    /// Lets every write to a file fail that the running one tries, as on a full disk, or succeed again.
    pub fn fill_disk(&self, is_full: bool) {
        let id = self.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let limit = Rlimit { current: is_full.then_some(0), maximum: None };
        prlimit(id, Resource::Fsize, limit).unwrap();
    }

    /// The status of the whole service, once it answers.
    pub async fn service(&self) -> Option<Value> {
        let asked = self.socket.get("http://tanist/v1/status").timeout(std::time::Duration::from_secs(1)).send();
        let document: Value = asked.await.ok()?.json().await.ok()?;
        document.get("result").cloned()
    }

    /// Asks it to end, and waits.
    pub async fn terminate(&mut self) -> std::process::ExitStatus {
        let mut running = self.running.take().unwrap();
        let id = running.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
        assert!(sent.success());
        running.wait().await.unwrap()
    }

    /// A call that ends by itself.
    pub async fn call(&self, arguments: &[&str]) -> Outcome {
        let output = self.command().args(arguments).output().await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// The validator's status, once the service answers.
    pub async fn status(&self) -> Option<Value> {
        let answer = self.socket.get(format!("http://tanist/v1/validators/{NAME}")).send().await.ok()?;
        let document: Value = answer.json().await.ok()?;
        document.get("result").cloned()
    }

    /// Events of the service that runs, oldest first.
    pub async fn events(&self) -> Vec<Value> {
        let answer = self.call(&["events", "--json"]).await;
        answer.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The last operation, once it has ended, and how.
    pub async fn operation_ended(&mut self, seconds: u64) -> Value {
        until("the end of an operation", seconds, async || {
            let status = self.status().await?;
            let last = status.get("last_operation").filter(|_| status.get("operation").is_none())?;
            (!last.is_null()).then(|| last.clone())
        })
        .await
    }

    /// Everything that it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

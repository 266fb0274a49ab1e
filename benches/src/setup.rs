//! What every measurement needs: a place on the disk, the program, the configuration.
use crate::Outcome;
use crate::fake::Fake;
use crate::program::Program;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use watchdog_core::clock::{Clock, SystemClock, Uptime};

/// Name of the validator in every configuration.
pub(crate) const VALIDATOR: &str = "main";

/// What every measurement is handed.
#[derive(Debug)]
pub(crate) struct Bench {
    /// Time.
    pub(crate) clock: Arc<dyn Clock>,
    /// The program that is measured.
    pub(crate) program: Program,
    above: PathBuf,
}

/// A folder with a configuration, and one for the socket, whose path must be short.
#[derive(Debug)]
pub(crate) struct Place {
    folder: TempDir,
    short: TempDir,
}

impl Bench {
    /// Finds the program, and a folder on the disk that it was built on: one in memory would make every
    /// commit free.
    pub(crate) fn new() -> Outcome<Self> {
        // Without a provider every HTTP client would panic; one that is there already is as good.
        rustls::crypto::ring::default_provider().install_default().ok();
        let own = std::env::current_exe()?;
        let made =
            own.ancestors().nth(3).ok_or("this program has no build folder above it: run `cargo xtask bench`")?;
        let above = made.join("bench");
        std::fs::create_dir_all(&above)?;
        Ok(Self { clock: Arc::new(SystemClock::new()), program: Program::find(made)?, above })
    }

    /// A folder that goes with the value.
    pub(crate) fn place(&self) -> Outcome<Place> {
        Ok(Place { folder: TempDir::new_in(&self.above)?, short: TempDir::new()? })
    }

    /// Now.
    pub(crate) fn now(&self) -> Uptime {
        self.clock.uptime()
    }

    /// Asks `is_so` every half millisecond until it is, for at most `patience`.
    pub(crate) fn wait(&self, what: &str, patience: Duration, mut is_so: impl FnMut() -> bool) -> Outcome<()> {
        let began = self.now();
        while !is_so() {
            if self.now().since(began) > patience {
                return Err(format!("{what} did not come to pass within {} s", patience.as_secs()).into());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(())
    }
}

impl Place {
    /// The folder on the disk.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The control socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.short.path().join("control.sock")
    }

    /// The journal.
    pub(crate) fn journal(&self) -> PathBuf {
        self.path().join("journal.redb")
    }

    /// What the program says.
    pub(crate) fn log(&self) -> PathBuf {
        self.path().join("log")
    }

    /// Writes `text` to a new file that nobody else can read.
    pub(crate) fn write(&self, name: &str, text: &str) -> Outcome<PathBuf> {
        let path = self.path().join(name);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?.write_all(text.as_bytes())?;
        Ok(path)
    }

    /// Writes the configuration of a validator of `fake` in mode `act`, asked every `period`, and what it refers to.
    pub(crate) fn configure(&self, fake: &Fake, period: Duration, timeout: Duration) -> Outcome<PathBuf> {
        let key = self.write("owner-key", &fake.identity().owner_key)?;
        let text = config(fake, [&self.journal(), &self.socket(), &key], period, timeout);
        self.write("tanist.toml", &text)
    }
}

/// The configuration; `paths`: journal, socket, owner's key.
pub(crate) fn config(fake: &Fake, paths: [&Path; 3], period: Duration, timeout: Duration) -> String {
    let identity = fake.identity();
    let [journal, socket, key] = paths.map(|path| serde_json::Value::from(path.to_string_lossy()));
    let [node_a, node_b, gateway] = fake.addresses();
    let [key_a, key_b] = &identity.node_keys;
    let (network, validator, account) = (&identity.network, &identity.validator, &identity.account);
    let (period, timeout) = (period.as_millis(), timeout.as_millis());
    format!(
        r#"mode = "act"
instance = "bench"
[journal]
path = {journal}
[log]
format = "json"
[api]
socket = {socket}
[validator.{VALIDATOR}]
chain = "radix"
network = "{network}"
address = "{validator}"
owner_account = "{account}"
owner_key = {{ secret = {{ file = {key} }}, scheme = "cap26" }}
gateways = ["http://{gateway}"]
[validator.{VALIDATOR}.probe]
period = "{period}ms"
timeout = "{timeout}ms"
[validator.{VALIDATOR}.node.node_a]
public_key = "{key_a}"
system = "http://{node_a}"
core = "http://{node_a}/core"
[validator.{VALIDATOR}.node.node_b]
public_key = "{key_b}"
system = "http://{node_b}"
core = "http://{node_b}/core"
prometheus = "http://{node_b}/prometheus/metrics"
"#
    )
}

/// The machine's shape in one line; nothing that names it.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let memory = read("/proc/meminfo");
    let kib = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok());
    let gib = kib.unwrap_or(0_u64).div_ceil(1024 * 1024);
    let load = read("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or("?");
    format!("machine: {cores} cores, {gib} GiB, {} {}, load {load}", std::env::consts::OS, std::env::consts::ARCH)
}

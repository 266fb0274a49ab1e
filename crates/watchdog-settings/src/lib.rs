//! The configuration of the watchdog: where values come from, strict reading, what is wrong and where, and what a key
//! means.
//!
//! Knows no chain and reads no environment: which chains there are and which variables are set is handed in, so that
//! whatever an operator may write can be tried without a process of its own.
//!
//! ```
//! use watchdog_settings::Settings;
//! use watchdog_settings::layers::Layers;
//!
//! let variables = vec![("TANIST__MODE".to_owned(), "advise".to_owned())];
//! let layers = Layers::of(vec![("tanist.toml".into(), "mode = \"act\"".to_owned())], &variables, Vec::new())?;
//! assert_eq!(Settings::read(&layers)?.mode.to_string(), "advise");
//!
//! let layers = Layers::of(vec![("tanist.toml".into(), "\n[journal]\npaht = \"/j\"".to_owned())], &[], Vec::new())?;
//! let problem = Settings::read(&layers).unwrap_err();
//! assert_eq!(problem.at.as_deref(), Some("journal (tanist.toml, line 3)"));
//! assert_eq!(problem.hint.as_deref(), Some("did you mean `path`?"));
//! # Ok::<(), Box<watchdog_settings::problem::Problem>>(())
//! ```
pub mod explain;
mod fence;
pub mod layers;
pub mod problem;
pub mod schema;
pub mod show;
mod variables;
mod words;

use crate::layers::Layers;
use crate::problem::{Problem, failure};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use watchdog_core::config::{FleetLimits, Mode, Text, TextDuration};
use watchdog_core::lease::LeaseTimes;
use watchdog_core::recording::store::Bounds;
use watchdog_core::registry::ConfigError;
use watchdog_etcd::EtcdSettings;
use watchdog_service::control::socket::PATH_MAX;
use watchdog_supervise::settings::{LadderSettings, SidecarSettings};

/// Configuration of tanist. Every duration is a text, every secret a reference.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "tanist configuration")]
#[derive(Default)]
pub struct Settings {
    /// What the watchdog may do with validators that do not say it themselves.
    pub mode: Mode,
    /// Name of this watchdog in status and logs; the host's name where absent.
    #[schemars(with = "Option<String>", extend("examples" = ["host-1"]))]
    pub instance: Option<Text>,
    /// Where the account of everything decided and done is kept.
    pub journal: JournalSettings,
    /// What the sources said, kept for `tanist backtest`.
    pub observations: ObservationSettings,
    /// Agreement with watchdogs on other hosts; a single one needs none.
    pub lease: LeaseSettings,
    /// When so many validators turn down together that nothing acts by itself any more.
    pub fleet: FleetLimits,
    /// What is logged, and how.
    pub log: LogSettings,
    /// The control API, which the command line talks to.
    pub api: ApiSettings,
    /// The fences of a node, each ladder in a table under a name of its own.
    #[schemars(extend("propertyNames" = { "pattern": "^[a-z][a-z0-9_]{0,31}$" }))]
    pub fence: BTreeMap<String, LadderSettings>,
    /// What `tanist sidecar` does on this host, where it is a node's.
    pub sidecar: Option<SidecarSettings>,
    /// The validators, each in a table under its name.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub validator: BTreeMap<String, figment::value::Value>,
}

/// `[journal]`
#[derive(Debug, Deserialize, JsonSchema, serde::Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalSettings {
    /// The file, opened by one instance at a time; its directory must exist.
    pub path: PathBuf,
}

/// `[observations]`
#[derive(Debug, Deserialize, JsonSchema, serde::Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ObservationSettings {
    /// Whether they are kept. Nothing is decided from them, and losing them stops nothing.
    pub keep: bool,
    /// The file, opened by one instance at a time; `observations.redb` beside the journal where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["/var/lib/tanist/observations.redb"]))]
    pub path: Option<PathBuf>,
    /// Most that is kept, in MiB of packed observations, 1 to 65536; the file may be twice as large.
    /// The oldest are dropped first.
    #[schemars(range(min = 1, max = 65536))]
    pub max_mib: u32,
    /// Older ones are dropped; at least one minute.
    pub max_age: TextDuration,
}

impl Default for ObservationSettings {
    fn default() -> Self {
        Self { keep: true, path: None, max_mib: 64, max_age: TextDuration(Duration::from_hours(24 * 30)) }
    }
}

impl ObservationSettings {
    /// How much is kept.
    pub fn bounds(&self) -> Bounds {
        Bounds { bytes: u64::from(self.max_mib) << 20, age: self.max_age.0 }
    }

    fn check(&self, layers: &Layers) -> Result<(), Box<Problem>> {
        if !(1..=65536).contains(&self.max_mib) {
            let wrong = "`max_mib` is not from 1 to 65536".to_owned();
            return Err(problem::invalid(wrong, "observations.max_mib", layers).hint("`keep = false` keeps none"));
        }
        if self.max_age.0 < Duration::from_mins(1) {
            let short = "`max_age` is shorter than a minute".to_owned();
            return Err(problem::invalid(short, "observations.max_age", layers).hint("`keep = false` keeps none"));
        }
        Ok(())
    }
}

/// `[lease]`
#[derive(Debug, Default, Deserialize, JsonSchema, serde::Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeaseSettings {
    /// A store that several watchdogs share; without one, the lock on the journal file is the lease.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etcd: Option<EtcdSettings>,
}

/// `[log]`
#[derive(Debug, Default, Deserialize, JsonSchema, serde::Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// Form of the lines on standard error.
    pub format: LogFormat,
}

/// Form of log lines.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Pretty on a terminal, to the system's journal under systemd, else JSON.
    #[default]
    Auto,
    /// Several coloured lines an event, for people.
    Pretty,
    /// One line an event, for people.
    Compact,
    /// One JSON object an event.
    Json,
}

impl LogFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Pretty, Self::Compact, Self::Json];

    /// The word for it in the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Pretty => "pretty",
            Self::Compact => "compact",
            Self::Json => "json",
        }
    }

    /// What it is, without full stop.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Auto => "Pretty on a terminal, to the system's journal under systemd, else JSON",
            Self::Pretty => "Several coloured lines an event, for people",
            Self::Compact => "One line an event, for people",
            Self::Json => "One JSON object an event",
        }
    }
}

/// `[api]`
#[derive(Debug, Deserialize, JsonSchema, serde::Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiSettings {
    /// Unix socket of the control API, mode 0660; at most 103 bytes.
    pub socket: PathBuf,
    /// Group that may open the socket and operate; the service's own group where absent.
    #[schemars(with = "Option<String>", extend("examples" = ["tanist"]))]
    pub group: Option<Text>,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self { path: PathBuf::from("/var/lib/tanist/journal.redb") }
    }
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self { socket: PathBuf::from("/run/tanist/control.sock"), group: None }
    }
}

impl Settings {
    /// Reads the parts that are not a validator's, strictly.
    pub fn read(layers: &Layers) -> Result<Self, Box<Problem>> {
        let settings: Self =
            layers.figment.extract().map_err(|error| failure(&ConfigError::value("", error), layers))?;
        if settings.api.socket.as_os_str().len() > PATH_MAX {
            let long = format!("path of the socket is longer than {PATH_MAX} bytes");
            return Err(problem::invalid(long, "api.socket", layers).hint("choose a shorter path"));
        }
        if let Some(etcd) = &settings.lease.etcd {
            let wrong = |error: watchdog_etcd::SettingsError| {
                let key = format!("lease.etcd.{}", error.key);
                problem::invalid(format!("`{}`: {}", error.key, error.reason), &key, layers)
            };
            etcd.check().map_err(wrong)?;
            let times = LeaseTimes::of(etcd.ttl.0);
            times.check().map_err(|error| problem::invalid(error.to_string(), "lease.etcd.ttl", layers))?;
        }
        settings.observations.check(layers)?;
        fence::check(&settings, layers)?;
        Ok(settings)
    }

    /// The file of observations.
    pub fn observations(&self) -> PathBuf {
        self.observations.path.clone().unwrap_or_else(|| self.journal.path.with_file_name("observations.redb"))
    }

    /// Name of this watchdog.
    pub fn instance(&self) -> String {
        match &self.instance {
            Some(Text(name)) => name.clone(),
            None => rustix::system::uname().nodename().to_string_lossy().into_owned(),
        }
    }
}

/// The socket alone, for commands that talk to the daemon: a validator's table that they cannot
/// read does not keep them from it.
pub fn socket(layers: &Layers) -> Result<PathBuf, Box<Problem>> {
    if !layers.figment.contains("api.socket") {
        return Ok(ApiSettings::default().socket);
    }
    let socket = layers.figment.focus("api").extract::<BTreeMap<String, figment::value::Value>>();
    let socket = socket.ok().and_then(|api| Some(PathBuf::from(api.get("socket")?.as_str()?)));
    socket.ok_or_else(|| problem::invalid("`socket` is not a text".to_owned(), "api.socket", layers))
}

/// A duration of the command line.
pub fn duration(text: &str) -> Result<TextDuration, String> {
    text.parse().map_err(|error: watchdog_core::config::NotADuration| error.to_string())
}

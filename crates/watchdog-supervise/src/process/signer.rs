//! The signer as a process group.
use super::MARK;
use super::found::{Identity, Leader, find};
use super::proc_fs::Stat;
use super::spawner::spawn;
use crate::authority::{AuthorityStore, StoreError};
use crate::doubt::Doubt;
use crate::invocation::PATH;
use crate::signer::{Force, Presence, Signer};
use async_trait::async_trait;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, pidfd_open, pidfd_send_signal, set_child_subreaper, waitpid,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use watchdog_core::causes;
use watchdog_core::clock::BootId;
use watchdog_core::config::Text;
use watchdog_core::cx::Cx;

/// A signer that is started as a child process.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessSettings {
    /// Program and arguments; no shell, no secret. It stays in the foreground.
    pub command: Vec<String>,
    /// Its whole environment, besides `PATH` and the mark by which it is found again. No secret.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub environment: BTreeMap<String, Text>,
    /// Directory in which it runs.
    #[serde(default = "ProcessSettings::default_directory")]
    pub directory: PathBuf,
}

impl ProcessSettings {
    fn default_directory() -> PathBuf {
        PathBuf::from("/")
    }
}

/// Starts, stops and finds the processes of one signer. What it starts ends with this process; what
/// another process started, or what was left behind, it finds all the same.
#[derive(Debug)]
pub struct ProcessSigner {
    settings: ProcessSettings,
    stage: Vec<String>,
    mark: String,
    memory: PathBuf,
    adopts: bool,
    child: Mutex<Option<Child>>,
}

impl ProcessSigner {
    /// The signer of the node whose memory is `store`. `stage` is the command line, up to the number of
    /// the supervisor, that comes to [`stage`](super::stage()).
    pub fn new(settings: ProcessSettings, store: &AuthorityStore, stage: Vec<String>) -> Self {
        let directory = store.directory().canonicalize().unwrap_or_else(|_| store.directory().to_owned());
        let mark = format!("{MARK}={} {}", store.target(), directory.display());
        Self { settings, stage, mark, memory: directory.join("signer.json"), adopts: false, child: Mutex::new(None) }
    }

    /// The same for a process that does nothing but supervise it: it becomes the parent of whatever the
    /// signer leaves behind, so that not even a daemon without the mark escapes.
    pub fn adopting(self) -> Result<Self, Doubt> {
        let made = set_child_subreaper(Some(getpid()));
        made.map_err(|error| Doubt::Weak(format!("orphans cannot be adopted: {error}")))?;
        Ok(Self { adopts: true, ..self })
    }

    fn find(&self, boot: &BootId) -> Result<Vec<Stat>, Doubt> {
        let leader = self.leader()?.filter(|leader| leader.boot == *boot);
        find(&self.mark, leader.as_ref()).map_err(|error| Doubt::Weak(format!("/proc cannot be read: {error}")))
    }

    fn leader(&self) -> Result<Option<Leader>, Doubt> {
        let content = crate::authority::content(&self.memory).map_err(|error| storage(&error))?;
        // What a crash cut off while it was written was of no signer yet, or the mark finds it.
        Ok(content.and_then(|content| serde_json::from_slice(&content).ok()))
    }

    fn note(&self, boot: &BootId, pid: u32) -> Result<(), Doubt> {
        let Some(first) = Identity::of(pid) else { return Ok(()) };
        let adopter = self.adopts.then(|| Identity::of(std::process::id())).flatten();
        let leader = Leader { boot: boot.clone(), first, adopter };
        let bytes = serde_json::to_vec(&leader).map_err(|error| Doubt::Storage(error.to_string()))?;
        crate::authority::replace(&self.memory, &bytes).map_err(|error| storage(&error))
    }

    /// Takes note of the end of our own child, and of orphans that came to us.
    fn reap(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        match child.as_mut().map(Child::try_wait) {
            Some(Ok(Some(status))) => {
                tracing::info!(%status, "signer ended");
                *child = None;
            }
            // Its status went to whoever reaps orphans here.
            Some(Err(_)) => *child = None,
            Some(Ok(None)) | None => {}
        }
        drop(child);
        if self.adopts {
            for orphan in ended_children() {
                waitpid(Some(orphan), WaitOptions::NOHANG).ok();
            }
        }
    }
}

/// Children of this process that have ended and that nobody else here waits for.
fn ended_children() -> Vec<Pid> {
    let own = std::process::id();
    let all = super::proc_fs::all().unwrap_or_default();
    let is_ours = |stat: &&Stat| stat.parent == own && stat.is_ended && !crate::invocation::is_running(stat.pid);
    all.values().filter(is_ours).filter_map(|stat| Pid::from_raw(i32::try_from(stat.pid).ok()?)).collect()
}

#[async_trait]
impl Signer for ProcessSigner {
    async fn start(&self, cx: &Cx) -> Result<(), Doubt> {
        let (program, arguments) = self.stage.split_first().ok_or_else(|| Doubt::Weak("no stage is given".into()))?;
        let (name, value) = self.mark.split_once('=').unwrap_or_default();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .arg(std::process::id().to_string())
            .arg("--")
            .args(&self.settings.command)
            .env_clear()
            .env("PATH", PATH)
            .envs(self.settings.environment.iter().map(|(name, Text(value))| (name, value)))
            .env(name, value)
            .current_dir(&self.settings.directory)
            .stdin(Stdio::null());
        let child = spawn(command).map_err(|source| Doubt::NotRun { program: program.clone(), source })?;
        let pid = child.id();
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        self.note(cx.clock().boot(), pid)
    }

    async fn press(&self, force: Force, cx: &Cx) -> Result<(), Doubt> {
        let signal = match force {
            Force::Ask => Signal::TERM,
            Force::Kill => Signal::KILL,
        };
        for stat in self.find(cx.clock().boot())? {
            send(&stat, signal)?;
        }
        Ok(())
    }

    async fn presence(&self, cx: &Cx) -> Result<Presence, Doubt> {
        self.reap();
        let found = self.find(cx.clock().boot())?;
        let pids: Vec<_> = found.iter().take(8).map(|stat| stat.pid.to_string()).collect();
        Ok(match found.len() {
            0 => Presence::Absent,
            1 => Presence::Present(format!("process {}", pids.join(", "))),
            many => Presence::Present(format!("{many} processes: {}", pids.join(", "))),
        })
    }

    async fn bar(&self, _: &Cx) -> Result<(), Doubt> {
        Ok(())
    }

    /// Nothing but a supervisor that looks at the node's memory starts it.
    async fn is_barred(&self, _: &Cx) -> Result<bool, Doubt> {
        Ok(true)
    }

    async fn unbar(&self, _: &Cx) -> Result<(), Doubt> {
        Ok(())
    }
}

/// Sends `signal` to this very process, not to one that has taken its number since.
fn send(stat: &Stat, signal: Signal) -> Result<(), Doubt> {
    let Some(pid) = i32::try_from(stat.pid).ok().and_then(Pid::from_raw) else { return Ok(()) };
    let Ok(held) = pidfd_open(pid, PidfdFlags::empty()) else { return Ok(()) };
    if Stat::of(stat.pid).is_none_or(|now| now.start != stat.start) {
        return Ok(());
    }
    match pidfd_send_signal(&held, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(Doubt::StillThere(format!("process {} cannot be signalled: {error}", stat.pid))),
    }
}

fn storage(error: &StoreError) -> Doubt {
    Doubt::Storage(causes::line(error))
}

//! The program that is measured, and what the system knows of its process.
use crate::Outcome;
use crate::setup::Place;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ticks of a second in `/proc`. Source: `proc_pid_stat(5)`; `USER_HZ` is 100 wherever tanist runs.
const TICKS: u64 = 100;
/// Longest wait for an answer of the control API.
const PATIENCE: Duration = Duration::from_secs(5);

/// The release build of tanist.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
}

/// A running `tanist run`, killed when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
}

/// Memory of a process, KiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// Resident now.
    pub(crate) now: u64,
    /// Resident at most so far.
    pub(crate) peak: u64,
}

impl Program {
    /// The program named by `TANIST_BIN`, or the release build under `made`.
    pub(crate) fn find(made: &Path) -> Outcome<Self> {
        let path = std::env::var_os("TANIST_BIN").map_or_else(|| made.join("release/tanist"), PathBuf::from);
        if !path.is_file() {
            return Err("there is no release build of tanist: run `cargo xtask bench`, which makes it".into());
        }
        Ok(Self { path })
    }

    /// A copy of it in `folder`, as an installation makes one: the kernel keeps a file that was written at once in
    /// larger pieces than one that a linker made, and maps those whole.
    pub(crate) fn copy(&self, folder: &Path) -> Outcome<Self> {
        let path = folder.join("tanist");
        std::fs::copy(&self.path, &path)?;
        Ok(Self { path })
    }

    /// The program with these arguments, without input and without the environment of this one.
    pub(crate) fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(&self.path);
        command.args(arguments).env_clear().stdin(Stdio::null());
        command
    }

    /// Starts `tanist run`.
    pub(crate) fn run(&self, config: &Path, place: &Place) -> Outcome<Running> {
        let log = OpenOptions::new().append(true).create(true).mode(0o600).open(place.log())?;
        let mut command = self.command(["run", "--config"]);
        command.arg(config).stdout(Stdio::null()).stderr(log);
        Ok(Running { child: command.spawn()? })
    }
}

impl Running {
    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// An error where it has ended by itself, with what it said last.
    pub(crate) fn check(&mut self, place: &Place) -> Outcome<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => {
                let log = std::fs::read_to_string(place.log()).unwrap_or_default();
                Err(format!("tanist ended with {status}: {}", log.lines().last().unwrap_or_default()).into())
            }
        }
    }

    /// Ends it without warning.
    pub(crate) fn kill(mut self) -> Outcome<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn terminate(mut self) -> Outcome<()> {
        let pid = Pid::from_raw(i32::try_from(self.id())?).ok_or("a process without a number")?;
        kill_process(pid, Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Whether the daemon at `socket` says that it is ready.
pub(crate) fn is_ready(socket: &Path) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: tanist\r\nconnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

/// Memory of process `id`.
pub(crate) fn memory(id: u32) -> Outcome<Memory> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok())
    };
    let (now, peak) = (field("VmRSS:"), field("VmHWM:"));
    now.zip(peak).map(|(now, peak)| Memory { now, peak }).ok_or_else(|| format!("process {id} has no memory").into())
}

/// Processor time that process `id` has used, in user mode and in the kernel.
pub(crate) fn processor_time(id: u32) -> Outcome<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name in parentheses may hold anything; fields after it count from 3.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let field = |number: usize| fields.split_whitespace().nth(number - 3)?.parse::<u64>().ok();
    let ticks = field(14).zip(field(15)).map(|(user, system)| user + system);
    let ticks = ticks.ok_or_else(|| format!("process {id} has no times"))?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// Threads of process `id`.
pub(crate) fn threads(id: u32) -> usize {
    std::fs::read_dir(format!("/proc/{id}/task")).map_or(0, Iterator::count)
}

/// KiB as MiB.
pub(crate) fn mib(kib: u64) -> String {
    format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024)
}

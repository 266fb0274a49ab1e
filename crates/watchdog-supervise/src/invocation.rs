//! Running a program for its answer.
use crate::doubt::Doubt;
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use watchdog_core::cx::Cx;

/// Most that a program may print to either of its outputs, bytes; the rest is not read.
const OUTPUT_MAX: u64 = 64 * 1024;

/// Search path of programs that are run without one of their own.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Programs run by this process right now, which a search for what a signer left behind passes over.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// One run of a program: no shell, an environment of its own, a process group of its own that is
/// killed with it.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    pub argv: Vec<String>,
    pub environment: BTreeMap<String, String>,
    pub input: Vec<u8>,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Finished {
    pub status: ExitStatus,
    pub output: Vec<u8>,
    pub errors: Vec<u8>,
}

impl Finished {
    /// What it printed, where it succeeded.
    pub(crate) fn succeeded(self) -> Result<Vec<u8>, Doubt> {
        if self.status.success() { Ok(self.output) } else { Err(Doubt::Status(self.status.to_string())) }
    }
}

/// Whether `pid` is a program run by [`Invocation`] in this process.
pub(crate) fn is_running(pid: u32) -> bool {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).contains(&pid)
}

impl Invocation {
    /// A run without input in the least environment.
    pub(crate) fn new(argv: Vec<String>) -> Self {
        Self { argv, environment: BTreeMap::from([("PATH".to_owned(), PATH.to_owned())]), input: Vec::new() }
    }

    /// Runs it to its end, within `cx`. What is cut off is killed with its whole group.
    pub(crate) async fn run(&self, cx: &Cx) -> Result<Finished, Doubt> {
        let (program, arguments) = self.argv.split_first().ok_or_else(|| Doubt::Weak("no program is given".into()))?;
        let not_run = |source| Doubt::NotRun { program: program.clone(), source };
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(not_run)?;
        let _group = Group::of(child.id());
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let write = async {
            if let Some(mut pipe) = input {
                // A program that does not read its input ends with its own status.
                pipe.write_all(&self.input).await.ok();
            }
        };
        let run = async {
            let ((), output, errors) = tokio::join!(write, all(output), all(errors));
            Ok((child.wait().await?, output?, errors?))
        };
        let (status, output, errors) = cx.bound(run).await?.map_err(not_run)?;
        Ok(Finished { status, output, errors })
    }
}

async fn all(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut read = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(OUTPUT_MAX).read_to_end(&mut read).await?;
    }
    Ok(read)
}

/// A process group that does not outlive the run.
struct Group(Option<Pid>);

impl Group {
    fn of(id: Option<u32>) -> Self {
        let pid = id.inspect(|id| {
            RUNNING.lock().unwrap_or_else(PoisonError::into_inner).insert(*id);
        });
        Self(pid.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // Nothing is left of it where the run ended well.
            kill_process_group(pid, Signal::KILL).ok();
            let id = u32::try_from(pid.as_raw_nonzero().get()).unwrap_or_default();
            RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        }
    }
}

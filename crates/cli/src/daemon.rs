//! Talking to the daemon.
use crate::args::Global;
use crate::command;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings;
use std::error::Error;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;
use watchdog_service::control::client::{Client, ClientError};
use watchdog_service::control::problem::Problem;

/// Longest time that a request may take where `--timeout` does not say.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs `ask` with a client of the daemon.
pub(crate) fn ask<T>(
    global: &Global,
    ask: impl AsyncFnOnce(Client) -> Result<T, Box<Failure>>,
) -> Result<T, Box<Failure>> {
    let Connection { client, runtime, .. } = Connection::new(global)?;
    runtime.block_on(ask(client))
}

/// A client of the daemon for callers that wait for each answer.
#[derive(Debug)]
pub(crate) struct Connection {
    client: Client,
    runtime: tokio::runtime::Runtime,
    socket: PathBuf,
}

impl Connection {
    /// Connects with the first question.
    pub(crate) fn new(global: &Global) -> Result<Self, Box<Failure>> {
        let socket = match &global.socket {
            Some(socket) => socket.clone(),
            None => settings::socket(&command::layers(global)?)?,
        };
        let patience = global.timeout.map_or(PATIENCE, |timeout| timeout.0);
        let client = Client::new(&socket, patience).map_err(|error| failure(&error))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime
            .map_err(|error| Failure::new(Exit::Error, "runtime", "no runtime can be started").caused_by(&error))?;
        Ok(Self { client, runtime, socket })
    }

    /// The answer to what `ask` asks.
    pub(crate) fn ask<T>(&self, ask: impl AsyncFnOnce(&Client) -> Result<T, ClientError>) -> Result<T, ClientError> {
        self.runtime.block_on(ask(&self.client))
    }

    /// Where the daemon is asked.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }
}

/// A request that was not answered as wished.
pub(crate) fn failure(error: &ClientError) -> Box<Failure> {
    match error {
        ClientError::Refused(problem) => refused(problem),
        ClientError::Unreachable { .. } if is_denied(error) => {
            Failure::new(Exit::Denied, "denied", "this user may not open the control socket")
                .causes_of(error)
                .hint("call it as root, as the service's user, or as a member of the group `api.group`")
        }
        ClientError::Unreachable { .. } => Failure::new(Exit::Unreachable, "unreachable", error.to_string())
            .causes_of(error)
            .hint("start it (`systemctl start tanist`, or `tanist run`), or name its socket with --socket"),
        ClientError::Late { .. } => Failure::new(Exit::Timeout, "timeout", error.to_string())
            .hint("what was asked for may still happen: look at `tanist status` and `tanist events`"),
        _ => Failure::new(Exit::Error, "strange_answer", error.to_string())
            .causes_of(error)
            .hint("compare the versions: `tanist version` and `tanist status --json`"),
    }
}

fn refused(problem: &Problem) -> Box<Failure> {
    let exit = Exit::of_problem(problem.status, &problem.code);
    let mut failure = Failure::new(exit, problem.code.clone(), problem.detail.clone());
    failure.at.clone_from(&problem.at);
    failure.expected.clone_from(&problem.expected);
    failure.hint.clone_from(&problem.hint);
    failure.validator.clone_from(&problem.validator);
    failure.operation.clone_from(&problem.operation);
    failure.causes.clone_from(&problem.causes);
    failure
}

fn is_denied(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source())
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == ErrorKind::PermissionDenied)
}

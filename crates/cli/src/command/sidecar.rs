//! `tanist sidecar`
mod answer;
mod run;
mod stage;

use crate::Outcome;
use crate::args::Global;
use crate::command::layers;
use crate::failure::Failure;
use crate::output::Printer;
use crate::settings::{Settings, problem};
use std::ffi::OsString;
use watchdog_etcd::EtcdSettings;
use watchdog_supervise::order::Target;
use watchdog_supervise::settings::SidecarSettings;

/// The command line, up to the number of the supervisor, by which this program becomes a signer. The
/// link leads to this very program, also where its file has been replaced since.
pub(super) const STAGE: [&str; 3] = ["/proc/self/exe", "sidecar", "stage"];

/// Run on a node: hold its own lease, and let its signer run only while it does.
///
/// The signer starts once an engine has granted the authority for the present term of the lease, and is
/// stopped before the lease can lapse. After every restart a new grant is needed. SIGTERM and SIGINT stop
/// the signer first.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Sidecar {
    #[command(subcommand)]
    command: Option<Command>,
}

/// What else a sidecar's program does on a node.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Answer one request of an engine, as the forced command of its SSH key
    ///
    /// The request stands in the variable `SSH_ORIGINAL_COMMAND`, as sshd puts it there. The answer is one
    /// line of JSON; exit code 0 says that the request was obeyed, 4 that it was refused, and 8 that its
    /// effect is not established.
    Answer,
    /// Become the signer
    #[command(hide = true)]
    Stage {
        /// Process number of the supervisor
        supervisor: u32,
        /// Program and arguments
        #[arg(last = true, required = true)]
        argv: Vec<OsString>,
    },
}

pub(crate) fn run(sidecar: &Sidecar, global: &Global, printer: Printer) -> Outcome {
    match &sidecar.command {
        None => run::run(global),
        Some(Command::Answer) => answer::run(global, printer),
        Some(Command::Stage { supervisor, argv }) => Err(stage::run(*supervisor, argv)),
    }
}

/// Where the leases of nodes are, beside the engines' own.
pub(super) fn prefix(etcd: &EtcdSettings, target: &Target) -> String {
    format!("{}/node/{target}", etcd.prefix)
}

/// The configuration of this node.
fn configured(global: &Global) -> Result<(Settings, SidecarSettings), Box<Failure>> {
    let layers = layers(global)?;
    let settings = Settings::read(&layers)?;
    match settings.sidecar.clone() {
        Some(sidecar) => Ok((settings, sidecar)),
        None => Err(problem::invalid("this host is not configured as a node".to_owned(), "sidecar", &layers)
            .hint("add a table `[sidecar]`; `tanist config explain sidecar` says what it holds")
            .into()),
    }
}

fn stage_command() -> Vec<String> {
    STAGE.iter().map(ToString::to_string).collect()
}

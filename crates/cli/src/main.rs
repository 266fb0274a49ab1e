//! Command line of tanist.
mod allocator;
mod args;
mod chains;
mod command;
mod daemon;
mod environment;
mod exit;
mod failure;
mod logs;
mod material;
mod output;
mod private_file;
mod random;
mod secrets;
mod terminal;

use crate::args::{Cli, Command};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Color, Printer};
use std::process::ExitCode;
use watchdog_settings as settings;

/// What every command comes to.
type Outcome = Result<Exit, Box<Failure>>;

fn main() -> ExitCode {
    match args::parse() {
        Ok(cli) => {
            let printer = Printer::new(cli.global.json, cli.global.color);
            if !matches!(cli.command, Command::Keys(_)) {
                prepare();
            }
            let exit = dispatch(&cli, printer).unwrap_or_else(|failure| {
                printer.failure(&failure);
                failure.exit
            });
            exit.into()
        }
        Err(error) => usage(&error).into(),
    }
}

/// What commands need that use the network or a journal.
fn prepare() {
    // Before anything can build a client: without a provider that would panic. An error means that
    // one is installed already, which is as good.
    rustls::crypto::ring::default_provider().install_default().ok();
    quiet_panics_of_the_store();
}

fn dispatch(cli: &Cli, printer: Printer) -> Outcome {
    let global = &cli.global;
    match &cli.command {
        Command::Config(config) => command::config::run(config, global, printer),
        Command::Keys(keys) => command::keys::run(keys, global, printer),
        Command::Tx(tx) => command::tx::run(tx, global, printer),
        Command::Journal(journal) => command::journal::run(journal, global, printer),
        Command::Backtest(backtest) => command::backtest::run(backtest, global, printer),
        Command::Version(_) => Ok(command::version::run(printer)),
        Command::Run(run) => command::run::run(run, global, printer),
        Command::Status(status) => command::status::run(status, global, printer),
        Command::Explain(explain) => command::explain::run(explain, global, printer),
        Command::Plan(plan) => command::plan::run(plan, global, printer),
        Command::Switchover(order) => command::moving::switchover(order, global, printer),
        Command::Failover(order) => command::moving::failover(order, global, printer),
        Command::Pause(pause) => command::pause::pause(pause, global, printer),
        Command::Ack(ack) => command::ack::run(ack, global, printer),
        Command::Resume(resume) => command::pause::resume(resume, global, printer),
        Command::Release(release) => command::release::run(release, global, printer),
        Command::Cancel(cancel) => command::cancel::run(cancel, global, printer),
        Command::Events(events) => command::events::run(events, global, printer),
        Command::Fence(fence) => command::fence::run(fence, global, printer),
        Command::Sidecar(sidecar) => command::sidecar::run(sidecar, global, printer),
    }
}

/// Bad arguments, or a request for help or the version. Nothing of the command line is repeated but
/// what clap itself quotes: flags and words that it does not know.
fn usage(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        error.print().ok();
        return Exit::Ok;
    }
    let json = std::env::args_os().take_while(|word| word != "--").any(|word| word == "--json");
    if json {
        let text = error.render().to_string();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let message = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let failure = Failure::new(Exit::Usage, "usage", message).hint("`tanist --help` lists commands and options");
        Printer::new(true, Color::Never).failure(&failure);
    } else {
        error.print().ok();
    }
    Exit::Usage
}

/// The store of the journal panics on some damaged files. That is caught where it happens and told
/// as damage; the report of the panic itself would only confuse.
fn quiet_panics_of_the_store() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let in_store = panic.location().is_some_and(|at| at.file().contains("redb"));
        if !in_store {
            usual(panic);
        }
    }));
}

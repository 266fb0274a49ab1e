//! What can be typed.
use crate::command::{
    ack, backtest, cancel, config, events, explain, fence, journal, keys, moving, pause, plan, release, run, sidecar,
    status, tx, version,
};
use crate::exit::Exit;
use crate::output::Color;
use crate::settings::{LogFormat, duration};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::fmt::Write;
use std::path::PathBuf;
use watchdog_core::config::TextDuration;

/// Failover watchdog for blockchain validators: exactly one successor, chosen in advance.
#[derive(Debug, Parser)]
#[command(name = "tanist", version, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// `tanist keys …` alone: a script that derives a key should not pay for the description of every
/// other command. What this does not take is left to [`Cli`] and its messages.
#[derive(Debug, Parser)]
#[command(name = "tanist", disable_help_flag = true, disable_help_subcommand = true)]
struct OneShot {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: OneShotCommand,
}

#[derive(Debug, Subcommand)]
enum OneShotCommand {
    #[command(subcommand)]
    Keys(keys::Keys),
}

/// Options of every command.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Configuration file on top of those in /etc/tanist; may be given again, the last one wins
    #[arg(
        short = 'c',
        long = "config",
        value_name = "FILE",
        env = "TANIST_CONFIG",
        hide_env_values = true,
        global = true
    )]
    pub config: Vec<PathBuf>,
    /// Unix socket of the daemon
    #[arg(long, value_name = "PATH", env = "TANIST_SOCKET", hide_env_values = true, global = true)]
    pub socket: Option<PathBuf>,
    /// Exactly one JSON document on standard output (one a line for streams), also on failure
    #[arg(long, global = true)]
    pub json: bool,
    /// When to use colour; `NO_COLOR` and `CLICOLOR_FORCE` count where this says auto
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", global = true)]
    pub color: Color,
    /// Log less: warnings only, twice for errors only
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub quiet: u8,
    /// Log more: debug, twice for trace
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Form of log lines
    #[arg(long, value_name = "FORMAT", value_parser = log_format(), global = true)]
    pub log_format: Option<LogFormat>,
    /// Longest time to wait for the daemon, or for the end of an operation, such as "30s"
    #[arg(long, value_name = "DURATION", value_parser = duration, global = true)]
    pub timeout: Option<TextDuration>,
    /// Never ask: fail with exit code 5 where a question would be needed
    #[arg(long, global = true)]
    pub no_input: bool,
}

/// A command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check, show and explain the configuration
    #[command(subcommand)]
    Config(config::Config),
    /// Derive, name and make keys of every chain; explain addresses
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Build or decode a failover transaction for review
    #[command(subcommand)]
    Tx(tx::Tx),
    /// Read a journal file that no daemon holds
    #[command(subcommand)]
    Journal(journal::Journal),
    /// Judge recorded observations again by a changed policy
    Backtest(backtest::Backtest),
    /// Print the version and what was built in
    Version(version::Version),
    /// Watch the configured validators, in the foreground
    Run(run::Run),
    /// Show the state of all validators or of one
    Status(status::Status),
    /// Print every value behind a verdict, and why it is acted upon or not
    Explain(explain::Explain),
    /// Print a plan and its digest; change nothing
    Plan(plan::Plan),
    /// Move validation while both nodes are reachable
    Switchover(moving::Switchover),
    /// Move validation away from a node that is presumed dead
    Failover(moving::Failover),
    /// Stop automatic action
    Pause(pause::Pause),
    /// Allow automatic action again
    Resume(pause::Resume),
    /// Say that the end of the last operation was seen; ends its cool-down
    Ack(ack::Ack),
    /// Act by itself again after too many validators turned down together
    Release(release::Release),
    /// Take an operation back, before its point of no return
    Cancel(cancel::Cancel),
    /// Print what happened, and follow it
    Events(events::Events),
    /// Rehearse the fences that keep a node from signing
    #[command(subcommand)]
    Fence(fence::Fence),
    /// Run on a node: hold its own lease, and let its signer run only while it does
    Sidecar(sidecar::Sidecar),
}

/// Commands that need neither the daemon nor the network.
const OFFLINE: [&str; 6] = ["config", "keys", "tx", "journal", "backtest", "version"];

/// The command with its help in two sections.
pub(crate) fn command() -> clap::Command {
    let command = Cli::command();
    let template = template(&command);
    command.help_template(template)
}

/// Reads the command line.
///
/// # Errors
/// Help and version requests come as errors too, as clap has it.
pub(crate) fn parse() -> Result<Cli, clap::Error> {
    if std::env::args_os().nth(1).is_some_and(|first| first == "keys")
        && let Ok(OneShot { global, command: OneShotCommand::Keys(keys) }) = OneShot::try_parse()
    {
        return Ok(Cli { global, command: Command::Keys(keys) });
    }
    // The help's own sections take time to write, which a script that derives a key should not pay.
    Cli::try_parse().or_else(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Cli::from_arg_matches(&command().try_get_matches()?)
        }
        _ => Err(error),
    })
}

/// The words of the configuration, with what they mean.
fn log_format() -> impl TypedValueParser<Value = LogFormat> {
    let words = LogFormat::ALL.map(|format| PossibleValue::new(format.word()).help(format.about()));
    let named = |word: String| LogFormat::ALL.into_iter().find(|format| format.word() == word);
    PossibleValuesParser::new(words).map(move |word| named(word).unwrap_or_default())
}

/// clap knows one list of commands; two headings tell those that work alone from those that talk to
/// the daemon.
fn template(command: &clap::Command) -> String {
    let (head, reset) = (anstyle::Style::new().bold().underline(), anstyle::Reset);
    let mut text = String::from("{about-with-newline}\n{usage-heading} {usage}\n");
    for (title, offline) in [("Offline", true), ("Daemon", false)] {
        write!(text, "\n{head}{title}:{reset}\n").ok();
        for one in command.get_subcommands().filter(|one| OFFLINE.contains(&one.get_name()) == offline) {
            let about = one.get_about().map(ToString::to_string).unwrap_or_default();
            writeln!(text, "  {:<12}{about}", one.get_name()).ok();
        }
    }
    write!(text, "\n{head}Options:{reset}\n{{options}}").ok();
    let codes: Vec<_> = Exit::ALL.iter().map(|exit| format!("{} {}", exit.code(), exit.name())).collect();
    let (first, last) = codes.split_at(codes.len() / 2);
    write!(text, "\n\n{head}Exit codes:{reset}\n  {},\n  {}", first.join(", "), last.join(", ")).ok();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_command_that_is_called_offline_exists() {
        let command = command();
        for name in OFFLINE {
            assert!(command.find_subcommand(name).is_some(), "{name}");
        }
    }
}

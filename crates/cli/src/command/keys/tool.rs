//! `tanist keys tool`
//!
//! Chains say what their tools are called and what they take; the command line is made of that.
use super::facts::Facts;
use super::{failed, outlet};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Printer, table};
use crate::random::SystemRandom;
use crate::{Outcome, chains, material, private_file};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use watchdog_core::keys::Network;
use watchdog_core::keys::tool::{Answer, Argument, ArgumentKind, Count, Inputs, Tool};
use watchdog_core::secret::{Secret, swept};
use zeroize::Zeroizing;

/// Largest file that is not secret, bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) enum ToolCall {
    /// The tools of this chain, of all where none is named.
    List(Option<&'static str>),
    /// One of them, with what was given to it.
    Run(&'static str, &'static Tool, ArgMatches),
}

impl clap::Args for ToolCall {
    /// Only a command line that comes this far pays for the tools of all chains.
    fn augment_args(command: Command) -> Command {
        command.defer(|command| command.subcommands(of_chains().map(|(chain, tools)| chain_command(chain, tools))))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for ToolCall {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let Some((chain, below)) = matches.subcommand() else { return Ok(Self::List(None)) };
        let Some((chain, tools)) = of_chains().find(|(name, _)| *name == chain) else { return Ok(Self::List(None)) };
        let call = below.subcommand().and_then(|(name, given)| {
            let tool = tools.iter().find(|tool| tool.name == name)?;
            Some(Self::Run(chain, tool, given.clone()))
        });
        Ok(call.unwrap_or(Self::List(Some(chain))))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Chains with key commands, and their tools.
fn of_chains() -> impl Iterator<Item = (&'static str, &'static [Tool])> {
    let registry = chains::registry();
    let names: Vec<_> = registry.names().collect();
    names.into_iter().filter_map(move |name| Some((name, registry.keys(name)??.tools())))
}

fn chain_command(chain: &'static str, tools: &'static [Tool]) -> Command {
    Command::new(chain)
        .about(format!("Tools of {chain}"))
        .disable_help_subcommand(true)
        .subcommands(tools.iter().map(tool_command))
}

fn tool_command(tool: &'static Tool) -> Command {
    let own = [
        Arg::new("network").long("network").value_name("NAME-OR-ID").help("Network, by name or number"),
        Arg::new("out")
            .long("out")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .help("Write what is private, and files, to this new folder (mode 0700)"),
        Arg::new("private-key-stdout")
            .long("private-key-stdout")
            .action(ArgAction::SetTrue)
            .help("Print what is private as well; refused where standard output is a terminal"),
    ];
    Command::new(tool.name).about(tool.about).args(tool.arguments.iter().map(argument)).args(own)
}

fn argument(argument: &'static Argument) -> Arg {
    let arg = Arg::new(argument.name)
        .long(argument.name)
        .help(argument.about)
        .required(argument.count != Count::Optional)
        .action(if argument.count == Count::Many { ArgAction::Append } else { ArgAction::Set });
    match argument.kind {
        ArgumentKind::Text => arg.value_name("TEXT"),
        ArgumentKind::File => arg.value_name("FILE").value_parser(value_parser!(PathBuf)),
        ArgumentKind::SecretFile => arg.value_name("SECRET-FILE").value_parser(value_parser!(PathBuf)),
    }
}

pub(super) fn run(call: &ToolCall, printer: Printer) -> Outcome {
    match call {
        ToolCall::List(chain) => list(*chain, printer),
        ToolCall::Run(chain, tool, given) => work(chain, tool, given, printer)?,
    }
    Ok(Exit::Ok)
}

fn list(chain: Option<&str>, printer: Printer) {
    let wanted = || of_chains().filter(move |(name, _)| chain.is_none_or(|chain| chain == *name));
    let all = || wanted().flat_map(|(chain, tools)| tools.iter().map(move |tool| (chain, tool)));
    if printer.json {
        let tools: Vec<_> = all().map(|(chain, tool)| described(chain, tool)).collect();
        printer.text(&Facts::new("tanist/tools/v1").with("tools", tools).json());
        return;
    }
    let row = |(chain, tool): (&str, &Tool)| [chain, tool.name, tool.about].map(str::to_owned).to_vec();
    let rows: Vec<_> = all().map(row).collect();
    if rows.is_empty() {
        printer.note("there are no tools");
        return;
    }
    printer.text(&table(&["CHAIN", "TOOL", "WHAT IT DOES"], &rows));
    printer.note("`tanist keys tool CHAIN TOOL --help` says what it takes");
}

fn described(chain: &str, tool: &Tool) -> Value {
    let arguments: Vec<_> = tool.arguments.iter().map(described_argument).collect();
    json!({ "chain": chain, "name": tool.name, "about": tool.about, "arguments": arguments })
}

fn described_argument(argument: &Argument) -> Value {
    let kind = match argument.kind {
        ArgumentKind::Text => "text",
        ArgumentKind::File => "file",
        ArgumentKind::SecretFile => "secret_file",
    };
    let count = match argument.count {
        Count::One => "one",
        Count::Optional => "optional",
        Count::Many => "many",
    };
    json!({ "name": argument.name, "about": argument.about, "kind": kind, "count": count })
}

fn work(chain: &str, tool: &Tool, given: &ArgMatches, printer: Printer) -> Result<(), Box<Failure>> {
    let to_stdout = given.get_flag("private-key-stdout");
    if to_stdout {
        outlet::not_a_terminal("--private-key-stdout", "--out DIR")?;
    }
    let network = given.get_one::<String>("network");
    let inputs = inputs(tool, given, network.map(String::as_str))?;
    let answer = swept(|| (tool.run)(&inputs, &mut SystemRandom)).map_err(|error| failed(&error))?;
    let facts = Facts::new("tanist/tool/v1")
        .with("chain", chain)
        .with("tool", tool.name)
        .maybe("network", network.map(String::as_str));
    deliver(facts, answer, given.get_one::<PathBuf>("out").map(PathBuf::as_path), to_stdout, printer)
}

fn inputs(tool: &Tool, given: &ArgMatches, network: Option<&str>) -> Result<Inputs, Box<Failure>> {
    let mut inputs = Inputs::new(network.map(Network::named));
    for Argument { name, kind, .. } in tool.arguments {
        let paths = || given.get_many::<PathBuf>(name).into_iter().flatten();
        match kind {
            ArgumentKind::Text => {
                let texts = given.get_many::<String>(name).into_iter().flatten();
                inputs = texts.fold(inputs, |inputs, text| inputs.with_text(name, text));
            }
            ArgumentKind::File => {
                inputs = paths()
                    .try_fold(inputs, |inputs, path| public_file(path).map(|file| inputs.with_file(name, file)))?;
            }
            ArgumentKind::SecretFile => {
                inputs = paths().try_fold(inputs, |inputs, path| {
                    material::of_file(path).map(|secret| inputs.with_secret(name, secret))
                })?;
            }
        }
    }
    Ok(inputs)
}

/// A file that anybody may see.
fn public_file(path: &Path) -> Result<Vec<u8>, Box<Failure>> {
    let unreadable = |error: &std::io::Error| {
        Failure::new(Exit::Config, "file_unreadable", format!("file {} cannot be read", path.display()))
            .caused_by(error)
    };
    let mut content = Vec::new();
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    file.take(LARGEST + 1).read_to_end(&mut content).map_err(|error| unreadable(&error))?;
    if content.len() as u64 > LARGEST {
        let what = format!("file {} is larger than {LARGEST} bytes", path.display());
        return Err(Failure::new(Exit::Config, "file_unreadable", what));
    }
    Ok(content)
}

/// Facts to standard output; what is private only where it was told to go, named where it was not.
fn deliver(
    head: Facts,
    mut answer: Answer,
    out: Option<&Path>,
    to_stdout: bool,
    printer: Printer,
) -> Result<(), Box<Failure>> {
    let found = std::mem::take(&mut answer.facts);
    let (texts, files) = (answer.private.keys().copied(), answer.files.keys().map(String::as_str));
    let all = || Value::from(texts.clone().chain(files.clone()).collect::<Vec<_>>());
    let (written, kept_back) = match (out, to_stdout) {
        (Some(_), _) => (all(), json!([])),
        (None, true) => (json!([]), files.clone().collect()),
        (None, false) => (json!([]), all()),
    };
    let facts = if printer.json { head.with("result", found) } else { head.all(found) };
    let listed = |names: Value| names.as_array().is_some_and(|names| !names.is_empty()).then_some(names);
    let facts = facts.maybe("written", listed(written)).maybe("kept_back", listed(kept_back.clone()));
    if let Some(folder) = out {
        private_file::create_folder(folder, &contents(&answer))?;
        printer.note(&format!("wrote what is private to {}", folder.display()));
    }
    if listed(kept_back).is_some() {
        printer.note("not everything was written: name a new folder for it with --out");
    }
    let private: Vec<_> = answer.private.iter().map(|(name, secret)| (*name, secret)).collect();
    if !to_stdout {
        printer.text(&if printer.json { facts.json() } else { facts.text() });
        return Ok(());
    }
    if printer.json {
        return outlet::write_out(&facts.json_with(&private));
    }
    printer.note(&facts.text());
    private.iter().try_for_each(|(name, secret)| outlet::write_out(&named(name, secret)))
}

/// Every file of the new folder: what is private as text with a newline, and the files as they are.
fn contents(answer: &Answer) -> BTreeMap<String, Zeroizing<Vec<u8>>> {
    let texts = answer.private.iter().map(|(name, secret)| ((*name).to_owned(), outlet::line(secret)));
    texts.chain(answer.files.iter().map(|(name, content)| (name.clone(), content.clone()))).collect()
}

/// `name`, a space, and the secret.
fn named(name: &str, secret: &Secret) -> Zeroizing<Vec<u8>> {
    let mut line = Zeroizing::new(Vec::with_capacity(name.len() + secret.expose().len() + 2));
    for part in [name, " ", secret.expose(), "\n"] {
        line.extend_from_slice(part.as_bytes());
    }
    line
}

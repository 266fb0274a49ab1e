//! Running other programs, so that every failure names its command.
use crate::failure::Failure;
use crate::repository::Repository;
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A program with its arguments, to be run from the top of the repository.
#[derive(Debug)]
pub(crate) struct Call {
    command: Command,
    shown: String,
}

/// A test or benchmark target that cargo built.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Target {
    pub(crate) package: String,
    pub(crate) name: String,
}

/// What a build left behind.
#[derive(Debug, Default)]
pub(crate) struct Built {
    programs: Vec<(String, PathBuf)>,
    /// Integration tests.
    pub(crate) tests: Vec<Target>,
}

impl Built {
    /// Where the program `name` is.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf, Failure> {
        let found = self.programs.iter().find(|(built, _)| built == name).map(|(_, path)| path.clone());
        found.ok_or_else(|| Failure::new(format!("cargo built no program `{name}`")))
    }

    fn note(&mut self, message: &Value) {
        let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
        let (Some("compiler-artifact"), Some(name), Some(executable)) =
            (text("/reason"), text("/target/name"), text("/executable"))
        else {
            return;
        };
        match (text("/target/kind/0"), message.pointer("/profile/test").and_then(Value::as_bool)) {
            (Some("bin"), Some(false)) => self.programs.push((name.to_owned(), executable.into())),
            (Some("test"), _) => {
                let package = package(text("/package_id").unwrap_or_default());
                self.tests.push(Target { package, name: name.to_owned() });
            }
            _ => {}
        }
    }
}

/// Name of the package in a package id: `path+file:///…/crates/cli#tanist@0.1.0`, or without the name where the folder
/// has it.
fn package(id: &str) -> String {
    let (path, rest) = id.rsplit_once('#').unwrap_or((id, ""));
    match rest.split_once('@') {
        Some((name, _)) => name.to_owned(),
        None => path.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

impl Call {
    /// `program` in the top folder of `repository`.
    pub(crate) fn new(repository: &Repository, program: impl AsRef<OsStr>) -> Self {
        let shown = program.as_ref().to_string_lossy().into_owned();
        let mut command = Command::new(program);
        command.current_dir(repository.top());
        // What cargo tells this program about itself would make other build scripts run again.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
            if own.iter().any(|prefix| name.starts_with(prefix)) || name == "OUT_DIR" {
                command.env_remove(name);
            }
        }
        Self { command, shown }
    }

    /// The cargo that runs this program.
    pub(crate) fn cargo(repository: &Repository) -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self { shown: "cargo".to_owned(), ..Self::new(repository, cargo) }
    }

    /// The same with one more argument.
    #[must_use]
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.shown.push(' ');
        self.shown.push_str(&argument.as_ref().to_string_lossy());
        self.command.arg(argument);
        self
    }

    /// The same with more arguments.
    #[must_use]
    pub(crate) fn args<A: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = A>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    /// The same with a variable of the environment.
    #[must_use]
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.shown = format!("{name}={} {}", value.as_ref().to_string_lossy(), self.shown);
        self.command.env(name, value);
        self
    }

    /// The command itself, for what goes beyond this type.
    pub(crate) fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    /// Runs it to its end, with its output on the terminal.
    pub(crate) fn run(mut self) -> Result<(), Failure> {
        eprintln!("$ {}", self.shown);
        let status = self.command.status().map_err(|error| self.unstartable(&error))?;
        if status.success() { Ok(()) } else { Err(Failure::new(format!("`{}` ended with {status}", self.shown))) }
    }

    /// Runs it to its end and takes its standard output, which must be there.
    pub(crate) fn output(self) -> Result<String, Failure> {
        let (text, result) = self.told()?;
        result.map(|()| text)
    }

    /// Runs it to its end and takes its standard output with how it ended.
    pub(crate) fn told(mut self) -> Result<(String, Result<(), Failure>), Failure> {
        self.command.stderr(Stdio::inherit());
        let output = self.command.output().map_err(|error| self.unstartable(&error))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let failed = || Failure::new(format!("`{}` ended with {}", self.shown, output.status));
        Ok((text, if output.status.success() { Ok(()) } else { Err(failed()) }))
    }

    /// Runs it to its end and hands on each line of its standard output as it comes.
    pub(crate) fn follow(mut self, mut line: impl FnMut(&str)) -> Result<(), Failure> {
        eprintln!("$ {}", self.shown);
        let mut child = self.command.stdout(Stdio::piped()).spawn().map_err(|error| self.unstartable(&error))?;
        let unfollowed = |error: std::io::Error| Failure::new(format!("`{}` cannot be followed: {error}", self.shown));
        if let Some(output) = child.stdout.take() {
            let lines = BufReader::new(output).split(b'\n');
            for bytes in lines.map_while(Result::ok) {
                line(&String::from_utf8_lossy(&bytes));
            }
        }
        let status = child.wait().map_err(unfollowed)?;
        if status.success() { Ok(()) } else { Err(Failure::new(format!("`{}` ended with {status}", self.shown))) }
    }

    /// Whether it can be run and succeeds; shows nothing.
    pub(crate) fn works(mut self) -> bool {
        let quiet = self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    }

    /// Runs a cargo command that builds, and says what it built.
    pub(crate) fn build(self) -> Result<Built, Failure> {
        eprintln!("$ {}", self.shown);
        let text = self.arg("--message-format=json-render-diagnostics").output()?;
        let mut built = Built::default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).for_each(|message| built.note(&message));
        built.tests.sort_unstable();
        Ok(built)
    }

    /// Starts it and leaves it running.
    pub(crate) fn start(mut self) -> Result<Child, Failure> {
        self.command.spawn().map_err(|error| self.unstartable(&error))
    }

    fn unstartable(&self, error: &std::io::Error) -> Failure {
        Failure::new(format!("`{}` cannot be started: {error}", self.shown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_package_is_read_from_both_forms_of_a_package_id() {
        assert_eq!(package("path+file:///home/x/tests#tanist-tests@0.1.0"), "tanist-tests");
        assert_eq!(package("path+file:///home/x/crates/chain-radix#0.1.0"), "chain-radix");
    }

    #[test]
    fn a_program_is_found_among_the_messages_of_a_build_and_its_unit_tests_are_not_taken_for_it() {
        let message = |test: bool, path: &str| {
            json!({ "reason": "compiler-artifact", "package_id": "path+file:///x/cli#tanist@0.1.0", "executable": path,
                    "target": { "kind": ["bin"], "name": "tanist" }, "profile": { "test": test } })
        };
        let mut built = Built::default();
        built.note(&message(true, "/t/tanist-0123"));
        assert!(built.program("tanist").is_err());
        built.note(&message(false, "/t/tanist"));
        assert_eq!(built.program("tanist").unwrap(), PathBuf::from("/t/tanist"));
    }
}

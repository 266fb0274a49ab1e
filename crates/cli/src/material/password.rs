//! Passwords of keystores.
use super::of_file;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::secrets::{self, Rule};
use crate::terminal::can_ask;
use std::path::Path;
use subtle::ConstantTimeEq;
use watchdog_core::secret::Secret;

/// The passphrase beside a phrase: from `file`, else none. An empty one is none.
pub(crate) fn passphrase(file: Option<&Path>) -> Result<Secret, Box<Failure>> {
    file.map_or_else(|| Ok(Secret::new(String::new())), of_file_or_empty)
}

/// Password of a keystore that is opened: from `file`, else asked for once. There are keystores with
/// an empty one.
pub(crate) fn password(file: Option<&Path>, global: &Global) -> Result<Secret, Box<Failure>> {
    match file {
        Some(path) => of_file_or_empty(path),
        None if can_ask(global) => prompt("Password of the keystore: "),
        None => Err(missing("the password of the keystore is needed")),
    }
}

/// Password of a keystore that is written: from `file`, else asked for twice; never empty.
pub(crate) fn new_password(file: Option<&Path>, global: &Global) -> Result<Secret, Box<Failure>> {
    match file {
        Some(path) => of_file(path),
        None if can_ask(global) => typed_twice(),
        None => Err(missing("a password for the new keystore is needed")),
    }
}

fn of_file_or_empty(path: &Path) -> Result<Secret, Box<Failure>> {
    let content = secrets::content(path, Rule::Private)?;
    if matches!(content.as_slice(), b"" | b"\n") { Ok(Secret::new(String::new())) } else { of_file(path) }
}

fn typed_twice() -> Result<Secret, Box<Failure>> {
    let refused = |what: &str| Failure::new(Exit::Confirmation, "confirmation_missing", what);
    let first = prompt("Password of the new keystore: ")?;
    if first.expose().is_empty() {
        return Err(refused("the password is empty"));
    }
    let second = prompt("The same again: ")?;
    let is_same = bool::from(first.expose().as_bytes().ct_eq(second.expose().as_bytes()));
    if is_same { Ok(first) } else { Err(refused("the two passwords differ")) }
}

/// One line typed with echo off.
pub(super) fn prompt(question: &str) -> Result<Secret, Box<Failure>> {
    rpassword::prompt_password(question).map(Secret::new).map_err(|error| {
        Failure::new(Exit::Secret, "secret_invalid", "nothing could be read from the terminal").caused_by(&error)
    })
}

fn missing(what: &str) -> Box<Failure> {
    let what = format!("{what}, and nobody can be asked for it");
    Failure::new(Exit::Confirmation, "confirmation_missing", what).hint("give it with --password-file")
}

//! Passwords of keystores.
use super::of_file;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::can_ask;
use std::path::Path;
use subtle::ConstantTimeEq;
use watchdog_core::secret::Secret;

/// Password of a keystore that is opened: from `file`, else asked for once.
pub(crate) fn password(file: Option<&Path>, global: &Global) -> Result<Secret, Box<Failure>> {
    match file {
        Some(path) => of_file(path),
        None if can_ask(global) => prompt("Password of the keystore: "),
        None => Err(missing("the password of the keystore is needed", "give it with --password-file")),
    }
}

/// Password of a keystore that is written: from `file`, else asked for twice.
pub(crate) fn new_password(file: Option<&Path>, global: &Global) -> Result<Secret, Box<Failure>> {
    let Some(path) = file else {
        if !can_ask(global) {
            return Err(missing("a password for the new keystore is needed", "give it with --password-file"));
        }
        let first = prompt("Password of the new keystore: ")?;
        let second = prompt("The same again: ")?;
        let same = bool::from(first.expose().as_bytes().ct_eq(second.expose().as_bytes()));
        return match (same, first.expose().is_empty()) {
            (true, false) => Ok(first),
            (true, true) => Err(Failure::new(Exit::Confirmation, "confirmation_missing", "the password is empty")),
            (false, _) => Err(Failure::new(Exit::Confirmation, "confirmation_missing", "the two passwords differ")),
        };
    };
    of_file(path)
}

/// One line typed with echo off.
pub(super) fn prompt(question: &str) -> Result<Secret, Box<Failure>> {
    rpassword::prompt_password(question).map(Secret::new).map_err(|error| {
        Failure::new(Exit::Secret, "secret_invalid", "nothing could be read from the terminal").caused_by(&error)
    })
}

fn missing(what: &str, instead: &str) -> Box<Failure> {
    let what = format!("{what}, and nobody can be asked for it");
    Failure::new(Exit::Confirmation, "confirmation_missing", what).hint(instead)
}

//! Asking a person.
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use std::io::{BufRead, IsTerminal, Write};

/// Whether a question can be asked: standard input and standard error are terminals, and
/// `--no-input` is absent.
pub(crate) fn can_ask(global: &Global) -> bool {
    !global.no_input && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// One line typed by a person, without its newline.
///
/// # Errors
/// [`Exit::Confirmation`] where nobody can be asked; `instead` names the flag to use.
pub(crate) fn ask(question: &str, instead: &str, global: &Global) -> Result<String, Box<Failure>> {
    if !can_ask(global) {
        let what = "a confirmation is needed, and nobody can be asked";
        return Err(Failure::new(Exit::Confirmation, "confirmation_missing", what).hint(instead));
    }
    let mut error = anstream::stderr().lock();
    write!(error, "{question} ").and_then(|()| error.flush()).ok();
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|cause| {
        Failure::new(Exit::Confirmation, "confirmation_missing", "no answer could be read").caused_by(&cause)
    })?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

//! Where the phrase that keys are derived from comes in.
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::secrets::{self, LARGEST};
use crate::terminal::can_ask;
use rustix::io::Errno;
use std::path::PathBuf;
use watchdog_core::config::SecretRef;
use watchdog_core::secret::{Secret, SecretStore};
use zeroize::Zeroizing;

/// One way to give the phrase. Without any, it is asked for with echo off.
#[derive(Clone, Debug, clap::Args)]
#[group(multiple = false)]
#[command(next_help_heading = "Phrase")]
pub(crate) struct Phrase {
    /// Read the phrase from standard input; one trailing newline is removed
    #[arg(long = "phrase-stdin")]
    stdin: bool,
    /// Read the phrase from this file, which nobody else may be able to read
    #[arg(long = "phrase-file", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Read the phrase from the systemd credential of this name
    #[arg(long = "phrase-credential", value_name = "NAME")]
    credential: Option<String>,
}

impl Phrase {
    /// The phrase, in memory that is wiped.
    pub(crate) fn read(&self, global: &Global) -> Result<Secret, Box<Failure>> {
        match (&self.file, &self.credential) {
            (Some(path), _) => of_file(path.clone()),
            (_, Some(name)) => stored(&SecretRef::Credential(name.clone())),
            _ if self.stdin => from_standard_input(),
            _ if can_ask(global) => prompt(),
            _ => Err(Failure::new(
                Exit::Confirmation,
                "confirmation_missing",
                "the phrase is needed, and nobody can be asked for it",
            )
            .hint("give it with --phrase-stdin, --phrase-file or --phrase-credential")),
        }
    }
}

/// The secret in `path`.
pub(crate) fn of_file(path: PathBuf) -> Result<Secret, Box<Failure>> {
    stored(&SecretRef::File(path))
}

fn stored(at: &SecretRef) -> Result<Secret, Box<Failure>> {
    let read = secrets::system().read(at).map_err(|error| secrets::failure(&error))?;
    read.ok_or_else(|| Failure::new(Exit::Secret, "secret_invalid", format!("secret {at} was not read")))
}

/// By file descriptor: a buffered reader would keep a copy that nobody wipes.
fn from_standard_input() -> Result<Secret, Box<Failure>> {
    let wrong =
        |what: &str| Failure::new(Exit::Secret, "secret_invalid", format!("the phrase on standard input {what}"));
    let mut bytes = secrets::drain(std::io::stdin()).map_err(|error| match error {
        secrets::Drained::TooLarge => wrong(&format!("is larger than {LARGEST} bytes")),
        secrets::Drained::Failed(errno) => wrong("cannot be read").caused_by(&errno),
    })?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) if text.is_empty() => {
            Err(wrong("is empty").hint("pipe it in: `tanist keys derive … --phrase-stdin < FILE`"))
        }
        Ok(text) => Ok(Secret::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(wrong("is not UTF-8 text"))
        }
    }
}

fn prompt() -> Result<Secret, Box<Failure>> {
    rpassword::prompt_password("Phrase: ").map(Secret::new).map_err(|error| {
        Failure::new(Exit::Secret, "secret_invalid", "the phrase could not be read from the terminal").caused_by(&error)
    })
}

/// Writes all of `bytes` to standard output, past every buffer.
pub(crate) fn write_out(mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(std::io::stdout(), bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

//! Where the material that keys are derived from comes in.
mod password;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::secrets::{self, LARGEST, Rule};
use crate::terminal::can_ask;
pub(crate) use password::{new_password, passphrase, password};
use std::path::{Path, PathBuf};
use watchdog_core::config::SecretRef;
use watchdog_core::keys::{KeyFile, Material};
use watchdog_core::secret::{Secret, SecretStore};
use zeroize::Zeroizing;

/// One way to give the material. Without any, a phrase is asked for with echo off.
#[derive(Clone, Debug, clap::Args)]
#[group(id = "source", multiple = false)]
#[command(next_help_heading = "Key material, one of")]
pub(crate) struct Source {
    /// Read the phrase from standard input; one trailing newline is removed
    #[arg(long)]
    phrase_stdin: bool,
    /// Read the phrase from this file, which nobody else may be able to read
    #[arg(long, value_name = "FILE")]
    phrase_file: Option<PathBuf>,
    /// Read the phrase from the systemd credential of this name
    #[arg(long, value_name = "NAME")]
    phrase_credential: Option<String>,
    /// Read the seed, in hex, from this file
    #[arg(long, value_name = "FILE")]
    seed_file: Option<PathBuf>,
    /// Open this encrypted keystore; a group may be able to read it, but not everybody
    #[arg(long, value_name = "FILE")]
    keystore: Option<PathBuf>,
    /// Read an extended key, private or public, from this file
    #[arg(long, value_name = "FILE")]
    extended_key: Option<PathBuf>,
    /// Read a private key from this file, in the form that the chain's own programs keep it
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// What a secret text or file holds, as it is.
#[derive(Debug)]
pub(crate) struct Content {
    /// The file's own name, empty where there is none.
    pub name: String,
    /// Content, wiped on drop.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl Source {
    /// The material; `password` is asked for only where a keystore is opened.
    pub(crate) fn material(
        &self,
        global: &Global,
        password: impl FnOnce() -> Result<Secret, Box<Failure>>,
    ) -> Result<Material, Box<Failure>> {
        if let Some(path) = &self.keystore {
            let mut json = secrets::content(path, Rule::NotPublic)?;
            return Ok(Material::Keystore { json: std::mem::take(&mut *json), password: password()? });
        }
        if let Some(path) = &self.key_file {
            let Content { name, bytes } = of_any_file(path, Rule::Private)?;
            return Ok(Material::KeyFile(KeyFile { name, bytes }));
        }
        match (&self.seed_file, &self.extended_key) {
            (Some(path), _) => of_file(path).map(Material::Seed),
            (_, Some(path)) => of_file(path).map(Material::ExtendedKey),
            _ => self.phrase(global).map(Material::Phrase),
        }
    }

    /// The same without opening it.
    pub(crate) fn content(&self, global: &Global) -> Result<Content, Box<Failure>> {
        if let Some(path) = &self.keystore {
            return of_any_file(path, Rule::NotPublic);
        }
        let files = [&self.key_file, &self.extended_key, &self.seed_file, &self.phrase_file];
        if let Some(path) = files.into_iter().flatten().next() {
            return of_any_file(path, Rule::Private);
        }
        let phrase = self.phrase(global)?;
        Ok(Content { name: String::new(), bytes: Zeroizing::new(phrase.expose().as_bytes().to_vec()) })
    }

    fn phrase(&self, global: &Global) -> Result<Secret, Box<Failure>> {
        match (&self.phrase_file, &self.phrase_credential) {
            (Some(path), _) => of_file(path),
            (_, Some(name)) => stored(&SecretRef::Credential(name.clone())),
            _ if self.phrase_stdin => from_standard_input(),
            _ if can_ask(global) => password::prompt("Phrase: "),
            _ => Err(Failure::new(
                Exit::Confirmation,
                "confirmation_missing",
                "the phrase is needed, and nobody can be asked for it",
            )
            .hint("give it with --phrase-stdin, --phrase-file or --phrase-credential")),
        }
    }
}

/// The secret text in `path`, without its one trailing newline.
pub(crate) fn of_file(path: &Path) -> Result<Secret, Box<Failure>> {
    stored(&SecretRef::File(path.to_owned()))
}

/// The content of `path` as it is, with the file's own name.
pub(crate) fn of_any_file(path: &Path, rule: Rule) -> Result<Content, Box<Failure>> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    Ok(Content { name, bytes: secrets::content(path, rule)? })
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

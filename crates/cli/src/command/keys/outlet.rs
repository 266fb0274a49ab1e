//! Where private keys may leave: new files, or standard output when asked for.
use super::facts::Facts;
use super::failed;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::private_file;
use crate::random::SystemRandom;
use rustix::io::Errno;
use std::io::IsTerminal;
use std::path::Path;
use watchdog_core::keys::{DerivedKey, KeyDerivation, KeyError, KeyPath, Material, Network};
use watchdog_core::secret::{Secret, swept};
use zeroize::Zeroizing;

/// Private output is not for eyes by accident.
pub(super) fn not_a_terminal(flag: &str, instead: &str) -> Result<(), Box<Failure>> {
    if !std::io::stdout().is_terminal() {
        return Ok(());
    }
    let what = format!("{flag}: what is private is not printed to a terminal");
    Err(Failure::new(Exit::Refused, "private_key_to_terminal", what)
        .hint(format!("send standard output to a file or program, or use {instead}")))
}

/// Private key and further private forms of `key`, the private key first.
pub(super) fn private<'a>(
    key: &'a DerivedKey,
    wanted: &'static str,
) -> Result<Vec<(&'a str, &'a Secret)>, Box<Failure>> {
    let secret = key.secret.as_ref().ok_or_else(|| failed(&KeyError::PublicOnly { wanted }))?;
    let others = key.private.iter().map(|(name, secret)| (*name, secret));
    Ok(std::iter::once(("private_key", secret)).chain(others).collect())
}

/// Prints `facts` with what is private, past every buffer and from memory that is wiped: with
/// `--json` the whole document, else the first of them alone on a line.
pub(super) fn print(facts: &Facts, private: &[(&str, &Secret)], printer: Printer) -> Result<(), Box<Failure>> {
    match private.first() {
        Some((_, main)) if !printer.json => write_out(&line(main)),
        _ => write_out(&facts.json_with(private)),
    }
}

/// The secret and a newline in the new file `path`.
pub(super) fn store(path: &Path, secret: &Secret) -> Result<(), Box<Failure>> {
    private_file::create(path, &line(secret))
}

/// The secret and a newline, in memory that is wiped.
pub(super) fn line(secret: &Secret) -> Zeroizing<Vec<u8>> {
    let mut line = Zeroizing::new(Vec::with_capacity(secret.expose().len() + 1));
    line.extend_from_slice(secret.expose().as_bytes());
    line.push(b'\n');
    line
}

/// Writes all of `bytes` to standard output, past every buffer.
pub(super) fn write_out(mut bytes: &[u8]) -> Result<(), Box<Failure>> {
    while !bytes.is_empty() {
        match rustix::io::write(std::io::stdout(), bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) => {
                let what = "standard output cannot be written";
                return Err(Failure::new(Exit::Error, "output", what).caused_by(&error));
            }
        }
    }
    Ok(())
}

/// Writes `key` to a new keystore, once it was seen to open again with that password to that key.
pub(super) fn seal(
    keys: &dyn KeyDerivation,
    key: &DerivedKey,
    network: &Network,
    password: &Secret,
    path: &Path,
) -> Result<(), Box<Failure>> {
    let sealed = swept(|| keys.seal(key, password, &mut SystemRandom)).map_err(|error| failed(&error))?;
    let material = Material::Keystore { json: sealed.to_vec(), password: password.clone() };
    let source = swept(|| keys.open(material, None, network, &Secret::new(String::new())));
    let again = source.and_then(|source| swept(|| source.key(&KeyPath::index(0)))).map_err(|error| failed(&error))?;
    if again.public_key != key.public_key {
        return Err(failed(&KeyError::Mismatch));
    }
    private_file::create(path, &sealed)
}

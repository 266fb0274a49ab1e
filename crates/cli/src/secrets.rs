//! Secrets of the real system: files, systemd credentials, environment variables, commands.
mod command;
mod file;

use crate::environment;
use crate::failure::Failure;
pub(crate) use file::{Drained, Rule, drain};
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;
use watchdog_core::config::SecretRef;
use watchdog_core::secret::{Secret, SecretError, SecretStore};
use watchdog_settings::problem::Problem;
use zeroize::Zeroizing;

/// Largest secret, bytes.
pub(crate) const LARGEST: usize = 64 * 1024;

/// Reads secrets where they are, every time anew.
#[derive(Debug)]
pub(crate) struct System {
    credentials: Option<PathBuf>,
}

impl System {
    /// The store of this process.
    pub(crate) fn new() -> Self {
        Self { credentials: environment::variable("CREDENTIALS_DIRECTORY").map(PathBuf::from) }
    }
}

impl SecretStore for System {
    fn read(&self, at: &SecretRef) -> Result<Option<Secret>, SecretError> {
        let bytes = match at {
            SecretRef::File(path) => file::read(path, file::Rule::Private)?,
            SecretRef::Credential(name) => self.credential(name)?,
            SecretRef::Env(name) => variable(name)?,
            SecretRef::Command(argv) => command::read(argv, &at.to_string())?,
        };
        text(bytes, &at.to_string()).map(Some)
    }
}

impl System {
    fn credential(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let place = || SecretRef::Credential(name.to_owned()).to_string();
        let mut parts = Path::new(name).components();
        if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
            let reason = "the name of a credential is one file name".to_owned();
            return Err(SecretError::Malformed { place: place(), reason });
        }
        let Some(directory) = &self.credentials else {
            let source = "CREDENTIALS_DIRECTORY is not set: start under systemd with `LoadCredential=`, or use `file`";
            return Err(SecretError::Unreadable { place: place(), source: source.into() });
        };
        // systemd hands a credential to a dynamic user through an access list, whose mask shows as
        // group permission: so only others must have none.
        file::read(&directory.join(name), file::Rule::NotPublic)
    }
}

fn variable(name: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let place = || SecretRef::Env(name.to_owned()).to_string();
    let value = environment::variable(name)
        .ok_or_else(|| SecretError::Unreadable { place: place(), source: "the variable is not set or empty".into() })?;
    Ok(Zeroizing::new(value.into_encoded_bytes()))
}

/// `bytes` as text without its one trailing newline. The buffer itself becomes the secret.
fn text(mut bytes: Zeroizing<Vec<u8>>, place: &str) -> Result<Secret, SecretError> {
    let malformed = |reason: &str| SecretError::Malformed { place: place.to_owned(), reason: reason.to_owned() };
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    if bytes.is_empty() {
        return Err(malformed("it is empty"));
    }
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Secret::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(malformed("it is not UTF-8 text"))
        }
    }
}

/// Content of the secret file at `path` as it is, bytes of any kind.
pub(crate) fn content(path: &Path, rule: Rule) -> Result<Zeroizing<Vec<u8>>, Box<Failure>> {
    file::read(path, rule).map_err(|error| failure(&error))
}

/// A secret that cannot be used, as the failure of a command.
pub(crate) fn failure(error: &SecretError) -> Box<Failure> {
    Problem::secret(error).into()
}

/// The store of this process, made at its first use.
pub(crate) fn system() -> &'static System {
    static STORE: OnceLock<System> = OnceLock::new();
    STORE.get_or_init(System::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Secret, SecretError> {
        text(Zeroizing::new(bytes.to_vec()), "<env:X>")
    }

    #[test]
    fn exactly_one_trailing_newline_is_removed() {
        assert_eq!(read(b"s3cret\n").unwrap().expose(), "s3cret");
        assert_eq!(read(b"s3cret\n\n").unwrap().expose(), "s3cret\n");
        assert_eq!(read(b" s3cret ").unwrap().expose(), " s3cret ");
    }

    #[test]
    fn an_empty_or_unreadable_text_is_malformed_and_never_quoted() {
        for bad in [&b""[..], b"\n", b"\xff\xfeplanted"] {
            let error = read(bad).unwrap_err();
            assert!(matches!(error, SecretError::Malformed { .. }));
            assert!(!format!("{error} {error:?}").contains("planted"));
        }
    }

    #[test]
    fn a_credential_is_one_name_in_the_directory_of_credentials() {
        let store = System { credentials: Some(PathBuf::from("/nonexistent")) };
        for bad in ["../owner", "a/b", "", "..", "/etc/passwd"] {
            let error = store.read(&SecretRef::Credential(bad.into())).unwrap_err();
            assert!(matches!(error, SecretError::Malformed { .. }), "{bad}: {error}");
        }
        let none = System { credentials: None };
        assert!(matches!(none.read(&SecretRef::Credential("owner".into())), Err(SecretError::Unreadable { .. })));
    }
}

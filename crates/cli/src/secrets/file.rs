//! Secrets in files.
use super::LARGEST;
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::AsFd;
use std::path::Path;
use watchdog_core::secret::SecretError;
use zeroize::Zeroizing;

/// Who besides its owner may read the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Rule {
    /// Nobody: no bit for group or others.
    Private,
    /// A group, but not everybody.
    NotPublic,
}

impl Rule {
    const fn forbidden(self) -> u32 {
        match self {
            Self::Private => 0o077,
            Self::NotPublic => 0o007,
        }
    }
}

/// Reads a secret file. It must be a regular file of root or of this user, that `rule` allows; a
/// link is followed only within its own directory.
pub(crate) fn read(path: &Path, rule: Rule) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let unsafe_because = |reason: String| SecretError::Unsafe { path: path.to_owned(), reason };
    let target = path.canonicalize().map_err(|error| unreadable(path, error))?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let directory = directory.canonicalize().map_err(|error| unreadable(path, error))?;
    if !target.starts_with(&directory) {
        return Err(unsafe_because(format!("it is a link that leaves its directory, to {}", target.display())));
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = rustix::fs::open(&target, flags, Mode::empty()).map_err(|error| unreadable(path, error))?;
    let found = rustix::fs::fstat(&file).map_err(|error| unreadable(path, error))?;
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return Err(unsafe_because("it is not a regular file".to_owned()));
    }
    let own = rustix::process::geteuid().as_raw();
    if found.st_uid != 0 && found.st_uid != own {
        return Err(unsafe_because(format!("it belongs to user {}, not to root or to user {own}", found.st_uid)));
    }
    let mode = Mode::from_raw_mode(found.st_mode).bits();
    if mode & rule.forbidden() != 0 {
        return Err(SecretError::Open { path: path.to_owned(), mode });
    }
    drain(&file).map_err(|error| match error {
        Drained::TooLarge => unsafe_because(format!("it is larger than {LARGEST} bytes")),
        Drained::Failed(errno) => unreadable(path, errno),
    })
}

/// Why a descriptor was not read to its end.
#[derive(Debug)]
pub(crate) enum Drained {
    /// There is more than [`LARGEST`].
    TooLarge,
    /// The system refused.
    Failed(Errno),
}

/// Everything that can be read from `source`, in one buffer that never moves and is wiped. Nothing
/// else buffers it.
pub(crate) fn drain(source: impl AsFd) -> Result<Zeroizing<Vec<u8>>, Drained> {
    let mut buffer = Zeroizing::new(vec![0; LARGEST + 1]);
    let mut filled = 0;
    loop {
        let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) else {
            return Err(Drained::TooLarge);
        };
        match rustix::io::read(&source, room) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(Errno::INTR) => {}
            Err(error) => return Err(Drained::Failed(error)),
        }
    }
    buffer.truncate(filled);
    Ok(buffer)
}

fn unreadable(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> SecretError {
    SecretError::Unreadable { place: format!("<file:{}>", path.display()), source: Box::new(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[allow(clippy::disallowed_methods, reason = "a test prepares its files")]
    fn file(directory: &Path, name: &str, mode: u32) -> std::path::PathBuf {
        let path = directory.join(name);
        fs::write(&path, "s3cret").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_private_file_is_read_and_one_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        for mode in [0o600, 0o400] {
            assert_eq!(&*read(&file(directory.path(), "a", mode), Rule::Private).unwrap(), b"s3cret");
            fs::remove_file(directory.path().join("a")).unwrap();
        }
        for mode in [0o640, 0o604, 0o660, 0o601] {
            let error = read(&file(directory.path(), "b", mode), Rule::Private).unwrap_err();
            assert!(matches!(error, SecretError::Open { mode: found, .. } if found == mode), "{mode:o}: {error}");
        }
        assert!(read(&file(directory.path(), "c", 0o440), Rule::NotPublic).is_ok());
        assert!(read(&file(directory.path(), "d", 0o444), Rule::NotPublic).is_err());
    }

    #[test]
    fn a_link_is_followed_only_within_its_directory() {
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        file(inside.path(), "real", 0o600);
        symlink("real", inside.path().join("near")).unwrap();
        assert!(read(&inside.path().join("near"), Rule::Private).is_ok());
        let far = file(outside.path(), "far", 0o600);
        symlink(far, inside.path().join("link")).unwrap();
        assert!(matches!(read(&inside.path().join("link"), Rule::Private), Err(SecretError::Unsafe { .. })));
    }

    #[test]
    fn what_is_no_regular_file_or_too_large_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(read(directory.path(), Rule::Private), Err(SecretError::Unsafe { .. })));
        let large = file(directory.path(), "large", 0o600);
        fs::File::options().write(true).open(&large).unwrap().set_len(LARGEST as u64 + 1).unwrap();
        assert!(matches!(read(&large, Rule::Private), Err(SecretError::Unsafe { .. })));
        let absent = read(&directory.path().join("absent"), Rule::Private);
        assert!(matches!(absent, Err(SecretError::Unreadable { .. })));
    }
}

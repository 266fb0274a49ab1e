//! Text that must never be seen.
use crate::config::SecretRef;
use std::fmt;
use std::hint::black_box;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Stack that [`swept`] overwrites, bytes: more than any key work uses, little enough for any thread.
const SWEPT: usize = 64 * 1024;

/// A secret text, wiped on drop. Never printed, never serialised; `expose` is the only way in, so
/// it can be searched for.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Does `work`, and overwrites the stack that it used. Hashes and curves leave parts of keys there, and
/// what is moved to the heap later takes such remains along in its padding.
///
/// What `work` returns is not touched. Costs some microseconds.
pub fn swept<T>(work: impl FnOnce() -> T) -> T {
    let done = below(work);
    overwrite();
    done
}

/// In a frame of its own, so that everything that `work` uses lies where [`overwrite`] writes.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
#[allow(clippy::large_stack_arrays, reason = "the stack is what is swept")]
fn overwrite() {
    let swept = &mut [0_u8; SWEPT];
    black_box(swept);
}

/// Where secrets are read from. Reading is I/O, so it comes in from outside; a config check lends a
/// store that reads nothing.
pub trait SecretStore: fmt::Debug + Send + Sync {
    /// The secret behind `at`. `Ok(None)` where this store reads nothing on purpose, because only
    /// the form of a config is being checked.
    ///
    /// # Errors
    /// Names the place and what is wrong with it, never its content.
    fn read(&self, at: &SecretRef) -> Result<Option<Secret>, SecretError>;
}

/// Reads nothing: for checking the form of a config without touching a secret.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unread;

impl SecretStore for Unread {
    fn read(&self, _: &SecretRef) -> Result<Option<Secret>, SecretError> {
        Ok(None)
    }
}

/// A secret cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Nothing is there, or it cannot be read.
    #[error("secret {place} cannot be read")]
    Unreadable {
        /// The reference, as text.
        place: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Others could read it.
    #[error("secret file {} has mode {mode:04o}, others can read it: run `chmod 600` on it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not a regular file, owned by somebody else, or a link that leaves its directory.
    #[error("secret file {} is not acceptable: {reason}", path.display())]
    Unsafe {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It is there and readable, but not what it should be.
    #[error("secret {place} is malformed: {reason}")]
    Malformed {
        /// The reference, as text.
        place: String,
        /// What is wrong, without quoting it.
        reason: String,
    },
}

//! Why a file of the supervisor cannot be used.
use watchdog_core::keys::KeyError;

/// A file of the supervisor cannot be used. Never quotes its content.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LegacyError {
    /// Not in the form that it should have.
    #[error("{0}")]
    Malformed(&'static str),
    /// The root key is derived in another way.
    #[error("key descriptor names an unknown `algo`: `argon2id` and `argon2id_weak` are known")]
    UnsupportedKdf,
    /// The password does not give the root key of the descriptor.
    #[error("the password is not that of the key descriptor")]
    Password,
    /// The archive was made with another key, or changed since.
    #[error("archive was made under another key, or is damaged: give the descriptor that belongs to it")]
    Authentication,
    /// The archive ends before its content begins.
    #[error("archive is cut off")]
    Truncated,
    /// More comes out of the archive than is taken.
    #[error("archive unpacks to more than 256 MiB")]
    TooLarge,
    /// There is not enough memory for the derivation.
    #[error("the root key needs 1 GiB of memory, which is not free")]
    Memory,
}

impl From<LegacyError> for KeyError {
    fn from(error: LegacyError) -> Self {
        match error {
            LegacyError::Malformed(what) => Self::Keystore(what),
            LegacyError::UnsupportedKdf => {
                Self::Keystore("the key descriptor's `algo` is neither `argon2id` nor `argon2id_weak`")
            }
            LegacyError::Password => Self::Password,
            LegacyError::Authentication => Self::Keystore(
                "the archive was made under another key, or is damaged: give the descriptor that belongs to it",
            ),
            LegacyError::Truncated => Self::Keystore("the archive is cut off"),
            LegacyError::TooLarge => Self::Keystore("the archive unpacks to more than 256 MiB"),
            LegacyError::Memory => {
                Self::Keystore("its root key needs 1 GiB of memory, which is not free: use another machine")
            }
        }
    }
}

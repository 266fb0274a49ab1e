//! The one table of exit codes. Append-only: a code never changes its meaning.
use std::process::ExitCode;

/// Why the process ended, as scripts see it. A code that is not in this table is a failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done, or already in the wanted state.
    Ok = 0,
    /// Unclassified failure.
    Error = 1,
    /// Bad arguments.
    Usage = 2,
    /// At least one validator or check is not healthy.
    Unhealthy = 3,
    /// A safety interlock said no; nothing irreversible happened.
    Refused = 4,
    /// Confirmation missing or declined, or no terminal to ask.
    Confirmation = 5,
    /// Daemon socket absent or not answering.
    Unreachable = 6,
    /// Operation ended, validator verifiably not moved.
    Failed = 7,
    /// Effect not established. Never retried blindly.
    Unknown = 8,
    /// Another instance holds the journal or the lease.
    Locked = 9,
    /// No such validator, node, operation or key.
    NotFound = 10,
    /// Configuration invalid.
    Config = 11,
    /// Secret missing, malformed, or its permissions too open.
    Secret = 12,
    /// Waiting ran out; the operation continues.
    Timeout = 13,
    /// An operation is already running for this validator, or the plan is stale.
    Conflict = 14,
    /// Authentication or authorisation failed.
    Denied = 15,
    /// Journal unreadable or damaged, state directory not writable, disk full.
    Storage = 16,
    /// A listen address is taken or not permitted.
    Address = 17,
}

impl Exit {
    /// All of them, in the order of their codes.
    pub(crate) const ALL: [Self; 18] = [
        Self::Ok,
        Self::Error,
        Self::Usage,
        Self::Unhealthy,
        Self::Refused,
        Self::Confirmation,
        Self::Unreachable,
        Self::Failed,
        Self::Unknown,
        Self::Locked,
        Self::NotFound,
        Self::Config,
        Self::Secret,
        Self::Timeout,
        Self::Conflict,
        Self::Denied,
        Self::Storage,
        Self::Address,
    ];

    /// The number that the shell sees.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    /// The name in documents and messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Usage => "usage",
            Self::Unhealthy => "unhealthy",
            Self::Refused => "refused",
            Self::Confirmation => "confirmation",
            Self::Unreachable => "unreachable",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Locked => "locked",
            Self::NotFound => "not-found",
            Self::Config => "config",
            Self::Secret => "secret",
            Self::Timeout => "timeout",
            Self::Conflict => "conflict",
            Self::Denied => "denied",
            Self::Storage => "storage",
            Self::Address => "address",
        }
    }

    /// Whether the same command may succeed later without anybody changing anything.
    pub(crate) const fn is_retryable(self) -> bool {
        matches!(self, Self::Unhealthy | Self::Unreachable | Self::Failed | Self::Timeout | Self::Conflict)
    }

    /// What a problem answered by the control API means for the caller. `code` is the problem's own
    /// code, `status` its HTTP status; the code is the more precise of the two.
    pub(crate) fn of_problem(status: u16, code: &str) -> Self {
        match (status, code) {
            (_, "config_invalid") => Self::Config,
            (_, "secret_invalid") => Self::Secret,
            (_, "storage") => Self::Storage,
            (_, "no_lease") => Self::Locked,
            (400 | 405 | 413 | 415 | 422, _) => Self::Usage,
            (401 | 403, _) => Self::Denied,
            (404, _) => Self::NotFound,
            (409, _) => Self::Conflict,
            (412, _) => Self::Refused,
            (408 | 504, _) => Self::Timeout,
            (429 | 502 | 503, _) => Self::Unreachable,
            _ => Self::Error,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbered_without_gaps_and_named_once() {
        for (place, exit) in Exit::ALL.iter().enumerate() {
            assert_eq!(usize::from(exit.code()), place);
        }
        let mut names: Vec<_> = Exit::ALL.iter().map(|exit| exit.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Exit::ALL.len());
    }

    #[test]
    fn the_operations_manual_has_a_row_for_every_code() {
        let manual = include_str!("../../../docs/operations.md");
        for exit in Exit::ALL {
            let row = format!("\n| {} | {} | ", exit.code(), exit.name());
            assert!(manual.contains(&row), "{row}");
        }
    }

    #[test]
    fn an_unknown_effect_is_never_called_retryable() {
        assert!(!Exit::Unknown.is_retryable());
        assert!(Exit::Unreachable.is_retryable());
    }
}

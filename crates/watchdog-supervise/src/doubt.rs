//! Why a fence is not a proof.
use std::time::Duration;
use watchdog_core::cx::Interrupted;
use watchdog_core::id::Epoch;

/// A fence that proved nothing. The variant is what the ladder acts on.
#[derive(Debug, thiserror::Error)]
pub enum FenceError {
    /// It may have had its effect or not; nothing may rest on it.
    #[error("not proven")]
    NotProven(#[from] Doubt),
    /// The node has obeyed a newer command: whoever sent this one is not in charge any more. Surely no
    /// effect, and no other fence may be tried.
    #[error("command {} is older than {}, which the node has seen", epoch(given), epoch(seen))]
    Stale {
        /// Epoch of the command.
        given: Epoch,
        /// Newest epoch that the node knows.
        seen: Epoch,
    },
    /// It surely had no effect, and repeating it cannot help.
    #[error("refused: {0}")]
    Refused(String),
}

/// What is in doubt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Doubt {
    /// The program that carries the command could not be run.
    #[error("`{program}` cannot be run")]
    NotRun {
        /// Its name.
        program: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Unreachable, a wrong host key, a refused key, or a command that itself ended with 255: ssh does
    /// not tell them apart.
    #[error("ssh ended with 255, which leaves open whether the command ran{}", said(.0))]
    Transport(String),
    /// The command ended in failure.
    #[error("the command ended with {0}")]
    Status(String),
    /// The command did not end in time, and was given up.
    #[error("no answer within {:.1} s", .0.as_secs_f64())]
    Late(Duration),
    /// The time granted to the whole ladder is over, or it was called off.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// Something else than exactly one line was printed, or no answer at all.
    #[error("the answer is not understood: {0}")]
    Strange(String),
    /// An answer about another node, or to another command.
    #[error("the answer is not about this command: {0}")]
    Elsewhere(String),
    /// It was read again, and is still there.
    #[error("the signer can still sign: {0}")]
    StillThere(String),
    /// The success of this fence is not a proof under these circumstances.
    #[error("{0}")]
    Weak(String),
    /// The state of the node could not be written or read.
    #[error("{0}")]
    Storage(String),
}

impl From<Interrupted> for FenceError {
    fn from(interrupted: Interrupted) -> Self {
        Self::NotProven(interrupted.into())
    }
}

fn epoch(epoch: &Epoch) -> String {
    format!("{}.{}", epoch.token, epoch.seq)
}

fn said(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

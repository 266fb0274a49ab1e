//! A signer as child processes of this host: started so that it ends with its supervisor, found again
//! whatever became of its parents.
mod found;
mod proc_fs;
mod signer;
mod spawner;
mod stage;

pub(crate) use found::Identity;

pub use signer::{ProcessSettings, ProcessSigner};
pub use stage::{StageError, stage};

/// Name of the environment variable by which every process of a signer is known; its value names the
/// validator, the node and the directory of the node's memory.
pub const MARK: &str = "TANIST_SIGNER";

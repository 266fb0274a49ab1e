//! The commands, one module each: its arguments, and one function that does it.
pub(crate) mod ack;
pub(crate) mod backtest;
pub(crate) mod cancel;
pub(crate) mod config;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod fence;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod moving;
pub(crate) mod pause;
pub(crate) mod plan;
pub(crate) mod release;
pub(crate) mod run;
pub(crate) mod sidecar;
pub(crate) mod status;
pub(crate) mod tx;
pub(crate) mod version;

use crate::args::Global;
use crate::environment;
use crate::failure::Failure;
use crate::settings::layers::{Layers, Sources};

/// Directory of the configuration that every command reads.
const BASE: &str = "/etc/tanist";

/// The layers of the configuration for this command line.
pub(crate) fn layers(global: &Global) -> Result<Layers, Box<Failure>> {
    let mut flags = Vec::new();
    if let Some(socket) = &global.socket {
        flags.push(("--socket", "api.socket", socket.display().to_string()));
    }
    if let Some(format) = global.log_format {
        flags.push(("--log-format", "log.format", format.word().to_owned()));
    }
    let (base, explicit) = (BASE.into(), global.config.clone());
    let sources = Sources { base, explicit, variables: environment::settings(), flags };
    Layers::read(&sources).map_err(Box::from)
}

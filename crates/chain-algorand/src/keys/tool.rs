//! Key work that only this chain knows.
mod sign;
mod verify;

use super::Domain;
use watchdog_core::keys::KeyError;
use watchdog_core::keys::tool::{Argument, ArgumentKind, Count, Inputs, Tool};

/// Every tool.
pub(super) static TOOLS: &[Tool] = &[sign::TOOL, verify::TOOL];

const MESSAGE: Argument = Argument {
    name: "message",
    about: "File whose bytes are signed, every one of them",
    kind: ArgumentKind::File,
    count: Count::One,
};

const DOMAIN: Argument = Argument {
    name: "domain",
    about: "`mx` (default): `MX` is put before the message, as wallets do for bytes; `none`: nothing is, so that \
            the message may even be a transaction",
    kind: ArgumentKind::Text,
    count: Count::Optional,
};

/// Name and meaning of the domain that was asked for.
fn domain(inputs: &Inputs) -> Result<(&'static str, Domain), KeyError> {
    match inputs.texts("domain") {
        [] => Ok(("mx", Domain::Bytes)),
        [name] if name == "mx" => Ok(("mx", Domain::Bytes)),
        [name] if name == "none" => Ok(("none", Domain::Raw)),
        _ => Err(KeyError::Argument { argument: "domain", reason: "give `mx` or `none`, once".to_owned() }),
    }
}
